package vendorsim

import "strconv"

// files are the files of one dataset, by name. The ZIP of a potential role is
// a file of each of the two datasets that read it.
func (s *sailpointExport) files(dataset string) map[string][]byte {
	out := map[string][]byte{}
	name := dataset[len("sailpoint."):]
	switch name {
	case "potential_role_identities", "potential_role_entitlements":
		for _, r := range s.summaries {
			out[partName(name, "potential_role_id", r.key)+".zip"] = s.archive(r.key, 0, true)
		}
	case "entitlement_changes":
		for _, in := range s.insights {
			out[partName(name, "insight_id", in.key)+".csv"] = s.payload(dataset, in.key)
		}
	case "config_objects":
		out[name+".json"] = s.configDocument(configRequest{})
	case "role_mining_sessions":
		out[name+".json"] = listJSON(s.sessions)
	case "potential_roles":
		out[name+".json"] = listJSON(s.summaries)
	case "role_insights":
		out[name+".json"] = listJSON(s.insights)
	}
	return out
}

// archive is the ZIP of a potential role. Its layout is undocumented, so it
// varies: names with or without a folder and a prefix, and other entries.
func (s *sailpointExport) archive(roleID string, minPopularity int, common bool) []byte {
	key := "zip\x00" + roleID + "\x00" + strconv.Itoa(minPopularity) + strconv.FormatBool(common)
	return s.keep(key, func() []byte {
		i := 0
		for k, r := range s.roles {
			if r == roleID {
				i = k
			}
		}
		entitled := *s.tables["sailpoint.potential_role_entitlements"]
		entitled.rows = nil
		for _, r := range s.tables["sailpoint.potential_role_entitlements"].rows {
			pop, _ := strconv.ParseFloat(r.cells[7], 64)
			org, _ := strconv.ParseFloat(r.cells[8], 64)
			if r.part == roleID && pop >= float64(minPopularity) && (common || org <= 50) {
				entitled.rows = append(entitled.rows, r)
			}
		}
		entitled.crlf, entitled.bom = i%4 == 3, i%4 == 1
		members := [][2]string{
			{"identities.csv", string(s.tables["sailpoint.potential_role_identities"].payload(roleID))},
			{"entitlements.csv", string(entitled.payload(roleID))},
		}
		if i%3 == 2 {
			members[0][0], members[1][0] = "export/"+roleID+"-identities.csv", "export/"+roleID+"-entitlements.csv"
			members = append([][2]string{{"export/", ""}, {"readme.txt", "Potential role export\n"}}, members...)
		}
		return zipped(members)
	})
}
