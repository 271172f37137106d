package transform

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// layout says where the columns of a contract are in one text: which slots
// (raw columns) a framer fills and what each is for.
type layout struct {
	frame.Layout
	column   []int     // contract column -> slot, or -1
	constant []*string // contract column -> text that fills it where no record does: from the request or the document
	extras   []extra   // slots that no column claims, in the order of the header
	mode     schemas.Format
	// The rest is for CSV only.
	keys      []bool      // header positions that keys are made of
	means     bool        // rows of the common model are made of the records
	own       []bool      // slots of the keys of a record's own rows
	alone     []bool      // those of them that make a key by themselves
	emails    []bool      // slots of addresses
	typed     []bool      // slots of what is no text
	ways      [][]int     // slots of each way to make such a key of several columns
	contested []contested // columns that several headers could deliver
}

// extra is a slot that is kept in schemas.ExtraColumn under name.
type extra struct {
	name   string
	slot   int
	hidden bool // may hold what a mask of the contract hides
	hide   hide // what else it may not show
}

// documentPrefix marks a `from` that is a member of the document around the
// records.
const documentPrefix = "$."

// constants are the texts that the request (or the document) gives to columns.
func constants(cols []schemas.Column, in *Input, document map[string]string) []*string {
	out := make([]*string, len(cols))
	for i := range cols {
		if v, ok := in.Context[cols[i].Context]; ok && cols[i].Context != "" {
			out[i] = &v
		}
		for _, from := range cols[i].From {
			name, ok := strings.CutPrefix(from, documentPrefix)
			if !ok {
				continue
			}
			if v, ok := document[schemas.NormalHeader(name)]; ok {
				out[i] = &v
				break
			}
		}
	}
	return out
}

// csvLayout matches a header with the columns. It returns the drift, or an
// *Error when the header cannot be that of the dataset.
func (p *program) csvLayout(f frame.Layout, in *Input) (*layout, []schemas.Drift, error) {
	header := f.Header
	l := &layout{Layout: f, mode: schemas.CSV, keys: make([]bool, len(header)),
		column: make([]int, len(p.cols)), constant: constants(p.cols, in, nil)}
	l.Report, l.Remark = l.footer, l.single
	byName, dup := p.headerNames(header)
	drift, err := l.claim(p, byName)
	if err != nil {
		return nil, nil, err
	}
	if !p.text {
		if err := p.identify(header); err != nil {
			return nil, nil, err
		}
	}
	l.trailing(p)
	l.contested = l.contestedColumns(p)
	for i, h := range header {
		if l.Want[i] >= 0 || p.text {
			continue
		}
		name := strings.TrimFunc(h, schemas.IsBlank)
		switch {
		case name == "":
			name = "#" + strconv.Itoa(i+1)
		case dup[i] > 1:
			name = fmt.Sprintf("%s#%d", name, dup[i])
		}
		l.Want[i] = int32(l.Slots)
		l.extras = append(l.extras, extra{name: name, slot: l.Slots, hidden: p.hidden[schemas.NormalHeader(h)], hide: p.hiddenUnder([]byte(h))})
		l.Slots++
		drift = append(drift, added(name))
	}
	if !p.text {
		l.identifying(p)
	}
	return l, drift, nil
}

// headerNames is where each name stands in a header first, in the form in which
// names are compared, and which time each column's name stands there.
func (p *program) headerNames(header []string) (byName map[string]int, nth []int) {
	byName, nth = map[string]int{}, make([]int, len(header))
	seen := map[string]int{}
	for i, h := range header {
		n := p.headerKey(h)
		seen[n]++
		nth[i] = seen[n]
		if p.text {
			n = textKey(n, nth[i])
		}
		if _, ok := byName[n]; !ok && n != "" {
			byName[n] = i
		}
	}
	return byName, nth
}

