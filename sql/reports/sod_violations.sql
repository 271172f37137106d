-- why: People who can reach two kinds of access that nobody may have together, by a policy of a vendor or a rule of your own on separation of duties.
-- grain: one rule and one person who has something from both of its sides
-- key: policy_key, identity_key
-- reads: main.policies, main.risks, main.identities, main.accounts, main.grants, meta.sod_rules, meta.runs, report.sod_criteria, closure.starts, closure.edges, closure.reach, closure.nodes
-- inputs: grants, policies.left_criteria or sod_rules
-- caveat: rules are judged over the access of all sources: any target of the left side together with any of the right, held directly or through groups and roles, by the person or by accounts in which somebody can log in. These are violations that are computed here; those that a vendor states are in main.risks with kind sod_violation, and risk_keys names them where both agree. Rules that cannot be judged, whole or in part, are in report.sod_rules with the problem; a rule of your own that has expired shows nobody. A path begins at the person or an account; since when an account is the person's does not count.
-- columns:
--   policy_key: key of the policy in main.policies, or rule_key in meta.sod_rules
--   source: name of the source that has the policy; 'rules file' for a rule of your own
--   policy_name: name of the rule; NULL: the vendor did not say
--   level: how serious a violation is, in the vendor's own word; NULL: the vendor did not say, or the rule is your own
--   state: whether the rule is in force, in the vendor's own word; NULL: the vendor did not say
--   owner: who answers for the rule, by name for a policy; NULL: nobody said
--   mitigation: what is done about it: by your rules file, or the compensating controls that the policy names; NULL: nobody said
--   mitigation_until: last day of that mitigation; NULL: no end, or a policy
--   mitigation_state: in force or expired: the mitigation of your rule; stated: the vendor says that this violation is mitigated or accepted; none: neither
--   identity_key: the person
--   display_name: name of the person; NULL: no source says
--   email: work e-mail of the person; NULL: no source says
--   has_left: true: the status or the last day of employment says that the person has left
--   left_keys: keys of what the person has of the left side
--   left_names: names of these, in order of name
--   left_paths: for each of left_keys in order the grant_keys of one shortest path, as in main.effective_access; NULL where no path is kept
--   right_keys: keys of what the person has of the right side
--   right_names: names of these, in order of name
--   right_paths: for each of right_keys in order the grant_keys of one shortest path
--   account_keys: accounts through which the person has them; NULL: the person has them without an account
--   left_since: first moment at which a way to something of the left side was whole: the latest of the first moments of its grants, by the sources' dates or when the file saw them first; NULL: no path is kept
--   right_since: the same of the right side
--   since: the later of the two, since when both sides were held together at the latest; NULL where one of them is
--   risk_keys: violations that the vendor states itself for this policy and person, in main.risks; NULL: none
--   stated_status: status of the newest of them; NULL: the vendor states none
with criteria as materialized (
    select distinct rule_key, side, target_kind, target_key, target_name from report.sod_criteria where target_key is not null
),
rules as (
    select policy_key as rule_key, source, native_id, name, level, state, coalesce(json_extract_string(attributes, '$.owner_name'), json_extract_string(attributes, '$.ownerRef.name')) as owner,
        coalesce(json_extract_string(attributes, '$.compensating_controls'), json_extract_string(attributes, '$.compensatingControls')) as mitigation, null::date as mitigation_until
    from main.policies where kind = 'sod'
    union all
    select rule_key, 'rules file', null, name, null, 'in force', owner, mitigation, mitigation_until
    from meta.sod_rules where until is null or until >= {{today}}
),
named as materialized (
    select n.node, n.kind, n.key from closure.nodes n where n.kind in ('entitlement', 'role', 'group') and n.key in (select target_key from criteria)
),
-- Who has what is found without paths, since one side may be what everybody has.
{{held `select node, kind, key from named`}},
breaks as materialized (
    select c.rule_key, h.identity_key
    from held h
    join criteria c on c.target_key = h.key
    group by c.rule_key, h.identity_key
    having count(distinct c.side) = 2
),
-- Paths are for those few, and for what the rules name.
{{effective "start, identity_key, account_key, kind, key"
    `select start, identity_key, account_key from held_starts where identity_key in (select identity_key from breaks)`
    `select node, kind, key from named`}},
