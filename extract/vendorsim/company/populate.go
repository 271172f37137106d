package company

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// New invents the company that a plan describes, on its first day.
func New(cfg Plan) *Company {
	c := &Company{
		Plan: cfg, Today: cfg.FirstDay, rng: rand.New(rand.NewPCG(uint64(cfg.Seed), 0x6163636573736d)),
		emails: map[string]bool{}, nextEmployee: 10001, nextRequest: 1, nextTicket: 1, nextRisk: 1, nextMined: 1,
	}
	c.makeApplications()
	for range cfg.People {
		c.hire(c.dateAgo(30, 3000))
	}
	c.makeLeavers()
	c.makeManagers()
	c.makeGroupOwners()
	for _, p := range c.People {
		c.provision(p)
	}
	c.makeServiceAccounts()
	c.makeOrphans()
	c.makeRoles()
	c.makeMining()
	c.makeInsights()
	c.makeGovernance()
	c.makeRequests()
	c.makeFindings()
	c.makeTickets()
	c.makeRisks()
	c.makeGuests()
	return c
}

// makeLeavers spares the first two people, who own things, and makes the ninth
// leave however small the company is.
func (c *Company) makeLeavers() {
	for i, p := range c.People {
		if i >= 2 && c.chance(4) || i == 8 {
			p.End = c.dateAgo(5, 400)
			if p.End.Before(p.Start) {
				p.Start = p.End.AddDate(0, -6, 0)
			}
		}
	}
}

func (c *Company) makeManagers() {
	heads := map[string]*Person{}
	for _, p := range c.People {
		if p.Left(c.Today) {
			continue
		}
		if heads[p.Department] == nil {
			heads[p.Department] = p
			p.Title = "Head of " + p.Department
			p.Employment = "Full-time"
		}
	}
	for i, p := range c.People {
		c.setManager(p, i, heads[p.Department])
	}
}

// setManager gives a person the head of department or, for most, a team lead:
// every twelfth person hired.
func (c *Company) setManager(p *Person, i int, head *Person) {
	p.Manager = head
	if lead := c.People[i/12*12]; lead != p && lead.Department == p.Department && !lead.Left(c.Today) {
		p.Manager = lead
	}
	if p.Manager == p {
		p.Manager = nil
		if boss := c.People[0]; boss != p && !boss.Left(c.Today) {
			p.Manager = boss
		}
	}
}

func (c *Company) makeGroupOwners() {
	live := c.live()
	for _, app := range c.Apps {
		for _, g := range app.Groups {
			if len(live) > 0 {
				g.Owner = live[c.Roll(len(live), "owner", app.Slug, g.Name)]
			}
		}
	}
}

func (c *Company) makeServiceAccounts() {
	for _, app := range c.Apps {
		for i, word := range serviceNames {
			a := &Account{
				App: app, Kind: "machine", Username: fmt.Sprintf("svc-%s-%s", app.Slug, word), Name: "Service " + word,
				ID: c.nativeID(app, "svc", word), API: true, Enabled: true, Admin: i%5 == 0, Role: "Service",
				Created: c.daysAgo(200, 1500), LastActivity: c.daysAgo(0, 5), PasswordChanged: c.daysAgo(100, 900),
			}
			if i%4 == 1 {
				a.LastActivity = c.daysAgo(120, 600)
			}
			if g := app.Group("automation"); g != nil {
				a.join(g, a.Created)
			}
			c.Accounts = append(c.Accounts, a)
		}
	}
}

// makeOrphans plants accounts of people whom no HR record knows.
func (c *Company) makeOrphans() {
	for _, app := range c.Apps {
		for i := range max(1, c.Plan.People/200) {
			p := c.stranger(app.Slug, i)
			a := &Account{
				App: app, Kind: "user", Orphan: true, Username: strings.Split(p.Email, "@")[0], Email: p.Email, Name: p.Name(),
				ID: c.nativeID(app, "orphan", fmt.Sprint(i)), Enabled: true, Role: "Member", MFA: i%2 == 0,
				Created: c.daysAgo(300, 2000), LastActivity: c.daysAgo(1, 80), PasswordChanged: c.daysAgo(90, 700),
			}
			if len(app.Groups) > 0 {
				a.join(app.Groups[0], a.Created)
			}
			c.Accounts = append(c.Accounts, a)
		}
	}
}

// stranger is a name and an e-mail address that nobody in the company has.
func (c *Company) stranger(parts string, i int) *Person {
	p := &Person{First: pick(c.rng, firstNames), Last: pick(c.rng, lastNames)}
	p.Email = fmt.Sprintf("%s.%s.ext%s%d@example.net", mailbox(p.First), mailbox(p.Last), parts, i)
	c.emails[p.Email] = true
	return p
}
