package load

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// An export may come in parts: one for each integration, one for each file. A
// part that is not there takes its rows with it as quietly as a short list, so
// parts are compared with those of the last load.

// covered is the parts of an export that have one label.
type covered struct {
	label   string
	files   int
	records int64    // rows of the vendor table
	absent  []string // columns of the contract that they lack
	counted bool     // by the vendor, too, in each of the files
}

// countRows counts the rows of a batch of the vendor table by part.
func (l *loading) countRows(rows arrow.RecordBatch) {
	if l.partRows == nil {
		l.partRows = make([]int64, len(l.e.Parts))
	}
	if len(l.partRows) == 1 {
		l.partRows[0] += rows.NumRows()
		return
	}
	for _, p := range rows.Column(int(rows.NumCols()) - 3).(*array.Int32).Int32Values() {
		l.partRows[p]++
	}
}

// covers lists the parts of the export by label, in the order of their coming.
func (l *loading) covers() (out []covered) {
	at := map[string]int{}
	for i, label := range l.e.PartLabels() {
		k, ok := at[label]
		if !ok {
			k = len(out)
			at[label] = k
			out = append(out, covered{label: label, counted: true})
		}
		c := &out[k]
		c.files++
		c.counted = c.counted && l.e.Parts[i].Expected > 0
		if l.partRows != nil {
			c.records += l.partRows[i]
		}
		a := l.s.Absent[i]
		for _, names := range [][]string{a.Headers, a.Keys} {
			for _, name := range names {
				if !slices.Contains(c.absent, name) {
					c.absent = append(c.absent, name)
				}
			}
		}
	}
	return out
}

// readParts finds the parts of the last load.
func (l *loading) readParts(ctx context.Context) error {
	return l.w.each(ctx, `select part, file_count, record_count, array_to_string(columns_missing, ',') from meta.parts
		where source = ? and dataset = ? order by rowid`, func(rows *sql.Rows) error {
		var c covered
		var absent string
		if err := rows.Scan(&c.label, &c.files, &c.records, &absent); err != nil {
			return err
		}
		if absent != "" {
			c.absent = strings.Split(absent, ",")
		}
		l.lastParts = append(l.lastParts, c)
		return nil
	}, l.e.Source, l.e.Dataset)
}

// partFalls are the parts that are missing or of which too many rows would go.
// One that the vendor's own list no longer names is gone, and is found. Of the
// small parts, of which an export may have thousands, one that has what the
// vendor counts for it fell for real.
func (l *loading) partFalls() (falls []Fall) {
	now := map[string]covered{}
	for _, c := range l.covers() {
		now[c.label] = c
	}
	named := slices.ContainsFunc(l.e.Parts, func(p schemas.Part) bool { return p.Name != "" })
	for _, last := range l.lastParts {
		c, there := now[last.label]
		g := l.limits()
		g.Small = g.Small && !c.counted
		limit, deep := g.stops(last.records, c.records)
		switch {
		case !there && last.label == "" && !named:
		case !there && l.e.PartsListed != "":
			l.result.Findings = append(l.result.Findings, schemas.Finding{Rule: "part_gone", Count: last.records,
				Detail: fmt.Sprintf("%s is no longer in the vendor's list %s; its rows were closed", last.label, l.e.PartsListed)})
		case !there:
			falls = append(falls, Fall{Table: l.vendorName(), Before: last.records, Reason: ReasonPart, What: last.label})
		case named && c.files < last.files:
			falls = append(falls, Fall{Table: l.vendorName(), Before: last.records, After: c.records, Reason: ReasonPart, What: last.label})
		case len(l.lastParts) > 1 && last.records > 1 && deep: // the only record of a part comes and goes
			falls = append(falls, Fall{l.vendorName(), last.records, c.records, ReasonRows, last.label, limit})
		}
	}
	return falls
}

// recordParts replaces the parts of the last load by those of this one.
func (w *Work) recordParts(ctx context.Context, t *tx, o outcome) error {
	if o.status != Loaded {
		return nil
	}
	e := o.export
	if !o.filtered { // else the other parts are as they were
		if _, err := t.exec(ctx, "delete from meta.parts where source = ? and dataset = ?", e.Source, e.Dataset); err != nil {
			return err
		}
	}
	for parts := range slices.Chunk(o.parts, 500) {
		values, labels := make([]string, len(parts)), make([]string, len(parts))
		for i, c := range parts {
			labels[i] = text(c.label)
			absent := make([]string, len(c.absent))
			for k, name := range c.absent {
				absent[k] = text(name)
			}
			values[i] = fmt.Sprintf("(%s, %s, %s, %s, %d, %d, [%s]::varchar[])", text(w.opt.Run.ID), text(e.Source), text(e.Dataset), text(c.label),
				c.files, c.records, strings.Join(absent, ", "))
		}
		if _, err := t.exec(ctx, "delete from meta.parts where source = ? and dataset = ? and part in ("+strings.Join(labels, ", ")+")", e.Source, e.Dataset); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "insert into meta.parts (run_id, source, dataset, part, file_count, record_count, columns_missing) values "+strings.Join(values, ", ")); err != nil {
			return err
		}
	}
	return nil
}
