package oleria

import (
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

const day = 24 * time.Hour

// screenTime is the form of times on Oleria's screens.
const screenTime = "Jan 02, 2006 3:04:05 PM (UTC)"

// item is what a row of the other contexts is about. The company's own methods
// can be used too.
type item struct {
	*company.Company
	N        int // place in the source, or in the application
	Person   *company.Person
	Account  *company.Account
	App      *company.Application // Okta, where nothing else is said
	Group    *company.Group
	Resource *company.Resource
	Risk     *company.Risk
	Guest    *company.Guest
	Active   int       // members of the group that are in use
	Word     string    // role, or joiner, mover or leaver
	At       time.Time // when it happened
}

// Boss is the address of who owns what nobody else does.
func (i item) Boss() string { return i.People[0].OleriaEmail() }

// Turn is one of the words after the other.
func (i item) Turn(words ...string) string { return words[i.N%len(words)] }

// Times is the item's place times k.
func (i item) Times(k int) int { return i.N * k }

// Next is the place after the item's.
func (i item) Next() int { return i.N + 1 }

// Time is a time as exports write it.
func (i item) Time(t time.Time) string { return export.Stamp(t, iso) }

// ScreenTime is a time as screens show it.
func (i item) ScreenTime(t time.Time) string { return export.Stamp(t, screenTime) }

// HourLater is an hour after it happened.
func (i item) HourLater() time.Time { return i.At.Add(time.Hour) }

// Status is the account's.
func (i item) Status() string { return status(i.Account) }

// DormantDays are the account's.
func (i item) DormantDays() string { return dormantDays(i.Company, i.Account) }

// Age is the risk's, in days.
func (i item) Age() int { return age(i.Company, i.Risk) }

// Severity is that of what the account did last.
func (i item) Severity() string {
	words := []string{"Low", "Medium", "High", "Severe", "Unknown"}
	return words[i.Roll(len(words), "severity", i.Account.ID)]
}

// Utilization is the percentage of the group's members that are in use.
func (i item) Utilization() int { return utilization(i.Group, i.Active) }

// Used is a percentage, the less the later the item's place is.
func (i item) Used() int { return max(0, 100-10*i.N) }

// Neighbour is the next of the application's groups.
func (i item) Neighbour() string { return i.App.Groups[(i.N+1)%len(i.App.Groups)].Name }

// Action is what is done to the accounts of whom an event is about.
func (i item) Action() string {
	return map[string]string{"joiner": "Create", "mover": "Update", "leaver": "Disable"}[i.Word]
}

// Outcome says whether that was done: the accounts of some leavers stay open.
func (i item) Outcome() string {
	if i.Word == "leaver" && i.Account.Enabled {
		return "Failed"
	}
	return "Completed"
}

// GroupAction is what is done to the memberships of whom an event is about.
func (i item) GroupAction() string {
	if i.Word == "leaver" {
		return "Remove"
	}
	return "Add"
}

// GroupOfEvent is the group that this is done to: that of the new department, or that of all.
func (i item) GroupOfEvent() string {
	if i.Word == "mover" {
		return "dept-" + company.SlugOf(i.Person.Department)
	}
	return "everyone"
}
