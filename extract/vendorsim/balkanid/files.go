package balkanid

import (
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// Files are the files of one dataset, by name.
func (s *Export) Files(dataset string) map[string][]byte {
	out := map[string][]byte{}
	switch dataset {
	case "balkanid.entity_rbac":
		out["entity_rbac.zip"] = s.entityRBACArchive()
	case "balkanid.entitlements":
		for _, id := range s.integrations {
			out[export.PartName("entitlements", "integration_id", id)+".csv"] = s.Payload(dataset, id)
		}
	default:
		return s.File(dataset)
	}
	return out
}

// entityRBACArchive is BalkanID's only ZIP.
func (s *Export) entityRBACArchive() []byte {
	return s.Keep("zip\x00rbac", func() []byte {
		return export.Zip([][2]string{
			{"rbac_entities.csv", string(s.Tables["balkanid.entity_rbac"].Payload(export.Everything))},
			{"rbac_entity_relations.csv", string(s.Tables["balkanid.entity_rbac#relations"].Payload(export.Everything))},
		})
	})
}
