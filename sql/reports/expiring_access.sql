-- why: Access that ends within 30 days, and access that should have ended but is still there.
-- grain: one grant, or one granted request, with an end
-- key: kind, key
-- reads: observed.grants, observed.access_requests, observed.applications, meta.runs
-- inputs: grants.expires_at or access_requests.expires_at
-- caveat: access without a stated end is not listed; the vendor may not have said. A request tells what was wished: whether the access is there only grants tell. A request that is past its end is not listed.
-- columns:
--   kind: grant or request
--   key: grant_key or request_key
--   source: source that holds it
--   principal: who has it: key of the principal, or e-mail of the beneficiary
--   application_key: application concerned
--   application_name: its name; NULL where no export describes it
--   target: key or name of what is had
--   privilege: the vendor's own word
--   expires_at: when it ends
--   days_left: days until then; negative: overdue
--   is_overdue: true: the end has passed and the grant is still there
with ends as (
    select 'grant' as kind, grant_key as key, source, principal_key as principal, application_key, target_key as target, privilege, expires_at
    from observed.grants where expires_at is not null and effect is distinct from 'deny'
    union all
    select 'request', request_key, source, beneficiary_email, application_key, coalesce(target_name, target_key), privilege, expires_at
    from observed.access_requests
    where expires_at >= {{as_of}} and (action is null or action in ('grant', 'modify', 'unknown'))
        and (status is null or status not in ('rejected', 'cancelled', 'failed', 'expired'))
)
select e.kind, e.key, e.source, e.principal, e.application_key, p.name as application_name, e.target, e.privilege, e.expires_at,
    -{{days_since "e.expires_at"}} as days_left, e.expires_at < {{as_of}} as is_overdue
from ends e
left join (select application_key, min(name) as name from observed.applications group by application_key) p on p.application_key = e.application_key
where -{{days_since "e.expires_at"}} <= 30
