package balkanid

import (
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

const micros = "2006-01-02T15:04:05.000000Z07:00" // Findings

func writeFindings(c *company.Company, s *export.Set) {
	t := newTable(s, "findings", "ID|Employee|Identity|Labels=|Integration|Name|Description|Value=|Metadata=|Reason|Rule|Assigned To|Workflow Status|Created At|Updated At|Activity Log=")
	for _, f := range c.Findings {
		employee, explanation, assigned := "", "null", ""
		if p := f.Account.Person; p != nil {
			employee = p.Email
			if !p.End.IsZero() {
				explanation = `{"termination_date":` + export.Quote(export.Stamp(p.End, "2006-01-02")) + `}`
			}
		}
		if f.Status() != "created" {
			assigned = c.People[0].Email
		}
		labels := `[[{"key":` + export.Quote(f.Label) + `,"value":{"text":` + export.Quote(f.LabelText) + `},"explanation":` + explanation + `}]]`
		t.Add(f.ID, f.ID, employee, f.Account.Email, labels, f.Account.App.IntegrationID, f.Name, f.Description, "{}", "[]", "", "rule_"+f.Slug, assigned, f.Status(),
			export.Stamp(f.Found, micros), export.Stamp(f.Updated(), micros), activityLog(c, f))
	}
}

// findingStep is one of an activity log, whose names have blanks.
type findingStep struct {
	Email    *string `json:"Actor Email"`
	Name     string  `json:"Actor Name"`
	Done     any     `json:"Activity Metadata"`
	Previous string  `json:"Previous Status"`
	Status   string  `json:"Status"`
	At       string  `json:"Timestamp"`
}

// activityLog has the newest step first. Half of the findings that are completed were accepted.
func activityLog(c *company.Company, f *company.Finding) string {
	stamp := func(at time.Time) string { return export.Stamp(at, "2006-01-02T15:04:05+00:00") }
	steps := []findingStep{{Name: "System", Status: "created", At: stamp(f.Found)}}
	by := func(previous, status, action string, at time.Time) {
		if boss := c.People[0]; !at.IsZero() {
			done := [][]map[string]string{{{"action": action, "comments": "seen, and dealt with", "action_type": "finding"}}}
			steps = append([]findingStep{{&boss.Email, boss.Name(), done, previous, status, stamp(at)}}, steps...)
		}
	}
	by("created", "started", "review", f.Started)
	end := "playbook"
	if c.Roll(2, "accepted", f.ID) == 0 {
		end = "accept_risk"
	}
	by("started", "completed", end, f.Ended)
	return string(export.CompactJSON(steps))
}

// writeInsights writes the value as the vendor's page shows it: names without quotes.
func writeInsights(c *company.Company, s *export.Set) {
	t := newTable(s, "entity_insights", "ID*|Insight*|Identity ID*|Identity Email*|Value*=|Integration ID*")
	for _, o := range c.Alone() {
		var groups []string
		for _, g := range o.Groups {
			groups = append(groups, export.Quote(g.Name))
		}
		p, id := o.Account.Person, c.InsightID(o)
		value := `{ connections: [` + strings.Join(groups, ", ") + `], job: ` + export.Quote(p.Title) + `, department: ` + export.Quote(p.Department) +
			`, role: [], insight_type: "Unique Connection(s)", date identified: 1234, insight_description: "nobody else of the department has it" }`
		t.Add(id, id, "outlier", "email/"+c.B64("account", o.Account.App.Slug, o.Account.ID), o.Account.Email, value, o.Account.App.IntegrationID)
	}
}
