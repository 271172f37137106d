-- why: Accounts that can log in without a second factor.
-- grain: one account
-- key: account_key
-- reads: main.accounts, main.applications
-- inputs: accounts.has_mfa
-- caveat: an account is listed if a source says that multi-factor authentication is off, even if another says that it is on (see said_otherwise). If no source says either, the account is not listed, which does not mean that it has a second factor. Single sign-on may bring a second factor of its own, so see has_sso.
-- columns:
--   account_key: the account
--   sources: names of the sources that have it
--   identity_key: the identity that uses it; NULL: nobody is known to use it
--   application_key: application to which the account belongs; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   username: login name; NULL: no source says
--   email: e-mail of the account; NULL: none, or no source says
--   kind: human, service, system or unknown; NULL: no source says. Service and system accounts often cannot have a second factor
--   status: status of the account; NULL: no source says. An inactive or terminated account is listed only if another source says otherwise
--   is_privileged: true: a source says that the account has administrative rights; NULL: no source says
--   has_sso: true: single sign-on is on; NULL: no source says
--   last_login_at: last login; NULL: never, or no source says
--   said_otherwise: what each source says about the second factor, as JSON {source: true or false}; NULL: they do not differ
select a.account_key, a.sources, a.identity_key, a.application_key, p.name as application_name, a.username, a.email, a.kind, a.status, a.is_privileged, a.has_sso, a.last_login_at,
    json_extract(a.disagreements, '$.has_mfa') as said_otherwise
from main.accounts a
left join main.applications p on p.application_key = a.application_key
where (not a.has_mfa or json_exists(a.disagreements, '$.has_mfa')) and {{can_login "a"}}
