package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// Gate is how far the rows of a whole snapshot may fall against what the file
// holds. An export is held, not loaded, when in one of its tables they fell
// by more than both limits, or to none: a short list must not read as 'has no
// access'.
type Gate struct {
	Share      float64 // of the current rows, 0 to 1
	Rows       int64   // number of rows
	AllowEmpty bool    // lets an export through that fell to none but not beyond both limits
}

// DefaultGate holds what fell by more than a fifth and more than 100 rows.
var DefaultGate = Gate{Share: 0.20, Rows: 100}

// stops reports whether a fall is too deep.
func (g Gate) stops(before, after int64) bool {
	fall := before - after
	if fall <= 0 {
		return false
	}
	return after == 0 && !g.AllowEmpty || fall > g.Rows && float64(fall) > g.Share*float64(before)
}

// Fall is a table of which an export has too few rows.
type Fall struct {
	Table  string // schema.name
	Before int64  // current rows of the source and dataset
	After  int64  // rows that there would have been after the load
}

// HeldError is an export that the gate held. Nothing of it was loaded except
// its rejects, in meta.rejects; last time's rows stay. The figures are in
// meta.gates.
type HeldError struct {
	Source  string
	Dataset string
	Gate    Gate
	Falls   []Fall // by table
	// What else is different from the last load, and may explain the fall.
	ContractChanged bool
	ColumnsMissing  []string // contract columns that arrived then and do not now
}

func (e *HeldError) Error() string {
	_, plural, _ := strings.Cut(e.Dataset, ".")
	falls := make([]string, len(e.Falls))
	for i, f := range e.Falls {
		falls[i] = fmt.Sprintf("rows of %s fell from %d to %d (%.0f %%)", f.Table, f.Before, f.After, 100*float64(f.Before-f.After)/float64(f.Before))
	}
	s := fmt.Sprintf("source %s, dataset %s: held: %s; limits: %g %% and %d rows: not loaded, last time's rows stay",
		e.Source, e.Dataset, strings.Join(falls, ", "), 100*e.Gate.Share, e.Gate.Rows)
	if e.ContractChanged {
		s += "; the contract changed since the last load"
	}
	if len(e.ColumnsMissing) > 0 {
		s += "; columns no longer delivered: " + strings.Join(e.ColumnsMissing, ", ")
	}
	return s + fmt.Sprintf("; if the fall is real: refresh --accept %s.%s", e.Source, plural)
}

// gate holds an export of which too many rows would go. It looks at what
// compare found, before anything is changed: at each common table that has
// rows already or, where none has, at the vendor table. Only a whole snapshot
// closes rows, so nothing else is held.
func (l *loading) gate(ctx context.Context) error {
	if l.c.Mode == schemas.Append || l.filtered() {
		return nil
	}
	if d := l.w.decided(l.e); d != nil {
		return l.gateAgain(ctx, d)
	}
	last := l.last
	g := DefaultGate
	if l.w.opt.Gate != nil {
		g = l.w.opt.Gate(l.e.Source)
	}
	falls := l.falls(g, last)
	if len(falls) == 0 {
		return nil
	}
	held := &HeldError{Source: l.e.Source, Dataset: l.e.Dataset, Gate: g, Falls: falls, ContractChanged: last.contract != l.c.Fingerprint}
	var err error
	if held.ColumnsMissing, err = l.newlyMissing(ctx, last); err != nil {
		return err
	}
	l.held = held
	l.accepted = l.w.opt.Accept != nil && l.w.opt.Accept(l.e.Source, l.e.Dataset)
	return l.verdict(ctx)
}

// gateAgain does what the gate did when the run was done first.
func (l *loading) gateAgain(ctx context.Context, d *schemas.RunExport) error {
	if len(d.Gates) == 0 {
		return nil
	}
	g := d.Gates[0]
	l.held = &HeldError{Source: l.e.Source, Dataset: l.e.Dataset, Gate: Gate{Share: g.Share, Rows: g.Rows},
		ContractChanged: g.ContractChanged, ColumnsMissing: g.ColumnsMissing}
	for _, g := range d.Gates {
		l.held.Falls = append(l.held.Falls, Fall{g.Table, g.Before, g.After})
	}
	l.accepted = d.Status == string(Loaded)
	return l.verdict(ctx)
}

