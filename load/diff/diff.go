// Package diff says what changed in people and in who has what: between two moments of a
// finished file, by its history, or between two files. It tells the vendors' own changes
// from what other causes brought, and what it cannot compare.
package diff

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/find"
)

// ErrTooOld is wrapped where a file does not say what its changes mean.
var ErrTooOld = errors.New("was made by an earlier version, which did not keep what changes mean: refresh it first")

// Change is one line: what one run changed in one row of main, or could not see.
type Change struct {
	At          time.Time   `json:"changed_at"`
	Event       string      `json:"event"` // see history.changes
	Change      string      `json:"change"`
	Table       string      `json:"table_name,omitempty"`
	Key         string      `json:"key,omitempty"`
	Who         *find.Thing `json:"who"`             // the person, or what has or had something
	Owner       string      `json:"owner,omitempty"` // of a grant of an account: whose account it is now
	What        *find.Thing `json:"what"`
	Application string      `json:"application,omitempty"`
	Privilege   *string     `json:"privilege,omitempty"`
	Columns     []Column    `json:"columns,omitempty"` // that are otherwise
	Cause       string      `json:"cause"`
	Source      string      `json:"source,omitempty"`
	Dataset     string      `json:"dataset,omitempty"`
	Link        string      `json:"link_change,omitempty"`
	OtherKeys   []string    `json:"other_keys,omitempty"`
	Records     int64       `json:"records,omitempty"` // of an export that was loaded for the first time

	who, what node
}