// claim gives each column the first of its names that the header has.
func (l *layout) claim(p *program, byName map[string]int) (drift []schemas.Drift, err error) {
	for c := range p.cols {
		col := &p.cols[c]
		l.column[c] = -1
		at, ok := p.headerOf(col, byName)
		switch {
		case ok && l.Want[at] >= 0: // two columns out of one header
			l.column[c] = int(l.Want[at])
		case ok:
			l.Want[at] = int32(l.Slots)
			l.column[c] = l.Slots
			l.Slots++
		case l.constant[c] != nil || p.text:
		case col.Required && col.Context != "": // of a file that somebody named
			return nil, frame.Fault(frame.KindHeader, fmt.Sprintf("say it in the name of the file: %s.%s=VALUE.csv, with %%20 for a blank and %%2F for a slash", p.contract.Plural(), col.Context),
				"no column has %s, and the name of the file does not say it", col.Name)
		case col.Required:
			return nil, frame.Fault(frame.KindHeader, p.override([]string{col.Name}, l.Header),
				"required column %s is missing; the header has: %s", col.Name, frame.Listing(l.Header))
		case len(col.From) > 0:
			drift = append(drift, missing(col))
		}
		if ok {
			l.constant[c] = nil
		}
	}
	return drift, nil
}

// headerOf is where the header of a column stands.
func (p *program) headerOf(col *schemas.Column, byName map[string]int) (at int, ok bool) {
	for _, from := range col.From {
		if at, ok = byName[p.headerKey(from)]; ok {
			return at, true
		}
	}
	return -1, false
}

func missing(col *schemas.Column) schemas.Drift {
	return schemas.Drift{Change: "column_missing", Column: col.Name, Detail: "none of " + frame.Listing(col.From) + " was delivered"}
}

// headerKey is the form in which headers are compared: normalised for a
// contract, exact for a text dataset, whose columns are the headers.
func (p *program) headerKey(h string) string {
	if p.text {
		return schemas.BareHeader(h)
	}
	return schemas.NormalHeader(h)
}

// textKey tells columns of a text dataset apart that have the same header.
func textKey(h string, nth int) string {
	if nth < 2 {
		return h + "\x00"
	}
	return h + "\x00" + strconv.Itoa(nth)
}

// textColumns makes the columns of a text dataset out of the keys met, in
// their order. Names that collide get _2, _3.
func textColumns(keys []string) []schemas.Column {
	cols := make([]schemas.Column, 0, len(keys))
	taken := map[string]bool{}
	for _, k := range keys {
		h, _, _ := strings.Cut(k, "\x00")
		name := schemas.ColumnName(h)
		for n, base := 2, name; taken[name] || name == schemas.Item; n++ {
			name = base + "_" + strconv.Itoa(n)
		}
		taken[name] = true
		cols = append(cols, schemas.Column{Name: name, From: []string{k}, Type: schemas.Text})
	}
	return cols
}

// hiddenNames are the normalised names under which masked columns may arrive:
// what comes under such a name but is no column is hidden as well.
func hiddenNames(cols []schemas.Column) map[string]bool {
	out := map[string]bool{}
	for i := range cols {
		if len(cols[i].Mask) > 0 {
			for _, from := range cols[i].From {
				out[schemas.NormalHeader(from)] = true
			}
		}
	}
	return out
}

// jsonLayout is the layout of JSON records: one slot a column, and one for
// all that no column claims.
func (p *program) jsonLayout(in *Input, document map[string]string) *layout {
	l := &layout{Layout: frame.Layout{Dialect: frame.Dialect{EOL: '\n'}}, mode: schemas.JSONs, column: make([]int, len(p.cols)), constant: constants(p.cols, in, document)}
	for c := range p.cols {
		l.column[c] = -1
		if slices.ContainsFunc(p.cols[c].From, func(f string) bool { return !strings.HasPrefix(f, documentPrefix) }) {
			l.column[c] = l.Slots
			l.Slots++
		}
	}
	l.Members = l.Slots
	l.Slots++
	return l
}
