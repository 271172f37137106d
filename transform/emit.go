package transform

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/fingerprint"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// emitter is one emit of the contract, compiled: it makes rows of a common table.
type emitter struct {
	table        *schemas.Table
	before       []condition     // on the record
	wants        []int           // columns that must have a value
	inside       [][][]scan.Step // for each of wants that is JSON: the members that the contract reads
	each         kernel          // the list of whose items rows are made, or its raw JSON; nil without `each`
	list         string          // name of that list, for rejects
	deep         bool            // items must be objects
	aside        bool            // a list that cannot be read costs its rows alone
	after        []condition     // on the item
	set          []kernel        // by field of the table; nil where it stays NULL
	key          int             // field of the key, or -1
	needs        []int           // fields that must not be NULL, the key first
	nullFindings []int           // fields of which NULL is a finding
	naming       naming
	hasher       *hasher
	distinct     *fingerprint.Set // fingerprints of the rows made of the frame, shared by all emits of the table
	repeats      *repeats
}

// emitted is what an emitter made of a frame, with rows of rejects and repeats.
type emitted struct {
	scope *scope
	cols  []arrow.Array
	lack  map[int32]bool // rows that lack a key, or an end of an edge, and are left out
}

// compile compiles an emit. Its error is one of the contract or the common model.
func (p *program) compile(e *schemas.Emit, common *schemas.Common) (*emitter, error) {
	out := &emitter{table: common.Table(e.Table), key: -1, aside: e.Aside}
	if out.table == nil {
		return nil, fmt.Errorf("emit %s: no such table", e.Table)
	}
	n := p.names()
	if e.Each != nil {
		c := compiler{p: p, names: &n, field: e.Table + ".each", worth: wholeRecord}
		var t schemas.Type
		out.each, t = c.each(e.Each)
		out.list, out.deep = nameOf(e.Each.Column, e.Each.Path), looksInside(e)
		n.item = schemas.JSON
		if t == schemas.List {
			n.item = schemas.Text
		}
	}
	for i := range e.When {
		c := compiler{p: p, names: &n, field: e.Table + ".when", list: out.list, worth: wholeRecord}
		cond := c.condition(&e.When[i])
		if e.When[i].Value.Column == schemas.Item {
			out.after = append(out.after, cond)
		} else {
			out.before = append(out.before, cond)
		}
	}
	for _, name := range e.Needs {
		at, _ := n.at(name)
		out.wants, out.inside = append(out.wants, at), append(out.inside, p.membersOf(name, common))
	}
	out.set = make([]kernel, len(out.table.Fields))
	for i := range e.Set {
		a := &e.Set[i]
		at := slices.IndexFunc(out.table.Fields, func(f schemas.Field) bool { return f.Name == a.Target })
		c := compiler{p: p, names: &n, field: e.Table + "." + a.Target, list: out.list}
		if a.Target == out.table.Key {
			out.key, out.needs = at, slices.Insert(out.needs, 0, at)
			c.worth = wholeRecord
		} else if slices.Contains(out.table.Needs, a.Target) {
			out.needs = append(out.needs, at)
			c.worth = wholeRecord
		} else if out.table.Fields[at].NullFinding != "" {
			c.worth = wholeRecord
		}
		out.set[at] = c.assign(&a.Value, &out.table.Fields[at])
	}
	out.nullFindings = nullFindings(out.table)
	p.keepWords(out, e, &n)
	out.naming = p.naming(e, out.table, &n)
	var err error
	if out.hasher, err = newHasher(out.table.Fields); err != nil {
		return nil, fmt.Errorf("table %s: %w", e.Table, err)
	}
	if out.repeats, err = newRepeats(e, &n, p.vendor.Fields); err != nil {
		return nil, err
	}
	return out, nil
}

// keepWords fills <target>_raw with the vendor's own word where target is
// mapped and the contract does not set the column itself.
func (p *program) keepWords(out *emitter, e *schemas.Emit, n *names) {
	for i := range e.Set {
		a := &e.Set[i]
		at := slices.IndexFunc(out.table.Fields, func(f schemas.Field) bool { return f.Name == a.Target+"_raw" })
		if at < 0 || out.set[at] != nil || !maps(&a.Value) {
			continue
		}
		c := compiler{p: p, names: n, field: e.Table + "." + a.Target + "_raw"}
		out.set[at] = c.words(&a.Value)
	}
}

