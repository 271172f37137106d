package oleria

import (
	"strconv"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

const iso = "2006-01-02T15:04:05Z"

// columnsOf reads 'name:kind' words: i integer, b boolean, d days, j JSON.
// A CSV gets UI labels as headers; JSON keeps camelCase.
func columnsOf(f export.Format, words string) []export.Column {
	kinds := map[string]export.Kind{"i": export.Integer, "b": export.Boolean, "d": export.Days}
	var out []export.Column
	for w := range strings.FieldsSeq(words) {
		name, k, _ := strings.Cut(w, ":")
		c := export.Column{Name: name, Kind: kinds[k]}
		if f == export.FormatCSV {
			c.Label = label(name)
		}
		out = append(out, c)
	}
	return out
}

var acronyms = map[string]string{"Mfa": "MFA", "Sso": "SSO", "Api": "API", "Id": "ID", "Ip": "IP", "Os": "OS", "Url": "URL"}

// label is the text of Oleria's screens for a field: dormantDays is shown as
// Dormant Days.
func label(name string) string {
	var words []string
	start := 0
	for i := 1; i <= len(name); i++ {
		if i == len(name) || name[i] >= 'A' && name[i] <= 'Z' {
			w := strings.ToUpper(name[start:start+1]) + name[start+1:i]
			if a, ok := acronyms[w]; ok {
				w = a
			}
			words = append(words, w)
			start = i
		}
	}
	return strings.Join(words, " ")
}

func newTable(s *export.Set, dataset string, f export.Format, words string) *export.Table {
	t := s.Table(dataset, columnsOf(f, words)...)
	t.Format = f
	return t
}

// dormantDays counts from the first day to the last activity; without one, to
// the creation, with a plus: at least so many.
func dormantDays(c *company.Company, a *company.Account) string {
	days := func(t time.Time) string { return strconv.Itoa(max(0, int(c.Plan.FirstDay.Sub(t)/day))) }
	if a.LastActivity.IsZero() {
		return days(a.Created) + "+"
	}
	return days(a.LastActivity)
}

func status(a *company.Account) string {
	if a.Enabled && !a.OleriaDisabled {
		return "enabled"
	}
	return "disabled"
}

// NewExport writes the company down as Oleria knows it today.
func NewExport(c *company.Company) *export.Set {
	s := export.NewSet("oleria")
	writeKnown(c, s)
	writeOther(c, s)
	return s
}

// writeKnown are the seven contexts whose columns are best known.
func writeKnown(c *company.Company, s *export.Set) {
	writeEmployees(c, s)
	writeIdentities(c, s)
	writeAccounts(c, s)
	writeGroups(c, s)
	writeGroupMembers(c, s)
	writeRisks(c, s)
	writeRequests(c, s)
}

func writeEmployees(c *company.Company, s *export.Set) {
	t := newTable(s, "employees", export.FormatCSV, "employeeName email department jobTitle manager employeeType status startDate officeLocation")
	t.BOM = true
	for _, p := range c.People {
		t.Add(p.OleriaEmail(), p.Name(), p.OleriaEmail(), p.Department, p.Title, manager(p), p.Employment, employed(c, p), export.Stamp(p.Start, time.DateOnly), p.Location)
	}
}

func writeIdentities(c *company.Company, s *export.Set) {
	t := newTable(s, "access_inventory_identities_v2", export.FormatJSON, "identityName accountEmail identityType application applicationInstance assignedApplicationCount:i assignedGroupsCount:i assignedRolesCount:i authenticationMethods createdAt dormantDays:d isAdmin:b lastPasswordChanged department")
	for _, a := range identityAccounts(c) {
		kind, department, methods, apps, groups, roles := "Machine", "", "API key", 1, len(a.Memberships), 0
		if p := a.Person; p != nil {
			kind, department, methods = "User", p.Department, authentication(a)
			apps, groups, roles = held(p)
		}
		key := a.App.Slug + "/" + a.ID
		t.Add(key, a.Name, address(a), kind, a.App.Name, a.App.Instance, strconv.Itoa(apps), strconv.Itoa(groups), strconv.Itoa(roles),
			methods, export.Stamp(a.Created, iso), dormantDays(c, a), export.Bool(a.Admin), export.Stamp(a.PasswordChanged, iso), department)
	}
}

// manager is the address of a person's manager.
func manager(p *company.Person) string {
	if p.Manager == nil {
		return ""
	}
	return p.Manager.OleriaEmail()
}

// employed is HR's word for whether a person is there.
func employed(c *company.Company, p *company.Person) string {
	if p.Left(c.Today) {
		return "terminated"
	}
	return "active"
}

// identityAccounts are the Okta accounts, the Google accounts under another address and the
// machine identities.
func identityAccounts(c *company.Company) (out []*company.Account) {
	for _, a := range c.Accounts {
		if a.App.Oleria && !a.Orphan && (a.App.Slug == "okta" || a.App.Slug == "google" && a.Person != nil && a.Person.Alias != "") {
			out = append(out, a)
		}
	}
	return out
}

// authentication is how a person signs in.
func authentication(a *company.Account) string {
	if a.MFA {
		return "Password, Push"
	}
	return "Password"
}

// held counts the applications, groups and roles of administrators that a person has, as far as
// Oleria sees them and the account is open.
func held(p *company.Person) (apps, groups, roles int) {
	for _, a := range p.Accounts {
		if a.App.Oleria && a.Enabled {
			apps++
			groups += len(a.Memberships)
			if a.Admin {
				roles++
			}
		}
	}
	return apps, groups, roles
}

// address is an account's e-mail; a machine has one made of its name.
func address(a *company.Account) string {
	if a.Email == "" {
		return a.Username + "@example.com"
	}
	return a.Email
}

func writeAccounts(c *company.Company, s *export.Set) {
	t := newTable(s, "access_inventory_application_accounts_v2", export.FormatCSV, "accountName email accountType userId userName userStatus applicationName applicationInstance applicationRole isAdmin:b mfaEnabled:b ssoEnabled:b hasApiAccess:b userLicenseType userLicenseStatus lastActivity dormantDays:d createdDate")
	for _, a := range c.Accounts {
		if !a.App.Oleria {
			continue
		}
		license, state := "Standard", "assigned"
		if a.Kind == "machine" {
			license, state = "", ""
		}
		t.Add(a.App.Slug+"/"+a.ID, a.Name, a.Email, a.Kind, a.ID, a.Username, status(a), a.App.Name, a.App.Instance, a.Role,
			export.Bool(a.Admin), export.Bool(a.MFA), export.Bool(a.SSO), export.Bool(a.API), license, state,
			export.Stamp(a.LastActivity, iso), dormantDays(c, a), export.Stamp(a.Created, iso))
	}
}

func writeGroups(c *company.Company, s *export.Set) {
	t := newTable(s, "access_inventory_groups_v2", export.FormatNDJSON, "groupName groupType application applicationInstance utilization:i totalMembers:i")
	active := activeMembers(c)
	for _, app := range c.Apps {
		if !app.Oleria {
			continue
		}
		for _, g := range app.Groups {
			t.Add(app.Slug+"/"+g.Name, g.Name, g.Kind, app.Name, app.Instance, strconv.Itoa(utilization(g, active[g])), strconv.Itoa(g.Members))
		}
	}
}

// activeMembers counts the members of each group that were in use in the month before the first day.
func activeMembers(c *company.Company) map[*company.Group]int {
	active := map[*company.Group]int{}
	for _, a := range c.Accounts {
		if !a.LastActivity.IsZero() && c.Plan.FirstDay.Sub(a.LastActivity) < 30*day {
			for _, m := range a.Memberships {
				active[m.Group]++
			}
		}
	}
	return active
}

// utilization is the percentage of a group's members that are in use.
func utilization(g *company.Group, active int) int {
	if g.Members == 0 {
		return 0
	}
	return 100 * active / g.Members
}

func writeGroupMembers(c *company.Company, s *export.Set) {
	t := newTable(s, "group_utilization_accounts", export.FormatCSV, "groupName application applicationInstance account userType dormantDays:d lastActivity createdDate")
	t.Gzip = true
	for _, a := range c.Accounts {
		if !a.App.Oleria {
			continue
		}
		for _, m := range a.Memberships {
			t.Add(a.App.Slug+"/"+m.Group.Name+"/"+a.Username, m.Group.Name, a.App.Name, a.App.Instance, a.Username, a.Kind, dormantDays(c, a), export.Stamp(a.LastActivity, iso), export.Stamp(a.Created, iso))
		}
	}
}

func writeRisks(c *company.Company, s *export.Set) {
	t := newTable(s, "risks_v2", export.FormatCSV, "riskDescription recommendation riskSeverity riskType application applicationInstance age:i detectedOn eventTimestamp accountName email userName")
	t.Bad = append(t.Bad, export.Bad{Rule: "cell", Line: "Unusual download,Look into it,high,security,Okta,example.okta.example.com,3,last Tuesday,,Nobody,nobody@example.net,nobody"})
	for _, r := range c.Risks {
		a := r.Account
		t.Add(strconv.Itoa(r.N), r.Description, r.Advice, r.Severity, r.Kind, a.App.Name, a.App.Instance, strconv.Itoa(age(c, r)),
			export.Stamp(r.Detected, iso), export.Stamp(r.Event, iso), a.Name, a.Email, a.Username)
	}
}

// age is that of a risk in days, as of the company's first.
func age(c *company.Company, r *company.Risk) int {
	return max(0, int(c.Plan.FirstDay.Sub(r.Detected)/day))
}

func writeRequests(c *company.Company, s *export.Set) {
	t := newTable(s, "access_requests", export.FormatCSV, "requestId requester requestedFor application requestedAccess justification duration status approver decision submittedAt decidedAt expiresAt")
	t.CRLF = true
	for _, r := range c.Tickets {
		approver := ""
		if r.Approver != nil && r.Decision != "" {
			approver = r.Approver.OleriaEmail()
		}
		t.Add(r.ID, r.ID, r.Requester.OleriaEmail(), r.RequestFor.OleriaEmail(), r.App.Name, r.Access, r.Why, r.Duration, r.Status,
			approver, r.Decision, export.Stamp(r.Submitted, iso), export.Stamp(r.Decided, iso), export.Stamp(r.Expires, iso))
	}
}
