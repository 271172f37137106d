-- why: Access that has not been used for a long time: for as many days as the setting unused_days says, or more.
-- grain: one grant of one account or identity
-- key: grant_key
-- reads: main.grants, main.accounts, main.applications, main.entitlements, main.groups, main.roles, main.resources, meta.runs
-- inputs: grants.last_used_at or accounts.last_login_at or accounts.last_activity_at or accounts.dormant_days
-- caveat: if a source reports the last use of the access itself, that decides. Otherwise access is listed if the account that has it has not been used at all. If an account is used but no source reports the use of its single grants, unused ones among them are not listed. Grants that deny, and grants of accounts in which nobody can log in, are left out; access through groups and roles is not considered.
-- columns:
--   grant_key: key of the grant in main.grants
--   sources: names of the sources that say so
--   evidence: grant: a source reports the last use of this access; account: the account that has it has not been used
--   principal_kind: account or identity
--   principal_key: key of the account or identity that has it
--   principal_name: username or e-mail of the account; NULL for an identity, and where no source says
--   identity_key: the person who uses the account, or the identity itself; NULL: nobody is known
--   application_key: application of the access; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   target_kind: table of the target
--   target_key: key of the target
--   target_name: name of the target; NULL: no source says
--   privilege: what may be done, in the vendor's own word; NULL: no source says
--   is_privileged: true: a source says that the target or the account gives administrative rights; NULL: no source says
--   last_used_at: last use of the access, or of the account, by evidence; NULL if a source gives only a number of days
--   idle_days: days without use, counted back from the run that made the file
--   is_minimum: true: idle_days is a lower bound, as the source gives it
with used as (
    select a.account_key, a.identity_key, coalesce(a.username, a.email) as name, a.is_privileged, greatest(a.last_login_at, a.last_activity_at) as used_at,
        coalesce({{days_since "greatest(a.last_login_at, a.last_activity_at)"}}, a.dormant_days) as idle_days, coalesce(a.dormant_days_is_minimum, false) as is_minimum
    from main.accounts a
    where {{can_login "a"}}
),
idle as ( -- of few grants is the use told, and most accounts are in use
    select 'grant' as evidence, g.*, u.name as principal_name, case when g.principal_kind = 'identity' then g.principal_key else u.identity_key end as identity_key, u.is_privileged as by_account,
        g.last_used_at as used_at, {{days_since "g.last_used_at"}} as idle_days, false as is_minimum
    from main.grants g
    left join used u on u.account_key = g.principal_key
    where g.last_used_at is not null and g.effect is distinct from 'deny' and (u.account_key is not null or g.principal_kind = 'identity')
    union all
    select 'account', g.*, u.name, u.identity_key, u.is_privileged, u.used_at, u.idle_days, u.used_at is null and u.is_minimum
    from main.grants g
    join used u on u.account_key = g.principal_key
    where g.last_used_at is null and g.effect is distinct from 'deny' and u.idle_days >= {{setting "unused_days"}}
),
targets as (
    select entitlement_key as key, name, is_privileged from main.entitlements
    union all select group_key, name, null from main.groups
    union all select role_key, name, null from main.roles
    union all select resource_key, name, null from main.resources
    union all select application_key, name, null from main.applications
)
select i.grant_key, i.sources, i.evidence, i.principal_kind, i.principal_key, i.principal_name, i.identity_key, i.application_key, p.name as application_name,
    i.target_kind, i.target_key, t.name as target_name, i.privilege,
    case when i.by_account or t.is_privileged then true else coalesce(i.by_account, t.is_privileged) end as is_privileged, i.used_at as last_used_at, i.idle_days, i.is_minimum
from idle i
left join main.applications p on p.application_key = i.application_key
left join targets t on t.key = i.target_key
where i.idle_days >= {{setting "unused_days"}}
