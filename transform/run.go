package transform

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// run is a program at work on one frame.
type run struct {
	p       *program
	f       *stretch
	mem     memory.Allocator
	n       int // records with cells
	dead    map[int32]deadRow
	keys    map[int32][]string // of the common rows that dead records would have become
	named   map[partAt]bool    // the same, by key
	faults  map[int32][]string // fields at fault in dead records, all of them; "" where the record as a whole is
	unnamed map[int32][]string // common tables in which dead records may have rows whose keys are not certain
	items   []itemReject       // parts of records that became no row
	remarks []int32            // dead records that are certainly none
	lost    map[partAt]bool    // those of them that emits met
	unsaid  bool               // an emit met what is a finding where it is NULL
	odd     frame.Findings     // of emits; they may be run twice
	found   frame.Findings     // what else was odd
	before  frame.Findings     // of them, those found before the emits
	flags   map[int32]*flagged // JSON cells that were not read as they are; nil once settled
	zero    *memory.Buffer     // what columns of NULLs share
	err     error
	prints  [][16]byte     // fingerprints of the records, once needed
	base    []arrow.Array  // columns of the vendor table
	seen    []arrow.Array  // of them, what expressions may believe; the same array where that is all
	members []*memberIndex // of JSON columns of those, once needed
	doubts  []doubt        // cells of the column being read
}

// deadRow is why a record became a reject.
type deadRow struct {
	field string
	cellFault
}

// itemReject is why an entry of a list in a record, or one of the rows that it
// means, became no row while the rest of the record is read.
type itemReject struct {
	row int32
	deadRow
	text []byte // the entry; nil to show the record
}

// flagged names the JSON columns of a record that were not read as they are, and
// has the dates that were not read at all, as an object that is open.
type flagged struct {
	invalid, repaired []string
	unread            []byte
}

// run makes of a frame the batches: the vendor table, the common tables in the
// order of the contract, the rejects. The caller releases them.
func (p *program) run(f *stretch) (m made) {
	b := &run{p: p, f: f, found: f.Found, mem: p.o.Mem, n: len(f.Rows), dead: map[int32]deadRow{}, flags: map[int32]*flagged{}}
	m.counts.Framed = int64(len(f.Rows) + len(f.Rejects))
	defer func() {
		release(b.base)
		release(b.seen)
		if b.zero != nil {
			b.zero.Release()
		}
		if b.err != nil {
			m.release()
			m = made{counts: m.counts, err: about(b.err, p.contract, f.text.input)}
		}
	}()
	var means [][]*emitted
	if b.n > 0 {
		if b.err = f.Settle(b.mem); b.err != nil {
			return m
		}
		if f.Legacy {
			m.dialect = &f.layout.Dialect
		}
		f.Unclean(func(row int, message string) { b.reject(int32(row), "", schemas.RuleFrame, message) })
		b.shapes()
		b.strangers()
		b.base = b.vendorColumns()
		b.unidentified()
		means = b.emits()
		b.knownWords()
		m.batches = b.vendorBatch(m.batches)
	}
	for _, e := range p.emits {
		e.seen.Clear(b.n)
	}
	for _, e := range p.emits {
		b.unnameDecided(e)
	}
	for i, parts := range means {
		m.batches = b.commonBatches(m.batches, p.emits[i], parts)
	}
	b.settleItems()
	b.found.Join(b.odd)
	m.batches = b.rejectBatch(m.batches)
	m.counts.Rejected = int64(len(f.Rejects) + len(b.dead))
	for i := range f.Rejects {
		if f.Rejects[i].None {
			m.counts.NotRecords++
		}
	}
	m.counts.NotRecords += int64(len(b.remarks))
	m.counts.Loaded = m.counts.Framed - m.counts.Rejected
	m.counts.ItemRejects = int64(len(b.items))
	m.findings = b.found
	return m
}

// rejectItem makes a reject of an entry of a list in a row, or of one of the
// rows that it means; field names it with its path. The row itself stays.
func (b *run) rejectItem(row int32, field, rule, message string) {
	b.items = append(b.items, itemReject{row: row, deadRow: deadRow{field, cellFault{rule, message}}})
}

// find notes that n records show what rule says of field. detail holds no
// value of a cell.
func (b *run) find(rule, field, detail string, n int64) {
	b.found.Add(schemas.Finding{Rule: rule, Field: field, Detail: detail, Count: n})
}

// reject makes a reject of a row. The first reason counts.
func (b *run) reject(row int32, field, rule, message string) {
	if _, ok := b.dead[row]; !ok {
		b.dead[row] = deadRow{field, cellFault{rule, message}}
	}
	if b.faults == nil {
		b.faults = map[int32][]string{}
	}
	if !slices.Contains(b.faults[row], field) {
		b.faults[row] = append(b.faults[row], field)
	}
}

func (b *run) flagged(row int32) *flagged {
	f := b.flags[row]
	if f == nil {
		f = &flagged{}
		b.flags[row] = f
	}
	return f
}

func (b *run) flag(row int32, column string, how scan.Reading) {
	f := b.flagged(row)
	if how == scan.Broke {
		f.invalid = append(f.invalid, column)
	} else {
		f.repaired = append(f.repaired, column)
	}
}

// nulls is a column of n NULLs.
func (b *run) nulls(t schemas.Type, n int) arrow.Array {
	if size := (n + 1) * 8; b.zero == nil || b.zero.Len() < size {
		if b.zero != nil {
			b.zero.Release()
		}
		zero := b.mem.Allocate(size)
		clear(zero)
		b.zero = memory.NewBufferWithAllocator(zero, b.mem)
	}
	return columns.Nulls(t.Arrow(), n, b.zero)
}

