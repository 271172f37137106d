package transform

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/accessmart/accessmart/schemas"
)

// metered is an allocator that knows how much was in use at most.
type metered struct {
	memory.Allocator
	mu         sync.Mutex
	used, peak int
}

func (m *metered) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used += n
	m.peak = max(m.peak, m.used)
}

func (m *metered) Allocate(size int) []byte { m.add(size); return m.Allocator.Allocate(size) }
func (m *metered) Free(b []byte)            { m.add(-len(b)); m.Allocator.Free(b) }
func (m *metered) Reallocate(size int, b []byte) []byte {
	m.add(size - len(b))
	return m.Allocator.Reallocate(size, b)
}

// spConfig is the document of an sp-config export with these objects.
func spConfig(objects ...string) string {
	return `{"version":1,"timestamp":"2026-05-12T17:32:00Z","tenant":"acme","options":{"includeTypes":null,"excludeTypes":null,"objectOptions":null},"objects":[` +
		strings.Join(objects, ",") + "]}"
}

// configObject is one object of such an export.
func configObject(kind, id, body string) string {
	return fmt.Sprintf(`{"version":1,"self":{"type":%q,"id":%q,"name":"N %[2]s"},"object":%s}`, kind, id, body)
}

// roleOf is a role with n members.
func roleOf(id string, n int) string {
	var b strings.Builder
	b.WriteString(`{"name":"Big","owner":{"type":"IDENTITY","id":"o1","name":"Ada Marsh"},"accessProfiles":[],"entitlements":[],"membership":{"type":"IDENTITY_LIST","criteria":null,"identities":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"IDENTITY","id":"%032x","name":"Person Number %d","aliasName":"person.%d"}`, i+1, i, i)
	}
	b.WriteString(`]},"enabled":true}`)
	return configObject("ROLE", id, b.String())
}

func builtIn(t testing.TB, dataset string) (*schemas.Contract, *schemas.Common) {
	t.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract(dataset)
	if err != nil {
		t.Fatal(err)
	}
	return c, set.Common
}

func TestOpen_memoryGrowsWithTheRecordNotWithItsSquare(t *testing.T) {
	c, common := builtIn(t, "sailpoint.config_objects")
	for _, n := range []int{1000, 20_000} {
		doc := spConfig(roleOf("r1", n))
		mem := &metered{Allocator: memory.NewGoAllocator()}
		s, err := Open(context.Background(), c, common, []Input{input(doc)}, Options{Source: "demo", Mem: mem, workers: 1})
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
		if want := int64(n); rows["grants"] != want || rows["identities"] != want || rows["roles"] != 1 {
			t.Errorf("%d members make %v", n, rows)
		}
		if most := 24*len(doc) + 4<<20; mem.peak > most {
			t.Errorf("%d members, %d bytes of text: %d bytes in use, more than %d", n, len(doc), mem.peak, most)
		}
	}
}

func TestOpen_outOfProportionIsAReject(t *testing.T) {
	y := "format: json\ncolumns:\n  id: {from: [id], type: text}\n  list: {from: [list], type: json}\n  note: {from: [note], type: text}\n" +
		"emit:\n  - table: groups\n    each: list\n    set: {group_key: {key: group, of: [id, item.id]}, description: note}\n"
	record := func(id string, items, note int) string {
		return fmt.Sprintf(`{"id":%q,"list":[%s{"id":"last"}],"note":%q}`, id, strings.Repeat(`{"id":"x"},`, items), strings.Repeat("n", note))
	}
	r, err := transformed(t, y, Options{}, input("["+record("a", 3, 10)+","+record("b", 20_000, 20_000)+","+record("c", 3, 10)+"]"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.rejects) != 1 || r.rule(0) != schemas.RuleLimit || r.rejects[0]["field"] != "groups.description" || r.counts.Loaded != 2 {
		t.Errorf("%d rejects, the first: %v %v; %+v", len(r.rejects), r.rule(0), r.rejects[0]["field"], r.counts)
	}
	if got := len(r.rows["observed.groups"]); got != 4 { // x and last, twice
		t.Errorf("%d groups", got)
	}
}

func BenchmarkTransform_bigRole(b *testing.B) {
	c, common := builtIn(b, "sailpoint.config_objects")
	doc := spConfig(roleOf("r1", 20_000))
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(context.Background(), c, common, []Input{input(doc)}, Options{Source: "demo"})
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range s.Batches {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
