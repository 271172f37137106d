-- why: Access requests that are not finished.
-- grain: one requested item
-- key: request_key
-- since: requested_at
-- reads: main.access_requests, main.applications, meta.runs
-- inputs: access_requests
-- caveat: requests whose status the vendor does not say are listed too, with is_open NULL; they may be finished.
-- columns:
--   request_key: key of the requested item in main.access_requests
--   source: name of the source that has it
--   request_id: the vendor's id of the request; several items may share it
--   action: grant, revoke, modify or unknown; NULL: the vendor did not say
--   status: pending, approved, provisioning or unknown; NULL: the vendor did not say
--   status_raw: the vendor's own word for the status
--   is_open: true: the vendor says so; NULL: the status does not tell
--   requester_email: e-mail of who asked; NULL: the vendor did not say
--   beneficiary_email: e-mail of whom the access is for; NULL: the vendor did not say
--   approver_email: e-mail of who is to decide; NULL: the vendor did not say
--   requester_identity_key: identity that asked; NULL: no identity has the address, or several have it
--   beneficiary_identity_key: identity that the access is for; NULL: as for the requester
--   approver_identity_key: identity that is to decide; NULL: as for the requester
--   application_key: application asked for; NULL: the vendor did not say
--   application_name: name of that application; NULL: no source says
--   target_name: name of what is asked for; NULL: the vendor did not say
--   privilege: privilege asked for, in the vendor's own word; NULL: the vendor did not say
--   requested_at: when it was asked for; NULL: the vendor did not say
--   age_days: whole days from then to the run that made the file; NULL where requested_at is
--   expires_at: when the access is to end; NULL: no end, or the vendor did not say
select r.request_key, r.source, r.request_id, r.action, r.status, r.status_raw,
    case when r.status in ('pending', 'approved', 'provisioning') then true end as is_open,
    r.requester_email, r.beneficiary_email, r.approver_email,
    r.requester_identity_key, r.beneficiary_identity_key, r.approver_identity_key, r.application_key, p.name as application_name, r.target_name, r.privilege,
    r.requested_at, {{days_since "r.requested_at"}} as age_days, r.expires_at
from main.access_requests r
left join main.applications p on p.application_key = r.application_key
where r.status is null or r.status in ('pending', 'approved', 'provisioning', 'unknown')
