package transform

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/fingerprint"
	"github.com/accessmart/accessmart/transform/frame"
)

// program is a contract compiled for one export. 'A column' is one of cols.
type program struct {
	o            *Options
	contract     *schemas.Contract
	cols         []schemas.Column  // of the vendor table, without schemas.ExtraColumn
	forms        bool              // files of the dataset differ in their columns
	text         bool              // the contract names no columns: they are the headers met, all text
	firstMembers map[string]bool   // with text: normalised keys of the first record of each JSON text
	log          bool              // with text: the records are a log, whose members are those of messages
	keys         map[string]bool   // columns that keys are made of
	ways         [][]string        // the columns of each way to make the key of a row of any table
	about        [][]string        // those for the first table with a key: they say what a record is about
	decides      map[string]bool   // columns that name somebody or decide what a record means
	hidden       map[string]bool   // normalised names under which a masked column may arrive
	readers      []reader          // by column
	trust        []trust           // by column: how closely its texts are checked
	known        []map[string]bool // by column: the words that it may have; nil for any
	mapped       []map[string]bool // by column: the words that the contract maps; nil for none
	needed       []bool            // by column: whether a record makes no sense without it; nil until known
	emits        []*emitter
	vendor       *schemas.Table
	records      *hasher // of the vendor table
	common       []*schemas.Table
	mentions     map[*schemas.Table]bool // tables of whose rows several records may each say a little
	buffers      *frame.Buffers
	schemas      map[*schemas.Table]*arrow.Schema
	found        frame.Findings // about headers, with text
}

func newProgram(ctx context.Context, c *schemas.Contract, common *schemas.Common, inputs []Input, o *Options) (*program, error) {
	p := &program{o: o, buffers: &frame.Buffers{}, contract: c, forms: c.Forms(), cols: c.Columns, hidden: hiddenNames(c.Columns), keys: keyColumns(c, common), decides: deciding(c, common), ways: ownWays(c, common)}
	p.about = aboutWays(c, common)
	if !c.Typed() {
		p.text = true
		keys, err := p.textKeys(ctx, inputs)
		if err != nil {
			return nil, err
		}
		p.cols = textColumns(keys)
		names := make([]string, len(p.cols))
		for i := range p.cols {
			names[i] = p.cols[i].Name
		}
		p.vendor = c.TextTable(names)
	} else {
		p.vendor = c.VendorTable()
	}
	p.known = knownSets(p.cols)
	p.mapped = make([]map[string]bool, len(p.cols))
	if !p.text {
		p.mapped = mappedWords(c, common)
	}
	p.trust = make([]trust, len(p.cols))
	if !p.text {
		p.trust = trusts(c, common)
	}
	p.records = newRecordHasher(p.vendor.Fields)
	if p.text {
		p.records.loose()
	}
	for i := range p.cols {
		r := newReader(&p.cols[i], o.MaxDepth)
		r.inside = readsInside(c, p.cols[i].Name)
		r.hide, r.column = p.hiddenIn(&p.cols[i]), i
		p.readers = append(p.readers, r)
	}
	for i := range c.Emit {
		e, err := p.compile(&c.Emit[i], common)
		if err != nil {
			return nil, err
		}
		e.distinct = &fingerprint.Set{}
		for _, other := range p.emits {
			if other.table == e.table {
				e.distinct = other.distinct
			}
		}
		p.emits = append(p.emits, e)
		if c.Emit[i].Mentions {
			if p.mentions == nil {
				p.mentions = map[*schemas.Table]bool{}
			}
			p.mentions[e.table] = true
		}
		if !slices.Contains(p.common, e.table) {
			p.common = append(p.common, e.table)
		}
	}
	p.needed = p.neededColumns(common)
	p.schemas = map[*schemas.Table]*arrow.Schema{}
	for _, t := range append([]*schemas.Table{p.vendor, schemas.RejectsTable}, p.common...) {
		p.schemas[t] = t.Arrow()
	}
	return p, nil
}

