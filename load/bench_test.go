package load

import (
	"fmt"
	"os"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
	"github.com/zeebo/xxh3"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// entitlements are batches as a large entitlement export makes them: each
// record a row of a wide vendor table, a grant and, again and again, the same
// application; each twentieth an account.
type entitlements struct {
	vendor  *schemas.Table
	batches []schemas.Batch
	n       int64
}

const benchColumns = 20

// makeEntitlements makes n records, of which those with an odd multiple of
// every differ from what the same call with every = 0 makes.
func makeEntitlements(n, every int) *entitlements {
	e := &entitlements{vendor: &schemas.Table{Schema: "balkanid", Name: "entitlements", Comment: "bench"}, n: int64(n)}
	for i := range benchColumns {
		e.vendor.Fields = append(e.vendor.Fields, schemas.Field{Name: fmt.Sprintf("c%d", i), Type: schemas.Text, Comment: "bench"})
	}
	const size = 122880
	for start := 0; start < n; start += size {
		e.add(start, min(start+size, n), every)
	}
	return e
}

func (e *entitlements) add(start, end, every int) {
	alloc := mallocator.NewMallocator()
	tables := []*schemas.Table{e.vendor, common("grants"), common("applications"), common("accounts")}
	builders := make([]*array.RecordBuilder, len(tables))
	for i, t := range tables {
		builders[i] = array.NewRecordBuilder(alloc, t.Arrow())
		defer builders[i].Release()
	}
	put := func(t int, record int, cells map[string]string) {
		b := builders[t]
		var key []byte
		for j, f := range tables[t].Fields {
			c, ok := cells[f.Name]
			if !ok {
				b.Field(j).AppendNull()
				key = append(key, 0)
				continue
			}
			b.Field(j).(*array.StringBuilder).Append(c)
			key = append(append(key, 1), c...)
		}
		n := len(tables[t].Fields)
		b.Field(n).(*array.Int32Builder).Append(0)
		b.Field(n + 1).(*array.Int64Builder).Append(int64(record))
		h := xxh3.Hash128(key).Bytes()
		b.Field(n + 2).(*array.FixedSizeBinaryBuilder).Append(h[:])
	}
	for i := start; i < end; i++ {
		privilege := "read"
		if every > 0 && i%every == 0 {
			privilege = "write"
		}
		cells := map[string]string{}
		for c := range benchColumns {
			cells[fmt.Sprintf("c%d", c)] = fmt.Sprintf("value %d of %d", c, i%(1+c*1000))
		}
		cells["c0"], cells["c1"] = fmt.Sprintf("entitlement-%08d", i), privilege
		put(0, i, cells)
		put(1, i, map[string]string{"grant_key": fmt.Sprintf("balkan:grant:%08d", i), "principal_kind": "account", "principal_key": fmt.Sprintf("balkan:account:%06d", i/20),
			"target_kind": "entitlement", "target_key": fmt.Sprintf("balkan:entitlement:%05d", i%5000), "application_key": "balkan:application:github", "privilege": privilege})
		put(2, i, map[string]string{"application_key": "balkan:application:github", "name": "GitHub"})
		put(3, i, map[string]string{"account_key": fmt.Sprintf("balkan:account:%06d", i/20), "username": fmt.Sprintf("user%06d", i/20)})
	}
	for i, t := range tables {
		e.batches = append(e.batches, schemas.Batch{Table: t, Rows: builders[i].NewRecordBatch()})
	}
}

func (e *entitlements) stream() *schemas.Stream {
	return &schemas.Stream{Vendor: e.vendor, Common: []*schemas.Table{common("grants"), common("applications"), common("accounts")},
		Counts: func() schemas.Counts { return schemas.Counts{Framed: e.n, Loaded: e.n} },
		Batches: func(yield func(schemas.Batch, error) bool) {
			for _, b := range e.batches {
				if !yield(b, nil) {
					return
				}
			}
		}}
}

func (e *entitlements) release() {
	for _, b := range e.batches {
		b.Rows.Release()
	}
}

// BenchmarkLoad measures the load path alone, with batches ready in memory:
// first load, refreshes, publish. ACCESSMART_BENCH_ROWS sets the records.
func BenchmarkLoad(b *testing.B) {
	n := 1_000_000
	if s := os.Getenv("ACCESSMART_BENCH_ROWS"); s != "" {
		if _, err := fmt.Sscan(s, &n); err != nil {
			b.Fatal(err)
		}
	}
	first, changed := makeEntitlements(n, 0), makeEntitlements(n, 100)
	defer first.release()
	defer changed.release()
	for b.Loop() {
		s := &site{path: b.TempDir() + "/access.duckdb"}
		for i, step := range []struct {
			name string
			e    *entitlements
		}{{"first", first}, {"same", first}, {"changed", changed}} {
			w, err := Begin(b.Context(), s.options())
			if err != nil {
				b.Fatal(err)
			}
			r, err := w.Load(b.Context(), export("balkan", dataset, fmt.Sprint("a", i)), contract(dataset), step.e.stream())
			if err != nil {
				b.Fatal(err)
			}
			p, err := w.Publish(b.Context(), ledger.RunDone)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(r.Seconds, step.name+"-s")
			b.ReportMetric(p.Seconds, step.name+"-publish-s")
			b.ReportMetric(float64(p.Bytes)/1e6, step.name+"-MB")
			if i == 1 && r.InsertedCount+r.ClosedCount != 0 {
				b.Fatalf("%+v", r)
			}
		}
	}
}
