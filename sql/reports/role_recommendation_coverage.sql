-- why: Changes to roles that role insights recommend, beside who has the role and who holds the entitlement today.
-- grain: one entitlement to add to or remove from one role
-- key: recommendation_key
-- reads: main.role_recommendations, main.roles, main.accounts, closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants, role_recommendations
-- caveat: who has the role and who holds the entitlement is today's, directly or through groups and roles, by accounts in which somebody can log in; the vendor's counts are of the day of the insight. Who has the entitlement through this very role counts as holding it, so of a removal the report does not say who would keep it. Where no grant of the file names the role or the entitlement, its counts are NULL, as nothing is known.
-- columns:
--   recommendation_key: key of the recommendation in main.role_recommendations
--   source: name of the source that recommends it
--   role_key: key in main.roles of the role that should change; NULL: it leads to none
--   role_name: name of that role; NULL: no source says
--   kind: add, remove or unknown; NULL: the vendor did not say
--   entitlement_key: key in main.entitlements of the entitlement; NULL: it leads to none
--   entitlement_name: name of the entitlement to add or remove; NULL: the vendor did not say
--   stated_member_count: number of members of the role, as the vendor counts them; NULL: the vendor did not say
--   stated_holder_count: how many of them hold the entitlement, as the vendor counts them; NULL: the vendor did not say
--   member_count: number of people who have the role today; NULL: no grant names it
--   holder_count: how many of them hold the entitlement today; NULL: no grant names the one or the other
--   new_count: how many of them do not, and would get it if it were added; NULL as holder_count
--   outsider_count: number of others who hold the entitlement, and whom the change would leave as they are; NULL as holder_count
with granted as materialized (
    select n.node, n.kind, n.key
    from closure.nodes n
    where n.kind = 'role' and n.key in (select role_key from main.role_recommendations) or n.kind = 'entitlement' and n.key in (select entitlement_key from main.role_recommendations)
),
{{held `select node, kind, key from granted`}},
holds as materialized (
    select distinct identity_key, kind, key from held
),
asked as (
    select distinct r.role_key, r.entitlement_key
    from main.role_recommendations r
    where r.role_key in (select key from granted where kind = 'role') and r.entitlement_key in (select key from granted where kind = 'entitlement')
),
sizes as (
    select key as role_key, count(*) as n from holds where kind = 'role' group by key
),
holders as (
    select a.role_key, a.entitlement_key, count(h.identity_key) as n, count(m.identity_key) as member_count
    from asked a
    left join holds h on h.kind = 'entitlement' and h.key = a.entitlement_key
    left join holds m on m.kind = 'role' and m.key = a.role_key and m.identity_key = h.identity_key
    group by a.role_key, a.entitlement_key
)
select r.recommendation_key, r.source, r.role_key, o.name as role_name, r.kind, r.entitlement_key, r.entitlement_name,
    r.total_identities as stated_member_count, r.identities_with_access as stated_holder_count,
    case when r.role_key in (select key from granted where kind = 'role') then coalesce(s.n, 0) end as member_count, h.member_count as holder_count,
    case when h.role_key is not null then coalesce(s.n, 0) - h.member_count end as new_count, h.n - h.member_count as outsider_count
from main.role_recommendations r
left join main.roles o on o.role_key = r.role_key
left join sizes s on s.role_key = r.role_key
left join holders h on h.role_key = r.role_key and h.entitlement_key = r.entitlement_key
order by r.recommendation_key
