package things

import (
	"context"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

var (
	finish = database.Parse(`with sets as (
    select a._tellers, list(s.source order by s.source) as sources
    from (select distinct _tellers from {{.about}}) a
    join (select distinct nth, source from {{.tellers}}) s on get_bit(a._tellers, s.nth) = 1
    group by a._tellers
),
finished as (
    select {{.columns}}, b.sources, len(b.sources) as source_count,{{.described}} d.disagreements, a._first_seen as first_seen_at, {{.moment}} as _valid_from
    from {{.merged}} m{{.only}}
    join (from {{.about}} where true{{.slice}}) a on a._thing = m._thing
    join sets b on b._tellers = a._tellers
    left join {{.apart}} d on d._thing = m._thing
    left join {{.unions}} u on u._thing = m._thing{{.owners}}
)
select *, {{.hash}} as _hash
from finished`)
	onlyThings = database.Parse(`
    semi join {{.things}} f on f.{{.key}} = m._thing`)
	joinOwner = database.SQL("\n    left join meta.account_owners w on w.account_key = m._thing")
)

// rows is the query of the rows that a slice of a table of main is to have, out of what was merged: of
// all, or, if only is not "", of the things of that table.
func (m *maker) rows(t *schemas.Table, layout *database.Table, p part, only database.SQL) database.SQL {
	columns := []database.SQL{"m._thing as " + database.Ident(t.Key)}
	v := database.Values{"merged": merged, "about": about, "tellers": tellers, "apart": apart, "unions": unions, "slice": p.slice.has("_thing"), "moment": m.Moment, "hash": fingerprint(layout, determined(t)...), "described": database.SQL(""), "owners": database.SQL(""), "only": database.SQL("")}
	if only != "" {
		v["only"] = onlyThings.Fill(database.Values{"things": only, "key": database.Ident(t.Key)})
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		name := database.Ident(f.Name)
		switch {
		case f.Name == t.Key, f.Merge == schemas.None:
		case isOwner(t, f):
			columns, v["owners"] = append(columns, "w."+name), joinOwner
		case f.Merge == schemas.Union:
			columns = append(columns, "coalesce(u."+name+", m."+name+") as "+name)
		default:
			columns = append(columns, "m."+name)
		}
	}
	if schemas.IsThing(t.Name) {
		v["described"] = database.SQL(" a._is_described as is_described,")
	}
	v["columns"] = database.Join(columns, ", ")
	return finish.Fill(v)
}

// determined are the columns that the key of a row determines.
func determined(t *schemas.Table) []string {
	if schemas.IsThing(t.Name) || t.Key == "" {
		return nil
	}
	return t.Needs // see [edgeKey]
}

// fingerprint is the expression for the hash of a row: of each column that is not NULL its
// name, with a text's length before it. So no two rows that differ have the same text to be
// hashed, and a column that a later program adds changes nothing where it is NULL. Columns
// that the others determine are left out.
func fingerprint(layout *database.Table, determined ...string) database.SQL {
	determined = append(determined, "source_count", "first_seen_at", "_valid_from", schemas.HashColumn)
	var parts []database.SQL
	for _, c := range layout.Columns {
		if !slices.Contains(determined, c.Name) {
			parts = append(parts, hashed(c)...)
		}
	}
	return "cast(md5(concat(" + database.Join(parts, ", ") + ")) as uuid)"
}

// hashed are the texts of a column that go into the hash of its row, all NULL where it is. They
// are short, as DuckDB copies a text for each || in which it is.
func hashed(c database.Column) []database.SQL {
	name, is := database.Ident(c.Name), database.Text(c.Name+"=")
	value := name
	switch c.Type {
	case "BOOLEAN":
		return []database.SQL{"case " + name + " when true then " + database.Text(c.Name+"=true;") + " when false then " + database.Text(c.Name+"=false;") + " end"}
	case "TIMESTAMPTZ":
		return []database.SQL{is + " || epoch_us(" + name + ") || ';'"}
	case "VARCHAR":
	case "JSON":
		value = "cast(" + name + " as varchar)"
	case "VARCHAR[]":
		value = "cast(to_json(" + name + ") as varchar)"
	default:
		return []database.SQL{is + " || cast(" + name + " as varchar) || ';'"}
	}
	return []database.SQL{is + " || strlen(" + value + ") || ':'", value}
}

var (
	hasRows     = database.Parse(`select (select count(*) from (from {{.table}} limit 1)) + (select count(*) from (from {{.history}} limit 1))`)
	insertFirst = database.Parse(`insert into {{.table}} ({{.columns}}) select {{.columns}} from ({{.rows}})`)
	// Few rows are new: of the others only the fingerprint is kept.
	stageSeen = database.Parse(`create or replace table {{.seen}} as select {{.hash}}, {{.key}} from ({{.rows}});
create or replace table {{.changed}} as select {{.key}} from {{.seen}} s anti join {{.table}} c on c.{{.hash}} = s.{{.hash}}`)
	stageFresh = database.Parse(`create or replace table {{.fresh}} as select {{.columns}} from ({{.rows}})`)
	// An edge has no key of its own by which meta.links would remember when it was first seen.
	keepFirstSeen = database.Parse(`update {{.fresh}} as f set first_seen_at = least(f.first_seen_at, b.first_seen_at)
from (
    select {{.key}}, min(first_seen_at) as first_seen_at
    from (select {{.key}}, first_seen_at from {{.table}} union all select {{.key}}, first_seen_at from {{.history}})
    semi join {{.fresh}} using ({{.key}})
    group by {{.key}}
) b
where {{.same}}`)
)

// isFirst tells whether a table of main never had rows.
func (m *maker) isFirst(ctx context.Context, layout *database.Table) (bool, error) {
	had, err := m.db.Count(ctx, hasRows.Fill(database.Values{"table": layout.SQL(), "history": database.Closed(layout).SQL()}))
	return had == 0, err
}

// put makes a slice of a part of a table of main equal to rows, whose columns key tell things,
// or edges, apart. rows gives the query of all of them, or of those whose key is in a table.
// It counts what is in the slice.
func (m *maker) put(ctx context.Context, layout *database.Table, p part, key []string, rows func(only database.SQL) database.SQL) (apply.Counts, error) {
	closed := database.Closed(layout)
	v := database.Values{"table": layout.SQL(), "history": closed.SQL(), "columns": database.Idents(layout.Names()), "rows": rows(""), "seen": seen, "changed": changed, "fresh": fresh,
		"hash": database.Ident(schemas.HashColumn), "key": database.Idents(key)}
	target := apply.Target{Name: "things " + layout.Name, Table: layout.SQL(), History: closed.SQL(), Columns: layout.Names(),
		Version: []string{schemas.HashColumn}, Key: key, Scope: p.scope + p.slice.has(database.Ident(key[0]))}
	if p.first {
		target.Scope = everything + p.slice.has(database.Ident(key[0]))
		return m.putFirst(ctx, &target, insertFirst.Fill(v))
	}
	if err := m.rehash(ctx, layout, v); err != nil {
		return apply.Counts{}, err
	}
	all := stageSeen.Fill(v)
	v["rows"] = rows(changed)
	for _, query := range []database.SQL{all, stageFresh.Fill(v)} {
		if _, err := m.db.Exec(ctx, query); err != nil {
			return apply.Counts{}, err
		}
	}
	m.step("rows made", "table", layout.Name)
	change, err := apply.Compare(ctx, m.db, target, apply.Staged{Rows: fresh, Seen: seen})
	n, err := m.change(ctx, change, v, key, err)
	if dropped := change.Drop(ctx); err == nil {
		err = dropped
	}
	return n, err
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

var (
	isHashedOtherwise = database.Parse(`select count(*) from (from {{.table}} limit 1) where {{.hash}} is distinct from {{.fingerprint}}`)
	hashAnew          = database.Parse(`update {{.table}} set {{.hash}} = {{.fingerprint}}`)
)

// rehash gives the rows of a table the fingerprints that this program makes, if another one
// made them otherwise: else each row would seem to have changed. All of a table is hashed one way, as
// this comes before a part of it is made.
func (m *maker) rehash(ctx context.Context, layout *database.Table, v database.Values) error {
	v["fingerprint"] = fingerprint(layout, determined(m.Set.Common.Table(layout.Name))...)
	n, err := m.db.Count(ctx, isHashedOtherwise.Fill(v))
	if err != nil || n == 0 {
		return err
	}
	return m.db.InTx(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, hashAnew.Fill(v))
		return err
	})
}

