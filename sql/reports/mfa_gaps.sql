-- why: Accounts that can log in without a second factor.
-- grain: one account
-- key: account_key
-- reads: main.accounts, main.applications
-- inputs: accounts.has_mfa
-- caveat: only accounts of which a source says that multi-factor authentication is off, even if another says that it is on (see said_otherwise); where none told, nothing is known and the account is not listed. Single sign-on may bring a second factor of its own, so see has_sso.
-- columns:
--   account_key: the account
--   sources: sources that speak of it
--   identity_key: who uses it; NULL: nobody is known
--   application_key: application in which it lives
--   application_name: its name; NULL: not told
--   username: login name
--   email: e-mail of the account
--   kind: who uses it; service and system accounts often cannot have a second factor
--   status: its status; NULL: not told; inactive and terminated accounts are listed only where another source says otherwise
--   is_privileged: has administrative rights, in the view of any source; NULL: not told
--   has_sso: single sign-on is on; NULL: not told
--   last_login_at: last login; NULL: never, or not told
--   said_otherwise: {source: true or false} where sources differ on the second factor; NULL: they do not
select a.account_key, a.sources, a.identity_key, a.application_key, p.name as application_name, a.username, a.email, a.kind, a.status, a.is_privileged, a.has_sso, a.last_login_at,
    json_extract(a.disagreements, '$.has_mfa') as said_otherwise
from main.accounts a
left join main.applications p on p.application_key = a.application_key
where (not a.has_mfa or json_exists(a.disagreements, '$.has_mfa')) and {{can_login "a"}}
