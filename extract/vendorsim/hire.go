package vendorsim

import (
	"fmt"
	"strings"
	"time"
)

// hire adds a person without access.
func (c *company) hire(start time.Time) *person {
	d := c.pickDepartment()
	p := &person{
		number: c.nextEmployee, first: pick(c.rng, firstNames), last: pick(c.rng, lastNames),
		department: d.name, title: pick(c.rng, d.titles), location: pick(c.rng, locations),
		employment: "Full-time", start: start,
	}
	c.nextEmployee++
	switch n := c.rng.IntN(100); {
	case n < 9:
		p.employment = "Contractor"
	case n < 14:
		p.employment = "Part-time"
	}
	p.email = c.freeEmail(p.first, p.last, "example.com")
	p.sailpointID = c.hex32("identity", fmt.Sprint(p.number))
	c.giveAlias(p)
	c.people = append(c.people, p)
	return p
}

func (c *company) pickDepartment() department {
	n := c.rng.IntN(100)
	for _, d := range departments {
		if n -= d.weight; n < 0 {
			return d
		}
	}
	return departments[0]
}

// giveAlias makes some people known to Oleria by another address than to the
// other vendors.
func (c *company) giveAlias(p *person) {
	switch n := c.rng.IntN(100); {
	case n < 2:
		p.alias, p.aliasReason = c.freeEmail(p.first, p.last, "example.org"), "alias domain"
	case n < 3:
		p.maiden = pick(c.rng, lastNames)
		if p.maiden == p.last {
			return
		}
		p.alias, p.aliasReason = c.freeEmail(p.first, p.maiden, "example.com"), "maiden name"
	}
}

func (c *company) freeEmail(first, last, domain string) string {
	local := mailbox(first) + "." + mailbox(last)
	for i := 1; ; i++ {
		e := local + "@" + domain
		if i > 1 {
			e = fmt.Sprintf("%s%d@%s", local, i, domain)
		}
		if !c.emails[e] {
			c.emails[e] = true
			return e
		}
	}
}

// provision opens the accounts that a person of this department has.
func (c *company) provision(p *person) {
	for _, app := range c.apps {
		if c.chance(appShare(app.slug, p.department)) {
			c.openAccount(p, app)
		}
	}
	if p.left(c.today) {
		c.offboard(p)
	}
}

// appShare is the percentage of a department that uses an application.
func appShare(app, department string) float64 {
	technical := department == "Engineering" || department == "IT" || department == "Security"
	switch app {
	case "okta":
		return 100
	case "google":
		return 95
	case "slack":
		return 85
	case "github":
		if technical {
			return 85
		}
		return 2
	case "aws":
		if technical {
			return 55
		}
		return 1
	case "jira":
		if technical || department == "Support" {
			return 90
		}
		return 30
	case "salesforce":
		if department == "Sales" || department == "Support" || department == "Finance" {
			return 65
		}
		return 2
	default: // snowflake
		if department == "Finance" || department == "Operations" {
			return 60
		}
		return 5
	}
}

func (c *company) openAccount(p *person, app *application) *account {
	if a := p.account(app); a != nil {
		return a
	}
	key := fmt.Sprint(p.number)
	a := &account{
		app: app, person: p, kind: "user", id: c.nativeID(app, "person", key), name: p.name(), enabled: true,
		email: p.email, username: p.email, role: "Member", sso: app.slug != "aws" && app.slug != "github",
		mfa: c.chance(92), passwordChanged: c.daysAgo(1, 360),
		created: p.start.Add(time.Duration(8*3600+c.rng.IntN(8*3600)) * time.Second),
	}
	if app.slug == "github" || app.slug == "aws" || app.slug == "jira" || app.slug == "snowflake" {
		a.username = handle(p)
	}
	if app.slug == "google" && p.alias != "" {
		a.email, a.username = p.alias, p.alias
	}
	if app.slug == "okta" && c.chance(2) { // the same address, spelled by hand
		local, domain, _ := strings.Cut(p.email, "@")
		a.email = strings.ToUpper(local[:1]) + local[1:] + "@" + strings.ToUpper(domain[:1]) + domain[1:]
	}
	c.setActivity(a)
	if c.chance(2) {
		a.admin, a.role = true, "Admin"
	}
	if app.oleria && app.balkanid && c.chance(0.5) {
		a.oleriaDisabled = true
	}
	c.joinUsual(a)
	p.accounts = append(p.accounts, a)
	c.accounts = append(c.accounts, a)
	return a
}

// setActivity: most accounts were used in the last weeks, some are dormant, of
// some nothing is known.
func (c *company) setActivity(a *account) {
	switch n := c.rng.IntN(100); {
	case n < 2:
	case n < 6:
		a.lastActivity = c.daysAgo(91, 500)
	default:
		a.lastActivity = c.daysAgo(0, 60)
	}
	if !a.lastActivity.IsZero() && a.lastActivity.Before(a.created) {
		a.lastActivity = a.created
	}
}

func handle(p *person) string {
	return fmt.Sprintf("%s%s%d", mailbox(p.first)[:1], mailbox(p.last), p.number-10000)
}

// offboard closes a leaver's accounts; one leaver in four keeps some.
func (c *company) offboard(p *person) {
	forgotten := c.offboarded%4 == 0
	c.offboarded++
	for i, a := range p.accounts {
		if forgotten && (i == 0 || c.chance(40)) {
			continue
		}
		c.disable(a)
	}
}

func (c *company) disable(a *account) {
	a.enabled, a.oleriaDisabled, a.denies = false, false, nil
	for len(a.memberships) > 0 {
		a.leave(a.memberships[0].group)
	}
}
