package vendorsim

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
	Dormant         []SeenAccount // enabled, unused for more than 90 days on the first day, as Oleria shows it
	Orphans         []SeenAccount // enabled accounts of people whom no HR record knows
	ServiceAccounts []SeenAccount // machines: nobody's, but not orphans
	Leavers         []SeenAccount // live accounts of people who left
	Disagreements   []SeenAccount // accounts that Oleria has as disabled and BalkanID as enabled
	SamePeople      []SamePerson  // one person under two e-mails
	SoDConflicts    []SoDConflict
	StillSeen       []StillSeen    // access listed after its revocation was completed
	Cycle           []string       // BalkanID BRNs of groups nested in a circle
	Rejects         map[string]int // bad records per dataset: they never become rows
	BadRecords      []BadRecord    // the same ones, with their text
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
}

// SamePerson are two descriptions of one human.
type SamePerson struct {
	Employee      string
	OleriaEmail   string
	BalkanIDEmail string
	SailPointID   string
	Reason        string // alias domain or maiden name
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

// truth is what is planted today; the bad records are planted by those who
// write the exports.
func (c *company) truth() Truth {
	t := Truth{Generation: c.gen, Today: c.today, Rejects: map[string]int{}}
	for _, a := range c.accounts {
		c.judge(&t, a)
	}
	for _, p := range c.people {
		who := KnownPerson{strconv.Itoa(p.number), p.name(), p.oleriaEmail(), p.email, p.sailpointID, p.left(c.today), nil}
		for _, a := range p.accounts {
			who.Accounts = append(who.Accounts, a.app.slug+"/"+a.id)
		}
		t.People = append(t.People, who)
		if p.alias != "" {
			t.SamePeople = append(t.SamePeople, SamePerson{strconv.Itoa(p.number), p.alias, p.email, p.sailpointID, p.aliasReason})
		}
	}
	c.conflicts(&t)
	c.outlived(&t)
	for _, n := range []string{"pilot-a", "pilot-b", "pilot-c"} {
		t.Cycle = append(t.Cycle, c.groupBRN(c.app("okta").group(n)))
	}
	t.Secrets = c.allSecrets()
	return t
}

// judge files an account under the findings it belongs to.
func (c *company) judge(t *Truth, a *account) {
	for _, vendor := range []string{"oleria", "balkanid"} {
		if vendor == "oleria" && !a.app.oleria || vendor == "balkanid" && !a.app.balkanid {
			continue
		}
		seen := c.described(a, vendor)
		live := a.enabled && !(vendor == "oleria" && a.oleriaDisabled)
		switch {
		case a.kind == "machine":
			t.ServiceAccounts = append(t.ServiceAccounts, seen)
		case a.orphan:
			t.Orphans = append(t.Orphans, seen)
		case live && a.person.left(c.today):
			t.Leavers = append(t.Leavers, seen)
		}
		if vendor == "oleria" && live && c.dormant(a) {
			t.Dormant = append(t.Dormant, seen)
		}
		if vendor == "oleria" && a.app.balkanid && a.enabled && a.oleriaDisabled {
			t.Disagreements = append(t.Disagreements, seen)
		}
	}
}

// dormant: the days that Oleria shows are more than 90; 'at least' counts.
func (c *company) dormant(a *account) bool {
	since := a.lastActivity
	if since.IsZero() {
		since = a.created
	}
	return c.cfg.Now.Sub(since) >= 91*24*time.Hour
}

func (c *company) described(a *account, vendor string) SeenAccount {
	out := SeenAccount{Vendor: vendor, Application: a.app.slug, NativeID: a.id, Username: a.username, Email: a.email}
	if vendor == "balkanid" {
		out.BRN = c.accountBRN(a)
	}
	if p := a.person; p != nil {
		out.Employee, out.PersonEmail = strconv.Itoa(p.number), p.email
		if vendor == "oleria" {
			out.PersonEmail = p.oleriaEmail()
		}
	}
	return out
}

func (c *company) conflicts(t *Truth) {
	for _, p := range c.policies {
		for _, m := range p.left.members {
			if contains(p.right.members, m) {
				t.SoDConflicts = append(t.SoDConflicts, SoDConflict{
					p.id, p.name, m.sailpointID, m.email, p.left.id, p.right.id, p.left.entitlements[0].entitleID, p.right.entitlements[0].entitleID,
				})
			}
		}
	}
}

// outlived finds all access that a completed revocation should have ended,
// planted or not, unless a later request granted it again.
func (c *company) outlived(t *Truth) {
	for _, r := range c.requests {
		for _, it := range r.items {
			if a := c.revokedButListed(r, it); a != nil {
				t.StillSeen = append(t.StillSeen, StillSeen{r.id, it.app.slug, it.group.name, a.id, c.accountBRN(a), c.groupBRN(it.group), r.requestFor.email})
			}
		}
	}
}

// stillSeen: a completed revocation of this request left its access in place.
func (c *company) stillSeen(r *accessRequest) bool {
	for _, it := range r.items {
		if c.revokedButListed(r, it) != nil {
			return true
		}
	}
	return false
}

func (c *company) revokedButListed(r *accessRequest, it requestItem) *account {
	if r.action != "revoke" || !r.completed() || it.group == nil {
		return nil
	}
	a := r.requestFor.account(it.app)
	if a == nil || !a.in(it.group) {
		return nil
	}
	for _, later := range c.requests {
		if later.action == "grant" && later.requestFor == r.requestFor && later.provisioned.After(r.provisioned) && later.asks(it.group) {
			return nil
		}
	}
	return a
}
