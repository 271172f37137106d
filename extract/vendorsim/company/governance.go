package company

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// BusinessRole is a SailPoint role.
type BusinessRole struct {
	ID, Name, Description string
	Owner                 *Person
	Department            string    // membership by criteria, when set
	Members               []*Person // membership by list, else
	Entitlements          []*Group
	Profiles              []*Group // access profiles, one per group
	Requestable           bool
	Modified              time.Time
}

// SoDPolicy forbids one person the entitlements of both roles.
type SoDPolicy struct {
	ID, Name, Level string
	Left, Right     *BusinessRole
	Owner           *Person
}

// MiningSession is a search of SailPoint for potential roles.
type MiningSession struct {
	ID, Name string
	Created  time.Time
	Creator  *Person
	Kind     string // SPECIALIZED or COMMON
	Finished bool
	Saved    bool
}

// PotentialRole is what a mining session found: a picture of the day it was
// made, so that later changes of access do not change it.
type PotentialRole struct {
	Session      *MiningSession
	ID, Name     string
	Members      []*Person
	Entitlements []MinedEntitlement
	Quality      int
	Freshness    int
	Saved        bool
	Modified     time.Time
}

// MinedEntitlement is an entitlement that members of a potential role hold.
type MinedEntitlement struct {
	Group           *Group
	Count           int
	Popularity      float64
	PopularityInOrg float64
	Usage           float64
}

// RoleInsight is SailPoint's advice to add entitlements to a role.
type RoleInsight struct {
	ID       string
	Role     *BusinessRole
	Created  time.Time
	Modified time.Time // zero: never
	Changes  []EntitlementChange
}

// EntitlementChange is an entitlement that an insight advises to add to a role.
type EntitlementChange struct {
	Group                 *Group
	With, Impacted, Total int
	Names                 []string
}

func (c *Company) makeRoles() {
	live := c.live()
	for _, d := range Departments {
		r := c.addRole(d.Name+" Member", "Standard access of "+d.Name, live)
		r.Department = d.Name
		r.Profiles = append(r.Profiles, c.App("okta").Group("dept-"+SlugOf(d.Name)))
		if d.Name == "Engineering" || d.Name == "IT" {
			r.Profiles = append(r.Profiles, c.App("aws").Group("developers"))
		}
		if d.Name == "Sales" {
			r.Profiles = append(r.Profiles, c.App("salesforce").Group("Opportunity Editor"))
		}
	}
	side := func(name, app, entitlement string) *BusinessRole {
		r := c.addRole(name, "Carries "+entitlement+" in "+c.App(app).Name, live)
		r.Entitlements = []*Group{c.App(app).Group(entitlement)}
		return r
	}
	c.addPolicy("Deploy to production and approve changes", "CRITICAL", side("Production Deployer", "aws", "prod-deploy"), side("Change Approver", "okta", "change-approvers"), live)
	c.addPolicy("Create vendors and pay invoices", "HIGH", side("Vendor Maintainer", "salesforce", "Vendor Maintenance"), side("Payments Clerk", "snowflake", "PAYMENTS_WRITE"), live)
	c.addPolicy("Grant access and audit access", "MEDIUM", side("Access Administrator", "okta", "access-admins"), side("Access Auditor", "snowflake", "AUDIT_READ"), live)
}

func (c *Company) addRole(name, description string, live []*Person) *BusinessRole {
	r := &BusinessRole{
		ID: c.Hex32("role", name), Name: name, Description: description, Requestable: len(c.Roles)%3 != 0,
		Owner: live[c.Roll(len(live), "role owner", name)], Modified: c.dateAgo(20, 300),
	}
	c.Roles = append(c.Roles, r)
	return r
}

