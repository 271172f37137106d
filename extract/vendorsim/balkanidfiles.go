package vendorsim

// files are the files of one dataset, by name.
func (s *balkanidExport) files(dataset string) map[string][]byte {
	out := map[string][]byte{}
	switch dataset {
	case "balkanid.entity_rbac":
		out["entity_rbac.zip"] = s.entityRBACArchive()
	case "balkanid.entitlements":
		for _, id := range s.integrations {
			out[partName("entitlements", "integration_id", id)+".csv"] = s.payload(dataset, id)
		}
	default:
		return s.file(dataset)
	}
	return out
}

// entityRBACArchive is BalkanID's only ZIP.
func (s *balkanidExport) entityRBACArchive() []byte {
	return s.keep("zip\x00rbac", func() []byte {
		return zipped([][2]string{
			{"rbac_entities.csv", string(s.tables["balkanid.entity_rbac"].payload(everything))},
			{"rbac_entity_relations.csv", string(s.tables["balkanid.entity_rbac#relations"].payload(everything))},
		})
	})
}
