package vendorsim

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// snapshot is one generation as the vendors would deliver it. It never
// changes, so that an export begun before Advance delivers what it began with.
type snapshot struct {
	gen      int
	today    time.Time
	tables   map[string]*table // by dataset
	datasets []string          // keys of tables, in order of making
	truth    Truth
	sail     sailpointView

	integrations []string // BalkanID integration ids
	mu           sync.Mutex
	payloads     map[string][]byte
}

func newSnapshot(c *company) *snapshot {
	s := &snapshot{gen: c.gen, today: c.today, tables: map[string]*table{}, payloads: map[string][]byte{}}
	c.oleriaTables(s)
	c.oleriaOtherTables(s)
	c.balkanidTables(s)
	c.balkanidOtherTables(s)
	c.sailpointTables(s)
	s.truth = c.truth(s)
	return s
}

// share lets unchanged rows use the memory of the generation before, and frees
// that generation's rendered payloads: many generations fit then.
func (s *snapshot) share(before *snapshot) {
	for name, t := range s.tables {
		old := make(map[string][]string, len(t.rows))
		for _, r := range before.tables[name].rows {
			old[r.key] = r.cells
		}
		for i := range t.rows {
			if cells := old[t.rows[i].key]; slices.Equal(cells, t.rows[i].cells) {
				t.rows[i].cells = cells
			}
		}
	}
	before.mu.Lock()
	defer before.mu.Unlock()
	clear(before.payloads)
}

func (s *snapshot) table(dataset string, columns ...column) *table {
	t := &table{dataset: dataset, columns: columns}
	s.tables[dataset] = t
	s.datasets = append(s.datasets, dataset)
	return t
}

// payload renders a part of a dataset once and keeps it.
func (s *snapshot) payload(dataset, part string) []byte {
	return s.keep(dataset+"\x00"+part, func() []byte { return s.tables[dataset].payload(part) })
}

func (s *snapshot) keep(key string, make func() []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.payloads[key]
	if !ok {
		b = make()
		s.payloads[key] = b
	}
	return b
}

// object is a JSON record of SailPoint.
type object struct {
	key  string
	part string // session, potential role or insight it belongs to
	json json.RawMessage
}
