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

// run is a program at work on one frame. Rows are numbered as in the frame.
type run struct {
	p            *program
	f            *stretch
	mem          memory.Allocator
	n            int                 // records with cells
	rejected     map[int32]rejection // by row
	keys         map[int32][]string  // by rejected row: keys of the common rows that it would have become
	named        map[rowItem]bool    // the same as a set, so that each key is noted once
	faults       map[int32][]string  // by rejected row: all fields at fault; "" for the record as a whole
	unnamed      map[int32][]string  // by rejected row: common tables in which it may have rows of unknown keys
	items        []itemReject
	remarks      []int32            // rejected rows that are certainly no records
	lost         map[rowItem]bool   // items that emits rejected
	nullFinding  bool               // an emit left a field NULL of which NULL is a finding
	emitFindings frame.Findings     // of the emits, which may run a second time and find them anew
	found        frame.Findings     // all other findings
	before       frame.Findings     // those of found from before the emits
	flags        map[int32]*flagged // by row; nil once schemas.ExtraColumn is made
	zero         *memory.Buffer     // shared by the columns of NULLs
	err          error
	prints       [][16]byte     // fingerprints of the records, once needed
	base         []arrow.Array  // columns of the vendor table, as delivered
	trusted      []arrow.Array  // the columns as expressions see them: without cells in doubt
	members      []*memberIndex // by column of trusted, once needed
	doubts       []doubt        // cells in doubt of the column being read
}

// rejection is why a record, or an item in it, became a reject.
type rejection struct {
	field string
	cellFault
}

// itemReject is the reject of an item of a list in a record, or of one of the rows
// that a record means, while the rest of the record is read.
type itemReject struct {
	row int32
	rejection
	text []byte // the item as JSON; nil to show the record
}

// flagged is what schemas.ExtraColumn says of a record besides its extra members:
// the JSON columns that were not valid or had to be repaired, and the dates that
// were not read because their order is in doubt.
type flagged struct {
	invalid, repaired []string
	unread            []byte // a JSON object without its closing brace; empty for none
}

// run turns a frame into batches: of the vendor table, of the common tables in
// the order of the contract, and of the rejects. The caller releases them. After
// an error there are none.
func (p *program) run(f *stretch) (m made) {
	b := &run{p: p, f: f, found: f.Found, mem: p.o.Mem, n: len(f.Rows), rejected: map[int32]rejection{}, flags: map[int32]*flagged{}}
	m.counts.Framed = int64(len(f.Rows) + len(f.Rejects))
	defer func() {
		release(b.base)
		release(b.trusted)
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
		b.rejectOtherKinds()
		b.base = b.vendorColumns()
		b.rejectUnfit()
		b.rejectNameless()
		means = b.emits()
		b.knownWords()
		m.batches = b.vendorBatch(m.batches)
	}
	for _, e := range p.emits {
		e.distinct.Clear(b.n)
	}
	for _, e := range p.emits {
		b.unnameDecided(e)
	}
	for i, sets := range means {
		m.batches = b.commonBatches(m.batches, p.emits[i], sets)
	}
	b.settleItems()
	b.found.Join(b.emitFindings)
	m.batches = b.rejectBatch(m.batches)
	m.counts.Rejected = int64(len(f.Rejects) + len(b.rejected))
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

// rejectItem makes a reject of an item of a list in a record, or of one of the
// rows that the record means; field names it with its path. The record itself is
// still loaded.
func (b *run) rejectItem(row int32, field, rule, message string) {
	b.items = append(b.items, itemReject{row: row, rejection: rejection{field, cellFault{rule, message}}})
}

// find counts a finding about field in n records. detail must hold no value of a
// cell.
func (b *run) find(rule, field, detail string, n int64) {
	b.found.Add(schemas.Finding{Rule: rule, Field: field, Detail: detail, Count: n})
}

// reject makes a reject of a record. Of several reasons the first is reported, but
// all fields are noted, since a key that is made of one of them is not certain.
func (b *run) reject(row int32, field, rule, message string) {
	if _, ok := b.rejected[row]; !ok {
		b.rejected[row] = rejection{field, cellFault{rule, message}}
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

// flag notes that a JSON cell was not read as it was delivered.
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

// text finishes a text column. One that is too large for an array fails the run;
// the result has the right number of values all the same.
func (b *run) text(t *columns.Texts) *array.String {
	if t.Over {
		b.tooMuch()
	}
	t.Fill()
	return t.Array()
}

func (b *run) tooMuch() {
	b.err = frame.Fault(frame.KindLimit, "", "the rows that records of one batch mean hold more than 2 GiB of text")
}

// gather is the array of the values of a at the places sel.
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

// vendorColumns reads the raw cells into the typed columns of the vendor table,
// schemas.ExtraColumn last, and keeps in b.trusted what expressions see of them.
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
		b.trusted = append(b.trusted, b.trustworthy(a, c))
	}
	b.foreign(raw)
	extra := b.extra(raw)
	extra.Retain()
	out, b.trusted = append(out, extra), append(b.trusted, extra)
	for _, a := range raw {
		a.Release()
	}
	b.flags = nil
	return out
}

// fillIn is a column with s in place of NULL.
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

// hashArray is the column of the fingerprints of n rows: those selected by sel, or
// the first n where sel is nil.
func (b *run) hashArray(hashes [][16]byte, sel []int32, n int) arrow.Array {
	buf := b.mem.Allocate(max(16*n, 1))
	for i := range n {
		copy(buf[16*i:], hashes[row(sel, i)][:])
	}
	return columns.NewArray(schemas.Hash.Arrow(), b.mem, n, &columns.Bitmap{}, buf)
}

// alive selects those of n rows (those in rows, or the first n where that is nil)
// that are no rejects. It returns their places among the n; nil when all are.
func (b *run) alive(rows []int32, n int) []int32 {
	if len(b.rejected) == 0 {
		return nil
	}
	sel := make([]int32, 0, n)
	for i := range n {
		if _, ok := b.rejected[row(rows, i)]; !ok {
			sel = append(sel, int32(i))
		}
	}
	if len(sel) == n {
		return nil
	}
	return sel
}

// batch adds a batch of n rows: cols, the part and record that each comes from
// (rows of the frame, or the first n where rows is nil), then the hashes. It
// retains cols.
func (b *run) batch(out []schemas.Batch, t *schemas.Table, cols []arrow.Array, rows []int32, n int, hashes arrow.Array) []schemas.Batch {
	part := columns.NewFixed[int32](b.mem, n)
	record := columns.NewFixed[int64](b.mem, n)
	for i := range n {
		part.Vals[i] = int32(b.f.text.input.Part)
		record.Vals[i] = b.f.Rows[row(rows, i)].Ordinal
	}
	return append(out, b.record(t, cols, part, record, n, hashes))
}

// record makes the record batch of columns and provenance; hashes is nil for rejects.
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
