package sailpoint

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

type spConfigObject struct {
	Version   int             `json:"version"`
	Self      spRef           `json:"self"`
	Object    json.RawMessage `json:"object"`
	Header    string          `json:"jwsHeader,omitempty"`
	Signature string          `json:"jwsSignature,omitempty"`
}

func (s *Export) configObject(kind, id, name string, body map[string]any) {
	o := spConfigObject{Version: 1, Self: spRef{kind, id, name}, Object: export.CompactJSON(body)}
	if kind == "RULE" {
		o.Header, o.Signature = "eyJhbGciOiJFUzI1NiJ9", "c2lnbmF0dXJl"
	}
	s.config = append(s.config, object{Key: kind + "/" + id, Part: kind, json: export.CompactJSON(o)})
}

// writeConfig is what sp-config exports. The form of 'object' is known for
// SOURCE, RULE and TRANSFORM; the others have the fields of the REST schemas.
func writeConfig(c *company.Company, s *Export) {
	configSources(c, s)
	configProfiles(c, s)
	configRoles(c, s)
	configPolicies(c, s)
	configGroups(c, s)
	configLifecycle(c, s)
	configOther(c, s)
}

func sourceRef(c *company.Company, a *company.Application) spRef {
	return spRef{"SOURCE", a.SourceID, a.Name}
}

func hrSource(c *company.Company) spRef { return spRef{"SOURCE", c.Hex32("source", "hr"), "HR"} }

func configSources(c *company.Company, s *Export) {
	hr := hrSource(c)
	s.configObject("SOURCE", hr.ID, "HR [source-1]", map[string]any{
		"id": hr.ID, "name": "HR", "type": "Delimited File", "connectorClass": "sailpoint.connector.DelimitedFileConnector", "description": "Authoritative",
		"owner": personRef(c.People[0]), "authoritative": true, "features": []string{"DIRECT_PERMISSIONS"}, "schemas": []any{}, "connectorAttributes": map[string]any{"fileHasHeader": true},
	})
	for _, a := range c.Apps {
		if a.SailPoint {
			s.configObject("SOURCE", a.SourceID, a.Name+" [source-"+a.Slug+"]", map[string]any{
				"id": a.SourceID, "name": a.Name, "type": a.Name, "connectorClass": "sailpoint.connector.OpenConnectorAdapter", "connectorScriptName": a.Slug, "description": nil,
				"deleteThreshold": 10, "provisionAsCsv": false, "owner": personRef(c.People[0]), "authoritative": false, "features": []string{"ENABLE", "PROVISIONING"},
				"schemas":             []any{map[string]any{"name": "account", "nativeObjectType": "User", "identityAttribute": "id"}},
				"connectorAttributes": map[string]any{"host": a.Instance, "slpt-source-diagnostics": ""}, "provisioningPolicies": []any{},
			})
		}
	}
}

func entitlementRefs(groups []*company.Group) []spRef {
	out := []spRef{}
	for _, g := range groups {
		out = append(out, spRef{"ENTITLEMENT", g.EntitlementID, g.Name})
	}
	return out
}

func profileRef(c *company.Company, g *company.Group) spRef {
	return spRef{"ACCESS_PROFILE", c.Hex32("access profile", g.App.Slug, g.Name), g.App.Name + ": " + g.Name}
}

func fixed(c *company.Company, days int) string {
	return export.Stamp(c.Plan.FirstDay.AddDate(0, 0, -days), millis)
}

func configProfiles(c *company.Company, s *Export) {
	for _, a := range c.Apps {
		for _, g := range a.Groups {
			if !a.SailPoint || g.Reserved {
				continue
			}
			ref := profileRef(c, g)
			s.configObject("ACCESS_PROFILE", ref.ID, ref.Name, profileBody(c, g))
		}
	}
}

// profileBody is an access profile as the list and sp-config deliver it.
func profileBody(c *company.Company, g *company.Group) map[string]any {
	ref := profileRef(c, g)
	return map[string]any{
		"id": ref.ID, "name": ref.Name, "description": "Access to " + g.Name, "created": fixed(c, 400), "modified": fixed(c, 100), "enabled": true, "owner": personRef(g.Owner),
		"source": sourceRef(c, g.App), "entitlements": entitlementRefs([]*company.Group{g}), "requestable": true, "segments": nil,
		"accessRequestConfig": map[string]any{"commentsRequired": true, "approvalSchemes": []any{map[string]any{"approverType": "MANAGER", "approverId": nil}}},
	}
}

func configRoles(c *company.Company, s *Export) {
	for _, r := range c.Roles {
		s.configObject("ROLE", r.ID, r.Name, roleBody(c, r))
	}
}

