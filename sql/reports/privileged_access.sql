-- why: Who holds administrative rights, and what says that they are such.
-- grain: one account flagged as privileged, or one grant of privileged access
-- key: evidence, principal_kind, principal_key, target_kind, target_key, privilege, source
-- reads: accounts, grants, entitlements, applications
-- inputs: accounts.is_privileged or grants
-- caveat: where the evidence is 'word' only the name of the privilege suggests it. Access that no vendor flags and no word gives away is not listed.
-- columns:
--   evidence: account: the vendor flags the account; entitlement: the vendor flags what is granted; word: the privilege is called admin, owner, root or the like
--   principal_kind: account, identity, group or role
--   principal_key: who holds it
--   principal_name: username or e-mail of an account or identity; NULL for others
--   source: source that sees it
--   application_key: application in which it is held
--   application_name: its name; NULL where no export describes it
--   target_kind: table of what is granted; NULL for a flagged account
--   target_key: what is granted; NULL for a flagged account
--   target_name: name of a granted entitlement; NULL otherwise
--   privilege: the vendor's own word for what may be done
--   granted_at: when the access began, as the vendor dates it; NULL: not said
--   last_used_at: last use; NULL: never, or not said
with flagged as (
    select 'account' as evidence, 'account' as principal_kind, account_key as principal_key, source, application_key,
        null as target_kind, null as target_key, null as target_name, null as privilege, null::timestamptz as granted_at, last_activity_at as last_used_at
    from main.accounts
    where is_privileged and (status is null or status not in ('inactive', 'terminated'))
    union all
    select case when e.is_privileged then 'entitlement' else 'word' end, g.principal_kind, g.principal_key, g.source, g.application_key,
        g.target_kind, g.target_key, e.name, g.privilege, g.granted_at, g.last_used_at
    from main.grants g
    left join (select entitlement_key, min(name) as name, bool_or(is_privileged) as is_privileged from main.entitlements group by entitlement_key) e
        on g.target_kind = 'entitlement' and e.entitlement_key = g.target_key
    where g.effect is distinct from 'deny'
        and (e.is_privileged or regexp_matches(lower(concat_ws(' ', g.privilege, e.name)), '(^|[^a-z])(admin|administrator|administrators|admins|owner|root|superuser|sysadmin)([^a-z]|$)'))
)
select f.evidence, f.principal_kind, f.principal_key, coalesce(a.name, i.name) as principal_name, f.source, f.application_key, p.name as application_name,
    f.target_kind, f.target_key, f.target_name, f.privilege, f.granted_at, f.last_used_at
from flagged f
left join (select account_key, min(coalesce(username, email)) as name from main.accounts group by account_key) a
    on f.principal_kind = 'account' and a.account_key = f.principal_key
left join (select identity_key, min(coalesce(email, username)) as name from main.identities group by identity_key) i
    on f.principal_kind = 'identity' and i.identity_key = f.principal_key
left join (select application_key, min(name) as name from main.applications group by application_key) p on p.application_key = f.application_key
