package things

import (
	"context"
	"database/sql"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// all stands for the number of touched things where all of a kind are made.
const all = int64(-1)

var (
	// What keys of statements meant before, where they mean something else now.
	findMoved = database.Parse(`create or replace table {{.moved}} as
with ended as (
    select kind, statement_key, key, _valid_from from history.links where is_reference and _valid_to > {{.since}}
),
turned as (
    select kind, statement_key from ended
    union
    select kind, statement_key from meta.links where is_reference and _valid_from > {{.since}}
),
meant as (
    select kind, statement_key, min(key) as key
    from (
        select kind, statement_key, key from ended where _valid_from <= {{.since}}
        union all
        select kind, statement_key, key from meta.links where is_reference and _valid_from <= {{.since}}
    )
    semi join turned using (kind, statement_key)
    group by kind, statement_key
)
select kind, statement_key, m.key as before, r.key as now
from turned
left join meant m using (kind, statement_key)
left join {{.references}} r using (kind, statement_key)
where m.key is distinct from r.key`)
	// What references meant before.
	meantBefore = database.Parse(`(
    select kind, statement_key, key from {{.references}} anti join {{.moved}} using (kind, statement_key)
    union all
    select kind, statement_key, before from {{.moved}} where before is not null)`)

	countChanges = database.Parse(`select (select count(*) from {{.table}} where _valid_from > {{.since}}) + (select count(*) from {{.history}} where _valid_to > {{.since}}){{if .kind}}
    + (select count(*) from meta.links where kind = {{.kind}} and _valid_from > {{.since}}) + (select count(*) from history.links where kind = {{.kind}} and _valid_to > {{.since}}){{end}}`)

	// id is the row of observed, NULL for one that is gone.
	alteredOf = database.Parse(`select {{.kind}} as kind, o.rowid as id, o._dataset as dataset, o.{{.key}} as statement_key, {{.part}} as part
from {{.table}} o where o._valid_from > {{.since}}
union all
select {{.kind}}, null, o._dataset, o.{{.key}}, {{.part}} from {{.history}} o where o._valid_to > {{.since}}
union all
select {{.kind}}, o.rowid, o._dataset, o.{{.key}}, {{.part}} from {{.table}} o
semi join (from history.links where kind = {{.kind}} and _valid_to > {{.since}}) l on l.dataset = o._dataset and l.statement_key = o.{{.key}} and l.part = {{.part}}`)
	alteredBy = database.Parse(`
union all
select {{.kind}}, o.rowid, o._dataset, o.{{.key}}, {{.part}} from {{.table}} o semi join {{.moved}} m on m.kind = {{.refers}} and m.statement_key = o.{{.column}}`)
	countUnlinked = database.Parse(`select kind, count(distinct id) from (from {{.altered}} where id is not null) a
anti join meta.links l using (kind, dataset, statement_key, part)
group by kind order by kind limit 1`)

	findTouched = database.Parse(`create or replace table {{.touched}} as
select kind, key from meta.links where kind in ({{.kinds}}) and _valid_from > {{.since}}
union select kind, key from history.links where kind in ({{.kinds}}) and _valid_to > {{.since}}
union select l.kind, l.key from meta.links l semi join {{.altered}} a using (kind, dataset, statement_key, part){{.owners}}`)
	countTouched = database.Parse(`select kind, count(*) from {{.touched}} group by kind`)
	pickLinks    = database.Parse(`create or replace table {{.linked}} as
select l.* from meta.links l semi join {{.touched}} t on t.kind = l.kind and t.key = l.key where l.kind in ({{.kinds}})`)
)

// touch finds the things of which a statement, a link, or what a statement refers to is
// another than it was, and picks their links. A thing too many does no harm: it is made as it
// was.
func (m *maker) touch(ctx context.Context) error {
	if m.Since.IsZero() {
		return nil
	}
	m.touched = map[string]int64{}
	v := database.Values{"since": m.Since, "moved": moved, "references": references, "altered": altered, "touched": touched, "linked": linked}
	if _, err := m.db.Exec(ctx, findMoved.Fill(v)); err != nil {
		return err
	}
	some, err := m.alter(ctx)
	if err != nil || some == nil {
		return err
	}
	v["owners"] = database.SQL("")
	if m.touched["accounts"] != all {
		if v["owners"], err = m.touchOwners(ctx); err != nil {
			return err
		}
	}
	v["kinds"] = database.Join(some, ", ")
	if _, err := m.db.Exec(ctx, findTouched.Fill(v)); err != nil {
		return err
	}
	if err := m.countTouched(ctx); err != nil {
		return err
	}
	some = nil
	for kind, n := range m.touched {
		if n != all {
			some = append(some, database.Text(kind))
		}
	}
	if v["kinds"] = database.Join(some, ", "); some != nil {
		_, err = m.db.Exec(ctx, pickLinks.Fill(v))
	}
	m.step("touched things found")
	return err
}

// alter finds the statements that came or went, or refer to something else. It returns the
// kinds of which little changed; of the others all things are to be made.
func (m *maker) alter(ctx context.Context) (some []database.SQL, err error) {
	var parts []database.SQL
	for _, t := range m.Set.Common.Tables {
		if !schemas.IsThing(t.Name) {
			continue
		}
		much, err := m.changedMuch(ctx, t)
		if err != nil {
			return nil, err
		}
		if much {
			m.touched[t.Name] = all
			continue
		}
		some = append(some, database.Text(t.Name))
		v := m.statedIn(t)
		parts = append(parts, alteredOf.Fill(v))
		for i := range t.Fields {
			if f := &t.Fields[i]; isReference(f) {
				v["refers"], v["column"] = database.KindOf(t, f, "o"), database.Ident(f.Name)
				parts[len(parts)-1] += alteredBy.Fill(v)
			}
		}
	}
	if some == nil {
		return nil, nil
	}
	if _, err := m.db.Exec(ctx, "create or replace table "+altered+" as "+database.Join(parts, "\nunion all ")); err != nil {
		return nil, err
	}
	var missing UnlinkedError
	err = m.db.Row(ctx, countUnlinked.Fill(database.Values{"altered": altered})).Scan(&missing.Table, &missing.Rows)
	switch {
	case err == nil:
		return nil, &missing
	case err != sql.ErrNoRows:
		return nil, err
	}
	return some, nil
}

// statedIn are the values of a template about the statements of a table of observed, and those
// that ended.
func (m *maker) statedIn(t *schemas.Table) database.Values {
	v := database.Values{"table": database.Name(schemas.CommonSchema, t.Name), "history": database.Name(database.StatedSchema, t.Name), "since": m.Since, "kind": t.Name, "part": partOf(t), "moved": moved}
	if t.Key != "" {
		v["key"] = database.Ident(t.Key)
	}
	if !schemas.IsThing(t.Name) {
		v["kind"] = database.SQL("")
	}
	return v
}

// changedMuch tells whether so much of a table of observed came or went that all that is made
// of it is to be made again.
func (m *maker) changedMuch(ctx context.Context, t *schemas.Table) (bool, error) {
	changes, err := m.db.Count(ctx, countChanges.Fill(m.statedIn(t)))
	if err != nil {
		return false, err
	}
	rows, err := m.db.Count(ctx, "select count(*) from "+database.Name(schemas.CommonSchema, t.Name))
	return changes*share > rows, err
}

// countTouched counts what is touched of each kind, and tells of which that is too much to
// make it a part.
func (m *maker) countTouched(ctx context.Context) error {
	err := m.db.Each(ctx, countTouched.Fill(database.Values{"touched": touched}), func(rows *sql.Rows) error {
		var kind string
		var n int64
		err := rows.Scan(&kind, &n)
		m.touched[kind] = n
		return err
	})
	for kind, n := range m.touched {
		if n == all || err != nil {
			continue
		}
		var have int64
		if have, err = m.db.Count(ctx, "select count(*) from "+database.Name(database.ThingsSchema, kind)); n*share > have {
			m.touched[kind] = all
		}
	}
	return err
}
