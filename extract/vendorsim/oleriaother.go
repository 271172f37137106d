package vendorsim

import (
	"strconv"
	"time"
)

// uiTime is the form of times on Oleria's screens.
const uiTime = "Jan 02, 2006 3:04:05 PM (UTC)"

// fewRows bounds each of the contexts below: they are there to be fetched, not
// to be counted.
const fewRows = 60

// oleriaOtherTables are the other 29 contexts, a few plausible rows each.
func (c *Company) oleriaOtherTables(s *set) {
	c.oleriaInventory(s)
	c.oleriaPeopleViews(s)
	c.oleriaAccountViews(s)
	c.oleriaRiskViews(s)
	c.oleriaAssessments(s)
	c.oleriaLifecycle(s)
	c.oleriaExternal(s)
}

func (c *Company) oleriaAccountsSeen(n int) []*Account {
	var out []*Account
	for _, a := range c.Accounts {
		if a.App.Oleria && len(out) < n {
			out = append(out, a)
		}
	}
	return out
}

func (c *Company) oleriaApps() []*Application {
	var out []*Application
	for _, a := range c.Apps {
		if a.Oleria {
			out = append(out, a)
		}
	}
	return out
}

func (c *Company) oleriaInventory(s *set) {
	accounts := oleriaTable(s, "access_inventory_accounts", formatCSV, "accountName accountEmail accountType userStatus application applicationInstance isAdmin:b mfaEnabled:b createdDate dormantDays:d")
	for _, a := range c.oleriaAccountsSeen(fewRows) {
		accounts.add(a.ID, a.Name, a.Email, a.Kind, a.oleriaStatus(), a.App.Name, a.App.Instance, yesno(a.Admin), yesno(a.MFA), stamp(a.Created, iso), c.dormantDays(a))
	}
	instances := oleriaTable(s, "access_inventory_application_instances_v2", formatJSON, "application applicationInstance")
	roles := oleriaTable(s, "access_inventory_roles_v2", formatCSV, "roleName application applicationInstance")
	resources := oleriaTable(s, "access_inventory_resource_instances_v2", formatNDJSON, "resourceName resourceType application applicationInstance dormantDays:d")
	catalogue := oleriaTable(s, "resource_instances", formatCSV, "resourceName resourceType application applicationInstance")
	members := oleriaTable(s, "user_group", formatCSV, "groupName groupType application applicationInstance")
	for _, app := range c.oleriaApps() {
		instances.add(app.Slug, app.Name, app.Instance)
		for _, r := range []string{"Admin", "Member", "Service"} {
			roles.add(app.Slug+"/"+r, r, app.Name, app.Instance)
		}
		for i, r := range app.Resources {
			resources.add(r.ID, r.Name, app.ResourceType, app.Name, app.Instance, strconv.Itoa(i*7))
			catalogue.add(r.ID, r.Name, app.ResourceType, app.Name, app.Instance)
		}
		for _, g := range app.Groups {
			members.add(app.Slug+"/"+g.Name, g.Name, g.Kind, app.Name, app.Instance)
		}
	}
	machines := oleriaTable(s, "access_inventory_nhi_v2", formatCSV, "identityName identityType application applicationInstance owner createdDate createdBy lastActivity dormantDays:d isAdmin:b")
	for _, a := range c.Accounts {
		if a.Kind == "machine" && a.App.Oleria {
			machines.add(a.ID, a.Name, "Machine", a.App.Name, a.App.Instance, c.People[0].OleriaEmail(), stamp(a.Created, iso), "", stamp(a.LastActivity, iso), c.dormantDays(a), yesno(a.Admin))
		}
	}
	others := oleriaTable(s, "unmanaged_applications", formatCSV, "applicationName")
	for _, n := range []string{"Asana", "Figma", "Miro"} {
		others.add(n, n)
	}
}

