-- why: Changes to roles that role insights recommend, beside who has the role and who holds the entitlement today.
-- grain: one entitlement to add to or remove from one role
-- key: recommendation_key
-- reads: main.role_recommendations, main.roles, main.accounts, closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants, role_recommendations
-- caveat: who has the role and who holds the entitlement is today's, directly or through groups and roles, by accounts in which somebody can log in; the vendor's counts are of the day of the insight. Who has the entitlement through this very role counts as holding it. A removal is taken for the end of every way on which the role leads to the entitlement, also through what the role contains: whoever has another way keeps it. Where no grant of the file names the role or the entitlement, its counts are NULL, as nothing is known.
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
--   kept_count: of a removal, how many of holder_count would keep the entitlement, by a way that does not lead through the role; NULL as holder_count, and for other kinds
--   lost_count: of a removal, how many of holder_count would lose it; NULL as kept_count
--   kept_keys: identity_key of those who would keep it, in order, the first 1,000; NULL: nobody, or NULL as kept_count
--   lost_keys: identity_key of those who would lose it, in order, the first 1,000; NULL: nobody, or NULL as kept_count
with recursive granted as materialized (
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
),
removed as materialized (
    select distinct a.role_key, a.entitlement_key, o.node as role_node, e.node as entitlement_node
    from asked a
    join main.role_recommendations r on r.role_key = a.role_key and r.entitlement_key = a.entitlement_key and r.kind = 'remove'
    join granted o on o.kind = 'role' and o.key = a.role_key
    join granted e on e.kind = 'entitlement' and e.key = a.entitlement_key
),
passed_on as materialized (
    select distinct principal, target from closure.edges where holder is not null and not is_denied
),
beside as ( -- what leads to the entitlement without the role
    select role_node, entitlement_node, entitlement_node as node from removed
    union
    select b.role_node, b.entitlement_node, p.principal from beside b join passed_on p on p.target = b.node and p.principal <> b.role_node
),
others as materialized (
    select distinct b.role_node, b.entitlement_node, s.identity_key
    from beside b
    join closure.edges f on f.target = b.node and f.holder is null and not f.is_denied
    join held_starts s on s.start = f.principal
),
members as (
    select a.role_key, a.entitlement_key, m.identity_key, o.identity_key is not null as keeps
    from removed a
    join holds m on m.kind = 'role' and m.key = a.role_key
    join holds h on h.kind = 'entitlement' and h.key = a.entitlement_key and h.identity_key = m.identity_key
    left join others o on o.role_node = a.role_node and o.entitlement_node = a.entitlement_node and o.identity_key = m.identity_key
),
left_with as (
    select a.role_key, a.entitlement_key, count(*) filter (m.keeps) as kept_count, count(*) filter (not m.keeps) as lost_count,
        (list(m.identity_key order by m.identity_key) filter (m.keeps))[1:1000] as kept_keys, (list(m.identity_key order by m.identity_key) filter (not m.keeps))[1:1000] as lost_keys
    from removed a left join members m on m.role_key = a.role_key and m.entitlement_key = a.entitlement_key
    group by a.role_key, a.entitlement_key
)
select r.recommendation_key, r.source, r.role_key, o.name as role_name, r.kind, r.entitlement_key, r.entitlement_name,
    r.total_identities as stated_member_count, r.identities_with_access as stated_holder_count,
    case when r.role_key in (select key from granted where kind = 'role') then coalesce(s.n, 0) end as member_count, h.member_count as holder_count,
    case when h.role_key is not null then coalesce(s.n, 0) - h.member_count end as new_count, h.n - h.member_count as outsider_count,
    l.kept_count, l.lost_count, l.kept_keys, l.lost_keys
from main.role_recommendations r
left join main.roles o on o.role_key = r.role_key
left join sizes s on s.role_key = r.role_key
left join holders h on h.role_key = r.role_key and h.entitlement_key = r.entitlement_key
left join left_with l on l.role_key = r.role_key and l.entitlement_key = r.entitlement_key and r.kind = 'remove'
order by r.recommendation_key
