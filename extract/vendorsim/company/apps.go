package company

import (
	"fmt"
	"strings"
)

// makeApplications sets up the eight applications and their groups. Which
// vendor sees which is fixed: GitHub, Okta and Google are seen by Oleria and
// BalkanID, Salesforce and Slack by Oleria, AWS and Jira by BalkanID, and
// Snowflake by SailPoint alone.
func (c *Company) makeApplications() {
	c.addApp(&Application{Slug: "github", Name: "GitHub", Instance: "example-inc", ConnectionType: "team", ResourceType: "repository", Project: "example-inc", Oleria: true, BalkanID: true})
	c.addApp(&Application{Slug: "aws", Name: "Amazon Web Services", Instance: "123456789012", ConnectionType: "group", ResourceType: "bucket", Project: "123456789012", BalkanID: true, SailPoint: true})
	c.addApp(&Application{Slug: "okta", Name: "Okta", Instance: "example.okta.example.com", ConnectionType: "group", ResourceType: "application", Project: "https://example.okta.example.com", Oleria: true, BalkanID: true, SailPoint: true})
	c.addApp(&Application{Slug: "google", Name: "Google Workspace", Instance: "example.com", ConnectionType: "group", ResourceType: "shared drive", Project: "example.com", Oleria: true, BalkanID: true})
	c.addApp(&Application{Slug: "salesforce", Name: "Salesforce", Instance: "example.my.salesforce.example.com", ConnectionType: "permission set", ResourceType: "object", Project: "default", Oleria: true, SailPoint: true})
	c.addApp(&Application{Slug: "slack", Name: "Slack", Instance: "example.slack.example.com", ConnectionType: "user group", ResourceType: "channel", Project: "default", Oleria: true})
	c.addApp(&Application{Slug: "jira", Name: "Jira", Instance: "example.atlassian.example.com", ConnectionType: "project role", ResourceType: "project", Project: "default", BalkanID: true})
	c.addApp(&Application{Slug: "snowflake", Name: "Snowflake", Instance: "xy12345.eu-west-1", ConnectionType: "role", ResourceType: "schema", Project: "default", SailPoint: true})
	c.makeGroups()
}

func (c *Company) addApp(a *Application) {
	a.IntegrationID = a.Slug + "/" + c.ULID("integration", a.Slug)
	a.SourceID = c.Hex32("source", a.Slug)
	c.Apps = append(c.Apps, a)
}

func (c *Company) makeGroups() {
	for _, app := range c.Apps {
		c.addResources(app, 14)
		switch app.Slug {
		case "okta":
			c.oktaGroups(app)
		case "google":
			c.addGroup(app, "all-staff", "reader")
			for _, d := range Departments {
				c.addGroup(app, SlugOf(d.Name)+"-list", "writer", "reader")
			}
		case "github":
			all := c.addGroup(app, "engineering-all", "pull")
			for _, n := range []string{"core", "web", "mobile", "data", "platform", "qa", "infra", "search", "payments"} {
				c.addGroup(app, n, "push", "pull").MemberOf = []*Group{all}
			}
			c.addGroup(app, "maintainers", "admin", "push")
		case "aws":
			for _, n := range []string{"developers", "prod-readonly", "billing", "data-lake", "network", "support"} {
				c.addGroup(app, n, "read", "list")
			}
			c.addGroup(app, "prod-deploy", "write", "delete").Reserved = true
		case "jira":
			for _, n := range []string{"Users", "Developers", "Administrators", "Service Desk Team", "Reporters"} {
				c.addGroup(app, n, "browse", "edit")
			}
		case "salesforce":
			for _, n := range []string{"Standard User", "Opportunity Editor", "Report Builder", "Case Manager"} {
				c.addGroup(app, n, "read", "edit")
			}
			c.addGroup(app, "Vendor Maintenance", "create").Reserved = true
		case "slack":
			for _, n := range []string{"everyone", "on-call", "announcements"} {
				c.addGroup(app, n, "post")
			}
		case "snowflake":
			for _, n := range []string{"ANALYST", "REPORTER", "LOADER"} {
				c.addGroup(app, n, "select")
			}
			c.addGroup(app, "PAYMENTS_WRITE", "insert").Reserved = true
			c.addGroup(app, "AUDIT_READ", "select").Reserved = true
		}
		c.addGroup(app, "automation", "api").Kind = "machine"
		app.Group("automation").Reserved = true
	}
}