// neededColumns marks the columns without which a record makes no sense: those
// that are required, those that decide which rows it becomes, and those from
// which the keys of these rows, the ends of edges, or a value that must not be
// guessed (such as the effect of a grant) are made.
func (p *program) neededColumns(common *schemas.Common) []bool {
	n := p.names()
	u := usage{names: &n, columns: map[int]bool{}}
	for i := range p.contract.Emit {
		e := &p.contract.Emit[i]
		if e.Each != nil {
			u.expr(e.Each)
		}
		u.conditions(e.When)
		for _, name := range e.Needs {
			u.column(name)
		}
		t := common.Table(e.Table)
		for k := range e.Set {
			if a := &e.Set[k]; a.Target == t.Key || slices.Contains(t.Needs, a.Target) || t.Field(a.Target).NullFinding != "" {
				u.expr(&a.Value)
			}
		}
	}
	out := make([]bool, len(p.cols))
	for i := range p.cols {
		out[i] = p.cols[i].Required || u.columns[i]
	}
	return out
}

// isNeeded is false for all columns while the program is being compiled.
func (p *program) isNeeded(column int) bool { return p.needed != nil && p.needed[column] }

// fork is the program for another goroutine. The compiled expressions are shared;
// what it remembers from frame to frame is its own.
func (p *program) fork() *program {
	q := *p
	q.records = p.records.fork()
	q.emits = make([]*emitter, len(p.emits))
	sets := map[*fingerprint.Set]*fingerprint.Set{}
	for i, e := range p.emits {
		f := *e
		f.hasher, f.repeats = e.hasher.fork(), e.repeats.fork()
		if sets[e.distinct] == nil {
			sets[e.distinct] = &fingerprint.Set{}
		}
		f.distinct = sets[e.distinct]
		q.emits[i] = &f
	}
	return &q
}

// textKeys gathers the headers of all parts of a text dataset (one whose contract
// names no columns), in the order of their first appearance.
func (p *program) textKeys(ctx context.Context, inputs []Input) (keys []string, err error) {
	seen := map[string]bool{}
	note := func(k string) {
		if !seen[k] && len(keys) < p.o.MaxColumns {
			keys = append(keys, k)
		}
		seen[k] = true
	}
	for i := range inputs {
		in := &inputs[i]
		err := p.walk(ctx, in, func(tx *text) error {
			if tx.Format == schemas.CSV {
				return p.csvKeys(ctx, tx, note)
			}
			return p.jsonKeys(ctx, tx, note)
		})
		if err != nil {
			return nil, about(err, p.contract, in)
		}
	}
	return keys, nil
}

func (p *program) csvKeys(ctx context.Context, tx *text, note func(string)) error {
	t, err := p.o.limits.OpenCSV(ctx, tx.Text, 64<<10, nil)
	if err != nil {
		return err
	}
	defer t.Close()
	header := t.Header
	if err := p.lookalike(header); err != nil {
		return err
	}
	if len(header) == 1 && t.Ended() {
		// Where no columns are known, one line of text is more likely a message.
		return frame.Fault(frame.KindHeader, "look at the artifact for an error message", "one line of text and no comma: no export of records")
	}
	times := map[string]int{}
	for _, h := range header {
		h = p.headerKey(h)
		times[h]++
		note(textKey(h, times[h]))
	}
	return nil
}

// readsInside tells whether any emit follows a path into the column, or makes
// rows of the list in it.
func readsInside(c *schemas.Contract, column string) bool {
	var inside func(x *schemas.Expr) bool
	conditions := func(when []schemas.Condition) bool {
		return slices.ContainsFunc(when, func(w schemas.Condition) bool { return inside(&w.Value) })
	}
	inside = func(x *schemas.Expr) bool {
		some := func(e schemas.Expr) bool { return inside(&e) }
		return x.Column == column && len(x.Path) > 0 || slices.ContainsFunc(x.First, some) || slices.ContainsFunc(x.Of, some) || conditions(x.When)
	}
	return slices.ContainsFunc(c.Emit, func(e schemas.Emit) bool {
		return e.Each != nil && !e.Aside && (inside(e.Each) || e.Each.Column == column) || conditions(e.When) ||
			slices.ContainsFunc(e.Set, func(a schemas.Assign) bool { return inside(&a.Value) })
	})
}
