-- why: What somebody should decide on who reviews an application, or the people of a manager.
-- grain: one target and privilege that one account has, for each identity that uses the account; or that an identity has by itself
-- key: identity_key, account_key, target_kind, target_key, privilege
-- reads: closure.starts, closure.edges, closure.reach, closure.nodes, main.identities, main.accounts, main.applications, main.groups, main.roles, main.entitlements, main.resources, main.grants,
--   meta.addresses, meta.runs, report.privileged_access, report.external_identities, report.sod_violations
-- inputs: grants,
--   grants or grants.last_used_at or accounts.last_login_at or accounts.last_activity_at or accounts.dormant_days,
--   grants or identities.manager_identity_key, grants or applications.owner_email, grants or identities.status or identities.end_on,
--   grants or policies.left_criteria or sod_rules, grants or identities.is_external or identities.employment_type or identities.is_employee
-- optional: report.external_identities, report.sod_violations
-- args: about
-- caveat: about is the key of an application, for all who reach something in it, or of a manager, for all that direct reports reach, also those who have left. Rows are those of main.effective_access whose effect is allow. A risk that is not named may be one that no source tells. Disabled and closed accounts are listed with their account_status, as their grants still exist.
-- columns:
--   risk: what sorts the rows, the highest first: the sum of 32 for privileged, 16 for leaver, 8 for external, 4 for unused, 2 for outlier and 1 for sod, so that each counts more than all behind it together
--   risks: these words; NULL: none of them is known
--   reviewer: name of who should decide: the manager of the person or, where that is not known, the owner of the application; nobody who has left, and nobody about himself; NULL: nobody is known
--   reviewer_email: address of the reviewer; NULL: not known
--   reviewer_by: manager or owner: what makes the reviewer one; NULL where no reviewer is known
--   person: name of the identity; NULL: nobody is known to use the account, or no source says
--   person_email: its work e-mail; NULL: no source says
--   person_status: active, inactive, suspended, terminated or unknown; NULL: no source says
--   account: login name or address of the account; NULL where the identity has the target by itself, and where no source says
--   account_status: active, inactive, suspended, terminated or unknown; NULL: no source says
--   application: name of the application of the target; NULL: no source says
--   target_kind: table of the target
--   target: name of the target; NULL: no source says
--   privilege: what may be done, in the vendor's own word; NULL: the vendor did not say
--   way: the path in words: what the grants on it lead to, each with its privilege in brackets; NULL where the path is not kept, see main.effective_access
--   hops: number of grants on that path; NULL where it leads through a ring of groups that is too large to be resolved
--   last_used_at: last use of the access where a source tells it, else of the account; NULL: never, or no source says
--   idle_days: days since then, or as many as a source says that the account is dormant; NULL: no source says
--   last_used_by: grant or account: whose last use it is; NULL where idle_days is
--   judged_by: department, title or manager: whom the person is compared with, as in report.peer_outliers; NULL: fewer people are alike than the setting peer_people says
--   peer_count: number of others who are alike; NULL where judged_by is
--   peer_share: how many of them have it, 0 to 1; NULL where judged_by is
--   granted_at: when the last grant of the path began, if a source dates it; NULL: no source says
--   changed_at: time of the run that saw the newest change of a grant of the path; the first load counts as one; NULL where way is
--   privileged_by: what says that the access is privileged, as in report.privileged_access; NULL: nothing
--   external_by: what says that the person is external, as in report.external_identities; NULL: nothing
--   sod_rules: names of the rules on separation of duties that the person breaks with this target, see report.sod_violations; NULL: none
--   identity_key: key of the person; NULL: nobody is known to use the account
--   account_key: key of the account; NULL where the identity has the target by itself
--   application_key: key of the application of the target; NULL: no source says
--   target_key: key of the target
--   path: the grant_keys of the path in order; NULL where way is
with asked as materialized (
    select exists (from closure.nodes n where n.application_key = about and n.kind not in ('account', 'identity')) as is_application
),
scoped as materialized (
    select s.start, s.identity_key, s.account_key
    from closure.starts s
    cross join asked q
    left join main.identities i on i.identity_key = s.identity_key
    where q.is_application or i.manager_identity_key = about
),
sought as materialized (
    select n.node, n.kind, n.key, n.application_key
    from closure.nodes n cross join asked q
    where not q.is_application or n.application_key = about
),
{{effective "identity_key, account_key, node, kind, key, application_key"
    `select start, identity_key, account_key from scoped`
    `select node, kind, key, application_key from sought`}},
