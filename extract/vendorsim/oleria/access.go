package oleria

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// What sketches say of access besides the company's own methods.

// Address is the account's; a machine has one made of its name.
func (i item) Address() string { return address(i.Account) }

// IdentityType is Oleria's word for who has the account.
func (i item) IdentityType() string {
	if i.Account.Kind == "machine" {
		return "Machine"
	}
	return "User"
}

// Authentication is how the account is signed in to.
func (i item) Authentication() string {
	if i.Account.Kind == "machine" {
		return "API key"
	}
	return authentication(i.Account)
}

// DepartmentOfAccount is that of the person whose account it is; "" for a machine.
func (i item) DepartmentOfAccount() string {
	if i.Account.Person == nil {
		return ""
	}
	return i.Account.Person.Department
}

// Manager is the address of the person's manager.
func (i item) Manager() string { return manager(i.Person) }

// Employed is HR's word for whether the person is there.
func (i item) Employed() string { return employed(i.Company, i.Person) }

// ScreenDate is a day as screens show it.
func (i item) ScreenDate() string { return export.Stamp(i.Person.Start, "Jan 02, 2006") }

// HeldApplications counts the applications in which the person has an open account.
func (i item) HeldApplications() int { n, _, _ := held(i.Person); return n }

// HeldGroups counts the groups that the person is in.
func (i item) HeldGroups() int { _, n, _ := held(i.Person); return n }

// HeldRoles counts the roles of administrators that the person has.
func (i item) HeldRoles() int { _, _, n := held(i.Person); return n }

// Idle are the dormant days of that account of the person which was used last; "" where Oleria
// sees none.
func (i item) Idle() string {
	var days []string
	for _, a := range i.Person.Accounts {
		if a.App.Oleria {
			days = append(days, dormantDays(i.Company, a))
		}
	}
	if len(days) == 0 {
		return ""
	}
	return slices.MinFunc(days, func(a, b string) int {
		m, _ := strconv.Atoi(strings.TrimSuffix(a, "+"))
		n, _ := strconv.Atoi(strings.TrimSuffix(b, "+"))
		return cmp.Or(cmp.Compare(m, n), cmp.Compare(a, b))
	})
}

// GuestDays are the days since the guest was last seen, or at least as many as there are.
func (i item) GuestDays() string {
	if i.Guest.LastSeen.IsZero() {
		return "30+"
	}
	return strconv.Itoa(int(i.Plan.FirstDay.Sub(i.Guest.LastSeen) / day))
}

// SharedWithGuest counts what the guest can open in the application.
func (i item) SharedWithGuest() int { return len(i.Guest.SharedIn(i.App)) }

// Method is how something is shared with the guest.
func (i item) Method() string {
	if i.Guest.Freemail {
		return "Freemail"
	}
	return "Third party vendor"
}

// Sharer is the address of who shared the resource.
func (i item) Sharer() string { return i.Resource.SharedBy.OleriaEmail() }

// guests are those of each application with whom something of it is shared.
func guests(c *company.Company) (out []item) {
	for _, app := range c.Apps {
		for _, g := range c.Guests {
			if app.Oleria && len(g.SharedIn(app)) > 0 {
				out = append(out, item{Company: c, N: len(out), App: app, Guest: g})
			}
		}
	}
	return out
}

// shared are the resources that guests can open or, if open, whoever has the link.
func shared(c *company.Company, open bool) (out []item) {
	for _, i := range inApps(c, "resources", 0) {
		switch {
		case open && i.Resource.Public:
			out = append(out, i)
		case !open && len(i.Resource.Guests) > 0:
			i.Guest = i.Resource.Guests[0]
			out = append(out, i)
		}
	}
	return out
}
