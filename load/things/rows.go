package things

import (
	"context"
	"strings"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// place is a slice of a part of a table of main, which is made equal to rows of which the
// columns key tell things, or edges, apart.
type place struct {
	*maker
	layout *database.Table
	key    []string
	target apply.Target
	first  bool // nothing ever was in the table
	values database.Values
}

// place is that of a part of which a slice is told by the column by.
func (m *maker) place(layout *database.Table, p part, by string, key ...string) *place {
	closed := database.Closed(layout)
	out := &place{maker: m, layout: layout, key: key, first: p.first}
	scope := p.scope
	if p.first {
		scope = everything
	}
	out.target = apply.Target{Name: "things " + layout.Name, Table: layout.SQL(), History: closed.SQL(), Columns: layout.Names(),
		Version: []string{schemas.HashColumn}, Key: key, Scope: scope + p.slice.has(database.Ident(by))}
	out.values = database.Values{"table": layout.SQL(), "history": closed.SQL(), "columns": database.Idents(layout.Names()), "seen": seen, "changed": changed, "fresh": fresh,
		"hash": database.Ident(schemas.HashColumn), "key": database.Idents(key), "scope": database.SQL(out.target.Scope)}
	return out
}

var hasRows = database.Parse(`select (select count(*) from (from {{.table}} limit 1)) + (select count(*) from (from {{.history}} limit 1))`)

// isFirst tells whether a table of main never had rows.
func (m *maker) isFirst(ctx context.Context, layout *database.Table) (bool, error) {
	had, err := m.db.Count(ctx, hasRows.Fill(database.Values{"table": layout.SQL(), "history": database.Closed(layout).SQL()}))
	return had == 0, err
}

// fill fills the place for the first time by a statement, which returns how many rows there are.
func (p *place) fill(ctx context.Context, insert func(tx *database.Tx) (int64, error)) (n apply.Counts, err error) {
	err = p.db.InTx(ctx, func(tx *database.Tx) error {
		n.Rows, err = insert(tx)
		return err
	})
	if err != nil {
		return apply.Counts{}, err
	}
	n.Inserted = n.Rows
	return n, p.target.Verify(ctx, p.db, n.Rows)
}

// equal makes the place what is staged: the fingerprints and keys of all rows, and those rows
// that may be new. It counts what is in the slice.
func (p *place) equal(ctx context.Context) (n apply.Counts, err error) {
	p.step("rows made", "table", p.layout.Name)
	change, err := apply.Compare(ctx, p.db, p.target, apply.Staged{Rows: fresh, Seen: seen})
	if err == nil {
		n, err = p.change(ctx, change)
	}
	if dropped := change.Drop(ctx); err == nil {
		err = dropped
	}
	return n, err
}

// An edge has no key of its own by which meta.links would remember when it was first seen.
var keepFirstSeen = database.Parse(`update {{.fresh}} as f set first_seen_at = least(f.first_seen_at, b.first_seen_at)
from (
    select {{.key}}, min(first_seen_at) as first_seen_at
    from (select {{.key}}, first_seen_at from {{.table}} union all select {{.key}}, first_seen_at from {{.history}})
    semi join {{.fresh}} using ({{.key}})
    group by {{.key}}
) b
where {{.same}}`)

// change makes a change that was found.
func (p *place) change(ctx context.Context, c *apply.Change) (n apply.Counts, err error) {
	if n, err = c.Count(ctx); err != nil || n.Inserted == 0 && n.Closed == 0 {
		return n, err
	}
	var same []string
	for _, k := range p.key {
		same = append(same, string("f."+database.Ident(k)+" = b."+database.Ident(k)))
	}
	p.values["same"] = database.SQL(strings.Join(same, " and "))
	if _, err := p.db.Exec(ctx, keepFirstSeen.Fill(p.values)); err != nil {
		return n, err
	}
	if err := p.db.InTx(ctx, func(tx *database.Tx) error { return c.Make(ctx, tx, p.Moment, p.Run) }); err != nil {
		return n, err
	}
	return n, c.Target.Verify(ctx, p.db, n.Rows)
}

// withRest adds to what was counted of a part of a table the rows that are not of it.
func (m *maker) withRest(ctx context.Context, layout *database.Table, p part, n apply.Counts) (apply.Counts, error) {
	if p.scope == everything {
		return n, nil
	}
	rows, err := m.rowsOf(ctx, layout)
	n.Rows, n.Unchanged = rows, rows-n.Inserted
	return n, err
}

// rowsOf counts the rows of a table.
func (m *maker) rowsOf(ctx context.Context, layout *database.Table) (int64, error) {
	return m.db.Count(ctx, "select count(*) from "+layout.SQL())
}
