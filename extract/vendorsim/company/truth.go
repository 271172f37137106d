package company

import (
	"sort"
	"strconv"
	"time"
)

// Truth is what was planted in one generation. Lists are ordered and free of
// duplicates.
type Truth struct {
	Generation int
	Today      time.Time

	People          []KnownPerson // everybody in HR, leavers included
	Applications    []KnownApplication
	Dormant         []SeenAccount // enabled, unused for more than 90 days on the first day, as Oleria shows it
	Orphans         []SeenAccount // enabled accounts of people whom no HR record knows
	ServiceAccounts []SeenAccount // machines: nobody's, but not orphans
	Leavers         []SeenAccount // live accounts of people who left
	Findings        []KnownRisk   // BalkanID's
	Lone            []KnownRisk   // BalkanID's insights: accounts that alone in their department have something
	Logins          []KnownLogin  // accounts that Oleria lists
	Ends            []KnownEnd    // requests for access until a day, turned down or not
	Disagreements   []SeenAccount // accounts that Oleria has as disabled and BalkanID as enabled
	SamePeople      []SamePerson  // one person under two e-mails
	SoDConflicts    []SoDConflict
	Guests          []string       // addresses of people outside with whom something is shared
	Shared          []SharedThing  // what they, or all who have the link, can open
	StillSeen       []StillSeen    // access listed after its revocation was completed
	Administrators  []string       // addresses with an account in BalkanID itself
	Cycle           []string       // BalkanID BRNs of groups nested in a circle
	Rejects         map[string]int // bad records per dataset: they never become rows
	BadRecords      []BadRecord    // the same ones, with their text
	Governed        Governed       // in SailPoint
	Secrets         []string       // text that must not appear outside the vendor's own bytes
}

// SeenAccount names an account as one vendor knows it.
type SeenAccount struct {
	Vendor      string // oleria or balkanid
	Application string // slug: github, okta
	NativeID    string // Oleria's userId; BalkanID's Source ID and Identity ID
	BRN         string // BalkanID only
	Username    string
	Email       string
	Employee    string // employee number in HR, "" for orphans and machines
	PersonEmail string // the owner's e-mail in that vendor's HR records
}

// KnownPerson is one human with the names under which the vendors know them.
type KnownPerson struct {
	Employee      string // number in HR and BalkanID
	Name          string
	OleriaEmail   string
	BalkanIDEmail string // SailPoint's too
	SailPointID   string
	Left          bool
	Accounts      []string // <application slug>/<native id>, all vendors, closed ones included
	Department    string
	Groups        []KnownMembership // of accounts in which some vendor says that one can log in
}

// KnownMembership is a group that an account is in.
type KnownMembership struct {
	Application, Group string // slug and name
	Since              time.Time
}

// KnownLogin is an account that Oleria lists, with what Oleria alone tells of it.
type KnownLogin struct {
	SeenAccount
	Open         bool // some vendor says that one can log in
	MFA, Admin   bool
	LastActivity time.Time // zero: unknown, and Oleria tells the days since the creation
	Created      time.Time
}

// KnownEnd is a request for access that ends.
type KnownEnd struct {
	Vendor, RequestID string
	Ends              time.Time
	Refused           bool // turned down, or to take access away
}

// KnownApplication is an application with what the company has in it. Vendors list groups and
// accounts of those that Oleria or BalkanID sees; SailPoint knows groups as entitlements.
type KnownApplication struct {
	Slug, Name                  string
	Oleria, BalkanID, SailPoint bool     // who sees it
	Groups                      []string // names
	Accounts                    []string // native ids, of people, strangers and machines, closed ones included
	Machines                    []string // native ids of the machines among them
	Resources                   []string // names
}

// SamePerson are two descriptions of one human.
type SamePerson struct {
	Employee      string
	OleriaEmail   string
	BalkanIDEmail string
	SailPointID   string
	Reason        string // alias domain or maiden name
}

// SharedThing is a resource that people outside can open, as Oleria sees it.
type SharedThing struct {
	Application, Name string // slug of the application
	Guests            int
	Public            bool // whoever has the link can open it
}

// SoDConflict is a person who holds both sides of a policy.
type SoDConflict struct {
	PolicyID, PolicyName              string
	IdentityID, Email                 string // SailPoint identity
	LeftRoleID, RightRoleID           string
	LeftEntitlement, RightEntitlement string // SailPoint entitlement ids
}

