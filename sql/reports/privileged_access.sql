-- why: Who holds administrative rights, and what says that these rights are administrative.
-- grain: one account flagged as privileged, or one grant of privileged access
-- key: evidence, principal_kind, principal_key, target_kind, target_key, privilege
-- past: yes
-- since: granted_at
-- reads: main.accounts, main.grants, main.entitlements, main.roles, main.groups, main.identities, main.applications
-- inputs: accounts.is_privileged or grants
-- caveat: the strongest evidence counts, in the order of the column evidence; reasons has all. Where the evidence is 'word', only a name suggests it: the name of the privilege, or of the entitlement, role or group that is held. The words are admin, administrator, superadmin, sysadmin, superuser, owner, root, sudo, wheel, dba, full access, full control, privileged and break glass, in singular or plural, also inside names such as AdministratorAccess; non-admin and the like do not count. Further names are those of the setting privileged_names. Rights that no source flags, which have no such name and no such word in it, are not listed, nor is what somebody holds through a group or role (see main.effective_access). Accounts are left out if all sources say that nobody can log in to them.
-- columns:
--   evidence: account: a source flags the account; entitlement: a source flags what is granted; label: the vendor's label on the grant; list: a name is in the setting privileged_names; word: a name suggests it
--   principal_kind: account, identity, group or role
--   principal_key: key of the principal that holds it
--   principal_name: username or e-mail of an account or identity; NULL for groups and roles, and where no source says
--   identity_key: the person who uses the account, or the identity itself; NULL: nobody is known, or a group or role holds it
--   sources: names of the sources that say so
--   application_key: application in which it is held; NULL: no source says
--   application_name: name of that application; NULL: no source says
--   target_kind: table of what is granted; NULL for a flagged account
--   target_key: key of what is granted; NULL for a flagged account
--   target_name: name of the granted entitlement, role or group; NULL for other targets, and where no source says
--   privilege: what may be done, in the vendor's own word; NULL: no source says
--   granted_at: when the access began, if a source dates it; NULL: no source says
--   last_used_at: last use of the access; NULL: never, or no source says
--   told_by: what says it: is_privileged of the account or entitlement, the key of the label, or the name that is listed or contains the word, and what it is the name of
--   reasons: all that says it, each as its evidence and what says it, in the order of the column evidence
with spoken as ( -- each name once: there are few, and many grants
    select name, regexp_matches(
            regexp_replace(regexp_replace(name, '([a-z])([A-Z])', '\1 \2', 'g'), '[^A-Za-z]+', ' ', 'g'),
            '(?i)(^| )(admins?|administrators?|super ?admins?|sys ?admins?|super ?users?|owners?|root|sudo(ers)?|wheel|dbas?|full ?access|full ?control|privileged|break ?glass)( |$)')
        and not regexp_matches(name, '(?i)(^|[^a-z])(no|non|not|without)[^a-z]*(admin|owner|root|privileged)') as is_telling,
        list_filter({{setting "privileged_names"}}, p -> lower(name) like replace(replace(replace(replace(lower(p), '^', '^^'), '%', '^%'), '_', '^_'), '*', '%') escape '^')[1] is not null as is_listed
    from (select privilege as name from main.grants union select name from main.entitlements union select name from main.roles union select name from main.groups)
    where name is not null
),
telling as (select name from spoken where is_telling),
listed as (select name from spoken where is_listed),
targets as (
    select entitlement_key as key, name, is_privileged, name in (select name from telling) as is_telling, name in (select name from listed) as is_listed from main.entitlements
    union all select role_key, name, null, name in (select name from telling), name in (select name from listed) from main.roles
    union all select group_key, name, null, name in (select name from telling), name in (select name from listed) from main.groups
),
special as (
    select key, name, coalesce(is_privileged, false) as is_flagged, coalesce(is_telling, false) as is_telling, coalesce(is_listed, false) as is_listed
    from targets where is_privileged or is_telling or is_listed
),
labelled as ( -- the text is looked through first: reading JSON takes long, and few grants have a label of this kind
    select grant_key, list_filter(list_concat(json_extract_string(attributes, '$.labels[*].key'), json_extract_string(attributes, '$.labels[*][*].key')),
            x -> ends_with(lower(x), '/privileged'))[1] as label
    from main.grants where contains(attributes, '/privileged') or contains(attributes, '/Privileged')
),
held as (
    select g.principal_kind, g.principal_key, g.sources, g.application_key, g.target_kind, g.target_key, g.privilege, g.granted_at, g.last_used_at,
        list_filter([
            case when s.is_flagged then ['entitlement', 'is_privileged'] end,
            case when l.label is not null then ['label', l.label] end,
            case when g.privilege in (select name from listed) then ['list', 'privilege: ' || g.privilege] end,
            case when s.is_listed then ['list', g.target_kind || ': ' || s.name] end,
            case when g.privilege in (select name from telling) then ['word', 'privilege: ' || g.privilege] end,
            case when s.is_telling then ['word', g.target_kind || ': ' || s.name] end
        ], r -> r is not null) as told
    from main.grants g
    left join special s on s.key = g.target_key
    left join labelled l on l.grant_key = g.grant_key
    where g.effect is distinct from 'deny'
),
flagged as (
    select 'account' as evidence, 'account' as principal_kind, account_key as principal_key, sources, application_key,
        null as target_kind, null as target_key, null as target_name, null as privilege, null::timestamptz as granted_at, last_activity_at as last_used_at,
        [['account', 'is_privileged']] as told
    from main.accounts
    where is_privileged
    union all
    select h.told[1][1], h.principal_kind, h.principal_key, h.sources, h.application_key, h.target_kind, h.target_key, t.name, h.privilege, h.granted_at, h.last_used_at, h.told
    from (from held where len(told) > 0) h
    left join targets t on t.key = h.target_key
)
select f.evidence, f.principal_kind, f.principal_key, coalesce(a.username, a.email, i.email, i.username) as principal_name, coalesce(a.identity_key, i.identity_key) as identity_key,
    f.sources, f.application_key, p.name as application_name, f.target_kind, f.target_key, f.target_name, f.privilege, f.granted_at, f.last_used_at,
    f.told[1][2] as told_by, list_transform(f.told, r -> r[1] || ', ' || r[2]) as reasons
from flagged f
left join main.accounts a on a.account_key = f.principal_key
left join main.identities i on i.identity_key = f.principal_key
left join main.applications p on p.application_key = f.application_key
where f.principal_kind <> 'account' or {{can_login "a"}}
