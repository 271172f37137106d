package export

import (
	"net/url"
	"slices"
	"sync"
)

// Set are the tables of one vendor in one generation. It never changes once
// it is made, so that an export begun before the next generation delivers what
// it began with.
type Set struct {
	Vendor   string
	Tables   map[string]*Table // by dataset
	Datasets []string          // keys of tables, in order of making
	mu       sync.Mutex
	payloads map[string][]byte
}

// NewSet is a set without tables.
func NewSet(vendor string) *Set {
	return &Set{Vendor: vendor, Tables: map[string]*Table{}, payloads: map[string][]byte{}}
}

// Table adds a dataset of the vendor.
func (s *Set) Table(name string, columns ...Column) *Table {
	t := &Table{dataset: s.Vendor + "." + name, Columns: columns}
	s.Tables[t.dataset] = t
	s.Datasets = append(s.Datasets, t.dataset)
	return t
}

// Share lets unchanged rows use the memory of the generation before, and frees
// that generation's rendered payloads: many generations fit then.
func (s *Set) Share(before *Set) {
	for name, t := range s.Tables {
		old := make(map[string][]string, len(t.Rows))
		for _, r := range before.Tables[name].Rows {
			old[r.Key] = r.Cells
		}
		for i := range t.Rows {
			if cells := old[t.Rows[i].Key]; slices.Equal(cells, t.Rows[i].Cells) {
				t.Rows[i].Cells = cells
			}
		}
	}
	before.mu.Lock()
	defer before.mu.Unlock()
	clear(before.payloads)
}

// Payload renders a part of a dataset once and keeps it.
func (s *Set) Payload(dataset, part string) []byte {
	return s.Keep(dataset+"\x00"+part, func() []byte { return s.Tables[dataset].Payload(part) })
}

// Keep makes bytes once and keeps them under a key.
func (s *Set) Keep(key string, make func() []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.payloads[key]
	if !ok {
		b = make()
		s.payloads[key] = b
	}
	return b
}

// File is a dataset as one file: its name without the vendor and its bytes.
func (s *Set) File(dataset string) map[string][]byte {
	t := s.Tables[dataset]
	return map[string][]byte{dataset[len(s.Vendor)+1:] + t.Extension(): s.Payload(dataset, Everything)}
}

// PartName is the file name of a part of a dataset, less the extension: what
// it was asked for is percent-encoded.
func PartName(name, fact, id string) string { return name + "." + fact + "=" + url.PathEscape(id) }
