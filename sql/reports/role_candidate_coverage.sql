-- why: What a role that role mining proposes would cover of what people hold today, what it would give anew, and what would be left over.
-- grain: one proposed role
-- key: candidate_key
-- reads: main.role_candidates, main.role_candidate_identities, main.role_candidate_entitlements, main.accounts, main.grants, closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants, role_candidates, role_candidate_identities, role_candidate_entitlements
-- caveat: the role is taken as the export lists it, which may be short of the vendor's own counts (report.role_candidates) and is as old as created_at says; what people hold is today's, directly or through groups and roles, by accounts in which somebody can log in. An entitlement that no grant of the file names counts as held by nobody: see unknown_entitlement_count. People who have left count as long as they hold something.
-- columns:
--   candidate_key: key of the proposed role in main.role_candidates
--   source: name of the source that proposes it
--   name: name as delivered; NULL: the vendor did not say
--   created_at: when role mining made it; NULL: the vendor did not say
--   member_count: number of identities that the export lists
--   entitlement_count: number of entitlements that the export lists
--   unknown_entitlement_count: how many of these no grant of the file names, so that nobody can be seen to hold them
--   pair_count: number of pairs of the two: what the role would give
--   covered_count: how many of the pairs exist today: access that the role would cover
--   new_count: how many do not: access that the members would get anew
--   covered_percent: covered_count of pair_count, 0 to 100; NULL where there are no pairs
--   full_member_count: number of members who hold all of the entitlements today
--   full_outsider_count: number of others who hold all of them too, and whom the role leaves out
--   outsider_count: number of pairs of another identity and one of the entitlements that it holds: what would stay assigned one by one
--   left_over_count: number of pairs of a member and another entitlement that is granted to the member directly: what would be left over of the members' access
with members as materialized (
    select distinct candidate_key, identity_key from main.role_candidate_identities where identity_key is not null
),
wanted as materialized (
    select distinct candidate_key, entitlement_key as key from main.role_candidate_entitlements where entitlement_key is not null
),
granted as materialized (
    select n.node, n.kind, n.key from closure.nodes n where n.kind = 'entitlement' and n.key in (select key from wanted)
),
{{held `select node, kind, key from granted`}},
holds as materialized (
    select distinct identity_key, key from held
),
people as ( -- those who hold something of the role
    select w.candidate_key, h.identity_key, count(*) as n, bool_or(m.identity_key is not null) as is_member
    from wanted w
    join holds h on h.key = w.key
    left join members m on m.candidate_key = w.candidate_key and m.identity_key = h.identity_key
    group by w.candidate_key, h.identity_key
),
proposals as (
    select candidate_key, count(*) as entitlement_count, count(*) filter (key not in (select key from granted)) as unknown_entitlement_count from wanted group by candidate_key
),
sizes as (
    select candidate_key, count(*) as member_count from members group by candidate_key
),
covered as (
    select p.candidate_key, coalesce(sum(p.n) filter (p.is_member), 0)::bigint as covered_count, coalesce(sum(p.n) filter (not p.is_member), 0)::bigint as outsider_count,
        count(*) filter (p.is_member and p.n = r.entitlement_count) as full_member_count, count(*) filter (not p.is_member and p.n = r.entitlement_count) as full_outsider_count
    from people p join proposals r on r.candidate_key = p.candidate_key
    group by p.candidate_key
),
direct as (
    select distinct s.identity_key, g.target_key as key
    from main.grants g
    join (
        select identity_key, identity_key as principal_key from members
        union select m.identity_key, a.account_key from members m join main.accounts a on a.identity_key = m.identity_key where {{can_login "a"}}
    ) s on s.principal_key = g.principal_key
    where g.target_kind = 'entitlement' and g.effect is distinct from 'deny'
),
left_over as (
    select m.candidate_key, count(*) as n
    from members m join direct d on d.identity_key = m.identity_key
    where not exists (from wanted w where w.candidate_key = m.candidate_key and w.key = d.key)
    group by m.candidate_key
)
select c.candidate_key, c.source, c.name, c.created_at, coalesce(s.member_count, 0) as member_count, coalesce(r.entitlement_count, 0) as entitlement_count,
    coalesce(r.unknown_entitlement_count, 0) as unknown_entitlement_count, coalesce(s.member_count * r.entitlement_count, 0) as pair_count, coalesce(v.covered_count, 0) as covered_count,
    coalesce(s.member_count * r.entitlement_count, 0) - coalesce(v.covered_count, 0) as new_count,
    round(100.0 * coalesce(v.covered_count, 0) / nullif(s.member_count * r.entitlement_count, 0), 1) as covered_percent,
    coalesce(v.full_member_count, 0) as full_member_count, coalesce(v.full_outsider_count, 0) as full_outsider_count, coalesce(v.outsider_count, 0) as outsider_count, coalesce(l.n, 0) as left_over_count
from main.role_candidates c
left join sizes s on s.candidate_key = c.candidate_key
left join proposals r on r.candidate_key = c.candidate_key
left join covered v on v.candidate_key = c.candidate_key
left join left_over l on l.candidate_key = c.candidate_key
order by covered_percent desc nulls last, c.candidate_key
