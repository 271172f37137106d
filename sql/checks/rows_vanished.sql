-- why: A dataset has another number of rows than the ledger says: rows vanished without history, or appeared without a load.
-- severity: error
-- reads: meta.export_tables, meta.exports, all tables of observed, all tables of observed_history
with erased as (
    select source, dataset, max(as_of) as as_of from meta.exports where status = 'erased' group by all
),
ledger as (
    select t.table_name, t.source, t.dataset, sum(t.inserted_count) - sum(t.closed_count) as current_count, sum(t.closed_count) as closed_count
    from meta.export_tables t left join erased e using (source, dataset) left join meta.exports x using (run_id, source, dataset)
    where t.table_name like 'observed.%' and (e.as_of is null or x.as_of > e.as_of) group by all
),
present as (
{{- range $i, $t := .Tables}}
    {{if $i}}union all {{end}}select 'observed.' || {{text .Name}} as table_name, _source as source, _dataset as dataset, count(*) as current_count, 0 as closed_count from observed.{{ident .Name}} group by all
    union all select 'observed.' || {{text .Name}}, _source, _dataset, 0, count(*) from observed_history.{{ident .Name}} group by all
{{- end}}
),
counted as (
    select table_name, source, dataset, sum(current_count) as current_count, sum(closed_count) as closed_count from present group by all
)
select table_name, source, dataset,
    coalesce(l.current_count, 0) as current_wanted, coalesce(c.current_count, 0) as current_found,
    coalesce(l.closed_count, 0) as closed_wanted, coalesce(c.closed_count, 0) as closed_found
from ledger l full join counted c using (table_name, source, dataset)
where coalesce(l.current_count, 0) <> coalesce(c.current_count, 0) or coalesce(l.closed_count, 0) <> coalesce(c.closed_count, 0)