// oktaGroups nest team in department in everyone, and three of them in a
// circle.
func (c *Company) oktaGroups(app *Application) {
	all := c.addGroup(app, "everyone", "use")
	for _, d := range Departments {
		dept := c.addGroup(app, "dept-"+SlugOf(d.Name), "use")
		dept.MemberOf = []*Group{all}
		for i := range 1 + d.weight/6 {
			c.addGroup(app, fmt.Sprintf("team-%s-%d", SlugOf(d.Name), i+1), "use").MemberOf = []*Group{dept}
		}
	}
	c.addGroup(app, "vpn-users", "connect")
	c.addGroup(app, "change-approvers", "approve").Reserved = true
	c.addGroup(app, "access-admins", "administer").Reserved = true
	a, b, d := c.addGroup(app, "pilot-a", "use"), c.addGroup(app, "pilot-b", "use"), c.addGroup(app, "pilot-c", "use")
	a.MemberOf, b.MemberOf, d.MemberOf = []*Group{b}, []*Group{d}, []*Group{a}
}

func (c *Company) addResources(app *Application, n int) {
	words := []string{"alpha", "atlas", "beacon", "cedar", "delta", "ember", "falcon", "garnet", "harbor", "indigo", "juniper", "krypton", "lumen", "meridian"}
	for _, w := range words[:n] {
		name := app.Slug + "-" + w
		app.Resources = append(app.Resources, &Resource{app: app, Name: name, ID: c.nativeID(app, "resource", w)})
	}
}

// addGroup makes a group that carries each privilege on a resource of its own.
func (c *Company) addGroup(app *Application, name string, privileges ...string) *Group {
	g := &Group{App: app, Name: name, Kind: "user", ID: c.nativeID(app, "group", name), EntitlementID: c.Hex32("entitlement", app.Slug, name)}
	for i, p := range privileges {
		r := app.Resources[(c.Roll(len(app.Resources), "grant", app.Slug, name)+i)%len(app.Resources)]
		g.Grants = append(g.Grants, Privilege{Resource: r, Name: p})
	}
	app.Groups = append(app.Groups, g)
	return g
}

// joinUsual puts an account into the groups that its owner's department uses.
func (c *Company) joinUsual(a *Account) {
	app, p := a.App, a.Person
	join := func(name string) {
		if g := app.Group(name); g != nil {
			a.join(g, a.Created)
		}
	}
	switch app.Slug {
	case "okta":
		join("everyone")
		c.joinTeam(a)
		if c.chance(12) {
			join("vpn-users")
		}
		if c.chance(1) {
			join([]string{"pilot-a", "pilot-b", "pilot-c"}[c.rng.IntN(3)])
		}
	case "google":
		join(SlugOf(p.Department) + "-list")
		if c.chance(25) {
			join("all-staff")
		}
	default:
		for range 1 + c.rng.IntN(2) {
			if g := pick(c.rng, app.Groups); !g.Reserved {
				a.join(g, a.Created)
			}
		}
		if len(a.Memberships) == 0 {
			a.join(app.Groups[0], a.Created)
		}
	}
	if app.BalkanID && c.chance(0.8) {
		if g := pick(c.rng, app.Groups); !g.Reserved && !a.in(g) {
			a.Denies = append(a.Denies, g)
		}
	}
}

// joinTeam gives an Okta account its department's group or one of its teams.
func (c *Company) joinTeam(a *Account) {
	prefix := "team-" + SlugOf(a.Person.Department) + "-"
	var teams []*Group
	for _, g := range a.App.Groups {
		if strings.HasPrefix(g.Name, prefix) {
			teams = append(teams, g)
		}
	}
	a.join(a.App.Group("dept-"+SlugOf(a.Person.Department)), a.Created)
	if c.chance(40) {
		a.join(pick(c.rng, teams), a.Created)
	}
}

// nativeID is an id in the style of the application.
func (c *Company) nativeID(app *Application, parts ...string) string {
	key := append([]string{"native", app.Slug}, parts...)
	const digits, alnum, upper = "0123456789", "0123456789abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	switch app.Slug {
	case "github":
		return "1" + c.letters(10, digits, key...)
	case "aws":
		return "AIDA" + c.letters(17, upper, key...)
	case "okta":
		return "00u" + c.letters(17, alnum, key...)
	case "google":
		return "1" + c.letters(20, digits, key...)
	case "salesforce":
		return "005" + c.letters(15, alnum, key...)
	case "slack":
		return "U" + c.letters(9, upper, key...)
	case "jira":
		return "5f" + c.letters(22, "0123456789abcdef", key...)
	default:
		return "SF" + c.letters(10, digits, key...)
	}
}
