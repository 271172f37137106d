package company

// Governed is what SailPoint has under governance, each by its id there, with the
// state that a reader should find.
type Governed struct {
	Requests   map[string]string   // item: pending, completed or rejected
	Reviews    map[string]string   // item: approve, revoke or "" while it is not decided
	Reviewed   map[string]string   // item of an entitlement: the account that has it, by application and its id there
	Violations map[string]string   // open, mitigated or resolved
	Outliers   map[string]string   // identity and kind, parted by a blank: open or dismissed
	Members    map[string][]string // governance group: identities
}

func (c *Company) governed() Governed {
	g := Governed{map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string][]string{}}
	for _, r := range c.Items {
		g.Requests[r.ItemID] = map[string]string{"EXECUTING": "pending", "REQUEST_COMPLETED": "completed", "REJECTED": "rejected"}[r.State]
	}
	for _, k := range c.Campaigns {
		for _, f := range k.Certifications {
			for _, it := range f.Items {
				g.Reviews[it.ID] = map[string]string{"APPROVE": "approve", "REVOKE": "revoke"}[it.Decision]
				if it.Account != nil {
					g.Reviewed[it.ID] = it.Account.App.Name + " " + it.Account.ID
				}
			}
		}
	}
	for _, v := range c.Violations {
		switch {
		case !v.Ended.IsZero():
			g.Violations[v.ID] = "resolved"
		case v.Mitigated:
			g.Violations[v.ID] = "mitigated"
		default:
			g.Violations[v.ID] = "open"
		}
	}
	for _, o := range c.Outliers {
		g.Outliers[o.Person.SailPointID+" "+o.Kind] = "open"
		if o.Ignored {
			g.Outliers[o.Person.SailPointID+" "+o.Kind] = "dismissed"
		}
	}
	for _, w := range c.Workgroups {
		for _, p := range w.Members {
			g.Members[w.ID] = append(g.Members[w.ID], p.SailPointID)
		}
	}
	return g
}