// addPolicy fills the two roles with different people and two people who are
// in both: the planted conflicts.
func (c *Company) addPolicy(name, level string, left, right *BusinessRole, live []*Person) {
	p := &SoDPolicy{ID: c.UUID("sod", name), Name: name, Level: level, Left: left, Right: right, Owner: live[c.Roll(len(live), "sod owner", name)]}
	c.Policies = append(c.Policies, p)
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
func (c *Company) assign(r *BusinessRole, p *Person) {
	for _, m := range r.Members {
		if m == p {
			return
		}
	}
	r.Members = append(r.Members, p)
	for _, g := range r.Entitlements {
		c.openAccount(p, g.App).join(g, c.Today)
	}
}

// Assigned are the people who have a role: those listed, or all of its
// department who have not left.
func (c *Company) Assigned(r *BusinessRole) []*Person {
	if r.Department == "" {
		return r.Members
	}
	var out []*Person
	for _, p := range c.live() {
		if p.Department == r.Department {
			out = append(out, p)
		}
	}
	return out
}

// Manages: somebody reports to the person.
func (c *Company) Manages(p *Person) bool {
	return slices.ContainsFunc(c.People, func(q *Person) bool { return q.Manager == p })
}

func (c *Company) unassign(r *BusinessRole, p *Person) {
	for i, m := range r.Members {
		if m == p {
			r.Members = append(r.Members[:i:i], r.Members[i+1:]...)
			break
		}
	}
	for _, g := range r.Entitlements {
		if a := p.Account(g.App); a != nil {
			a.leave(g)
		}
	}
}

func (c *Company) makeMining() {
	n := c.Plan.PotentialRoles
	c.Sessions = append(c.Sessions,
		&MiningSession{ID: c.UUID("session", "1"), Name: "Departments", Kind: "SPECIALIZED", Finished: true, Saved: true, Creator: c.People[0], Created: c.daysAgo(10, 20)},
		&MiningSession{ID: c.UUID("session", "2"), Name: "Common access", Kind: "COMMON", Finished: true, Creator: c.People[1], Created: c.daysAgo(5, 9)},
		&MiningSession{ID: c.UUID("session", "3"), Kind: "SPECIALIZED", Creator: c.People[0], Created: c.daysAgo(0, 2)},
	)
	for i := range n {
		c.mine(c.Sessions[i*2/max(n, 1)])
	}
}

// mine finds a potential role among the people of one department.
func (c *Company) mine(s *MiningSession) {
	d := Departments[c.nextMined%len(Departments)]
	r := &PotentialRole{
		Session: s, ID: c.UUID("potential", fmt.Sprint(c.nextMined)), Quality: 60 + c.rng.IntN(40), Freshness: 50 + c.rng.IntN(50),
		Saved: c.nextMined%3 == 0, Modified: c.Today.Add(-time.Duration(c.rng.IntN(86400)) * time.Second),
	}
	r.Name = "Potential Role - " + r.ID[:6]
	c.nextMined++
	for _, p := range c.live() {
		if p.Department == d.Name && len(r.Members) < 40 && c.chance(60) {
			r.Members = append(r.Members, p)
		}
	}
	c.measure(r)
	c.PotentialRoles = append(c.PotentialRoles, r)
}

// measure counts which entitlements the members hold today.
func (c *Company) measure(r *PotentialRole) {
	headcount := len(c.live())
	for _, app := range c.Apps {
		if !app.SailPoint {
			continue
		}
		for _, g := range app.Groups {
			held := 0
			for _, p := range r.Members {
				if a := p.Account(app); a != nil && a.in(g) {
					held++
				}
			}
			if held == 0 {
				continue
			}
			r.Entitlements = append(r.Entitlements, MinedEntitlement{
				Group: g, Count: held,
				Popularity:      tenth(100 * float64(held) / float64(len(r.Members))),
				PopularityInOrg: tenth(100 * float64(g.Members) / float64(headcount)),
				Usage:           tenth(float64(c.Roll(1000, "usage", r.ID, g.ID)) / 10),
			})
		}
	}
}

func tenth(f float64) float64 { return math.Round(f*10) / 10 }

func (c *Company) makeInsights() {
	for i := range c.Plan.RoleInsights {
		c.advise(i)
	}
}

// advise makes the i-th insight: entitlements that most members of a role hold
// besides it.
func (c *Company) advise(i int) {
	r := c.Roles[i%len(c.Roles)]
	in := &RoleInsight{ID: c.UUID("insight", fmt.Sprint(i)), Role: r, Created: c.daysAgo(3, 30)}
	if i%2 == 0 {
		in.Modified = in.Created.Add(26 * time.Hour)
	}
	var open []*Group
	for _, app := range c.Apps {
		if app.SailPoint {
			open = append(open, app.Groups...)
		}
	}
	for k := range 2 + c.rng.IntN(4) {
		g := open[(i*7+k*5)%len(open)]
		total := 20 + c.rng.IntN(180)
		impacted := 1 + c.rng.IntN(total/5)
		ch := EntitlementChange{Group: g, Total: total, Impacted: impacted, With: total - impacted}
		for range min(impacted, 3) {
			ch.Names = append(ch.Names, pick(c.rng, c.People).Name())
		}
		in.Changes = append(in.Changes, ch)
	}
	c.Insights = append(c.Insights, in)
}
