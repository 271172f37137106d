-- why: Everything that ever changed in what exports state: what observed_changes_between answers, but from any attached database. Filter by changed_at.
-- grain: one row of one table that was added, removed or changed in one run; and one dataset of a source that a run could not see (change is unseen)
-- key: changed_at, table_name, _source, _dataset, before, after
-- reads: all tables of observed, all tables of observed_history, meta.exports, meta.drift, meta.gates, meta.findings
-- caveat: a change has the time of the run that saw it. If cause is not data, something else was new in that export, and its rows may have changed for that reason rather than at the vendor. An export that is missing or held changes no row, and one with rejects that cannot be matched to rows closes none: for it there is a line unseen, without table and key, and what the next load changes may have changed at that time. Rows that share a key but have different ids or employee numbers are different things: one is removed and the other added.
-- columns:
--   changed_at: time of the run that saw it
--   change: added, removed or changed; unseen: the run did not receive an export, or held it, so that its changes are not known
--   table_name: table of schema observed; NULL if unseen
--   key: key of the row; NULL for a table without a key, and if unseen
--   _source: source that the row came from
--   _dataset: dataset that the row came from
--   before: the row as it was, as JSON; NULL if added or unseen
--   after: the row as it became, as JSON; NULL if removed or unseen
--   cause: first load, source dropped (a person took the source out of the file), contract changed, request changed (it was narrowed or widened), part missing (a person accepted that), part gone (from the vendor's own list, see meta.findings), column missing (the load before had it), column returned, values missing or replaced (a person accepted that, see meta.gates), rejects (their number differs from that of the load before), or data (nothing else was new: the vendor's own change); if unseen: export held, export missing, part missing, column missing, values missing or replaced (the reason for which it was held), or rejects (no row was closed, since the rejects may stand for those that are missing; see meta.exports)
with events as ( -- a filter by changed_at reaches the tables: no branch is read twice
{{- range $i, $t := .Tables}}
{{- $what := printf "to_json(struct_pack(%s))" (fields $t)}}
{{- $key := "null::varchar"}}{{if .Key}}{{$key = ident .Key}}{{end}}
{{- $id := "null::varchar"}}{{if .Field "native_id"}}{{$id = "native_id"}}{{end}}
{{- $number := "null::varchar"}}{{if .Field "employee_number"}}{{$number = "employee_number"}}{{end}}
    {{if $i}}union all {{end}}select {{text .Name}} as table_name, {{$key}} as key, {{$id}} as id, {{$number}} as number, _source, _dataset, _hash, _valid_from as changed_at, true as begins, {{$what}} as content
    from observed.{{ident .Name}}
    union all select {{text .Name}}, {{$key}}, {{$id}}, {{$number}}, _source, _dataset, _hash, _valid_from, true, {{$what}}
    from observed_history.{{ident .Name}}
    union all select {{text .Name}}, {{$key}}, {{$id}}, {{$number}}, _source, _dataset, _hash, _valid_to, false, {{$what}}
    from observed_history.{{ident .Name}}
{{- end}}
),
named as ( -- what is told apart by its id or number is not one thing, whatever its key
    select *, concat_ws('|', case when min(id) over w <> max(id) over w then coalesce(id, '') end,
        case when min(number) over w <> max(number) over w then coalesce(number, '') end) as thing
    from events
    window w as (partition by table_name, key, _source, _dataset, changed_at)
),
numbered as ( -- the rows of one thing are paired in the order of their contents
    select *, row_number() over (partition by table_name, key, _source, _dataset, changed_at, thing, begins order by _hash) as nth
    from named
),
changes as (
    select changed_at, case when not bool_or(begins) then 'removed' when bool_and(begins) then 'added' else 'changed' end as change,
        table_name, key, _source, _dataset, any_value(content) filter (not begins) as before, any_value(content) filter (begins) as after
    from numbered
    group by changed_at, table_name, key, _source, _dataset, thing, nth, case when key is null then begins end
)
select c.*, e.cause
from changes c left join {{export_causes}} e on e.is_seen and e.source = c._source and e.dataset = c._dataset and e.as_of = c.changed_at
union all
select as_of, 'unseen', null, null, source, dataset, null, null, cause from {{export_causes}} where not is_seen
