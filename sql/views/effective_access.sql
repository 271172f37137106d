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
with walks as (
    select s.identity_key, s.account_key, t.kind as target_kind, t.key as target_key, t.application_key, e.privilege,
        not e.is_denied as allows, 2 as length, e.is_direct is not distinct from false as is_told_otherwise, [e.grant_key] as path
    from closure.starts s
    join closure.edges e on e.principal = s.start
    join closure.nodes t on t.node = e.target
    union all
    select s.identity_key, s.account_key, t.kind, t.key, t.application_key, l.privilege,
        not l.is_denied, coalesce(2 * (c.hops + 2), 3), false,
        case when c.path is not null then list_concat([f.grant_key], c.path, [l.grant_key]) end
    from closure.starts s
    join closure.edges f on f.principal = s.start
    join closure.reach c on c.holder = f.opens
    join closure.edges l on l.holder = c.via
    join closure.nodes t on t.node = l.target
),
-- A walk that denies goes before those that allow, a shorter one before a longer. length is
-- twice the hops, and 3 where they are not known: no such walk has less than 2.
best as (
    select identity_key, account_key, target_kind, target_key, application_key, privilege,
        min({'allows': allows, 'length': length, 'is_told_otherwise': is_told_otherwise}) as walk,
        min({'allows': allows, 'length': length, 'path': path}).path as path
    from walks
    group by identity_key, account_key, target_kind, target_key, application_key, privilege
)
select identity_key, account_key, target_kind, target_key, application_key, privilege,
    case when walk.allows then 'allow' else 'deny' end as effect,
    walk.length = 2 and not walk.is_told_otherwise as is_direct,
    case when walk.length <> 3 then walk.length // 2 end as hops,
    case when walk.length <> 3 then path end as path
from best
