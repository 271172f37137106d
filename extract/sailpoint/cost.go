package sailpoint

import (
	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// Cost is part of [extract.Estimator].
func (v *vendor) Cost(c *schemas.Contract) extract.Cost {
	var out extract.Cost
	switch c.Option("job") {
	case "sp_config":
		out.Export = true
	case "role_insights":
		if c.Plural() == "entitlement_changes" {
			out.Each = "role_insights"
		}
	case "role_mining":
		switch c.Plural() {
		case rolesPlural:
			out.Each = sessionsPlural
		case identitiesPlural, entitlementsPlural:
			out.Each, out.Export = rolesPlural, v.conf.RoleMining.Route != "lists"
		}
	default:
		if c.Parent != nil {
			out.Each = c.Parent.Plural()
		}
	}
	return out
}
