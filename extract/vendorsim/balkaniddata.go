package vendorsim

import (
	"strconv"
	"strings"
	"time"
)

const (
	goTime   = "2006-01-02 15:04:05 -0700 MST" // Entities, Entity relations
	zoneless = "2006-01-02 15:04:05"           // Requests, Webhook templates
	american = "01/02/2006"                    // Employees
)

// balkanidColumns splits a header as the vendor's page shows it: a name that
// ends in '=' holds JSON.
func balkanidColumns(header string) []column {
	var out []column
	for name := range strings.SplitSeq(header, "|") {
		c := column{name: strings.TrimSuffix(name, "=")}
		if c.name != name {
			c.kind = document
		}
		out = append(out, c)
	}
	return out
}

func balkanidTable(s *set, dataset, header string) *table {
	return s.table(dataset, balkanidColumns(header)...)
}

// scanned is the fixed time at which BalkanID saw an application's objects.
func (c *Company) scanned(app *Application) string {
	return stamp(c.Plan.FirstDay.Add(-time.Duration(c.Roll(7200, "scan", app.Slug))*time.Second), goTime)
}

// hurt chooses the few records whose JSON cell arrives broken. Requests and
// entities that a finding rests on stay whole.
func (c *Company) hurt(key string) damage {
	if n := c.Roll(400, "damage", key); n < 3 {
		return damage(n + 1)
	}
	return intact
}

// balkanidExport is what BalkanID delivers of one generation.
type balkanidExport struct {
	*set
	integrations []string // ids
}

// newBalkanidExport writes the company down as BalkanID knows it today.
func newBalkanidExport(c *Company) *balkanidExport {
	e := &balkanidExport{set: newSet("balkanid")}
	c.balkanidTables(e.set)
	c.balkanidOtherTables(e.set)
	for _, r := range e.tables["balkanid.integrations"].rows {
		e.integrations = append(e.integrations, r.key)
	}
	return e
}

func (c *Company) balkanidTables(s *set) {
	c.balkanidApps(s)
	c.balkanidIntegrations(s)
	c.balkanidEmployees(s)
	c.balkanidEntities(s)
	c.balkanidRelations(s)
	c.balkanidEntitlements(s)
	c.balkanidRequests(s)
}

func (c *Company) balkanidApps(s *set) {
	t := balkanidTable(s, "apps", "Tenant ID|Tenant Name|Tenant Status|Tenant Created At|ID|Name|Description|Logo")
	for _, a := range c.Apps {
		if a.BalkanID {
			t.add(a.Slug, c.Tenant(), "default", "active", "2022-01-12", a.Slug, a.Name, a.Name+", as used at Example Inc", "https://logos.example.com/"+a.Slug+".svg")
		}
	}
	t.add("asana", c.Tenant(), "default", "active", "2022-01-12", "asana", "Asana", "", "")
}

