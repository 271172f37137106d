-- why: The closure: which holders each holder reaches. A holder is a group, role or entitlement that is the principal of a grant.
-- grain: one pair of holders of which the first has, at any depth, what the second has; each holder is also paired with itself
-- key: holder, via
-- reads: the pairs that load/access finds
-- columns:
--   holder: the first holder; join it with closure.edges.opens
--   via: the holder whose grants the first has too; join it with closure.edges.holder
--   hops: number of grants between the two on the shortest path, 0 for a holder with itself; NULL where the path leads through a ring that is too large to be resolved
--   path: the grant_keys of that path in order; of several shortest paths, the one whose keys sort first; NULL where hops is NULL, or where the path is one of the longest, which are not kept
select holder, via, hops, path from {{.pairs}} order by holder, via
