-- why: Accounts with those rows put together that are one login: a vendor may describe an account in one export and name it by another id in the next.
-- grain: one login: one name in one application as one source sees it
-- key: account_key
-- reads: accounts
-- inputs: accounts
-- caveat: put together by source, application and username, or e-mail where there is no username; an account without application stays alone. Status is what any of the rows says, active before all else.
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
    select *, case when application_key is null then account_key else coalesce(lower(username), email, account_key) end as login
    from main.accounts
)
select coalesce(min(account_key) filter (status is not null), min(account_key)) as account_key,
    list_sort(list(distinct account_key)) as account_keys,
    source, application_key, min(username) as username, min(email) as email,
    coalesce(min(kind) filter (kind <> 'unknown'), min(kind)) as kind,
    case when bool_or(status = 'active') then 'active' else coalesce(min(status) filter (status <> 'unknown'), min(status)) end as status,
    bool_or(is_privileged) as is_privileged, max(last_login_at) as last_login_at
from named
group by source, application_key, login