// roleBody is a role as the list and sp-config deliver it.
func roleBody(c *company.Company, r *company.BusinessRole) map[string]any {
	profiles := []spRef{}
	for _, g := range r.Profiles {
		profiles = append(profiles, profileRef(c, g))
	}
	return map[string]any{
		"id": r.ID, "name": r.Name, "description": r.Description, "created": fixed(c, 500), "modified": export.Stamp(r.Modified, millis), "owner": personRef(r.Owner),
		"additionalOwners": []any{}, "accessProfiles": profiles, "entitlements": entitlementRefs(r.Entitlements), "membership": membershipOf(c, r), "enabled": true,
		"requestable": r.Requestable, "segments": []string{}, "dimensional": len(dimensionsOf(c, r)) > 0, "dimensionRefs": dimensionsOf(c, r), "legacyMembershipInfo": nil,
	}
}

// dimensionsOf are the dimensions of a role: one for each of two cities, of every third role
// that is given by department.
func dimensionsOf(c *company.Company, r *company.BusinessRole) []spRef {
	out := []spRef{}
	if r.Department == "" || len(r.Profiles) == 0 || c.Hex32("dimensional", r.ID)[0] > '6' {
		return out
	}
	for _, city := range []string{"Austin", "Lisbon"} {
		out = append(out, spRef{"DIMENSION", c.Hex32("dimension", r.ID, city), r.Name + ", " + city})
	}
	return out
}

// dimensionBody is one of them as it is listed: it gives an access profile and an entitlement.
func dimensionBody(c *company.Company, r *company.BusinessRole, ref spRef) map[string]any {
	_, city, _ := strings.Cut(ref.Name, ", ")
	g := r.Profiles[len(r.Profiles)-1]
	return map[string]any{
		"id": ref.ID, "name": ref.Name, "description": "What " + city + " needs besides", "created": fixed(c, 300), "modified": nil, "owner": personRef(r.Owner),
		"accessProfiles": []spRef{profileRef(c, g)}, "entitlements": entitlementRefs([]*company.Group{g}), "parentId": r.ID,
		"membership": map[string]any{"type": "STANDARD", "criteria": map[string]any{
			"operation": "AND", "children": []any{map[string]any{"operation": "EQUALS", "key": map[string]any{"type": "IDENTITY", "property": "attribute.location"}, "stringValue": city}},
		}},
	}
}

func membershipOf(c *company.Company, r *company.BusinessRole) map[string]any {
	if r.Department != "" {
		return map[string]any{"type": "STANDARD", "identities": nil, "criteria": map[string]any{
			"operation": "EQUALS", "key": map[string]any{"type": "IDENTITY", "property": "attribute.department", "sourceId": nil}, "stringValue": r.Department, "children": nil,
		}}
	}
	type member struct {
		spRef
		AliasName string `json:"aliasName"`
	}
	list := []member{}
	for _, p := range r.Members {
		list = append(list, member{personRef(p), p.Email})
	}
	return map[string]any{"type": "IDENTITY_LIST", "criteria": nil, "identities": list}
}

func configPolicies(c *company.Company, s *Export) {
	side := func(name string, r *company.BusinessRole) map[string]any {
		return map[string]any{"name": name, "criteriaList": entitlementRefs(r.Entitlements)}
	}
	for _, p := range c.Policies {
		s.configObject("SOD_POLICY", p.ID, p.Name, map[string]any{
			"id": p.ID, "name": p.Name, "description": "Nobody may do both", "created": fixed(c, 500), "modified": fixed(c, 200), "ownerRef": personRef(p.Owner),
			"externalPolicyReference": nil, "policyQuery": nil, "compensatingControls": nil, "correctionAdvice": "Remove one of the two roles", "state": "ENFORCED", "level": p.Level,
			"tags": []string{"SOX"}, "creatorId": c.People[0].SailPointID, "modifierId": nil, "violationOwnerAssignmentConfig": map[string]any{"assignmentRule": "MANAGER", "ownerRef": nil},
			"scheduled": true, "type": "CONFLICTING_ACCESS_BASED",
			"conflictingAccessCriteria": map[string]any{"leftCriteria": side(p.Left.Name, p.Left), "rightCriteria": side(p.Right.Name, p.Right)},
		})
	}
	id := c.UUID("sod", "query")
	s.configObject("SOD_POLICY", id, "Contractors with administrator access", map[string]any{
		"id": id, "name": "Contractors with administrator access", "description": nil, "ownerRef": personRef(c.People[0]), "state": "NOT_ENFORCED", "level": "LOW",
		"policyQuery": "@access(privileged:true) AND attributes.employment:Contractor", "type": "GENERAL", "conflictingAccessCriteria": nil, "tags": []string{}, "scheduled": false,
	})
}

