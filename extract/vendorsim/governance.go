package vendorsim

import (
	"fmt"
	"math"
	"time"
)

// businessRole is a SailPoint role.
type businessRole struct {
	id, name, description string
	owner                 *person
	department            string    // membership by criteria, when set
	members               []*person // membership by list, else
	entitlements          []*group
	profiles              []*group // access profiles, one per group
	requestable           bool
	modified              time.Time
}

// sodPolicy forbids one person the entitlements of both roles.
type sodPolicy struct {
	id, name, level string
	left, right     *businessRole
	owner           *person
}

type miningSession struct {
	id, name string
	created  time.Time
	creator  *person
	kind     string // SPECIALIZED or COMMON
	finished bool
	saved    bool
}

// potentialRole is what a mining session found: a picture of the day it was
// made, so that later changes of access do not change it.
type potentialRole struct {
	session      *miningSession
	id, name     string
	members      []*person
	entitlements []minedEntitlement
	quality      int
	freshness    int
	saved        bool
	modified     time.Time
}

type minedEntitlement struct {
	group           *group
	count           int
	popularity      float64
	popularityInOrg float64
	usage           float64
}

type roleInsight struct {
	id       string
	role     *businessRole
	created  time.Time
	modified time.Time // zero: never
	changes  []entitlementChange
}

type entitlementChange struct {
	group                 *group
	with, impacted, total int
	names                 []string
}

func (c *company) makeRoles() {
	live := c.live()
	for _, d := range departments {
		r := c.addRole(d.name+" Member", "Standard access of "+d.name, live)
		r.department = d.name
		r.profiles = append(r.profiles, c.app("okta").group("dept-"+slugOf(d.name)))
		if d.name == "Engineering" || d.name == "IT" {
			r.profiles = append(r.profiles, c.app("aws").group("developers"))
		}
		if d.name == "Sales" {
			r.profiles = append(r.profiles, c.app("salesforce").group("Opportunity Editor"))
		}
	}
	side := func(name, app, entitlement string) *businessRole {
		r := c.addRole(name, "Carries "+entitlement+" in "+c.app(app).name, live)
		r.entitlements = []*group{c.app(app).group(entitlement)}
		return r
	}
	c.addPolicy("Deploy to production and approve changes", "CRITICAL", side("Production Deployer", "aws", "prod-deploy"), side("Change Approver", "okta", "change-approvers"), live)
	c.addPolicy("Create vendors and pay invoices", "HIGH", side("Vendor Maintainer", "salesforce", "Vendor Maintenance"), side("Payments Clerk", "snowflake", "PAYMENTS_WRITE"), live)
	c.addPolicy("Grant access and audit access", "MEDIUM", side("Access Administrator", "okta", "access-admins"), side("Access Auditor", "snowflake", "AUDIT_READ"), live)
}

func (c *company) addRole(name, description string, live []*person) *businessRole {
	r := &businessRole{
		id: c.hex32("role", name), name: name, description: description, requestable: len(c.roles)%3 != 0,
		owner: live[c.roll(len(live), "role owner", name)], modified: c.dateAgo(20, 300),
	}
	c.roles = append(c.roles, r)
	return r
}

// addPolicy fills the two roles with different people and two people who are
// in both: the planted conflicts.
func (c *company) addPolicy(name, level string, left, right *businessRole, live []*person) {
	p := &sodPolicy{id: c.uuid("sod", name), name: name, level: level, left: left, right: right, owner: live[c.roll(len(live), "sod owner", name)]}
	c.policies = append(c.policies, p)
	order := c.rng.Perm(len(live))
	n := min(8, len(live)/3)
	for i := range n {
		c.assign(left, live[order[i]])
		c.assign(right, live[order[len(order)-1-i]])
	}
	for i := range min(2, n) {
		c.assign(right, live[order[i]])
	}
}

// assign puts a person in a role of listed members and gives the person the
// access that the role carries.
func (c *company) assign(r *businessRole, p *person) {
	for _, m := range r.members {
		if m == p {
			return
		}
	}
	r.members = append(r.members, p)
	for _, g := range r.entitlements {
		c.openAccount(p, g.app).join(g, c.today)
	}
}

