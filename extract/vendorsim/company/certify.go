package company

import (
	"fmt"
	"time"
)

// What SailPoint governs besides roles is chosen by Roll, so that it leaves all
// else that is planted as it was. None of it changes access: a request that was
// completed asks for what the person has.

// Workgroup is a governance group of SailPoint.
type Workgroup struct {
	ID, Name, About string
	Owner           *Person
	Members         []*Person
}

// Campaign is a certification campaign of SailPoint.
type Campaign struct {
	ID, Name, Kind    string
	Created, Deadline time.Time
	Certifications    []*Certification
}

// Done says whether all its reviewers signed off.
func (k *Campaign) Done() bool { return k.SignedOff() == len(k.Certifications) }

// SignedOff is how many of its certifications are signed.
func (k *Campaign) SignedOff() (n int) {
	for _, f := range k.Certifications {
		if !f.Signed.IsZero() {
			n++
		}
	}
	return n
}

// Certification is what one reviewer is to review in one campaign.
type Certification struct {
	ID, Name string
	Campaign *Campaign
	Reviewer *Person
	Items    []*ReviewItem
	Signed   time.Time // zero: not yet
}

// Decided is how many of its items are decided.
func (f *Certification) Decided() (n int) {
	for _, it := range f.Items {
		if it.Decision != "" {
			n++
		}
	}
	return n
}

// ReviewItem is one piece of access of one person under review: an entitlement
// or a business role.
type ReviewItem struct {
	ID       string
	Person   *Person
	Group    *Group        // an entitlement, else
	Account  *Account      // that has the entitlement
	Role     *BusinessRole // a role
	Decision string        // APPROVE, REVOKE or "": not decided
	Comment  string
}

// ItemRequest is one requested item in SailPoint.
type ItemRequest struct {
	RequestID, ItemID      string
	Requester, For         *Person
	Group                  *Group
	Kind                   string // ENTITLEMENT or ACCESS_PROFILE
	Action                 string // GRANT_ACCESS or REVOKE_ACCESS
	State                  string
	Approval               string // PENDING, APPROVED or REJECTED
	Approver               *Person
	Why                    string
	Created, Decided, Ends time.Time
}

// Violation is a conflict that SailPoint found, and when it ended.
type Violation struct {
	ID           string
	Policy       *SoDPolicy
	Person       *Person
	Found, Ended time.Time // Ended is zero while the conflict is there
	Mitigated    bool
}

// Outlier is a person whose access SailPoint calls unlike that of others.
type Outlier struct {
	Person  *Person
	Kind    string
	First   time.Time
	Ignored bool
}

func (c *Company) makeGovernance() {
	c.makeWorkgroups()
	c.makeCampaigns()
	for i := range max(8, c.Plan.People/20) {
		c.requestItem(i, c.Plan.FirstDay.AddDate(0, 0, -2-c.Roll(90, "item day", fmt.Sprint(i))))
	}
	c.findViolations()
	for i := range max(4, c.Plan.People/200) {
		c.Outliers = append(c.Outliers, c.outlier(i))
	}
}

// rolled is a person fixed by the parts.
func (c *Company) rolled(among []*Person, parts ...string) *Person {
	return among[c.Roll(len(among), parts...)]
}

func (c *Company) makeWorkgroups() {
	live := c.live()
	for i, d := range Departments[:5] {
		w := &Workgroup{ID: c.UUID("workgroup", d.Name), Name: d.Name + " reviewers", About: "Review the access of " + d.Name, Owner: c.People[i]}
		for k := 0; len(w.Members) < 3+i; k++ {
			if p := c.rolled(live, "member", d.Name, fmt.Sprint(k)); !contains(w.Members, p) {
				w.Members = append(w.Members, p)
			}
		}
		c.Workgroups = append(c.Workgroups, w)
	}
}

