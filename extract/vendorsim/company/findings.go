package company

import "time"

// FindingKind is what BalkanID finds wrong with an account.
type FindingKind struct{ Slug, Name, Description, Label, LabelText string }

var (
	leaverFinding     = &FindingKind{"leaver", "Leaver with access", "The person has left, and the account is still open", "employee/terminated", "Terminated"}
	unmappedFinding   = &FindingKind{"unmapped", "Account of nobody", `No employee is known, so the account is "unmapped"`, "identity/unmapped", "Unmapped"}
	privilegedFinding = &FindingKind{"privileged", "Privileged account", "Held by few, in this department", "entitlement/privileged", "Privileged"}
)

// Finding is one of BalkanID's, about an open account that it sees.
type Finding struct {
	*FindingKind
	ID             string
	Account        *Account
	Found          time.Time
	Started, Ended time.Time // of the work on it; zero: not yet
}

// Status is how far the work has come, in BalkanID's word.
func (f *Finding) Status() string {
	switch {
	case !f.Ended.IsZero():
		return "completed"
	case !f.Started.IsZero():
		return "started"
	}
	return "created"
}

// Updated is when the last step was done.
func (f *Finding) Updated() time.Time {
	switch {
	case !f.Ended.IsZero():
		return f.Ended
	case !f.Started.IsZero():
		return f.Started
	}
	return f.Found
}

// wrongWith is what BalkanID finds wrong with an account today, nil where it finds nothing.
func (c *Company) wrongWith(a *Account) *FindingKind {
	switch {
	case !a.App.BalkanID || !a.Enabled || a.Kind == "machine":
		return nil
	case a.Orphan:
		return unmappedFinding
	case a.Person.Left(c.Today):
		return leaverFinding
	case a.Admin:
		return privilegedFinding
	}
	return nil
}

// makeFindings finds what is wrong on the first day; part of it was found, and worked on,
// some time before.
func (c *Company) makeFindings() {
	c.addFindings(func(a *Account) time.Time { return c.ago(60, "found", a) })
	for _, f := range c.Findings {
		switch c.Roll(4, "work", f.ID) {
		case 0:
			f.Started = f.Found.Add(time.Hour)
		case 1:
			f.Ended = f.Found.Add(2 * time.Hour)
		}
	}
}

// ago is a moment in the days before the first, or after the person left.
func (c *Company) ago(days int, what string, a *Account) time.Time {
	at := c.Plan.FirstDay.Add(-time.Duration(1+c.Roll(days*86400, what, a.App.Slug, a.ID)) * time.Second)
	if p := a.Person; p != nil && p.Left(c.Today) && at.Before(p.End) {
		return p.End.Add(time.Hour)
	}
	return at
}

func (c *Company) addFindings(when func(*Account) time.Time) {
	known := map[string]bool{}
	for _, f := range c.Findings {
		known[f.ID] = true
	}
	for _, a := range c.Accounts {
		kind := c.wrongWith(a)
		if kind == nil {
			continue
		}
		f := &Finding{FindingKind: kind, ID: c.ULID("finding", kind.Slug, a.App.Slug, a.ID), Account: a, Found: when(a)}
		if !known[f.ID] {
			c.Findings = append(c.Findings, f)
		}
	}
}

// workOnFindings finds what is new today, ends what is mended, and begins to work on some.
// Findings are shared with the generations before, which are written down already.
func (c *Company) workOnFindings(n int) {
	c.addFindings(func(*Account) time.Time { return c.Today.Add(-time.Minute) })
	for _, f := range c.Findings {
		switch {
		case f.Ended.IsZero() && c.wrongWith(f.Account) != f.FindingKind:
			f.Ended = c.Today
		case f.Started.IsZero() && f.Ended.IsZero() && n > 0:
			f.Started, n = c.Today, n-1
		}
	}
}

// Lone is an account that alone in its department is in some groups of an application,
// as BalkanID sees it.
type Lone struct {
	Account *Account
	Groups  []*Group
}

// Alone are those of today, in the order of accounts.
func (c *Company) Alone() []Lone {
	members := map[*Group]map[string]int{}
	each := func(f func(a *Account, g *Group)) {
		for _, a := range c.Accounts {
			if a.App.BalkanID && a.Enabled && a.Person != nil {
				for _, m := range a.Memberships {
					f(a, m.Group)
				}
			}
		}
	}
	each(func(a *Account, g *Group) {
		if members[g] == nil {
			members[g] = map[string]int{}
		}
		members[g][a.Person.Department]++
	})
	var out []Lone
	each(func(a *Account, g *Group) {
		if members[g][a.Person.Department] > 1 {
			return
		}
		if len(out) == 0 || out[len(out)-1].Account != a {
			out = append(out, Lone{Account: a})
		}
		out[len(out)-1].Groups = append(out[len(out)-1].Groups, g)
	})
	return out
}

// KnownRisk is what BalkanID says is wrong with an account.
type KnownRisk struct {
	ID          string // of the finding or insight
	Status      string // the vendor's word; "" for an insight, which has none
	Application string // slug
	NativeID    string // of the account
	Email       string // of the account
	Employee    string // e-mail of the person, "" where BalkanID does not tell it
}

// InsightID is BalkanID's id of what it says of such an account.
func (c *Company) InsightID(o Lone) string {
	return "outlier/" + c.B64("insight", o.Account.App.Slug, o.Account.ID)
}

func (c *Company) risks(t *Truth) {
	for _, f := range c.Findings {
		k := KnownRisk{f.ID, f.Status(), f.Account.App.Slug, f.Account.ID, f.Account.Email, ""}
		if p := f.Account.Person; p != nil {
			k.Employee = p.Email
		}
		t.Findings = append(t.Findings, k)
	}
	for _, o := range c.Alone() {
		t.Lone = append(t.Lone, KnownRisk{c.InsightID(o), "", o.Account.App.Slug, o.Account.ID, o.Account.Email, ""})
	}
}
