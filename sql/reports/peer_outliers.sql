-- why: Access that one person has and nobody else in the same department has.
-- grain: one person, one target and one privilege
-- key: identity_key, target_kind, target_key, privilege
-- reads: main.identities, main.accounts, main.grants, main.applications, main.entitlements, main.groups, main.roles, main.resources, meta.runs
-- inputs: grants, identities.department
-- caveat: what is rare need not be wrong. Departments with fewer than ten people who have not left are left out, as are people whose department no source says. Only access that is granted to the person or to one of the person's accounts directly counts, not access through groups and roles. Grants of a whole application do not count, nor do grants that deny, or grants of accounts in which nobody can log in. The department is that in main.identities; if sources write it differently, its people may be counted apart.
-- columns:
--   identity_key: the person
--   display_name: name of the person; NULL: no source says
--   department: the department
--   people_count: number of people in it who have not left
--   account_keys: accounts through which the person has it; NULL: the person has it without an account
--   application_key: application of the access; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   target_kind: table of the target
--   target_key: key of the target
--   target_name: name of the target; NULL: no source says
--   privilege: what may be done, in the vendor's own word; NULL: no source says
--   holder_count: number of people in all departments who have it, including this person
--   granted_at: when the access began, if a source dates it; NULL: no source says
--   last_used_at: last use of the access; NULL: never, or no source says
with people as (
    select identity_key, display_name, department, count(*) over (partition by department) as people_count
    from main.identities
    where department is not null and (kind is null or kind not in ('service', 'machine')) and not {{ended}}
),
holders as (
    select a.account_key as principal_key, a.account_key, p.*
    from main.accounts a join people p on p.identity_key = a.identity_key
    where {{can_login "a"}}
    union all
    select identity_key, null, * from people
),
rare as ( -- numbers are grouped in a third of the time of texts
    select hash(h.department, g.target_key, g.privilege) as access, any_value(hash(g.target_key, g.privilege)) as what
    from main.grants g join holders h on h.principal_key = g.principal_key
    where h.people_count >= 10 and g.effect is distinct from 'deny' and g.target_kind <> 'application'
    group by access
    having min(hash(h.identity_key)) = max(hash(h.identity_key))
),
had as ( -- who has what is rare somewhere
    select h.identity_key, h.display_name, h.department, h.people_count, h.account_key, g.application_key, g.target_kind, g.target_key, g.privilege, g.granted_at, g.last_used_at,
        hash(h.department, g.target_key, g.privilege) as access
    from main.grants g join holders h on h.principal_key = g.principal_key
    where hash(g.target_key, g.privilege) in (select what from rare) and g.effect is distinct from 'deny' and g.target_kind <> 'application'
),
alone as (
    select min(identity_key) as identity_key, min(display_name) as display_name, department, any_value(people_count) as people_count,
        list_sort(list(account_key) filter (account_key is not null)) as account_keys, min(application_key) as application_key,
        target_kind, target_key, privilege, min(granted_at) as granted_at, max(last_used_at) as last_used_at
    from had where access in (select access from rare)
    group by department, target_kind, target_key, privilege
    having min(identity_key) = max(identity_key)
),
shared as (
    select target_key, privilege, count(distinct identity_key) as holder_count
    from had where target_key in (select target_key from alone)
    group by target_key, privilege
)
select o.identity_key, o.display_name, o.department, o.people_count, o.account_keys, o.application_key, p.name as application_name,
    o.target_kind, o.target_key, t.name as target_name, o.privilege, h.holder_count, o.granted_at, o.last_used_at
from alone o
join shared h on h.target_key = o.target_key and h.privilege is not distinct from o.privilege
left join ({{names}}) t on t.key = o.target_key
left join main.applications p on p.application_key = o.application_key
