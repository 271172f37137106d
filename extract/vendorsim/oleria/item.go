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
	Word     string    // role, or joiner or leaver
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

// HoursAgo is as many hours before the first day as the item's place.
func (i item) HoursAgo() time.Time { return i.Plan.FirstDay.Add(-time.Duration(i.N) * time.Hour) }

// HourLater is an hour after it happened.
func (i item) HourLater() time.Time { return i.At.Add(time.Hour) }

// Status is the account's.
func (i item) Status() string { return status(i.Account) }

// DormantDays are the account's.
func (i item) DormantDays() string { return dormantDays(i.Company, i.Account) }

// Age is the risk's, in days.
func (i item) Age() int { return age(i.Company, i.Risk) }

// HalfOfMembers is half of the group's.
func (i item) HalfOfMembers() int { return i.Group.Members / 2 }

// Neighbour is the next of the application's first three groups.
func (i item) Neighbour() string { return i.App.Groups[(i.N+1)%3].Name }

// Action is what is done to the accounts of who joined or left.
func (i item) Action() string {
	if i.Word == "leaver" {
		return "Disable"
	}
	return "Create"
}
