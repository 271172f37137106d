-- why: A row of main names a key that main does not have: a join loses the row.
-- severity: error
-- reads: main.accounts, main.applications, main.entitlements, main.grants, main.groups, main.identities, main.identity_accounts, main.resources, main.roles
{{- range $i, $r := thing_references}}
{{if $i}}union all
{{end}}select {{text .Table}} as table_name, {{text .Column}} as column_name, {{text .Target}} as target_table, r.{{ident .Column}} as key
from main.{{ident .Table}} r
where r.{{ident .Column}} is not null{{if .Kind}} and r.{{ident .Kind}} = {{text .Word}}{{end}}
    and r.{{ident .Column}} not in (select k.{{ident .Key}} from main.{{ident .Target}} k where k.{{ident .Key}} is not null)
{{- end}}
