-- why: Who holds administrative rights, and what says that they are such.
-- grain: one account flagged as privileged, or one grant of privileged access
-- key: evidence, principal_kind, principal_key, target_kind, target_key, privilege, source
-- reads: observed.accounts, observed.grants, observed.entitlements, observed.roles, observed.groups, observed.identities, observed.applications
-- inputs: accounts.is_privileged or grants
-- caveat: where the evidence is 'word' only a name suggests it: that of the privilege, or of the entitlement, role or group that is held. The words are admin, administrator, superadmin, sysadmin, superuser, owner, root, sudo, wheel, dba, full access, full control, privileged and break glass, alone or in plural, also inside names such as AdministratorAccess; non-admin and the like do not count. What no vendor flags and no word gives away is not listed, nor what is held through a group or role that holds it.
-- columns:
--   evidence: account: the vendor flags the account; entitlement: the vendor flags what is granted; label: the vendor's label on the grant; word: a name suggests it
--   principal_kind: account, identity, group or role
--   principal_key: who holds it
--   principal_name: username or e-mail of an account or identity; NULL for others
--   source: source that sees it
--   application_key: application in which it is held
--   application_name: its name; NULL where no export describes it
--   target_kind: table of what is granted; NULL for a flagged account
--   target_key: what is granted; NULL for a flagged account
--   target_name: name of a granted entitlement, role or group; NULL otherwise
--   privilege: the vendor's own word for what may be done
--   granted_at: when the access began, as the vendor dates it; NULL: not said
--   last_used_at: last use; NULL: never, or not said
--   told_by: what says it: is_privileged of the account or entitlement, the key of the label, or the name with the word in it and whose name it is
with spoken as ( -- each name once: there are few, and many grants
    select name, regexp_matches(
            regexp_replace(regexp_replace(name, '([a-z])([A-Z])', '\1 \2', 'g'), '[^A-Za-z]+', ' ', 'g'),
            '(?i)(^| )(admins?|administrators?|super ?admins?|sys ?admins?|super ?users?|owners?|root|sudo(ers)?|wheel|dbas?|full ?access|full ?control|privileged|break ?glass)( |$)')
        and not regexp_matches(name, '(?i)(^|[^a-z])(no|non|not|without)[^a-z]*(admin|owner|root|privileged)') as is_telling
    from (select privilege as name from observed.grants union select name from observed.entitlements union select name from observed.roles union select name from observed.groups)
    where name is not null
),
telling as (select name from spoken where is_telling),
targets as (
    select kind, key, name, is_privileged, name in (select name from telling) as is_telling
    from (
        select 'entitlement' as kind, entitlement_key as key, min(name) as name, bool_or(is_privileged) as is_privileged from observed.entitlements group by entitlement_key
        union all select 'role', role_key, min(name), null from observed.roles group by role_key
        union all select 'group', group_key, min(name), null from observed.groups group by group_key
    )
),
labelled as ( -- the text is looked through first: reading JSON takes long, and few grants have a label of this kind
    select rowid as id, list_filter(list_concat(json_extract_string(attributes, '$.labels[*].key'), json_extract_string(attributes, '$.labels[*][*].key')),
            x -> ends_with(lower(x), '/privileged'))[1] as label
    from observed.grants where contains(attributes, '/privileged') or contains(attributes, '/Privileged')
),
held as (
    select g.principal_kind, g.principal_key, g.source, g.application_key, g.target_kind, g.target_key, g.privilege, g.granted_at, g.last_used_at,
        t.name as target_name, coalesce(t.is_privileged, false) as is_flagged, l.label,
        g.privilege in (select name from telling) as by_privilege, coalesce(t.is_telling, false) as by_name
    from observed.grants g
    left join targets t on t.kind = g.target_kind and t.key = g.target_key
    left join labelled l on l.id = g.rowid
    where g.effect is distinct from 'deny'
),
flagged as (
    select 'account' as evidence, 'account' as principal_kind, account_key as principal_key, source, application_key,
        null as target_kind, null as target_key, null as target_name, null as privilege, null::timestamptz as granted_at, last_activity_at as last_used_at,
        'is_privileged' as told_by
    from observed.accounts
    where is_privileged and (status is null or status not in ('inactive', 'terminated'))
    union all
    select case when is_flagged then 'entitlement' when label is not null then 'label' else 'word' end, principal_kind, principal_key, source, application_key,
        target_kind, target_key, target_name, privilege, granted_at, last_used_at,
        case when is_flagged then 'is_privileged' when label is not null then label when by_privilege then 'privilege: ' || privilege else target_kind || ': ' || target_name end
    from held
    where is_flagged or label is not null or by_privilege or by_name
)
select f.evidence, f.principal_kind, f.principal_key, coalesce(a.name, i.name) as principal_name, f.source, f.application_key, p.name as application_name,
    f.target_kind, f.target_key, f.target_name, f.privilege, f.granted_at, f.last_used_at, f.told_by
from flagged f
left join (select account_key, min(coalesce(username, email)) as name from observed.accounts group by account_key) a
    on a.account_key = case when f.principal_kind = 'account' then f.principal_key end
left join (select identity_key, min(coalesce(email, username)) as name from observed.identities group by identity_key) i
    on i.identity_key = case when f.principal_kind = 'identity' then f.principal_key end
left join (select application_key, min(name) as name from observed.applications group by application_key) p on p.application_key = f.application_key