func (c *Company) oleriaPeopleViews(s *set) {
	staff := oleriaTable(s, "access_inventory_employees_v2", formatCSV, "employeeName email department jobTitle manager employeeType status startDate")
	identities := oleriaTable(s, "identities", formatJSON, "identityName accountEmail identityType application applicationInstance authenticationMethods createdAt dormantDays:d isAdmin:b lastPasswordChanged department")
	insights := oleriaTable(s, "employee_access_insights", formatCSV, "employeeName email department assignedApplicationCount:i assignedGroupsCount:i assignedRolesCount:i dormantDays:d")
	okta := c.App("okta")
	for _, p := range c.Some(fewRows) {
		e := p.OleriaEmail()
		staff.add(e, p.Name(), e, p.Department, p.Title, "", p.Employment, "active", stamp(p.Start, uiTime))
		insights.add(e, p.Name(), e, p.Department, strconv.Itoa(len(p.Accounts)), "3", "0", "2")
		if a := p.Account(okta); a != nil {
			identities.add(a.ID, a.Name, a.Email, "User", okta.Name, okta.Instance, "Password", stamp(a.Created, iso), c.dormantDays(a), yesno(a.Admin), stamp(a.PasswordChanged, iso), p.Department)
		}
	}
	users := oleriaTable(s, "oleria_users", formatCSV, "name emailAddress status roles")
	for i, p := range c.Some(5) {
		users.add(p.Email, p.Name(), p.Email, []string{"Active", "Invited", "Invite expired"}[i%3], []string{"Administrator", "Operator", "Analyst"}[i%3])
	}
}

func (c *Company) oleriaAccountViews(s *set) {
	use := oleriaTable(s, "account_utilization", formatCSV, "accountName accountType email dormantDays:d applicationName applicationRole mfaEnabled:b userId userStatus userName lastActivity applicationInstance")
	all := oleriaTable(s, "application_accounts", formatJSON, "accountName email accountType userId userName userStatus applicationName applicationInstance applicationRole isAdmin:b mfaEnabled:b ssoEnabled:b hasApiAccess:b userLicenseType userLicenseStatus lastActivity dormantDays:d createdDate")
	log := oleriaTable(s, "activity_analysis", formatCSV, "timestamp activityType activity accountName initiatedBy ipAddress severity city country application")
	for i, a := range c.oleriaAccountsSeen(fewRows) {
		use.add(a.ID, a.Name, a.Kind, a.Email, c.dormantDays(a), a.App.Name, a.Role, yesno(a.MFA), a.ID, a.oleriaStatus(), a.Username, stamp(a.LastActivity, iso), a.App.Instance)
		all.add(a.ID, c.oleriaAccount(a)...)
		at := c.Plan.FirstDay.Add(-time.Duration(i) * time.Hour)
		log.add(strconv.Itoa(i), stamp(at, uiTime), "admin_login_attempt", "Signed in", a.Name, a.Email, "192.0.2."+strconv.Itoa(i+1), []string{"Low", "Medium", "High", "Severe", "Unknown"}[i%5], "Lisbon", "Portugal", a.App.Name)
	}
}

func (c *Company) oleriaRiskViews(s *set) {
	const words = "riskDescription recommendation riskSeverity riskType application applicationInstance age:i detectedOn eventTimestamp accountName email userName"
	old := oleriaTable(s, "risks", formatCSV, words)
	detail := oleriaTable(s, "risk_monitoring_detail", formatCSV, words+" hasAdminPrivileges:b mfaEnabled:b")
	assessed := oleriaTable(s, "identity_assessment_risk_download", formatCSV, words)
	for i, r := range c.Risks {
		if i == fewRows {
			break
		}
		key, cells := strconv.Itoa(r.N), c.riskCells(r)
		old.add(key, cells...)
		assessed.add(key, cells...)
		detail.add(key, append(cells[:len(cells):len(cells)], yesno(r.Account.Admin), yesno(r.Account.MFA))...)
	}
}

