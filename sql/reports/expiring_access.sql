-- why: Access that ends within 30 days, and access that should have ended but is still there.
-- grain: one grant, or one granted request, with an end
-- key: kind, key
-- reads: main.grants, main.access_requests, main.identities, main.accounts, main.applications, main.entitlements, main.groups, main.roles, main.resources, meta.runs
-- inputs: grants.expires_at or access_requests.expires_at
-- caveat: access without a stated end is not listed; it may not have been told. A request tells what was wished: whether the access is there only grants tell. A request that is past its end is not listed.
-- columns:
--   kind: grant or request
--   key: grant_key or request_key
--   sources: sources that tell it
--   identity_key: who has it, or whom it is for; NULL where nobody is known, or a group or role has it
--   principal_kind: account, identity, group or role; identity for a request
--   principal_key: key of the principal of a grant; NULL for a request
--   beneficiary_email: e-mail that a request names; NULL for a grant
--   application_key: application concerned
--   application_name: its name; NULL: not told
--   target_kind: table of what is had
--   target_key: key of what is had; NULL where a request gives only a name
--   target_name: its name; NULL: not told
--   privilege: what may be done, the vendor's own word
--   expires_at: when it ends
--   days_left: days until then; negative: overdue
--   is_overdue: true: the end has passed and the grant is still there
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
where -{{days_since "e.expires_at"}} <= 30