func (c *Company) makeCampaigns() {
	day := c.Plan.FirstDay
	managers := &Campaign{ID: c.Hex32("campaign", "managers"), Name: "Managers, first quarter", Kind: "MANAGER", Created: day.AddDate(0, 0, -14), Deadline: day.AddDate(0, 0, 30)}
	owners := &Campaign{ID: c.Hex32("campaign", "owners"), Name: "Source owners, last year", Kind: "SOURCE_OWNER", Created: day.AddDate(0, 0, -120), Deadline: day.AddDate(0, 0, -90)}
	c.Campaigns = []*Campaign{managers, owners}
	team := map[*Person][]*Person{}
	var heads []*Person
	for _, p := range c.live() {
		if m := p.Manager; m != nil && !m.Left(c.Today) {
			if len(team[m]) == 0 {
				heads = append(heads, m)
			}
			team[m] = append(team[m], p)
		}
	}
	for _, m := range heads[:min(len(heads), 8)] {
		f := managers.certification(c, "Manager Access Review for "+m.Name(), m)
		for _, p := range team[m][:min(len(team[m]), 4)] {
			c.review(f, p, nil, 3)
		}
		f.decide(c, 60)
	}
	for _, app := range c.Apps {
		if !app.SailPoint {
			continue
		}
		f := owners.certification(c, "Source Owner Access Review for "+app.Name, app.Groups[0].Owner)
		for _, p := range c.Some(30) {
			c.review(f, p, app, 2)
		}
		f.decide(c, 100)
		f.Signed = owners.Created.AddDate(0, 0, 20)
	}
}

func (k *Campaign) certification(c *Company, name string, by *Person) *Certification {
	f := &Certification{ID: c.Hex32("certification", k.ID, name, fmt.Sprint(by.Number)), Name: name, Campaign: k, Reviewer: by}
	k.Certifications = append(k.Certifications, f)
	return f
}

// review puts the access of a person into a certification: at most so many
// entitlements, of one application or of all, and without one also the roles.
func (c *Company) review(f *Certification, p *Person, app *Application, most int) {
	add := func(it ReviewItem, what string) {
		it.ID, it.Person = c.Hex32("review", f.ID, p.SailPointID, what), p
		f.Items = append(f.Items, &it)
	}
	n := 0
	for _, a := range p.Accounts {
		if !a.App.SailPoint || app != nil && a.App != app {
			continue
		}
		for _, m := range a.Memberships {
			if n++; n <= most {
				add(ReviewItem{Group: m.Group, Account: a}, m.Group.EntitlementID)
			}
		}
	}
	for _, r := range c.Roles {
		if app == nil && contains(r.Members, p) {
			add(ReviewItem{Role: r}, r.ID)
		}
	}
}

// decide decides of so many in a hundred items that are open.
func (f *Certification) decide(c *Company, percent int) {
	for _, it := range f.Items {
		if it.Decision != "" || c.Roll(100, "decided", it.ID) >= percent {
			continue
		}
		if it.Decision = "APPROVE"; c.Roll(6, "revoked", it.ID) == 0 {
			it.Decision, it.Comment = "REVOKE", "Not needed any more"
		}
	}
}

// requestItem adds the i-th request: most are completed, and ask for what the
// person has, or had it revoked; some wait.
func (c *Company) requestItem(i int, at time.Time) {
	n := fmt.Sprint(i)
	live := c.live()
	p := c.rolled(live, "item for", n)
	by := p.Manager
	if by == nil || c.Roll(3, "item by", n) > 0 {
		by = p
	}
	r := &ItemRequest{
		RequestID: c.Hex32("item request", fmt.Sprint(i/2)), ItemID: c.Hex32("item", n), Requester: by, For: p, Kind: "ENTITLEMENT",
		Action: "GRANT_ACCESS", State: "EXECUTING", Approval: "PENDING", Approver: c.rolled(live, "item approver", n), Created: at.Add(9 * time.Hour),
	}
	held := c.heldGroup(p, n)
	if r.Group = held; held == nil || c.Roll(3, "item waits", n) == 0 {
		r.Group = c.otherGroup(p, n)
	} else {
		r.approve()
	}
	if !r.Group.Reserved && c.Roll(2, "item kind", n) == 0 {
		r.Kind = "ACCESS_PROFILE"
	}
	if c.Roll(4, "item why", n) > 0 {
		r.Why = "Needed for the quarterly close"
	}
	if c.Roll(5, "item ends", n) == 0 {
		r.Ends = r.Created.AddDate(0, 3, 0)
	}
	c.Items = append(c.Items, r)
}

