-- why: What accounts and identities can reach, directly and through groups, roles and entitlements at any depth.
-- grain: one target and privilege that one account has, for each identity that uses the account; or that an identity has by itself
-- key: identity_key, account_key, target_kind, target_key, privilege
-- reads: closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants
-- caveat: rows whose effect is deny say what is denied; to count access, count the rows whose effect is allow. The view pairs every account with everything it reaches, so filter it by a constant identity_key, account_key, target_key or application_key, which is fast; for many keys at once, join closure.edges and closure.reach as who_can does.
-- columns:
--   identity_key: identity that uses the account or has the target by itself; NULL for an account that nobody is known to use
--   account_key: account that has the target; NULL where the identity has it by itself
--   target_kind: table of the target
--   target_key: what is reached
--   application_key: application of the target, as its grants say; NULL: none says
--   privilege: what may be done, in the vendor's own word; NULL: the vendor did not say
--   effect: deny if any path to the target denies the privilege, else allow
--   is_direct: true: the path is a single grant, and no vendor says that this access comes through something else
--   hops: number of grants on the shortest path with that effect; NULL where the path leads through a ring of groups that is too large to be resolved (more than 1,000 holders)
--   path: the grant_keys of that path in order; of several shortest paths, the one whose keys sort first; NULL where hops is NULL, or where the path is one of the longest, which are not kept
with {{effective "identity_key, account_key, target_kind, target_key, application_key" `select start, identity_key, account_key from closure.starts`
    `select node, kind as target_kind, key as target_key, application_key from closure.nodes`}}
select identity_key, account_key, target_kind, target_key, application_key, privilege, effect, is_direct, hops, path
from effective
