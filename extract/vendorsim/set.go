package vendorsim

import (
	"net/url"
	"slices"
	"sync"
)

// set are the tables of one vendor in one generation. It never changes once
// it is made, so that an export begun before the next generation delivers what
// it began with.
type set struct {
	vendor   string
	tables   map[string]*table // by dataset
	datasets []string          // keys of tables, in order of making
	mu       sync.Mutex
	payloads map[string][]byte
}

func newSet(vendor string) *set {
	return &set{vendor: vendor, tables: map[string]*table{}, payloads: map[string][]byte{}}
}

// table adds a dataset of the vendor.
func (s *set) table(name string, columns ...column) *table {
	t := &table{dataset: s.vendor + "." + name, columns: columns}
	s.tables[t.dataset] = t
	s.datasets = append(s.datasets, t.dataset)
	return t
}

// share lets unchanged rows use the memory of the generation before, and frees
// that generation's rendered payloads: many generations fit then.
func (s *set) share(before *set) {
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

// payload renders a part of a dataset once and keeps it.
func (s *set) payload(dataset, part string) []byte {
	return s.keep(dataset+"\x00"+part, func() []byte { return s.tables[dataset].payload(part) })
}

// keep makes bytes once and keeps them under a key.
func (s *set) keep(key string, make func() []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.payloads[key]
	if !ok {
		b = make()
		s.payloads[key] = b
	}
	return b
}

// file is a dataset as one file: its name without the vendor and its bytes.
func (s *set) file(dataset string) map[string][]byte {
	t := s.tables[dataset]
	return map[string][]byte{dataset[len(s.vendor)+1:] + t.extension(): s.payload(dataset, everything)}
}

// partName is the file name of a part of a dataset, less the extension: what
// it was asked for is percent-encoded.
func partName(name, fact, id string) string { return name + "." + fact + "=" + url.PathEscape(id) }
