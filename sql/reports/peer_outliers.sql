-- why: Access that one person has and almost nobody who is alike has: people of the same department, with the same title, or of the same manager.
-- grain: one person, one target and one privilege
-- key: identity_key, target_kind, target_key, privilege
-- reads: main.identities, main.accounts, main.grants, main.applications, main.entitlements, main.groups, main.roles, main.resources, meta.runs, closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants, identities.department or identities.title or identities.manager_identity_key
-- caveat: what is rare need not be wrong. A person is judged by the first of department, title and manager of which enough people are there who have not left (the setting peer_people); who has none such is left out. Access is listed that is granted to the person, or to one of the person's accounts, directly, if few of the others in that group have it (at most the setting peer_share), directly or through groups and roles. Grants of a whole application do not count, nor do grants that deny, or grants of accounts in which nobody can log in. Department and title are those in main.identities; if sources write them differently, their people are counted apart.
-- columns:
--   rank: 1 is what the fewest who are alike have, by best_share, then by holder_count; equal ones have the same rank
--   identity_key: the person
--   display_name: name of the person; NULL: no source says
--   department: the department; NULL: no source says
--   people_count: number of people in it who have not left, with this person; NULL: no source says the department
--   account_keys: accounts through which the person has it; NULL: the person has it without an account
--   application_key: application of the access; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   target_kind: table of the target
--   target_key: key of the target
--   target_name: name of the target; NULL: no source says
--   privilege: what may be done, in the vendor's own word; NULL: no source says
--   holder_count: number of people in all departments who have it and have not left, directly or through groups and roles, including this person
--   judged_by: department, title or manager: the group that the person is judged by
--   best_share: the largest of the shares below, 0 to 1: how many of those who are most alike in this have it
--   department_peer_count: number of others in the department; NULL: no source says it
--   department_holder_count: how many of them have it; NULL: no source says the department
--   department_share: the one by the other, 0 to 1; NULL where the department has fewer people than the setting peer_people says
--   title: title of the person; NULL: no source says
--   title_peer_count: number of others with that title; NULL: no source says it
--   title_holder_count: how many of them have it; NULL: no source says the title
--   title_share: the one by the other; NULL where fewer people than the setting peer_people says have the title
--   manager_identity_key: manager of the person; NULL: no source says
--   manager_peer_count: number of others whom that manager has; NULL: no source says the manager
--   manager_holder_count: how many of them have it; NULL: no source says the manager
--   manager_share: the one by the other; NULL where the manager has fewer people than the setting peer_people says
--   granted_at: when the access began, if a source dates it; NULL: no source says
--   last_used_at: last use of the access; NULL: never, or no source says
with people as (
    {{alike (setting "peer_people")}}
),
judged as (
    select identity_key, hash(judged_by, case judged_by when 'department' then department when 'title' then title else manager_identity_key end) as peers,
        case judged_by when 'department' then department_count when 'title' then title_count else manager_count end as people_count
    from people where judged_by is not null
),
holders as (
    select a.account_key as principal_key, a.account_key, p.*
    from main.accounts a join judged p on p.identity_key = a.identity_key
    where {{can_login "a"}}
    union all
    select identity_key, null, * from judged
),
rare as materialized ( -- numbers are grouped in a third of the time of texts
    select hash(h.peers, g.target_key, g.privilege) as access, any_value(hash(g.target_key, g.privilege)) as what
    from main.grants g join holders h on h.principal_key = g.principal_key
    where g.effect is distinct from 'deny' and g.target_kind <> 'application'
    group by access
    having count(distinct hash(h.identity_key)) - 1 <= {{setting "peer_share"}} * (any_value(h.people_count) - 1)
),
had as materialized (
    select h.identity_key, list_sort(list(distinct h.account_key) filter (h.account_key is not null)) as account_keys, min(g.application_key) as application_key,
        g.target_kind, g.target_key, g.privilege, min(g.granted_at) as granted_at, max(g.last_used_at) as last_used_at
    from main.grants g join holders h on h.principal_key = g.principal_key
    where hash(g.target_key, g.privilege) in (select what from rare) and g.effect is distinct from 'deny' and g.target_kind <> 'application'
        and hash(h.peers, g.target_key, g.privilege) in (select access from rare)
    group by h.identity_key, g.target_kind, g.target_key, g.privilege
),
-- Who is alike may have it through a group.
{{held `select node, kind, key from closure.nodes where key in (select target_key from had)`}},
others as materialized (
    select distinct h.identity_key, h.kind, h.key, h.privilege, p.department, p.title, p.manager_identity_key
    from held h join people p on p.identity_key = h.identity_key
),
everywhere as (
    select kind, key, privilege, count(*) as n from others group by all
),
in_department as (
    select kind, key, privilege, department, count(*) as n from others where department is not null group by all
),
in_title as (
    select kind, key, privilege, title, count(*) as n from others where title is not null group by all
),
of_manager as (
    select kind, key, privilege, manager_identity_key, count(*) as n from others where manager_identity_key is not null group by all
),
counted as (
    select h.*, p.display_name, p.department, p.title, p.manager_identity_key, p.judged_by, p.department_count, p.title_count, p.manager_count, e.n as holder_count,
        d.n - 1 as department_holders, t.n - 1 as title_holders, m.n - 1 as manager_holders
    from had h
    join people p on p.identity_key = h.identity_key
    join others o on o.identity_key = h.identity_key and o.key = h.target_key and o.kind = h.target_kind and o.privilege is not distinct from h.privilege -- no walk denies it
    join everywhere e on e.key = h.target_key and e.kind = h.target_kind and e.privilege is not distinct from h.privilege
    left join in_department d on d.key = h.target_key and d.kind = h.target_kind and d.privilege is not distinct from h.privilege and d.department = p.department
    left join in_title t on t.key = h.target_key and t.kind = h.target_kind and t.privilege is not distinct from h.privilege and t.title = p.title
    left join of_manager m on m.key = h.target_key and m.kind = h.target_kind and m.privilege is not distinct from h.privilege and m.manager_identity_key = p.manager_identity_key
),
shares as (
    select *, case when department_count >= {{setting "peer_people"}} then round(department_holders / (department_count - 1), 4) end as department_share,
        case when title_count >= {{setting "peer_people"}} then round(title_holders / (title_count - 1), 4) end as title_share,
        case when manager_count >= {{setting "peer_people"}} then round(manager_holders / (manager_count - 1), 4) end as manager_share
    from counted
)
select rank() over (order by greatest(o.department_share, o.title_share, o.manager_share), o.holder_count) as rank,
    o.identity_key, o.display_name, o.department, o.department_count as people_count, o.account_keys, o.application_key, p.name as application_name,
    o.target_kind, o.target_key, t.name as target_name, o.privilege, o.holder_count,
    o.judged_by, greatest(o.department_share, o.title_share, o.manager_share) as best_share,
    o.department_count - 1 as department_peer_count, o.department_holders as department_holder_count, o.department_share,
    o.title, o.title_count - 1 as title_peer_count, o.title_holders as title_holder_count, o.title_share,
    o.manager_identity_key, o.manager_count - 1 as manager_peer_count, o.manager_holders as manager_holder_count, o.manager_share,
    o.granted_at, o.last_used_at
from shares o
left join ({{names}}) t on t.key = o.target_key
left join main.applications p on p.application_key = o.application_key
where case o.judged_by when 'department' then o.department_share when 'title' then o.title_share else o.manager_share end <= {{setting "peer_share"}}
order by rank, o.identity_key, o.target_kind, o.target_key, o.privilege
