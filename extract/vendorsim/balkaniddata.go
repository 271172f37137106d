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
func (c *company) scanned(app *application) string {
	return stamp(c.cfg.Now.Add(-time.Duration(c.roll(7200, "scan", app.slug))*time.Second), goTime)
}

// hurt chooses the few records whose JSON cell arrives broken. Requests and
// entities that a finding rests on stay whole.
func (c *company) hurt(key string) damage {
	if n := c.roll(400, "damage", key); n < 3 {
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
func newBalkanidExport(c *company) *balkanidExport {
	e := &balkanidExport{set: newSet("balkanid")}
	c.balkanidTables(e.set)
	c.balkanidOtherTables(e.set)
	for _, r := range e.tables["balkanid.integrations"].rows {
		e.integrations = append(e.integrations, r.key)
	}
	return e
}

func (c *company) balkanidTables(s *set) {
	c.balkanidApps(s)
	c.balkanidIntegrations(s)
	c.balkanidEmployees(s)
	c.balkanidEntities(s)
	c.balkanidRelations(s)
	c.balkanidEntitlements(s)
	c.balkanidRequests(s)
}

func (c *company) balkanidApps(s *set) {
	t := balkanidTable(s, "apps", "Tenant ID|Tenant Name|Tenant Status|Tenant Created At|ID|Name|Description|Logo")
	for _, a := range c.apps {
		if a.balkanid {
			t.add(a.slug, c.tenant(), "default", "active", "2022-01-12", a.slug, a.name, a.name+", as used at Example Inc", "https://logos.example.com/"+a.slug+".svg")
		}
	}
	t.add("asana", c.tenant(), "default", "active", "2022-01-12", "asana", "Asana", "", "")
}

type setting struct {
	Name  string `json:"name"`
	Key   string `json:"key"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

func (c *company) balkanidIntegrations(s *set) {
	t := balkanidTable(s, "integrations", "ID*|Name*|Description|Last Run|Status*|Primary Owner|Message|Metadata=|Reviewer Precedence|Provisioning Options=|Extraction Options=|Reviewer Count|Entity Request Values Templates|Entity Request Values Defaults")
	for _, a := range c.apps {
		if !a.balkanid {
			continue
		}
		meta := compactJSON([]setting{{"Domain", "domain", "public", a.instance}, {"Client secret", "client_secret", "secret", c.connectorSecret(a)}})
		t.add(a.integrationID, a.integrationID, a.name, "Connector of "+a.name, stamp(c.cfg.Now.Add(-6*time.Hour), time.RFC3339), "active",
			c.people[0].email, "Data Available", string(meta), "manager, primaryowner, riskmanager",
			`{"sso":false,"app":true,"ticket":true,"scim":true,"webhook":false,"playbook":false}`, `{"scim":false,"upload":false,"direct_configuration":true}`, "1", "", "")
	}
	idle := "asana/" + c.ulid("integration", "asana")
	// It is known, without entitlements: a header and nothing more.
	t.add(idle, idle, "Asana", "", "", "inactive", "", "", "{}", "manager", `{}`, `{}`, "0", "", "")
}

func (c *company) balkanidEmployees(s *set) {
	t := balkanidTable(s, "employees", "Employee ID|Full Name|First Name|Last Name|Work Email*|Department|Title|Start Date*|End Date|Employment Type|Manager|Manager Work Email|Source Employee ID|BalkanID Roles|Metadata Version|Metadata=")
	t.crlf = true
	t.bad = append(t.bad, bad{before: 5, rule: "cell", line: `9001,Nia Nemo,Nia,Nemo,nia.nemo@example.net,Sales,Account Executive,31/31/2020,,Full-time,,,W9001,reviewer,v1,{}`})
	for _, p := range c.people {
		var boss, bossEmail string
		if p.manager != nil {
			boss, bossEmail = p.manager.name(), p.manager.email
		}
		roles := "reviewer"
		if p.department == "Security" {
			roles = "reviewer, riskmanager, admin"
		}
		id := strconv.Itoa(p.number)
		meta := `{"location": {"address": ` + quote(p.location+", Example Street 1") + `}, "role id": "R` + p.department[:2] + `"}`
		t.add(id, id, p.name(), p.first, p.last, p.email, p.department, p.title, stamp(p.start, american), stamp(p.end, american), p.employment,
			boss, bossEmail, "W"+id, roles, "v1", meta)
	}
}

func (c *company) balkanidEntities(s *set) {
	t := balkanidTable(s, "entities", "BRN*|Timestamp*|App*|Integration*|Name*|Entity Type*|Source System*|Source ID*|Source Type*|Metadata Version|Metadata=")
	t.bom = true
	for _, a := range c.accounts {
		if !a.app.balkanid {
			continue
		}
		brn, kind := c.accountBRN(a), "user"
		if a.kind == "machine" {
			kind = "service account"
		}
		m := []string{`"username":` + quote(a.username), `"lastPasswordChange":` + quote(stamp(a.passwordChanged, goTime)), `"userCreatedDateTime":` + quote(stamp(a.created, goTime))}
		if a.email != "" {
			m = append(m, `"email":`+quote(a.email))
		}
		if p := a.person; p != nil {
			m = append(m, `"jobTitle":`+quote(p.title), `"department":`+quote(p.department))
		}
		m = append(m, `"accountEnabled":`+yesno(a.enabled), `"note":""`)
		r := t.add(brn, brn, c.scanned(a.app), a.app.slug, a.app.integrationID, a.name, "identity", a.app.slug, a.id, kind, "v1", "{"+strings.Join(m, ",")+"}")
		if !a.orphan && a.enabled && !a.oleriaDisabled {
			r.damage = c.hurt(brn)
		}
	}
	for _, app := range c.apps {
		if app.balkanid {
			c.balkanidObjects(t, app)
		}
	}
	t.bad = append(t.bad, bad{before: 40, rule: "frame", line: c.brn("identity", c.b64("surplus")) + `,2024-04-27 06:33:31 +0000 UTC,okta,x,Surplus,identity,okta,1,user,v1,{},one,two,too many`})
}

func (c *company) balkanidObjects(t *table, app *application) {
	for _, g := range app.groups {
		brn := c.groupBRN(g)
		t.add(brn, brn, c.scanned(app), app.slug, app.integrationID, g.name, "connection", app.slug, g.id, app.connectionType, "v1", `{"description":"Group, kept by its owner"}`)
	}
	for _, r := range app.resources {
		brn := c.resourceBRN(r)
		t.add(brn, brn, c.scanned(app), app.slug, app.integrationID, r.name, "resource", app.slug, r.id, app.resourceType, "v1", "")
	}
}

func (c *company) balkanidRelations(s *set) {
	t := balkanidTable(s, "entity_relations", "App*|Timestamp*|Integration*|Parent Entity BRN*|Entity BRN*|Entity Type*|Source System*|Metadata Version*|Metadata*=")
	add := func(app *application, parent, child, kind, privilege string, allowed bool) {
		meta := `{"connectionType":` + quote(app.connectionType) + `,"privilegeName":` + quote(privilege) + `,"privilegeValue":` + yesno(allowed) + `,"project":` + quote(app.project) + `}`
		t.add(parent+">"+child+">"+privilege+">"+yesno(allowed), app.slug, c.scanned(app), app.integrationID, parent, child, kind, app.slug, "v1", meta)
	}
	for _, a := range c.accounts {
		if !a.app.balkanid {
			continue
		}
		brn := c.accountBRN(a)
		for _, m := range a.memberships {
			add(a.app, brn, c.groupBRN(m.group), "connection", "member", true)
		}
		for _, g := range a.denies {
			add(a.app, brn, c.groupBRN(g), "connection", "member", false)
		}
	}
	for _, app := range c.apps {
		if !app.balkanid {
			continue
		}
		for _, g := range app.groups {
			for _, outer := range g.memberOf {
				add(app, c.groupBRN(g), c.groupBRN(outer), "connection", "member", true)
			}
			for _, p := range g.grants {
				add(app, c.groupBRN(g), c.resourceBRN(p.resource), "resource", p.name, true)
			}
		}
	}
	// A line cut off inside a quoted cell: the records after it are whole.
	t.bad = append(t.bad, bad{before: 60, rule: "frame", line: `okta,2024-06-13 06:17:04 +0000 UTC,"okta/cut off`})
}

func (c *company) balkanidEntitlements(s *set) {
	t := balkanidTable(s, "entitlements", "Project|Privilege Name|Privilege Value|Email|Identity ID|Username|Name|Connection|Connection Type|Resource|Resource Type|Employee ID|Labels=|Identity Type|Connection Provider|Connection Provider Type|Metadata=")
	for _, a := range c.accounts {
		if !a.app.balkanid {
			continue
		}
		for _, m := range a.memberships {
			for _, p := range m.group.grants {
				c.entitlement(t, a, m.group, p, true)
			}
		}
		for _, g := range a.denies {
			c.entitlement(t, a, g, g.grants[0], false)
		}
	}
}

func (c *company) entitlement(t *table, a *account, g *group, p privilege, allowed bool) {
	employee, kind, labels := "", "undefined", ""
	if a.person != nil {
		employee, kind = strconv.Itoa(a.person.number), "employee"
	}
	if a.kind == "machine" {
		kind = "service account"
	}
	if p.name == "admin" || p.name == "administer" || p.name == "delete" {
		labels = `[{"source":"` + c.brn("app", "compute/privileged") + `","version":"20220726","value":{"text":"Privileged"},"key":"entitlement/privileged"}]`
	}
	r := t.add(a.app.slug+"/"+a.id+"/"+g.name+"/"+p.resource.name+"/"+p.name+"/"+yesno(allowed),
		a.app.project, p.name, yesno(allowed), a.email, a.id, a.username, a.name, g.name, a.app.connectionType, p.resource.name, a.app.resourceType,
		employee, labels, kind, "", "", "")
	r.part = a.app.integrationID
}

func (c *company) balkanidRequests(s *set) {
	t := balkanidTable(s, "requests", "Request ID*|Requester*|Username*|Work Email*|Reference|Duration|Expiration Date|Provision Date|Source|Source ID|Request Type|App ID|Connection|Connection Type|Resource|Resource Type|Privilege Name|Privilege Value|Type*|Metadata*=|Scheduled Date|Entity Review ID|Purpose ID|Purpose Review ID")
	for _, r := range c.requests {
		damaged := intact
		if n := r.n % 100; n >= 3 && n <= 5 && !c.stillSeen(r) {
			damaged = damage(n - 2)
		}
		for i, it := range r.items {
			c.requestRow(t, r, i, it).damage = damaged
		}
	}
}

func (c *company) requestRow(t *table, r *accessRequest, i int, it requestItem) *row {
	reference, appID, connection, connectionType := "", it.app.slug, "", ""
	if r.reference != nil {
		reference = r.reference.email
	}
	if it.group != nil {
		appID, connection, connectionType = it.app.integrationID, it.group.name, it.app.connectionType
	}
	app := it.app.slug + "/214195"
	meta := `{"integration_to_scim_payload":{"` + app + `":{"username":"` + r.requestFor.email + `","firstName":"` + r.requestFor.first + `","lastName":"","password":` + quote(r.secret) + `},"github/28329":{}},` +
		`"reason":"Need to perform \u003ccurrent\u003e job duties","reference_department":null,"reference_employee":` + quote(reference) + `,"reference_title":null,"reference_type":"employee"}`
	row := t.add(r.id+"/"+strconv.Itoa(i), r.id, r.requester.email, handle(r.requester), r.requestFor.email, reference, r.duration,
		stamp(r.expires, zoneless), stamp(r.provisioned, zoneless), it.app.slug, "", r.action, appID, connection, connectionType, "", "", "", "",
		"employee_request", meta, stamp(r.scheduled, zoneless), "", "", "")
	if !r.completed() {
		row.part = openRequest
	}
	return row
}

// openRequest marks rows of requests not yet completed: with includeCompleted
// false BalkanID delivers these only.
const openRequest = "open"
