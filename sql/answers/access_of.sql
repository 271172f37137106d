-- why: Everything that one identity can reach, with the path to each target.
-- grain: one target and privilege as one account of the identity has it, or the identity by itself
-- key: account_key, target_kind, target_key, privilege
-- reads: closure.starts, closure.edges, closure.reach, closure.nodes, main.identities, meta.addresses
-- inputs: grants
-- args: identity
-- caveat: identity is a key or an e-mail address; if no identity or more than one has it, that is an error. Rows whose effect is deny say what is denied; to count access, count the rows whose effect is allow. Columns and rows are those of main.effective_access for this identity_key.
with starts as materialized (
    select s.identity_key, s.account_key, s.start
    from ({{identities "identity"}}) a
    join closure.starts s on s.identity_key = a.key
),
firsts as materialized (
    select s.identity_key, s.account_key, e.* from starts s join closure.edges e on e.principal = s.start
),
ways as materialized (
    select f.identity_key, f.account_key, f.principal, c.via, c.hops + 1 as hops, list_concat([f.grant_key], c.path) as path, c.path is null as is_unknown
    from firsts f
    join closure.reach c on c.holder = f.opens
),
walks as (
    select identity_key, account_key, target, privilege, not is_denied as allows, 2 as length,
        is_direct is not distinct from false as is_told_otherwise, [grant_key] as path
    from firsts
    union all
    select w.identity_key, w.account_key, l.target, l.privilege, not l.is_denied, coalesce(2 * (w.hops + 1), 3),
        false, case when not w.is_unknown then list_append(w.path, l.grant_key) end
    from ways w
    join closure.edges l on l.holder = w.via
),
best as (
    select identity_key, account_key, target, privilege,
        min({'allows': allows, 'length': length, 'is_told_otherwise': is_told_otherwise}) as walk,
        min({'allows': allows, 'length': length, 'path': path}).path as path
    from walks
    group by identity_key, account_key, target, privilege
)
select b.identity_key, b.account_key, t.kind as target_kind, t.key as target_key, t.application_key, b.privilege,
    case when walk.allows then 'allow' else 'deny' end as effect,
    walk.length = 2 and not walk.is_told_otherwise as is_direct,
    case when walk.length <> 3 then walk.length // 2 end as hops,
    case when walk.length <> 3 then b.path end as path
from best b
join closure.nodes t on t.node = b.target
