-- why: Machines that have access (service accounts, bots and other identities that are not people), and who answers for them.
-- grain: one account that a machine uses, or one non-human identity
-- key: kind, key
-- reads: main.accounts, main.identities, main.identity_accounts, main.grants, main.applications, main.usage, meta.runs
-- inputs: accounts.kind or identities.kind
-- caveat: only accounts and identities that a source calls non-human are listed; an account whose mere name looks like a machine's is not. The only person whom sources name as answering for a non-human identity is its manager. A machine that one list has as an account and another as an identity is two lines, as no source says that they are one.
-- columns:
--   kind: account or identity
--   key: account_key or identity_key
--   sources: names of the sources that have it
--   name: username or e-mail of the account, or name or e-mail of the identity; NULL: no source says
--   type: for an account service or system, for an identity service or machine
--   application_key: application of the account; NULL for an identity, and where no source says
--   application_name: name of that application; NULL: no source says
--   status: status of the account or identity; NULL: no source says
--   is_privileged: true: a source says that the account has administrative rights; NULL for an identity, and where no source says
--   owner_identity_keys: identity_keys of the people who answer for it; NULL: nobody is known
--   owner_names: their names, or addresses where a name is missing; NULL: nobody is known
--   has_owner_present: true: at least one of them has not left; false: all have left, or nobody is known
--   grant_count: number of grants that it has by itself, without those that deny
--   last_seen_at: last login or activity of the account; NULL: none seen, or no source says
--   idle_days: days from then to the run that made the file, or days without use as a source counts them, which may be a lower bound; NULL: no source says
with unused as (
    select subject_key, min(value)::bigint as days from main.usage where subject_kind = 'identity' and metric = 'dormant_days' group by subject_key
),
people as (
    select identity_key, coalesce(display_name, email, username) as name, not {{ended}} as is_present
    from main.identities where kind is null or kind not in ('service', 'machine')
),
machines as (
    select 'account' as kind, account_key as key, sources, coalesce(username, email) as name, kind as type, application_key, status, is_privileged,
        null as manager_key, greatest(last_login_at, last_activity_at) as last_seen_at, dormant_days
    from main.accounts where kind in ('service', 'system')
    union all
    select 'identity', identity_key, sources, coalesce(display_name, username, email), kind, null, status, null, manager_identity_key, null, u.days
    from main.identities left join unused u on u.subject_key = identity_key where kind in ('service', 'machine')
),
owners as (
    select m.kind, m.key, list_sort(list(distinct p.identity_key)) as identity_keys, list_sort(list(distinct p.name)) as names, bool_or(p.is_present) as is_present
    from (
        select 'account' as kind, account_key as key, identity_key from main.identity_accounts where account_key in (select key from machines)
        union all
        select 'identity', key, manager_key from machines where manager_key is not null
    ) m join people p on p.identity_key = m.identity_key
    group by m.kind, m.key
),
held as (
    select principal_kind, principal_key, count(*) as grant_count
    from main.grants
    where principal_kind in ('account', 'identity') and effect is distinct from 'deny' and principal_key in (select key from machines)
    group by principal_kind, principal_key
)
select m.kind, m.key, m.sources, m.name, m.type, m.application_key, a.name as application_name, m.status, m.is_privileged, o.identity_keys as owner_identity_keys, o.names as owner_names,
    coalesce(o.is_present, false) as has_owner_present, coalesce(h.grant_count, 0) as grant_count, m.last_seen_at, coalesce({{days_since "m.last_seen_at"}}, m.dormant_days) as idle_days
from machines m
left join owners o on o.kind = m.kind and o.key = m.key
left join held h on h.principal_kind = m.kind and h.principal_key = m.key
left join main.applications a on a.application_key = m.application_key
