package vendorsim

import (
	"fmt"
	"strings"
)

// makeApplications sets up the eight applications and their groups. Which
// vendor sees which is fixed: GitHub, Okta and Google are seen by Oleria and
// BalkanID, Salesforce and Slack by Oleria, AWS and Jira by BalkanID, and
// Snowflake by SailPoint alone.
func (c *company) makeApplications() {
	c.addApp(&application{slug: "github", name: "GitHub", instance: "example-inc", connectionType: "team", resourceType: "repository", project: "example-inc", oleria: true, balkanid: true})
	c.addApp(&application{slug: "aws", name: "Amazon Web Services", instance: "123456789012", connectionType: "group", resourceType: "bucket", project: "123456789012", balkanid: true, sailpoint: true})
	c.addApp(&application{slug: "okta", name: "Okta", instance: "example.okta.example.com", connectionType: "group", resourceType: "application", project: "https://example.okta.example.com", oleria: true, balkanid: true, sailpoint: true})
	c.addApp(&application{slug: "google", name: "Google Workspace", instance: "example.com", connectionType: "group", resourceType: "shared drive", project: "example.com", oleria: true, balkanid: true})
	c.addApp(&application{slug: "salesforce", name: "Salesforce", instance: "example.my.salesforce.example.com", connectionType: "permission set", resourceType: "object", project: "default", oleria: true, sailpoint: true})
	c.addApp(&application{slug: "slack", name: "Slack", instance: "example.slack.example.com", connectionType: "user group", resourceType: "channel", project: "default", oleria: true})
	c.addApp(&application{slug: "jira", name: "Jira", instance: "example.atlassian.example.com", connectionType: "project role", resourceType: "project", project: "default", balkanid: true})
	c.addApp(&application{slug: "snowflake", name: "Snowflake", instance: "xy12345.eu-west-1", connectionType: "role", resourceType: "schema", project: "default", sailpoint: true})
	c.makeGroups()
}

func (c *company) addApp(a *application) {
	a.integrationID = a.slug + "/" + c.ulid("integration", a.slug)
	a.sourceID = c.hex32("source", a.slug)
	c.apps = append(c.apps, a)
}

func (c *company) makeGroups() {
	for _, app := range c.apps {
		c.addResources(app, 14)
		switch app.slug {
		case "okta":
			c.oktaGroups(app)
		case "google":
			c.addGroup(app, "all-staff", "reader")
			for _, d := range departments {
				c.addGroup(app, slugOf(d.name)+"-list", "writer", "reader")
			}
		case "github":
			all := c.addGroup(app, "engineering-all", "pull")
			for _, n := range []string{"core", "web", "mobile", "data", "platform", "qa", "infra", "search", "payments"} {
				c.addGroup(app, n, "push", "pull").memberOf = []*group{all}
			}
			c.addGroup(app, "maintainers", "admin", "push")
		case "aws":
			for _, n := range []string{"developers", "prod-readonly", "billing", "data-lake", "network", "support"} {
				c.addGroup(app, n, "read", "list")
			}
			c.addGroup(app, "prod-deploy", "write", "delete").reserved = true
		case "jira":
			for _, n := range []string{"Users", "Developers", "Administrators", "Service Desk Team", "Reporters"} {
				c.addGroup(app, n, "browse", "edit")
			}
		case "salesforce":
			for _, n := range []string{"Standard User", "Opportunity Editor", "Report Builder", "Case Manager"} {
				c.addGroup(app, n, "read", "edit")
			}
			c.addGroup(app, "Vendor Maintenance", "create").reserved = true
		case "slack":
			for _, n := range []string{"everyone", "on-call", "announcements"} {
				c.addGroup(app, n, "post")
			}
		case "snowflake":
			for _, n := range []string{"ANALYST", "REPORTER", "LOADER"} {
				c.addGroup(app, n, "select")
			}
			c.addGroup(app, "PAYMENTS_WRITE", "insert").reserved = true
			c.addGroup(app, "AUDIT_READ", "select").reserved = true
		}
		c.addGroup(app, "automation", "api").kind = "machine"
		app.group("automation").reserved = true
	}
}

// oktaGroups nest team in department in everyone, and three of them in a
// circle.
func (c *company) oktaGroups(app *application) {
	all := c.addGroup(app, "everyone", "use")
	for _, d := range departments {
		dept := c.addGroup(app, "dept-"+slugOf(d.name), "use")
		dept.memberOf = []*group{all}
		for i := range 1 + d.weight/6 {
			c.addGroup(app, fmt.Sprintf("team-%s-%d", slugOf(d.name), i+1), "use").memberOf = []*group{dept}
		}
	}
	c.addGroup(app, "vpn-users", "connect")
	c.addGroup(app, "change-approvers", "approve").reserved = true
	c.addGroup(app, "access-admins", "administer").reserved = true
	a, b, d := c.addGroup(app, "pilot-a", "use"), c.addGroup(app, "pilot-b", "use"), c.addGroup(app, "pilot-c", "use")
	a.memberOf, b.memberOf, d.memberOf = []*group{b}, []*group{d}, []*group{a}
}

func (c *company) addResources(app *application, n int) {
	words := []string{"alpha", "atlas", "beacon", "cedar", "delta", "ember", "falcon", "garnet", "harbor", "indigo", "juniper", "krypton", "lumen", "meridian"}
	for _, w := range words[:n] {
		name := app.slug + "-" + w
		app.resources = append(app.resources, &resource{app: app, name: name, id: c.nativeID(app, "resource", w)})
	}
}

// addGroup makes a group that carries each privilege on a resource of its own.
func (c *company) addGroup(app *application, name string, privileges ...string) *group {
	g := &group{app: app, name: name, kind: "user", id: c.nativeID(app, "group", name), entitleID: c.hex32("entitlement", app.slug, name)}
	for i, p := range privileges {
		r := app.resources[(c.roll(len(app.resources), "grant", app.slug, name)+i)%len(app.resources)]
		g.grants = append(g.grants, privilege{resource: r, name: p})
	}
	app.groups = append(app.groups, g)
	return g
}

// joinUsual puts an account into the groups that its owner's department uses.
func (c *company) joinUsual(a *account) {
	app, p := a.app, a.person
	join := func(name string) {
		if g := app.group(name); g != nil {
			a.join(g, a.created)
		}
	}
	switch app.slug {
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
		join(slugOf(p.department) + "-list")
		if c.chance(25) {
			join("all-staff")
		}
	default:
		for range 1 + c.rng.IntN(2) {
			if g := pick(c.rng, app.groups); !g.reserved {
				a.join(g, a.created)
			}
		}
		if len(a.memberships) == 0 {
			a.join(app.groups[0], a.created)
		}
	}
	if app.balkanid && c.chance(0.8) {
		if g := pick(c.rng, app.groups); !g.reserved && !a.in(g) {
			a.denies = append(a.denies, g)
		}
	}
}

// joinTeam gives an Okta account its department's group or one of its teams.
func (c *company) joinTeam(a *account) {
	prefix := "team-" + slugOf(a.person.department) + "-"
	var teams []*group
	for _, g := range a.app.groups {
		if strings.HasPrefix(g.name, prefix) {
			teams = append(teams, g)
		}
	}
	a.join(a.app.group("dept-"+slugOf(a.person.department)), a.created)
	if c.chance(40) {
		a.join(pick(c.rng, teams), a.created)
	}
}

// nativeID is an id in the style of the application.
func (c *company) nativeID(app *application, parts ...string) string {
	key := append([]string{"native", app.slug}, parts...)
	const digits, alnum, upper = "0123456789", "0123456789abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	switch app.slug {
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
