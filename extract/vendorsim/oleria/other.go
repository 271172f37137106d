package oleria

import (
	_ "embed"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

//go:embed other.yaml
var otherData []byte

var others = export.SketchesOf(otherData)

// writeOther writes the contexts that other.yaml describes.
func writeOther(c *company.Company, s *export.Set) {
	export.Fill(others,
		func(k *export.Sketch) *export.Table {
			return newTable(s, k.Dataset, k.Form(), strings.Join(k.Names(), " "))
		},
		func(k *export.Sketch) []item { return itemsOf(c, k) },
		item{Company: c})
}

// itemsOf are the items that a sketch asks for.
func itemsOf(c *company.Company, sketch *export.Sketch) []item {
	source, limit := sketch.Source()
	switch source {
	case "":
		return nil
	case "people":
		return people(c, limit)
	case "identity accounts":
		return ofAccounts(c, identityAccounts(c))
	case "accounts", "machines":
		return accounts(c, limit, source == "machines")
	case "used accounts":
		return used(accounts(c, limit, false))
	case "apps", "roles", "groups", "resources":
		return inApps(c, source, limit)
	case "risks":
		return risks(c, limit)
	case "events":
		return events(c)
	case "accounts of events":
		return accountsOf(events(c))
	case "guests":
		return guests(c)
	case "shared resources":
		return shared(c, false)
	case "public resources":
		return shared(c, true)
	}
	panic("vendorsim: no source " + source)
}

// people are the first people, or all of them.
func people(c *company.Company, limit int) []item {
	var out []item
	for i, p := range c.People {
		if limit == 0 || i < limit {
			out = append(out, item{Company: c, N: i, Person: p})
		}
	}
	return out
}

func ofAccounts(c *company.Company, accounts []*company.Account) []item {
	var out []item
	for i, a := range accounts {
		out = append(out, item{Company: c, N: i, Account: a, App: a.App})
	}
	return out
}

// accounts are the first accounts that Oleria sees.
func accounts(c *company.Company, limit int, machines bool) []item {
	var out []item
	for _, a := range c.Accounts {
		if a.App.Oleria && (limit == 0 || len(out) < limit) && (!machines || a.Kind == "machine") {
			out = append(out, item{Company: c, N: len(out), Account: a, App: a.App})
		}
	}
	return out
}

// used are those of some accounts of which the last activity is known.
func used(accounts []item) []item {
	return slices.DeleteFunc(accounts, func(i item) bool { return i.Account.LastActivity.IsZero() })
}

// inApps are applications, or so many of what each of them holds.
func inApps(c *company.Company, what string, limit int) []item {
	var out []item
	active := activeMembers(c)
	for _, app := range c.Apps {
		if !app.Oleria {
			continue
		}
		var held []item
		switch what {
		case "apps":
			held = []item{{}}
		case "roles":
			held = []item{{Word: "Admin"}, {Word: "Member"}, {Word: "Service"}}
		case "groups":
			for _, g := range app.Groups {
				held = append(held, item{Group: g, Active: active[g]})
			}
		case "resources":
			for _, r := range app.Resources {
				held = append(held, item{Resource: r})
			}
		}
		if limit > 0 {
			held = held[:limit]
		}
		for n, i := range held {
			i.Company, i.App, i.N = c, app, n
			out = append(out, i)
		}
	}
	return out
}

func risks(c *company.Company, limit int) []item {
	var out []item
	for i, r := range c.Risks {
		if limit == 0 || i < limit {
			out = append(out, item{Company: c, N: i, Risk: r, Account: r.Account, App: r.Account.App})
		}
	}
	return out
}

// events are those of the lifecycle: of everybody who left, who moved since the company's first
// day, and who joined in the last two months before it or later.
func events(c *company.Company) []item {
	var out []item
	for _, p := range c.People {
		add := func(word string, at time.Time) {
			out = append(out, item{Company: c, Person: p, App: c.App("okta"), Word: word, At: at})
		}
		if c.Plan.FirstDay.Sub(p.Start) <= 60*day {
			add("joiner", p.Start)
		}
		if !p.Moved.IsZero() {
			add("mover", p.Moved)
		}
		if p.Left(c.Today) {
			add("leaver", p.End)
		}
	}
	return out
}

// accountsOf are the accounts that Oleria sees of those whom events are about; of movers, whose
// accounts stay, that in Okta.
func accountsOf(events []item) []item {
	var out []item
	for _, i := range events {
		okta := i.App
		for _, a := range i.Person.Accounts {
			if a.App.Oleria && (i.Word != "mover" || a.App == okta) {
				i.Account, i.App = a, a.App
				out = append(out, i)
			}
		}
	}
	return out
}
