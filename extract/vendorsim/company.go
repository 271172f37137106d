package vendorsim

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// plan says which company is invented.
type plan struct {
	Seed           int64
	People         int       // on the first day
	Now            time.Time // the first day
	PotentialRoles int
	RoleInsights   int
}

// firstDay is the first day of a company whose plan names none.
func firstDay() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) }

// company is the truth that the three vendors look at. It changes only in
// advance; what a vendor delivers is computed from it.
type company struct {
	cfg   plan
	rng   *rand.Rand
	gen   int
	today time.Time

	people   []*person
	apps     []*application
	accounts []*account
	emails   map[string]bool // taken, lower case

	roles          []*businessRole
	policies       []*sodPolicy
	sessions       []*miningSession
	potentialRoles []*potentialRole
	insights       []*roleInsight
	requests       []*accessRequest // BalkanID
	tickets        []*ticket        // Oleria
	risks          []*risk

	nextEmployee int
	offboarded   int
	nextRequest  int
	nextTicket   int
	nextRisk     int
	nextMined    int
	secrets      []string
}

type person struct {
	number              int
	first, last, maiden string
	email               string // as HR, BalkanID and SailPoint know it
	alias, aliasReason  string // e-mail under which Oleria knows the person instead
	department, title   string
	location            string
	employment          string
	manager             *person
	start, end          time.Time
	sailpointID         string
	accounts            []*account
}

func (p *person) name() string { return p.first + " " + p.last }

func (p *person) left(today time.Time) bool { return !p.end.IsZero() && !p.end.After(today) }

func (p *person) account(app *application) *account {
	for _, a := range p.accounts {
		if a.app == app {
			return a
		}
	}
	return nil
}

// oleriaEmail is the address in Oleria's HR records.
func (p *person) oleriaEmail() string {
	if p.alias != "" {
		return p.alias
	}
	return p.email
}

type application struct {
	slug, name, instance string
	connectionType       string // BalkanID's word for a group here
	resourceType         string
	project              string
	oleria, balkanid     bool
	sailpoint            bool
	groups               []*group
	resources            []*resource
	integrationID        string // BalkanID
	sourceID             string // SailPoint
}

func (a *application) group(name string) *group {
	for _, g := range a.groups {
		if g.name == name {
			return g
		}
	}
	return nil
}

type resource struct {
	app  *application
	name string
	id   string
}

type group struct {
	app       *application
	name      string
	id        string
	kind      string // user or machine, Oleria's group type
	owner     *person
	memberOf  []*group // nesting: who is in this group is in those too
	grants    []privilege
	reserved  bool // given by a business role only, never by chance
	members   int  // live count, kept by join and leave
	entitleID string
}

type privilege struct {
	resource *resource
	name     string
}

type membership struct {
	group *group
	since time.Time
	// revoked is set when a revoke request was completed and the access is
	// listed all the same.
	revoked *accessRequest
}

type account struct {
	app             *application
	person          *person // nil: service account or orphan
	kind            string  // user or machine
	orphan          bool
	id              string
	username, email string
	name            string
	role            string
	memberships     []membership
	denies          []*group // explicit denials, seen by BalkanID
	admin           bool
	mfa, sso, api   bool
	enabled         bool
	oleriaDisabled  bool // Oleria alone says disabled
	created         time.Time
	lastActivity    time.Time // zero: unknown
	passwordChanged time.Time
}

func (a *account) in(g *group) bool {
	return slices.ContainsFunc(a.memberships, func(m membership) bool { return m.group == g })
}

func (a *account) join(g *group, since time.Time) {
	if !a.in(g) {
		a.memberships = append(a.memberships, membership{group: g, since: since})
		g.members++
		a.denies = slices.DeleteFunc(a.denies, func(d *group) bool { return d == g })
	}
}

func (a *account) leave(g *group) {
	n := len(a.memberships)
	a.memberships = slices.DeleteFunc(a.memberships, func(m membership) bool { return m.group == g })
	g.members -= n - len(a.memberships)
}

func (c *company) app(slug string) *application {
	for _, a := range c.apps {
		if a.slug == slug {
			return a
		}
	}
	panic("vendorsim: no application " + slug)
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance is true in about percent of 100 calls.
func (c *company) chance(percent float64) bool { return c.rng.Float64()*100 < percent }

// daysAgo is an instant between lo and hi days before the first day, to the
// second. It counts from the first day, not from today, so that dormancy does
// not grow by itself.
func (c *company) daysAgo(lo, hi int) time.Time {
	secs := c.rng.IntN((hi-lo)*86400) + lo*86400
	return c.cfg.Now.Add(-time.Duration(secs) * time.Second)
}

func (c *company) dateAgo(lo, hi int) time.Time {
	return c.daysAgo(lo, hi).Truncate(24 * time.Hour)
}

func slugOf(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "-")) }

// live are the people now employed.
func (c *company) live() []*person {
	var out []*person
	for _, p := range c.people {
		if !p.left(c.today) {
			out = append(out, p)
		}
	}
	return out
}

// some are the first people.
func (c *company) some(n int) []*person { return c.people[:min(n, len(c.people))] }
