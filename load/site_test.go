package load

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
	"go.uber.org/goleak"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var contracts = sync.OnceValue(func() *schemas.Set {
	files := fstest.MapFS{"notes.yaml": &fstest.MapFile{Data: []byte("{dataset: oleria.notes, grain: A note, documented: assumed}")}}
	s, err := schemas.Load(files) // with one dataset whose contract names no columns
	if err != nil {
		panic(err)
	}
	return s
})

// row is one row by column name; what is not there is NULL. part and record
// may be set; _hash is made from all the rest.
type row map[string]any

// rows are those of one table, to be sent in batches of their own.
type rows struct {
	table *schemas.Table
	rows  []row
}

// site is a database file under test.
type site struct {
	t     *testing.T
	path  string
	clock time.Time
	runs  int
	plain bool // see newPlainSite
	bare  bool // see newBareSite
	alloc *memory.CheckedAllocator

	opened *read.File // the published file, when it was last asked
	as     os.FileInfo
}

// newSite is a file with all tables, in which no run is entered.
func newSite(t *testing.T) *site {
	t.Helper()
	s := newSiteWithoutFile(t)
	s.plain = false
	s.prepared(unpublished(t, ""))
	return s
}

// newPlainSite is newSite for tests that read tables alone: its runs make no views, macros
// and reports and ask no checks, which takes longer than all that a small export needs.
func newPlainSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.plain = true
	return s
}

// newBareSite is newSite for tests that ask no view, report or macro but those of schema meta,
// which take about half of a small run to make: its runs make none until bare is false.
func newBareSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.bare = true
	return s
}

// ofMeta are the objects without which no ledger can be written: macros, and the views of facts
// that a check reads.
func ofMeta(o objects.Object) bool {
	return o.Kind == objects.MetaMacro || o.Kind == objects.View && (o.Name == "policies" || o.Name == "risks")
}

// newSiteWithoutFile is a plain site whose first file is still to come.
func newSiteWithoutFile(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, plain: true, path: filepath.Join(t.TempDir(), "access.duckdb"),
		clock: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
		alloc: memory.NewCheckedAllocator(mallocator.NewMallocator())}
	t.Cleanup(func() { s.alloc.AssertSize(t, 0) })
	t.Cleanup(s.closeFile)
	return s
}

// prepared puts a file in the place of the published one.
func (s *site) prepared(file []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.path, file, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) options() Options {
	s.runs++
	s.clock = s.clock.Add(time.Hour)
	now, threads := s.clock, 2
	if s.plain {
		threads = 1 // a second one would have nothing to do but to look for work
	}
	return Options{Path: s.path, Set: contracts(), Threads: threads, Gate: openGate, StatementsOnly: s.plain, Now: func() time.Time { return now },
		Run: ledger.Run{ID: fmt.Sprintf("01J00000000000000000%06d", s.runs), Command: "refresh", Version: "test", StartedAt: now}}
}

// openGate holds nothing, for tests that are about something else.
func openGate(string) gate.Gate { return gate.Gate{Share: 1, AllowEmpty: true} }

func (s *site) begin(change ...func(*Options)) *Work {
	s.t.Helper()
	o := s.options()
	for _, f := range change {
		f(&o)
	}
	w, err := Begin(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = w.Discard() })
	if s.bare {
		w.model.Only = ofMeta
	}
	return w
}

