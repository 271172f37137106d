-- why: All that ever changed in what exports state: what observed_changes_between answers, from any attached database. Filter by changed_at.
-- grain: one row of one table that was added, removed or changed in one run; and one dataset of a source that a run could not see (change unseen)
-- key: changed_at, table_name, _source, _dataset, before, after
-- reads: all tables of observed, all tables of observed_history, meta.exports, meta.drift, meta.gates, meta.findings
-- caveat: a change shows at the time of the run that saw it. cause is what else was new in that export: the contract, what was asked for, a part that is missing or gone from the vendor's own list, a column that no longer came or came back, or a number of rejects that is not that of the load before; then rows may have changed without the vendor's doing. An export that is missing or held changes no row, and one with rejects whose rows cannot be named closes none: its line unseen has no table and no key, and what the next load changes may have changed then. Rows of one key that bear different ids or employee numbers are different things: the one was removed and the other added.
-- columns:
--   changed_at: time of the run that saw it
--   change: added, removed or changed; or unseen: an export that the run did not get or held, so that its changes are not known
--   table_name: table of schema observed; NULL when unseen
--   key: key of the row; NULL for tables without one
--   _source: source that the row came from
--   _dataset: dataset that the row came from
--   before: the row as it was, as JSON; NULL when added
--   after: the row as it is, as JSON; NULL when removed
--   cause: first load, source dropped (a person took it out of the file), contract changed, request changed (it was narrowed or widened), part missing (and a person accepted that), part gone (from the vendor's own list, see meta.findings), column missing (one that the last load had), column returned, values missing or replaced (and a person accepted that, see meta.gates), rejects (their number is not that of the load before), or data: the vendor's own change; when unseen, export held, part missing, column missing, values missing or replaced (held for that), export missing, or rejects: it closed none of the rows that its rejects may be about (see meta.exports)
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
