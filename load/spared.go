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

// The vendor still has what a reject is about, it only cannot be read. So the
// rows that its record would have become are not gone: they stay as they were.
// Where these rows cannot be named, no row that is absent is known to be gone,
// and all of the table stay, until the reject is one that stood at the last
// load already: what was delivered then beside it is not what it is about.

// spared is what the rejects of an export protect.
type spared struct {
	keys    []string            // of rows
	table   database.SQL        // that holds them, where there are any
	unnamed map[string][]string // table of the common model -> prints of the rejects with rows there that cannot be named
	stood   map[string]bool     // prints of such rejects at the last load
}

// note notes what a batch of rejects protects.
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

// stage puts what rejects protect where statements can join it.
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

// haveStood reports whether the last load had all these rejects too.
func (s *spared) haveStood(prints []string) bool {
	return !slices.ContainsFunc(prints, func(p string) bool { return strings.HasSuffix(p, " ") || !s.stood[p] })
}

// spareNamed lets those rows stay that rejects name.
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

// spareUnnamed lets those rows stay that rejects protect without naming them.
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
