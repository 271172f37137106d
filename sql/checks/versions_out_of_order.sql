-- why: A closed version that ended before it began: its as-of answers are wrong.
-- severity: error
-- reads: all tables of observed_history
{{- range $i, $t := .Tables}}
{{if $i}}union all {{end}}select {{text .Name}} as table_name, _source, _dataset, _valid_from, _valid_to from observed_history.{{ident .Name}} where _valid_to <= _valid_from
{{- end}}
