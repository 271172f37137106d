package load

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// rareShare is the share of records below which the absence of a key from all
// JSON records may be chance.
const rareShare = 0.2

// columnFalls are the columns whose absence is news and changes what rows mean:
// at a first load those of which keys are made, later those that had values.
func (l *loading) columnFalls(ctx context.Context) ([]Fall, error) {
	if !l.c.Typed() {
		return l.unlistedFalls(ctx)
	}
	first, news := l.news()
	var falls []Fall
	for _, name := range first {
		falls = append(falls, Fall{Table: l.vendorName(), Reason: ReasonColumn, What: name})
	}
	if l.last.run == "" || len(news) == 0 {
		return falls, nil
	}
	if l.lastParts == nil { // a file of before parts were known
		missed, err := l.newlyMissing(ctx)
		if err != nil {
			return nil, err
		}
		news = slices.DeleteFunc(news, func(name string) bool { return !slices.Contains(missed, name) })
	}
	values, all, err := l.lastValues(ctx, news)
	if err != nil {
		return nil, err
	}
	added, err := l.newlyAdded(ctx)
	if err != nil {
		return nil, err
	}
	for i, name := range news {
		rare := l.onlyKeys(name) && float64(values[i]) < rareShare*float64(all) && !added
		if values[i] > 0 && !rare && !slices.Contains(first, name) {
			falls = append(falls, Fall{Table: l.vendorName(), Before: values[i], Reason: ReasonColumn, What: name})
		}
	}
	return falls, nil
}

// unlistedFalls are the columns that had values at the last load and do not
// come now, of a dataset whose contract names none: nothing else tells that a
// file is of the dataset.
func (l *loading) unlistedFalls(ctx context.Context) ([]Fall, error) {
	if l.last.run == "" || l.sinks[l.s.Vendor].taken == 0 { // without rows these tell
		return nil, nil
	}
	have, err := l.w.columns(ctx, vendorLayout(l.s.Vendor))
	if err != nil {
		return nil, err
	}
	l.unlisted = nil
	for _, f := range l.s.Vendor.Fields {
		if find(have, f.Name) == nil {
			l.unlisted = append(l.unlisted, f.Name)
		}
	}
	var gone []string
	for i := range have {
		if name := have[i].name; !strings.HasPrefix(name, "_") && l.s.Vendor.Field(name) == nil { // no delivered column is named so
			gone = append(gone, name)
		}
	}
	if gone == nil {
		return nil, nil
	}
	values, all, err := l.lastValues(ctx, gone)
	if err != nil {
		return nil, err
	}
	var falls []Fall
	for i, name := range gone {
		rare := l.s.Sparse && l.unlisted == nil && float64(values[i]) < rareShare*float64(all)
		if values[i] > 0 && !rare {
			falls = append(falls, Fall{Table: l.vendorName(), Before: values[i], Reason: ReasonColumn, What: name})
		}
	}
	return falls, nil
}

// news are the columns that parts lack now and did not lack at the last load:
// first those of parts that are new, without which these cannot be read as they
// are meant, then those that feed the common model.
func (l *loading) news() (first, news []string) {
	feeds := l.c.Feeds()
	known := map[string]covered{}
	for _, c := range l.lastParts {
		known[c.label] = c
	}
	for _, c := range l.covers() {
		last, ok := known[c.label]
		if !ok && (l.last.run == "" || l.lastParts != nil) {
			first = append(first, l.c.Lacks(l.w.opt.Set.Common, c.absent)...)
			continue
		}
		for _, name := range c.absent {
			if slices.Contains(feeds, name) && !slices.Contains(last.absent, name) && !slices.Contains(news, name) {
				news = append(news, name)
			}
		}
	}
	slices.Sort(first)
	slices.Sort(news)
	return slices.Compact(first), news
}

// onlyKeys reports whether the column is missed in JSON records only.
func (l *loading) onlyKeys(name string) bool {
	for _, a := range l.s.Absent {
		if slices.Contains(a.Headers, name) {
			return false
		}
	}
	return true
}

// lastValues counts the values that the last load had in columns, and its rows.
func (l *loading) lastValues(ctx context.Context, names []string) (values []int64, all int64, err error) {
	values = make([]int64, len(names))
	have, err := l.w.columns(ctx, vendorLayout(l.s.Vendor))
	if err != nil || have == nil {
		return values, 0, err
	}
	counts, into := []string{"count(*)"}, []any{&all}
	for i, name := range names {
		if find(have, name) != nil {
			counts, into = append(counts, "count("+ident(name)+")"), append(into, &values[i])
		}
	}
	err = l.w.db.QueryRowContext(ctx, fmt.Sprintf("select %s from %s where %s", strings.Join(counts, ", "), qualified(l.s.Vendor), l.where())).Scan(into...)
	return values, all, err
}

// newlyMissing lists the contract columns that the last load still had.
func (l *loading) newlyMissing(ctx context.Context) (missing []string, err error) {
	for _, d := range l.s.Drift {
		if d.Change != "column_missing" {
			continue
		}
		before, err := l.hadDrift(ctx, d)
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
func (l *loading) newlyAdded(ctx context.Context) (bool, error) {
	for _, d := range l.s.Drift {
		if d.Change == "column_added" {
			if before, err := l.hadDrift(ctx, d); err != nil || !before {
				return true, err
			}
		}
	}
	return false, nil
}

func (l *loading) hadDrift(ctx context.Context, d schemas.Drift) (had bool, err error) {
	err = l.w.db.QueryRowContext(ctx, `select count(*) > 0 from meta.drift
		where run_id = ? and source = ? and dataset = ? and change = ? and column_name = ?`,
		l.last.run, l.e.Source, l.e.Dataset, d.Change, d.Column).Scan(&had)
	return had, err
}

// maxUnknown is how many unknown columns a message names.
const maxUnknown = 20

// tellNames adds to h what its columns are made of, which unknown ones came, and
// the contract by which missing ones are read under their new names.
func (l *loading) tellNames(h *HeldError, falls []Fall) {
	falls = slices.DeleteFunc(slices.Clone(falls), func(f Fall) bool { return f.column() == "" })
	if len(falls) == 0 {
		return
	}
	if !l.c.Typed() {
		h.unlisted, h.Unknown = true, short(l.unlisted)
		return
	}
	var unknown, missing []string
	for _, d := range l.s.Drift {
		if d.Change == "column_added" {
			unknown = append(unknown, d.Column)
		}
	}
	h.headers = map[string]string{}
	for i := range falls {
		name := falls[i].What
		if falls[i].Reason == ReasonValues {
			made, columns := l.madeOf(falls[i])
			h.headers[falls[i].column()] = "made of " + strings.Join(made, ", ")
			if len(unknown) > 0 {
				missing = append(missing, columns...)
			}
			continue
		}
		missing = append(missing, name)
		if col := l.c.Column(name); col != nil && len(col.From) > 0 {
			h.headers[name] = strings.Join(col.From, " or ")
		}
	}
	if missing = slices.Compact(missing); len(missing) > 0 {
		h.Override = l.c.Override(missing, unknown)
	}
	h.Unknown = short(unknown)
}

func short(names []string) []string {
	if len(names) > maxUnknown {
		return append(names[:maxUnknown:maxUnknown], "…")
	}
	return names
}