reached as materialized (
    select identity_key, account_key, node, kind, key, application_key, privilege, hops, path, path[-1] as last_grant from effective where effect = 'allow'
),
steps as (
    select path, unnest(path) as grant_key, generate_subscripts(path, 1) as step from (select distinct path from reached where path is not null)
),
ways as (
    select s.path, string_agg(g.target_kind || ' ' || coalesce(n.name, g.target_key) || coalesce(' (' || g.privilege || ')', ''), ' > ' order by s.step) as words, max(g._valid_from) as changed_at
    from steps s
    join main.grants g on g.grant_key = s.grant_key
    left join ({{names}}) n on n.kind = g.target_kind and n.key = g.target_key
    group by s.path
),
{{held `select node, kind, key from sought where node in (select node from reached)`}},
alike as materialized (
    select identity_key, judged_by, case judged_by when 'department' then department when 'title' then title else manager_identity_key end as peers,
        case judged_by when 'department' then department_count when 'title' then title_count else manager_count end as people_count
    from ({{alike (setting "peer_people")}}) where judged_by is not null
),
have as materialized (
    select distinct h.identity_key, h.kind, h.key, h.privilege, a.judged_by, a.peers from held h join alike a on a.identity_key = h.identity_key
),
shared as (
    select kind, key, privilege, judged_by, peers, count(*) as n from have group by all
),
people as (
    select identity_key, coalesce(display_name, email, username) as name, email, status, manager_identity_key, {{ended}} as has_left from main.identities
),
addresses as (
    select email, case when count(distinct identity_key) = 1 then any_value(identity_key) end as identity_key
    from (select email, identity_key from meta.addresses union all select email, identity_key from main.identities)
    where email in (select owner_email from main.applications)
    group by email
),
owners as (
    select p.application_key, p.owner_email as email, o.name, o.identity_key
    from main.applications p
    left join addresses a on a.email = p.owner_email
    left join people o on o.identity_key = a.identity_key
    where p.owner_email is not null and o.has_left is distinct from true
),
privileged as materialized (
    select principal_key, target_key, privilege, told_by from report.privileged_access
),
powers as ( -- only for a way that is not kept, and without labels, which are about one grant
    select target_key, privilege, min(told_by) as told_by from report.privileged_access where target_key is not null and evidence <> 'label' group by all
),
toxic as (
    select identity_key, key, list_sort(list(distinct name)) as names
    from (select identity_key, unnest(list_concat(left_keys, right_keys)) as key, coalesce(policy_name, policy_key) as name from report.sod_violations)
    group by identity_key, key
),
used as (
    select r.*, g.principal_key, g.granted_at, coalesce(a.username, a.email) as account, a.status as account_status,
        case when r.hops = 1 and g.last_used_at is not null then 'grant' when coalesce(a.last_login_at, a.last_activity_at) is not null or a.dormant_days is not null then 'account' end as last_used_by,
        case when r.hops = 1 and g.last_used_at is not null then g.last_used_at else greatest(a.last_login_at, a.last_activity_at) end as last_used_at, a.dormant_days
    from reached r
    left join main.grants g on g.grant_key = r.last_grant
    left join main.accounts a on a.account_key = r.account_key
),
told as (
    select u.*, coalesce({{days_since "u.last_used_at"}}, u.dormant_days) as idle_days, i.name as person, i.email as person_email, i.status as person_status, coalesce(i.has_left, false) as has_left,
        case when m.identity_key is not null then 'manager' when o.email is not null then 'owner' end as reviewer_by,
        case when m.identity_key is not null then m.name else o.name end as reviewer, case when m.identity_key is not null then m.email else o.email end as reviewer_email,
        p.name as application, t.name as target, w.words as way, w.changed_at, l.judged_by, l.people_count - 1 as peer_count,
        case when l.judged_by is not null then round((coalesce(s.n, 0) - case when h.identity_key is not null then 1 else 0 end) / (l.people_count - 1), 4) end as peer_share,
        coalesce(x.told_by, y.told_by, z.told_by) as privileged_by, e.evidence as external_by, v.names as sod_rules
    from used u
    left join people i on i.identity_key = u.identity_key
    left join people m on m.identity_key = i.manager_identity_key and m.identity_key <> i.identity_key and not m.has_left
    left join owners o on o.application_key = u.application_key and (u.identity_key is null or o.identity_key is distinct from u.identity_key and o.email is distinct from i.email)
    left join main.applications p on p.application_key = u.application_key
    left join ({{names}}) t on t.kind = u.kind and t.key = u.key
    left join ways w on w.path = u.path
    left join alike l on l.identity_key = u.identity_key
    left join shared s on s.kind = u.kind and s.key = u.key and s.privilege is not distinct from u.privilege and s.judged_by = l.judged_by and s.peers = l.peers
    left join have h on h.identity_key = u.identity_key and h.kind = u.kind and h.key = u.key and h.privilege is not distinct from u.privilege
    left join privileged x on x.principal_key = u.principal_key and x.target_key = u.key and x.privilege is not distinct from u.privilege
    left join privileged y on y.principal_key = u.account_key and y.target_key is null
    left join powers z on u.path is null and z.target_key = u.key and z.privilege is not distinct from u.privilege
    left join report.external_identities e on e.identity_key = u.identity_key
    left join toxic v on v.identity_key = u.identity_key and v.key = u.key
),
weighed as (
    select *, list_filter([
            case when privileged_by is not null then 'privileged' end,
            case when has_left then 'leaver' end,
            case when external_by is not null then 'external' end,
            case when idle_days >= {{setting "unused_days"}} then 'unused' end,
            case when peer_share <= {{setting "peer_share"}} then 'outlier' end,
            case when sod_rules is not null then 'sod' end
        ], w -> w is not null) as words
    from told
)
select coalesce(list_sum(list_transform(words, w -> case w when 'privileged' then 32 when 'leaver' then 16 when 'external' then 8 when 'unused' then 4 when 'outlier' then 2 else 1 end)), 0)::integer as risk,
    nullif(array_to_string(words, ', '), '') as risks, reviewer, reviewer_email, reviewer_by, person, person_email, person_status, account, account_status, application, kind as target_kind, target, privilege,
    way, hops, last_used_at, idle_days, case when idle_days is not null then last_used_by end as last_used_by, judged_by, peer_count, peer_share, granted_at, changed_at,
    privileged_by, external_by, array_to_string(sod_rules, ', ') as sod_rules, identity_key, account_key, application_key, key as target_key, path
from weighed
order by risk desc, reviewer, person, account, application, target, identity_key, account_key, target_kind, target_key, privilege
