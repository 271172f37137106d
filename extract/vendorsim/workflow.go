package vendorsim

import (
	"fmt"
	"time"
)

// accessRequest is a BalkanID request with its items.
type accessRequest struct {
	id, action            string // grant or revoke
	requester, requestFor *person
	reference             *person
	duration              string // as BalkanID writes it: 68m0s
	expires, scheduled    time.Time
	provisioned           time.Time // zero: open
	items                 []requestItem
	secret                string // password in the payload, "" = empty
	n                     int
}

type requestItem struct {
	app   *application
	group *group // nil: the application itself
}

func (r *accessRequest) completed() bool { return !r.provisioned.IsZero() }

var durations = []string{"", "", "", "68m0s", "45m0s", "1h0m0s", "720h0m0s", "90s"}

func (c *company) makeRequests() {
	live := c.live()
	for range c.cfg.People / 4 {
		c.request(live, c.dateAgo(0, 120).Add(time.Duration(c.rng.IntN(86400))*time.Second), !c.chance(30))
	}
	c.plantStillSeen(max(3, c.cfg.People/250))
}

// request adds a request of one to three items of one application. A revoke
// asks for something that the person no longer has; a grant for something the
// person has, once it is completed.
func (c *company) request(live []*person, at time.Time, done bool) *accessRequest {
	p, by := pick(c.rng, live), pick(c.rng, live)
	r := c.newRequest("grant", by, p, at, done)
	if c.chance(25) {
		r.action = "revoke"
	}
	a := pick(c.rng, p.accounts)
	for !a.app.balkanid {
		a = p.account(c.app("okta"))
	}
	for range 1 + c.rng.IntN(3) {
		g := pick(c.rng, a.app.groups)
		if r.asks(g) || g.reserved || a.in(g) != ((r.action == "grant") == done) {
			continue
		}
		r.items = append(r.items, requestItem{a.app, g})
	}
	if len(r.items) == 0 {
		r.items = append(r.items, requestItem{app: a.app})
	}
	return r
}

func (r *accessRequest) asks(g *group) bool {
	for _, it := range r.items {
		if it.group == g {
			return true
		}
	}
	return false
}

func (c *company) newRequest(action string, by, p *person, at time.Time, done bool) *accessRequest {
	r := &accessRequest{
		n: c.nextRequest, id: c.ulid("request", fmt.Sprint(c.nextRequest)), action: action,
		requester: by, requestFor: p, duration: pick(c.rng, durations),
	}
	c.nextRequest++
	if done {
		r.provisioned = at
	}
	if r.duration != "" {
		r.expires = at.Add(30 * 24 * time.Hour)
	}
	if c.chance(10) {
		r.scheduled = at.Add(24 * time.Hour)
	}
	if c.chance(50) {
		r.reference = p.manager
	}
	if action == "grant" && c.chance(20) {
		r.secret = c.secret("request", r.id)
	}
	c.requests = append(c.requests, r)
	return r
}

// plantStillSeen completes revoke requests whose access stays in place.
func (c *company) plantStillSeen(n int) {
	for n > 0 {
		p := pick(c.rng, c.people)
		if p.left(c.today) || len(p.accounts) == 0 {
			continue
		}
		a := pick(c.rng, p.accounts)
		if !a.app.balkanid || len(a.memberships) == 0 {
			continue
		}
		m := &a.memberships[0]
		if m.revoked != nil || m.group.reserved {
			continue
		}
		by := p.manager
		if by == nil {
			by = p
		}
		r := c.newRequest("revoke", by, p, c.today.Add(-time.Duration(24+c.rng.IntN(400))*time.Hour), true)
		r.items = []requestItem{{a.app, m.group}}
		m.revoked = r
		n--
	}
}

// ticket is an access request in Oleria.
type ticket struct {
	id                     string
	requester, requestFor  *person
	app                    *application
	access, why, duration  string
	status                 string
	approver               *person
	decision               string
	submitted, decided, ex time.Time
}

func (c *company) makeTickets() {
	live := c.live()
	for range c.cfg.People / 10 {
		c.openTicket(live, c.daysAgo(1, 120))
		if c.chance(75) {
			c.decide(c.tickets[len(c.tickets)-1])
		}
	}
}

func (c *company) openTicket(live []*person, at time.Time) {
	var seen []*application
	for _, a := range c.apps {
		if a.oleria {
			seen = append(seen, a)
		}
	}
	p, app := pick(c.rng, live), pick(c.rng, seen)
	c.tickets = append(c.tickets, &ticket{
		id: fmt.Sprintf("AR-%05d", c.nextTicket), requester: p, requestFor: p, app: app, access: pick(c.rng, app.groups).name,
		why:      pick(c.rng, []string{"Needed for the quarterly close", "Joining the project, \"Atlas\"", "Covering for a colleague,\nuntil the end of the month", "On-call rotation", "=1+1 reasons, as agreed"}),
		duration: pick(c.rng, []string{"", "7 days", "30 days"}), status: "Pending", approver: p.manager, submitted: at,
	})
	c.nextTicket++
}

func (c *company) decide(t *ticket) {
	t.decided = t.submitted.Add(time.Duration(1+c.rng.IntN(20)) * time.Hour)
	t.status, t.decision = "Approved", "approve"
	if c.chance(15) {
		t.status, t.decision = "Denied", "deny"
	} else if t.duration != "" {
		t.ex = t.decided.Add(30 * 24 * time.Hour)
	}
}

// risk is a finding in Oleria.
type risk struct {
	n                                   int
	description, advice, severity, kind string
	account                             *account
	detected, event                     time.Time
}

var riskKinds = []struct{ description, advice, severity, kind string }{
	{"Privileged account without MFA", "Turn on MFA for the account", "critical", "security"},
	{"Dormant privileged account", "Disable the account\nor document why it is kept", "high", "access"},
	{"Sign-in from a new country", "Ask the owner, then reset the session", "medium", "identity"},
	{"Password older than 180 days", "Rotate the password", "moderate", "identity"},
	{"Access broader than that of peers", "Review the groups of the account", "low", "access"},
}

func (c *company) makeRisks() {
	for range c.cfg.People / 12 {
		c.addRisk(c.daysAgo(1, 60))
	}
}

func (c *company) addRisk(at time.Time) {
	k := riskKinds[c.rng.IntN(len(riskKinds))]
	for {
		a := pick(c.rng, c.accounts)
		if !a.app.oleria || !a.enabled {
			continue
		}
		c.risks = append(c.risks, &risk{
			n: c.nextRisk, description: k.description, advice: k.advice, severity: k.severity, kind: k.kind,
			account: a, detected: at, event: at.Add(-time.Duration(c.rng.IntN(3600)) * time.Second),
		})
		c.nextRisk++
		return
	}
}
