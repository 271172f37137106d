-- why: What changed in the common model after from_ts and up to to_ts.
-- grain: one row of one table that was added, removed or changed in one run; and one dataset of a source that a run could not see (change unseen)
-- key: changed_at, table_name, _source, _dataset, before, after
-- reads: all tables of main and history, meta.exports, meta.drift
-- caveat: a change shows at the time of the run that saw it. cause is what else was new in that export: the contract, a column that no longer came or came back, or a number of rejects that is not that of the load before; then rows may have changed without the vendor's doing. An export that is missing or held changes no row, and one with rejects whose rows cannot be named closes none: its line unseen has no table and no key, and what the next load changes may have changed then.
-- args: from_ts, to_ts
with versions as (
{{- range $i, $t := .Tables}}
{{- if $i}}
    union all{{end}}
    select {{text .Name}} as table_name, {{if .Key}}{{ident .Key}}{{else}}null::varchar{{end}} as key, _source, _dataset, _hash, _valid_from, null::timestamptz as _valid_to,
        to_json(struct_pack({{fields .}})) as content
    from main.{{ident .Name}} where _valid_from > from_ts::timestamptz and _valid_from <= to_ts::timestamptz
    union all
    select {{text .Name}}, {{if .Key}}{{ident .Key}}{{else}}null::varchar{{end}}, _source, _dataset, _hash, _valid_from, _valid_to,
        to_json(struct_pack({{fields .}}))
    from history.{{ident .Name}} where _valid_to > from_ts::timestamptz and _valid_from <= to_ts::timestamptz
{{- end}}
),
starts as (
    select *, row_number() over (partition by table_name, key, _source, _dataset, _valid_from order by _hash) as nth
    from versions where _valid_from > from_ts::timestamptz
),
ends as (
    select *, row_number() over (partition by table_name, key, _source, _dataset, _valid_to order by _hash) as nth
    from versions where _valid_to <= to_ts::timestamptz
),
changes as (
    select
        coalesce(s._valid_from, e._valid_to) as changed_at,
        case when e.table_name is null then 'added' when s.table_name is null then 'removed' else 'changed' end as change,
        coalesce(s.table_name, e.table_name) as table_name,
        coalesce(s.key, e.key) as key,
        coalesce(s._source, e._source) as _source,
        coalesce(s._dataset, e._dataset) as _dataset,
        e.content as before,
        s.content as after
    from starts s
    full join ends e on s.table_name = e.table_name and s.key = e.key and s._source = e._source
        and s._dataset = e._dataset and s._valid_from = e._valid_to and s.nth = e.nth
),
loads as (
    select source, dataset, run_id, as_of, contract, lag(run_id) over w as last_run_id, lag(contract) over w as last_contract,
        reject_count + coalesce(item_reject_count, 0) as rejects, lag(reject_count + coalesce(item_reject_count, 0)) over w as last_rejects
    from meta.exports where status = 'loaded' window w as (partition by source, dataset order by as_of)
),
causes as (
    select source, dataset, as_of, case
        when last_run_id is null then 'first load'
        when contract is distinct from last_contract then 'contract changed'
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
        when rejects <> last_rejects then 'rejects'
        else 'data' end as cause
    from loads l
)
select c.*, k.cause
from changes c left join causes k on k.source = c._source and k.dataset = c._dataset and k.as_of = c.changed_at
union all
select as_of, 'unseen', null, null, source, dataset, null, null, case when status in ('loaded', 'unchanged') or failure = 'rejects' then 'rejects' when status = 'held' then 'export held' else 'export missing' end
from meta.exports where (status not in ('loaded', 'unchanged') or kept_count > 0) and as_of > from_ts::timestamptz and as_of <= to_ts::timestamptz