func (s *site) publish(w *Work) Published {
	s.t.Helper()
	p, err := w.Publish(s.t.Context(), ledger.RunDone)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// refresh is a whole run with one export.
func (s *site) refresh(e *schemas.Export, stream *schemas.Stream) ledger.Result {
	s.t.Helper()
	w := s.begin()
	r, err := w.Load(s.t.Context(), e, contract(e.Dataset), stream)
	if err != nil {
		s.t.Fatal(err)
	}
	s.publish(w)
	return r
}

func contract(dataset string) *schemas.Contract {
	c, err := contracts().Contract(dataset)
	if err != nil {
		panic(err)
	}
	return c
}

func common(name string) *schemas.Table { return contracts().Common.Table(name) }

func export(source, dataset string, parts ...string) *schemas.Export {
	vendor, _, _ := strings.Cut(dataset, ".")
	e := &schemas.Export{Run: "r", Source: source, Vendor: vendor, Dataset: dataset, Complete: true,
		StartedAt: time.Date(2026, 3, 1, 7, 0, 0, 0, time.UTC), FinishedAt: time.Date(2026, 3, 1, 7, 1, 0, 0, time.UTC)}
	for _, p := range parts {
		e.Parts = append(e.Parts, schemas.Part{Artifact: p, Bytes: 100, StoredBytes: 10, FetchedAt: e.FinishedAt})
	}
	if parts == nil {
		e.Parts = []schemas.Part{{Artifact: "a0", Bytes: 100, StoredBytes: 10, FetchedAt: e.FinishedAt}}
	}
	return e
}

// stream sends the given rows in order, at most size a batch, then err.
func (s *site) stream(vendor *schemas.Table, err error, sets ...rows) *schemas.Stream {
	st := &schemas.Stream{Vendor: vendor}
	var n schemas.Counts
	for _, set := range sets {
		switch {
		case set.table == vendor:
			n.Loaded += int64(len(set.rows))
		case set.table == schemas.RejectsTable:
			n.Rejected += int64(len(set.rows))
		default:
			st.Common = append(st.Common, set.table)
		}
	}
	n.Framed = n.Loaded + n.Rejected
	st.Counts = func() schemas.Counts { return n }
	st.Batches = func(yield func(schemas.Batch, error) bool) {
		for _, set := range sets {
			for b := range s.batches(set) {
				ok := yield(b, nil)
				b.Rows.Release()
				if !ok {
					return
				}
			}
		}
		if err != nil {
			yield(schemas.Batch{}, err)
		}
	}
	return st
}

const batchRows = 3

func (s *site) batches(set rows) iter.Seq[schemas.Batch] {
	return func(yield func(schemas.Batch) bool) {
		for i := 0; i < len(set.rows); i += batchRows {
			if !yield(schemas.Batch{Table: set.table, Rows: s.batch(set.table, set.rows[i:min(i+batchRows, len(set.rows))])}) {
				return
			}
		}
	}
}

func (s *site) batch(t *schemas.Table, rs []row) arrow.RecordBatch {
	b := array.NewRecordBuilder(s.alloc, t.Arrow())
	defer b.Release()
	for i, r := range rs {
		h := fnv.New128a()
		for j, f := range t.Fields {
			appendTo(b.Field(j), r[f.Name])
			fmt.Fprintf(h, "%v|", r[f.Name])
		}
		n := len(t.Fields)
		part, _ := r["part"].(int)
		record, ok := r["record"].(int)
		if !ok {
			record = i
		}
		b.Field(n).(*array.Int32Builder).Append(int32(part))
		b.Field(n + 1).(*array.Int64Builder).Append(int64(record))
		if t != schemas.RejectsTable {
			b.Field(n + 2).(*array.FixedSizeBinaryBuilder).Append(h.Sum(nil))
		}
	}
	return b.NewRecordBatch()
}

func appendTo(b array.Builder, v any) {
	if v == nil {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(v.(string))
	case *array.BooleanBuilder:
		b.Append(v.(bool))
	case *array.Int64Builder:
		b.Append(int64(v.(int)))
	case *array.Float64Builder:
		b.Append(v.(float64))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.(time.Time).UnixMicro()))
	case *array.Date32Builder:
		b.Append(arrow.Date32FromTime(v.(time.Time)))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(v.(time.Duration).Microseconds()))
	case *array.ListBuilder:
		b.Append(true)
		for _, x := range v.([]string) {
			b.ValueBuilder().(*array.StringBuilder).Append(x)
		}
	default:
		panic(fmt.Sprintf("%T", b))
	}
}

// copied makes a file a copy of another one.
func copied(t *testing.T, dst, src string) {
	t.Helper()
	data, err := os.ReadFile(src)
	if err == nil {
		err = os.WriteFile(dst, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// reader is the published file, open. It is opened anew where another one, or a change, has come
// since: to open it takes longer than most questions.
func (s *site) reader() *read.File {
	s.t.Helper()
	now, err := os.Stat(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.opened != nil && os.SameFile(s.as, now) && s.as.Size() == now.Size() && s.as.ModTime().Equal(now.ModTime()) {
		return s.opened
	}
	s.closeFile()
	if s.opened, err = read.Open(context.Background(), s.path); err != nil {
		s.t.Fatal(err)
	}
	s.as = now
	return s.opened
}

func (s *site) closeFile() {
	if s.opened != nil {
		if err := s.opened.Close(); err != nil {
			s.t.Error(err)
		}
		s.opened = nil
	}
}

// query answers from the published file, one line a row, cells joined by '|'.
func (s *site) query(q string) []string {
	s.t.Helper()
	out, err := ask(s.reader(), q)
	if err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
	return out
}

func query(t *testing.T, path, q string) []string {
	t.Helper()
	r, err := read.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out, err := ask(r, q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return out
}

// refused asks what must end in an error that holds want.
func (s *site) refused(q, want string) {
	s.t.Helper()
	if got, err := ask(s.reader(), q); err == nil || !strings.Contains(err.Error(), want) {
		s.t.Errorf("%s\ngot: %v, error %v\nwant an error: %s", q, got, err, want)
	}
}

func ask(r *read.File, q string) ([]string, error) {
	a, err := r.Query(context.Background(), q)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	var out []string
	for cells, err := range a.All() {
		if err != nil {
			return nil, err
		}
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = c.Text
			if c.Null {
				texts[i] = "NULL"
			}
		}
		out = append(out, strings.Join(texts, "|"))
	}
	return out, nil
}

func (s *site) want(q string, lines ...string) {
	s.t.Helper()
	if got := s.query(q); strings.Join(got, "\n") != strings.Join(lines, "\n") {
		s.t.Errorf("%s\ngot:\n  %s\nwant:\n  %s", q, strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}
