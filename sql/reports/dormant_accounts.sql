-- why: Accounts that can log in but have not been used for 30 days or more.
-- grain: one account
-- key: account_key
-- reads: main.accounts, main.applications, meta.runs
-- inputs: accounts.last_login_at or accounts.last_activity_at or accounts.dormant_days
-- caveat: an account about whose use no source says anything is not listed; it is not thereby in use. The latest use that any source tells counts. Days count back from the run that made the file.
-- columns:
--   account_key: the account
--   sources: sources that speak of it
--   identity_key: who uses it; NULL: nobody is known
--   application_key: application in which it lives
--   application_name: its name; NULL: not told
--   username: login name
--   email: e-mail of the account
--   status: its status; NULL: not told; inactive and terminated accounts are listed only where another source says otherwise
--   is_privileged: has administrative rights, in the view of any source; NULL: not told
--   last_seen_at: last login or activity; NULL where a source gives only a number of days
--   idle_days: days without use
--   is_minimum: true: idle_days is a lower bound
with idle as (
    select a.*, greatest(a.last_login_at, a.last_activity_at) as last_seen_at,
        coalesce({{days_since "greatest(a.last_login_at, a.last_activity_at)"}}, a.dormant_days) as idle_days
    from main.accounts a
    where {{can_login "a"}}
)
select i.account_key, i.sources, i.identity_key, i.application_key, p.name as application_name, i.username, i.email, i.status, i.is_privileged,
    i.last_seen_at, i.idle_days, i.last_seen_at is null and coalesce(i.dormant_days_is_minimum, false) as is_minimum
from idle i
left join main.applications p on p.application_key = i.application_key
where i.idle_days >= 30
