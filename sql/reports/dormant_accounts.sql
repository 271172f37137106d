-- why: Accounts that can log in but have not been used for 30 days or more.
-- grain: one account as one source sees it
-- key: account_key
-- reads: observed.accounts, observed.applications, meta.runs
-- inputs: accounts.last_login_at or accounts.last_activity_at or accounts.dormant_days
-- caveat: an account about whose use no vendor says anything is not listed; it is not thereby in use. Days count back from the run that made the file.
-- columns:
--   account_key: the account
--   source: source that sees it
--   application_key: application in which it lives
--   application_name: its name; NULL where no export describes it
--   username: login name
--   email: e-mail of the account
--   status: active, suspended or unknown; NULL: the vendor did not say; inactive and terminated accounts are not listed
--   is_privileged: has administrative rights, in the vendor's view; NULL: the vendor did not say
--   last_seen_at: last login or activity; NULL where the vendor gives only a number of days
--   idle_days: days without use
--   is_minimum: true: idle_days is a lower bound
with seen as (
    select account_key, source, application_key, username, email, status, is_privileged, dormant_days, dormant_days_is_minimum,
        greatest(last_login_at, last_activity_at) as last_seen_at
    from observed.accounts
    where status is null or status not in ('inactive', 'terminated')
),
idle as (
    select *, coalesce({{days_since "last_seen_at"}}, dormant_days) as idle_days,
        last_seen_at is null and coalesce(dormant_days_is_minimum, false) as is_minimum
    from seen
)
select i.account_key, i.source, i.application_key, p.name as application_name, i.username, i.email, i.status, i.is_privileged,
    i.last_seen_at, i.idle_days, i.is_minimum
from idle i
left join (select application_key, min(name) as name from observed.applications group by application_key) p on p.application_key = i.application_key
where i.idle_days >= 30
