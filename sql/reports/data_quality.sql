-- why: What is wrong or doubtful in the data of this file: how much there is of each kind, and where to look at it.
-- grain: one kind of finding, for one dataset of one source where it concerns only that
-- key: kind, what, source, dataset
-- reads: meta.exports, meta.rejects, meta.findings, meta.drift, meta.checks, meta.runs, meta.link_conflicts, meta.link_suggestions,
--   main.identities, main.accounts, main.applications, main.groups, main.roles, main.resources, main.entitlements, main.grants
-- caveat: for each dataset the last load counts. Only the kinds listed at the column kind are looked for, and a high number need not matter much. Two lines may be about the same rows, such as a check and a finding.
-- columns:
--   kind: export: the newest export was not loaded; reject: records that became no rows; finding: something in the export that is not trusted, or that one should know; drift: columns that differ from those of the contract; check: rows in a bad state; conflict: a join that was refused; suggestion: a pair that looks like one thing; mentioned: things that no export describes; disagreement: things about which sources differ
--   what: for an export its status; for a reject or finding the rule; for drift the change; for a check its name; for a conflict or suggestion the table and the rule; else the table
--   source: source that delivered it; NULL if it concerns the whole file
--   dataset: dataset; NULL if it concerns the whole file
--   finding_count: number of exports, records, columns, rows, joins, pairs or things, by kind
--   where_to_look: table or report that lists them one by one
with latest as (
    select * from {{latest_exports}} where status not in ('dropped', 'erased')
),
things as (
    select 'identities' as name, count(*) filter (not is_described) as mentioned, count(disagreements) as differing from main.identities
    union all select 'accounts', count(*) filter (not is_described), count(disagreements) from main.accounts
    union all select 'applications', count(*) filter (not is_described), count(disagreements) from main.applications
    union all select 'groups', count(*) filter (not is_described), count(disagreements) from main.groups
    union all select 'roles', count(*) filter (not is_described), count(disagreements) from main.roles
    union all select 'resources', count(*) filter (not is_described), count(disagreements) from main.resources
    union all select 'entitlements', count(*) filter (not is_described), count(disagreements) from main.entitlements
    union all select 'grants', 0, count(disagreements) from main.grants
),
found as (
    select 'export' as kind, status as what, source, dataset, 1 as finding_count, 'report.coverage' as where_to_look from latest where status not in ('loaded', 'unchanged')
    union all
    select 'reject', r.rule, r.source, r.dataset, count(*), 'meta.rejects'
    from meta.rejects r join latest l on l.source = r.source and l.dataset = r.dataset and l.loaded_run_id = r.run_id
    group by r.rule, r.source, r.dataset
    union all
    select 'finding', f.rule, f.source, f.dataset, sum(f.record_count)::bigint, 'meta.findings'
    from meta.findings f join latest l on l.source = f.source and l.dataset = f.dataset and l.loaded_run_id = f.run_id
    group by f.rule, f.source, f.dataset
    union all
    select 'drift', d.change, d.source, d.dataset, count(*), 'meta.drift'
    from meta.drift d join latest l on l.source = d.source and l.dataset = d.dataset and l.loaded_run_id = d.run_id
    group by d.change, d.source, d.dataset
    union all
    select 'check', c.check_name, null, null, c.finding_count, case when c.check_name in ('dangling_references', 'keys_differing_by_case', 'shared_addresses') then 'report.' || c.check_name else 'meta.checks' end
    from meta.checks c where c.run_id = (select arg_max(r.run_id, r.as_of) from meta.runs r)
    union all
    select 'conflict', kind || ': ' || rule, null, null, count(*), 'report.link_conflicts' from meta.link_conflicts group by kind, rule
    union all
    select 'suggestion', kind || ': ' || look, null, null, count(*), 'report.link_suggestions' from meta.link_suggestions group by kind, look
    union all
    select 'mentioned', name, null, null, mentioned, 'main.' || name || ' where not is_described' from things
    union all
    select 'disagreement', name, null, null, differing, 'report.disagreements' from things
)
select * from found where finding_count > 0
