package vendorsim

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

func newCompany(cfg plan) *company {
	c := &company{
		cfg: cfg, today: cfg.Now, rng: rand.New(rand.NewPCG(uint64(cfg.Seed), 0x6163636573736d)),
		emails: map[string]bool{}, nextEmployee: 10001, nextRequest: 1, nextTicket: 1, nextRisk: 1, nextMined: 1,
	}
	c.makeApplications()
	for range cfg.People {
		c.hire(c.dateAgo(30, 3000))
	}
	c.makeLeavers()
	c.makeManagers()
	c.makeGroupOwners()
	for _, p := range c.people {
		c.provision(p)
	}
	c.makeServiceAccounts()
	c.makeOrphans()
	c.makeRoles()
	c.makeMining()
	c.makeInsights()
	c.makeRequests()
	c.makeTickets()
	c.makeRisks()
	return c
}

// makeLeavers spares the first two people, who own things, and makes the ninth
// leave however small the company is.
func (c *company) makeLeavers() {
	for i, p := range c.people {
		if i >= 2 && c.chance(4) || i == 8 {
			p.end = c.dateAgo(5, 400)
			if p.end.Before(p.start) {
				p.start = p.end.AddDate(0, -6, 0)
			}
		}
	}
}

func (c *company) makeManagers() {
	heads := map[string]*person{}
	for _, p := range c.people {
		if p.left(c.today) {
			continue
		}
		if heads[p.department] == nil {
			heads[p.department] = p
			p.title = "Head of " + p.department
			p.employment = "Full-time"
		}
	}
	for i, p := range c.people {
		c.setManager(p, i, heads[p.department])
	}
}

// setManager gives a person the head of department or, for most, a team lead:
// every twelfth person hired.
func (c *company) setManager(p *person, i int, head *person) {
	p.manager = head
	if lead := c.people[i/12*12]; lead != p && lead.department == p.department && !lead.left(c.today) {
		p.manager = lead
	}
	if p.manager == p {
		p.manager = nil
		if boss := c.people[0]; boss != p && !boss.left(c.today) {
			p.manager = boss
		}
	}
}

func (c *company) makeGroupOwners() {
	live := c.live()
	for _, app := range c.apps {
		for _, g := range app.groups {
			if len(live) > 0 {
				g.owner = live[c.roll(len(live), "owner", app.slug, g.name)]
			}
		}
	}
}

func (c *company) makeServiceAccounts() {
	for _, app := range c.apps {
		for i, word := range serviceNames {
			a := &account{
				app: app, kind: "machine", username: fmt.Sprintf("svc-%s-%s", app.slug, word), name: "Service " + word,
				id: c.nativeID(app, "svc", word), api: true, enabled: true, admin: i%5 == 0, role: "Service",
				created: c.daysAgo(200, 1500), lastActivity: c.daysAgo(0, 5), passwordChanged: c.daysAgo(100, 900),
			}
			if i%4 == 1 {
				a.lastActivity = c.daysAgo(120, 600)
			}
			if g := app.group("automation"); g != nil {
				a.join(g, a.created)
			}
			c.accounts = append(c.accounts, a)
		}
	}
}

// makeOrphans plants accounts of people whom no HR record knows.
func (c *company) makeOrphans() {
	for _, app := range c.apps {
		for i := range max(1, c.cfg.People/200) {
			p := c.stranger(app.slug, i)
			a := &account{
				app: app, kind: "user", orphan: true, username: strings.Split(p.email, "@")[0], email: p.email, name: p.name(),
				id: c.nativeID(app, "orphan", fmt.Sprint(i)), enabled: true, role: "Member", mfa: i%2 == 0,
				created: c.daysAgo(300, 2000), lastActivity: c.daysAgo(1, 80), passwordChanged: c.daysAgo(90, 700),
			}
			if len(app.groups) > 0 {
				a.join(app.groups[0], a.created)
			}
			c.accounts = append(c.accounts, a)
		}
	}
}

// stranger is a name and an e-mail address that nobody in the company has.
func (c *company) stranger(parts string, i int) *person {
	p := &person{first: pick(c.rng, firstNames), last: pick(c.rng, lastNames)}
	p.email = fmt.Sprintf("%s.%s.ext%s%d@example.net", mailbox(p.first), mailbox(p.last), parts, i)
	c.emails[p.email] = true
	return p
}
