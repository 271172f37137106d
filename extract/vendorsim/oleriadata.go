package vendorsim

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const iso = "2006-01-02T15:04:05Z"

// oleriaColumns reads 'name:kind' words: i integer, b boolean, d days, j JSON.
// A CSV gets UI labels as headers; JSON keeps camelCase.
func oleriaColumns(f format, words string) []column {
	kinds := map[string]kind{"i": integer, "b": boolean, "d": days}
	var out []column
	for w := range strings.FieldsSeq(words) {
		name, k, _ := strings.Cut(w, ":")
		c := column{name: name, kind: kinds[k]}
		if f == formatCSV {
			c.label = label(name)
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

func oleriaTable(s *set, dataset string, f format, words string) *table {
	t := s.table(dataset, oleriaColumns(f, words)...)
	t.format = f
	return t
}

// dormantDays counts from the first day to the last activity; without one, to
// the creation, with a plus: at least so many.
func (c *Company) dormantDays(a *Account) string {
	days := func(t time.Time) string { return strconv.Itoa(max(0, int(c.Plan.FirstDay.Sub(t)/(24*time.Hour)))) }
	if a.LastActivity.IsZero() {
		return days(a.Created) + "+"
	}
	return days(a.LastActivity)
}

func (a *Account) oleriaStatus() string {
	if a.Enabled && !a.OleriaDisabled {
		return "enabled"
	}
	return "disabled"
}

// newOleriaExport writes the company down as Oleria knows it today.
func newOleriaExport(c *Company) *set {
	s := newSet("oleria")
	c.oleriaTables(s)
	c.oleriaOtherTables(s)
	return s
}

// oleriaTables are the seven contexts whose columns are best known.
func (c *Company) oleriaTables(s *set) {
	c.oleriaEmployees(s)
	c.oleriaIdentities(s)
	c.oleriaAccounts(s)
	c.oleriaGroups(s)
	c.oleriaGroupMembers(s)
	c.oleriaRisks(s)
	c.oleriaRequests(s)
}

func (c *Company) oleriaEmployees(s *set) {
	t := oleriaTable(s, "employees", formatCSV, "employeeName email department jobTitle manager employeeType status startDate officeLocation")
	t.bom = true
	for _, p := range c.People {
		manager, status := "", "active"
		if p.Manager != nil {
			manager = p.Manager.OleriaEmail()
		}
		if p.Left(c.Today) {
			status = "terminated"
		}
		t.add(p.OleriaEmail(), p.Name(), p.OleriaEmail(), p.Department, p.Title, manager, p.Employment, status, stamp(p.Start, time.DateOnly), p.Location)
	}
}

// oleriaIdentities has one row for each Okta account, for each Google account
// under another address and for each machine identity.
func (c *Company) oleriaIdentities(s *set) {
	t := oleriaTable(s, "access_inventory_identities_v2", formatJSON, "identityName accountEmail identityType application applicationInstance assignedApplicationCount:i assignedGroupsCount:i assignedRolesCount:i authenticationMethods createdAt dormantDays:d isAdmin:b lastPasswordChanged department")
	for _, a := range c.Accounts {
		if !a.App.Oleria || a.Orphan || a.App.Slug != "okta" && (a.Person == nil || a.App.Slug != "google" || a.Person.Alias == "") {
			continue
		}
		kind, department, methods, apps, groups, roles := "Machine", "", "API key", 1, len(a.Memberships), 0
		if p := a.Person; p != nil {
			kind, department, methods, apps, groups = "User", p.Department, "Password", 0, 0
			if a.MFA {
				methods = "Password, Push"
			}
			for _, b := range p.Accounts {
				if b.App.Oleria && b.Enabled {
					apps++
					groups += len(b.Memberships)
					if b.Admin {
						roles++
					}
				}
			}
		}
		key := a.App.Slug + "/" + a.ID
		t.add(key, a.Name, a.address(), kind, a.App.Name, a.App.Instance, strconv.Itoa(apps), strconv.Itoa(groups), strconv.Itoa(roles),
			methods, stamp(a.Created, iso), c.dormantDays(a), yesno(a.Admin), stamp(a.PasswordChanged, iso), department)
	}
}

// address is an account's e-mail; a machine has one made of its name.
func (a *Account) address() string {
	if a.Email == "" {
		return a.Username + "@example.com"
	}
	return a.Email
}

func (c *Company) oleriaAccounts(s *set) {
	t := oleriaTable(s, "access_inventory_application_accounts_v2", formatCSV, "accountName email accountType userId userName userStatus applicationName applicationInstance applicationRole isAdmin:b mfaEnabled:b ssoEnabled:b hasApiAccess:b userLicenseType userLicenseStatus lastActivity dormantDays:d createdDate")
	for _, a := range c.Accounts {
		if a.App.Oleria {
			t.add(a.App.Slug+"/"+a.ID, c.oleriaAccount(a)...)
		}
	}
}

func (c *Company) oleriaAccount(a *Account) []string {
	license, state := "Standard", "assigned"
	if a.Kind == "machine" {
		license, state = "", ""
	}
	return []string{a.Name, a.Email, a.Kind, a.ID, a.Username, a.oleriaStatus(), a.App.Name, a.App.Instance, a.Role,
		yesno(a.Admin), yesno(a.MFA), yesno(a.SSO), yesno(a.API), license, state, stamp(a.LastActivity, iso), c.dormantDays(a), stamp(a.Created, iso)}
}

func (c *Company) oleriaGroups(s *set) {
	t := oleriaTable(s, "access_inventory_groups_v2", formatNDJSON, "groupName groupType application applicationInstance utilization:i totalMembers:i")
	active := map[*Group]int{}
	for _, a := range c.Accounts {
		if !a.LastActivity.IsZero() && c.Plan.FirstDay.Sub(a.LastActivity) < 30*24*time.Hour {
			for _, m := range a.Memberships {
				active[m.Group]++
			}
		}
	}
	for _, app := range c.Apps {
		if !app.Oleria {
			continue
		}
		for _, g := range app.Groups {
			use := 0
			if g.Members > 0 {
				use = 100 * active[g] / g.Members
			}
			t.add(app.Slug+"/"+g.Name, g.Name, g.Kind, app.Name, app.Instance, strconv.Itoa(use), strconv.Itoa(g.Members))
		}
	}
}

func (c *Company) oleriaGroupMembers(s *set) {
	t := oleriaTable(s, "group_utilization_accounts", formatCSV, "groupName application applicationInstance account userType dormantDays:d lastActivity createdDate")
	t.gzip = true
	for _, a := range c.Accounts {
		if !a.App.Oleria {
			continue
		}
		for _, m := range a.Memberships {
			t.add(a.App.Slug+"/"+m.Group.Name+"/"+a.Username, m.Group.Name, a.App.Name, a.App.Instance, a.Username, a.Kind, c.dormantDays(a), stamp(a.LastActivity, iso), stamp(a.Created, iso))
		}
	}
}

func (c *Company) oleriaRisks(s *set) {
	t := oleriaTable(s, "risks_v2", formatCSV, "riskDescription recommendation riskSeverity riskType application applicationInstance age:i detectedOn eventTimestamp accountName email userName")
	t.bad = append(t.bad, bad{rule: "cell", line: "Unusual download,Look into it,high,security,Okta,example.okta.example.com,3,last Tuesday,,Nobody,nobody@example.net,nobody"})
	for _, r := range c.Risks {
		t.add(fmt.Sprint(r.N), c.riskCells(r)...)
	}
}

func (c *Company) riskCells(r *Risk) []string {
	a := r.Account
	age := max(0, int(c.Plan.FirstDay.Sub(r.Detected)/(24*time.Hour)))
	return []string{r.Description, r.Advice, r.Severity, r.Kind, a.App.Name, a.App.Instance, strconv.Itoa(age), stamp(r.Detected, iso), stamp(r.Event, iso), a.Name, a.Email, a.Username}
}

func (c *Company) oleriaRequests(s *set) {
	t := oleriaTable(s, "access_requests", formatCSV, "requestId requester requestedFor application requestedAccess justification duration status approver decision submittedAt decidedAt expiresAt")
	t.crlf = true
	for _, r := range c.Tickets {
		approver := ""
		if r.Approver != nil && r.Decision != "" {
			approver = r.Approver.OleriaEmail()
		}
		t.add(r.ID, r.ID, r.Requester.OleriaEmail(), r.RequestFor.OleriaEmail(), r.App.Name, r.Access, r.Why, r.Duration, r.Status,
			approver, r.Decision, stamp(r.Submitted, iso), stamp(r.Decided, iso), stamp(r.Expires, iso))
	}
}
