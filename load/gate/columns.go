package gate

import (
	"context"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// rareShare is the share of records below which the absence of a key from all
// JSON records may be chance.
const rareShare = 0.2

// columns compares the columns that an export has with those of the last load.
type columns struct{ *Export }

// falls are the columns that are newly absent and change what rows mean: at a first load
// those that keys are made of, later those that had values.
func (x columns) falls(ctx context.Context) ([]ledger.Fall, error) {
	if !x.Contract.Typed() {
		return x.unlistedFalls(ctx)
	}
	first, news := x.news()
	var falls []ledger.Fall
	for _, name := range first {
		falls = append(falls, ledger.Fall{Table: x.vendorName(), Reason: ledger.ReasonColumn, What: name})
	}
	if x.first() || len(news) == 0 {
		return falls, nil
	}
	if x.LastParts == nil { // the file was made when the ledger did not record parts
		missed, err := x.newlyMissing(ctx)
		if err != nil {
			return nil, err
		}
		news = slices.DeleteFunc(news, func(name string) bool { return !slices.Contains(missed, name) })
	}
	values, all, err := x.lastValues(ctx, news)
	if err != nil {
		return nil, err
	}
	added, err := x.newlyAdded(ctx)
	if err != nil {
		return nil, err
	}
	for i, name := range news {
		rare := x.onlyKeys(name) && float64(values[i]) < rareShare*float64(all) && !added
		if values[i] > 0 && !rare && !slices.Contains(first, name) {
			falls = append(falls, ledger.Fall{Table: x.vendorName(), Before: values[i], Reason: ledger.ReasonColumn, What: name})
		}
	}
	return falls, nil
}

// unlistedFalls are the columns that had values at the last load and are not delivered
// now, of a dataset whose contract names none. Nothing else shows that a file is of the
// dataset.
func (x columns) unlistedFalls(ctx context.Context) ([]ledger.Fall, error) {
	if x.first() || x.Stream.Counts().Loaded == 0 { // without rows it is a fall of rows
		return nil, nil
	}
	have, err := database.ColumnsOf(ctx, x.DB, database.Vendor(x.Stream.Vendor))
	if err != nil {
		return nil, err
	}
	x.unlisted = nil
	for _, f := range x.Stream.Vendor.Fields {
		if !has(have, f.Name) {
			x.unlisted = append(x.unlisted, f.Name)
		}
	}
	var gone []string
	for i := range have {
		if name := have[i].Name; !strings.HasPrefix(name, "_") && x.Stream.Vendor.Field(name) == nil { // names of delivered columns do not begin so
			gone = append(gone, name)
		}
	}
	if gone == nil {
		return nil, nil
	}
	values, all, err := x.lastValues(ctx, gone)
	if err != nil {
		return nil, err
	}
	var falls []ledger.Fall
	for i, name := range gone {
		rare := x.Stream.Sparse && x.unlisted == nil && float64(values[i]) < rareShare*float64(all)
		if values[i] > 0 && !rare {
			falls = append(falls, ledger.Fall{Table: x.vendorName(), Before: values[i], Reason: ledger.ReasonColumn, What: name})
		}
	}
	return falls, nil
}

// news are the columns that parts lack now. first are those that new parts lack and without
// which their records cannot be read as they are meant. news are those that feed the common
// model and that the part did not lack at the last load.
func (x columns) news() (first, news []string) {
	feeds := x.Contract.Feeds()
	known := map[string]ledger.Part{}
	for _, c := range x.LastParts {
		known[c.Label] = c
	}
	for _, c := range x.covers() {
		last, ok := known[c.Label]
		if !ok && (x.first() || x.LastParts != nil) {
			first = append(first, x.Contract.Lacks(x.Common, c.Absent)...)
			continue
		}
		for _, name := range c.Absent {
			if slices.Contains(feeds, name) && !slices.Contains(last.Absent, name) && !slices.Contains(news, name) {
				news = append(news, name)
			}
		}
	}
	slices.Sort(first)
	slices.Sort(news)
	return slices.Compact(first), news
}

// onlyKeys reports whether the column is missing only in JSON records, which leave out keys
// without a value.
func (x columns) onlyKeys(name string) bool {
	for _, a := range x.Stream.Absent {
		if slices.Contains(a.Headers, name) {
			return false
		}
	}
	return true
}

// lastValues counts the values that the last load had in columns, and its rows.
func (x columns) lastValues(ctx context.Context, names []string) (values []int64, all int64, err error) {
	values = make([]int64, len(names))
	have, err := database.ColumnsOf(ctx, x.DB, database.Vendor(x.Stream.Vendor))
	if err != nil || have == nil {
		return values, 0, err
	}
	counts, into := []database.SQL{"count(*)"}, []any{&all}
	for i, name := range names {
		if has(have, name) {
			counts, into = append(counts, "count("+database.Ident(name)+")"), append(into, &values[i])
		}
	}
	err = x.DB.Row(ctx, "select "+database.Join(counts, ", ")+" from "+x.vendorRows()).Scan(into...)
	return values, all, err
}

func has(columns []database.Column, name string) bool {
	return slices.ContainsFunc(columns, func(c database.Column) bool { return c.Name == name })
}

// newlyMissing lists the contract columns that are missing and that the last load had.
func (x columns) newlyMissing(ctx context.Context) (missing []string, err error) {
	for _, d := range x.Stream.Drift {
		if d.Change != "column_missing" {
			continue
		}
		before, err := x.hadDrift(ctx, d)
		if err != nil {
			return nil, err
		}
		if !before {
			missing = append(missing, d.Column)
		}
	}
	return missing, nil
}

// newlyAdded reports whether something unknown is delivered that was not
// delivered at the last load.
func (x columns) newlyAdded(ctx context.Context) (bool, error) {
	for _, d := range x.Stream.Drift {
		if d.Change == "column_added" {
			if before, err := x.hadDrift(ctx, d); err != nil || !before {
				return true, err
			}
		}
	}
	return false, nil
}

func (x columns) hadDrift(ctx context.Context, d schemas.Drift) (bool, error) {
	return ledger.HadDrift(ctx, x.DB, x.Last.Run, x.ID(), d)
}

// maxUnknown is how many unknown columns a message names.
const maxUnknown = 20

// tellNames adds to h what the missing columns are made of, which unknown ones were
// delivered, and the contract with which missing ones are read under their new names.
func (x columns) tellNames(h *HeldError, falls []ledger.Fall) {
	falls = slices.DeleteFunc(slices.Clone(falls), func(f ledger.Fall) bool { return f.Column() == "" })
	if len(falls) == 0 {
		return
	}
	if !x.Contract.Typed() {
		h.unlisted, h.Unknown = true, short(x.unlisted)
		return
	}
	var unknown, missing, absent []string
	for _, d := range x.Stream.Drift {
		switch d.Change {
		case "column_added":
			unknown = append(unknown, d.Column)
		case "column_missing":
			absent = append(absent, d.Column)
		}
	}
	h.headers = map[string]string{}
	for i := range falls {
		name := falls[i].What
		if falls[i].Reason == ledger.ReasonValues {
			made, columns := x.madeOf(falls[i])
			h.headers[falls[i].Column()] = "made of " + strings.Join(made, ", ")
			if len(unknown) > 0 {
				missing = append(missing, columns...)
			}
			continue
		}
		missing = append(missing, name)
		if col := x.Contract.Column(name); col != nil && len(col.From) > 0 {
			h.headers[name] = strings.Join(col.From, " or ")
		}
	}
	if missing = slices.Compact(missing); len(missing) > 0 {
		h.Override = x.Contract.Override(missing, slices.Concat(missing, absent), unknown)
	}
	h.Unknown = short(unknown)
}

func short(names []string) []string {
	if len(names) > maxUnknown {
		return append(names[:maxUnknown:maxUnknown], "…")
	}
	return names
}

// madeOf names what a column of a common table is made of: names for a message, and the
// columns of the contract.
func (x columns) madeOf(f ledger.Fall) (names, columns []string) {
	table := strings.TrimPrefix(f.Table, schemas.CommonSchema+".")
	target, member, _ := strings.Cut(f.What, ".")
	for _, m := range x.Contract.Mappings(x.Common) {
		if m.Table != table || m.Target != target || m.Column == "" || m.Rule == schemas.Decides || member != "" && m.Column != member {
			continue
		}
		name := m.Describe()
		if col := x.Contract.Column(m.Column); col != nil && len(col.From) > 0 {
			name = strings.TrimSuffix(strings.TrimPrefix(col.From[0], "$.")+": "+m.Path.String(), ": ")
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if m.Path == nil && !slices.Contains(columns, m.Column) {
			columns = append(columns, m.Column)
		}
	}
	return names, columns
}
