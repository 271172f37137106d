-- why: People who could reach two kinds of access at the moment ts that a policy on separation of duties of that time says nobody may have together.
-- grain: one policy and one person who had something from both of its sides
-- key: policy_key, identity_key
-- reads: main.policies, history.policies, main.entitlements, history.entitlements, main.identities, history.identities, main.accounts, history.accounts, main.identity_accounts, history.identity_accounts, main.grants, history.grants, meta.links, history.links
-- inputs: grants, policies.left_criteria
-- args: ts
-- caveat: policies of vendors are judged, as they were and over the access that was known at the moment: any entitlement of the left side together with any of the right, held directly or through groups and roles, by the person or by accounts in which somebody could log in. Rules of your own are not judged, as the file keeps only the newest; paths and what vendors state themselves are in report.sod_violations, of the present alone. A moment before the first load is an error, and so is NULL.
with recursive policies_then as materialized (
    select policy_key, source, name, level, state, left_criteria, right_criteria from main.policies where _valid_from <= {{moment "ts" "infinity"}} and kind = 'sod'
    union all
    select policy_key, source, name, level, state, left_criteria, right_criteria from history.policies where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}} and kind = 'sod'
),
passing as materialized (
    select principal_kind, principal_key, target_kind, target_key, privilege, effect is not distinct from 'deny' as is_denied from main.grants where _valid_from <= {{moment "ts" "infinity"}}
    union all
    select principal_kind, principal_key, target_kind, target_key, privilege, effect is not distinct from 'deny' as is_denied from history.grants where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
),
entitlements_then as (
    select entitlement_key, name, value from main.entitlements where _valid_from <= {{moment "ts" "infinity"}}
    union all
    select entitlement_key, name, value from history.entitlements where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
),
known as materialized (
    select source, statement_key, key from meta.links where _valid_from <= {{moment "ts" "infinity"}} and kind = 'entitlements' and is_reference
    union all
    select source, statement_key, key from history.links where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}} and kind = 'entitlements' and is_reference
),
sides as (
    select policy_key, source, side, unnest(criteria) as criterion
    from (
        select policy_key, source, 'left' as side, json_extract(left_criteria, '$.criteriaList[*]') as criteria from policies_then
        union all
        select policy_key, source, 'right', json_extract(right_criteria, '$.criteriaList[*]') from policies_then
    )
),
criteria as materialized (
    select distinct s.policy_key, s.side, e.entitlement_key as key, coalesce(e.name, e.value) as name
    from sides s
    join known k on k.source = s.source and k.statement_key = s.source || ':entitlement:' || json_extract_string(s.criterion, '$.id')
    join entitlements_then e on e.entitlement_key = k.key
    where upper(json_extract_string(s.criterion, '$.type')) = 'ENTITLEMENT'
),
ways as ( -- backwards from what policies name
    select target_key as key, privilege, is_denied, principal_kind, principal_key from passing
    where target_kind = 'entitlement' and target_key in (select key from criteria)
    union
    select w.key, w.privilege, w.is_denied, p.principal_kind, p.principal_key
    from ways w
    join passing p on p.target_kind = w.principal_kind and p.target_key = w.principal_key and not p.is_denied
    where w.principal_kind in ('group', 'role', 'entitlement')
),
accounts_then as (
    select account_key, status, disagreements from main.accounts where _valid_from <= {{moment "ts" "infinity"}}
    union all
    select account_key, status, disagreements from history.accounts where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
),
uses as (
    select identity_key, account_key, relation from main.identity_accounts where _valid_from <= {{moment "ts" "infinity"}}
    union all
    select identity_key, account_key, relation from history.identity_accounts where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}}
),
starts as (
    select u.identity_key, u.account_key, 'account' as kind, u.account_key as key
    from uses u left join accounts_then a on a.account_key = u.account_key
    where u.relation is distinct from 'owns' and {{can_login "a"}}
    union
    select principal_key, null, 'identity', principal_key from ways where principal_kind = 'identity'
),
held as materialized (
    select distinct s.identity_key, s.account_key, w.key
    from (
        select principal_kind, principal_key, key, privilege from ways where principal_kind in ('account', 'identity')
        group by principal_kind, principal_key, key, privilege having not bool_or(is_denied)
    ) w
    join starts s on s.kind = w.principal_kind and s.key = w.principal_key
),
both_sides as (
    select c.policy_key, h.identity_key,
        list_sort(list(distinct c.key) filter (c.side = 'left')) as left_keys, list_sort(list(distinct c.name) filter (c.side = 'left')) as left_names,
        list_sort(list(distinct c.key) filter (c.side = 'right')) as right_keys, list_sort(list(distinct c.name) filter (c.side = 'right')) as right_names,
        list_sort(list(distinct h.account_key) filter (h.account_key is not null)) as account_keys
    from held h join criteria c on c.key = h.key
    group by c.policy_key, h.identity_key
    having count(distinct c.side) = 2
),
people as (
    select identity_key, display_name, email, status, end_on from main.identities where _valid_from <= {{moment "ts" "infinity"}} and (kind is null or kind not in ('service', 'machine'))
    union all
    select identity_key, display_name, email, status, end_on from history.identities where _valid_from <= {{moment "ts" "infinity"}} and _valid_to > {{moment "ts" "infinity"}} and (kind is null or kind not in ('service', 'machine'))
)
select r.policy_key, r.source, r.name as policy_name, r.level, r.state, i.identity_key, i.display_name, i.email,
    coalesce(i.status = 'terminated' or i.end_on < cast(make_timestamp(epoch_us({{moment "ts" "9999-12-31 00:00:00Z"}})) as date), false) as has_left,
    b.left_keys, b.left_names, b.right_keys, b.right_names, b.account_keys
from both_sides b
join (select distinct policy_key, source, name, level, state from policies_then) r on r.policy_key = b.policy_key
join people i on i.identity_key = b.identity_key
