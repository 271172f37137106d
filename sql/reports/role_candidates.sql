-- why: Roles that role mining proposes, the most coherent first.
-- grain: one proposed role
-- key: candidate_key
-- since: created_at
-- reads: main.role_candidates, main.role_candidate_identities, main.role_candidate_entitlements
-- inputs: role_candidates
-- caveat: the export does not say which identity holds which entitlement, so do not join the two lists to each other. If a listed count is below the vendor's own count, the lists were not exported in full.
-- columns:
--   candidate_key: key of the proposed role in main.role_candidates
--   source: name of the source that proposes it
--   name: name as delivered; NULL: the vendor did not say
--   kind: specialized (access of some people), common (access that most people have) or unknown; NULL: the vendor did not say
--   state: how far it is on the way to a role, in the vendor's own word; NULL: the vendor did not say
--   identity_count: number of identities, as the vendor counts them; NULL: the vendor did not say
--   listed_identity_count: number of identities that the export lists
--   entitlement_count: number of entitlements, as the vendor counts them; NULL: the vendor did not say
--   listed_entitlement_count: number of entitlements that the export lists
--   quality: the vendor's score, 0 to 100; NULL: the vendor did not say
--   density: percentage of identity-entitlement pairs that exist, 0 to 100; NULL: the vendor did not say
--   freshness: percentage of access that was granted recently, 0 to 100; NULL: the vendor did not say
--   core_entitlements: names of up to ten entitlements, those that most of its identities hold first
--   created_at: when role mining made it; NULL: the vendor did not say
select c.candidate_key, c.source, c.name, c.kind, c.state, c.identity_count, coalesce(i.n, 0) as listed_identity_count,
    c.entitlement_count, coalesce(e.n, 0) as listed_entitlement_count, c.quality, c.density, c.freshness, e.core_entitlements, c.created_at
from main.role_candidates c
left join (select candidate_key, count(*) as n from main.role_candidate_identities group by candidate_key) i on i.candidate_key = c.candidate_key
left join (
    select candidate_key, count(*) as n,
        list(entitlement_name order by popularity desc nulls last, entitlement_name)[1:10] as core_entitlements
    from main.role_candidate_entitlements group by candidate_key
) e on e.candidate_key = c.candidate_key
order by c.quality desc nulls last, c.candidate_key
