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
func (c *company) oleriaOtherTables(s *set) {
	c.oleriaInventory(s)
	c.oleriaPeopleViews(s)
	c.oleriaAccountViews(s)
	c.oleriaRiskViews(s)
	c.oleriaAssessments(s)
	c.oleriaLifecycle(s)
	c.oleriaExternal(s)
}

func (c *company) oleriaAccountsSeen(n int) []*account {
	var out []*account
	for _, a := range c.accounts {
		if a.app.oleria && len(out) < n {
			out = append(out, a)
		}
	}
	return out
}

func (c *company) oleriaApps() []*application {
	var out []*application
	for _, a := range c.apps {
		if a.oleria {
			out = append(out, a)
		}
	}
	return out
}

func (c *company) oleriaInventory(s *set) {
	accounts := oleriaTable(s, "access_inventory_accounts", formatCSV, "accountName accountEmail accountType userStatus application applicationInstance isAdmin:b mfaEnabled:b createdDate dormantDays:d")
	for _, a := range c.oleriaAccountsSeen(fewRows) {
		accounts.add(a.id, a.name, a.email, a.kind, a.oleriaStatus(), a.app.name, a.app.instance, yesno(a.admin), yesno(a.mfa), stamp(a.created, iso), c.dormantDays(a))
	}
	instances := oleriaTable(s, "access_inventory_application_instances_v2", formatJSON, "application applicationInstance")
	roles := oleriaTable(s, "access_inventory_roles_v2", formatCSV, "roleName application applicationInstance")
	resources := oleriaTable(s, "access_inventory_resource_instances_v2", formatNDJSON, "resourceName resourceType application applicationInstance dormantDays:d")
	catalogue := oleriaTable(s, "resource_instances", formatCSV, "resourceName resourceType application applicationInstance")
	members := oleriaTable(s, "user_group", formatCSV, "groupName groupType application applicationInstance")
	for _, app := range c.oleriaApps() {
		instances.add(app.slug, app.name, app.instance)
		for _, r := range []string{"Admin", "Member", "Service"} {
			roles.add(app.slug+"/"+r, r, app.name, app.instance)
		}
		for i, r := range app.resources {
			resources.add(r.id, r.name, app.resourceType, app.name, app.instance, strconv.Itoa(i*7))
			catalogue.add(r.id, r.name, app.resourceType, app.name, app.instance)
		}
		for _, g := range app.groups {
			members.add(app.slug+"/"+g.name, g.name, g.kind, app.name, app.instance)
		}
	}
	machines := oleriaTable(s, "access_inventory_nhi_v2", formatCSV, "identityName identityType application applicationInstance owner createdDate createdBy lastActivity dormantDays:d isAdmin:b")
	for _, a := range c.accounts {
		if a.kind == "machine" && a.app.oleria {
			machines.add(a.id, a.name, "Machine", a.app.name, a.app.instance, c.people[0].oleriaEmail(), stamp(a.created, iso), "", stamp(a.lastActivity, iso), c.dormantDays(a), yesno(a.admin))
		}
	}
	others := oleriaTable(s, "unmanaged_applications", formatCSV, "applicationName")
	for _, n := range []string{"Asana", "Figma", "Miro"} {
		others.add(n, n)
	}
}

func (c *company) oleriaPeopleViews(s *set) {
	staff := oleriaTable(s, "access_inventory_employees_v2", formatCSV, "employeeName email department jobTitle manager employeeType status startDate")
	identities := oleriaTable(s, "identities", formatJSON, "identityName accountEmail identityType application applicationInstance authenticationMethods createdAt dormantDays:d isAdmin:b lastPasswordChanged department")
	insights := oleriaTable(s, "employee_access_insights", formatCSV, "employeeName email department assignedApplicationCount:i assignedGroupsCount:i assignedRolesCount:i dormantDays:d")
	okta := c.app("okta")
	for _, p := range c.some(fewRows) {
		e := p.oleriaEmail()
		staff.add(e, p.name(), e, p.department, p.title, "", p.employment, "active", stamp(p.start, uiTime))
		insights.add(e, p.name(), e, p.department, strconv.Itoa(len(p.accounts)), "3", "0", "2")
		if a := p.account(okta); a != nil {
			identities.add(a.id, a.name, a.email, "User", okta.name, okta.instance, "Password", stamp(a.created, iso), c.dormantDays(a), yesno(a.admin), stamp(a.passwordChanged, iso), p.department)
		}
	}
	users := oleriaTable(s, "oleria_users", formatCSV, "name emailAddress status roles")
	for i, p := range c.some(5) {
		users.add(p.email, p.name(), p.email, []string{"Active", "Invited", "Invite expired"}[i%3], []string{"Administrator", "Operator", "Analyst"}[i%3])
	}
}

func (c *company) oleriaAccountViews(s *set) {
	use := oleriaTable(s, "account_utilization", formatCSV, "accountName accountType email dormantDays:d applicationName applicationRole mfaEnabled:b userId userStatus userName lastActivity applicationInstance")
	all := oleriaTable(s, "application_accounts", formatJSON, "accountName email accountType userId userName userStatus applicationName applicationInstance applicationRole isAdmin:b mfaEnabled:b ssoEnabled:b hasApiAccess:b userLicenseType userLicenseStatus lastActivity dormantDays:d createdDate")
	log := oleriaTable(s, "activity_analysis", formatCSV, "timestamp activityType activity accountName initiatedBy ipAddress severity city country application")
	for i, a := range c.oleriaAccountsSeen(fewRows) {
		use.add(a.id, a.name, a.kind, a.email, c.dormantDays(a), a.app.name, a.role, yesno(a.mfa), a.id, a.oleriaStatus(), a.username, stamp(a.lastActivity, iso), a.app.instance)
		all.add(a.id, c.oleriaAccount(a)...)
		at := c.cfg.Now.Add(-time.Duration(i) * time.Hour)
		log.add(strconv.Itoa(i), stamp(at, uiTime), "admin_login_attempt", "Signed in", a.name, a.email, "192.0.2."+strconv.Itoa(i+1), []string{"Low", "Medium", "High", "Severe", "Unknown"}[i%5], "Lisbon", "Portugal", a.app.name)
	}
}

