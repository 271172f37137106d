-- why: Who can reach one target, and by which path.
-- grain: one privilege for the target that one account has, for each identity that uses the account; or that an identity has by itself
-- key: identity_key, account_key, target_kind, target_key, privilege
-- reads: closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants
-- args: target
-- caveat: target is a key; a key that no target has is an error. Those who are denied the privilege are left out; main.effective_access has rows for them.
with asked as materialized (
    select n.node, n.kind, n.key, n.application_key from closure.nodes n where n.key = coalesce(target, '')
),
lasts as materialized (
    select l.principal, a.node, l.privilege, l.is_denied, l.is_direct, l.grant_key, l.holder from asked a join closure.edges l on l.target = a.node
),
-- From each holder only the best way to the target is kept, as it is the same for everyone who passes through that holder.
ways as materialized (
    select c.holder, l.node, l.privilege, not l.is_denied as allows,
        min({'length': coalesce(2 * (c.hops + 2), 3), 'path': list_append(c.path, l.grant_key), 'is_unknown': c.path is null}) as way
    from lasts l
    join closure.reach c on c.via = l.holder
    group by c.holder, l.node, l.privilege, l.is_denied
),
walks as (
    select principal, node, privilege, not is_denied as allows, 2 as length,
        is_direct is not distinct from false as is_told_otherwise, [grant_key] as path
    from lasts
    union all
    select f.principal, w.node, w.privilege, w.allows, w.way.length,
        false, case when not w.way.is_unknown then list_concat([f.grant_key], w.way.path) end
    from ways w
    join closure.edges f on f.opens = w.holder
    where f.holder is null
),
best as (
    select principal, node, privilege,
        min({'allows': allows, 'length': length, 'is_told_otherwise': is_told_otherwise}) as walk,
        min({'allows': allows, 'length': length, 'path': path}).path as path
    from walks
    group by principal, node, privilege
)
select s.identity_key, s.account_key, t.kind as target_kind, t.key as target_key, t.application_key, b.privilege,
    'allow' as effect,
    walk.length = 2 and not walk.is_told_otherwise as is_direct,
    case when walk.length <> 3 then walk.length // 2 end as hops,
    case when walk.length <> 3 then b.path end as path
from best b
join closure.starts s on s.start = b.principal
join asked t on t.node = b.node
where walk.allows
