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
// holds. An export is held, not loaded, when in one of its tables or parts they
// fell by more than both of a limit, or to none: a short list must not read as
// 'has no access'.
type Gate struct {
	Share      float64 // of the current rows, 0 to 1
	Rows       int64   // number of rows
	AllowEmpty bool    // lets an export through that fell to none but not beyond both limits
	Small      bool    // has limits for small tables beside these, see [DefaultGate]
}

// DefaultGate holds what fell by more than a fifth and more than 100 rows. Small
// tables would lose nearly all of theirs below that, so that it also holds what
// fell by more than 30 % and at least 25 rows, or by more than half and at least 10.
var DefaultGate = Gate{Share: 0.20, Rows: 100, Small: true}

var smallLimits = []Limit{{0.30, 24}, {0.50, 9}}

// Limit is a fall that is too deep when it is by more than both.
type Limit struct {
	Share float64 // of the current rows, 0 to 1
	Rows  int64
}

// own is the limit of the gate itself.
func (g Gate) own() Limit { return Limit{g.Share, g.Rows} }

// stops reports whether a fall is too deep, and beyond which limit.
func (g Gate) stops(before, after int64) (Limit, bool) {
	fall := before - after
	if fall <= 0 {
		return Limit{}, false
	}
	limits := []Limit{g.own()}
	if g.Small {
		limits = append(limits, smallLimits...)
	}
	for _, l := range limits {
		if fall > l.Rows && float64(fall) > l.Share*float64(before) {
			return l, true
		}
	}
	return g.own(), after == 0 && !g.AllowEmpty
}

// Reasons for which the gate holds an export.
const (
	ReasonRows     = "rows"             // too many of them would go
	ReasonPart     = "part missing"     // a part of the last load is not there
	ReasonColumn   = "column missing"   // a column that makes keys, or that had values, is not delivered
	ReasonValues   = "values missing"   // a column that had values has none, or far fewer, in rows that are there
	ReasonReplaced = "replaced"         // most rows would go, and others come in their place
	ReasonTogether = "held with"        // another export, to which it belongs, is held
	ReasonWithout  = "companion failed" // another export, to which its rows refer, failed
)

// Fall is what an export has too little of.
type Fall struct {
	Table  string // schema.name
	Before int64  // current rows of the source and dataset; of a column, its values
	After  int64  // what there would have been after the load
	Reason string
	What   string // the part, column or dataset that Reason is about; "" for a table as a whole
	Limit  Limit  // that it is beyond, where rows fell
}

// HeldError is an export that the gate held. Nothing of it was loaded except
// its rejects, in meta.rejects; last time's rows stay. The figures are in
// meta.gates.
type HeldError struct {
	Source  string
	Dataset string
	Gate    Gate
	Falls   []Fall // by reason and table
	// What else is different from the last load, and may explain the fall.
	ContractChanged bool
	ColumnsMissing  []string // contract columns that arrived then and do not now
	Unknown         []string // delivered columns that the contract does not know, where one is missing
	Override        string   // contract to lay over the dataset's so that a missing column is read under its new name

	accept  string            // command line that would let it through
	headers map[string]string // of missing columns, as the contract knows them; of values, what they are made of
	first   bool              // nothing of the source and dataset was loaded before
	// unlisted tells that the contract names no columns, so that only those of
	// the last load tell what the dataset has.
	unlisted bool
}

// maybe are what may be behind what is seen, the harmless first.
var maybe = []struct{ reason, causes string }{
	{ReasonValues, "either they were taken back at the source, or the column or member is no longer delivered as at the last load (empty, or under another name)"},
	{ReasonReplaced, "either what their keys are made of was renamed (a mail domain, a role, an application) or is written otherwise, or it is the file of another tenant"},
}

