package vendorsim

import "time"

// advance makes the company a day older: the changes of access that a second
// refresh must find. About one to three records in a hundred change.
func (c *company) advance() {
	c.gen++
	c.today = c.today.Add(24 * time.Hour)
	share := max(1, c.cfg.People/200)
	c.leavers(share)
	c.movers(share)
	for range share {
		p := c.hire(c.today)
		c.setManager(p, len(c.people)-1, c.people[0])
		c.provision(p)
	}
	c.touchAccounts(share * 6)
	c.regrant(share * 2)
	c.workOnRequests(share)
	c.workOnRisks(share)
	c.changeRoles()
	c.changeMining()
}

func (c *company) leavers(n int) {
	for n > 0 {
		p := pick(c.rng, c.live())
		n--
		if c.inList(p) || p == c.people[0] || !p.end.IsZero() {
			continue // people with planted conflicts stay
		}
		p.end = c.today
		c.offboard(p)
	}
}

// inList: a role of listed members names the person.
func (c *company) inList(p *person) bool {
	for _, r := range c.roles {
		for _, m := range r.members {
			if m == p {
				return true
			}
		}
	}
	return false
}

func (c *company) movers(n int) {
	for range n {
		p := pick(c.rng, c.live())
		d := c.pickDepartment()
		if d.name == p.department || c.inList(p) {
			continue
		}
		if a := p.account(c.app("okta")); a != nil {
			for i := len(a.memberships) - 1; i >= 0; i-- {
				if g := a.memberships[i].group; g.name != "everyone" && !g.reserved {
					a.leave(g)
				}
			}
			p.department, p.title = d.name, pick(c.rng, d.titles)
			c.joinTeam(a)
			for i := range a.memberships {
				if a.memberships[i].group.name != "everyone" {
					a.memberships[i].since = c.today
				}
			}
		}
	}
}

// touchAccounts lets people sign in and MFA change.
func (c *company) touchAccounts(n int) {
	for range n {
		a := pick(c.rng, c.accounts)
		if !a.enabled || a.lastActivity.IsZero() {
			continue
		}
		a.lastActivity = c.today.Add(-time.Duration(c.rng.IntN(86400)) * time.Second)
		if c.chance(10) {
			a.mfa = !a.mfa
		}
	}
}

// regrant revokes some memberships and gives as many others.
func (c *company) regrant(n int) {
	for range n {
		a := pick(c.rng, c.accounts)
		if !a.enabled || a.person == nil || len(a.memberships) < 2 {
			continue
		}
		if m := a.memberships[len(a.memberships)-1]; !m.group.reserved {
			a.leave(m.group)
		}
		b := pick(c.rng, c.accounts)
		if g := pick(c.rng, b.app.groups); b.enabled && b.person != nil && !g.reserved {
			b.join(g, c.today)
		}
	}
}

func (c *company) workOnRequests(n int) {
	live := c.live()
	for range n {
		c.request(live, c.today, false)
		c.openTicket(live, c.today)
	}
	closed := 0
	for _, r := range c.requests {
		if closed == n {
			break
		}
		if !r.completed() {
			c.fulfil(r)
			closed++
		}
	}
	closed = 0
	for _, t := range c.tickets {
		if t.status == "Pending" && closed < n/2 {
			c.decide(t)
			closed++
		}
	}
	c.settleStillSeen()
	c.plantStillSeen(1)
}

// fulfil completes a request and does what it asks.
func (c *company) fulfil(r *accessRequest) {
	r.provisioned = c.today
	for _, it := range r.items {
		if it.group == nil {
			continue
		}
		a := r.requestFor.account(it.app)
		if a == nil || !a.enabled || r.requestFor.left(c.today) {
			continue
		}
		if r.action == "grant" {
			a.join(it.group, c.today)
		} else {
			a.leave(it.group)
		}
	}
}

// settleStillSeen ends one membership that had outlived its revocation.
func (c *company) settleStillSeen() {
	for _, a := range c.accounts {
		for _, m := range a.memberships {
			if m.revoked != nil {
				a.leave(m.group)
				return
			}
		}
	}
}

func (c *company) workOnRisks(n int) {
	n = max(1, n/4)
	if len(c.risks) > n {
		c.risks = append([]*risk{}, c.risks[n:]...)
	}
	for range n {
		c.addRisk(c.today.Add(-time.Hour))
	}
}

// changeRoles resolves one conflict and plants another.
func (c *company) changeRoles() {
	p := c.policies[c.gen%len(c.policies)]
	for _, m := range p.right.members {
		if contains(p.left.members, m) {
			c.unassign(p.right, m)
			p.right.modified = c.today
			break
		}
	}
	q := c.policies[(c.gen+1)%len(c.policies)]
	for _, m := range q.left.members {
		if !contains(q.right.members, m) && !m.left(c.today) {
			c.assign(q.right, m)
			q.right.modified = c.today
			break
		}
	}
}

func contains(list []*person, p *person) bool {
	for _, q := range list {
		if q == p {
			return true
		}
	}
	return false
}

// changeMining edits one saved potential role, finds a new one and renews one
// insight.
func (c *company) changeMining() {
	if c.cfg.PotentialRoles > 0 {
		for _, r := range c.potentialRoles {
			if r.saved && len(r.members) > 3 {
				r.members = append([]*person{}, r.members[1:]...)
				r.entitlements = nil
				c.measure(r)
				r.modified = c.today
				break
			}
		}
		c.mine(c.sessions[1])
		if len(c.potentialRoles) > c.cfg.PotentialRoles+3 { // old finds are thrown away
			c.potentialRoles = append([]*potentialRole{}, c.potentialRoles[1:]...)
		}
	}
	if len(c.insights) > 0 {
		in := c.insights[c.gen%len(c.insights)]
		in.modified = c.today
		in.changes = append([]entitlementChange{}, in.changes...)
		in.changes[0].with++
		in.changes[0].impacted = max(0, in.changes[0].impacted-1)
	}
}
