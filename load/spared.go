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

// spared is which rows the rejects of an export keep from being closed.
type spared struct {
	keys    []string            // of such rows
	table   database.SQL        // of the stage, with keys; "" for none
	unnamed map[string][]string // by table of the common model: prints of the rejects with rows of unknown keys
	stood   map[string]bool     // prints of such rejects of the last load
}

// note adds what a batch of rejects says about its rows.
func (s *spared) note(rejects arrow.RecordBatch) {
	column := func(name string) arrow.Array {
		return rejects.Column(slices.IndexFunc(schemas.RejectsTable.Fields, func(f schemas.Field) bool { return f.Name == name }))
	}
	keys, tables := column("row_keys").(*array.List), column("unnamed_tables").(*array.List)
	field, rule, texts := column("field").(*array.String), column("rule").(*array.String), column("record_text").(*array.String)
	for i := range int(rejects.NumRows()) {
		s.keys = append(s.keys, items(keys, i)...)
		var text *string
		if texts.IsValid(i) {
			t := texts.Value(i)
			text = &t
		}
		for _, t := range items(tables, i) {
			if s.unnamed == nil {
				s.unnamed = map[string][]string{}
			}
			s.unnamed[t] = append(s.unnamed[t], ledger.RejectPrint(t, text, field.Value(i), rule.Value(i)))
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
func (s *spared) stage(ctx context.Context, l *loading) (err error) {
	if len(s.unnamed) > 0 && l.Last.Run != "" {
		if s.stood, err = ledger.Unnamed(ctx, l.db, l.Last.Run, l.ID()); err != nil {
			return err
		}
	}
	if len(s.keys) == 0 {
		return nil
	}
	s.table = database.Stage("spared " + l.Source + " " + l.Dataset)
	if _, err := l.db.Exec(ctx, "create or replace table "+s.table+" (key varchar)"); err != nil {
		return err
	}
	for keys := range slices.Chunk(s.keys, 1000) {
		values := make([]database.SQL, len(keys))
		for i, key := range keys {
			values[i] = "(" + database.Text(key) + ")"
		}
		if _, err := l.db.Exec(ctx, "insert into "+s.table+" values "+database.Join(values, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// haveStood reports whether the last load had all these rejects. One without text cannot
// be recognised.
func (s *spared) haveStood(prints []string) bool {
	return !slices.ContainsFunc(prints, func(p string) bool { return strings.HasSuffix(p, " ") || !s.stood[p] })
}

// spareNamed lets the rows stay whose keys rejects name.
func (s *staged) spareNamed(ctx context.Context) error {
	spared := &s.l.spared
	if len(spared.keys) == 0 || s.table.Key == "" {
		return nil
	}
	_, err := s.change.Spare(ctx, database.Ident(s.table.Key)+" in (select key from "+spared.table+")")
	return err
}

var (
	createKept = database.Parse(`create table {{.kept}} as select {{.hash}} from {{.rows}}`)
	countNew   = database.Parse(`select count(*) from {{.kept}} where {{.hash}} not in {{.known}}`)
)

// spareUnnamed lets the rows stay that rejects may be about without naming their keys.
func (s *staged) spareUnnamed(ctx context.Context) error {
	prints := s.l.spared.unnamed[s.table.Name]
	if len(prints) == 0 {
		return nil
	}
	hash, known, which := database.Ident(schemas.HashColumn), ledger.KeptRows(s.l.ID(), s.table.Name), database.SQL("true")
	if s.l.spared.haveStood(prints) {
		which = hash + " in " + known
	}
	v := database.Values{"kept": s.stage("kept"), "hash": hash, "rows": s.change.Sparable(which), "known": known}
	if _, err := s.l.db.Exec(ctx, createKept.Fill(v)); err != nil {
		return err
	}
	s.l.kept = append(s.l.kept, ledger.Kept{Table: s.table.Name, Rows: s.stage("kept")})
	newly, err := s.l.db.Count(ctx, countNew.Fill(v))
	if err != nil {
		return err
	}
	s.l.result.KeptCount += newly
	_, err = s.change.Spare(ctx, which)
	return err
}
