package company

import (
	"fmt"
	"strings"
	"time"
)

// hire adds a person without access.
func (c *Company) hire(start time.Time) *Person {
	d := c.pickDepartment()
	p := &Person{
		Number: c.nextEmployee, First: pick(c.rng, firstNames), Last: pick(c.rng, lastNames),
		Department: d.Name, Title: pick(c.rng, d.titles), Location: pick(c.rng, locations),
		Employment: "Full-time", Start: start,
	}
	c.nextEmployee++
	switch n := c.rng.IntN(100); {
	case n < 9:
		p.Employment = "Contractor"
	case n < 14:
		p.Employment = "Part-time"
	}
	p.Email = c.freeEmail(p.First, p.Last, "example.com")
	p.SailPointID = c.Hex32("identity", fmt.Sprint(p.Number))
	c.giveAlias(p)
	c.People = append(c.People, p)
	return p
}

func (c *Company) pickDepartment() Department {
	n := c.rng.IntN(100)
	for _, d := range Departments {
		if n -= d.weight; n < 0 {
			return d
		}
	}
	return Departments[0]
}

// giveAlias makes some people known to Oleria by another address than to the
// other vendors.
func (c *Company) giveAlias(p *Person) {
	switch n := c.rng.IntN(100); {
	case n < 2:
		p.Alias, p.aliasReason = c.freeEmail(p.First, p.Last, "example.org"), "alias domain"
	case n < 3:
		p.maiden = pick(c.rng, lastNames)
		if p.maiden == p.Last {
			return
		}
		p.Alias, p.aliasReason = c.freeEmail(p.First, p.maiden, "example.com"), "maiden name"
	}
}

func (c *Company) freeEmail(first, last, domain string) string {
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
func (c *Company) provision(p *Person) {
	for _, app := range c.Apps {
		if c.chance(appShare(app.Slug, p.Department)) {
			c.openAccount(p, app)
		}
	}
	if p.Left(c.Today) {
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

func (c *Company) openAccount(p *Person, app *Application) *Account {
	if a := p.Account(app); a != nil {
		return a
	}
	key := fmt.Sprint(p.Number)
	a := &Account{
		App: app, Person: p, Kind: "user", ID: c.nativeID(app, "person", key), Name: p.Name(), Enabled: true,
		Email: p.Email, Username: p.Email, Role: "Member", SSO: app.Slug != "aws" && app.Slug != "github",
		MFA: c.chance(92), PasswordChanged: c.daysAgo(1, 360),
		Created: p.Start.Add(time.Duration(8*3600+c.rng.IntN(8*3600)) * time.Second),
	}
	if app.Slug == "github" || app.Slug == "aws" || app.Slug == "jira" || app.Slug == "snowflake" {
		a.Username = Handle(p)
	}
	if app.Slug == "google" && p.Alias != "" {
		a.Email, a.Username = p.Alias, p.Alias
	}
	if app.Slug == "okta" && c.chance(2) { // the same address, spelled by hand
		local, domain, _ := strings.Cut(p.Email, "@")
		a.Email = strings.ToUpper(local[:1]) + local[1:] + "@" + strings.ToUpper(domain[:1]) + domain[1:]
	}
	c.setActivity(a)
	if c.chance(2) {
		a.Admin, a.Role = true, "Admin"
	}
	if app.Oleria && app.BalkanID && c.chance(0.5) {
		a.OleriaDisabled = true
	}
	c.joinUsual(a)
	p.Accounts = append(p.Accounts, a)
	c.Accounts = append(c.Accounts, a)
	return a
}

// setActivity: most accounts were used in the last weeks, some are dormant, of
// some nothing is known.
func (c *Company) setActivity(a *Account) {
	switch n := c.rng.IntN(100); {
	case n < 2:
	case n < 6:
		a.LastActivity = c.daysAgo(91, 500)
	default:
		a.LastActivity = c.daysAgo(0, 60)
	}
	if !a.LastActivity.IsZero() && a.LastActivity.Before(a.Created) {
		a.LastActivity = a.Created
	}
}

// Handle is a person's short user name.
func Handle(p *Person) string {
	return fmt.Sprintf("%s%s%d", mailbox(p.First)[:1], mailbox(p.Last), p.Number-10000)
}

// offboard closes a leaver's accounts; one leaver in four keeps some.
func (c *Company) offboard(p *Person) {
	forgotten := c.offboarded%4 == 0
	c.offboarded++
	for i, a := range p.Accounts {
		if forgotten && (i == 0 || c.chance(40)) {
			continue
		}
		c.disable(a)
	}
}

func (c *Company) disable(a *Account) {
	a.Enabled, a.OleriaDisabled, a.Denies = false, false, nil
	for len(a.Memberships) > 0 {
		a.leave(a.Memberships[0].Group)
	}
}
