package balkanid

import (
	"fmt"
	"strconv"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// writeOther are the datasets with a few plausible rows each, for
// readers that load any header as text.
func writeOther(c *company.Company, s *export.Set) {
	writePeopleData(c, s)
	writeRuleData(c, s)
	writeRoleData(c, s)
	writeReviewData(c, s)
	writeRelationData(c, s)
}

func rfc3339(c *company.Company, days int) string {
	return export.Stamp(c.Plan.FirstDay.AddDate(0, 0, -days).Add(time.Hour), time.RFC3339)
}

func writePeopleData(c *company.Company, s *export.Set) {
	t := newTable(s, "admins", "Email|Is Employee")
	for _, p := range c.Some(4) {
		t.Add(p.Email, p.Email, "true")
	}
	t.Add("partner@example.net", "partner@example.net", "false")

	t = newTable(s, "business_owners", "Entity ID*|Entity Name|Entity Type*|Source Type|Integration ID*|Integration Name|Integration Description|Primary Owner Email*|Secondary Owners Emails*")
	for _, app := range c.Apps {
		if !app.BalkanID {
			continue
		}
		for _, g := range app.Groups[:3] {
			if g.Owner != nil {
				id := c.B64("group", app.Slug, g.Name)
				t.Add(id, id, g.Name, "connection", app.ConnectionType, app.IntegrationID, app.Name, "", g.Owner.Email, c.People[0].Email+";"+c.People[1].Email)
			}
		}
	}
	t = newTable(s, "purposes", "BRN*|Purpose Name*|Description*|Pre-Expiry Notification|Department|Job Title|Team|Owner|Birthright|Entity BRNs")
	okta := c.App("okta")
	for _, d := range company.Departments {
		brn := c.BRN("purpose", c.ULID("purpose", d.Name))
		t.Add(brn, brn, d.Name+" basics", "What everybody in "+d.Name+" needs", "168h", d.Name, "", "", c.People[0].Email, "Department Birthright",
			c.GroupBRN(okta.Group("everyone"))+", "+c.GroupBRN(okta.Group("dept-"+company.SlugOf(d.Name))))
	}
}

func writeRuleData(c *company.Company, s *export.Set) {
	t := newTable(s, "entity_finding_rules", "brn|entity_filter=|name|description|created_at|updated_at")
	brn := c.BRN("app", "dormant/admin")
	t.Add(brn, brn, `{"entity_type":"identity","labels":["a","b"],"project":{"name":"default"}}`, "Dormant administrators", "Administrators, unused", rfc3339(c, 90), rfc3339(c, 20))

	t = newTable(s, "entity_rules", "ID|entity_filter=|name|description|label|created_at|updated_at|created_by|updated_by")
	t.Add("13323523", "13323523", `{"entity_type":"connection"}`, "Shared groups", "", "shared", rfc3339(c, 80), rfc3339(c, 10), "system", "system")

	t = newTable(s, "filters", "ID|Name*|Type*|Value*=")
	t.Add("f1", "f1", "Engineers", "PEOPLE", `{"department":{"_in":["Engineering"]}}`)
	t.Add("f2", "f2", "Contractors", "PEOPLE", `{"_not":{"employment_type":{"_eq":"Full-time"}}}`)

	t = newTable(s, "rules", "ID|Name*|Label*|Status|Filters*|Logic*")
	t.Add("r1", "r1", "Privileged Identities", "entitlement/privileged", "active", "f1, f2", "OR")

	t = newTable(s, "labels", "ID|Name*|Color|Icon|Background Color|Text Color|Type*|Light Background Color|Light Text Color|Dark Background Color|Dark Text Color")
	t.Add("entitlement/privileged", "entitlement/privileged", "Privileged", "primary", "", "#FFEEEE", "#AA0000", "entitlement", "", "", "", "")
	t.Add("employee/sod", "employee/sod", "Conflict", "#AA00AA", "", "", "", "employee", "", "", "", "")

	t = newTable(s, "playbook_templates", "ID|Name|Description|Value=|EntityType|CreatedAt|UpdatedAt|Active")
	t.Add("PB1", "PB1", "Disable account", "", `{"steps":["disable"]}`, "identity", "2026-01-08 10:00:00", "2026-01-09 10:00:00", "true")

	t = newTable(s, "webhook_templates", "ID|Name|Description|Value=|EntityType|CreatedAt|UpdatedAt|Active|Scope|Type|Server Url|Integration")
	t.Add("AG9ZWR192D", "AG9ZWR192D", "Ticket on finding", "", `{"title":"{{name}}"}`, "finding", "2026-01-08 10:00:00", "2026-01-08 10:00:00", "true", "global", "finding", "https://hooks.example.com/in?token="+c.HookToken(), "")

	t = newTable(s, "privileged", "ID|Name|Type|Integration")
	for _, app := range c.Apps {
		if app.BalkanID {
			g := app.Groups[len(app.Groups)-2]
			t.Add(c.GroupBRN(g), c.B64("group", app.Slug, g.Name), g.Name, "connection", app.IntegrationID)
		}
	}
}

func writeRoleData(c *company.Company, s *export.Set) {
	okta := c.App("okta")
	t := newTable(s, "rbac", "ID|Name|Value|Integration ID|Role|Employees|Created At|Updated At|Department|Job Title")
	for _, d := range company.Departments {
		id := c.ULID("rbac", d.Name)
		t.Add(id, id, d.Name+" role", "[ {department: "+d.Name+", job-title: any, ratio: 0.90 } ]", okta.IntegrationID, "[group/everyone, group/dept-"+company.SlugOf(d.Name)+"]",
			c.People[0].Email, "2025-12-03T09:00:00+05:30", "2025-12-04T09:00:00+05:30", d.Name, "")
	}
	t = newTable(s, "rbac2", "ID|Name|Value|Integration|Employee Email|Identity Username*|Connection|Connection Type|Resource|Resource Type|Privilege Name|Privilege Value|Label|Metadata=")
	for _, p := range c.Some(30) {
		id := c.ULID("rbac2", p.Email)
		t.Add(id, id, p.Department+" role", "[ {department: "+p.Department+", ratio: 0.80 } ]", okta.IntegrationID, p.Email, p.Email, "everyone", "group", "", "", "use", "true", "", `{"summary":"held by peers"}`)
	}
	t = newTable(s, "entity_insights", "ID*|Insight*|Identity ID*|Identity Email*|Value*|Integration ID*")
	for _, p := range c.Some(20) {
		a := p.Account(okta)
		if a == nil {
			continue
		}
		id := "outlier/" + c.B64("insight", a.ID)
		t.Add(id, id, "outlier", "email/"+c.B64("account", "okta", a.ID), p.Email,
			`{ connections: [], job: "`+p.Title+`", department: "`+p.Department+`", role: [], insight_type: "No Role", date identified: 1234, insight_description: "no role fits" }`, okta.IntegrationID)
	}
	writeRBACZip(c, s)
}

// writeRBACZip are the two members of the Entity RBAC download.
func writeRBACZip(c *company.Company, s *export.Set) {
	okta := c.App("okta")
	e := newTable(s, "entity_rbac", "BRN|Timestamp|App|Integration|Name|Entity Type|Source System|Source ID|Source Type|Metadata Version|Metadata=")
	r := newTable(s, "entity_rbac#relations", "Parent Entity Integration ID|Parent Entity Source ID*|Parent Entity Type*|Entity Integration ID|Entity Source ID*|Entity Type*|Source System|Metadata Version|Metadata=")
	for _, d := range company.Departments {
		id := c.ULID("rbac", d.Name)
		brn := c.BRN("role", id)
		e.Add(brn, brn, scanned(c, okta), "balkanid", "", d.Name+" role", "role", "balkanid", id, "rbac role", "v1", `{"description":"","integrations":[`+export.Quote(okta.IntegrationID)+`]}`)
		g := okta.Group("dept-" + company.SlugOf(d.Name))
		r.Add(id+">"+g.ID, "", id, "role", okta.IntegrationID, g.ID, "connection", "okta", "v1", "{}")
	}
}

func writeReviewData(c *company.Company, s *export.Set) {
	t := newTable(s, "campaigns", "ID*|Name*|Description|Status*|Start Date*|End Date*|Percentage Completed*|Is Published*|Recurrence*|Escalation*|Escalation Date*")
	q4, q1 := c.ULID("campaign", "q4"), c.ULID("campaign", "q1")
	t.Add(q4, q4, "Q4 access review", "All applications", "completed", "2025-10-01", "2025-12-20", "100.00", "TRUE", "", "", "")
	t.Add(q1, q1, "Q1 access review", "", "pending", "2026-01-10", "2026-03-31", "35.24", "FALSE", "RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=+1MO", "168h", "2026-03-20")

	t = newTable(s, "reviews", "ID*|Permission Name*|Permission Value*|Resource|Resource Type|Identity ID|Identity Type*|Identity Email|Identity Username|Identity Name|Employee ID|Employee Email|Job Title|Department|Manager|Employment Type|Campaign Name*|Application Name*|Application Description|Connection|Connection Type|Reviewer*|Reviewer ID*|Access Review Creation Date*|Access Review Completion Date|Review Status*|Activity Log=|Review Type|Labels Array=|Recommendation=|Purpose ID|Employee ID For Purpose")
	okta := c.App("okta")
	for i, p := range c.Some(60) {
		a := p.Account(okta)
		if a == nil || p.Manager == nil {
			continue
		}
		id := c.ULID("review", p.Email)
		log := `[{"Actor ID":"","Actor Name":"System","Activity Comment":"","Previous Status":"","Status":"created","Timestamp":"2026-01-10T08:00:00+00:00"}]`
		t.Add(id, id, "use", "TRUE", okta.Resources[0].Name, okta.ResourceType, c.B64("account", "okta", a.ID), "employee", p.Email, a.Username, p.Name(), "email/"+c.B64("employee", p.Email),
			p.Email, p.Title, p.Department, p.Manager.Name(), p.Employment, "Q1 access review", okta.Name, "", "everyone", "group", p.Manager.Name(), p.Manager.Email,
			"2026-01-10", "", []string{"overdue", "created", "started"}[i%3], log, "manager", "[]", `{"value":"approve","explanation":"held by peers"}`, "", "")
	}
	t = newTable(s, "findings", "ID|Employee|Identity|Labels=|Integration|Name|Description|Value=|Metadata=|Reason|Rule|Assigned To|Workflow Status|Created At|Updated At|Activity Log=")
	for i, p := range c.Some(20) {
		id := c.ULID("finding", p.Email)
		t.Add(id, id, p.Email, p.Email, `[[{"key":"entitlement/overentitled","value":{"text":"Over-entitled"},"explanation":null}]]`, okta.IntegrationID, "More access than peers", "Held by few, in "+p.Department, "{}", "[]", "",
			"rule_"+strconv.Itoa(i), c.People[0].Email, "created", "2026-02-28T12:32:16.235468Z", "2026-02-28T12:32:16.235468Z", "[]")
	}
}

func writeRelationData(c *company.Company, s *export.Set) {
	t := newTable(s, "relations", "Identity ID*|Username*|Identity email|Identity name*|App ID*|App Name*|App Description|Relation type|Employee email|Employee name|Employee department|Employee job title")
	for i, a := range c.Accounts {
		if i == 400 {
			break
		}
		if !a.App.BalkanID || a.Person == nil {
			continue
		}
		id := "id/" + c.B64("account", a.App.Slug, a.ID)
		t.Add(fmt.Sprint(i), id, a.Username, a.Email, a.Name, a.App.IntegrationID, a.App.Name, "", "is", a.Person.Email, a.Person.Name(), a.Person.Department, a.Person.Title)
	}
}
