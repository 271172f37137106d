-- why: People who can reach two kinds of access that, by a policy on separation of duties, nobody may have together.
-- grain: one policy and one person who has something from both of its sides
-- key: policy_key, identity_key
-- reads: main.policies, main.identities, main.accounts, main.entitlements, meta.links, meta.runs, closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants, policies.left_criteria
-- caveat: a policy is evaluated by the entitlements that its two lists of criteria name: any of the left together with any of the right, held directly or through groups and roles, by the person or by accounts in which somebody can log in. A policy that is written as a query, or that names other things than entitlements, is not evaluated; one whose entitlements appear in no grant shows nobody. Compensating controls at the vendor are not considered; the column state says whether the policy is in force.
-- columns:
--   policy_key: key of the policy in main.policies
--   source: name of the source that has it
--   policy_name: name of the policy; NULL: the vendor did not say
--   level: how serious a violation is, in the vendor's own word; NULL: the vendor did not say
--   state: whether the policy is in force, in the vendor's own word; NULL: the vendor did not say
--   identity_key: the person
--   display_name: name of the person; NULL: no source says
--   email: work e-mail of the person; NULL: no source says
--   has_left: true: the status or the last day of employment says that the person has left
--   left_keys: entitlement_keys of the left side that the person has
--   left_names: names of those entitlements, in order of name
--   right_keys: entitlement_keys of the right side that the person has
--   right_names: names of those entitlements, in order of name
--   account_keys: accounts through which the person has them; NULL: the person has them without an account
with judged as (
    select policy_key, source, name, level, state, left_criteria, right_criteria
    from main.policies where kind = 'sod' and left_criteria is not null and right_criteria is not null
),
sides as (
    select policy_key, source, true as is_left, unnest(json_extract(left_criteria, '$.criteriaList[*]')) as criterion from judged
    union all
    select policy_key, source, false, unnest(json_extract(right_criteria, '$.criteriaList[*]')) from judged
),
wanted as (
    select distinct s.policy_key, s.is_left, l.key
    from sides s
    join meta.links l on l.kind = 'entitlements' and l.is_reference and l.statement_key = s.source || ':entitlement:' || json_extract_string(s.criterion, '$.id')
    where upper(json_extract_string(s.criterion, '$.type')) = 'ENTITLEMENT'
),
lasts as materialized (
    select n.key, e.principal, e.privilege, e.is_denied, e.holder
    from closure.nodes n join closure.edges e on e.target = n.node
    where n.kind = 'entitlement' and n.key in (select key from wanted)
),
walks as (
    select principal, key, privilege, is_denied from lasts
    union all
    select f.principal, l.key, l.privilege, l.is_denied
    from lasts l
    join closure.reach c on c.via = l.holder
    join closure.edges f on f.opens = c.holder
    where f.holder is null
),
reached as ( -- where one walk denies the privilege, it is denied
    select principal, key from walks group by principal, key, privilege having not bool_or(is_denied)
),
had as (
    select distinct s.identity_key, s.account_key, r.key
    from reached r
    join closure.starts s on s.start = r.principal
    left join main.accounts a on a.account_key = s.account_key
    where s.identity_key is not null and (s.account_key is null or {{can_login "a"}})
),
both_sides as (
    select w.policy_key, h.identity_key, list_sort(list(distinct h.key) filter (w.is_left)) as left_keys, list_sort(list(distinct e.name) filter (w.is_left)) as left_names,
        list_sort(list(distinct h.key) filter (not w.is_left)) as right_keys, list_sort(list(distinct e.name) filter (not w.is_left)) as right_names,
        list_sort(list(distinct h.account_key) filter (h.account_key is not null)) as account_keys
    from wanted w
    join had h on h.key = w.key
    left join main.entitlements e on e.entitlement_key = h.key
    group by w.policy_key, h.identity_key
    having bool_or(w.is_left) and bool_or(not w.is_left)
)
select j.policy_key, j.source, j.name as policy_name, j.level, j.state, i.identity_key, i.display_name, i.email, i.has_left,
    b.left_keys, b.left_names, b.right_keys, b.right_names, b.account_keys
from both_sides b
join judged j on j.policy_key = b.policy_key
join (
    select identity_key, display_name, email, {{ended}} as has_left from main.identities where kind is null or kind not in ('service', 'machine')
) i on i.identity_key = b.identity_key
