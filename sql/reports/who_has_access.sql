-- why: Who has access to what, by people and names, directly or through groups, roles and entitlements at any depth.
-- grain: one target and privilege as one account has it, with an identity that uses the account; or as an identity has it by itself
-- key: identity_key, account_key, target_kind, target_key, privilege
-- reads: closure.starts, closure.edges, closure.reach, closure.nodes, main.identities, main.accounts, main.applications, main.groups, main.roles, main.entitlements, main.resources
-- inputs: grants
-- caveat: ask for a person, an account, a target or an application, with a constant, as in where email = 'ann@example.com' or where target_name = 'Domain Admins': that is fast, while all of it is the product of all accounts and what they reach. What is denied is not access and not listed: effective_access has that. Accounts that are closed are listed with their account_status, as the grants are still there.
-- columns:
--   identity_key: identity that uses the account or has the target by itself; NULL for an account that nobody is known to use
--   display_name: its name
--   email: its work e-mail
--   identity_status: active, inactive, suspended, terminated or unknown; NULL: nobody said
--   account_key: account that has the target; NULL where the identity has it by itself
--   username: login name of the account
--   account_status: active, inactive, suspended, terminated or unknown; NULL: nobody said
--   application_key: application of the target, as the grants of it say
--   application_name: its name
--   target_kind: table of the target: application, group, role, entitlement or resource; account or identity where somebody may act for it
--   target_key: what can be reached
--   target_name: its name; NULL where no export tells it
--   privilege: what may be done, the vendor's own word; NULL: the vendor did not say
--   is_direct: the path is one grant, of which no vendor says that it comes through something else
--   hops: grants on the shortest path; NULL where it leads through a ring of groups too large to be told apart
--   path: their grant_keys in order; NULL where hops is, or where it is one of the longest and not kept
with starts as not materialized (
    select s.start, s.identity_key, i.display_name, i.email, i.status as identity_status, s.account_key, a.username, a.status as account_status
    from closure.starts s
    left join main.identities i on i.identity_key = s.identity_key
    left join main.accounts a on a.account_key = s.account_key
),
targets as not materialized (
    select n.node, n.application_key, p.name as application_name, n.kind as target_kind, n.key as target_key, t.name as target_name
    from closure.nodes n
    left join ({{names}}) t on t.key = n.key and t.kind = n.kind
    left join main.applications p on p.application_key = n.application_key
),
{{effective "identity_key, display_name, email, identity_status, account_key, username, account_status, application_key, application_name, target_kind, target_key, target_name"}}
select identity_key, display_name, email, identity_status, account_key, username, account_status, application_key, application_name,
    target_kind, target_key, target_name, privilege, is_direct, hops, path
from effective
where effect = 'allow'
