-- why: Accounts with those rows put together that are one login: a vendor may describe an account in one export and name it by another id in the next.
-- grain: one login: one name in one application as one source sees it
-- key: account_key
-- reads: observed.accounts
-- inputs: accounts
-- caveat: put together by source, application and username, or e-mail where there is no username; an account without application, or whose name is a placeholder such as n/a, stays alone. Accounts of one name that bear different native ids are different logins, and one of that name that bears none stays alone. Status is what any of the rows says, active before all else.
-- columns:
--   account_key: the login's account; of several the first that has a status
--   account_keys: keys of all accounts that are this login, account_key among them
--   source: source that sees it
--   application_key: application in which it lives
--   username: login name
--   email: e-mail of the account
--   kind: human, service, system or unknown; NULL: the vendor did not say
--   status: status; NULL: the vendor did not say
--   is_privileged: whether any row says that it has administrative rights; NULL: the vendor did not say
--   last_login_at: last login that any row tells; NULL: never, or the vendor did not say
with named as (
    select account_key, source, application_key, native_id, username, email, kind, status, is_privileged, last_login_at,
        case when application_key is null then null when {{named "username"}} then lower(username) when {{address "email"}} then email end as name
    from observed.accounts
),
shared as ( -- names that the vendor gives to several accounts
    select source, application_key, name from named
    where name is not null group by all having min(native_id) <> max(native_id)
),
told as (
    select n.*, case when n.name is null then n.account_key when s.name is not null then coalesce(n.native_id, n.account_key) end as id
    from named n left join shared s on s.source is not distinct from n.source and s.application_key = n.application_key and s.name = n.name
)
select coalesce(min(account_key) filter (status is not null), min(account_key)) as account_key,
    list_sort(list(distinct account_key)) as account_keys,
    source, application_key, min(username) as username, min(email) as email,
    coalesce(min(kind) filter (kind <> 'unknown'), min(kind)) as kind,
    case when bool_or(status = 'active') then 'active' else coalesce(min(status) filter (status <> 'unknown'), min(status)) end as status,
    bool_or(is_privileged) as is_privileged, max(last_login_at) as last_login_at
from told
group by source, application_key, name, id