// StillSeen is a membership that outlived its revocation in BalkanID.
type StillSeen struct {
	RequestID   string
	Application string
	Connection  string // group name
	IdentityID  string // native id of the account
	IdentityBRN string
	GroupBRN    string
	Email       string // of the person concerned
}

// BadRecord is a line that no reader can turn into a row.
type BadRecord struct {
	Dataset string
	Rule    string // frame: the line has no form of a record; cell: one cell cannot be read
	Line    string
}

// DormantAccounts are the native ids of the dormant accounts that a vendor
// shows. Only Oleria shows activity.
func (t Truth) DormantAccounts(vendor string) []string { return nativeIDs(t.Dormant, vendor) }

// LeaversWithAccess are the native ids of a vendor's live accounts of leavers.
func (t Truth) LeaversWithAccess(vendor string) []string { return nativeIDs(t.Leavers, vendor) }

// OrphanAccounts are the native ids of a vendor's orphans.
func (t Truth) OrphanAccounts(vendor string) []string { return nativeIDs(t.Orphans, vendor) }

func nativeIDs(list []SeenAccount, vendor string) []string {
	var out []string
	for _, a := range list {
		if a.Vendor == vendor {
			out = append(out, a.NativeID)
		}
	}
	sort.Strings(out)
	return out
}

// Truth is what is planted today; the bad records are planted by those who
// write the exports.
func (c *Company) Truth() Truth {
	t := Truth{Generation: c.Generation, Today: c.Today, Rejects: map[string]int{}}
	c.risks(&t)
	for _, a := range c.Accounts {
		c.judge(&t, a)
	}
	for _, p := range c.People {
		who := KnownPerson{strconv.Itoa(p.Number), p.Name(), p.OleriaEmail(), p.Email, p.SailPointID, p.Left(c.Today), nil, p.Department, nil}
		for _, a := range p.Accounts {
			who.Accounts = append(who.Accounts, a.App.Slug+"/"+a.ID)
			for _, m := range a.Memberships {
				if a.open() {
					who.Groups = append(who.Groups, KnownMembership{a.App.Slug, m.Group.Name, m.since})
				}
			}
		}
		t.People = append(t.People, who)
		if p.Alias != "" {
			t.SamePeople = append(t.SamePeople, SamePerson{strconv.Itoa(p.Number), p.Alias, p.Email, p.SailPointID, p.aliasReason})
		}
	}
	for _, app := range c.Apps {
		t.Applications = append(t.Applications, c.known(app))
	}
	for _, p := range c.Administrators() {
		t.Administrators = append(t.Administrators, p.Email)
	}
	t.Administrators = append(t.Administrators, PartnerEmail)
	t.Orphans = append(t.Orphans, SeenAccount{Vendor: "balkanid", Application: "balkanid", NativeID: PartnerEmail, Username: PartnerEmail, Email: PartnerEmail})
	c.conflicts(&t)
	c.shared(&t)
	c.outlived(&t)
	c.ends(&t)
	for _, n := range []string{"pilot-a", "pilot-b", "pilot-c"} {
		t.Cycle = append(t.Cycle, c.GroupBRN(c.App("okta").Group(n)))
	}
	t.Governed = c.governed()
	t.Secrets = c.allSecrets()
	return t
}

func (c *Company) known(app *Application) KnownApplication {
	k := KnownApplication{Slug: app.Slug, Name: app.Name, Oleria: app.Oleria, BalkanID: app.BalkanID, SailPoint: app.SailPoint}
	for _, g := range app.Groups {
		k.Groups = append(k.Groups, g.Name)
	}
	for _, a := range c.Accounts {
		if a.App == app {
			k.Accounts = append(k.Accounts, a.ID)
			if a.Kind == "machine" {
				k.Machines = append(k.Machines, a.ID)
			}
		}
	}
	for _, r := range app.Resources {
		k.Resources = append(k.Resources, r.Name)
	}
	return k
}

func (c *Company) shared(t *Truth) {
	for _, g := range c.Guests {
		t.Guests = append(t.Guests, g.Email)
	}
	for _, app := range c.Apps {
		for _, r := range app.Resources {
			if app.Oleria && (r.Public || len(r.Guests) > 0) {
				t.Shared = append(t.Shared, SharedThing{app.Slug, r.Name, len(r.Guests), r.Public})
			}
		}
	}
}

