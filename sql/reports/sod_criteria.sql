-- why: What the two sides of each rule on separation of duties name: policies of vendors and rules of your own, with what names nothing or cannot be read.
-- grain: one criterion of one side of one rule, and one thing that it names; a criterion that names nothing has one row
-- key: rule_key, side, position, target_key
-- reads: main.policies, main.entitlements, main.roles, main.groups, main.applications, meta.links, meta.key_changes, meta.sod_patterns
-- inputs: policies.left_criteria or sod_rules
-- caveat: of a vendor's policy the two lists of criteria are read, and in them entitlements alone, as other things are not documented. A policy that is written as a query is not read. What a criterion names need not be held by anybody.
-- columns:
--   rule_key: key of the policy in main.policies, or rule_key in meta.sod_rules
--   source: name of the source that has the policy; 'rules file' for a rule of your own
--   side: left or right
--   position: which criterion of the side it is, from 1; 0: the side has none that can be read
--   line: line of your rules file; NULL for a policy of a vendor
--   criterion: what is asked for, in words; NULL: the side has nothing that can be read
--   target_kind: entitlement, role or group; NULL: it names nothing
--   target_key: key of what it names, in main; NULL: it names nothing
--   target_name: its name; NULL: no source says
--   application_key: its application; NULL: no source says, or it belongs to none
--   application_name: name of that application; NULL: no source says
--   old_key: key by which your rule names the thing or its application, and in whose place target_key or application_key stands now; NULL: it names no key that has changed
--   problem: why it names nothing; NULL: it names something
with sides as (
    select policy_key, source, side, unnest(criteria) as criterion, generate_subscripts(criteria, 1) as position
    from (
        select policy_key, source, 'left' as side, json_extract(left_criteria, '$.criteriaList[*]') as criteria from main.policies where kind = 'sod'
        union all
        select policy_key, source, 'right', json_extract(right_criteria, '$.criteriaList[*]') from main.policies where kind = 'sod'
    )
),
known as (
    select distinct source, statement_key, key from meta.links where kind = 'entitlements' and is_reference
),
stated as (
    select s.policy_key, s.source, s.side, s.position, coalesce(json_extract_string(s.criterion, '$.name'), json_extract_string(s.criterion, '$.id')) as criterion,
        e.entitlement_key, coalesce(e.name, e.value) as name, e.application_key, a.name as application_name,
        case when upper(json_extract_string(s.criterion, '$.type')) is distinct from 'ENTITLEMENT' then 'cannot be read: it asks for something else than an entitlement'
            when e.entitlement_key is null then 'names no entitlement that the file has' end as problem
    from sides s
    left join known k on k.source = s.source and k.statement_key = s.source || ':entitlement:' || json_extract_string(s.criterion, '$.id')
        and upper(json_extract_string(s.criterion, '$.type')) = 'ENTITLEMENT'
    left join main.entitlements e on e.entitlement_key = k.key
    left join main.applications a on a.application_key = e.application_key
)
select policy_key as rule_key, source, side, position, null as line, criterion, case when entitlement_key is not null then 'entitlement' end as target_kind,
    entitlement_key as target_key, name as target_name, application_key, application_name, null as old_key, problem
from stated
union all
select p.policy_key, p.source, b.side, 0, null, null, null, null, null, null, null, null, 'cannot be read: it is no list of access'
from main.policies p
cross join (select unnest(['left', 'right']) as side) b
anti join sides s on s.policy_key = p.policy_key and s.side = b.side -- DuckDB 1.1 fails inside where it is asked with not exists
where p.kind = 'sod'
union all
select rule_key, 'rules file', side, position, line, pattern, target_kind, target_key, target_name, application_key, application_name, old_key,
    case when target_key is null then 'names nothing that the file has' end
from ({{sod_matches}})
