package balkanid

import (
	"strconv"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

const (
	goTime   = "2006-01-02 15:04:05 -0700 MST" // Entities, Entity relations
	zoneless = "2006-01-02 15:04:05"           // Requests, Webhook templates
	american = "01/02/2006"                    // Employees
)

// columnsOf splits a header as the vendor's page shows it: a name that
// ends in '=' holds JSON.
func columnsOf(header string) []export.Column {
	var out []export.Column
	for name := range strings.SplitSeq(header, "|") {
		c := export.Column{Name: strings.TrimSuffix(name, "=")}
		if c.Name != name {
			c.Kind = export.Document
		}
		out = append(out, c)
	}
	return out
}

func newTable(s *export.Set, dataset, header string) *export.Table {
	return s.Table(dataset, columnsOf(header)...)
}

// scanned is the fixed time at which BalkanID saw an application's objects.
func scanned(c *company.Company, app *company.Application) string {
	return export.Stamp(c.Plan.FirstDay.Add(-time.Duration(c.Roll(7200, "scan", app.Slug))*time.Second), goTime)
}

// hurt chooses the few records whose JSON cell arrives broken. Requests and
// entities that a finding rests on stay whole.
func hurt(c *company.Company, key string) export.Damage {
	if n := c.Roll(400, "damage", key); n < 3 {
		return export.Damage(n + 1)
	}
	return export.Intact
}

// Export is what BalkanID delivers of one generation.
type Export struct {
	*export.Set
	integrations []string // ids
}

// NewExport writes the company down as BalkanID knows it today.
func NewExport(c *company.Company) *Export {
	e := &Export{Set: export.NewSet("balkanid")}
	writeKnown(c, e.Set)
	writeOther(c, e.Set)
	for _, r := range e.Tables["balkanid.integrations"].Rows {
		e.integrations = append(e.integrations, r.Key)
	}
	return e
}

func writeKnown(c *company.Company, s *export.Set) {
	writeApps(c, s)
	writeIntegrations(c, s)
	writeEmployees(c, s)
	writeEntities(c, s)
	writeRelations(c, s)
	writeEntitlements(c, s)
	writeRequests(c, s)
	writeFindings(c, s)
	writeInsights(c, s)
}

func writeApps(c *company.Company, s *export.Set) {
	t := newTable(s, "apps", "Tenant ID|Tenant Name|Tenant Status|Tenant Created At|ID|Name|Description|Logo")
	for _, a := range c.Apps {
		if a.BalkanID {
			t.Add(a.Slug, c.Tenant(), "default", "active", "2022-01-12", a.Slug, a.Name, a.Name+", as used at Example Inc", "https://logos.example.com/"+a.Slug+".svg")
		}
	}
	t.Add("asana", c.Tenant(), "default", "active", "2022-01-12", "asana", "Asana", "", "")
}

type setting struct {
	Name  string `json:"name"`
	Key   string `json:"key"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

func writeIntegrations(c *company.Company, s *export.Set) {
	t := newTable(s, "integrations", "ID*|Name*|Description|Last Run|Status*|Primary Owner|Message|Metadata=|Reviewer Precedence|Provisioning Options=|Extraction Options=|Reviewer Count|Entity Request Values Templates|Entity Request Values Defaults")
	for _, a := range c.Apps {
		if !a.BalkanID {
			continue
		}
		meta := export.CompactJSON([]setting{{"Domain", "domain", "public", a.Instance}, {"Client secret", "client_secret", "secret", c.ConnectorSecret(a)}})
		t.Add(a.IntegrationID, a.IntegrationID, a.Name, "Connector of "+a.Name, export.Stamp(c.Plan.FirstDay.Add(-6*time.Hour), time.RFC3339), "active",
			c.People[0].Email, "Data Available", string(meta), "manager, primaryowner, riskmanager",
			`{"sso":false,"app":true,"ticket":true,"scim":true,"webhook":false,"playbook":false}`, `{"scim":false,"upload":false,"direct_configuration":true}`, "1", "", "")
	}
	idle := "asana/" + c.ULID("integration", "asana")
	// It is known, without entitlements: a header and nothing more.
	t.Add(idle, idle, "Asana", "", "", "inactive", "", "", "{}", "manager", `{}`, `{}`, "0", "", "")
}

func writeEmployees(c *company.Company, s *export.Set) {
	t := newTable(s, "employees", "Employee ID|Full Name|First Name|Last Name|Work Email*|Department|Title|Start Date*|End Date|Employment Type|Manager|Manager Work Email|Source Employee ID|BalkanID Roles|Metadata Version|Metadata=")
	t.CRLF = true
	t.Bad = append(t.Bad, export.Bad{Before: 5, Rule: "cell", Line: `9001,Nia Nemo,Nia,Nemo,nia.nemo@example.net,Sales,Account Executive,31/31/2020,,Full-time,,,W9001,reviewer,v1,{}`})
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
		meta := `{"location": {"address": ` + export.Quote(p.Location+", Example Street 1") + `}, "role id": "R` + p.Department[:2] + `"}`
		t.Add(id, id, p.Name(), p.First, p.Last, p.Email, p.Department, p.Title, export.Stamp(p.Start, american), export.Stamp(p.End, american), p.Employment,
			boss, bossEmail, "W"+id, roles, "v1", meta)
	}
}

func writeEntities(c *company.Company, s *export.Set) {
	t := newTable(s, "entities", "BRN*|Timestamp*|App*|Integration*|Name*|Entity Type*|Source System*|Source ID*|Source Type*|Metadata Version|Metadata=")
	t.BOM = true
	for _, a := range c.Accounts {
		if !a.App.BalkanID {
			continue
		}
		brn, kind := c.AccountBRN(a), "user"
		if a.Kind == "machine" {
			kind = "service account"
		}
		m := []string{`"username":` + export.Quote(a.Username), `"lastPasswordChange":` + export.Quote(export.Stamp(a.PasswordChanged, goTime)), `"userCreatedDateTime":` + export.Quote(export.Stamp(a.Created, goTime))}
		if a.Email != "" {
			m = append(m, `"email":`+export.Quote(a.Email))
		}
		if p := a.Person; p != nil {
			m = append(m, `"jobTitle":`+export.Quote(p.Title), `"department":`+export.Quote(p.Department))
		}
		m = append(m, `"accountEnabled":`+export.Bool(a.Enabled), `"note":""`)
		r := t.Add(brn, brn, scanned(c, a.App), a.App.Slug, a.App.IntegrationID, a.Name, "identity", a.App.Slug, a.ID, kind, "v1", "{"+strings.Join(m, ",")+"}")
		if !a.Orphan && a.Enabled && !a.OleriaDisabled {
			r.Damage = hurt(c, brn)
		}
	}
	for _, app := range c.Apps {
		if app.BalkanID {
			writeObjects(c, t, app)
		}
	}
	t.Bad = append(t.Bad, export.Bad{Before: 40, Rule: "frame", Line: c.BRN("identity", c.B64("surplus")) + `,2024-04-27 06:33:31 +0000 UTC,okta,x,Surplus,identity,okta,1,user,v1,{},one,two,too many`})
}

func writeObjects(c *company.Company, t *export.Table, app *company.Application) {
	for _, g := range app.Groups {
		brn := c.GroupBRN(g)
		t.Add(brn, brn, scanned(c, app), app.Slug, app.IntegrationID, g.Name, "connection", app.Slug, g.ID, app.ConnectionType, "v1", `{"description":"Group, kept by its owner"}`)
	}
	for _, r := range app.Resources {
		brn := c.ResourceBRN(r)
		t.Add(brn, brn, scanned(c, app), app.Slug, app.IntegrationID, r.Name, "resource", app.Slug, r.ID, app.ResourceType, "v1", "")
	}
}

func writeRelations(c *company.Company, s *export.Set) {
	t := newTable(s, "entity_relations", "App*|Timestamp*|Integration*|Parent Entity BRN*|Entity BRN*|Entity Type*|Source System*|Metadata Version*|Metadata*=")
	add := func(app *company.Application, parent, child, kind, privilege string, allowed bool) {
		meta := `{"connectionType":` + export.Quote(app.ConnectionType) + `,"privilegeName":` + export.Quote(privilege) + `,"privilegeValue":` + export.Bool(allowed) + `,"project":` + export.Quote(app.Project) + `}`
		t.Add(parent+">"+child+">"+privilege+">"+export.Bool(allowed), app.Slug, scanned(c, app), app.IntegrationID, parent, child, kind, app.Slug, "v1", meta)
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
	t.Bad = append(t.Bad, export.Bad{Before: 60, Rule: "frame", Line: `okta,2024-06-13 06:17:04 +0000 UTC,"okta/cut off`})
}

func writeEntitlements(c *company.Company, s *export.Set) {
	t := newTable(s, "entitlements", "Project|Privilege Name|Privilege Value|Email|Identity ID|Username|Name|Connection|Connection Type|Resource|Resource Type|Employee ID|Labels=|Identity Type|Connection Provider|Connection Provider Type|Metadata=")
	for _, a := range c.Accounts {
		if !a.App.BalkanID {
			continue
		}
		for _, m := range a.Memberships {
			for _, p := range m.Group.Grants {
				entitlement(c, t, a, m.Group, p, true)
			}
		}
		for _, g := range a.Denies {
			entitlement(c, t, a, g, g.Grants[0], false)
		}
	}
}

func entitlement(c *company.Company, t *export.Table, a *company.Account, g *company.Group, p company.Privilege, allowed bool) {
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
	r := t.Add(a.App.Slug+"/"+a.ID+"/"+g.Name+"/"+p.Resource.Name+"/"+p.Name+"/"+export.Bool(allowed),
		a.App.Project, p.Name, export.Bool(allowed), a.Email, a.ID, a.Username, a.Name, g.Name, a.App.ConnectionType, p.Resource.Name, a.App.ResourceType,
		employee, labels, kind, "", "", "")
	r.Part = a.App.IntegrationID
}

func writeRequests(c *company.Company, s *export.Set) {
	t := newTable(s, "requests", "Request ID*|Requester*|Username*|Work Email*|Reference|Duration|Expiration Date|Provision Date|Source|Source ID|Request Type|App ID|Connection|Connection Type|Resource|Resource Type|Privilege Name|Privilege Value|Type*|Metadata*=|Scheduled Date|Entity Review ID|Purpose ID|Purpose Review ID")
	for _, r := range c.Requests {
		damaged := export.Intact
		if n := r.N % 100; n >= 3 && n <= 5 && !c.StillSeen(r) {
			damaged = export.Damage(n - 2)
		}
		for i, it := range r.Items {
			requestRow(c, t, r, i, it).Damage = damaged
		}
	}
}

func requestRow(c *company.Company, t *export.Table, r *company.AccessRequest, i int, it company.RequestItem) *export.Row {
	reference, appID, connection, connectionType := "", it.App.Slug, "", ""
	if r.Reference != nil {
		reference = r.Reference.Email
	}
	if it.Group != nil {
		appID, connection, connectionType = it.App.IntegrationID, it.Group.Name, it.App.ConnectionType
	}
	app := it.App.Slug + "/214195"
	meta := `{"integration_to_scim_payload":{"` + app + `":{"username":"` + r.RequestFor.Email + `","firstName":"` + r.RequestFor.First + `","lastName":"","password":` + export.Quote(r.Secret) + `},"github/28329":{}},` +
		`"reason":"Need to perform \u003ccurrent\u003e job duties","reference_department":null,"reference_employee":` + export.Quote(reference) + `,"reference_title":null,"reference_type":"employee"}`
	row := t.Add(r.ID+"/"+strconv.Itoa(i), r.ID, r.Requester.Email, company.Handle(r.Requester), r.RequestFor.Email, reference, r.Duration,
		export.Stamp(r.Expires, zoneless), export.Stamp(r.Provisioned, zoneless), it.App.Slug, "", r.Action, appID, connection, connectionType, "", "", "", "",
		"employee_request", meta, export.Stamp(r.Scheduled, zoneless), "", "", "")
	if !r.Completed() {
		row.Part = openRequest
	}
	return row
}

// openRequest marks rows of requests not yet completed: with includeCompleted
// false BalkanID delivers these only.
const openRequest = "open"