// rowsOf counts the rows of a table.
func (m *maker) rowsOf(ctx context.Context, layout *database.Table) (int64, error) {
	return m.db.Count(ctx, "select count(*) from "+layout.SQL())
}

// putFirst fills a table that never had rows.
func (m *maker) putFirst(ctx context.Context, target *apply.Target, insert database.SQL) (n apply.Counts, err error) {
	err = m.db.InTx(ctx, func(tx *database.Tx) error {
		n.Rows, err = tx.Exec(ctx, insert)
		return err
	})
	if err != nil {
		return apply.Counts{}, err
	}
	n.Inserted = n.Rows
	return n, target.Verify(ctx, m.db, n.Rows)
}

// change makes a change that was found, unless err is why it was not.
func (m *maker) change(ctx context.Context, c *apply.Change, v database.Values, key []string, err error) (n apply.Counts, _ error) {
	if err != nil {
		return n, err
	}
	if n, err = c.Count(ctx); err != nil || n.Inserted == 0 && n.Closed == 0 {
		return n, err
	}
	var same []string
	for _, k := range key {
		same = append(same, string("f."+database.Ident(k)+" = b."+database.Ident(k)))
	}
	v["same"] = database.SQL(strings.Join(same, " and "))
	if _, err := m.db.Exec(ctx, keepFirstSeen.Fill(v)); err != nil {
		return n, err
	}
	if err := m.db.InTx(ctx, func(tx *database.Tx) error { return c.Make(ctx, tx, m.Moment, m.Run) }); err != nil {
		return n, err
	}
	return n, c.Target.Verify(ctx, m.db, n.Rows)
}
