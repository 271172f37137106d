package vendorsim

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/sailpoint"
)

// WriteFiles writes the current exports of a vendor (oleria, sailpoint or
// balkanid) into a folder as if a person had downloaded them: the bytes that
// the servers deliver, named <dataset>[.<part>].<extension>.
//
// Parts are named by what they were asked for, percent-encoded: such as
// entitlements.integration_id=github%2F01HX.csv, and likewise by
// potential_role_id and insight_id. The ZIP of a potential role is written for
// each of the two datasets that read it.
func (s *Sim) WriteFiles(dir, vendor string) error {
	if !slices.Contains([]string{"oleria", "sailpoint", "balkanid"}, vendor) {
		return fmt.Errorf("vendorsim: vendor %q is not one of oleria, sailpoint, balkanid", vendor)
	}
	sn := s.now()
	all := map[string][]byte{}
	for _, dataset := range sn.of(vendor).Datasets {
		if !strings.Contains(dataset, "#") {
			maps.Copy(all, sn.files(dataset))
		}
	}
	return write(dir, all)
}

// WriteForms writes the CSV files that people make of what SailPoint lists into a folder, as
// they are today. They tell of the same company as its lists, by names in place of ids.
func (s *Sim) WriteForms(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock() // the company changes
	return write(dir, sailpoint.Forms(s.company))
}

func write(dir string, all map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("vendorsim: %w", err)
	}
	for file, data := range all {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
			return fmt.Errorf("vendorsim: %w", err)
		}
	}
	return nil
}

// files are the files of one dataset, by name.
func (s *snapshot) files(dataset string) map[string][]byte {
	switch vendor, _, _ := strings.Cut(dataset, "."); vendor {
	case "sailpoint":
		return s.sailpoint.Files(dataset)
	case "balkanid":
		return s.balkanid.Files(dataset)
	}
	return s.oleria.File(dataset)
}
