package sailpoint

import (
	"strconv"

	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// Files are the files of one dataset, by name. The ZIP of a potential role is
// a file of each of the two datasets that read it.
func (s *Export) Files(dataset string) map[string][]byte {
	out := map[string][]byte{}
	name := dataset[len("sailpoint."):]
	switch name {
	case "potential_role_identities", "potential_role_entitlements":
		for _, r := range s.Summaries {
			out[export.PartName(name, "potential_role_id", r.Key)+".zip"] = s.archive(r.Key, 0, true)
		}
	case "entitlement_changes":
		for _, in := range s.insights {
			out[export.PartName(name, "insight_id", in.Key)+".csv"] = s.Payload(dataset, in.Key)
		}
	case "config_objects":
		out[name+".json"] = s.configDocument(configRequest{})
	case "role_mining_sessions":
		out[name+".json"] = listJSON(s.sessions)
	case "potential_roles":
		out[name+".json"] = listJSON(s.Summaries)
	case "role_insights":
		out[name+".json"] = listJSON(s.insights)
	case "uncorrelated_identities":
		out[name+".json"] = listJSON(s.lists[name])
	case "outliers":
		out[name+".zip"] = s.outliers()
	default:
		for _, e := range endpoints {
			if e.dataset == name {
				s.listFiles(e, out)
			}
		}
		s.governedFiles(name, out)
	}
	return out
}

// listFiles adds the file of a list, or one for each record that it is of.
func (s *Export) listFiles(e endpoint, out map[string][]byte) {
	if e.of == "" {
		out[e.dataset+".json"] = listJSON(s.lists[e.dataset])
		return
	}
	for _, parent := range s.lists[e.of] {
		out[export.PartName(e.dataset, e.fact, parent.Key)+".json"] = listJSON(only(s.lists[e.dataset], parent.Key))
	}
}

// archive is the ZIP of a potential role. Its layout is undocumented, so it
// varies: names with or without a folder and a prefix, and other entries.
func (s *Export) archive(roleID string, minPopularity int, common bool) []byte {
	key := "zip\x00" + roleID + "\x00" + strconv.Itoa(minPopularity) + strconv.FormatBool(common)
	return s.Keep(key, func() []byte {
		i := 0
		for k, r := range s.roles {
			if r == roleID {
				i = k
			}
		}
		entitled := *s.Tables["sailpoint.potential_role_entitlements"]
		entitled.Rows = nil
		for _, r := range s.Tables["sailpoint.potential_role_entitlements"].Rows {
			pop, _ := strconv.ParseFloat(r.Cells[7], 64)
			org, _ := strconv.ParseFloat(r.Cells[8], 64)
			if r.Part == roleID && pop >= float64(minPopularity) && (common || org <= 50) {
				entitled.Rows = append(entitled.Rows, r)
			}
		}
		entitled.CRLF, entitled.BOM = i%4 == 3, i%4 == 1
		members := [][2]string{
			{"identities.csv", string(s.Tables["sailpoint.potential_role_identities"].Payload(roleID))},
			{"entitlements.csv", string(entitled.Payload(roleID))},
		}
		if i%3 == 2 {
			members[0][0], members[1][0] = "export/"+roleID+"-identities.csv", "export/"+roleID+"-entitlements.csv"
			members = append([][2]string{{"export/", ""}, {"readme.txt", "Potential role export\n"}}, members...)
		}
		return export.Zip(members)
	})
}
