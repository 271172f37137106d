-- why: One key has two current statements with different content in one dataset: a join by it within observed doubles rows.
-- severity: warning
-- reads: all tables of observed that have a key
{{- range $i, $t := .Tables}}{{if .Key}}
{{if $i}}union all {{end}}select {{text .Name}} as table_name, {{ident .Key}} as key, _source, _dataset, count(*) as row_count
from observed.{{ident .Name}} where {{ident .Key}} is not null and hash({{ident .Key}}) in ( -- few, if any. Numbers are grouped in half the time of texts
	select hash({{ident .Key}}) from observed.{{ident .Name}} where {{ident .Key}} is not null group by all having count(*) > 1)
group by all having count(*) > 1
{{- end}}{{end}}
