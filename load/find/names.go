package find

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
)

// Thing is a row of main with what tells it apart from others of its name.
type Thing struct {
	Kind           string   `json:"kind"` // identity, account, application, group, role, entitlement or resource
	Key            string   `json:"key"`
	Name           string   `json:"name"` // its key where no source tells a name
	Application    string   `json:"application,omitempty"`
	ApplicationKey string   `json:"application_key,omitempty"`
	What           string   `json:"what,omitempty"` // address, status, department, value, instance: whatever there is
	Sources        []string `json:"sources,omitempty"`
}

// Names looks up the names of things, all at once: first [Names.Want], then [Names.Read],
// then [Names.Of].
type Names struct {
	keys map[string]map[string]bool // by kind
	by   map[string]Thing
}

// NewNames returns names of which none is wanted yet.
func NewNames() *Names {
	return &Names{keys: map[string]map[string]bool{}, by: map[string]Thing{}}
}

// Want asks for a thing. One of an unknown kind has no name.
func (n *Names) Want(kind, key string) {
	if n.keys[kind] == nil {
		n.keys[kind] = map[string]bool{}
	}
	n.keys[kind][key] = true
}

// Of is a thing that was asked for; one that never was has its key for a name.
func (n *Names) Of(kind, key string) Thing {
	if t, ok := n.by[key]; ok {
		return t
	}
	return Thing{Kind: kind, Key: key, Name: key}
}

var wereOf = database.Parse(`(select * from history.{{.table}} where {{.key}} in {{.keys}} qualify row_number() over (partition by {{.key}} order by _valid_to desc) = 1)`)

// Read reads the names of the things that are wanted and have none yet, as they are or, of
// those that are no longer, as they were last. So of several files the first that knows a
// thing names it. Errors: what DuckDB says.
func (n *Names) Read(ctx context.Context, f *read.File) error {
	for kind, wanted := range n.keys {
		keys := maps.Clone(wanted)
		maps.DeleteFunc(keys, func(key string, _ bool) bool { _, ok := n.by[key]; return ok })
		k, known := kinds[kind]
		if !known || len(keys) == 0 {
			continue
		}
		key := database.Ident(kind + "_key")
		if err := n.from(ctx, f, kind, "main."+k.table, "t."+key+" in "+database.OneOf(maps.Keys(keys))); err != nil {
			return err
		}
		gone := map[string]bool{}
		for k := range keys {
			if _, ok := n.by[k]; !ok {
				gone[k] = true
			}
		}
		if len(gone) > 0 {
			were := wereOf.Fill(database.Values{"table": k.table, "key": key, "keys": database.OneOf(maps.Keys(gone))})
			if err := n.from(ctx, f, kind, were, "true"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Names) from(ctx context.Context, f *read.File, kind string, table, condition database.SQL) error {
	found, err := thingsIn(ctx, f, kind, table, condition, "")
	for _, t := range found {
		n.by[t.Key] = t
	}
	return err
}

// kindOf says how the things of a kind are read.
type kindOf struct {
	table database.SQL
	name  database.SQL // the first of these that a source tells
	what  database.SQL // texts that tell things of one name apart
	texts database.SQL // names by which a thing may be asked for
}

var kinds = map[string]kindOf{
	"identity":    {"identities", "t.display_name, t.email, t.username", "t.email, t.status, t.department, t.title, 'employee ' || t.employee_number, nullif(t.kind, 'human')", "[t.display_name, t.username, t.employee_number]"},
	"account":     {"accounts", "t.username, t.email, t.display_name", "t.status, t.kind, t.email", "[t.username, t.email, t.display_name]"},
	"application": {"applications", "t.name", "t.app, t.instance, t.status", "[t.name, t.app, t.instance]"},
	"group":       {"groups", "t.name", "t.kind, t.description", "[t.name]"},
	"role":        {"roles", "t.name", "t.kind, t.description", "[t.name]"},
	"resource":    {"resources", "t.name", "t.kind, t.sharing", "[t.name]"},
	"entitlement": {"entitlements", "t.name, t.value", "t.attribute || '=' || t.value, t.kind, t.description", "[t.name, t.value]"},
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
func things(ctx context.Context, f *read.File, kind string, condition, order database.SQL) ([]Thing, error) {
	return thingsIn(ctx, f, kind, "main."+kinds[kind].table, condition, order)
}

func thingsIn(ctx context.Context, f *read.File, kind string, table, condition, order database.SQL) (out []Thing, err error) {
	k := kinds[kind]
	v := database.Values{"key": database.Ident(kind + "_key"), "table": table, "name": k.name, "what": k.what, "condition": condition, "order": order, "application": database.SQL("t.application_key")}
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

// list is a list of texts; nil where it is NULL.
func list(v read.Value) (out []string) {
	if !v.Null {
		_ = json.Unmarshal([]byte(v.Text), &out) // the text of a list is JSON
	}
	return out
}
