package explain

import (
	"context"
	"maps"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
)

// names looks up the names of things, all at once.
type names struct {
	keys map[string]map[string]bool // by kind
	by   map[string]Thing
}

func newNames() *names {
	return &names{keys: map[string]map[string]bool{}, by: map[string]Thing{}}
}

func (n *names) want(kind, key string) {
	if n.keys[kind] == nil {
		n.keys[kind] = map[string]bool{}
	}
	n.keys[kind][key] = true
}

// of is a thing that was asked for; one that is no longer has its key for a name.
func (n *names) of(kind, key string) Thing {
	if t, ok := n.by[key]; ok {
		return t
	}
	return Thing{Kind: kind, Key: key, Name: key}
}

func (n *names) read(ctx context.Context, f *read.File) error {
	for kind, keys := range n.keys {
		condition := "t." + database.Ident(kind+"_key") + " in (" + literals(maps.Keys(keys)) + ")"
		found, err := things(ctx, f, kind, condition, "")
		if err != nil {
			return err
		}
		for _, t := range found {
			n.by[t.Key] = t
		}
	}
	return nil
}

// kindOf says how the things of a kind are read.
type kindOf struct {
	table database.SQL
	name  database.SQL // the first of these that a source tells
	what  database.SQL // texts that tell things of one name apart
	texts database.SQL // names by which a thing may be asked for
}

var kinds = map[string]kindOf{
	"identity":    {"main.identities", "t.display_name, t.email, t.username", "t.email, t.status, t.department, t.title, 'employee ' || t.employee_number, nullif(t.kind, 'human')", "[t.display_name, t.username, t.employee_number]"},
	"account":     {"main.accounts", "t.username, t.email, t.display_name", "t.status, t.kind, t.email", "[t.username, t.email, t.display_name]"},
	"application": {"main.applications", "t.name", "t.app, t.instance, t.status", "[t.name, t.app, t.instance]"},
	"group":       {"main.groups", "t.name", "t.kind, t.description", "[t.name]"},
	"role":        {"main.roles", "t.name", "t.kind, t.description", "[t.name]"},
	"resource":    {"main.resources", "t.name", "t.kind, t.sharing", "[t.name]"},
	"entitlement": {"main.entitlements", "t.name, t.value", "t.attribute || '=' || t.value, t.kind, t.description", "[t.name, t.value]"},
}

// granted are the kinds of what somebody may be asked to have.
var granted = []string{"application", "entitlement", "group", "resource", "role"}

var thingsOf = database.Parse(`select t.{{.key}}, coalesce({{.name}}, t.{{.key}}), p.name, p.application_key, concat_ws(', ', {{.what}}), to_json(t.sources)
from {{.table}} t
left join main.applications p on p.application_key = {{.application}}
where {{.condition}}
order by {{.order}}2, 3, 1`)

// things are those of a kind that meet a condition on t, in an order, else in that of their
// names.
func things(ctx context.Context, f *read.File, kind string, condition, order database.SQL) (out []Thing, err error) {
	k := kinds[kind]
	v := database.Values{"key": database.Ident(kind + "_key"), "table": k.table, "name": k.name, "what": k.what, "condition": condition, "order": order, "application": database.SQL("t.application_key")}
	if kind == "identity" || kind == "application" {
		v["application"] = database.SQL("null")
	}
	err = f.Each(ctx, string(thingsOf.Fill(v)), func(row []read.Value) {
		out = append(out, Thing{Kind: kind, Key: row[0].Text, Name: row[1].Text, Application: row[2].Text, ApplicationKey: row[3].Text, What: row[4].Text, Sources: list(row[5])})
	})
	if kind == "application" {
		for i := range out { // is in itself
			out[i].Application, out[i].ApplicationKey = out[i].Name, out[i].Key
		}
	}
	return out, err
}
