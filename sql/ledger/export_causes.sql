-- why: Whether something other than the vendor's data was new in an export, so that its rows may have changed for that reason; and which exports a run could not see.
-- grain: one dataset of one source that a run loaded or that a person took out (is_seen is true), or that the run could not see in full (is_seen is false)
-- key: run_id, source, dataset, is_seen
-- reads: meta.exports, meta.gates, meta.drift, meta.findings
-- caveat: where several causes apply, the first in the order of the list at the column cause is given; data means that nothing but the vendor's data was new.
-- columns:
--   run_id: the run
--   source: name of the configured source
--   dataset: dataset, <vendor>.<plural>
--   as_of: time of that run, which is the time of the changes that it saw
--   is_seen: true: its rows were brought to what the export says; false: the run did not receive the export or held it, or the load closed no row, since its rejects may stand for those that are missing
--   cause: if is_seen: source dropped, first load, contract changed, request changed, part missing, part gone, column missing, column returned, values missing, replaced, rejects or data; if not: rejects, column missing, part missing, values missing or replaced (the reason for which it was held), export held or export missing. The comment of history.changes.cause says what each means
with loads as (
    select source, dataset, run_id, as_of, status, lag(status) over w as last_status, contract, lag(run_id) over w as last_run_id, lag(contract) over w as last_contract, request, lag(request) over w as last_request,
        reject_count + coalesce(item_reject_count, 0) as rejects, lag(reject_count + coalesce(item_reject_count, 0)) over w as last_rejects
    from meta.exports where status in ('loaded', 'dropped', 'erased') window w as (partition by source, dataset order by as_of)
)
select l.run_id, l.source, l.dataset, l.as_of, true as is_seen, case
    when status <> 'loaded' then 'source dropped'
    when last_run_id is null or last_status <> 'loaded' then 'first load'
    when contract is distinct from last_contract then 'contract changed'
    when request <> last_request then 'request changed'
    when exists (from meta.gates g where g.run_id = l.run_id and g.source = l.source and g.dataset = l.dataset and g.reason = 'part missing') then 'part missing'
    when exists (from meta.findings f where f.run_id = l.run_id and f.source = l.source and f.dataset = l.dataset and f.rule = 'part_gone') then 'part gone'
    when exists (
        from meta.drift d where d.run_id = l.run_id and d.source = l.source and d.dataset = l.dataset and d.change = 'column_missing'
            and d.column_name not in (
                select p.column_name from meta.drift p
                where p.run_id = l.last_run_id and p.source = l.source and p.dataset = l.dataset and p.change = 'column_missing'))
        then 'column missing'
    when exists (
        from meta.drift p where p.run_id = l.last_run_id and p.source = l.source and p.dataset = l.dataset and p.change = 'column_missing'
            and p.column_name not in (
                select d.column_name from meta.drift d
                where d.run_id = l.run_id and d.source = l.source and d.dataset = l.dataset and d.change = 'column_missing'))
        then 'column returned'
    when g.reason is not null then g.reason
    when rejects <> last_rejects then 'rejects'
    else 'data' end as cause
from loads l
left join (
    select run_id, source, dataset, min(reason) as reason from meta.gates where reason in ('values missing', 'replaced') group by all) g
    on g.run_id = l.run_id and g.source = l.source and g.dataset = l.dataset
union all
select e.run_id, e.source, e.dataset, e.as_of, false, case when status in ('loaded', 'unchanged') or failure = 'rejects' then 'rejects'
    when status = 'held' then coalesce(g.reason, 'export held') else 'export missing' end
from meta.exports e
left join (
    select run_id, source, dataset, min(reason) as reason from meta.gates where reason in ('column missing', 'part missing', 'values missing', 'replaced') group by all) g
    on g.run_id = e.run_id and g.source = e.source and g.dataset = e.dataset
where status not in ('loaded', 'unchanged', 'dropped', 'erased') or kept_count > 0
