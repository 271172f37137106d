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
func (c *company) dormantDays(a *account) string {
	days := func(t time.Time) string { return strconv.Itoa(max(0, int(c.cfg.Now.Sub(t)/(24*time.Hour)))) }
	if a.lastActivity.IsZero() {
		return days(a.created) + "+"
	}
	return days(a.lastActivity)
}

func (a *account) oleriaStatus() string {
	if a.enabled && !a.oleriaDisabled {
		return "enabled"
	}
	return "disabled"
}

// newOleriaExport writes the company down as Oleria knows it today.
func newOleriaExport(c *company) *set {
	s := newSet("oleria")
	c.oleriaTables(s)
	c.oleriaOtherTables(s)
	return s
}

// oleriaTables are the seven contexts whose columns are best known.
func (c *company) oleriaTables(s *set) {
	c.oleriaEmployees(s)
	c.oleriaIdentities(s)
	c.oleriaAccounts(s)
	c.oleriaGroups(s)
	c.oleriaGroupMembers(s)
	c.oleriaRisks(s)
	c.oleriaRequests(s)
}

func (c *company) oleriaEmployees(s *set) {
	t := oleriaTable(s, "employees", formatCSV, "employeeName email department jobTitle manager employeeType status startDate officeLocation")
	t.bom = true
	for _, p := range c.people {
		manager, status := "", "active"
		if p.manager != nil {
			manager = p.manager.oleriaEmail()
		}
		if p.left(c.today) {
			status = "terminated"
		}
		t.add(p.oleriaEmail(), p.name(), p.oleriaEmail(), p.department, p.title, manager, p.employment, status, stamp(p.start, time.DateOnly), p.location)
	}
}

// oleriaIdentities has one row for each Okta account, for each Google account
// under another address and for each machine identity.
func (c *company) oleriaIdentities(s *set) {
	t := oleriaTable(s, "access_inventory_identities_v2", formatJSON, "identityName accountEmail identityType application applicationInstance assignedApplicationCount:i assignedGroupsCount:i assignedRolesCount:i authenticationMethods createdAt dormantDays:d isAdmin:b lastPasswordChanged department")
	for _, a := range c.accounts {
		if !a.app.oleria || a.orphan || a.app.slug != "okta" && (a.person == nil || a.app.slug != "google" || a.person.alias == "") {
			continue
		}
		kind, department, methods, apps, groups, roles := "Machine", "", "API key", 1, len(a.memberships), 0
		if p := a.person; p != nil {
			kind, department, methods, apps, groups = "User", p.department, "Password", 0, 0
			if a.mfa {
				methods = "Password, Push"
			}
			for _, b := range p.accounts {
				if b.app.oleria && b.enabled {
					apps++
					groups += len(b.memberships)
					if b.admin {
						roles++
					}
				}
			}
		}
		key := a.app.slug + "/" + a.id
		t.add(key, a.name, a.address(), kind, a.app.name, a.app.instance, strconv.Itoa(apps), strconv.Itoa(groups), strconv.Itoa(roles),
			methods, stamp(a.created, iso), c.dormantDays(a), yesno(a.admin), stamp(a.passwordChanged, iso), department)
	}
}

// address is an account's e-mail; a machine has one made of its name.
func (a *account) address() string {
	if a.email == "" {
		return a.username + "@example.com"
	}
	return a.email
}

func (c *company) oleriaAccounts(s *set) {
	t := oleriaTable(s, "access_inventory_application_accounts_v2", formatCSV, "accountName email accountType userId userName userStatus applicationName applicationInstance applicationRole isAdmin:b mfaEnabled:b ssoEnabled:b hasApiAccess:b userLicenseType userLicenseStatus lastActivity dormantDays:d createdDate")
	for _, a := range c.accounts {
		if a.app.oleria {
			t.add(a.app.slug+"/"+a.id, c.oleriaAccount(a)...)
		}
	}
}

func (c *company) oleriaAccount(a *account) []string {
	license, state := "Standard", "assigned"
	if a.kind == "machine" {
		license, state = "", ""
	}
	return []string{a.name, a.email, a.kind, a.id, a.username, a.oleriaStatus(), a.app.name, a.app.instance, a.role,
		yesno(a.admin), yesno(a.mfa), yesno(a.sso), yesno(a.api), license, state, stamp(a.lastActivity, iso), c.dormantDays(a), stamp(a.created, iso)}
}

func (c *company) oleriaGroups(s *set) {
	t := oleriaTable(s, "access_inventory_groups_v2", formatNDJSON, "groupName groupType application applicationInstance utilization:i totalMembers:i")
	active := map[*group]int{}
	for _, a := range c.accounts {
		if !a.lastActivity.IsZero() && c.cfg.Now.Sub(a.lastActivity) < 30*24*time.Hour {
			for _, m := range a.memberships {
				active[m.group]++
			}
		}
	}
	for _, app := range c.apps {
		if !app.oleria {
			continue
		}
		for _, g := range app.groups {
			use := 0
			if g.members > 0 {
				use = 100 * active[g] / g.members
			}
			t.add(app.slug+"/"+g.name, g.name, g.kind, app.name, app.instance, strconv.Itoa(use), strconv.Itoa(g.members))
		}
	}
}

func (c *company) oleriaGroupMembers(s *set) {
	t := oleriaTable(s, "group_utilization_accounts", formatCSV, "groupName application applicationInstance account userType dormantDays:d lastActivity createdDate")
	t.gzip = true
	for _, a := range c.accounts {
		if !a.app.oleria {
			continue
		}
		for _, m := range a.memberships {
			t.add(a.app.slug+"/"+m.group.name+"/"+a.username, m.group.name, a.app.name, a.app.instance, a.username, a.kind, c.dormantDays(a), stamp(a.lastActivity, iso), stamp(a.created, iso))
		}
	}
}

func (c *company) oleriaRisks(s *set) {
	t := oleriaTable(s, "risks_v2", formatCSV, "riskDescription recommendation riskSeverity riskType application applicationInstance age:i detectedOn eventTimestamp accountName email userName")
	t.bad = append(t.bad, bad{rule: "cell", line: "Unusual download,Look into it,high,security,Okta,example.okta.example.com,3,last Tuesday,,Nobody,nobody@example.net,nobody"})
	for _, r := range c.risks {
		t.add(fmt.Sprint(r.n), c.riskCells(r)...)
	}
}

func (c *company) riskCells(r *risk) []string {
	a := r.account
	age := max(0, int(c.cfg.Now.Sub(r.detected)/(24*time.Hour)))
	return []string{r.description, r.advice, r.severity, r.kind, a.app.name, a.app.instance, strconv.Itoa(age), stamp(r.detected, iso), stamp(r.event, iso), a.name, a.email, a.username}
}

func (c *company) oleriaRequests(s *set) {
	t := oleriaTable(s, "access_requests", formatCSV, "requestId requester requestedFor application requestedAccess justification duration status approver decision submittedAt decidedAt expiresAt")
	t.crlf = true
	for _, r := range c.tickets {
		approver := ""
		if r.approver != nil && r.decision != "" {
			approver = r.approver.oleriaEmail()
		}
		t.add(r.id, r.id, r.requester.oleriaEmail(), r.requestFor.oleriaEmail(), r.app.name, r.access, r.why, r.duration, r.status,
			approver, r.decision, stamp(r.submitted, iso), stamp(r.decided, iso), stamp(r.ex, iso))
	}
}
