package vendorsim

import (
	"fmt"
	"strconv"
	"time"
)

// balkanidOtherTables are the datasets with a few plausible rows each, for
// readers that load any header as text.
func (c *company) balkanidOtherTables(s *set) {
	c.balkanidPeopleData(s)
	c.balkanidRuleData(s)
	c.balkanidRoleData(s)
	c.balkanidReviewData(s)
	c.balkanidRelationData(s)
}

func (c *company) rfc3339(days int) string {
	return stamp(c.cfg.Now.AddDate(0, 0, -days).Add(time.Hour), time.RFC3339)
}

func (c *company) balkanidPeopleData(s *set) {
	t := balkanidTable(s, "admins", "Email|Is Employee")
	for _, p := range c.some(4) {
		t.add(p.email, p.email, "true")
	}
	t.add("partner@example.net", "partner@example.net", "false")

	t = balkanidTable(s, "business_owners", "Entity ID*|Entity Name|Entity Type*|Source Type|Integration ID*|Integration Name|Integration Description|Primary Owner Email*|Secondary Owners Emails*")
	for _, app := range c.apps {
		if !app.balkanid {
			continue
		}
		for _, g := range app.groups[:3] {
			if g.owner != nil {
				id := c.b64("group", app.slug, g.name)
				t.add(id, id, g.name, "connection", app.connectionType, app.integrationID, app.name, "", g.owner.email, c.people[0].email+";"+c.people[1].email)
			}
		}
	}
	t = balkanidTable(s, "purposes", "BRN*|Purpose Name*|Description*|Pre-Expiry Notification|Department|Job Title|Team|Owner|Birthright|Entity BRNs")
	okta := c.app("okta")
	for _, d := range departments {
		brn := c.brn("purpose", c.ulid("purpose", d.name))
		t.add(brn, brn, d.name+" basics", "What everybody in "+d.name+" needs", "168h", d.name, "", "", c.people[0].email, "Department Birthright",
			c.groupBRN(okta.group("everyone"))+", "+c.groupBRN(okta.group("dept-"+slugOf(d.name))))
	}
}

func (c *company) balkanidRuleData(s *set) {
	t := balkanidTable(s, "entity_finding_rules", "brn|entity_filter=|name|description|created_at|updated_at")
	brn := c.brn("app", "dormant/admin")
	t.add(brn, brn, `{"entity_type":"identity","labels":["a","b"],"project":{"name":"default"}}`, "Dormant administrators", "Administrators, unused", c.rfc3339(90), c.rfc3339(20))

	t = balkanidTable(s, "entity_rules", "ID|entity_filter=|name|description|label|created_at|updated_at|created_by|updated_by")
	t.add("13323523", "13323523", `{"entity_type":"connection"}`, "Shared groups", "", "shared", c.rfc3339(80), c.rfc3339(10), "system", "system")

	t = balkanidTable(s, "filters", "ID|Name*|Type*|Value*=")
	t.add("f1", "f1", "Engineers", "PEOPLE", `{"department":{"_in":["Engineering"]}}`)
	t.add("f2", "f2", "Contractors", "PEOPLE", `{"_not":{"employment_type":{"_eq":"Full-time"}}}`)

	t = balkanidTable(s, "rules", "ID|Name*|Label*|Status|Filters*|Logic*")
	t.add("r1", "r1", "Privileged Identities", "entitlement/privileged", "active", "f1, f2", "OR")

	t = balkanidTable(s, "labels", "ID|Name*|Color|Icon|Background Color|Text Color|Type*|Light Background Color|Light Text Color|Dark Background Color|Dark Text Color")
	t.add("entitlement/privileged", "entitlement/privileged", "Privileged", "primary", "", "#FFEEEE", "#AA0000", "entitlement", "", "", "", "")
	t.add("employee/sod", "employee/sod", "Conflict", "#AA00AA", "", "", "", "employee", "", "", "", "")

	t = balkanidTable(s, "playbook_templates", "ID|Name|Description|Value=|EntityType|CreatedAt|UpdatedAt|Active")
	t.add("PB1", "PB1", "Disable account", "", `{"steps":["disable"]}`, "identity", "2026-01-08 10:00:00", "2026-01-09 10:00:00", "true")

	t = balkanidTable(s, "webhook_templates", "ID|Name|Description|Value=|EntityType|CreatedAt|UpdatedAt|Active|Scope|Type|Server Url|Integration")
	t.add("AG9ZWR192D", "AG9ZWR192D", "Ticket on finding", "", `{"title":"{{name}}"}`, "finding", "2026-01-08 10:00:00", "2026-01-08 10:00:00", "true", "global", "finding", "https://hooks.example.com/in?token="+c.hookToken(), "")

	t = balkanidTable(s, "privileged", "ID|Name|Type|Integration")
	for _, app := range c.apps {
		if app.balkanid {
			g := app.groups[len(app.groups)-2]
			t.add(c.groupBRN(g), c.b64("group", app.slug, g.name), g.name, "connection", app.integrationID)
		}
	}
}

