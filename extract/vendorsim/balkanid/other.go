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
	case "people", "people with Okta", "people with Okta and a manager":
		return people(c, source, limit)
	case "people's accounts":
		return accounts(c, limit)
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

// people are the first people, with their account in Okta.
func people(c *company.Company, which string, limit int) []item {
	var out []item
	okta := c.App("okta")
	for i, p := range c.Some(limit) {
		a := p.Account(okta)
		if which != "people" && a == nil || which == "people with Okta and a manager" && p.Manager == nil {
			continue
		}
		out = append(out, item{Company: c, N: i, Person: p, Account: a, App: okta})
	}
	return out
}

// groups are the first three of each application, if owned, or the last that
// people are in.
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
		for _, g := range app.Groups[:3] {
			if g.Owner != nil {
				out = append(out, item{Company: c, App: app, Group: g})
			}
		}
	}
	return out
}

// accounts are those of people among the first accounts.
func accounts(c *company.Company, limit int) []item {
	var out []item
	for i, a := range c.Accounts[:min(limit, len(c.Accounts))] {
		if a.App.BalkanID && a.Person != nil {
			out = append(out, item{Company: c, N: i, Person: a.Person, Account: a, App: a.App})
		}
	}
	return out
}
