package vendorsim

import (
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/balkanid"
	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
	"github.com/accessmart/accessmart/extract/vendorsim/oleria"
	"github.com/accessmart/accessmart/extract/vendorsim/sailpoint"
)

// snapshot is one generation as the vendors would deliver it. It never
// changes, so that an export begun before Advance delivers what it began with.
type snapshot struct {
	today     time.Time
	oleria    *export.Set
	balkanid  *balkanid.Export
	sailpoint *sailpoint.Export
	truth     company.Truth
}

func newSnapshot(c *company.Company) *snapshot {
	s := &snapshot{today: c.Today, oleria: oleria.NewExport(c), balkanid: balkanid.NewExport(c), sailpoint: sailpoint.NewExport(c), truth: c.Truth()}
	for _, set := range s.sets() {
		for _, name := range set.Datasets {
			for _, b := range set.Tables[name].Bad {
				s.truth.Rejects[name]++
				s.truth.BadRecords = append(s.truth.BadRecords, company.BadRecord{Dataset: name, Rule: b.Rule, Line: b.Line})
			}
		}
	}
	return s
}

// snapshot is the company of this day.
func (s *Sim) snapshot() *snapshot {
	out := newSnapshot(s.company)
	for _, set := range out.sets() {
		for _, t := range set.Tables {
			t.Headers = s.cfg.Headers
		}
	}
	return out
}

func (s *snapshot) sets() []*export.Set {
	return []*export.Set{s.oleria, s.balkanid.Set, s.sailpoint.Set}
}

// of are the tables of one vendor.
func (s *snapshot) of(vendor string) *export.Set {
	for _, set := range s.sets() {
		if set.Vendor == vendor {
			return set
		}
	}
	return nil
}

// table is a dataset, nil when there is none of that name.
func (s *snapshot) table(dataset string) *export.Table {
	vendor, _, _ := strings.Cut(dataset, ".")
	if set := s.of(vendor); set != nil {
		return set.Tables[dataset]
	}
	return nil
}

// share keeps once what the generation before holds too.
func (s *snapshot) share(before *snapshot) {
	for i, set := range s.sets() {
		set.Share(before.sets()[i])
	}
}
