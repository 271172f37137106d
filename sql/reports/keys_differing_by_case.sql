-- why: Keys of statements that differ by letter case only: probably one thing, which no join within observed brings together.
-- grain: one key, and another spelling of it in the same table or in a column that refers to that table
-- key: source, table_name, column_name, target_table, key, other_key
-- reads: all tables of observed that refer to one another
-- caveat: some ids do tell letters apart by case, so look before you call them one. Whether they are one thing in main is in meta.links. References are looked at where the key as it stands is described by nothing.
-- columns:
--   source: source that spells the key in both ways, or whose rows refer by it
--   table_name: table of observed that holds the key
--   column_name: column that holds it
--   target_table: table that has the other spelling
--   key: the key; of two rows of one table the first by spelling
--   other_key: the other spelling; of several the last
--   row_count: rows with the key in the column; of two rows of one table those with either spelling
with refs as (
{{- range $i, $r := references}}
    {{if $i}}union all {{end}}select source, {{text .Table}} as table_name, {{text .Column}} as column_name, {{text .Target}} as target_table, {{ident .Column}} as key
    from observed.{{ident .Table}} where {{ident .Column}} is not null{{if .Kind}} and {{ident .Kind}} = {{text .Word}}{{end}}
{{- end}}
),
known as (
{{- range $i, $t := referred}}
    {{if $i}}union all {{end}}select source, {{text .Name}} as target_table, {{text .Key}} as column_name, {{ident .Key}} as key
    from observed.{{ident .Name}} where {{ident .Key}} is not null
{{- end}}
),
twice as ( -- one number instead of table and text: it is grouped in a third of the time
    select hash(target_table, lower(key)) as folded from known group by folded having min(hash(key)) <> max(hash(key))
),
rows_of_one_table as (
    select any_value(k.source) as source, k.target_table, k.column_name, min(k.key) as key, max(k.key) as other_key, count(*) as row_count
    from known k join twice t on t.folded = hash(k.target_table, lower(k.key))
    group by k.target_table, k.column_name, lower(k.key)
    having min(k.key) <> max(k.key)
),
dangling as ( -- what refers to a table of which nothing is there has no other spelling
    select source, table_name, column_name, target_table, key, count(*) as row_count
    from refs where hash(target_table, key) not in (select hash(target_table, key) from known)
        and target_table in (select distinct target_table from known)
    group by all
),
spelled_otherwise as (
    select k.target_table, lower(k.key) as folded, max(k.key) as other_key
    from known k where hash(k.target_table, lower(k.key)) in (select hash(target_table, lower(key)) from dangling)
    group by all
)
select source, target_table as table_name, column_name, target_table, key, other_key, row_count from rows_of_one_table
union all
select d.source, d.table_name, d.column_name, d.target_table, d.key, s.other_key, d.row_count
from dangling d join spelled_otherwise s on s.target_table = d.target_table and s.folded = lower(d.key)
