package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// sink is where the batches of one table go: one statement that takes them
// straight in, inside a transaction that stays open until the export as a
// whole is good; or, for a table that has rows already, two statements that
// stage them.
type sink struct {
	of     string // source and dataset
	table  *schemas.Table
	shape  *arrow.Schema
	once   *once   // of a common table
	feeds  []*feed // rows; for a staged table, hashes beside them
	tx     *tx
	staged bool
	taken  int64 // rows that the statement took
	again  int64 // of a vendor table: rows that say the same as another
	result TableResult
}

// take passes a batch on. The batch is lent, so what stays is retained.
func (k *sink) take(rows arrow.RecordBatch) error {
	n := int(rows.NumCols())
	if k.once == nil {
		if k.staged {
			if err := k.feeds[1].send(array.NewRecordBatch(origins, rows.Columns()[n-3:], rows.NumRows())); err != nil {
				return err
			}
		}
		return k.feeds[0].send(array.NewRecordBatch(k.shape, rows.Columns(), rows.NumRows()))
	}
	records, hashes := rows.Column(n-2), rows.Column(n-1)
	picks, kept := k.once.pick(records.(*array.Int64), hashes.(*array.FixedSizeBinary))
	defer picks.Release()
	if kept == 0 {
		return nil
	}
	if k.staged {
		if err := k.feeds[1].send(array.NewRecordBatch(narrow, []arrow.Array{records, hashes, picks}, rows.NumRows())); err != nil {
			return err
		}
	}
	all := append(append([]arrow.Array{}, rows.Columns()...), picks)
	return k.feeds[0].send(array.NewRecordBatch(k.shape, all, rows.NumRows()))
}

// end tells the statements that no more batches come.
func (k *sink) end() {
	for _, f := range k.feeds {
		close(f.in)
	}
}

// stages are the names of the tables of the stage that belong to k.
func (k *sink) stages() []string {
	if !k.staged {
		return nil
	}
	return []string{k.stage("fresh"), k.stage("seen"), k.stage("gone"), k.stage("uneven"), k.stage("kept"), k.stage("denied")}
}

func (k *sink) stage(kind string) string {
	return stageSchema + ".main." + ident(kind+" "+k.of+" "+k.table.Schema+"."+k.table.Name)
}

// sink returns the sink of a table of the stream, and starts it at first use.
func (l *loading) sink(ctx context.Context, t *schemas.Table) (*sink, error) {
	if k, ok := l.sinks[t]; ok {
		return k, nil
	}
	k := &sink{of: l.e.Source + " " + l.e.Dataset, table: t, shape: shape(t)}
	l.sinks[t] = k // first, so that cleanUp finds what a failed start left open
	var err error
	switch {
	case t == schemas.RejectsTable:
		err = l.startRejects(ctx, k)
	case t == l.s.Vendor:
		err = l.startVendor(ctx, k)
	case t.IsCommon() && l.w.opt.Set.Common.Table(t.Name) == t:
		err = l.startCommon(ctx, k)
	default:
		err = fmt.Errorf("the stream has rows of %s.%s, which it does not announce", t.Schema, t.Name)
	}
	return k, err
}

// startRest starts the sinks of tables without a batch: the vendor table,
// which becomes empty, and each common table that has rows of this source and
// dataset, also when the contract feeds it no more.
func (l *loading) startRest(ctx context.Context) error {
	if _, err := l.sink(ctx, l.s.Vendor); err != nil {
		return err
	}
	for _, t := range l.w.opt.Set.Common.Tables {
		if l.sinks[t] != nil {
			continue
		}
		has, err := l.has(ctx, t)
		if err != nil {
			return err
		}
		if has {
			if _, err := l.sink(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// has reports whether a common table has rows of the source and dataset.
func (l *loading) has(ctx context.Context, t *schemas.Table) (bool, error) {
	n, err := l.w.count(ctx, "select count(*) from (select 1 from "+qualified(t)+" where "+l.where()+" limit 1)")
	return n > 0, err
}

// straight starts the statement that takes the batches of k in its transaction.
// after runs behind it, in the same transaction.
func (l *loading) straight(ctx context.Context, k *sink, query func(feed string) string, after func(context.Context) error) {
	f := newFeed(ctx, k.shape)
	k.feeds = []*feed{f}
	name := l.w.feedName()
	l.group.Go(func() (err error) {
		if k.taken, err = k.tx.pull(ctx, f, name, query(ident(name))); err != nil {
			return err
		}
		k.result.Rows, k.result.Inserted = k.taken, k.taken
		if after == nil {
			return nil
		}
		return after(ctx)
	})
}

func (l *loading) startRejects(ctx context.Context, k *sink) (err error) {
	if k.tx, err = l.w.begin(ctx); err != nil {
		return err
	}
	fields := make([]string, len(schemas.RejectsTable.Fields))
	for i, f := range schemas.RejectsTable.Fields {
		fields[i] = f.Name
	}
	l.straight(ctx, k, func(feed string) string {
		return fmt.Sprintf("insert into meta.rejects (run_id, source, dataset, artifact, record, %s) select %s, %s, %s, %s, %s, %s from %s",
			idents(fields), text(l.w.opt.Run.ID), text(l.e.Source), text(l.e.Dataset), l.artifact(), schemas.RecordColumn, idents(fields), feed)
	}, nil)
	return nil
}

// artifact is the expression for the artifact of a row in a feed. It uses the
// part also where there is only one; see [pickColumn].
//
// All artifacts stand in one text, of which a row takes its piece: a list of
// them would be an expression for each part, which DuckDB would evaluate for
// each batch. They are hashes and equally long; where they are not, the blanks
// that fill them are taken away again, which costs more than all the rest.
func (l *loading) artifact() string {
	width, filled := 0, false
	for _, p := range l.e.Parts {
		filled = filled || len(p.Artifact) != len(l.e.Parts[0].Artifact)
		width = max(width, len(p.Artifact))
	}
	var all strings.Builder
	for _, p := range l.e.Parts {
		fmt.Fprintf(&all, "%-*s", width, p.Artifact)
	}
	piece := fmt.Sprintf("substr(%s, %s * %d + 1, %[3]d)", text(all.String()), schemas.PartColumn, width)
	if filled {
		return "rtrim(" + piece + ")"
	}
	return piece
}

// values are the expressions that fill the layout of t from a feed.
func (l *loading) values(t *schemas.Table) string {
	out := make([]string, 0, len(t.Fields)+len(provenance)+2)
	for i, f := range t.Fields {
		out = append(out, ident(f.Name))
		if i == 0 && t.IsCommon() {
			out = append(out, text(l.e.Source))
		}
	}
	out = append(out, text(l.e.Source), text(l.e.Dataset), l.artifact(), schemas.RecordColumn, instant(l.w.asOf), schemas.HashColumn)
	return strings.Join(out, ", ")
}
