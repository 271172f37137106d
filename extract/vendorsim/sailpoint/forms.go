package sailpoint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// Forms are the CSV files that people make of what SailPoint lists, by name: those of the
// community's extension for VS Code. They say by names what the lists say by ids.
func (s *Export) Forms() map[string][]byte {
	out := map[string][]byte{}
	for _, dataset := range s.forms.Datasets {
		t := s.forms.Tables[dataset]
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

func writeForms(c *company.Company, s *Export) {
	s.forms = export.NewSet("sailpoint")
	roles := s.forms.Table("extension_roles", plain("name description enabled requestable owner"+requestColumns+"accessProfiles entitlements membershipCriteria dimensional dimensionAttributes metadata")...)
	dimensions := s.forms.Table("extension_dimensions", plain("roleName name description accessProfiles entitlements membershipCriteria")...)
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
	profiles := s.forms.Table("extension_access_profiles", plain("name description enabled requestable source owner"+requestColumns+"entitlements metadata")...)
	entitlements := s.forms.Table("extension_entitlements", plain("attributeName attributeValue displayName description privileged schema requestable owner metadata additionalOwners additionalOwnerGovernanceGroup")...)
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

// named are entitlements as the extension writes them, by source, attribute and name.
func named(groups ...*company.Group) string {
	var out []string
	for _, g := range groups {
		out = append(out, g.App.Name+"|groups|"+g.Name)
	}
	return strings.Join(out, ";")
}
