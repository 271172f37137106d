-- why: Accounts that can log in but have not been used for a long time: for as many days as the setting dormant_days says, or more.
-- grain: one account
-- key: account_key
-- reads: main.accounts, main.applications, meta.runs
-- inputs: accounts.last_login_at or accounts.last_activity_at or accounts.dormant_days
-- caveat: an account whose use no source reports is not listed, which does not mean that it is used. Where several sources report use, the latest counts. Days count back from the run that made the file.
-- columns:
--   account_key: the account
--   sources: names of the sources that have it
--   identity_key: the identity that uses it; NULL: nobody is known to use it
--   application_key: application to which the account belongs; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   username: login name; NULL: no source says
--   email: e-mail of the account; NULL: none, or no source says
--   status: status of the account; NULL: no source says. An inactive or terminated account is listed only if another source says otherwise
--   is_privileged: true: a source says that the account has administrative rights; NULL: no source says
--   last_seen_at: last login or activity; NULL if a source gives only a number of days
--   idle_days: days without use, counted back from the run that made the file
--   is_minimum: true: idle_days is a lower bound, as the source gives it
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
where i.idle_days >= {{setting "dormant_days"}}
