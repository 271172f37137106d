package vendorsim

import (
	"fmt"
	"net/url"
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
	for _, dataset := range sn.datasets {
		name, ok := strings.CutPrefix(dataset, vendor+".")
		if !ok || strings.Contains(name, "#") {
			continue
		}
		for file, data := range sn.files(dataset, name) {
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
				return fmt.Errorf("vendorsim: %w", err)
			}
		}
	}
	return nil
}

func part(name, fact, id string) string { return name + "." + fact + "=" + url.PathEscape(id) }

// files are the files of one dataset, by name.
func (s *snapshot) files(dataset, name string) map[string][]byte {
	out := map[string][]byte{}
	switch dataset {
	case "balkanid.entity_rbac":
		out[name+".zip"] = s.entityRBACArchive()
	case "balkanid.entitlements":
		for _, id := range s.integrations {
			out[part(name, "integration_id", id)+".csv"] = s.payload(dataset, id)
		}
	case "sailpoint.potential_role_identities", "sailpoint.potential_role_entitlements":
		for _, r := range s.sail.summaries {
			out[part(name, "potential_role_id", r.key)+".zip"] = s.archive(r.key, 0, true)
		}
	case "sailpoint.entitlement_changes":
		for _, in := range s.sail.insights {
			out[part(name, "insight_id", in.key)+".csv"] = s.payload(dataset, in.key)
		}
	case "sailpoint.config_objects":
		out[name+".json"] = s.configDocument(configRequest{})
	case "sailpoint.role_mining_sessions":
		out[name+".json"] = listJSON(s.sail.sessions)
	case "sailpoint.potential_roles":
		out[name+".json"] = listJSON(s.sail.summaries)
	case "sailpoint.role_insights":
		out[name+".json"] = listJSON(s.sail.insights)
	default:
		out[name+s.tables[dataset].extension()] = s.payload(dataset, everything)
	}
	return out
}
