-- why: What one identity could reach at a moment, with the path to each target.
-- grain: one target and privilege as one account of the identity had it, or the identity by itself
-- key: account_key, target_kind, target_key, privilege
-- reads: main.grants, history.grants, main.identity_accounts, history.identity_accounts, main.identities, history.identities, meta.addresses
-- inputs: grants
-- args: identity, ts
-- caveat: a moment at which no source named the identity is an error that says when it was known. Times are those of runs, so a change shows from the first run that saw it. Things that were split or merged since are shown as they were then, under the key of that time. The paths are computed for each query, from all grants of that moment, so it is slower than access_of. hops and path are NULL if the shortest path has more than 30 grants. Rows whose effect is deny say what was denied.
with recursive edges as materialized (
    select grant_key, principal_kind, principal_key, target_kind, target_key, application_key, privilege,
        effect is not distinct from 'deny' as is_denied, is_direct
    from main.grants where _valid_from <= {{moment "ts" "infinity"}}
    union all
    select grant_key, principal_kind, principal_key, target_kind, target_key, application_key, privilege, effect is not distinct from 'deny', is_direct
    from history.grants where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
),
asked as materialized ({{identities_then "identity"}}),
starts as materialized (
    select key as identity_key, null::varchar as account_key, 'identity' as kind, key from asked
    union
    select u.identity_key, u.account_key, 'account', u.account_key
    from asked a
    join (
        select identity_key, account_key, relation from main.identity_accounts where _valid_from <= {{moment "ts" "infinity"}}
        union all
        select identity_key, account_key, relation from history.identity_accounts
        where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
    ) u on u.identity_key = a.key and u.relation is distinct from 'owns'
),
inner_edges as materialized (
    select grant_key, principal_kind, principal_key, target_kind, target_key from edges
    where target_kind in ('group', 'role', 'entitlement') and not is_denied
),
-- Every holder on the way. The recursion ends in rings too, as UNION adds no row twice.
reached as (
    select identity_key, account_key, kind, key from starts
    union
    select r.identity_key, r.account_key, e.target_kind, e.target_key
    from reached r
    join inner_edges e on e.principal_kind = r.kind and e.principal_key = r.key
),
-- The first path of each length to each holder. Without a limit on the length a ring would go on for ever.
ways as (
    select identity_key, account_key, kind, key, 0 as hops, []::varchar[] as path from starts
    union all
    select w.identity_key, w.account_key, e.target_kind, e.target_key, w.hops + 1, min(list_append(w.path, e.grant_key))
    from ways w
    join inner_edges e on e.principal_kind = w.kind and e.principal_key = w.key
    where w.hops < 29
    group by w.identity_key, w.account_key, e.target_kind, e.target_key, w.hops
),
shortest as (
    select identity_key, account_key, kind, key, min({'hops': hops, 'path': path}) as way from ways group by identity_key, account_key, kind, key
),
walks as (
    select r.identity_key, r.account_key, e.target_kind, e.target_key, e.privilege, not e.is_denied as allows,
        case when s.way is null then 3 else 2 * (s.way.hops + 1) end as length,
        coalesce(s.way.hops = 0 and e.is_direct is not distinct from false, false) as is_told_otherwise,
        list_append(s.way.path, e.grant_key) as path
    from reached r
    join edges e on e.principal_kind = r.kind and e.principal_key = r.key
    left join shortest s on s.identity_key = r.identity_key and s.account_key is not distinct from r.account_key and s.kind = r.kind and s.key = r.key
),
best as (
    select identity_key, account_key, target_kind, target_key, privilege,
        min({'allows': allows, 'length': length, 'is_told_otherwise': is_told_otherwise}) as walk,
        min({'allows': allows, 'length': length, 'path': path}).path as path
    from walks
    group by identity_key, account_key, target_kind, target_key, privilege
),
lived as (
    select target_kind, target_key, min(application_key) as application_key from edges group by target_kind, target_key
)
select b.identity_key, b.account_key, b.target_kind, b.target_key, a.application_key, b.privilege,
    case when walk.allows then 'allow' else 'deny' end as effect,
    walk.length = 2 and not walk.is_told_otherwise as is_direct,
    case when walk.length <> 3 then walk.length // 2 end as hops,
    case when walk.length <> 3 then b.path end as path
from best b
join lived a on a.target_kind = b.target_kind and a.target_key = b.target_key