// Column is a value that changed, as JSON; null: nobody said.
type Column struct {
	Name   string          `json:"name"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// node is a thing of which the name is to be looked up.
type node struct{ kind, key string }

// Question says which changes are asked for: after From, up to and including To.
type Question struct {
	From, To    time.Time
	Person      *find.Thing // of the person, of the person's accounts, and of the groups and roles that the person has through them
	Application *find.Thing
	FirstLoads  bool // also what exports brought that were loaded for the first time
}

// Span is the first load and the last run of a file: between them it can be asked.
type Span struct{ First, Last time.Time }

// SpanOf reads the span of a file. Errors: what wraps [ErrTooOld], or what DuckDB says.
func SpanOf(ctx context.Context, f *read.File) (s Span, err error) {
	has := false
	err = f.Each(ctx, `select count(*) > 0 from duckdb_columns() where database_name = current_database() and schema_name = 'history' and table_name = 'changes' and column_name = 'event'`,
		func(row []read.Value) { has = row[0].Bool() })
	if err == nil && !has {
		err = &database.FileError{Path: f.Path(), Err: ErrTooOld}
	}
	if err == nil {
		err = f.Each(ctx, "select (select min(as_of) from meta.exports where status = 'loaded'), (select max(as_of) from meta.runs)", func(row []read.Value) { s = Span{row[0].Time(), row[1].Time()} })
	}
	return s, err
}

var (
	between = database.Parse(`select changed_at, change, table_name, key, _source, _dataset, before, after, cause, link_change, to_json(other_keys), event
from changes_between({{.from}}, {{.to}})
where {{.only}}{{if not .loads}} and cause <> 'first load'{{end}}`)
	loaded = database.Parse(`select c.as_of, c.source, c.dataset, coalesce(e.record_count, 0)
from meta.export_causes c
join meta.exports e on e.run_id = c.run_id and e.source = c.source and e.dataset = c.dataset
where c.is_seen and c.cause = 'first load' and c.as_of > {{.from}} and c.as_of <= {{.to}}`)
	// What a vendor goes on to state after its time has passed is no change of a row.
	expired = database.Parse(`select expires_at, '', 'grants', grant_key, null, null, null::json, to_json(struct_pack(principal_kind, principal_key, target_kind, target_key, application_key, privilege)), 'time passed', null, null::json, 'expired'
from (select expires_at, grant_key, principal_kind, principal_key, target_kind, target_key, application_key, privilege, 'expired' as change, 'grants' as table_name, grant_key as key,
        null::json as before, json_object('principal_key', principal_key, 'application_key', application_key) as after
    from main.grants where expires_at > {{.from}} and expires_at <= {{.to}} and effect is distinct from 'deny')
where {{.only}}`)
)

// Between says what changed in the file, in the order of time and names.
//
// Errors: those of changes_between, of moments of which the file knows nothing.
func Between(ctx context.Context, f *read.File, q Question) ([]Change, error) {
	only, err := q.only(ctx, f)
	if err != nil {
		return nil, err
	}
	v := database.Values{"from": q.From, "to": q.To, "only": only, "loads": q.FirstLoads}
	out := []Change{}
	take := func(row []read.Value) { out = append(out, changeOf(row)) }
	if err := errors.Join(f.Each(ctx, string(between.Fill(v)), take), f.Each(ctx, string(expired.Fill(v)), take)); err != nil {
		return nil, err
	}
	if !q.FirstLoads {
		err := f.Each(ctx, string(loaded.Fill(v)), func(row []read.Value) {
			out = append(out, Change{At: row[0].Time(), Event: "loaded", Change: "loaded", Source: row[1].Text, Dataset: row[2].Text, Cause: "first load", Records: row[3].Int()})
		})
		if err != nil {
			return nil, err
		}
	}
	return out, name(ctx, out, f)
}

func changeOf(row []read.Value) Change {
	c := Change{At: row[0].Time(), Change: row[1].Text, Table: row[2].Text, Key: row[3].Text, Source: row[4].Text, Dataset: row[5].Text, Cause: row[8].Text, Link: row[9].Text, Event: row[11].Text}
	if !row[10].Null {
		_ = json.Unmarshal([]byte(row[10].Text), &c.OtherKeys) // a list of texts that DuckDB wrote
	}
	c.fill(row[6], row[7])
	return c
}

// fill takes from a row as it was and is whom and what it is about, and what changed.
func (c *Change) fill(before, after read.Value) {
	was, is := object(before), object(after)
	text := func(column string) string {
		for _, o := range []map[string]json.RawMessage{is, was} {
			var s string
			if json.Unmarshal(o[column], &s) == nil && s != "" {
				return s
			}
		}
		return ""
	}
	switch c.Table {
	case "identities":
		c.who = node{"identity", c.Key}
	case "accounts":
		c.who, c.what = node{"identity", text("identity_key")}, node{"account", c.Key}
	case "identity_accounts":
		c.who, c.what = node{"identity", text("identity_key")}, node{"account", text("account_key")}
	case "grants":
		c.who, c.what = node{text("principal_kind"), text("principal_key")}, node{text("target_kind"), text("target_key")}
		if p := text("privilege"); p != "" {
			c.Privilege = &p
		}
	default:
		c.what = node{kinds[c.Table], c.Key}
	}
	c.Application = text("application_key")
	if c.Change != "changed" {
		return
	}
	for column := range unsaid {
		delete(was, column)
		delete(is, column)
	}
	c.Columns = differences("", was, is)
	slices.SortStableFunc(c.Columns, func(a, b Column) int { return rank(a) - rank(b) })
}

// rank puts what only one vendor says, and who says it, after the columns of the common model.
func rank(c Column) int {
	name, _, _ := strings.Cut(c.Name, ".")
	return slices.Index([]string{"attributes", "disagreements", "sources"}, name) + 1
}

// differences are the members of two objects that differ, those of objects in them by their
// path, such as attributes.department.
func differences(path string, was, is map[string]json.RawMessage) (out []Column) {
	names := map[string]bool{}
	for _, o := range []map[string]json.RawMessage{was, is} {
		for name := range o {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, b := orNull(was[name]), orNull(is[name])
		if bytes.Equal(a, b) {
			continue
		}
		if inA, inB := members(a), members(b); inA != nil && inB != nil && len(inA)+len(inB) > 0 {
			out = append(out, differences(path+name+".", inA, inB)...)
			continue
		}
		out = append(out, Column{path + name, a, b})
	}
	return out
}

// members are those of a JSON object, none where there is none; nil for another value.
func members(v json.RawMessage) (out map[string]json.RawMessage) {
	if string(v) == "null" {
		return map[string]json.RawMessage{}
	}
	if v[0] != '{' || json.Unmarshal(v, &out) != nil {
		return nil
	}
	return out
}

// unsaid are columns that follow from others.
var unsaid = map[string]bool{"source_count": true, "first_seen_at": true}

var kinds = map[string]string{"applications": "application", "groups": "group", "roles": "role", "resources": "resource", "entitlements": "entitlement"}

func orNull(v json.RawMessage) json.RawMessage {
	if v == nil {
		return json.RawMessage("null")
	}
	return v
}

func object(v read.Value) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	if !v.Null {
		_ = json.Unmarshal([]byte(v.Text), &out) // DuckDB wrote it
	}
	return out
}

// name looks up the names of whom and what changes are about in the file of the changes, else
// in another, and puts the changes in order.
func name(ctx context.Context, changes []Change, f *read.File, others ...*read.File) error {
	n := find.NewNames()
	for _, c := range changes {
		for _, x := range []node{c.who, c.what, {"application", c.Application}} {
			if x.key != "" {
				n.Want(x.kind, x.key)
			}
		}
	}
	for _, known := range append([]*read.File{f}, others...) {
		if err := n.Read(ctx, known); err != nil {
			return err
		}
	}
	owners, err := ownersOf(ctx, f, changes)
	if err != nil {
		return err
	}
	for i := range changes {
		c := &changes[i]
		c.Who, c.What = thing(n, c.who), thing(n, c.what)
		if c.Table == "grants" && c.who.kind == "account" && owners[c.who.key] != nil { // whose account it is tells more
			c.Owner = owners[c.who.key].Name
		}
		if c.Application != "" {
			c.Application = n.Of("application", c.Application).Name
		} else if c.What != nil {
			c.Application = c.What.Application
		}
	}
	label := func(t *find.Thing) string {
		if t == nil {
			return ""
		}
		return t.Name + t.Key
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Table, b.Table), cmp.Compare(label(a.Who), label(b.Who)), cmp.Compare(label(a.What), label(b.What)),
			cmp.Compare(a.Key, b.Key), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Change, b.Change))
	})
	return nil
}

func thing(n *find.Names, x node) *find.Thing {
	if x.key == "" {
		return nil
	}
	t := n.Of(x.kind, x.key)
	return &t
}

var ownersIn = database.Parse(`select account_key, identity_key from main.identity_accounts where relation is distinct from 'owns' and account_key in {{.keys}}`)

// ownersOf are the people who use the accounts that grants are about, where there is one.
func ownersOf(ctx context.Context, f *read.File, changes []Change) (map[string]*find.Thing, error) {
	accounts := map[string]bool{}
	for _, c := range changes {
		if c.Table == "grants" && c.who.kind == "account" {
			accounts[c.who.key] = true
		}
	}
	if len(accounts) == 0 {
		return nil, nil
	}
	n := find.NewNames()
	of := map[string]string{}
	err := f.Each(ctx, string(ownersIn.Fill(database.Values{"keys": database.OneOf(maps.Keys(accounts))})), func(row []read.Value) {
		of[row[0].Text] = row[1].Text
		n.Want("identity", row[1].Text)
	})
	if err == nil {
		err = n.Read(ctx, f)
	}
	out := map[string]*find.Thing{}
	for account, person := range of {
		t := n.Of("identity", person)
		out[account] = &t
	}
	return out, err
}
