package company

import (
	"fmt"
	"time"
)

// AccessRequest is a BalkanID request with its items.
type AccessRequest struct {
	ID, Action            string // grant or revoke
	Requester, RequestFor *Person
	Reference             *Person
	Duration              string // as BalkanID writes it: 68m0s
	Expires, Scheduled    time.Time
	Provisioned           time.Time // zero: open
	Items                 []RequestItem
	Secret                string // password in the payload, "" = empty
	N                     int
}

// RequestItem is one thing that a request asks for.
type RequestItem struct {
	App   *Application
	Group *Group // nil: the application itself
}

// Completed says whether the request was carried out.
func (r *AccessRequest) Completed() bool { return !r.Provisioned.IsZero() }

var durations = []string{"", "", "", "68m0s", "45m0s", "1h0m0s", "720h0m0s", "90s"}

func (c *Company) makeRequests() {
	live := c.live()
	for range c.Plan.People / 4 {
		c.request(live, c.dateAgo(0, 120).Add(time.Duration(c.rng.IntN(86400))*time.Second), !c.chance(30))
	}
	c.plantStillSeen(max(3, c.Plan.People/250))
}

// request adds a request of one to three items of one application. A revoke
// asks for something that the person no longer has; a grant for something the
// person has, once it is completed.
func (c *Company) request(live []*Person, at time.Time, done bool) *AccessRequest {
	p, by := pick(c.rng, live), pick(c.rng, live)
	r := c.newRequest("grant", by, p, at, done)
	if c.chance(25) {
		r.Action = "revoke"
	}
	a := pick(c.rng, p.Accounts)
	for !a.App.BalkanID {
		a = p.Account(c.App("okta"))
	}
	for range 1 + c.rng.IntN(3) {
		g := pick(c.rng, a.App.Groups)
		if r.asks(g) || g.Reserved || a.in(g) != ((r.Action == "grant") == done) {
			continue
		}
		r.Items = append(r.Items, RequestItem{a.App, g})
	}
	if len(r.Items) == 0 {
		r.Items = append(r.Items, RequestItem{App: a.App})
	}
	return r
}

func (r *AccessRequest) asks(g *Group) bool {
	for _, it := range r.Items {
		if it.Group == g {
			return true
		}
	}
	return false
}

func (c *Company) newRequest(action string, by, p *Person, at time.Time, done bool) *AccessRequest {
	r := &AccessRequest{
		N: c.nextRequest, ID: c.ULID("request", fmt.Sprint(c.nextRequest)), Action: action,
		Requester: by, RequestFor: p, Duration: pick(c.rng, durations),
	}
	c.nextRequest++
	if done {
		r.Provisioned = at
	}
	if r.Duration != "" {
		r.Expires = at.Add(30 * 24 * time.Hour)
	}
	if c.chance(10) {
		r.Scheduled = at.Add(24 * time.Hour)
	}
	if c.chance(50) {
		r.Reference = p.Manager
	}
	if action == "grant" && c.chance(20) {
		r.Secret = c.secret("request", r.ID)
	}
	c.Requests = append(c.Requests, r)
	return r
}

// plantStillSeen completes revoke requests whose access stays in place.
func (c *Company) plantStillSeen(n int) {
	for n > 0 {
		p := pick(c.rng, c.People)
		if p.Left(c.Today) || len(p.Accounts) == 0 {
			continue
		}
		a := pick(c.rng, p.Accounts)
		if !a.App.BalkanID || len(a.Memberships) == 0 {
			continue
		}
		m := &a.Memberships[0]
		if m.revoked != nil || m.Group.Reserved {
			continue
		}
		by := p.Manager
		if by == nil {
			by = p
		}
		r := c.newRequest("revoke", by, p, c.Today.Add(-time.Duration(24+c.rng.IntN(400))*time.Hour), true)
		r.Items = []RequestItem{{a.App, m.Group}}
		m.revoked = r
		n--
	}
}

// Ticket is an access request in Oleria.
type Ticket struct {
	ID                          string
	Requester, RequestFor       *Person
	App                         *Application
	Access, Why, Duration       string
	Status                      string
	Approver                    *Person
	Decision                    string
	Submitted, Decided, Expires time.Time
}

func (c *Company) makeTickets() {
	live := c.live()
	for range c.Plan.People / 10 {
		c.openTicket(live, c.daysAgo(1, 120))
		if c.chance(75) {
			c.decide(c.Tickets[len(c.Tickets)-1])
		}
	}
}

func (c *Company) openTicket(live []*Person, at time.Time) {
	var seen []*Application
	for _, a := range c.Apps {
		if a.Oleria {
			seen = append(seen, a)
		}
	}
	p, app := pick(c.rng, live), pick(c.rng, seen)
	c.Tickets = append(c.Tickets, &Ticket{
		ID: fmt.Sprintf("AR-%05d", c.nextTicket), Requester: p, RequestFor: p, App: app, Access: pick(c.rng, app.Groups).Name,
		Why:      pick(c.rng, []string{"Needed for the quarterly close", "Joining the project, \"Atlas\"", "Covering for a colleague,\nuntil the end of the month", "On-call rotation", "=1+1 reasons, as agreed"}),
		Duration: pick(c.rng, []string{"", "7 days", "30 days"}), Status: "Pending", Approver: p.Manager, Submitted: at,
	})
	c.nextTicket++
}

func (c *Company) decide(t *Ticket) {
	t.Decided = t.Submitted.Add(time.Duration(1+c.rng.IntN(20)) * time.Hour)
	t.Status, t.Decision = "Approved", "approve"
	if c.chance(15) {
		t.Status, t.Decision = "Denied", "deny"
	} else if t.Duration != "" {
		t.Expires = t.Decided.Add(30 * 24 * time.Hour)
	}
}

// Risk is a finding in Oleria.
type Risk struct {
	N                                   int
	Description, Advice, Severity, Kind string
	Account                             *Account
	Detected, Event                     time.Time
}

var riskKinds = []struct{ description, advice, severity, kind string }{
	{"Privileged account without MFA", "Turn on MFA for the account", "critical", "security"},
	{"Dormant privileged account", "Disable the account\nor document why it is kept", "high", "access"},
	{"Sign-in from a new country", "Ask the owner, then reset the session", "medium", "identity"},
	{"Password older than 180 days", "Rotate the password", "moderate", "identity"},
	{"Access broader than that of peers", "Review the groups of the account", "low", "access"},
}

func (c *Company) makeRisks() {
	for range c.Plan.People / 12 {
		c.addRisk(c.daysAgo(1, 60))
	}
}

func (c *Company) addRisk(at time.Time) {
	k := riskKinds[c.rng.IntN(len(riskKinds))]
	for {
		a := pick(c.rng, c.Accounts)
		if !a.App.Oleria || !a.Enabled {
			continue
		}
		c.Risks = append(c.Risks, &Risk{
			N: c.nextRisk, Description: k.description, Advice: k.advice, Severity: k.severity, Kind: k.kind,
			Account: a, Detected: at, Event: at.Add(-time.Duration(c.rng.IntN(3600)) * time.Second),
		})
		c.nextRisk++
		return
	}
}