// maps tells whether x maps words anywhere.
func maps(x *schemas.Expr) bool {
	return x.Values != nil || slices.ContainsFunc(x.First, func(f schemas.Expr) bool { return maps(&f) })
}

// run makes the rows of one frame; with short, not of records that repeat earlier
// ones in all that the emit reads.
func (e *emitter) run(b *run, short bool) []*emitted {
	s := b.all()
	if short {
		s = e.repeats.only(b, s)
	}
	s = filtered(s, e.before)
	e.wanting(s)
	if e.each != nil && s.n > 0 {
		if s = e.explode(s); e.deep {
			s = e.objects(s)
		}
		s = filtered(s, e.after)
	}
	if s.n == 0 || b.err != nil {
		s.release()
		return nil
	}
	out := &emitted{scope: s, cols: make([]arrow.Array, len(e.set))}
	for i, k := range e.set {
		if k == nil {
			out.cols[i] = b.nulls(e.table.Fields[i].Type, s.n)
		} else {
			out.cols[i] = k(s)
		}
	}
	out.lack = e.lacking(s, out.cols)
	b.nullFinding = b.nullFinding || e.hasNullFinding(out.cols)
	return []*emitted{out}
}

// explode makes the scope of the items of the lists of s. It takes s over: the
// caller must not use or release s any more.
func (e *emitter) explode(s *scope) *scope {
	lists := e.each(s)
	defer lists.Release()
	if e.deep && !e.aside {
		e.refuseScalars(s, lists)
	}
	out := &scope{b: s.b, rows: []int32{}}
	var items []byte
	var ends []int
	var of []int32
	eachListItem(lists, e.deep, func(i, place int, item []byte) {
		items = append(items, item...)
		ends = append(ends, len(items))
		of = append(of, int32(i))
		out.place = append(out.place, int32(place))
		out.rows = append(out.rows, row(s.rows, i))
	})
	out.n = len(out.rows)
	vals := columns.NewTexts(s.b.mem, out.n, min(len(items), 1<<30))
	from := 0
	for _, end := range ends {
		vals.Add(items[from:end])
		from = end
	}
	out.item = s.b.text(vals)
	out.within(s, func(i int) int32 { return of[i] })
	if out.lent {
		out.lent = false
	} else {
		s.release()
	}
	return out
}

// eachListItem calls f with each item of each value of a list column, or of a
// column of JSON arrays; a value that is no array counts as a list of itself.
// Items that say nothing (null, "") are left out unless all are wanted.
func eachListItem(lists arrow.Array, all bool, f func(i, place int, item []byte)) {
	if a, ok := lists.(*array.List); ok {
		v, off := columns.ViewText(a.ListValues()), a.Offsets()
		for i := range a.Len() {
			for k := off[i]; k < off[i+1] && a.IsValid(i); k++ {
				f(i, int(k-off[i]), v.At(int(k)))
			}
		}
		return
	}
	v := columns.ViewText(lists)
	for i := range lists.Len() {
		if v.Null(i) {
			continue
		}
		list := scan.Trim(v.At(i))
		if list[0] != '[' {
			f(i, 0, list)
			continue
		}
		place := 0
		scan.EachItem(list, func(raw []byte) {
			if _, ok := scan.Text(raw); ok || all {
				f(i, place, raw)
			}
			place++
		})
	}
}

// emits runs all emits. It first leaves out records that repeat others. That is
// right only if there is no reject, no finding and no key made of the fingerprint
// of a record; otherwise all emits run a second time, in full.
func (b *run) emits() (made [][]*emitted) {
	b.before = b.found.Clone()
	short := len(b.rejected) == 0 && len(b.items) == 0 && b.prints == nil && !b.p.o.inFull
	for _, e := range b.p.emits {
		made = append(made, e.run(b, short))
	}
	if !short {
		return made
	}
	if len(b.rejected) > 0 || len(b.items) > 0 || b.emitFindings.Counts != nil || b.prints != nil || b.nullFinding {
		return b.emitsInFull(made)
	}
	for _, e := range b.p.emits {
		e.repeats.remember()
	}
	return made
}

