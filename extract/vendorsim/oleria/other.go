package oleria

import (
	"strconv"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// uiTime is the form of times on Oleria's screens.
const uiTime = "Jan 02, 2006 3:04:05 PM (UTC)"

// fewRows bounds each of the contexts below: they are there to be fetched, not
// to be counted.
const fewRows = 60

// writeOther are the other 29 contexts, a few plausible rows each.
func writeOther(c *company.Company, s *export.Set) {
	writeInventory(c, s)
	writePeopleViews(c, s)
	writeAccountViews(c, s)
	writeRiskViews(c, s)
	writeAssessments(c, s)
	writeLifecycle(c, s)
	writeExternal(c, s)
}

func seenAccounts(c *company.Company, n int) []*company.Account {
	var out []*company.Account
	for _, a := range c.Accounts {
		if a.App.Oleria && len(out) < n {
			out = append(out, a)
		}
	}
	return out
}

func seenApps(c *company.Company) []*company.Application {
	var out []*company.Application
	for _, a := range c.Apps {
		if a.Oleria {
			out = append(out, a)
		}
	}
	return out
}

func writeInventory(c *company.Company, s *export.Set) {
	accounts := newTable(s, "access_inventory_accounts", export.FormatCSV, "accountName accountEmail accountType userStatus application applicationInstance isAdmin:b mfaEnabled:b createdDate dormantDays:d")
	for _, a := range seenAccounts(c, fewRows) {
		accounts.Add(a.ID, a.Name, a.Email, a.Kind, status(a), a.App.Name, a.App.Instance, export.Bool(a.Admin), export.Bool(a.MFA), export.Stamp(a.Created, iso), dormantDays(c, a))
	}
	instances := newTable(s, "access_inventory_application_instances_v2", export.FormatJSON, "application applicationInstance")
	roles := newTable(s, "access_inventory_roles_v2", export.FormatCSV, "roleName application applicationInstance")
	resources := newTable(s, "access_inventory_resource_instances_v2", export.FormatNDJSON, "resourceName resourceType application applicationInstance dormantDays:d")
	catalogue := newTable(s, "resource_instances", export.FormatCSV, "resourceName resourceType application applicationInstance")
	members := newTable(s, "user_group", export.FormatCSV, "groupName groupType application applicationInstance")
	for _, app := range seenApps(c) {
		instances.Add(app.Slug, app.Name, app.Instance)
		for _, r := range []string{"Admin", "Member", "Service"} {
			roles.Add(app.Slug+"/"+r, r, app.Name, app.Instance)
		}
		for i, r := range app.Resources {
			resources.Add(r.ID, r.Name, app.ResourceType, app.Name, app.Instance, strconv.Itoa(i*7))
			catalogue.Add(r.ID, r.Name, app.ResourceType, app.Name, app.Instance)
		}
		for _, g := range app.Groups {
			members.Add(app.Slug+"/"+g.Name, g.Name, g.Kind, app.Name, app.Instance)
		}
	}
	machines := newTable(s, "access_inventory_nhi_v2", export.FormatCSV, "identityName identityType application applicationInstance owner createdDate createdBy lastActivity dormantDays:d isAdmin:b")
	for _, a := range c.Accounts {
		if a.Kind == "machine" && a.App.Oleria {
			machines.Add(a.ID, a.Name, "Machine", a.App.Name, a.App.Instance, c.People[0].OleriaEmail(), export.Stamp(a.Created, iso), "", export.Stamp(a.LastActivity, iso), dormantDays(c, a), export.Bool(a.Admin))
		}
	}
	others := newTable(s, "unmanaged_applications", export.FormatCSV, "applicationName")
	for _, n := range []string{"Asana", "Figma", "Miro"} {
		others.Add(n, n)
	}
}

func writePeopleViews(c *company.Company, s *export.Set) {
	staff := newTable(s, "access_inventory_employees_v2", export.FormatCSV, "employeeName email department jobTitle manager employeeType status startDate")
	identities := newTable(s, "identities", export.FormatJSON, "identityName accountEmail identityType application applicationInstance authenticationMethods createdAt dormantDays:d isAdmin:b lastPasswordChanged department")
	insights := newTable(s, "employee_access_insights", export.FormatCSV, "employeeName email department assignedApplicationCount:i assignedGroupsCount:i assignedRolesCount:i dormantDays:d")
	okta := c.App("okta")
	for _, p := range c.Some(fewRows) {
		e := p.OleriaEmail()
		staff.Add(e, p.Name(), e, p.Department, p.Title, "", p.Employment, "active", export.Stamp(p.Start, uiTime))
		insights.Add(e, p.Name(), e, p.Department, strconv.Itoa(len(p.Accounts)), "3", "0", "2")
		if a := p.Account(okta); a != nil {
			identities.Add(a.ID, a.Name, a.Email, "User", okta.Name, okta.Instance, "Password", export.Stamp(a.Created, iso), dormantDays(c, a), export.Bool(a.Admin), export.Stamp(a.PasswordChanged, iso), p.Department)
		}
	}
	users := newTable(s, "oleria_users", export.FormatCSV, "name emailAddress status roles")
	for i, p := range c.Some(5) {
		users.Add(p.Email, p.Name(), p.Email, []string{"Active", "Invited", "Invite expired"}[i%3], []string{"Administrator", "Operator", "Analyst"}[i%3])
	}
}

func writeAccountViews(c *company.Company, s *export.Set) {
	use := newTable(s, "account_utilization", export.FormatCSV, "accountName accountType email dormantDays:d applicationName applicationRole mfaEnabled:b userId userStatus userName lastActivity applicationInstance")
	all := newTable(s, "application_accounts", export.FormatJSON, "accountName email accountType userId userName userStatus applicationName applicationInstance applicationRole isAdmin:b mfaEnabled:b ssoEnabled:b hasApiAccess:b userLicenseType userLicenseStatus lastActivity dormantDays:d createdDate")
	log := newTable(s, "activity_analysis", export.FormatCSV, "timestamp activityType activity accountName initiatedBy ipAddress severity city country application")
	for i, a := range seenAccounts(c, fewRows) {
		use.Add(a.ID, a.Name, a.Kind, a.Email, dormantDays(c, a), a.App.Name, a.Role, export.Bool(a.MFA), a.ID, status(a), a.Username, export.Stamp(a.LastActivity, iso), a.App.Instance)
		all.Add(a.ID, accountCells(c, a)...)
		at := c.Plan.FirstDay.Add(-time.Duration(i) * time.Hour)
		log.Add(strconv.Itoa(i), export.Stamp(at, uiTime), "admin_login_attempt", "Signed in", a.Name, a.Email, "192.0.2."+strconv.Itoa(i+1), []string{"Low", "Medium", "High", "Severe", "Unknown"}[i%5], "Lisbon", "Portugal", a.App.Name)
	}
}

func writeRiskViews(c *company.Company, s *export.Set) {
	const words = "riskDescription recommendation riskSeverity riskType application applicationInstance age:i detectedOn eventTimestamp accountName email userName"
	old := newTable(s, "risks", export.FormatCSV, words)
	detail := newTable(s, "risk_monitoring_detail", export.FormatCSV, words+" hasAdminPrivileges:b mfaEnabled:b")
	assessed := newTable(s, "identity_assessment_risk_download", export.FormatCSV, words)
	for i, r := range c.Risks {
		if i == fewRows {
			break
		}
		key, cells := strconv.Itoa(r.N), riskCells(c, r)
		old.Add(key, cells...)
		assessed.Add(key, cells...)
		detail.Add(key, append(cells[:len(cells):len(cells)], export.Bool(r.Account.Admin), export.Bool(r.Account.MFA))...)
	}
}

func writeAssessments(c *company.Company, s *export.Set) {
	entitlements := newTable(s, "identity_assessment_entitlement_utilization", export.FormatCSV, "application applicationInstance entitlement utilization:i totalAccounts:i activeAccounts:i")
	resources := newTable(s, "identity_assessment_resource_instance_utilization", export.FormatCSV, "application applicationInstance resourceName utilization:i dormantDays:d")
	similar := newTable(s, "identity_assessment_similar_groups", export.FormatCSV, "groupName similarGroupName application applicationInstance totalMembers:i")
	for _, app := range seenApps(c) {
		for i, g := range app.Groups[:3] {
			entitlements.Add(g.ID, app.Name, app.Instance, g.Name, "50", strconv.Itoa(g.Members), strconv.Itoa(g.Members/2))
			similar.Add(g.ID, g.Name, app.Groups[(i+1)%3].Name, app.Name, app.Instance, strconv.Itoa(g.Members))
		}
		for i, r := range app.Resources[:3] {
			resources.Add(r.ID, app.Name, app.Instance, r.Name, strconv.Itoa(20*i), strconv.Itoa(10*i))
		}
	}
}

func writeLifecycle(c *company.Company, s *export.Set) {
	events := newTable(s, "ilm_employee_events", export.FormatCSV, "employeeName email eventType eventTimestamp trigger status")
	flows := newTable(s, "ilm_workflow_employee_events", export.FormatCSV, "employeeName email eventType workflowName status startedAt completedAt")
	accounts := newTable(s, "ilm_event_account_actions", export.FormatCSV, "employeeName eventType account application applicationInstance action status timestamp")
	apps := newTable(s, "ilm_event_application_actions", export.FormatCSV, "employeeName eventType application applicationInstance action status timestamp")
	groups := newTable(s, "ilm_event_group_actions", export.FormatCSV, "employeeName eventType groupName application applicationInstance action status timestamp")
	for _, p := range c.People {
		kind, at, action := "leaver", p.End, "Disable"
		if !p.Left(c.Today) {
			kind, at, action = "joiner", p.Start, "Create"
			if c.Plan.FirstDay.Sub(p.Start) > 60*24*time.Hour {
				continue
			}
		}
		key, when := strconv.Itoa(p.Number), export.Stamp(at, iso)
		events.Add(key, p.Name(), p.OleriaEmail(), kind, when, "HRIS", "Completed")
		flows.Add(key, p.Name(), p.OleriaEmail(), kind, kind+" workflow", "Completed", when, export.Stamp(at.Add(time.Hour), iso))
		for _, a := range p.Accounts {
			if a.App.Oleria {
				k := key + "/" + a.App.Slug
				accounts.Add(k, p.Name(), kind, a.Username, a.App.Name, a.App.Instance, action, "Completed", when)
				apps.Add(k, p.Name(), kind, a.App.Name, a.App.Instance, action, "Completed", when)
			}
		}
		groups.Add(key, p.Name(), kind, "everyone", "Okta", c.App("okta").Instance, action, "Completed", when)
	}
}

func writeExternal(c *company.Company, s *export.Set) {
	users := newTable(s, "external_access_users", export.FormatCSV, "externalAccount email sharingMethod application applicationInstance sharedAssetsCount:i dormantDays:d lastActivity")
	links := newTable(s, "external_anonymous_access", export.FormatCSV, "assetName assetType application applicationInstance sharedBy sharingMethod")
	assets := newTable(s, "external_shared_assets", export.FormatCSV, "assetName assetType application applicationInstance sharedBy sharingMethod externalUsersCount:i lastActivity")
	google, by := c.App("google"), c.People[0].OleriaEmail()
	for i, r := range google.Resources {
		at := export.Stamp(c.Plan.FirstDay.AddDate(0, 0, -3*i), iso)
		e := "guest" + strconv.Itoa(i) + "@example.net"
		users.Add(e, "Guest "+strconv.Itoa(i), e, []string{"Freemail", "Third party vendor"}[i%2], google.Name, google.Instance, "1", strconv.Itoa(3*i), at)
		assets.Add(r.ID, r.Name, "folder", google.Name, google.Instance, by, "Third party vendor", "1", at)
		if i%3 == 0 {
			links.Add(r.ID, r.Name, "file", google.Name, google.Instance, by, "Anonymous")
		}
	}
}