func (c *company) unassign(r *businessRole, p *person) {
	for i, m := range r.members {
		if m == p {
			r.members = append(r.members[:i:i], r.members[i+1:]...)
			break
		}
	}
	for _, g := range r.entitlements {
		if a := p.account(g.app); a != nil {
			a.leave(g)
		}
	}
}

func (c *company) makeMining() {
	n := c.cfg.PotentialRoles
	c.sessions = append(c.sessions,
		&miningSession{id: c.uuid("session", "1"), name: "Departments", kind: "SPECIALIZED", finished: true, saved: true, creator: c.people[0], created: c.daysAgo(10, 20)},
		&miningSession{id: c.uuid("session", "2"), name: "Common access", kind: "COMMON", finished: true, creator: c.people[1], created: c.daysAgo(5, 9)},
		&miningSession{id: c.uuid("session", "3"), kind: "SPECIALIZED", creator: c.people[0], created: c.daysAgo(0, 2)},
	)
	for i := range n {
		c.mine(c.sessions[i*2/max(n, 1)])
	}
}

// mine finds a potential role among the people of one department.
func (c *company) mine(s *miningSession) {
	d := departments[c.nextMined%len(departments)]
	r := &potentialRole{
		session: s, id: c.uuid("potential", fmt.Sprint(c.nextMined)), quality: 60 + c.rng.IntN(40), freshness: 50 + c.rng.IntN(50),
		saved: c.nextMined%3 == 0, modified: c.today.Add(-time.Duration(c.rng.IntN(86400)) * time.Second),
	}
	r.name = "Potential Role - " + r.id[:6]
	c.nextMined++
	for _, p := range c.live() {
		if p.department == d.name && len(r.members) < 40 && c.chance(60) {
			r.members = append(r.members, p)
		}
	}
	c.measure(r)
	c.potentialRoles = append(c.potentialRoles, r)
}

// measure counts which entitlements the members hold today.
func (c *company) measure(r *potentialRole) {
	headcount := len(c.live())
	for _, app := range c.apps {
		if !app.sailpoint {
			continue
		}
		for _, g := range app.groups {
			held := 0
			for _, p := range r.members {
				if a := p.account(app); a != nil && a.in(g) {
					held++
				}
			}
			if held == 0 {
				continue
			}
			r.entitlements = append(r.entitlements, minedEntitlement{
				group: g, count: held,
				popularity:      tenth(100 * float64(held) / float64(len(r.members))),
				popularityInOrg: tenth(100 * float64(g.members) / float64(headcount)),
				usage:           tenth(float64(c.roll(1000, "usage", r.id, g.id)) / 10),
			})
		}
	}
}

func tenth(f float64) float64 { return math.Round(f*10) / 10 }

func (c *company) makeInsights() {
	for i := range c.cfg.RoleInsights {
		c.advise(i)
	}
}

// advise makes the i-th insight: entitlements that most members of a role hold
// besides it.
func (c *company) advise(i int) {
	r := c.roles[i%len(c.roles)]
	in := &roleInsight{id: c.uuid("insight", fmt.Sprint(i)), role: r, created: c.daysAgo(3, 30)}
	if i%2 == 0 {
		in.modified = in.created.Add(26 * time.Hour)
	}
	var open []*group
	for _, app := range c.apps {
		if app.sailpoint {
			open = append(open, app.groups...)
		}
	}
	for k := range 2 + c.rng.IntN(4) {
		g := open[(i*7+k*5)%len(open)]
		total := 20 + c.rng.IntN(180)
		impacted := 1 + c.rng.IntN(total/5)
		ch := entitlementChange{group: g, total: total, impacted: impacted, with: total - impacted}
		for range min(impacted, 3) {
			ch.names = append(ch.names, pick(c.rng, c.people).name())
		}
		in.changes = append(in.changes, ch)
	}
	c.insights = append(c.insights, in)
}
