-- why: Accounts that can log in without a second factor.
-- grain: one account as one source sees it
-- key: account_key
-- reads: observed.accounts, observed.applications
-- inputs: accounts.has_mfa
-- caveat: only accounts of which a vendor says that multi-factor authentication is off; where it did not say, nothing is known and the account is not listed. Single sign-on may bring a second factor of its own, so see has_sso.
-- columns:
--   account_key: the account
--   source: source that sees it
--   application_key: application in which it lives
--   application_name: its name; NULL where no export describes it
--   username: login name
--   email: e-mail of the account
--   kind: who uses it; service and system accounts often cannot have a second factor
--   status: status; NULL: the vendor did not say; inactive and terminated accounts are not listed
--   is_privileged: has administrative rights, in the vendor's view; NULL: the vendor did not say
--   has_sso: single sign-on is on; NULL: the vendor did not say
--   last_login_at: last login; NULL: never, or the vendor did not say
select a.account_key, a.source, a.application_key, p.name as application_name, a.username, a.email, a.kind, a.status, a.is_privileged, a.has_sso, a.last_login_at
from observed.accounts a
left join (select application_key, min(name) as name from observed.applications group by application_key) p on p.application_key = a.application_key
where not a.has_mfa and (a.status is null or a.status not in ('inactive', 'terminated'))