type setting struct {
	Name  string `json:"name"`
	Key   string `json:"key"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

func (c *Company) balkanidIntegrations(s *set) {
	t := balkanidTable(s, "integrations", "ID*|Name*|Description|Last Run|Status*|Primary Owner|Message|Metadata=|Reviewer Precedence|Provisioning Options=|Extraction Options=|Reviewer Count|Entity Request Values Templates|Entity Request Values Defaults")
	for _, a := range c.Apps {
		if !a.BalkanID {
			continue
		}
		meta := compactJSON([]setting{{"Domain", "domain", "public", a.Instance}, {"Client secret", "client_secret", "secret", c.ConnectorSecret(a)}})
		t.add(a.IntegrationID, a.IntegrationID, a.Name, "Connector of "+a.Name, stamp(c.Plan.FirstDay.Add(-6*time.Hour), time.RFC3339), "active",
			c.People[0].Email, "Data Available", string(meta), "manager, primaryowner, riskmanager",
			`{"sso":false,"app":true,"ticket":true,"scim":true,"webhook":false,"playbook":false}`, `{"scim":false,"upload":false,"direct_configuration":true}`, "1", "", "")
	}
	idle := "asana/" + c.ULID("integration", "asana")
	// It is known, without entitlements: a header and nothing more.
	t.add(idle, idle, "Asana", "", "", "inactive", "", "", "{}", "manager", `{}`, `{}`, "0", "", "")
}

func (c *Company) balkanidEmployees(s *set) {
	t := balkanidTable(s, "employees", "Employee ID|Full Name|First Name|Last Name|Work Email*|Department|Title|Start Date*|End Date|Employment Type|Manager|Manager Work Email|Source Employee ID|BalkanID Roles|Metadata Version|Metadata=")
	t.crlf = true
	t.bad = append(t.bad, bad{before: 5, rule: "cell", line: `9001,Nia Nemo,Nia,Nemo,nia.nemo@example.net,Sales,Account Executive,31/31/2020,,Full-time,,,W9001,reviewer,v1,{}`})
	for _, p := range c.People {
		var boss, bossEmail string
		if p.Manager != nil {
			boss, bossEmail = p.Manager.Name(), p.Manager.Email
		}
		roles := "reviewer"
		if p.Department == "Security" {
			roles = "reviewer, riskmanager, admin"
		}
		id := strconv.Itoa(p.Number)
		meta := `{"location": {"address": ` + quote(p.Location+", Example Street 1") + `}, "role id": "R` + p.Department[:2] + `"}`
		t.add(id, id, p.Name(), p.First, p.Last, p.Email, p.Department, p.Title, stamp(p.Start, american), stamp(p.End, american), p.Employment,
			boss, bossEmail, "W"+id, roles, "v1", meta)
	}
}

func (c *Company) balkanidEntities(s *set) {
	t := balkanidTable(s, "entities", "BRN*|Timestamp*|App*|Integration*|Name*|Entity Type*|Source System*|Source ID*|Source Type*|Metadata Version|Metadata=")
	t.bom = true
	for _, a := range c.Accounts {
		if !a.App.BalkanID {
			continue
		}
		brn, kind := c.AccountBRN(a), "user"
		if a.Kind == "machine" {
			kind = "service account"
		}
		m := []string{`"username":` + quote(a.Username), `"lastPasswordChange":` + quote(stamp(a.PasswordChanged, goTime)), `"userCreatedDateTime":` + quote(stamp(a.Created, goTime))}
		if a.Email != "" {
			m = append(m, `"email":`+quote(a.Email))
		}
		if p := a.Person; p != nil {
			m = append(m, `"jobTitle":`+quote(p.Title), `"department":`+quote(p.Department))
		}
		m = append(m, `"accountEnabled":`+yesno(a.Enabled), `"note":""`)
		r := t.add(brn, brn, c.scanned(a.App), a.App.Slug, a.App.IntegrationID, a.Name, "identity", a.App.Slug, a.ID, kind, "v1", "{"+strings.Join(m, ",")+"}")
		if !a.Orphan && a.Enabled && !a.OleriaDisabled {
			r.damage = c.hurt(brn)
		}
	}
	for _, app := range c.Apps {
		if app.BalkanID {
			c.balkanidObjects(t, app)
		}
	}
	t.bad = append(t.bad, bad{before: 40, rule: "frame", line: c.BRN("identity", c.B64("surplus")) + `,2024-04-27 06:33:31 +0000 UTC,okta,x,Surplus,identity,okta,1,user,v1,{},one,two,too many`})
}

func (c *Company) balkanidObjects(t *table, app *Application) {
	for _, g := range app.Groups {
		brn := c.GroupBRN(g)
		t.add(brn, brn, c.scanned(app), app.Slug, app.IntegrationID, g.Name, "connection", app.Slug, g.ID, app.ConnectionType, "v1", `{"description":"Group, kept by its owner"}`)
	}
	for _, r := range app.Resources {
		brn := c.ResourceBRN(r)
		t.add(brn, brn, c.scanned(app), app.Slug, app.IntegrationID, r.Name, "resource", app.Slug, r.ID, app.ResourceType, "v1", "")
	}
}

func (c *Company) balkanidRelations(s *set) {
	t := balkanidTable(s, "entity_relations", "App*|Timestamp*|Integration*|Parent Entity BRN*|Entity BRN*|Entity Type*|Source System*|Metadata Version*|Metadata*=")
	add := func(app *Application, parent, child, kind, privilege string, allowed bool) {
		meta := `{"connectionType":` + quote(app.ConnectionType) + `,"privilegeName":` + quote(privilege) + `,"privilegeValue":` + yesno(allowed) + `,"project":` + quote(app.Project) + `}`
		t.add(parent+">"+child+">"+privilege+">"+yesno(allowed), app.Slug, c.scanned(app), app.IntegrationID, parent, child, kind, app.Slug, "v1", meta)
	}
	for _, a := range c.Accounts {
		if !a.App.BalkanID {
			continue
		}
		brn := c.AccountBRN(a)
		for _, m := range a.Memberships {
			add(a.App, brn, c.GroupBRN(m.Group), "connection", "member", true)
		}
		for _, g := range a.Denies {
			add(a.App, brn, c.GroupBRN(g), "connection", "member", false)
		}
	}
	for _, app := range c.Apps {
		if !app.BalkanID {
			continue
		}
		for _, g := range app.Groups {
			for _, outer := range g.MemberOf {
				add(app, c.GroupBRN(g), c.GroupBRN(outer), "connection", "member", true)
			}
			for _, p := range g.Grants {
				add(app, c.GroupBRN(g), c.ResourceBRN(p.Resource), "resource", p.Name, true)
			}
		}
	}
	// A line cut off inside a quoted cell: the records after it are whole.
	t.bad = append(t.bad, bad{before: 60, rule: "frame", line: `okta,2024-06-13 06:17:04 +0000 UTC,"okta/cut off`})
}

