package vendorsim

import (
	"maps"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
)

// Truth is what was planted in one generation.
type Truth = company.Truth

// Truth is what is planted in the current generation.
func (s *Sim) Truth() Truth { return s.now().truth }

// TruthAt is what was planted in an earlier generation; ok is false when there
// is none of that number.
func (s *Sim) TruthAt(generation int) (t Truth, ok bool) {
	if sn := s.at(generation); sn != nil {
		return sn.truth, true
	}
	return Truth{}, false
}

// Table is what a dataset delivers in one generation, free of its form: no
// quoting, no encoding, no damage. Planted bad records are not in it.
type Table struct {
	Dataset string
	Columns []string // as the vendor's page writes them; camelCase for Oleria
	Rows    []Row    // in the order of delivery
}

// Row is one record. Rows of the datasets that arrive as JSON objects of
// SailPoint have one cell: the object.
type Row struct {
	Key   string // native to the dataset, unique, the same in all generations
	Part  string // integration, potential role or insight that it came with
	Cells []string
}

// Datasets are the names of all datasets, sorted: balkanid.admins first.
func (s *Sim) Datasets() []string {
	var out []string
	for _, set := range s.now().sets() {
		for _, name := range set.Datasets {
			if !strings.Contains(name, "#") {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Table is a dataset in a generation; ok is false when there is no such
// dataset or generation.
func (s *Sim) Table(dataset string, generation int) (out Table, ok bool) {
	sn := s.at(generation)
	if sn == nil || sn.table(dataset) == nil {
		return Table{}, false
	}
	t := sn.table(dataset)
	out.Dataset = dataset
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, strings.TrimSuffix(c.Name, "*"))
	}
	for _, r := range t.Rows {
		out.Rows = append(out.Rows, Row{r.Key, r.Part, slices.Clone(r.Cells)})
	}
	return out, true
}

// Records are the records of a dataset in a generation: native key to all
// delivered values, joined by U+001F. It is nil when there is no such dataset
// or generation. Whether a request is open or completed is no value of its
// own and counts only where a value shows it.
func (s *Sim) Records(dataset string, generation int) map[string]string {
	sn := s.at(generation)
	if sn == nil || sn.table(dataset) == nil {
		return nil
	}
	out := make(map[string]string, len(sn.table(dataset).Rows))
	for _, r := range sn.table(dataset).Rows {
		out[r.Key] = strings.Join(r.Cells, "\x1f")
	}
	return out
}

// Change is how the records of a dataset differ between two generations, by
// native key, each list sorted.
type Change struct {
	Added, Removed, Changed []string
}

// Diff compares two generations of a dataset.
func (s *Sim) Diff(dataset string, from, to int) Change {
	var c Change
	old, now := s.Records(dataset, from), s.Records(dataset, to)
	for _, k := range slices.Sorted(maps.Keys(now)) {
		switch was, ok := old[k]; {
		case !ok:
			c.Added = append(c.Added, k)
		case was != now[k]:
			c.Changed = append(c.Changed, k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(old)) {
		if _, ok := now[k]; !ok {
			c.Removed = append(c.Removed, k)
		}
	}
	return c
}