reached as materialized (
    select start, identity_key, account_key, key, privilege, hops, path from effective where effect = 'allow'
),
whole as materialized ( -- all ways to what is not denied, not the shortest alone: an older one may be longer
    select row_number() over () as id, w.identity_key, w.key, w.path
    from walks w
    where w.path is not null and exists (from reached h where h.start = w.start and h.key = w.key and h.privilege is not distinct from w.privilege)
),
steps as (
    select id, unnest(path) as grant_key from whole
),
began as (
    select identity_key, key, min(since) as since
    from (
        select w.id, w.identity_key, w.key, max(least(g.granted_at, g.first_seen_at)) as since
        from steps s
        join whole w on w.id = s.id
        join main.grants g on g.grant_key = s.grant_key
        group by w.id, w.identity_key, w.key
    )
    group by identity_key, key
),
ways as ( -- of several ways to one target the shortest
    select b.rule_key, b.identity_key, c.side, c.target_key, any_value(c.target_name) as name, list(distinct h.account_key) filter (h.account_key is not null) as account_keys,
        min({'hops': coalesce(h.hops, 2147483647), 'path': h.path}).path as path, any_value(d.since) as since
    from breaks b
    join criteria c on c.rule_key = b.rule_key
    join reached h on h.identity_key = b.identity_key and h.key = c.target_key
    left join began d on d.identity_key = h.identity_key and d.key = h.key
    group by b.rule_key, b.identity_key, c.side, c.target_key
),
both_sides as (
    select rule_key, identity_key,
        list(target_key order by target_key) filter (side = 'left') as left_keys, list_sort(list(distinct name) filter (side = 'left')) as left_names,
        list(path order by target_key) filter (side = 'left') as left_paths, min(since) filter (side = 'left') as left_since,
        list(target_key order by target_key) filter (side = 'right') as right_keys, list_sort(list(distinct name) filter (side = 'right')) as right_names,
        list(path order by target_key) filter (side = 'right') as right_paths, min(since) filter (side = 'right') as right_since,
        list_sort(list_distinct(flatten(list(account_keys) filter (account_keys is not null)))) as account_keys
    from ways group by rule_key, identity_key
),
stated as (
    select source, json_extract_string(attributes, '$.policy_id') as native_id, identity_key, list_sort(list(distinct risk_key)) as risk_keys, arg_max(status, (detected_at, risk_key)) as status
    from main.risks where kind = 'sod_violation' and identity_key is not null group by all
)
select r.rule_key as policy_key, r.source, r.name as policy_name, r.level, r.state, r.owner, r.mitigation, r.mitigation_until,
    case when r.source = 'rules file' and r.mitigation_until < {{today}} then 'expired' when r.source = 'rules file' and r.mitigation is not null then 'in force'
        when t.status in ('mitigated', 'accepted') then 'stated' else 'none' end as mitigation_state,
    i.identity_key, i.display_name, i.email, i.has_left,
    b.left_keys, b.left_names, b.left_paths, b.right_keys, b.right_names, b.right_paths, b.account_keys, b.left_since, b.right_since,
    case when b.left_since is not null and b.right_since is not null then greatest(b.left_since, b.right_since) end as since, t.risk_keys, t.status as stated_status
from both_sides b
join rules r on r.rule_key = b.rule_key
join (
    select identity_key, display_name, email, {{ended}} as has_left from main.identities where kind is null or kind not in ('service', 'machine')
) i on i.identity_key = b.identity_key
left join stated t on t.source = r.source and t.native_id = r.native_id and t.identity_key = b.identity_key
order by r.rule_key, i.identity_key