func (c *Company) balkanidEntitlements(s *set) {
	t := balkanidTable(s, "entitlements", "Project|Privilege Name|Privilege Value|Email|Identity ID|Username|Name|Connection|Connection Type|Resource|Resource Type|Employee ID|Labels=|Identity Type|Connection Provider|Connection Provider Type|Metadata=")
	for _, a := range c.Accounts {
		if !a.App.BalkanID {
			continue
		}
		for _, m := range a.Memberships {
			for _, p := range m.Group.Grants {
				c.entitlement(t, a, m.Group, p, true)
			}
		}
		for _, g := range a.Denies {
			c.entitlement(t, a, g, g.Grants[0], false)
		}
	}
}

func (c *Company) entitlement(t *table, a *Account, g *Group, p Privilege, allowed bool) {
	employee, kind, labels := "", "undefined", ""
	if a.Person != nil {
		employee, kind = strconv.Itoa(a.Person.Number), "employee"
	}
	if a.Kind == "machine" {
		kind = "service account"
	}
	if p.Name == "admin" || p.Name == "administer" || p.Name == "delete" {
		labels = `[{"source":"` + c.BRN("app", "compute/privileged") + `","version":"20220726","value":{"text":"Privileged"},"key":"entitlement/privileged"}]`
	}
	r := t.add(a.App.Slug+"/"+a.ID+"/"+g.Name+"/"+p.Resource.Name+"/"+p.Name+"/"+yesno(allowed),
		a.App.Project, p.Name, yesno(allowed), a.Email, a.ID, a.Username, a.Name, g.Name, a.App.ConnectionType, p.Resource.Name, a.App.ResourceType,
		employee, labels, kind, "", "", "")
	r.part = a.App.IntegrationID
}

func (c *Company) balkanidRequests(s *set) {
	t := balkanidTable(s, "requests", "Request ID*|Requester*|Username*|Work Email*|Reference|Duration|Expiration Date|Provision Date|Source|Source ID|Request Type|App ID|Connection|Connection Type|Resource|Resource Type|Privilege Name|Privilege Value|Type*|Metadata*=|Scheduled Date|Entity Review ID|Purpose ID|Purpose Review ID")
	for _, r := range c.Requests {
		damaged := intact
		if n := r.N % 100; n >= 3 && n <= 5 && !c.StillSeen(r) {
			damaged = damage(n - 2)
		}
		for i, it := range r.Items {
			c.requestRow(t, r, i, it).damage = damaged
		}
	}
}

func (c *Company) requestRow(t *table, r *AccessRequest, i int, it RequestItem) *row {
	reference, appID, connection, connectionType := "", it.App.Slug, "", ""
	if r.Reference != nil {
		reference = r.Reference.Email
	}
	if it.Group != nil {
		appID, connection, connectionType = it.App.IntegrationID, it.Group.Name, it.App.ConnectionType
	}
	app := it.App.Slug + "/214195"
	meta := `{"integration_to_scim_payload":{"` + app + `":{"username":"` + r.RequestFor.Email + `","firstName":"` + r.RequestFor.First + `","lastName":"","password":` + quote(r.Secret) + `},"github/28329":{}},` +
		`"reason":"Need to perform \u003ccurrent\u003e job duties","reference_department":null,"reference_employee":` + quote(reference) + `,"reference_title":null,"reference_type":"employee"}`
	row := t.add(r.ID+"/"+strconv.Itoa(i), r.ID, r.Requester.Email, Handle(r.Requester), r.RequestFor.Email, reference, r.Duration,
		stamp(r.Expires, zoneless), stamp(r.Provisioned, zoneless), it.App.Slug, "", r.Action, appID, connection, connectionType, "", "", "", "",
		"employee_request", meta, stamp(r.Scheduled, zoneless), "", "", "")
	if !r.Completed() {
		row.part = openRequest
	}
	return row
}

// openRequest marks rows of requests not yet completed: with includeCompleted
// false BalkanID delivers these only.
const openRequest = "open"