func (c *Company) oleriaAssessments(s *set) {
	entitlements := oleriaTable(s, "identity_assessment_entitlement_utilization", formatCSV, "application applicationInstance entitlement utilization:i totalAccounts:i activeAccounts:i")
	resources := oleriaTable(s, "identity_assessment_resource_instance_utilization", formatCSV, "application applicationInstance resourceName utilization:i dormantDays:d")
	similar := oleriaTable(s, "identity_assessment_similar_groups", formatCSV, "groupName similarGroupName application applicationInstance totalMembers:i")
	for _, app := range c.oleriaApps() {
		for i, g := range app.Groups[:3] {
			entitlements.add(g.ID, app.Name, app.Instance, g.Name, "50", strconv.Itoa(g.Members), strconv.Itoa(g.Members/2))
			similar.add(g.ID, g.Name, app.Groups[(i+1)%3].Name, app.Name, app.Instance, strconv.Itoa(g.Members))
		}
		for i, r := range app.Resources[:3] {
			resources.add(r.ID, app.Name, app.Instance, r.Name, strconv.Itoa(20*i), strconv.Itoa(10*i))
		}
	}
}

func (c *Company) oleriaLifecycle(s *set) {
	events := oleriaTable(s, "ilm_employee_events", formatCSV, "employeeName email eventType eventTimestamp trigger status")
	flows := oleriaTable(s, "ilm_workflow_employee_events", formatCSV, "employeeName email eventType workflowName status startedAt completedAt")
	accounts := oleriaTable(s, "ilm_event_account_actions", formatCSV, "employeeName eventType account application applicationInstance action status timestamp")
	apps := oleriaTable(s, "ilm_event_application_actions", formatCSV, "employeeName eventType application applicationInstance action status timestamp")
	groups := oleriaTable(s, "ilm_event_group_actions", formatCSV, "employeeName eventType groupName application applicationInstance action status timestamp")
	for _, p := range c.People {
		kind, at, action := "leaver", p.End, "Disable"
		if !p.Left(c.Today) {
			kind, at, action = "joiner", p.Start, "Create"
			if c.Plan.FirstDay.Sub(p.Start) > 60*24*time.Hour {
				continue
			}
		}
		key, when := strconv.Itoa(p.Number), stamp(at, iso)
		events.add(key, p.Name(), p.OleriaEmail(), kind, when, "HRIS", "Completed")
		flows.add(key, p.Name(), p.OleriaEmail(), kind, kind+" workflow", "Completed", when, stamp(at.Add(time.Hour), iso))
		for _, a := range p.Accounts {
			if a.App.Oleria {
				k := key + "/" + a.App.Slug
				accounts.add(k, p.Name(), kind, a.Username, a.App.Name, a.App.Instance, action, "Completed", when)
				apps.add(k, p.Name(), kind, a.App.Name, a.App.Instance, action, "Completed", when)
			}
		}
		groups.add(key, p.Name(), kind, "everyone", "Okta", c.App("okta").Instance, action, "Completed", when)
	}
}

func (c *Company) oleriaExternal(s *set) {
	users := oleriaTable(s, "external_access_users", formatCSV, "externalAccount email sharingMethod application applicationInstance sharedAssetsCount:i dormantDays:d lastActivity")
	links := oleriaTable(s, "external_anonymous_access", formatCSV, "assetName assetType application applicationInstance sharedBy sharingMethod")
	assets := oleriaTable(s, "external_shared_assets", formatCSV, "assetName assetType application applicationInstance sharedBy sharingMethod externalUsersCount:i lastActivity")
	google, by := c.App("google"), c.People[0].OleriaEmail()
	for i, r := range google.Resources {
		at := stamp(c.Plan.FirstDay.AddDate(0, 0, -3*i), iso)
		e := "guest" + strconv.Itoa(i) + "@example.net"
		users.add(e, "Guest "+strconv.Itoa(i), e, []string{"Freemail", "Third party vendor"}[i%2], google.Name, google.Instance, "1", strconv.Itoa(3*i), at)
		assets.add(r.ID, r.Name, "folder", google.Name, google.Instance, by, "Third party vendor", "1", at)
		if i%3 == 0 {
			links.add(r.ID, r.Name, "file", google.Name, google.Instance, by, "Anonymous")
		}
	}
}
