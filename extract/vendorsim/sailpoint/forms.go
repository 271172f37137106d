package sailpoint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// Forms are the CSV files that people make of what SailPoint lists, by name: those of the
// community's extension for VS Code, which say by names what the lists say by ids, and the
// vendor's reports. They are written down only here, as no API delivers them.
func Forms(c *company.Company) map[string][]byte {
	forms := export.NewSet("sailpoint")
	accountForms(c, forms)
	reportForms(c, forms)
	modelForms(c, forms)
	out := map[string][]byte{}
	for _, dataset := range forms.Datasets {
		t := forms.Tables[dataset]
		parts := map[string]bool{}
		for _, r := range t.Rows {
			parts[r.Part] = true
		}
		name := strings.TrimPrefix(dataset, "sailpoint.")
		for part := range parts {
			file := name
			if part != "" {
				file = export.PartName(name, "source_name", part)
			}
			out[file+".csv"] = t.Payload(part)
		}
	}
	return out
}

// requestColumns are how a request is made, which the extension writes for roles and for
// access profiles.
const requestColumns = " additionalOwners additionalOwnerGovernanceGroup commentsRequired denialCommentsRequired approvalSchemes" +
	" reauthorizationRequired requireEndDate maxPermittedAccessDurationValue maxPermittedAccessDurationTimeUnit revokeApprovalSchemes "

// requested are the cells of these columns: nobody else owns it, and the manager approves.
var requested = []string{"", "", "true", "false", "MANAGER", "false", "false", "", "", ""}

// modelForms are roles, dimensions, access profiles and entitlements.
func modelForms(c *company.Company, forms *export.Set) {
	roles := forms.Table("extension_roles", plain("name description enabled requestable owner"+requestColumns+"accessProfiles entitlements membershipCriteria dimensional dimensionAttributes metadata")...)
	dimensions := forms.Table("extension_dimensions", plain("roleName name description accessProfiles entitlements membershipCriteria")...)
	for _, r := range c.Roles {
		var profiles []string
		for _, g := range r.Profiles {
			profiles = append(profiles, profileRef(c, g).Name)
		}
		criteria := ""
		if r.Department != "" {
			criteria = "identity.department eq '" + r.Department + "'"
		}
		refs := dimensionsOf(c, r)
		roles.Add(r.ID, slices.Concat([]string{r.Name, r.Description, "true", strconv.FormatBool(r.Requestable), r.Owner.Email}, requested,
			[]string{strings.Join(profiles, ";"), named(r.Entitlements...), criteria, strconv.FormatBool(len(refs) > 0), "", ""})...)
		for _, ref := range refs {
			g := r.Profiles[len(r.Profiles)-1]
			_, city, _ := strings.Cut(ref.Name, ", ")
			dimensions.Add(ref.ID, r.Name, ref.Name, "What "+city+" needs besides", profileRef(c, g).Name, named(g), "identity.location eq '"+city+"'")
		}
	}
	profiles := forms.Table("extension_access_profiles", plain("name description enabled requestable source owner"+requestColumns+"entitlements metadata")...)
	entitlements := forms.Table("extension_entitlements", plain("attributeName attributeValue displayName description privileged schema requestable owner metadata additionalOwners additionalOwnerGovernanceGroup")...)
	for _, app := range c.Apps {
		if !app.SailPoint {
			continue
		}
		for _, g := range app.Groups {
			entitlements.Add(g.EntitlementID, "groups", g.ID, g.Name, g.Name+" in "+app.Name, strconv.FormatBool(g.Reserved && g.Kind == "user"), "group",
				strconv.FormatBool(!g.Reserved), g.Owner.Email, "", "", "").Part = app.Name
			if ref := profileRef(c, g); !g.Reserved {
				profiles.Add(ref.ID, slices.Concat([]string{ref.Name, "Access to " + g.Name, "true", "true", app.Name, g.Owner.Email}, requested, []string{named(g), ""})...)
			}
		}
	}
}

// accountForms are the accounts of a source with their attributes, a record for each group, and
// those that belong to nobody.
func accountForms(c *company.Company, forms *export.Set) {
	accounts := forms.Table("extension_accounts", plain("id userName displayName email groups")...)
	uncorrelated := forms.Table("extension_uncorrelated_accounts", plain("account displayName userName type")...)
	for _, a := range c.Accounts {
		if !a.App.SailPoint {
			continue
		}
		var groups []string
		for _, m := range a.Memberships {
			groups = append(groups, m.Group.ID)
		}
		if len(groups) == 0 {
			groups = []string{""}
		}
		for _, g := range groups {
			accounts.Add(a.App.Slug+"/"+a.ID+"/"+g, a.ID, a.Username, a.Name, a.Email, g).Part = a.App.Name
		}
		if shadowOf(c, a) != "" {
			uncorrelated.Add(a.App.Slug+"/"+a.ID, a.ID, a.Username, "", "").Part = a.App.Name
		}
	}
}

// reportForms are reports of which the vendor says that there are such, and nothing of their
// columns: these are chosen here. Of a search the columns are those that somebody chooses.
func reportForms(c *company.Company, forms *export.Set) {
	people := map[string]*export.Table{}
	for _, name := range []string{"report_identities", "report_identities_details"} {
		people[name] = forms.Table(name, plain("Name Alias Department Manager")...)
	}
	search := forms.Table("search_export_identities", plain("id name displayName firstName lastName email employeeNumber attributes.cloudLifecycleState attributes.department attributes.jobTitle attributes.location manager.displayName created")...)
	for _, p := range c.People {
		_, lifecycle, _ := stateOf(c, p)
		boss := ""
		if p.Manager != nil {
			boss = p.Manager.Name()
		}
		search.Add(p.SailPointID, p.SailPointID, p.Email, p.Name(), p.First, p.Last, p.Email, "W"+strconv.Itoa(p.Number), lifecycle, p.Department, p.Title, p.Location, boss, export.Stamp(p.Start, millis))
		for _, t := range people {
			t.Add(p.SailPointID, p.Name(), p.Email, p.Department, boss)
		}
	}
	accounts := forms.Table("report_accounts", plain("Account Owner Source")...)
	nobodys := forms.Table("report_uncorrelated_accounts", plain("Account Source")...)
	orphans := forms.Table("report_orphan_identities", plain("Identity Source")...)
	for _, a := range c.Accounts {
		if !a.App.SailPoint {
			continue
		}
		owner := ""
		if a.Person != nil {
			owner = a.Person.Name()
		}
		accounts.Add(a.App.Slug+"/"+a.ID, a.Username, owner, a.App.Name)
		if shadowOf(c, a) != "" {
			nobodys.Add(a.App.Slug+"/"+a.ID, a.Username, a.App.Name)
			orphans.Add(a.App.Slug+"/"+a.ID, a.Name, a.App.Name)
		}
	}
}

// named are entitlements as the extension writes them, by source, attribute and name.
func named(groups ...*company.Group) string {
	var out []string
	for _, g := range groups {
		out = append(out, g.App.Name+"|groups|"+g.Name)
	}
	return strings.Join(out, ";")
}
