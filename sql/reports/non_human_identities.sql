-- why: Machines that have access: service accounts, bots and other identities that are no people, and who answers for them.
-- grain: one account that a machine uses, or one non-human identity
-- key: kind, key
-- reads: main.accounts, main.identities, main.identity_accounts, main.grants, main.applications, meta.runs
-- inputs: accounts.kind or identities.kind
-- caveat: only what a source says is no person's; an account that nobody calls so is not listed, though its name may look like it. Who answers for a non-human identity itself no source tells but as its manager.
-- columns:
--   kind: account or identity
--   key: account_key or identity_key
--   sources: sources that speak of it
--   name: username or e-mail of the account; name or e-mail of the identity
--   type: service or system for an account, service or machine for an identity
--   application_key: application of the account; NULL for an identity
--   application_name: its name; NULL: not told
--   status: its status; NULL: not told
--   is_privileged: the account has administrative rights, in the view of any source; NULL: not told, and for an identity
--   owner_identity_keys: people who answer for it; NULL: nobody is known
--   owner_names: their names, or else addresses
--   has_owner_present: one of them has not left; false: all have left, or nobody is known
--   grant_count: grants of which it is the principal, what is denied left out
--   last_seen_at: last login or activity of the account; NULL: none seen, or not told
--   idle_days: days since then, or as a source counts them; NULL: not told
with people as (
    select identity_key, coalesce(display_name, email, username) as name, not {{ended}} as is_present
    from main.identities where kind is null or kind not in ('service', 'machine')
),
machines as (
    select 'account' as kind, account_key as key, sources, coalesce(username, email) as name, kind as type, application_key, status, is_privileged,
        null as manager_key, greatest(last_login_at, last_activity_at) as last_seen_at, dormant_days
    from main.accounts where kind in ('service', 'system')
    union all
    select 'identity', identity_key, sources, coalesce(display_name, username, email), kind, null, status, null, manager_identity_key, null, null
    from main.identities where kind in ('service', 'machine')
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
