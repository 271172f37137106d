// Package closure keeps, in a DuckDB file, what grants lead to, so that SQL
// answers who reaches what: see docs/effective-access.md. [access] computes it.
package closure

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database"
	objects "github.com/accessmart/accessmart/sql"
)

const schema = "closure"

// Keep derives the closure of main.grants and main.identity_accounts and stores it in the
// tables of schema closure, in the place of those that are there. If these were made of the
// same rows, by the same rules and limits, nothing is done and the closure is nil. An error
// is the database's; the tables may then be half made, so the caller rolls back.
func Keep(ctx context.Context, t *database.Tx, limits access.Limits) (*access.Closure, error) {
	k := &keeping{t: t, tables: map[string]objects.Object{}}
	for _, o := range objects.All(objects.Closure) {
		k.tables[o.Name] = o
	}
	rules := k.rules(limits)
	same, err := k.isMadeOf(ctx, rules)
	if err != nil {
		return nil, fmt.Errorf("closure of grants: %w", err)
	}
	if same {
		return nil, nil
	}
	c, err := k.make(ctx, limits, rules)
	if err != nil {
		return nil, fmt.Errorf("closure of grants: %w", err)
	}
	return c, nil
}

// keeping is one closure that is being stored.
type keeping struct {
	t      *database.Tx
	tables map[string]objects.Object
}

// rules is a fingerprint of what the closure is made by: another program, or other limits,
// would make other tables of the same rows.
func (k *keeping) rules(limits access.Limits) string {
	h := sha256.New()
	for _, o := range objects.All(objects.Closure) {
		fmt.Fprintf(h, "%s\n%s\n%s\n", o.Name, o.Query, o.Comment())
	}
	fmt.Fprintf(h, "%+v", limits)
	return hex.EncodeToString(h.Sum(nil))
}

var countBasis = database.Parse(`select count(*) from closure.basis b join ({{.basis}}) n on b.rules = n.rules and b.facts = n.facts`)

// isMadeOf reports whether the closure that the file has is that of its rows.
func (k *keeping) isMadeOf(ctx context.Context, rules string) (bool, error) {
	n, err := k.t.Count(ctx, "select count(*) from duckdb_tables() where database_name = current_database() and schema_name = "+database.Text(schema)+" and table_name = 'basis'")
	if err != nil || n == 0 {
		return false, err
	}
	n, err = k.t.Count(ctx, countBasis.Fill(database.Values{"basis": k.query("basis", database.Values{"rules": rules})}))
	return n == 1, err
}

func (k *keeping) make(ctx context.Context, limits access.Limits, rules string) (*access.Closure, error) {
	if _, err := k.t.Exec(ctx, "create schema if not exists closure"); err != nil {
		return nil, err
	}
	if err := k.table(ctx, "nodes", nil); err != nil {
		return nil, err
	}
	h, err := readHoldings(ctx, k.t)
	if err != nil {
		return nil, err
	}
	g, err := access.New(h.kinds, h.edges, nil)
	if err != nil {
		return nil, err
	}
	c := g.Closure(limits)
	for unit, nodes := range c.Large() {
		list := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(nodes), "[]")), ",")
		if _, err := k.t.Exec(ctx, database.SQL(fmt.Sprintf("update closure.nodes set holder = %d where node in (%s)", unit, list))); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"starts", "edges"} {
		if err := k.table(ctx, name, nil); err != nil {
			return nil, err
		}
	}
	if err := k.reach(ctx, c, h.keys); err != nil {
		return nil, err
	}
	return c, k.table(ctx, "basis", database.Values{"rules": rules})
}

// query is that of a table of schema closure, with values in its places.
func (k *keeping) query(name string, v database.Values) database.SQL {
	return database.Parse(k.tables[name].Query).Fill(v)
}

// table makes a table of schema closure.
func (k *keeping) table(ctx context.Context, name string, v database.Values) error {
	if _, err := k.t.Exec(ctx, k.create(name, v)); err != nil {
		return err
	}
	return k.comment(ctx, name)
}

func (k *keeping) create(name string, v database.Values) database.SQL {
	return "create or replace table " + database.Name(schema, name) + " as\n" + k.query(name, v)
}

func (k *keeping) comment(ctx context.Context, name string) error {
	o, table := k.tables[name], database.Name(schema, name)
	all := "comment on table " + table + " is " + database.Text(o.Comment()) + ";\n"
	for _, c := range o.Columns {
		all += "comment on column " + table + "." + database.Ident(c.Name) + " is " + database.Text(c.Comment) + ";\n"
	}
	return k.t.Statements(ctx, all)
}

// holdings is what groups, roles and entitlements have, by number.
type holdings struct {
	kinds []access.Kind
	edges []access.Edge
	keys  []string // grant keys of the edges; "" where an edge leads to no holder and so stands in no path
}

func readHoldings(ctx context.Context, t *database.Tx) (h holdings, err error) {
	n, err := t.Count(ctx, "select count(*) from closure.nodes")
	if err != nil {
		return h, err
	}
	h.kinds = make([]access.Kind, n)
	err = t.Each(ctx, "select node, kind from closure.nodes where holder is not null", func(rows *sql.Rows) error {
		var node uint32
		var word string
		if err := rows.Scan(&node, &word); err != nil {
			return err
		}
		h.kinds[node] = access.KindOf(word)
		return nil
	})
	if err != nil {
		return h, err
	}
	return h, t.Each(ctx, `
		select p.node, t.node, g.effect is not distinct from 'deny', case when t.holder is not null then g.grant_key else '' end
		from main.grants g
		join closure.nodes p on p.kind = g.principal_kind and p.key = g.principal_key
		join closure.nodes t on t.kind = g.target_kind and t.key = g.target_key
		where p.holder is not null
		order by g.grant_key`,
		func(rows *sql.Rows) error {
			var e access.Edge
			var key string
			if err := rows.Scan(&e.From, &e.To, &e.Deny, &key); err != nil {
				return err
			}
			h.edges, h.keys = append(h.edges, e), append(h.keys, key)
			return nil
		})
}
