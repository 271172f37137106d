-- why: A statement names a key that no export describes: a join within observed loses the row.
-- severity: warning
-- reads: all tables of observed that refer to one another
with refs as (
{{- range $i, $r := references}}
    {{if $i}}union all {{end}}select source, {{text .Table}} as table_name, {{text .Column}} as column_name, {{text .Target}} as target_table, {{ident .Column}} as key
    from observed.{{ident .Table}}{{if .Kind}} where {{ident .Kind}} = {{text .Word}}{{end}}
{{- end}}
),
known as (
{{- range $i, $t := referred}}
    {{if $i}}union all {{end}}select {{text .Name}} as target_table, {{ident .Key}} as key from observed.{{ident .Name}}
{{- end}}
)
-- As report.dangling_references, without the numbers, which take twice as long to count.
select distinct r.source, r.table_name, r.column_name, r.target_table
from refs r
anti join known k on k.target_table = r.target_table and k.key = r.key
where r.key is not null