func (c *company) balkanidRoleData(s *set) {
	okta := c.app("okta")
	t := balkanidTable(s, "rbac", "ID|Name|Value|Integration ID|Role|Employees|Created At|Updated At|Department|Job Title")
	for _, d := range departments {
		id := c.ulid("rbac", d.name)
		t.add(id, id, d.name+" role", "[ {department: "+d.name+", job-title: any, ratio: 0.90 } ]", okta.integrationID, "[group/everyone, group/dept-"+slugOf(d.name)+"]",
			c.people[0].email, "2025-12-03T09:00:00+05:30", "2025-12-04T09:00:00+05:30", d.name, "")
	}
	t = balkanidTable(s, "rbac2", "ID|Name|Value|Integration|Employee Email|Identity Username*|Connection|Connection Type|Resource|Resource Type|Privilege Name|Privilege Value|Label|Metadata=")
	for _, p := range c.some(30) {
		id := c.ulid("rbac2", p.email)
		t.add(id, id, p.department+" role", "[ {department: "+p.department+", ratio: 0.80 } ]", okta.integrationID, p.email, p.email, "everyone", "group", "", "", "use", "true", "", `{"summary":"held by peers"}`)
	}
	t = balkanidTable(s, "entity_insights", "ID*|Insight*|Identity ID*|Identity Email*|Value*|Integration ID*")
	for _, p := range c.some(20) {
		a := p.account(okta)
		if a == nil {
			continue
		}
		id := "outlier/" + c.b64("insight", a.id)
		t.add(id, id, "outlier", "email/"+c.b64("account", "okta", a.id), p.email,
			`{ connections: [], job: "`+p.title+`", department: "`+p.department+`", role: [], insight_type: "No Role", date identified: 1234, insight_description: "no role fits" }`, okta.integrationID)
	}
	c.balkanidRBACZip(s)
}

// balkanidRBACZip are the two members of the Entity RBAC download.
func (c *company) balkanidRBACZip(s *set) {
	okta := c.app("okta")
	e := balkanidTable(s, "entity_rbac", "BRN|Timestamp|App|Integration|Name|Entity Type|Source System|Source ID|Source Type|Metadata Version|Metadata=")
	r := balkanidTable(s, "entity_rbac#relations", "Parent Entity Integration ID|Parent Entity Source ID*|Parent Entity Type*|Entity Integration ID|Entity Source ID*|Entity Type*|Source System|Metadata Version|Metadata=")
	for _, d := range departments {
		id := c.ulid("rbac", d.name)
		brn := c.brn("role", id)
		e.add(brn, brn, c.scanned(okta), "balkanid", "", d.name+" role", "role", "balkanid", id, "rbac role", "v1", `{"description":"","integrations":[`+quote(okta.integrationID)+`]}`)
		g := okta.group("dept-" + slugOf(d.name))
		r.add(id+">"+g.id, "", id, "role", okta.integrationID, g.id, "connection", "okta", "v1", "{}")
	}
}