func (c *company) oleriaRiskViews(s *set) {
	const words = "riskDescription recommendation riskSeverity riskType application applicationInstance age:i detectedOn eventTimestamp accountName email userName"
	old := oleriaTable(s, "risks", formatCSV, words)
	detail := oleriaTable(s, "risk_monitoring_detail", formatCSV, words+" hasAdminPrivileges:b mfaEnabled:b")
	assessed := oleriaTable(s, "identity_assessment_risk_download", formatCSV, words)
	for i, r := range c.risks {
		if i == fewRows {
			break
		}
		key, cells := strconv.Itoa(r.n), c.riskCells(r)
		old.add(key, cells...)
		assessed.add(key, cells...)
		detail.add(key, append(cells[:len(cells):len(cells)], yesno(r.account.admin), yesno(r.account.mfa))...)
	}
}

func (c *company) oleriaAssessments(s *set) {
	entitlements := oleriaTable(s, "identity_assessment_entitlement_utilization", formatCSV, "application applicationInstance entitlement utilization:i totalAccounts:i activeAccounts:i")
	resources := oleriaTable(s, "identity_assessment_resource_instance_utilization", formatCSV, "application applicationInstance resourceName utilization:i dormantDays:d")
	similar := oleriaTable(s, "identity_assessment_similar_groups", formatCSV, "groupName similarGroupName application applicationInstance totalMembers:i")
	for _, app := range c.oleriaApps() {
		for i, g := range app.groups[:3] {
			entitlements.add(g.id, app.name, app.instance, g.name, "50", strconv.Itoa(g.members), strconv.Itoa(g.members/2))
			similar.add(g.id, g.name, app.groups[(i+1)%3].name, app.name, app.instance, strconv.Itoa(g.members))
		}
		for i, r := range app.resources[:3] {
			resources.add(r.id, app.name, app.instance, r.name, strconv.Itoa(20*i), strconv.Itoa(10*i))
		}
	}
}

func (c *company) oleriaLifecycle(s *set) {
	events := oleriaTable(s, "ilm_employee_events", formatCSV, "employeeName email eventType eventTimestamp trigger status")
	flows := oleriaTable(s, "ilm_workflow_employee_events", formatCSV, "employeeName email eventType workflowName status startedAt completedAt")
	accounts := oleriaTable(s, "ilm_event_account_actions", formatCSV, "employeeName eventType account application applicationInstance action status timestamp")
	apps := oleriaTable(s, "ilm_event_application_actions", formatCSV, "employeeName eventType application applicationInstance action status timestamp")
	groups := oleriaTable(s, "ilm_event_group_actions", formatCSV, "employeeName eventType groupName application applicationInstance action status timestamp")
	for _, p := range c.people {
		kind, at, action := "leaver", p.end, "Disable"
		if !p.left(c.today) {
			kind, at, action = "joiner", p.start, "Create"
			if c.cfg.Now.Sub(p.start) > 60*24*time.Hour {
				continue
			}
		}
		key, when := strconv.Itoa(p.number), stamp(at, iso)
		events.add(key, p.name(), p.oleriaEmail(), kind, when, "HRIS", "Completed")
		flows.add(key, p.name(), p.oleriaEmail(), kind, kind+" workflow", "Completed", when, stamp(at.Add(time.Hour), iso))
		for _, a := range p.accounts {
			if a.app.oleria {
				k := key + "/" + a.app.slug
				accounts.add(k, p.name(), kind, a.username, a.app.name, a.app.instance, action, "Completed", when)
				apps.add(k, p.name(), kind, a.app.name, a.app.instance, action, "Completed", when)
			}
		}
		groups.add(key, p.name(), kind, "everyone", "Okta", c.app("okta").instance, action, "Completed", when)
	}
}

func (c *company) oleriaExternal(s *set) {
	users := oleriaTable(s, "external_access_users", formatCSV, "externalAccount email sharingMethod application applicationInstance sharedAssetsCount:i dormantDays:d lastActivity")
	links := oleriaTable(s, "external_anonymous_access", formatCSV, "assetName assetType application applicationInstance sharedBy sharingMethod")
	assets := oleriaTable(s, "external_shared_assets", formatCSV, "assetName assetType application applicationInstance sharedBy sharingMethod externalUsersCount:i lastActivity")
	google, by := c.app("google"), c.people[0].oleriaEmail()
	for i, r := range google.resources {
		at := stamp(c.cfg.Now.AddDate(0, 0, -3*i), iso)
		e := "guest" + strconv.Itoa(i) + "@example.net"
		users.add(e, "Guest "+strconv.Itoa(i), e, []string{"Freemail", "Third party vendor"}[i%2], google.name, google.instance, "1", strconv.Itoa(3*i), at)
		assets.add(r.id, r.name, "folder", google.name, google.instance, by, "Third party vendor", "1", at)
		if i%3 == 0 {
			links.add(r.id, r.name, "file", google.name, google.instance, by, "Anonymous")
		}
	}
}