// text ends a text column; one that is too large ends the whole run.
func (b *run) text(t *columns.Texts) *array.String {
	if t.Over {
		b.tooMuch()
	}
	t.Fill() // whatever it is, it must be of full length
	return t.Array()
}

func (b *run) tooMuch() {
	b.err = frame.Fault(frame.KindLimit, "", "the rows that records of one batch mean hold more than 2 GiB of text")
}

func (b *run) gather(a arrow.Array, sel []int32) arrow.Array {
	out, ok := columns.Gather(b.mem, a, sel)
	if !ok {
		b.tooMuch()
	}
	return out
}

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		if a != nil {
			a.Release()
		}
	}
}

// vendorColumns reads the raw cells into the typed columns of the vendor
// table, schemas.ExtraColumn last.
func (b *run) vendorColumns() []arrow.Array {
	l := b.f.layout
	raw := make([]*array.String, l.Slots)
	for i := range raw {
		raw[i] = b.f.Cols[i].Text(b.mem, b.n)
	}
	out := make([]arrow.Array, 0, len(b.p.cols)+1)
	for c := range b.p.cols {
		r := &b.p.readers[c]
		var a arrow.Array
		switch slot, constant := l.column[c], l.constant[c]; {
		case slot >= 0 && constant != nil && raw[slot].NullN() > 0:
			full := b.fillIn(raw[slot], *constant)
			a = r.read(b, full, nil)
			full.Release()
		case slot >= 0:
			a = r.read(b, raw[slot], nil)
		case constant != nil && *constant != "":
			none := b.nulls(schemas.Text, b.n).(*array.String)
			full := b.fillIn(none, *constant)
			a = r.read(b, full, nil)
			release([]arrow.Array{none, full})
		default:
			none := b.nulls(schemas.Text, b.n).(*array.String)
			a = r.read(b, none, nil)
			none.Release()
		}
		out = append(out, a)
		b.seen = append(b.seen, b.weigh(a, c))
	}
	b.foreign(raw)
	extra := b.extra(raw)
	extra.Retain()
	out, b.seen = append(out, extra), append(b.seen, extra)
	for _, a := range raw {
		a.Release()
	}
	b.flags = nil
	return out
}

// fillIn puts a text in the place of NULLs.
func (b *run) fillIn(in *array.String, s string) *array.String {
	v := columns.ViewText(in)
	out := columns.NewTexts(b.mem, in.Len(), v.Size()+in.Len()*len(s))
	for i := range in.Len() {
		if v.Null(i) {
			out.Parts(s)
			out.Next()
		} else {
			out.Add(v.At(i))
		}
	}
	return b.text(out)
}

// vendorBatch adds the rows of the vendor table.
func (b *run) vendorBatch(out []schemas.Batch) []schemas.Batch {
	sel := b.alive(nil, b.n)
	n := b.n
	cols := b.base
	if sel != nil {
		if n = len(sel); n == 0 {
			return out
		}
		cols = make([]arrow.Array, len(b.base))
		for i, a := range b.base {
			cols[i] = b.gather(a, sel)
		}
		defer release(cols)
	}
	hashes := b.hashArray(b.p.records.rows(cols, n), nil, n)
	defer hashes.Release()
	return b.batch(out, b.p.vendor, cols, sel, n, hashes)
}

// hashArray is the column of fingerprints of selected rows (nil: all n).
func (b *run) hashArray(hashes [][16]byte, sel []int32, n int) arrow.Array {
	buf := b.mem.Allocate(max(16*n, 1))
	for i := range n {
		copy(buf[16*i:], hashes[row(sel, i)][:])
	}
	return columns.NewArray(schemas.Hash.Arrow(), b.mem, n, &columns.Bitmap{}, buf)
}

// alive selects from a selection of rows (nil: all n) those that are no
// rejects; nil when that is all of them.
func (b *run) alive(rows []int32, n int) []int32 {
	if len(b.dead) == 0 {
		return nil
	}
	sel := make([]int32, 0, n)
	for i := range n {
		if _, ok := b.dead[row(rows, i)]; !ok {
			sel = append(sel, int32(i))
		}
	}
	if len(sel) == n {
		return nil
	}
	return sel
}

// batch adds a batch: cols, then the provenance of the frame rows (nil: all),
// then the hashes but of rejects. It retains cols.
func (b *run) batch(out []schemas.Batch, t *schemas.Table, cols []arrow.Array, rows []int32, n int, hashes arrow.Array) []schemas.Batch {
	part := columns.NewFixed[int32](b.mem, n)
	record := columns.NewFixed[int64](b.mem, n)
	for i := range n {
		part.Vals[i] = int32(b.f.text.input.Part)
		record.Vals[i] = b.f.Rows[row(rows, i)].Ordinal
	}
	return append(out, b.record(t, cols, part, record, n, hashes))
}

func (b *run) record(t *schemas.Table, cols []arrow.Array, part *columns.Fixed[int32], record *columns.Fixed[int64], n int, hashes arrow.Array) schemas.Batch {
	all := append(make([]arrow.Array, 0, len(cols)+3), cols...)
	p := part.Array(arrow.PrimitiveTypes.Int32)
	r := record.Array(arrow.PrimitiveTypes.Int64)
	defer p.Release()
	defer r.Release()
	all = append(all, p, r)
	if hashes != nil {
		all = append(all, hashes)
	}
	return schemas.Batch{Table: t, Rows: array.NewRecordBatch(b.p.schemas[t], all, int64(n))}
}