// Error says what is held and why, and what to do.
func (e *HeldError) Error() string {
	falls := make([]string, len(e.Falls))
	var limits []string
	for i, f := range e.Falls {
		falls[i] = f.String()
		if h := e.headers[f.column()]; h != "" {
			falls[i] = strings.Replace(falls[i], ": "+f.What, ": "+f.What+" ("+h+")", 1)
		}
		if limit := fmt.Sprintf("%g %% and %d rows", 100*f.Limit.Share, f.Limit.Rows); f.Reason == ReasonRows && !slices.Contains(limits, limit) {
			limits = append(limits, limit)
		}
	}
	s := fmt.Sprintf("source %s, dataset %s: held: %s", e.Source, e.Dataset, strings.Join(falls, ", "))
	if limits != nil {
		s += "; limits: " + strings.Join(limits, ", ")
	}
	for _, m := range maybe {
		if slices.ContainsFunc(e.Falls, func(f Fall) bool { return f.Reason == m.reason }) {
			s += ": " + m.causes
		}
	}
	s += ": " + notLoaded(e.first)
	if e.ContractChanged {
		s += "; the contract changed since the last load"
	}
	if len(e.ColumnsMissing) > 0 {
		s += "; columns no longer delivered: " + strings.Join(e.ColumnsMissing, ", ")
	}
	if len(e.Unknown) > 0 {
		s += "; delivered and not known: " + strings.Join(e.Unknown, ", ")
	}
	if e.unlisted {
		s += "; the contract names no columns, so this may be a file of another dataset: look at it"
	}
	if e.Override != "" {
		s += "; where a column has another name now, put this into a file of the contracts folder (contracts: in the configuration): " + e.Override
	}
	if !slices.ContainsFunc(e.Falls, func(f Fall) bool { return f.Reason != ReasonWithout }) {
		return s + "; mend that, or leave it out where it never comes (datasets: in the configuration), and run again; to load this one all the same: " + e.accept
	}
	return s + "; if it is real: " + e.accept
}

// String says what fell.
func (f Fall) String() string {
	switch f.Reason {
	case ReasonPart:
		if f.After > 0 {
			return fmt.Sprintf("part missing: fewer files of %s than at the last load (%d records, %d now)", partName(f.What), f.Before, f.After)
		}
		return fmt.Sprintf("part missing: %s, with %d records at the last load", partName(f.What), f.Before)
	case ReasonColumn:
		if f.Before == 0 {
			return fmt.Sprintf("column missing: %s, of which keys or addresses are made", f.What)
		}
		return fmt.Sprintf("column missing: %s, with %d values at the last load", f.What, f.Before)
	case ReasonValues:
		return fmt.Sprintf("values missing: %s of %s, %d at the last load, %d now", f.What, f.Table, f.Before, f.After)
	case ReasonReplaced:
		return fmt.Sprintf("replaced: %d of %d rows of %s would close and %s come", f.Before-f.After, f.Before, f.Table, f.What)
	case ReasonTogether:
		return fmt.Sprintf("%s, to which it belongs, is held", f.What)
	case ReasonWithout:
		return fmt.Sprintf("%s, to which its rows refer, could not be loaded in this run", f.What)
	}
	in := ""
	switch {
	case f.What == "":
	case strings.HasPrefix(f.Table, schemas.CommonSchema+"."):
		in = " of the kind " + f.What
	default:
		in = " in the part " + f.What
	}
	return fmt.Sprintf("rows of %s%s fell from %d to %d (%.0f %%)", f.Table, in, f.Before, f.After, 100*float64(f.Before-f.After)/float64(f.Before))
}

// column is the column that f is about, of a common table with the table; ""
// where it is about none.
func (f Fall) column() string {
	switch f.Reason {
	case ReasonColumn:
		return f.What
	case ReasonValues:
		return f.Table + "." + f.What
	}
	return ""
}

func partName(label string) string {
	if label == "" {
		return "the dataset"
	}
	return label
}

