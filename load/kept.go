package load

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// What a reject is about still exists at the vendor; it only could not be read. So the
// rows that its record would have become are not gone, and stay as they were. If their
// keys are not known, no absent row of the table is known to be gone, and all stay. That
// ends when the last load had the same reject: rows that were delivered beside it then
// are not what it is about.

// rejectedRows tells which rows the rejects of an export may be about.
type rejectedRows struct {
	keys    []string            // of the rows whose keys are known
	table   database.SQL        // of the stage, with these keys; "" for none
	unnamed map[string][]string // by table of the common model: fingerprints of the rejects that may be about rows of unknown keys
	before  map[string]bool     // fingerprints of such rejects of the last load
}

// note adds what a batch of rejects says about its rows.
func (r *rejectedRows) note(rejects arrow.RecordBatch) {
	column := func(name string) arrow.Array {
		return rejects.Column(slices.IndexFunc(schemas.RejectsTable.Fields, func(f schemas.Field) bool { return f.Name == name }))
	}
	keys, tables := column("row_keys").(*array.List), column("unnamed_tables").(*array.List)
	field, rule, texts := column("field").(*array.String), column("rule").(*array.String), column("record_text").(*array.String)
	for i := range int(rejects.NumRows()) {
		r.keys = append(r.keys, items(keys, i)...)
		var text *string
		if texts.IsValid(i) {
			t := texts.Value(i)
			text = &t
		}
		for _, t := range items(tables, i) {
			if r.unnamed == nil {
				r.unnamed = map[string][]string{}
			}
			r.unnamed[t] = append(r.unnamed[t], ledger.RejectPrint(t, text, field.Value(i), rule.Value(i)))
		}
	}
}

// items are the texts of the i-th list; the batch that holds it is lent.
func items(lists *array.List, i int) (out []string) {
	if !lists.IsValid(i) {
		return nil
	}
	texts, offsets := lists.ListValues().(*array.String), lists.Offsets()
	for k := offsets[i]; k < offsets[i+1]; k++ {
		out = append(out, strings.Clone(texts.Value(int(k))))
	}
	return out
}

// stage puts the keys into a table of the stage, and reads the rejects of the last load.
func (r *rejectedRows) stage(ctx context.Context, l *loading) (err error) {
	if len(r.unnamed) > 0 && l.Last.Run != "" {
		if r.before, err = ledger.Unnamed(ctx, l.db, l.Last.Run, l.ID()); err != nil {
			return err
		}
	}
	if len(r.keys) == 0 {
		return nil
	}
	r.table = database.Stage("rejected " + l.Source + " " + l.Dataset)
	if _, err := l.db.Exec(ctx, "create or replace table "+r.table+" (key varchar)"); err != nil {
		return err
	}
	for keys := range slices.Chunk(r.keys, 1000) {
		values := make([]database.SQL, len(keys))
		for i, key := range keys {
			values[i] = "(" + database.Text(key) + ")"
		}
		if _, err := l.db.Exec(ctx, "insert into "+r.table+" values "+database.Join(values, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// allRepeat reports whether the last load had all these rejects, too. One without text
// cannot be recognised.
func (r *rejectedRows) allRepeat(prints []string) bool {
	return !slices.ContainsFunc(prints, func(p string) bool { return strings.HasSuffix(p, " ") || !r.before[p] })
}

// keepNamed lets the rows stay whose keys rejects name.
func (s *staged) keepNamed(ctx context.Context) error {
	rejected := &s.l.rejected
	if len(rejected.keys) == 0 || s.table.Key == "" {
		return nil
	}
	_, err := s.change.Keep(ctx, database.Ident(s.table.Key)+" in (select key from "+rejected.table+")")
	return err
}

var (
	createKept = database.Parse(`create table {{.kept}} as select {{.hash}} from {{.rows}}`)
	countNew   = database.Parse(`select count(*) from {{.kept}} where {{.hash}} not in {{.known}}`)
)

// keepUnnamed lets the rows stay that rejects may be about without naming their keys.
func (s *staged) keepUnnamed(ctx context.Context) error {
	prints := s.l.rejected.unnamed[s.table.Name]
	if len(prints) == 0 {
		return nil
	}
	hash, known, which := database.Ident(schemas.HashColumn), ledger.KeptRows(s.l.ID(), s.table.Name), database.SQL("true")
	if s.l.rejected.allRepeat(prints) {
		which = hash + " in " + known
	}
	v := database.Values{"kept": s.stage("kept"), "hash": hash, "rows": s.change.Keepable(which), "known": known}
	if _, err := s.l.db.Exec(ctx, createKept.Fill(v)); err != nil {
		return err
	}
	s.l.kept = append(s.l.kept, ledger.Kept{Table: s.table.Name, Rows: s.stage("kept")})
	newly, err := s.l.db.Count(ctx, countNew.Fill(v))
	if err != nil {
		return err
	}
	s.l.result.KeptCount += newly
	_, err = s.change.Keep(ctx, which)
	return err
}
