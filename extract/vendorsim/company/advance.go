package company

import "time"

// Advance makes the company a day older: the changes of access that a second
// refresh must find. About one to three records in a hundred change.
func (c *Company) Advance() {
	c.Generation++
	c.Today = c.Today.Add(24 * time.Hour)
	share := max(1, c.Plan.People/200)
	c.leavers(share)
	c.movers(share)
	for range share {
		p := c.hire(c.Today)
		c.setManager(p, len(c.People)-1, c.People[0])
		c.provision(p)
	}
	c.touchAccounts(share * 6)
	c.regrant(share * 2)
	c.workOnRequests(share)
	c.workOnRisks(share)
	c.workOnFindings(share)
	c.changeRoles()
	c.govern()
	c.changeMining()
	c.shareMore()
}

func (c *Company) leavers(n int) {
	for n > 0 {
		p := pick(c.rng, c.live())
		n--
		if c.inList(p) || p == c.People[0] || !p.End.IsZero() {
			continue // people with planted conflicts stay
		}
		p.End = c.Today
		c.offboard(p)
	}
}

// inList: a role of listed members names the person.
func (c *Company) inList(p *Person) bool {
	for _, r := range c.Roles {
		for _, m := range r.Members {
			if m == p {
				return true
			}
		}
	}
	return false
}

func (c *Company) movers(n int) {
	for range n {
		p := pick(c.rng, c.live())
		d := c.pickDepartment()
		if d.Name == p.Department || c.inList(p) {
			continue
		}
		if a := p.Account(c.App("okta")); a != nil {
			for i := len(a.Memberships) - 1; i >= 0; i-- {
				if g := a.Memberships[i].Group; g.Name != "everyone" && !g.Reserved {
					a.leave(g)
				}
			}
			p.Department, p.Title, p.Moved = d.Name, pick(c.rng, d.titles), c.Today
			c.joinTeam(a)
			for i := range a.Memberships {
				if a.Memberships[i].Group.Name != "everyone" {
					a.Memberships[i].since = c.Today
				}
			}
		}
	}
}

// touchAccounts lets people sign in and MFA change.
func (c *Company) touchAccounts(n int) {
	for range n {
		a := pick(c.rng, c.Accounts)
		if !a.Enabled || a.LastActivity.IsZero() {
			continue
		}
		a.LastActivity = c.Today.Add(-time.Duration(c.rng.IntN(86400)) * time.Second)
		if c.chance(10) {
			a.MFA = !a.MFA
		}
	}
}

// regrant revokes some memberships and gives as many others.
func (c *Company) regrant(n int) {
	for range n {
		a := pick(c.rng, c.Accounts)
		if !a.Enabled || a.Person == nil || len(a.Memberships) < 2 {
			continue
		}
		if m := a.Memberships[len(a.Memberships)-1]; !m.Group.Reserved {
			a.leave(m.Group)
		}
		b := pick(c.rng, c.Accounts)
		if g := pick(c.rng, b.App.Groups); b.Enabled && b.Person != nil && !g.Reserved {
			b.join(g, c.Today)
		}
	}
}

func (c *Company) workOnRequests(n int) {
	live := c.live()
	for range n {
		c.request(live, c.Today, false)
		c.openTicket(live, c.Today)
	}
	closed := 0
	for _, r := range c.Requests {
		if closed == n {
			break
		}
		if !r.Completed() {
			c.fulfil(r)
			closed++
		}
	}
	closed = 0
	for _, t := range c.Tickets {
		if t.Status == "Pending" && closed < n/2 {
			c.decide(t)
			closed++
		}
	}
	c.settleStillSeen()
	c.plantStillSeen(1)
}

// fulfil completes a request and does what it asks.
func (c *Company) fulfil(r *AccessRequest) {
	r.Provisioned = c.Today
	for _, it := range r.Items {
		if it.Group == nil {
			continue
		}
		a := r.RequestFor.Account(it.App)
		if a == nil || !a.Enabled || r.RequestFor.Left(c.Today) {
			continue
		}
		if r.Action == "grant" {
			a.join(it.Group, c.Today)
		} else {
			a.leave(it.Group)
		}
	}
}

// settleStillSeen ends one membership that had outlived its revocation.
func (c *Company) settleStillSeen() {
	for _, a := range c.Accounts {
		for _, m := range a.Memberships {
			if m.revoked != nil {
				a.leave(m.Group)
				return
			}
		}
	}
}

func (c *Company) workOnRisks(n int) {
	n = max(1, n/4)
	if len(c.Risks) > n {
		c.Risks = append([]*Risk{}, c.Risks[n:]...)
	}
	for range n {
		c.addRisk(c.Today.Add(-time.Hour))
	}
}

// changeRoles resolves one conflict and plants another.
func (c *Company) changeRoles() {
	p := c.Policies[c.Generation%len(c.Policies)]
	for _, m := range p.Right.Members {
		if contains(p.Left.Members, m) {
			c.unassign(p.Right, m)
			p.Right.Modified = c.Today
			break
		}
	}
	q := c.Policies[(c.Generation+1)%len(c.Policies)]
	for _, m := range q.Left.Members {
		if !contains(q.Right.Members, m) && !m.Left(c.Today) {
			c.assign(q.Right, m)
			q.Right.Modified = c.Today
			break
		}
	}
}

func contains(list []*Person, p *Person) bool {
	for _, q := range list {
		if q == p {
			return true
		}
	}
	return false
}

// changeMining edits one saved potential role, finds a new one and renews one
// insight.
func (c *Company) changeMining() {
	if c.Plan.PotentialRoles > 0 {
		for _, r := range c.PotentialRoles {
			if r.Saved && len(r.Members) > 3 {
				r.Members = append([]*Person{}, r.Members[1:]...)
				r.Entitlements = nil
				c.measure(r)
				r.Modified = c.Today
				break
			}
		}
		c.mine(c.Sessions[1])
		if len(c.PotentialRoles) > c.Plan.PotentialRoles+3 { // old finds are thrown away
			c.PotentialRoles = append([]*PotentialRole{}, c.PotentialRoles[1:]...)
		}
	}
	if len(c.Insights) > 0 {
		in := c.Insights[c.Generation%len(c.Insights)]
		in.Modified = c.Today
		in.Changes = append([]EntitlementChange{}, in.Changes...)
		in.Changes[0].With++
		in.Changes[0].Impacted = max(0, in.Changes[0].Impacted-1)
	}
}
