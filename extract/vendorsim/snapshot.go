package vendorsim

import (
	"strings"
	"time"
)

// snapshot is one generation as the vendors would deliver it. It never
// changes, so that an export begun before Advance delivers what it began with.
type snapshot struct {
	today     time.Time
	oleria    *set
	balkanid  *balkanidExport
	sailpoint *sailpointExport
	truth     Truth
}

func newSnapshot(c *Company) *snapshot {
	s := &snapshot{today: c.Today, oleria: newOleriaExport(c), balkanid: newBalkanidExport(c), sailpoint: newSailpointExport(c), truth: c.Truth()}
	for _, set := range s.sets() {
		for _, name := range set.datasets {
			for _, b := range set.tables[name].bad {
				s.truth.Rejects[name]++
				s.truth.BadRecords = append(s.truth.BadRecords, BadRecord{Dataset: name, Rule: b.rule, Line: b.line})
			}
		}
	}
	return s
}

func (s *snapshot) sets() []*set { return []*set{s.oleria, s.balkanid.set, s.sailpoint.set} }

// of are the tables of one vendor.
func (s *snapshot) of(vendor string) *set {
	for _, set := range s.sets() {
		if set.vendor == vendor {
			return set
		}
	}
	return nil
}

// table is a dataset, nil when there is none of that name.
func (s *snapshot) table(dataset string) *table {
	vendor, _, _ := strings.Cut(dataset, ".")
	if set := s.of(vendor); set != nil {
		return set.tables[dataset]
	}
	return nil
}

// share keeps once what the generation before holds too.
func (s *snapshot) share(before *snapshot) {
	for i, set := range s.sets() {
		set.share(before.sets()[i])
	}
}
