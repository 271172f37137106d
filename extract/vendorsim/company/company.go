package company

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Plan says which company is invented.
type Plan struct {
	Seed           int64
	People         int // on the first day
	FirstDay       time.Time
	PotentialRoles int
	RoleInsights   int
}

// FirstDay is the first day of a company whose plan names none.
func FirstDay() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) }

// Company is the truth that the three vendors look at. It changes only in
// Advance; what a vendor delivers is computed from it.
type Company struct {
	Plan       Plan
	Generation int // days since the first
	Today      time.Time
	rng        *rand.Rand

	People   []*Person
	Apps     []*Application
	Accounts []*Account
	emails   map[string]bool // taken, lower case

	Roles          []*BusinessRole
	Policies       []*SoDPolicy
	Sessions       []*MiningSession
	PotentialRoles []*PotentialRole
	Insights       []*RoleInsight
	Workgroups     []*Workgroup // SailPoint, as the next four
	Campaigns      []*Campaign
	Items          []*ItemRequest
	Violations     []*Violation
	Outliers       []Outlier
	Requests       []*AccessRequest // BalkanID
	Findings       []*Finding       // BalkanID
	Tickets        []*Ticket        // Oleria
	Risks          []*Risk
	Guests         []*Guest

	nextEmployee int
	offboarded   int
	nextRequest  int
	nextTicket   int
	nextRisk     int
	nextMined    int
	secrets      []string
}

// Person is a human whom HR knows.
type Person struct {
	Number              int
	First, Last, maiden string
	Email               string // as HR, BalkanID and SailPoint know it
	Alias, aliasReason  string // e-mail under which Oleria knows the person instead
	Department, Title   string
	Location            string
	Employment          string
	Manager             *Person
	Start, End          time.Time
	Moved               time.Time // to another department, the last time; zero: never since the first day
	SailPointID         string
	Accounts            []*Account
}

// Name is the person's full name.
func (p *Person) Name() string { return p.First + " " + p.Last }

// Left says whether the person is gone by then.
func (p *Person) Left(today time.Time) bool { return !p.End.IsZero() && !p.End.After(today) }

// Account is the person's account in an application, nil when there is none.
func (p *Person) Account(app *Application) *Account {
	for _, a := range p.Accounts {
		if a.App == app {
			return a
		}
	}
	return nil
}

// OleriaEmail is the address in Oleria's HR records.
func (p *Person) OleriaEmail() string {
	if p.Alias != "" {
		return p.Alias
	}
	return p.Email
}

// Application is a system that people have accounts in, with the vendors that
// see it.
type Application struct {
	Slug, Name, Instance string
	ConnectionType       string // BalkanID's word for a group here
	ResourceType         string
	Project              string
	Oleria, BalkanID     bool
	SailPoint            bool
	Groups               []*Group
	Resources            []*Resource
	IntegrationID        string // BalkanID
	SourceID             string // SailPoint
}

// Group is the group of this name, nil when there is none.
func (a *Application) Group(name string) *Group {
	for _, g := range a.Groups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// Resource is something in an application that access is to.
type Resource struct {
	app      *Application
	Name     string
	ID       string
	Guests   []*Guest
	SharedBy *Person // nil: with nobody outside
	Public   bool    // whoever has the link can open it
}

// Group is what gives accounts their privileges, whatever an application calls
// it. SailPoint knows it as an entitlement.
type Group struct {
	App           *Application
	Name          string
	ID            string
	Kind          string // user or machine, Oleria's group type
	Owner         *Person
	MemberOf      []*Group // nesting: who is in this group is in those too
	Grants        []Privilege
	Reserved      bool // given by a business role only, never by chance
	Members       int  // live count, kept by join and leave
	EntitlementID string
}

// Privilege is what a group allows on a resource.
type Privilege struct {
	Resource *Resource
	Name     string
}

// Membership is an account in a group.
type Membership struct {
	Group *Group
	since time.Time
	// revoked is set when a revoke request was completed and the access is
	// listed all the same.
	revoked *AccessRequest
}

// Account is somebody's or something's access to an application.
type Account struct {
	App             *Application
	Person          *Person // nil: service account or orphan
	Kind            string  // user or machine
	Orphan          bool
	ID              string
	Username, Email string
	Name            string
	Role            string
	Memberships     []Membership
	Denies          []*Group // explicit denials, seen by BalkanID
	Admin           bool
	MFA, SSO, API   bool
	Enabled         bool
	OleriaDisabled  bool // Oleria alone says disabled
	Created         time.Time
	LastActivity    time.Time // zero: unknown
	PasswordChanged time.Time
}

func (a *Account) in(g *Group) bool {
	return slices.ContainsFunc(a.Memberships, func(m Membership) bool { return m.Group == g })
}

func (a *Account) join(g *Group, since time.Time) {
	if !a.in(g) {
		a.Memberships = append(a.Memberships, Membership{Group: g, since: since})
		g.Members++
		a.Denies = slices.DeleteFunc(a.Denies, func(d *Group) bool { return d == g })
	}
}

func (a *Account) leave(g *Group) {
	n := len(a.Memberships)
	a.Memberships = slices.DeleteFunc(a.Memberships, func(m Membership) bool { return m.Group == g })
	g.Members -= n - len(a.Memberships)
}

// App is the application of this slug; there must be one.
func (c *Company) App(slug string) *Application {
	for _, a := range c.Apps {
		if a.Slug == slug {
			return a
		}
	}
	panic("vendorsim: no application " + slug)
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance is true in about percent of 100 calls.
func (c *Company) chance(percent float64) bool { return c.rng.Float64()*100 < percent }

// daysAgo is an instant between lo and hi days before the first day, to the
// second. It counts from the first day, not from today, so that dormancy does
// not grow by itself.
func (c *Company) daysAgo(lo, hi int) time.Time {
	secs := c.rng.IntN((hi-lo)*86400) + lo*86400
	return c.Plan.FirstDay.Add(-time.Duration(secs) * time.Second)
}

func (c *Company) dateAgo(lo, hi int) time.Time {
	return c.daysAgo(lo, hi).Truncate(24 * time.Hour)
}

// SlugOf is a name as ids spell it.
func SlugOf(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "-")) }

// live are the people now employed.
func (c *Company) live() []*Person {
	var out []*Person
	for _, p := range c.People {
		if !p.Left(c.Today) {
			out = append(out, p)
		}
	}
	return out
}

// Some are the first people.
func (c *Company) Some(n int) []*Person { return c.People[:min(n, len(c.People))] }