// gate holds an export that is not what the last one was. It looks at what
// compare found, before anything is changed: whether a column that makes keys,
// or that had values, is not delivered; and, since only a whole snapshot closes
// rows, whether of one a part is missing or too many rows would go.
func (l *loading) gate(ctx context.Context) error {
	closes := l.c.Mode != schemas.Append && !l.filtered()
	var falls []Fall
	if closes {
		falls = l.partFalls()
	}
	if d := l.w.decided(l.e); d != nil {
		return l.gateAgain(d)
	}
	columns, err := l.columnFalls(ctx)
	if err != nil {
		return err
	}
	falls = append(columns, falls...)
	if closes {
		falls = append(falls, l.falls()...)
	}
	falls = append(falls, l.newFalls(falls)...)
	if len(falls) == 0 {
		return nil
	}
	held := l.newHeld(falls)
	if l.last.run != "" {
		if held.ColumnsMissing, err = l.newlyMissing(ctx); err != nil {
			return err
		}
	}
	l.tellNames(held, falls)
	l.held = held
	l.accepted = l.w.accepts(l.e)
	return l.verdict()
}

// acceptCommand is the command that loads the export all the same.
func (l *loading) acceptCommand() string {
	_, plural, _ := strings.Cut(l.e.Dataset, ".")
	name := l.e.Source + "." + plural
	if l.w.opt.AcceptWith != nil {
		return l.w.opt.AcceptWith(name)
	}
	return l.w.opt.Run.Command + " --accept " + name
}

func (l *loading) newHeld(falls []Fall) *HeldError {
	g := l.limits()
	for i := range falls {
		if falls[i].Limit == (Limit{}) {
			falls[i].Limit = g.own() // what meta.gates tells beside it
		}
	}
	return &HeldError{Source: l.e.Source, Dataset: l.e.Dataset, Gate: g, Falls: falls,
		first: l.last.run == "", ContractChanged: l.last.run != "" && l.last.contract != l.c.Fingerprint, accept: l.acceptCommand()}
}

func (l *loading) limits() Gate {
	if l.w.opt.Gate == nil {
		return DefaultGate
	}
	return l.w.opt.Gate(l.e.Source)
}

// gateAgain does what the gate did when the run was done first.
func (l *loading) gateAgain(d *schemas.RunExport) error {
	if len(d.Gates) == 0 {
		return nil
	}
	g := d.Gates[0]
	l.held = l.newHeld(nil)
	l.held.Gate = Gate{Share: g.Share, Rows: g.Rows}
	l.held.ContractChanged, l.held.ColumnsMissing = g.ContractChanged, g.ColumnsMissing
	for _, g := range d.Gates {
		reason := g.Reason
		if reason == "" {
			reason = ReasonRows // of before there were others
		}
		l.held.Falls = append(l.held.Falls, Fall{g.Table, g.Before, g.After, reason, g.What, Limit{g.Share, g.Rows}})
	}
	l.accepted = d.Status == string(Loaded)
	return l.verdict()
}

func (l *loading) verdict() error {
	if l.accepted {
		return nil
	}
	return l.held
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

func (l *loading) vendorName() string { return l.s.Vendor.Schema + "." + l.s.Vendor.Name }

// falls are the tables of which too many rows would go.
func (l *loading) falls() (falls []Fall) {
	g := l.limits()
	for _, k := range l.sinks {
		if !k.staged || !k.table.IsCommon() {
			continue
		}
		before := k.result.Rows - k.result.Inserted + k.result.Closed
		if limit, deep := g.stops(before, k.result.Rows); deep {
			falls = append(falls, Fall{k.table.Schema + "." + k.table.Name, before, k.result.Rows, ReasonRows, "", limit})
		}
	}
	// A fall of the common rows is one of the records that they come from, too.
	before, after := l.last.rows-l.unasked, l.sinks[l.s.Vendor].taken
	if limit, deep := g.stops(before, after); deep && falls == nil {
		falls = append(falls, Fall{l.vendorName(), before, after, ReasonRows, "", limit})
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
		if _, err := t.exec(ctx, `insert into meta.gates (run_id, source, dataset, table_name, reason, what, rows_before, rows_after,
				share_limit, rows_limit, contract_changed, columns_missing, accepted_run_id, as_of)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, w.opt.Run.ID, h.Source, h.Dataset, f.Table, f.Reason, null(f.What), f.Before, f.After,
			f.Limit.Share, f.Limit.Rows, h.ContractChanged, h.ColumnsMissing, accepted, w.asOf); err != nil {
			return err
		}
	}
	return nil
}
