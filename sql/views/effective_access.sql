-- why: What accounts and identities can reach, directly and through groups, roles and entitlements at any depth.
-- grain: one target and privilege as one account has it, with an identity that uses the account; or as an identity has it by itself
-- key: identity_key, account_key, target_kind, target_key, privilege
-- reads: closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants
-- caveat: rows of effect deny say what is denied: count those of effect allow. It is as large as the product of accounts and what they reach, so ask with a constant for identity_key, account_key, target_key or application_key, which is fast; for many of them at once join closure.edges and closure.reach as who_can does.
-- columns:
--   identity_key: identity that uses the account or has the target by itself; NULL for an account that nobody uses
--   account_key: account that has the target; NULL where the identity has it by itself
--   target_kind: table of the target
--   target_key: what is reached
--   application_key: application of the target, as the grants of it say
--   privilege: what may be done; NULL: the vendor did not say
--   effect: deny where any walk to the target denies the privilege, else allow
--   is_direct: the path is one grant, of which no vendor says that it comes through something else
--   hops: grants on the shortest path that allows, or denies; NULL where it leads through a ring of groups too large to be told apart
--   path: their grant_keys in order, of paths as short that which comes first; NULL where hops is, or where it is one of the longest and not kept
with starts as not materialized (
    select start, identity_key, account_key from closure.starts
),
targets as not materialized (
    select node, kind as target_kind, key as target_key, application_key from closure.nodes
),
{{effective "identity_key, account_key, target_kind, target_key, application_key"}}
select identity_key, account_key, target_kind, target_key, application_key, privilege, effect, is_direct, hops, path
from effective
