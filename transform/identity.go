package transform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// Whether a CSV header is that of the dataset. A file bears the name of a
// dataset by mistake, or the columns of another system: one header in common
// with the contract, such as Email, makes it nothing that the contract knows.

// fits tells how well a line is the header of the dataset.
func (p *program) fits(header []string) frame.Fit {
	byName, _ := p.headerNames(header)
	known := map[int]bool{}
	for i := range p.cols {
		col := &p.cols[i]
		at, ok := p.headerOf(col, byName)
		switch {
		case ok:
			known[at] = true
		case col.Required && col.Context == "":
			return frame.NoHeader
		}
	}
	switch {
	case p.identify(header) != nil:
		return frame.NoHeader
	case len(known) > 1 && 4*len(known) >= 3*len(byName):
		return frame.Surely
	}
	return frame.Likely
}

// fitting is fits where headers can be told from other lines at all: a text
// dataset has whatever columns come.
func (p *program) fitting() func([]string) frame.Fit {
	if p.text {
		return nil
	}
	return p.fits
}

// identify refuses the header of another dataset: at least half of it must be
// of the contract or, where it is the longer one, half of the contract in it;
// and a column must be there that keys are made of, if the contract makes any.
// Less of it will do where it has all that tells what a record is about.
func (p *program) identify(header []string) error {
	byName, _ := p.headerNames(header)
	claimed, columns, keys, found := map[int]bool{}, map[string]bool{}, 0, 0
	var absent, absentKeys []string
	for i := range p.cols {
		col := &p.cols[i]
		if !delivered(col) {
			continue
		}
		at, ok := p.headerOf(col, byName)
		if !ok && col.Context != "" {
			continue // the request may say it
		}
		columns[schemas.NormalHeader(col.From[0])] = true
		if ok {
			claimed[at] = true
		}
		if p.keys[col.Name] {
			keys++
			if ok {
				found++
			}
		}
		switch {
		case ok:
		case p.keys[col.Name]:
			absentKeys = append(absentKeys, col.Name)
		default:
			absent = append(absent, col.Name)
		}
	}
	if len(columns) == 0 {
		return nil
	}
	enough := min(len(columns), len(byName))
	share := 2*len(claimed) >= enough && len(claimed) >= min(enough, 2)
	if share && len(claimed) > 0 && (keys == 0 || found > 0) || p.namesSubject(header, len(claimed)) {
		return nil
	}
	what := fmt.Sprintf("%d of %d headers are columns of the contract", len(claimed), len(byName))
	switch {
	case len(claimed) == 0:
		what = "no column of the contract is in the header"
	case share:
		what = "no column that keys are made of is in the header"
	}
	if len(absentKeys) > 0 {
		absent = absentKeys
	}
	return frame.Fault(frame.KindHeader, p.override(absent[:min(len(absent), 3)], header), "%s, which has: %s", what, frame.Listing(header))
}

// namesSubject tells whether names, of which so many are columns, have all columns by
// which the contract tells what a record is about, so that the others may be a
// tenant's own. An id alone is in every list; more of the contract must stand by it.
func (p *program) namesSubject(names []string, known int) bool {
	byName := map[string]bool{}
	for _, name := range names {
		if name = p.headerKey(name); name != "" {
			byName[name] = true
		}
	}
	telling := map[string]bool{}
	for _, name := range slices.Concat(p.about...) {
		col := &p.cols[slices.IndexFunc(p.cols, func(c schemas.Column) bool { return c.Name == name })]
		if col.Context != "" || !delivered(col) {
			continue
		}
		telling[name] = true
		if !slices.ContainsFunc(col.From, func(from string) bool {
			return byName[p.headerKey(from)] || byName[p.headerKey(schemas.ParsePath(from)[0])]
		}) {
			return false
		}
	}
	switch len(telling) {
	case 0:
		return false
	case 1:
		if known < 5 || 3*known < len(byName) {
			return false
		}
	}
	if known < 4 || 4*known < len(byName) {
		return false
	}
	own := likenessOf(p.contract, names).known
	return !slices.ContainsFunc(p.o.Contracts, func(c *schemas.Contract) bool {
		return c.Typed() && c.Dataset != p.contract.Dataset && likenessOf(c, names).known > own
	})
}

// delivered tells whether a header or key may deliver the column.
func delivered(c *schemas.Column) bool {
	return slices.ContainsFunc(c.From, func(from string) bool { return !strings.HasPrefix(from, documentPrefix) })
}

// override is the advice to name headers of columns in a contract of one's own,
// ready to be written down.
func (p *program) override(columns, header []string) string {
	byName, _ := p.headerNames(header)
	var missing []string
	header = slices.Clone(header)
	for i := range p.cols {
		if at, ok := p.headerOf(&p.cols[i], byName); ok {
			header[at] = ""
		} else {
			missing = append(missing, p.cols[i].Name)
		}
	}
	unknown := slices.DeleteFunc(header, func(h string) bool { return schemas.NormalHeader(h) == "" })
	return "give the file the name of the dataset it is of; if it is this one under other names, put them into a contract of your own: " +
		frame.Clip(p.contract.Override(columns, missing, unknown), 400)
}

// maxListed is how many columns an override names; the others are kept in
// schemas.ExtraColumn.
const maxListed = 20

// listed is a contract, on one line of YAML, that names the headers as columns.
func (p *program) listed(names []string) string {
	var parts []string
	taken := map[string]bool{}
	for _, name := range names {
		column := schemas.ColumnName(name)
		if schemas.NormalHeader(name) == "" || taken[column] || len(name) > 100 || len(parts) == maxListed {
			continue
		}
		taken[column] = true
		parts = append(parts, fmt.Sprintf("%s: {from: [%s], type: text}", column, schemas.Flow(frame.Clip(name, 100))))
	}
	return fmt.Sprintf("{dataset: %s, columns: {%s}}", p.contract.Dataset, strings.Join(parts, ", "))
}

// keyColumns are the columns that the keys of a contract's rows are made of.
func keyColumns(c *schemas.Contract, common *schemas.Common) map[string]bool {
	out := map[string]bool{}
	for _, n := range c.Needs(common) {
		if !strings.HasSuffix(n.Target, "_key") {
			continue
		}
		for _, w := range n.Ways {
			for _, name := range w.Columns {
				out[name] = true
			}
		}
	}
	return out
}

// trailing finds how far a record may be shorter than the header, where the
// contract says that its writer omits empty cells at the end, and whether the
// header can be trusted to stand over the right cells where records have one
// empty cell more.
func (l *layout) trailing(p *program) {
	last, gap := -1, false
	l.Aligned = !p.text // without a contract nobody knows which columns there should be
	for c := range p.cols {
		col := &p.cols[c]
		if !delivered(col) {
			continue
		}
		if l.column[c] < 0 {
			gap = true
			continue
		}
		if gap {
			l.Aligned = false
		}
		at := slices.Index(l.Want, int32(l.column[c]))
		l.keys[at] = l.keys[at] || p.keys[col.Name]
		if col.Required || l.keys[at] {
			last = max(last, at)
		}
	}
	if p.contract.ShortRows == schemas.PadShortRows {
		l.Least = max(last+1, 2)
		l.Words = p.wordsMapped(l)
	}
}