// heldGroup is an entitlement that the person has, nil without one.
func (c *Company) heldGroup(p *Person, n string) *Group {
	var held []*Group
	for _, a := range p.Accounts {
		if a.App.SailPoint {
			for _, m := range a.Memberships {
				held = append(held, m.Group)
			}
		}
	}
	if len(held) == 0 {
		return nil
	}
	return held[c.Roll(len(held), "item held", n)]
}

// otherGroup is an entitlement that the person has not.
func (c *Company) otherGroup(p *Person, n string) *Group {
	app := c.App([]string{"salesforce", "snowflake", "okta"}[c.Roll(3, "item app", n)])
	a := p.Account(app)
	for k := 0; ; k++ {
		if g := app.Groups[(c.Roll(len(app.Groups), "item group", n)+k)%len(app.Groups)]; a == nil || !a.in(g) {
			return g
		}
	}
}

func (r *ItemRequest) approve() {
	r.State, r.Approval, r.Decided = "REQUEST_COMPLETED", "APPROVED", r.Created.Add(26*time.Hour)
}

func (c *Company) outlier(i int) Outlier {
	n := fmt.Sprint(i)
	o := Outlier{Person: c.People[(i*7+c.Roll(5, "outlier", n))%len(c.People)], Kind: "LOW_SIMILARITY", First: c.Plan.FirstDay.AddDate(0, 0, -10-3*i), Ignored: i%4 == 3}
	if i%3 == 2 {
		o.Kind = "STRUCTURAL"
	}
	return o
}

// findViolations brings the list of violations up to date with the conflicts.
func (c *Company) findViolations() {
	there := map[string]bool{}
	for _, p := range c.Policies {
		for _, m := range p.Left.Members {
			if !contains(p.Right.Members, m) {
				continue
			}
			id := c.UUID("violation", p.ID, m.SailPointID)
			there[id] = true
			if v := c.violation(id); v != nil {
				v.Ended = time.Time{}
			} else {
				c.Violations = append(c.Violations, &Violation{ID: id, Policy: p, Person: m, Found: c.Today.Add(-5 * time.Hour), Mitigated: c.Roll(3, "mitigated", id) == 0})
			}
		}
	}
	for _, v := range c.Violations {
		if v.Ended.IsZero() && !there[v.ID] {
			v.Ended = c.Today
		}
	}
}

func (c *Company) violation(id string) *Violation {
	for _, v := range c.Violations {
		if v.ID == id {
			return v
		}
	}
	return nil
}

// govern is a day of reviewers and approvers: the first certification that
// waits is decided and signed, requests come and are refused, a governance
// group gets a member, and an outlier is ignored.
func (c *Company) govern() {
	for _, f := range c.Campaigns[0].Certifications {
		if f.Signed.IsZero() {
			f.decide(c, 100)
			f.Signed = c.Today.Add(-2 * time.Hour)
			break
		}
	}
	for _, r := range c.Items {
		if r.Approval == "PENDING" {
			r.State, r.Approval, r.Decided = "REJECTED", "REJECTED", c.Today.Add(-3*time.Hour)
			break
		}
	}
	for range max(1, c.Plan.People/400) {
		c.requestItem(len(c.Items), c.Today.AddDate(0, 0, -1))
	}
	w := c.Workgroups[c.Generation%len(c.Workgroups)]
	for k := 0; ; k++ {
		if p := c.rolled(c.live(), "new member", w.ID, fmt.Sprint(c.Generation, k)); !contains(w.Members, p) {
			w.Members = append(w.Members, p)
			break
		}
	}
	c.findViolations()
	c.Outliers = append([]Outlier{}, c.Outliers...)
	c.Outliers[c.Generation%len(c.Outliers)].Ignored = true
}