// judge files an account under the findings it belongs to.
func (c *Company) judge(t *Truth, a *Account) {
	for _, vendor := range []string{"oleria", "balkanid"} {
		if vendor == "oleria" && !a.App.Oleria || vendor == "balkanid" && !a.App.BalkanID {
			continue
		}
		seen := c.described(a, vendor)
		if vendor == "oleria" {
			t.Logins = append(t.Logins, KnownLogin{seen, a.open(), a.MFA, a.Admin, a.LastActivity, a.Created})
		}
		live := a.Enabled && !(vendor == "oleria" && a.OleriaDisabled)
		switch {
		case a.Kind == "machine":
			t.ServiceAccounts = append(t.ServiceAccounts, seen)
		case a.Orphan:
			t.Orphans = append(t.Orphans, seen)
		case live && a.Person.Left(c.Today):
			t.Leavers = append(t.Leavers, seen)
		}
		if vendor == "oleria" && live && c.dormant(a) {
			t.Dormant = append(t.Dormant, seen)
		}
		if vendor == "oleria" && a.App.BalkanID && a.Enabled && a.OleriaDisabled {
			t.Disagreements = append(t.Disagreements, seen)
		}
	}
}

// open: some vendor says that one can log in. Oleria alone may say that one cannot.
func (a *Account) open() bool {
	return a.Enabled && (!a.OleriaDisabled || a.App.BalkanID || a.App.SailPoint)
}

// ends are the requests with an end, of all vendors.
func (c *Company) ends(t *Truth) {
	add := func(vendor, id string, ends time.Time, refused bool) {
		if !ends.IsZero() {
			t.Ends = append(t.Ends, KnownEnd{vendor, id, ends, refused})
		}
	}
	for _, r := range c.Requests {
		add("balkanid", r.ID, r.Expires, r.Action == "revoke")
	}
	for _, r := range c.Tickets {
		add("oleria", r.ID, r.Expires, r.Status == "Denied")
	}
	for _, r := range c.Items {
		add("sailpoint", r.RequestID, r.Ends, r.Action == "REVOKE_ACCESS" || r.Approval == "REJECTED")
	}
}

// dormant: the days that Oleria shows are more than 90; 'at least' counts.
func (c *Company) dormant(a *Account) bool {
	since := a.LastActivity
	if since.IsZero() {
		since = a.Created
	}
	return c.Plan.FirstDay.Sub(since) >= 91*24*time.Hour
}

func (c *Company) described(a *Account, vendor string) SeenAccount {
	out := SeenAccount{Vendor: vendor, Application: a.App.Slug, NativeID: a.ID, Username: a.Username, Email: a.Email}
	if vendor == "balkanid" {
		out.BRN = c.AccountBRN(a)
	}
	if p := a.Person; p != nil {
		out.Employee, out.PersonEmail = strconv.Itoa(p.Number), p.Email
		if vendor == "oleria" {
			out.PersonEmail = p.OleriaEmail()
		}
	}
	return out
}

func (c *Company) conflicts(t *Truth) {
	for _, p := range c.Policies {
		for _, m := range p.Left.Members {
			if contains(p.Right.Members, m) {
				t.SoDConflicts = append(t.SoDConflicts, SoDConflict{
					p.ID, p.Name, m.SailPointID, m.Email, p.Left.ID, p.Right.ID, p.Left.Entitlements[0].EntitlementID, p.Right.Entitlements[0].EntitlementID,
				})
			}
		}
	}
}

// outlived finds all access that a completed revocation should have ended,
// planted or not, unless a later request granted it again.
func (c *Company) outlived(t *Truth) {
	for _, r := range c.Requests {
		for _, it := range r.Items {
			if a := c.revokedButListed(r, it); a != nil {
				t.StillSeen = append(t.StillSeen, StillSeen{r.ID, it.App.Slug, it.Group.Name, a.ID, c.AccountBRN(a), c.GroupBRN(it.Group), r.RequestFor.Email})
			}
		}
	}
}

// StillSeen: a completed revocation of this request left its access in place.
func (c *Company) StillSeen(r *AccessRequest) bool {
	for _, it := range r.Items {
		if c.revokedButListed(r, it) != nil {
			return true
		}
	}
	return false
}

func (c *Company) revokedButListed(r *AccessRequest, it RequestItem) *Account {
	if r.Action != "revoke" || !r.Completed() || it.Group == nil {
		return nil
	}
	a := r.RequestFor.Account(it.App)
	if a == nil || !a.in(it.Group) {
		return nil
	}
	for _, later := range c.Requests {
		if later.Action == "grant" && later.RequestFor == r.RequestFor && later.Provisioned.After(r.Provisioned) && later.asks(it.Group) {
			return nil
		}
	}
	return a
}
