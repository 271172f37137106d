-- why: A potential role has fewer members in its export than the vendor counts: the export may be cut, records may have been rejected, or the vendor's
--   count may be older or count something else.
-- severity: warning
-- reads: observed.role_candidates, observed.role_candidate_identities, observed.role_candidate_entitlements, meta.exports
with latest as (
    -- Members that did not arrive with the counts are those of an earlier run, and a filtered export is short on purpose.
    select * from {{latest_exports}}
), comparable as (
    select m.source, m.dataset from latest m join latest r on r.source = m.source and r.run_id = m.run_id and r.dataset = 'sailpoint.potential_roles'
    where m.dataset <> r.dataset and m.status in ('loaded', 'unchanged') and r.status in ('loaded', 'unchanged') and not coalesce(m.is_filtered, false)
), members as (
    select _source, candidate_key, 'sailpoint.potential_role_identities' as dataset, count(*) as member_count from observed.role_candidate_identities group by all
    union all
    select _source, candidate_key, 'sailpoint.potential_role_entitlements', count(*) from observed.role_candidate_entitlements group by all
), counted as (
    select _source, candidate_key, 'sailpoint.potential_role_identities' as dataset, identity_count as expected_count from observed.role_candidates
    union all
    select _source, candidate_key, 'sailpoint.potential_role_entitlements', entitlement_count from observed.role_candidates
)
select c._source, c.dataset, c.candidate_key, c.expected_count, coalesce(m.member_count, 0) as member_count
from counted c
join comparable k on k.source = c._source and k.dataset = c.dataset
left join members m on m._source = c._source and m.dataset = c.dataset and m.candidate_key = c.candidate_key
where coalesce(m.member_count, 0) < c.expected_count
