package vendorsim

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("vendorsim: %w", err)
	}
	sn := s.now()
	for _, dataset := range sn.of(vendor).Datasets {
		if strings.Contains(dataset, "#") {
			continue
		}
		for file, data := range sn.files(dataset) {
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
				return fmt.Errorf("vendorsim: %w", err)
			}
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
