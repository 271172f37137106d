-- why: What changed in the common model after from_ts and up to to_ts.
-- grain: one row of one table that was added, removed or changed in one run
-- key: changed_at, table_name, _source, _dataset, before, after
-- reads: all tables of main and history
-- caveat: a change shows at the time of the run that saw it. A changed contract changes rows too; compare contract in meta.exports of the run.
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
)
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
