-- why: People who changed department, and which access they still have from before.
-- grain: one person who moved, one target and one privilege
-- key: identity_key, target_kind, target_key, privilege
-- since: moved_at
-- reads: main.identities, main.accounts, main.grants, main.applications, main.entitlements, main.groups, main.roles, main.resources, history.identities, meta.runs
-- inputs: grants, identities.department
-- caveat: only moves since the first load of this file are known, and of several moves of one person only the last is reported. Access counts as old if the file knew it before the move, or if a source dates it before the move. If sources differ on the present department, no move is reported. Old access may still be needed: peer_count says how many people in the new department have it. Access through groups and roles is not considered; nor are grants that deny, or grants of accounts in which nobody can log in.
-- columns:
--   identity_key: the person
--   display_name: name of the person; NULL: no source says
--   old_department: department before the move
--   new_department: department now
--   moved_at: time of the run that saw the move
--   application_key: application of the access; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   target_kind: table of the target
--   target_key: key of the target
--   target_name: name of the target; NULL: no source says
--   privilege: what may be done, in the vendor's own word; NULL: no source says
--   had_since: when the access began, if a source dates it, else when the file first knew of it
--   peer_count: number of other people in the new department who have it too
--   last_used_at: last use of the access; NULL: never, or no source says
with people as (
    select identity_key, display_name, department, json_exists(disagreements, '$.department') as is_disputed
    from main.identities
    where department is not null and (kind is null or kind not in ('service', 'machine')) and not {{ended}}
),
movers as (
    select p.identity_key, p.display_name, p.department as new_department, arg_max(h.department, h._valid_to) as old_department, max(h._valid_to) as moved_at
    from history.identities h join people p on p.identity_key = h.identity_key
    where h.department is not null and lower(trim(h.department)) <> lower(trim(p.department)) and not coalesce(p.is_disputed, false)
    group by p.identity_key, p.display_name, p.department
),
holders as (
    select a.account_key as principal_key, a.identity_key from main.accounts a where a.identity_key is not null and {{can_login "a"}}
    union all
    select identity_key, identity_key from people
),
kept as (
    select m.identity_key, m.display_name, m.old_department, m.new_department, m.moved_at, min(g.application_key) as application_key, g.target_kind, g.target_key, g.privilege,
        min(coalesce(g.granted_at, g.first_seen_at)) as had_since, max(g.last_used_at) as last_used_at
    from movers m
    join holders h on h.identity_key = m.identity_key
    join main.grants g on g.principal_key = h.principal_key
    where g.effect is distinct from 'deny'
    group by m.identity_key, m.display_name, m.old_department, m.new_department, m.moved_at, g.target_kind, g.target_key, g.privilege
    having min(coalesce(g.granted_at, g.first_seen_at)) < m.moved_at
),
peers as (
    select p.department, g.target_key, g.privilege, count(distinct p.identity_key) as holder_count
    from main.grants g
    join holders h on h.principal_key = g.principal_key
    join people p on p.identity_key = h.identity_key
    where g.effect is distinct from 'deny' and g.target_key in (select target_key from kept) and p.department in (select new_department from movers)
    group by p.department, g.target_key, g.privilege
)
select k.identity_key, k.display_name, k.old_department, k.new_department, k.moved_at, k.application_key, a.name as application_name,
    k.target_kind, k.target_key, t.name as target_name, k.privilege, k.had_since, p.holder_count - 1 as peer_count, k.last_used_at
from kept k
join peers p on p.department = k.new_department and p.target_key = k.target_key and p.privilege is not distinct from k.privilege
left join ({{names}}) t on t.key = k.target_key
left join main.applications a on a.application_key = k.application_key
