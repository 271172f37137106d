-- why: The closure: what each group, role and entitlement that has something reaches among these.
-- grain: one pair of holders of which the first has, at any depth, what the second has; each with itself too
-- key: holder, via
-- reads: the pairs that load/access finds
-- columns:
--   holder: who is in it or has it (closure.edges.opens) ...
--   via: ... has what this has (closure.edges.holder)
--   hops: grants between the two on the shortest way; NULL where it leads through a ring too large to be told apart
--   path: their grant_keys in order, of ways as short those that come first; NULL where hops is, or where the paths of the file would be too many
select holder, via, hops, path from {{.pairs}} order by holder, via