func (c *company) balkanidReviewData(s *set) {
	t := balkanidTable(s, "campaigns", "ID*|Name*|Description|Status*|Start Date*|End Date*|Percentage Completed*|Is Published*|Recurrence*|Escalation*|Escalation Date*")
	q4, q1 := c.ulid("campaign", "q4"), c.ulid("campaign", "q1")
	t.add(q4, q4, "Q4 access review", "All applications", "completed", "2025-10-01", "2025-12-20", "100.00", "TRUE", "", "", "")
	t.add(q1, q1, "Q1 access review", "", "pending", "2026-01-10", "2026-03-31", "35.24", "FALSE", "RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=+1MO", "168h", "2026-03-20")

	t = balkanidTable(s, "reviews", "ID*|Permission Name*|Permission Value*|Resource|Resource Type|Identity ID|Identity Type*|Identity Email|Identity Username|Identity Name|Employee ID|Employee Email|Job Title|Department|Manager|Employment Type|Campaign Name*|Application Name*|Application Description|Connection|Connection Type|Reviewer*|Reviewer ID*|Access Review Creation Date*|Access Review Completion Date|Review Status*|Activity Log=|Review Type|Labels Array=|Recommendation=|Purpose ID|Employee ID For Purpose")
	okta := c.app("okta")
	for i, p := range c.some(60) {
		a := p.account(okta)
		if a == nil || p.manager == nil {
			continue
		}
		id := c.ulid("review", p.email)
		log := `[{"Actor ID":"","Actor Name":"System","Activity Comment":"","Previous Status":"","Status":"created","Timestamp":"2026-01-10T08:00:00+00:00"}]`
		t.add(id, id, "use", "TRUE", okta.resources[0].name, okta.resourceType, c.b64("account", "okta", a.id), "employee", p.email, a.username, p.name(), "email/"+c.b64("employee", p.email),
			p.email, p.title, p.department, p.manager.name(), p.employment, "Q1 access review", okta.name, "", "everyone", "group", p.manager.name(), p.manager.email,
			"2026-01-10", "", []string{"overdue", "created", "started"}[i%3], log, "manager", "[]", `{"value":"approve","explanation":"held by peers"}`, "", "")
	}
	t = balkanidTable(s, "findings", "ID|Employee|Identity|Labels=|Integration|Name|Description|Value=|Metadata=|Reason|Rule|Assigned To|Workflow Status|Created At|Updated At|Activity Log=")
	for i, p := range c.some(20) {
		id := c.ulid("finding", p.email)
		t.add(id, id, p.email, p.email, `[[{"key":"entitlement/overentitled","value":{"text":"Over-entitled"},"explanation":null}]]`, okta.integrationID, "More access than peers", "Held by few, in "+p.department, "{}", "[]", "",
			"rule_"+strconv.Itoa(i), c.people[0].email, "created", "2026-02-28T12:32:16.235468Z", "2026-02-28T12:32:16.235468Z", "[]")
	}
}

func (c *company) balkanidRelationData(s *set) {
	t := balkanidTable(s, "relations", "Identity ID*|Username*|Identity email|Identity name*|App ID*|App Name*|App Description|Relation type|Employee email|Employee name|Employee department|Employee job title")
	for i, a := range c.accounts {
		if i == 400 {
			break
		}
		if !a.app.balkanid || a.person == nil {
			continue
		}
		id := "id/" + c.b64("account", a.app.slug, a.id)
		t.add(fmt.Sprint(i), id, a.username, a.email, a.name, a.app.integrationID, a.app.name, "", "is", a.person.email, a.person.name(), a.person.department, a.person.title)
	}
}
