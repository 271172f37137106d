-- why: The rules on separation of duties, policies of vendors and your own, and whether each can be judged.
-- grain: one rule
-- key: rule_key
-- reads: main.policies, main.risks, meta.sod_rules, meta.runs, report.sod_criteria
-- inputs: policies.left_criteria or sod_rules
-- caveat: a rule of which one side names nothing is broken by nobody, as far as the file knows; problem says so. A vendor's policy that is written as a query is not judged. Whether somebody has what a side names is for report.sod_violations to say.
-- columns:
--   rule_key: key of the policy in main.policies, or rule_key in meta.sod_rules
--   source: name of the source that has the policy; 'rules file' for a rule of your own
--   name: name of the rule; NULL: the vendor did not say
--   description: what it is for; NULL: nobody said
--   level: how serious a violation is, in the vendor's own word; NULL: the vendor did not say, or the rule is your own
--   state: whether it is in force, in the vendor's own word; in force or expired for a rule of your own; NULL: the vendor did not say
--   owner: who answers for the rule, by name for a policy; NULL: nobody said
--   mitigation: what is done about those who break it: by your rules file, or the compensating controls that the policy names; NULL: nobody said
--   mitigation_until: last day of the mitigation; NULL: no end, or a policy
--   until: last day of the rule; NULL: no end, or a policy
--   left_count: number of things that its left side names
--   right_count: number of things that its right side names
--   criterion_count: number of criteria on both sides
--   unmatched_count: how many of these name nothing or cannot be read; report.sod_criteria has them
--   is_judged: true: both sides name something and the rule has not expired
--   problem: what is wrong with the rule; NULL: nothing
--   stated_count: number of violations of the policy that the vendor itself states and that have not ended; NULL for a rule of your own
with rules as (
    select policy_key as rule_key, source, native_id, name, description, level, state, coalesce(json_extract_string(attributes, '$.owner_name'), json_extract_string(attributes, '$.ownerRef.name')) as owner,
        coalesce(json_extract_string(attributes, '$.compensating_controls'), json_extract_string(attributes, '$.compensatingControls')) as mitigation, null::date as mitigation_until, null::date as until
    from main.policies where kind = 'sod'
    union all
    select rule_key, 'rules file', null, name, description, null, case when until < {{today}} then 'expired' else 'in force' end, owner, mitigation, mitigation_until, until
    from meta.sod_rules
),
sides as (
    select rule_key, count(distinct target_key) filter (side = 'left') as left_count, count(distinct target_key) filter (side = 'right') as right_count,
        count(distinct (side, position)) as criterion_count, count(*) filter (problem is not null) as unmatched_count,
        min(problem) filter (side = 'left') as left_problem, min(problem) filter (side = 'right') as right_problem
    from report.sod_criteria group by rule_key
),
stated as (
    select source, json_extract_string(attributes, '$.policy_id') as native_id, count(*) as n
    from main.risks where kind = 'sod_violation' and status is distinct from 'resolved' group by all
)
select r.rule_key, r.source, r.name, r.description, r.level, r.state, r.owner, r.mitigation, r.mitigation_until, r.until,
    s.left_count, s.right_count, s.criterion_count, s.unmatched_count, s.left_count > 0 and s.right_count > 0 and coalesce(r.until >= {{today}}, true) as is_judged,
    case when r.until < {{today}} then 'expired: it is not judged any more'
        when s.left_count = 0 and s.right_count = 0 then 'left side ' || s.left_problem || ' and right side ' || s.right_problem
        when s.left_count = 0 then 'left side ' || s.left_problem
        when s.right_count = 0 then 'right side ' || s.right_problem
        when s.unmatched_count > 0 then 'judged in part: ' || s.unmatched_count || ' of ' || s.criterion_count || ' criteria name nothing or cannot be read' end as problem,
    case when r.source <> 'rules file' then coalesce(t.n, 0) end as stated_count
from rules r
join sides s on s.rule_key = r.rule_key
left join stated t on t.source = r.source and t.native_id = r.native_id
order by r.source, r.name, r.rule_key
