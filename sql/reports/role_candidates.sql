-- why: Roles that role mining proposes, the most coherent first.
-- grain: one proposed role
-- key: candidate_key
-- reads: main.role_candidates, main.role_candidate_identities, main.role_candidate_entitlements
-- inputs: role_candidates
-- caveat: the export does not say which identity holds which entitlement, so the two lists must not be multiplied. Listed counts below the vendor's own mean that the lists were not exported whole.
-- columns:
--   candidate_key: the proposed role
--   source: source that proposes it
--   name: name as delivered
--   kind: specialized, common or unknown; NULL: not said
--   state: how far it is, the vendor's own word
--   identity_count: identities, as the vendor counts them
--   listed_identity_count: identities that the export lists
--   entitlement_count: entitlements, as the vendor counts them
--   listed_entitlement_count: entitlements that the export lists
--   quality: the vendor's score, 0 to 100
--   density: share of identity-entitlement pairs that exist, 0 to 100
--   freshness: share of recently granted access, 0 to 100
--   core_entitlements: up to ten entitlements that most of its identities hold
--   created_at: when role mining made it
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
