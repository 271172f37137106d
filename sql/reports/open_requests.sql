-- why: Access requests that are not finished.
-- grain: one requested item
-- key: request_key
-- reads: main.access_requests, main.applications, meta.runs
-- inputs: access_requests
-- caveat: requests of which the vendor does not tell the status are listed with is_open NULL, as they may be finished.
-- columns:
--   request_key: the requested item
--   source: source that holds it
--   request_id: the vendor's id; several items may share it
--   action: grant, revoke, modify or unknown
--   status: pending, approved, provisioning or unknown; NULL: the vendor did not say
--   status_raw: the vendor's own word
--   is_open: true: the vendor says so; NULL: it cannot be told
--   requester_email: who asked
--   beneficiary_email: whom it is for
--   approver_email: who is to decide
--   requester_identity_key: who asked; NULL: the address is nobody's, or of several
--   beneficiary_identity_key: whom it is for; NULL: likewise
--   approver_identity_key: who is to decide; NULL: likewise
--   application_key: application asked for
--   application_name: its name; NULL: not told
--   target_name: thing asked for
--   privilege: privilege asked for
--   requested_at: when it was asked for; NULL: not said
--   age_days: days since then; NULL where not said
--   expires_at: when the access is to end
select r.request_key, r.source, r.request_id, r.action, r.status, r.status_raw,
    case when r.status in ('pending', 'approved', 'provisioning') then true end as is_open,
    r.requester_email, r.beneficiary_email, r.approver_email,
    r.requester_identity_key, r.beneficiary_identity_key, r.approver_identity_key, r.application_key, p.name as application_name, r.target_name, r.privilege,
    r.requested_at, {{days_since "r.requested_at"}} as age_days, r.expires_at
from main.access_requests r
left join main.applications p on p.application_key = r.application_key
where r.status is null or r.status in ('pending', 'approved', 'provisioning', 'unknown')
