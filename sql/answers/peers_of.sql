-- why: What one person has, and how many of those who are alike have it too: people of the same department, with the same title, or of the same manager.
-- grain: one target and privilege that the person has
-- key: target_kind, target_key, privilege
-- reads: main.identities, meta.addresses, main.accounts, main.applications, main.entitlements, main.groups, main.roles, main.resources, meta.runs, closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants, identities.department or identities.title or identities.manager_identity_key
-- args: identity
-- caveat: identity is a key or an e-mail address; one that no identity has, or several have, is an error. Access counts that people have directly or through groups and roles, by accounts in which somebody can log in; what is denied does not. Peers who have left and machines do not count. Small groups say little, so the number of peers stands beside each count.
with person as (
    select i.identity_key, i.department, i.title, i.manager_identity_key from main.identities i where i.identity_key in ({{identities "identity"}})
),
peers as materialized (
    select p.identity_key, i.identity_key as peer_key, i.department = p.department as is_department, i.title = p.title as is_title, i.manager_identity_key = p.manager_identity_key as is_manager
    from person p
    join (select * from main.identities where (kind is null or kind not in ('service', 'machine')) and not {{ended}}) i
        on i.identity_key <> p.identity_key and (i.department = p.department or i.title = p.title or i.manager_identity_key = p.manager_identity_key)
),
starts as materialized (
    select s.start, s.identity_key
    from closure.starts s
    left join main.accounts a on a.account_key = s.account_key
    where (s.identity_key in (select peer_key from peers) or s.identity_key in (select identity_key from person)) and (s.account_key is null or {{can_login "a"}})
),
edges as materialized ( -- of the starts, and of the holders into which they lead
    select s.start, s.identity_key, f.target, f.privilege, f.is_denied, f.opens from starts s join closure.edges f on f.principal = s.start
),
own as materialized ( -- the targets that the person may have, unless a walk denies
    select distinct target from edges where identity_key in (select identity_key from person)
    union
    select distinct l.target
    from edges f
    join closure.reach c on c.holder = f.opens
    join closure.edges l on l.holder = c.via
    where f.identity_key in (select identity_key from person)
),
lasts as materialized (
    select l.holder, l.target, l.privilege, l.is_denied from closure.edges l where l.holder is not null and l.target in (select target from own)
),
beyond as materialized ( -- what a holder leads to, once for all who come into it
    select distinct c.holder, l.target, l.privilege, l.is_denied
    from lasts l join closure.reach c on c.via = l.holder
    where c.holder in (select opens from edges)
),
walks as (
    select start, identity_key, target, privilege, is_denied from edges where target in (select target from own)
    union all
    select f.start, f.identity_key, b.target, b.privilege, b.is_denied from edges f join beyond b on b.holder = f.opens
),
had as materialized (
    select distinct identity_key, target, privilege
    from (select start, identity_key, target, privilege from walks group by start, identity_key, target, privilege having not bool_or(is_denied))
),
sizes as (
    select count(*) filter (is_department) as department_peers, count(*) filter (is_title) as title_peers, count(*) filter (is_manager) as manager_peers from peers
),
counted as (
    select h.target, h.privilege, count(*) filter (p.is_department) as department_holders, count(*) filter (p.is_title) as title_holders, count(*) filter (p.is_manager) as manager_holders
    from had h join peers p on p.peer_key = h.identity_key
    group by h.target, h.privilege
)
select n.kind as target_kind, n.key as target_key, t.name as target_name, n.application_key, p.name as application_name, h.privilege,
    case when w.department is not null then coalesce(c.department_holders, 0) end as department_holder_count, case when w.department is not null then z.department_peers end as department_peer_count,
    case when w.title is not null then coalesce(c.title_holders, 0) end as title_holder_count, case when w.title is not null then z.title_peers end as title_peer_count,
    case when w.manager_identity_key is not null then coalesce(c.manager_holders, 0) end as manager_holder_count, case when w.manager_identity_key is not null then z.manager_peers end as manager_peer_count
from had h
join person w on w.identity_key = h.identity_key
cross join sizes z
join closure.nodes n on n.node = h.target
left join counted c on c.target = h.target and c.privilege is not distinct from h.privilege
left join ({{thing_names}}) t on t.key = n.key and t.kind = n.kind
left join main.applications p on p.application_key = n.application_key