func (l *loading) verdict(ctx context.Context) error {
	if l.accepted {
		return nil
	}
	return errors.Join(l.held, l.keepRejects(ctx))
}

// decided is what became of an export in a run that is done again, nil in one
// that is not.
func (w *Work) decided(e *schemas.Export) *schemas.RunExport {
	r := w.opt.Run.Record
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.Exports, func(x schemas.RunExport) bool { return x.Source == e.Source && x.Dataset == e.Dataset })
	if i < 0 {
		return &schemas.RunExport{Source: e.Source, Dataset: e.Dataset, Status: string(Loaded)}
	}
	return &r.Exports[i]
}

func (l *loading) falls(g Gate, last lastLoad) (falls []Fall) {
	compared := false
	for _, k := range l.sinks {
		if !k.staged || !k.table.IsCommon() {
			continue
		}
		compared = true
		before := k.result.Rows - k.result.Inserted + k.result.Closed
		if g.stops(before, k.result.Rows) {
			falls = append(falls, Fall{k.table.Schema + "." + k.table.Name, before, k.result.Rows})
		}
	}
	if after := l.sinks[l.s.Vendor].taken; !compared && g.stops(last.rows, after) {
		falls = append(falls, Fall{l.s.Vendor.Schema + "." + l.s.Vendor.Name, last.rows, after})
	}
	slices.SortFunc(falls, func(a, b Fall) int { return strings.Compare(a.Table, b.Table) })
	return falls
}

// lastLoad is the newest loaded export of a source and dataset: that whose
// rows the file holds. The zero value is none.
type lastLoad struct {
	run, parts, contract string
	rows                 int64        // of the vendor table
	dataAt               sql.NullTime // the time that it was of
}

func (w *Work) lastLoad(ctx context.Context, e *schemas.Export) (last lastLoad, err error) {
	err = w.db.QueryRowContext(ctx, `select run_id, parts, coalesce(contract, ''), loaded_count, data_at from (
			from meta.exports where status in ('loaded', 'dropped', 'erased') and source = ? and dataset = ? order by as_of desc limit 1)
		where status = 'loaded'`, e.Source, e.Dataset).
		Scan(&last.run, &last.parts, &last.contract, &last.rows, &last.dataAt)
	if errors.Is(err, sql.ErrNoRows) {
		return lastLoad{}, nil
	}
	return last, err
}

// newlyMissing lists the contract columns that the last load still had.
func (l *loading) newlyMissing(ctx context.Context, last lastLoad) ([]string, error) {
	var missing []string
	for _, d := range l.s.Drift {
		if d.Change != "column_missing" {
			continue
		}
		var before bool
		err := l.w.db.QueryRowContext(ctx, `select count(*) > 0 from meta.drift
			where run_id = ? and source = ? and dataset = ? and change = ? and column_name = ?`,
			last.run, l.e.Source, l.e.Dataset, d.Change, d.Column).Scan(&before)
		if err != nil {
			return nil, err
		}
		if !before {
			missing = append(missing, d.Column)
		}
	}
	return missing, nil
}

// recordGates enters what the gate found, and where it was let through says
// so also at the exports that it held since the last load.
func (w *Work) recordGates(ctx context.Context, t *tx, o outcome) error {
	h := o.held
	if h == nil {
		return nil
	}
	accepted := any(nil)
	if o.accepted {
		accepted = w.opt.Run.ID
		if _, err := t.exec(ctx, `update meta.gates set accepted_run_id = ? where source = ? and dataset = ? and accepted_run_id is null
			and as_of > coalesce((select max(as_of) from meta.exports e where e.status = 'loaded' and e.source = ? and e.dataset = ? and e.run_id <> ?), '-infinity')`,
			w.opt.Run.ID, h.Source, h.Dataset, h.Source, h.Dataset, w.opt.Run.ID); err != nil {
			return err
		}
	}
	for _, f := range h.Falls {
		if _, err := t.exec(ctx, `insert into meta.gates (run_id, source, dataset, table_name, rows_before, rows_after,
				share_limit, rows_limit, contract_changed, columns_missing, accepted_run_id, as_of)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, w.opt.Run.ID, h.Source, h.Dataset, f.Table, f.Before, f.After,
			h.Gate.Share, h.Gate.Rows, h.ContractChanged, h.ColumnsMissing, accepted, w.asOf); err != nil {
			return err
		}
	}
	return nil
}
