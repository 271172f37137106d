-- why: Accounts that nobody is known to own.
-- grain: one login as one source sees it
-- key: account_key
-- reads: identities, report.logins, report.account_owners, applications
-- inputs: accounts, identities.email or identity_accounts.account_key or accounts.identity_key, identities
-- caveat: owners are found by the vendor's mapping or by e-mail in any source. Nothing is listed as long as no identities are loaded at all. An account mapped to an identity that no export describes has an owner and is not listed; report.dangling_references counts those.
-- columns:
--   account_key: the account; of several that are one login, the one in report.logins
--   source: source that sees it
--   application_key: application in which it lives
--   application_name: its name; NULL where no export describes it
--   username: login name
--   email: e-mail of the account; NULL: none, or the vendor did not say
--   kind: who uses it: human, service, system or unknown; NULL: the vendor did not say
--   status: status; NULL: the vendor did not say; terminated accounts are not listed
--   is_privileged: has administrative rights, in the vendor's view; NULL: the vendor did not say
--   last_login_at: last login; NULL: never, or the vendor did not say
--   reason: why no owner was found
with owned as (
    select distinct m.account_key
    from (select account_key, unnest(account_keys) as member_key from report.logins) m
    join report.account_owners o on o.account_key = m.member_key
)
select a.account_key, a.source, a.application_key, p.name as application_name, a.username, a.email, a.kind, a.status, a.is_privileged, a.last_login_at,
    case when a.email is null then 'no owner named and no e-mail' else 'no owner named and nobody has its e-mail' end as reason
from report.logins a
left join (select application_key, min(name) as name from main.applications group by application_key) p on p.application_key = a.application_key
where a.status is distinct from 'terminated'
    and exists (from main.identities)
    and a.account_key not in (select account_key from owned)