// emitsInFull undoes what the emits made, and runs them with all records.
func (b *run) emitsInFull(made [][]*emitted) [][]*emitted {
	for i, sets := range made {
		for _, m := range sets {
			m.release()
		}
		e := b.p.emits[i]
		if e.repeats.readsPrint && b.prints != nil {
			e.repeats.giveUp() // where one record needs its fingerprint, more will
		}
	}
	clear(b.rejected)
	clear(b.faults)
	b.found = b.before
	clear(b.lost)
	b.items, b.emitFindings = b.items[:0], frame.Findings{}
	made = made[:0]
	for _, e := range b.p.emits {
		made = append(made, e.run(b, false))
	}
	return made
}

// commonBatches adds the rows of a common table that are no rejects, each
// distinct row once a frame, and releases what the emitter made.
func (b *run) commonBatches(out []schemas.Batch, e *emitter, sets []*emitted) []schemas.Batch {
	for _, m := range sets {
		if b.err == nil {
			out = b.commonBatch(out, e, m)
		}
		m.release()
	}
	return out
}

func (m *emitted) release() {
	release(m.cols)
	m.scope.release()
}

func (b *run) commonBatch(out []schemas.Batch, e *emitter, m *emitted) []schemas.Batch {
	hashes := e.hasher.rows(m.cols, m.scope.n)
	sel := make([]int32, 0, m.scope.n)
	var rejected []int32
	for i, h := range hashes {
		if len(b.rejected) > 0 {
			if _, is := b.rejected[row(m.scope.rows, i)]; is {
				rejected = append(rejected, int32(i))
				continue
			}
		}
		if !m.lack[int32(i)] && e.distinct.Add(h) {
			sel = append(sel, int32(i))
		}
	}
	b.keepKeys(e, m, rejected)
	b.findNulls(e, m)
	if len(sel) == 0 {
		return out
	}
	cols, rows := m.cols, m.scope.rows
	if len(sel) < m.scope.n {
		cols, rows = make([]arrow.Array, len(m.cols)), make([]int32, len(sel))
		for i, a := range m.cols {
			cols[i] = b.gather(a, sel)
		}
		for i, k := range sel {
			rows[i] = row(m.scope.rows, int(k))
		}
		defer release(cols)
	}
	hash := b.hashArray(hashes, sel, len(sel))
	defer hash.Release()
	return b.batch(out, e.table, cols, rows, len(sel), hash)
}

// condition is one entry of `when`. With in nil it asks whether value is present.
type condition struct {
	value   kernel
	in      map[string]bool
	present bool
	not     bool
}

func (c *compiler) condition(w *schemas.Condition) condition {
	k, t := c.source(&w.Value)
	if w.Empty && w.Value.Column != schemas.Item && w.Value.Path == nil {
		column, _ := c.names.at(w.Value.Column)
		k = func(s *scope) arrow.Array {
			a := s.delivered(column)
			a.Retain()
			return a
		}
	}
	if w.In == nil {
		return condition{value: k, present: w.Present}
	}
	out := condition{value: asText(k, t), in: map[string]bool{}, not: w.Not}
	for _, word := range w.In {
		out.in[strings.ToLower(word)] = true
	}
	return out
}

// filtered keeps the rows of a scope for which all conditions hold. It takes s over.
func filtered(s *scope, conds []condition) *scope {
	if sel := s.matching(conds); len(sel) < s.n {
		return s.filter(sel)
	}
	return s
}

// matching lists the rows of s for which all conditions hold.
func (s *scope) matching(conds []condition) []int32 {
	sel := make([]int32, s.n)
	for i := range sel {
		sel[i] = int32(i)
	}
	for i := range conds {
		if len(sel) == 0 {
			break
		}
		sel = conds[i].keep(s, sel)
	}
	return sel
}

// keep drops from sel the rows for which c does not hold.
func (c *condition) keep(s *scope, sel []int32) []int32 {
	a := c.value(s)
	defer a.Release()
	out := sel[:0]
	if c.in == nil {
		for _, i := range sel {
			if a.IsValid(int(i)) == c.present {
				out = append(out, i)
			}
		}
		return out
	}
	v := columns.ViewText(a)
	for _, i := range sel {
		if (!v.Null(int(i)) && hasWord(c.in, v.At(int(i)))) != c.not {
			out = append(out, i)
		}
	}
	return out
}

func hasWord(words map[string]bool, s []byte) bool {
	s = scan.Trim(s)
	return words[string(s)] || words[string(bytes.ToLower(s))]
}
