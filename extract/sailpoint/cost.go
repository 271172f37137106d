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
			out.Each, out.Some = sessionsPlural, true // that are finished
		case identitiesPlural, entitlementsPlural:
			out.Each, out.Some, out.Export = rolesPlural, true, v.conf.RoleMining.Route != "lists" // of such sessions, or that are named
		}
	default:
		if c.Parent != nil {
			out.Each, out.Some = c.Parent.Plural(), c.Export["where"] != nil
		}
	}
	return out
}
