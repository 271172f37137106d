-- why: Access that ends within as many days as the setting expiring_days says, and access that should have ended but still exists.
-- grain: one grant, or one access request that was not turned down, that has an end
-- key: kind, key
-- reads: main.grants, main.access_requests, main.identities, main.accounts, main.applications, main.entitlements, main.groups, main.roles, main.resources, meta.runs
-- inputs: grants.expires_at or access_requests.expires_at
-- caveat: access without a stated end is not listed, though the vendor may merely not report its end. A request says what was asked for; only grants say whether the access exists. A request whose end has passed is not listed.
-- columns:
--   kind: grant: the access exists; request: it was asked for, see main.access_requests
--   key: grant_key or request_key
--   sources: names of the sources that say so
--   identity_key: the identity that has it, or whom it is for; NULL: nobody is known, or a group or role has it
--   principal_kind: account, identity, group or role; identity for a request
--   principal_key: key of the principal of a grant; NULL for a request
--   beneficiary_email: e-mail of the beneficiary that a request names; NULL for a grant, and if the request names none
--   application_key: application concerned; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   target_kind: table of the target
--   target_key: key of the target; NULL if a request gives only a name
--   target_name: name of the target; NULL: no source says
--   privilege: what may be done, in the vendor's own word; NULL: no source says
--   expires_at: when it ends
--   days_left: days from the run that made the file until then; negative: overdue
--   is_overdue: true: the end has passed and the grant still exists
with ends as (
    select 'grant' as kind, g.grant_key as key, g.sources, case when g.principal_kind = 'identity' then g.principal_key else a.identity_key end as identity_key,
        g.principal_kind, g.principal_key, null as beneficiary_email, g.application_key, g.target_kind, g.target_key, null as said_name, g.privilege, g.expires_at
    from main.grants g
    left join main.accounts a on a.account_key = g.principal_key
    where g.expires_at is not null and g.effect is distinct from 'deny'
    union all
    select 'request', request_key, [source], beneficiary_identity_key, 'identity', null, beneficiary_email, application_key, target_kind, target_key, target_name, privilege, expires_at
    from main.access_requests
    where expires_at >= {{as_of}} and (action is null or action in ('grant', 'modify', 'unknown'))
        and (status is null or status not in ('rejected', 'cancelled', 'failed', 'expired'))
)
select e.kind, e.key, e.sources, e.identity_key, e.principal_kind, e.principal_key, e.beneficiary_email, e.application_key, p.name as application_name,
    e.target_kind, e.target_key, coalesce(t.name, e.said_name) as target_name, e.privilege, e.expires_at,
    -{{days_since "e.expires_at"}} as days_left, e.expires_at < {{as_of}} as is_overdue
from ends e
left join main.applications p on p.application_key = e.application_key
left join ({{names}}) t on t.key = e.target_key
where -{{days_since "e.expires_at"}} <= {{setting "expiring_days"}}
