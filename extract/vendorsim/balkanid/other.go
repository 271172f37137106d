package balkanid

import (
	_ "embed"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

//go:embed other.yaml
var otherData []byte

var others = export.SketchesOf(otherData)

// writeOther writes the datasets that mean nothing in the company.
func writeOther(c *company.Company, s *export.Set) {
	export.Fill(others,
		func(k *export.Sketch) *export.Table { return newTable(s, k.Dataset, strings.Join(k.Names(), "|")) },
		func(k *export.Sketch) []item { return itemsOf(c, k) },
		item{Company: c})
}

// item is what a row of the other datasets is about. The company's own methods
// can be used too.
type item struct {
	*company.Company
	N          int // place in the source, from 0
	Person     *company.Person
	Account    *company.Account
	App        *company.Application // Okta, where nothing else is said
	Group      *company.Group
	Department string
}

// Turn is one of the words after the other.
func (i item) Turn(words ...string) string { return words[i.N%len(words)] }

// DaysAgo is a time so many days before the company's first.
func (i item) DaysAgo(days int) string {
	return export.Stamp(i.Plan.FirstDay.AddDate(0, 0, -days).Add(time.Hour), time.RFC3339)
}

// Partner is the address of an administrator who is no employee.
func (i item) Partner() string { return company.PartnerEmail }

// Staff are the addresses of those who work in the department.
func (i item) Staff() string {
	var out []string
	for _, p := range i.People {
		if p.Department == i.Department && !p.Left(i.Today) {
			out = append(out, p.Email)
		}
	}
	return strings.Join(out, ", ")
}

// reviewBegan is the day on which the items of the review campaign were made.
var reviewBegan = time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)

// reviewedOn is the generation in which the review was completed: two in a hundred each day.
func (i item) reviewedOn() int { return 1 + i.Roll(50, "reviewed", i.Person.Email) }

// Reviewed is the day on which the review was completed, "" for one that is not.
func (i item) Reviewed() string {
	if day := i.reviewedOn(); day <= i.Generation {
		return export.Stamp(i.Plan.FirstDay.AddDate(0, 0, day), time.DateOnly)
	}
	return ""
}

// ReviewStatus is how far the review is.
func (i item) ReviewStatus() string {
	if i.Reviewed() != "" {
		return "completed"
	}
	return i.Turn("overdue", "created", "started")
}

// step is one in the log of a review.
type step struct {
	Actor    string `json:"Actor ID"`
	Name     string `json:"Actor Name"`
	Comment  string `json:"Activity Comment"`
	Previous string `json:"Previous Status"`
	Status   string
	At       string `json:"Timestamp"`
}

// ReviewLog are the steps of the review, the last one first: the vendor does not sort them.
func (i item) ReviewLog() string {
	steps := []step{{Name: "System", Status: "created", At: "2026-01-10T08:00:00+00:00"}}
	if day := i.Reviewed(); day != "" {
		done := step{i.Person.Manager.Email, i.Person.Manager.Name(), "still needed, as \"agreed\"", "created", "completed", day + "T09:00:00+00:00"}
		steps = append([]step{done}, steps...)
	}
	return string(export.CompactJSON(steps))
}

// Scanned is when BalkanID saw the application.
func (i item) Scanned() string { return scanned(i.Company, i.App) }

// itemsOf are the items that a sketch asks for.
func itemsOf(c *company.Company, sketch *export.Sketch) []item {
	source, limit := sketch.Source()
	switch source {
	case "":
		return nil
	case "departments":
		return departments(c)
	case "owned groups", "privileged groups":
		return groups(c, source)
	case "people", "people with Okta", "people under review":
		return people(c, source, limit)
	case "administrators":
		return administrators(c)
	case "mapped accounts":
		return accounts(c)
	}
	panic("vendorsim: no source " + source)
}

// departments come with their group in Okta.
func departments(c *company.Company) []item {
	var out []item
	okta := c.App("okta")
	for i, d := range company.Departments {
		out = append(out, item{Company: c, N: i, App: okta, Group: okta.Group("dept-" + company.SlugOf(d.Name)), Department: d.Name})
	}
	return out
}

func administrators(c *company.Company) []item {
	var out []item
	for i, p := range c.Administrators() {
		out = append(out, item{Company: c, N: i, Person: p})
	}
	return out
}

// people are the first people, or all, with their account in Okta. Under review are those
// with a manager who had one when the review began.
func people(c *company.Company, which string, limit int) []item {
	var out []item
	okta := c.App("okta")
	some := c.People
	if limit > 0 {
		some = c.Some(limit)
	}
	for i, p := range some {
		a := p.Account(okta)
		if which != "people" && a == nil || which == "people under review" && (p.Manager == nil || !p.Start.Before(reviewBegan)) {
			continue
		}
		out = append(out, item{Company: c, N: i, Person: p, Account: a, App: okta})
	}
	return out
}

// groups are those of each application, if owned, or the last that people are in.
func groups(c *company.Company, which string) []item {
	var out []item
	for _, app := range c.Apps {
		if !app.BalkanID {
			continue
		}
		if which == "privileged groups" {
			out = append(out, item{Company: c, App: app, Group: app.Groups[len(app.Groups)-2]})
			continue
		}
		for _, g := range app.Groups {
			if g.Owner != nil {
				out = append(out, item{Company: c, App: app, Group: g})
			}
		}
	}
	return out
}

// Relation says what the account is to the person: a machine's is only answered for.
func (i item) Relation() string {
	if i.Account.Kind == "machine" {
		return "owns"
	}
	return "is"
}

// accounts are those of people, and those of machines, for which the owner of their group answers.
func accounts(c *company.Company) []item {
	var out []item
	for i, a := range c.Accounts {
		person := a.Person
		if a.Kind == "machine" {
			person = a.App.Group("automation").Owner
		}
		if a.App.BalkanID && person != nil {
			out = append(out, item{Company: c, N: i, Person: person, Account: a, App: a.App})
		}
	}
	return out
}