func configGroups(c *company.Company, s *Export) {
	for _, w := range c.Workgroups {
		s.configObject("GOVERNANCE_GROUP", w.ID, w.Name, workgroupOf(c, w))
	}
}

func configLifecycle(c *company.Company, s *Export) {
	profiles := []string{"Employees", "Contractors"}
	for i, name := range profiles {
		id := c.Hex32("identity profile", name)
		s.configObject("IDENTITY_PROFILE", id, name, map[string]any{
			"id": id, "name": name, "description": nil, "owner": personRef(c.People[0]), "priority": 10 * (i + 1), "authoritativeSource": hrSource(c), "identityRefreshRequired": false,
			"identityCount": c.Plan.People / (1 + 9*i), "hasTimeBasedAttr": true, "created": fixed(c, 900), "modified": fixed(c, 90),
			"identityAttributeConfig": map[string]any{"enabled": true, "attributeTransforms": []any{map[string]any{"identityAttributeName": "email", "transformDefinition": map[string]any{"type": "accountAttribute", "attributes": map[string]any{"attributeName": "email", "sourceName": "HR"}}}}},
		})
		for _, state := range []struct{ name, kind string }{{"Active", "ACTIVE"}, {"Leave of absence", "INACTIVE_SHORT_TERM"}, {"Terminated", "INACTIVE_LONG_TERM"}} {
			id := c.Hex32("lifecycle state", name, state.name)
			s.configObject("LIFECYCLE_STATE", id, state.name, map[string]any{
				"id": id, "name": state.name, "technicalName": company.SlugOf(state.name), "enabled": true, "description": nil, "identityCount": 0, "accessProfileIds": []string{}, "identityState": state.kind,
				"accountActions":     []any{map[string]any{"action": "DISABLE", "sourceIds": nil, "excludeSourceIds": nil, "allSources": state.kind != "ACTIVE"}},
				"identityProfileRef": spRef{"IDENTITY_PROFILE", c.Hex32("identity profile", name), name}, "priority": 10, "accessActionConfiguration": map[string]any{"removeAllAccessEnabled": false},
			})
		}
	}
}

func configOther(c *company.Company, s *Export) {
	segment := c.UUID("segment", "finance")
	s.configObject("SEGMENT", segment, "Finance only", map[string]any{
		"id": segment, "name": "Finance only", "description": "Seen by Finance", "owner": personRef(c.People[0]), "active": true, "created": fixed(c, 200), "modified": fixed(c, 50),
		"visibilityCriteria": map[string]any{"expression": map[string]any{"operator": "EQUALS", "attribute": "department", "value": map[string]any{"type": "STRING", "value": "Finance"}, "children": []any{}}},
	})
	rule := c.Hex32("rule", "correlation")
	s.configObject("RULE", rule, "Correlate by e-mail", map[string]any{
		"id": rule, "name": "Correlate by e-mail", "type": "Correlation", "description": nil, "created": fixed(c, 600), "modified": nil,
		"sourceCode": map[string]any{"version": "1.0", "script": "import java.util.*;\nreturn Collections.singletonMap(\"email\", account.getStringAttribute(\"mail\"));\n"},
		"attributes": map[string]any{"ObjectOrientedScript": "true"}, "signature": map[string]any{"input": []any{}, "output": nil},
	})
	transform := c.UUID("transform", "lower")
	s.configObject("TRANSFORM", transform, "Lower case e-mail", map[string]any{"id": transform, "name": "Lower case e-mail", "type": "lower", "attributes": map[string]any{}, "internal": false})
	tag := c.UUID("tag", "sox")
	s.configObject("TAG", tag, "SOX", map[string]any{"id": tag, "name": "SOX", "created": fixed(c, 100), "modified": fixed(c, 100), "tagCategoryRefs": []any{}})
	filter := c.Hex32("campaign filter", "1")
	s.configObject("CAMPAIGN_FILTER", filter, "Without contractors", map[string]any{"id": filter, "name": "Without contractors", "description": "", "owner": personRef(c.People[0]), "mode": "EXCLUSION", "criteriaList": []any{}})
	auth := c.Hex32("auth org")
	s.configObject("AUTH_ORG", auth, "", map[string]any{"tenant": "example-inc", "authErrorText": nil, "created": export.Stamp(c.Plan.FirstDay.AddDate(-2, 0, 0), time.RFC3339)})
}
