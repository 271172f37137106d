package transform

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
	"go.uber.org/goleak"

	"github.com/accessmart/accessmart/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// contract is a contract of the text of its YAML, under the dataset balkanid.test.
func contract(t testing.TB, yaml string) (*schemas.Contract, *schemas.Common) {
	t.Helper()
	head := "dataset: balkanid.test\ngrain: one record\ndocumented: assumed\nmode: snapshot\n"
	if !strings.Contains(yaml, "format:") {
		head += "format: csv\n"
	}
	set, err := loadSet(head + yaml)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract("balkanid.test")
	if err != nil {
		t.Fatal(err)
	}
	return c, set.Common
}

var sets sync.Map // contract text -> *schemas.Set

func loadSet(yaml string) (*schemas.Set, error) {
	if set, ok := sets.Load(yaml); ok {
		return set.(*schemas.Set), nil
	}
	set, err := schemas.Load(fstest.MapFS{"test.yaml": {Data: []byte(yaml)}})
	if err == nil {
		sets.Store(yaml, set)
	}
	return set, err
}

// input is a part with these bytes.
func input(data string) Input {
	return Input{Artifact: strings.Repeat("a", 64), Size: int64(len(data)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }}
}

// result is all that a stream gave: rows by table as maps, NULLs left out.
type result struct {
	rows    map[string][]map[string]any
	rejects []map[string]any
	counts  schemas.Counts
	drift   []schemas.Drift
	stream  *schemas.Stream
}

func (r *result) rule(i int) string {
	if i >= len(r.rejects) {
		return ""
	}
	return r.rejects[i]["rule"].(string)
}

// transformed runs a contract over inputs, checks that no memory is left
// behind and that counts close.
func transformed(t testing.TB, yaml string, o Options, inputs ...Input) (*result, error) {
	t.Helper()
	c, common := contract(t, yaml)
	return transformedBy(t, c, common, o, inputs...)
}

func transformedBy(t testing.TB, c *schemas.Contract, common *schemas.Common, o Options, inputs ...Input) (*result, error) {
	t.Helper()
	mem := memory.NewCheckedAllocator(used{memory.NewGoAllocator()})
	defer mem.AssertSize(t, 0)
	o.Mem = mem
	if o.Source == "" {
		o.Source = "demo"
	}
	if o.TempDir == "" {
		o.TempDir = t.TempDir()
	}
	s, err := Open(context.Background(), c, common, inputs, o)
	if err != nil {
		return nil, err
	}
	r := &result{rows: map[string][]map[string]any{}, stream: s}
	for b, err := range s.Batches {
		if err != nil {
			return r, err
		}
		if want := b.Table.Arrow(); !b.Rows.Schema().Equal(want) {
			t.Fatalf("schema of %s: %s, want %s", b.Table.Name, b.Rows.Schema(), want)
		}
		rows := rowsOf(b.Rows)
		if b.Table == schemas.RejectsTable {
			r.rejects = append(r.rejects, rows...)
		} else {
			name := b.Table.Schema + "." + b.Table.Name
			r.rows[name] = append(r.rows[name], rows...)
		}
	}
	r.counts, r.drift = s.Counts(), s.Drift
	if r.counts.Framed != r.counts.Loaded+r.counts.Rejected {
		t.Errorf("counts do not close: %+v", r.counts)
	}
	if got := int64(len(r.rows[s.Vendor.Schema+"."+s.Vendor.Name])); got != r.counts.Loaded {
		t.Errorf("%d vendor rows, %d records loaded", got, r.counts.Loaded)
	}
	if int64(len(r.rejects)) != r.counts.Rejected+r.counts.ItemRejects {
		t.Errorf("%d reject rows, %d records and %d parts of records rejected", len(r.rejects), r.counts.Rejected, r.counts.ItemRejects)
	}
	return r, nil
}

// used is memory that held something else before, as that of a pool.
type used struct{ memory.Allocator }

func (u used) Allocate(size int) []byte {
	b := u.Allocator.Allocate(size)
	for i := range b {
		b[i] = 0xa5
	}
	return b
}

// checked is an allocator that the test fails by, if anything is left in it.
func checked(t testing.TB) memory.Allocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// rowsOf reads a batch into maps; values are printed as Arrow prints them,
// numbers and flags as themselves.
func rowsOf(b arrow.RecordBatch) []map[string]any {
	out := make([]map[string]any, b.NumRows())
	for i := range out {
		out[i] = map[string]any{}
		for c, f := range b.Schema().Fields() {
			a := b.Column(c)
			if a.IsNull(i) {
				continue
			}
			switch a := a.(type) {
			case *array.Int64:
				out[i][f.Name] = a.Value(i)
			case *array.Int32:
				out[i][f.Name] = a.Value(i)
			case *array.Float64:
				out[i][f.Name] = a.Value(i)
			case *array.Boolean:
				out[i][f.Name] = a.Value(i)
			case *array.FixedSizeBinary:
				out[i][f.Name] = fmt.Sprintf("%x", a.Value(i))
			case *array.Timestamp, *array.Date32, *array.Duration, *array.List:
				out[i][f.Name] = string(textOf(a)(nil, i))
			case *array.String:
				out[i][f.Name] = strings.Clone(a.Value(i))
			default:
				panic(a.DataType().String())
			}
		}
	}
	return out
}

func show(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return b.String()
}

// TestStream_inCMemory runs in the memory that batches have in earnest, and
// looks whether all of it is given back.
func TestStream_inCMemory(t *testing.T) {
	for name, tc := range map[string][2]string{
		"CSV":  {entitlementsContract, entitlementsCSV(20_000) + "org,pull,maybe\n"},
		"JSON": {accountsContract, accountsJSON(20_000, "[", ",", `,{"isAdmin":"maybe"}]`)},
	} {
		t.Run(name, func(t *testing.T) {
			c, common := contract(t, tc[0])
			mem := mallocator.NewMallocator()
			s, err := Open(context.Background(), c, common, []Input{input(tc[1])}, Options{Source: "demo", Mem: mem, chunk: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			rows := map[string]int64{}
			for b, err := range s.Batches {
				if err != nil {
					t.Fatal(err)
				}
				rows[b.Table.Name] += b.Rows.NumRows()
			}
			if rows["test"] != 20_000 || rows["rejects"] != 1 || name == "CSV" && (rows["grants"] != 20_000 || rows["accounts"] != 20_000) {
				t.Errorf("rows %v", rows)
			}
			mem.AssertSize(t, 0)
		})
	}
}
