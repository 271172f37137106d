// Package closure keeps, in a DuckDB file, what grants lead to, so that SQL
// answers who reaches what: see docs/effective-access.md. [access] computes it.
package closure

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database"
	objects "github.com/accessmart/accessmart/sql"
)

const schema = "closure"

// Keep derives the closure of main.grants and main.identity_accounts and stores it
// in the tables of schema closure, in the place of those that are there, within
// the transaction that conn is in, if any. An error is the database's; the
// tables may then be half made, so the caller rolls back.
func Keep(ctx context.Context, conn *sql.Conn, limits access.Limits) (*access.Closure, error) {
	table := map[string]objects.Object{}
	for _, o := range objects.All(objects.Closure) {
		table[o.Name] = o
	}
	if _, err := conn.ExecContext(ctx, "create schema if not exists "+schema+";\n"+create(table["nodes"])); err != nil {
		return nil, fmt.Errorf("closure of grants: %w", err)
	}
	h, err := readHoldings(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("closure of grants: %w", err)
	}
	g, err := access.New(h.kinds, h.edges, nil)
	if err != nil {
		return nil, err
	}
	c := g.Closure(limits)
	var b strings.Builder
	for unit, nodes := range c.Large() {
		fmt.Fprintf(&b, "update closure.nodes set holder = %d where node in (%s);\n", unit, strings.Join(strings.Fields(strings.Trim(fmt.Sprint(nodes), "[]")), ","))
	}
	b.WriteString(create(table["starts"]) + create(table["edges"]))
	b.WriteString("create or replace temp table pairs (holder uinteger, via uinteger, hops integer, path varchar[]);\n")
	if _, err := conn.ExecContext(ctx, b.String()); err != nil {
		return nil, fmt.Errorf("closure of grants: %w", err)
	}
	if err := conn.Raw(func(raw any) error { return appendPairs(ctx, raw.(driver.Conn), c, h.keys) }); err != nil {
		return nil, fmt.Errorf("closure of grants: %w", err)
	}
	if _, err := conn.ExecContext(ctx, create(table["reach"])+"drop table temp.pairs;"); err != nil {
		return nil, fmt.Errorf("closure of grants: %w", err)
	}
	return c, nil
}

// create is the statements that make a table of schema closure with its comments.
func create(o objects.Object) string {
	var b strings.Builder
	name := schema + "." + database.Ident(o.Name)
	fmt.Fprintf(&b, "create or replace table %s as\n%s;\ncomment on table %[1]s is %[3]s;\n", name, o.Query, database.Text(o.Comment()))
	for _, c := range o.Columns {
		fmt.Fprintf(&b, "comment on column %s.%s is %s;\n", name, database.Ident(c.Name), database.Text(c.Comment))
	}
	return b.String()
}

// holdings is what groups, roles and entitlements have, by number.
type holdings struct {
	kinds []access.Kind
	edges []access.Edge
	keys  []string // grant keys of the edges; "" where an edge leads to no holder and so stands in no path
}

func readHoldings(ctx context.Context, conn *sql.Conn) (h holdings, err error) {
	var n int
	if err := conn.QueryRowContext(ctx, "select count(*) from closure.nodes").Scan(&n); err != nil {
		return h, err
	}
	h.kinds = make([]access.Kind, n)
	var node uint32
	var word string
	err = scan(ctx, conn, "select node, kind from closure.nodes where holder is not null", func() error {
		h.kinds[node] = access.KindOf(word)
		return nil
	}, &node, &word)
	if err != nil {
		return h, err
	}
	var e access.Edge
	var key string
	return h, scan(ctx, conn, `
		select p.node, t.node, g.effect is not distinct from 'deny', case when t.holder is not null then g.grant_key else '' end
		from main.grants g
		join closure.nodes p on p.kind = g.principal_kind and p.key = g.principal_key
		join closure.nodes t on t.kind = g.target_kind and t.key = g.target_key
		where p.holder is not null
		order by g.grant_key`,
		func() error {
			h.edges, h.keys = append(h.edges, e), append(h.keys, key)
			return nil
		}, &e.From, &e.To, &e.Deny, &key)
}

// scan calls f after each row of a query is read into dest.
func scan(ctx context.Context, conn *sql.Conn, query string, f func() error, dest ...any) error {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

func appendPairs(ctx context.Context, conn driver.Conn, c *access.Closure, keys []string) (err error) {
	a, err := duckdb.NewAppender(conn, "temp", "", "pairs")
	if err != nil {
		return err
	}
	defer func() {
		if e := a.Close(); err == nil {
			err = e
		}
	}()
	n := 0
	for p := range c.All() {
		if n++; n%100_000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var hops, path any
		if p.Hops >= 0 {
			hops = int32(p.Hops)
		}
		if p.Path != nil {
			steps := make([]string, len(p.Path))
			for i, e := range p.Path {
				steps[i] = keys[e]
			}
			path = steps
		}
		if err := a.AppendRow(p.Holder, p.Via, hops, path); err != nil {
			return err
		}
	}
	return nil
}
