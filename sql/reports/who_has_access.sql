-- why: Who has access to what, by people and names, directly or through groups, roles and entitlements at any depth.
-- grain: one target and privilege that one account has, for each identity that uses the account; or that an identity has by itself
-- key: identity_key, account_key, target_kind, target_key, privilege
-- reads: closure.starts, closure.edges, closure.reach, closure.nodes, main.identities, main.accounts, main.applications, main.groups, main.roles, main.entitlements, main.resources
-- inputs: grants
-- caveat: filter by a constant person, account, target or application, as in where email = 'ann@example.com' or where target_name = 'Domain Admins', which is fast; without a filter the report pairs every account with everything it reaches. What is denied is not listed; effective_access has rows for that. Closed accounts are listed with their account_status, as their grants still exist.
-- columns:
--   identity_key: identity that uses the account or has the target by itself; NULL for an account that nobody is known to use
--   display_name: name of that identity; NULL: no source says
--   email: its work e-mail; NULL: no source says
--   identity_status: active, inactive, suspended, terminated or unknown; NULL: no source says
--   account_key: account that has the target; NULL where the identity has it by itself
--   username: login name of the account; NULL: no source says
--   account_status: active, inactive, suspended, terminated or unknown; NULL: no source says
--   application_key: application of the target, as its grants say; NULL: none says
--   application_name: name of that application; NULL: no source says
--   target_kind: table of the target: application, group, role, entitlement or resource; account or identity where somebody may act for it
--   target_key: key of what can be reached
--   target_name: name of the target; NULL: no source says
--   privilege: what may be done, in the vendor's own word; NULL: the vendor did not say
--   is_direct: true: the path is a single grant, and no vendor says that this access comes through something else
--   hops: number of grants on the shortest path; NULL where it leads through a ring of groups that is too large to be resolved (more than 1,000 holders)
--   path: the grant_keys of that path in order; NULL where hops is NULL, or where the path is one of the longest, which are not kept
with {{effective "identity_key, display_name, email, identity_status, account_key, username, account_status, application_key, application_name, target_kind, target_key, target_name"
    `select s.start, s.identity_key, i.display_name, i.email, i.status as identity_status, s.account_key, a.username, a.status as account_status
    from closure.starts s
    left join main.identities i on i.identity_key = s.identity_key
    left join main.accounts a on a.account_key = s.account_key` targets}}
select identity_key, display_name, email, identity_status, account_key, username, account_status, application_key, application_name,
    target_kind, target_key, target_name, privilege, is_direct, hops, path
from effective
where effect = 'allow'
