package vendorsim

import (
	"encoding/json"
	"time"
)

type spConfigObject struct {
	Version   int             `json:"version"`
	Self      spRef           `json:"self"`
	Object    json.RawMessage `json:"object"`
	Header    string          `json:"jwsHeader,omitempty"`
	Signature string          `json:"jwsSignature,omitempty"`
}

func (s *sailpointExport) configObject(kind, id, name string, body map[string]any) {
	o := spConfigObject{Version: 1, Self: spRef{kind, id, name}, Object: compactJSON(body)}
	if kind == "RULE" {
		o.Header, o.Signature = "eyJhbGciOiJFUzI1NiJ9", "c2lnbmF0dXJl"
	}
	s.config = append(s.config, object{kind + "/" + id, kind, compactJSON(o)})
}

// sailpointConfig is what sp-config exports. The form of 'object' is known for
// SOURCE, RULE and TRANSFORM; the others have the fields of the REST schemas.
func (c *Company) sailpointConfig(s *sailpointExport) {
	c.configSources(s)
	c.configProfiles(s)
	c.configRoles(s)
	c.configPolicies(s)
	c.configGroups(s)
	c.configLifecycle(s)
	c.configOther(s)
}

func (c *Company) sourceRef(a *Application) spRef { return spRef{"SOURCE", a.SourceID, a.Name} }

func (c *Company) hrSource() spRef { return spRef{"SOURCE", c.Hex32("source", "hr"), "HR"} }

func (c *Company) configSources(s *sailpointExport) {
	hr := c.hrSource()
	s.configObject("SOURCE", hr.ID, "HR [source-1]", map[string]any{
		"id": hr.ID, "name": "HR", "type": "Delimited File", "connectorClass": "sailpoint.connector.DelimitedFileConnector", "description": "Authoritative",
		"owner": c.People[0].spRef(), "authoritative": true, "features": []string{"DIRECT_PERMISSIONS"}, "schemas": []any{}, "connectorAttributes": map[string]any{"fileHasHeader": true},
	})
	for _, a := range c.Apps {
		if a.SailPoint {
			s.configObject("SOURCE", a.SourceID, a.Name+" [source-"+a.Slug+"]", map[string]any{
				"id": a.SourceID, "name": a.Name, "type": a.Name, "connectorClass": "sailpoint.connector.OpenConnectorAdapter", "connectorScriptName": a.Slug, "description": nil,
				"deleteThreshold": 10, "provisionAsCsv": false, "owner": c.People[0].spRef(), "authoritative": false, "features": []string{"ENABLE", "PROVISIONING"},
				"schemas":             []any{map[string]any{"name": "account", "nativeObjectType": "User", "identityAttribute": "id"}},
				"connectorAttributes": map[string]any{"host": a.Instance, "slpt-source-diagnostics": ""}, "provisioningPolicies": []any{},
			})
		}
	}
}

func entitlementRefs(groups []*Group) []spRef {
	out := []spRef{}
	for _, g := range groups {
		out = append(out, spRef{"ENTITLEMENT", g.EntitlementID, g.Name})
	}
	return out
}

func (c *Company) profileRef(g *Group) spRef {
	return spRef{"ACCESS_PROFILE", c.Hex32("access profile", g.App.Slug, g.Name), g.App.Name + ": " + g.Name}
}

func (c *Company) fixed(days int) string { return stamp(c.Plan.FirstDay.AddDate(0, 0, -days), millis) }

func (c *Company) configProfiles(s *sailpointExport) {
	for _, a := range c.Apps {
		for _, g := range a.Groups {
			if !a.SailPoint || g.Reserved {
				continue
			}
			ref := c.profileRef(g)
			s.configObject("ACCESS_PROFILE", ref.ID, ref.Name, map[string]any{
				"id": ref.ID, "name": ref.Name, "description": "Access to " + g.Name, "created": c.fixed(400), "modified": c.fixed(100), "enabled": true, "owner": g.Owner.spRef(),
				"source": c.sourceRef(a), "entitlements": entitlementRefs([]*Group{g}), "requestable": true, "segments": nil,
				"accessRequestConfig": map[string]any{"commentsRequired": true, "approvalSchemes": []any{map[string]any{"approverType": "MANAGER", "approverId": nil}}},
			})
		}
	}
}

func (c *Company) configRoles(s *sailpointExport) {
	for _, r := range c.Roles {
		profiles := []spRef{}
		for _, g := range r.Profiles {
			profiles = append(profiles, c.profileRef(g))
		}
		s.configObject("ROLE", r.ID, r.Name, map[string]any{
			"id": r.ID, "name": r.Name, "description": r.Description, "created": c.fixed(500), "modified": stamp(r.Modified, millis), "owner": r.Owner.spRef(),
			"additionalOwners": []any{}, "accessProfiles": profiles, "entitlements": entitlementRefs(r.Entitlements), "membership": c.membership(r), "enabled": true,
			"requestable": r.Requestable, "segments": []string{}, "dimensional": false, "dimensionRefs": []any{}, "legacyMembershipInfo": nil,
		})
	}
}

func (c *Company) membership(r *BusinessRole) map[string]any {
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
		list = append(list, member{p.spRef(), p.Email})
	}
	return map[string]any{"type": "IDENTITY_LIST", "criteria": nil, "identities": list}
}

func (c *Company) configPolicies(s *sailpointExport) {
	side := func(name string, r *BusinessRole) map[string]any {
		return map[string]any{"name": name, "criteriaList": entitlementRefs(r.Entitlements)}
	}
	for _, p := range c.Policies {
		s.configObject("SOD_POLICY", p.ID, p.Name, map[string]any{
			"id": p.ID, "name": p.Name, "description": "Nobody may do both", "created": c.fixed(500), "modified": c.fixed(200), "ownerRef": p.Owner.spRef(),
			"externalPolicyReference": nil, "policyQuery": nil, "compensatingControls": nil, "correctionAdvice": "Remove one of the two roles", "state": "ENFORCED", "level": p.Level,
			"tags": []string{"SOX"}, "creatorId": c.People[0].SailPointID, "modifierId": nil, "violationOwnerAssignmentConfig": map[string]any{"assignmentRule": "MANAGER", "ownerRef": nil},
			"scheduled": true, "type": "CONFLICTING_ACCESS_BASED",
			"conflictingAccessCriteria": map[string]any{"leftCriteria": side(p.Left.Name, p.Left), "rightCriteria": side(p.Right.Name, p.Right)},
		})
	}
	id := c.UUID("sod", "query")
	s.configObject("SOD_POLICY", id, "Contractors with administrator access", map[string]any{
		"id": id, "name": "Contractors with administrator access", "description": nil, "ownerRef": c.People[0].spRef(), "state": "NOT_ENFORCED", "level": "LOW",
		"policyQuery": "@access(privileged:true) AND attributes.employment:Contractor", "type": "GENERAL", "conflictingAccessCriteria": nil, "tags": []string{}, "scheduled": false,
	})
}

func (c *Company) configGroups(s *sailpointExport) {
	for i, d := range Departments[:5] {
		id := c.UUID("workgroup", d.Name)
		owner := c.People[i]
		s.configObject("GOVERNANCE_GROUP", id, d.Name+" reviewers", map[string]any{
			"id": id, "name": d.Name + " reviewers", "description": "Review the access of " + d.Name, "memberCount": 3 + i, "connectionCount": 1, "created": c.fixed(300), "modified": c.fixed(30),
			"owner": map[string]any{"type": "IDENTITY", "id": owner.SailPointID, "name": owner.Name(), "displayName": owner.Name(), "emailAddress": owner.Email},
		})
	}
}

func (c *Company) configLifecycle(s *sailpointExport) {
	profiles := []string{"Employees", "Contractors"}
	for i, name := range profiles {
		id := c.Hex32("identity profile", name)
		s.configObject("IDENTITY_PROFILE", id, name, map[string]any{
			"id": id, "name": name, "description": nil, "owner": c.People[0].spRef(), "priority": 10 * (i + 1), "authoritativeSource": c.hrSource(), "identityRefreshRequired": false,
			"identityCount": c.Plan.People / (1 + 9*i), "hasTimeBasedAttr": true, "created": c.fixed(900), "modified": c.fixed(90),
			"identityAttributeConfig": map[string]any{"enabled": true, "attributeTransforms": []any{map[string]any{"identityAttributeName": "email", "transformDefinition": map[string]any{"type": "accountAttribute", "attributes": map[string]any{"attributeName": "email", "sourceName": "HR"}}}}},
		})
		for _, state := range []struct{ name, kind string }{{"Active", "ACTIVE"}, {"Leave of absence", "INACTIVE_SHORT_TERM"}, {"Terminated", "INACTIVE_LONG_TERM"}} {
			id := c.Hex32("lifecycle state", name, state.name)
			s.configObject("LIFECYCLE_STATE", id, state.name, map[string]any{
				"id": id, "name": state.name, "technicalName": SlugOf(state.name), "enabled": true, "description": nil, "identityCount": 0, "accessProfileIds": []string{}, "identityState": state.kind,
				"accountActions":     []any{map[string]any{"action": "DISABLE", "sourceIds": nil, "excludeSourceIds": nil, "allSources": state.kind != "ACTIVE"}},
				"identityProfileRef": spRef{"IDENTITY_PROFILE", c.Hex32("identity profile", name), name}, "priority": 10, "accessActionConfiguration": map[string]any{"removeAllAccessEnabled": false},
			})
		}
	}
}

func (c *Company) configOther(s *sailpointExport) {
	segment := c.UUID("segment", "finance")
	s.configObject("SEGMENT", segment, "Finance only", map[string]any{
		"id": segment, "name": "Finance only", "description": "Seen by Finance", "owner": c.People[0].spRef(), "active": true, "created": c.fixed(200), "modified": c.fixed(50),
		"visibilityCriteria": map[string]any{"expression": map[string]any{"operator": "EQUALS", "attribute": "department", "value": map[string]any{"type": "STRING", "value": "Finance"}, "children": []any{}}},
	})
	rule := c.Hex32("rule", "correlation")
	s.configObject("RULE", rule, "Correlate by e-mail", map[string]any{
		"id": rule, "name": "Correlate by e-mail", "type": "Correlation", "description": nil, "created": c.fixed(600), "modified": nil,
		"sourceCode": map[string]any{"version": "1.0", "script": "import java.util.*;\nreturn Collections.singletonMap(\"email\", account.getStringAttribute(\"mail\"));\n"},
		"attributes": map[string]any{"ObjectOrientedScript": "true"}, "signature": map[string]any{"input": []any{}, "output": nil},
	})
	transform := c.UUID("transform", "lower")
	s.configObject("TRANSFORM", transform, "Lower case e-mail", map[string]any{"id": transform, "name": "Lower case e-mail", "type": "lower", "attributes": map[string]any{}, "internal": false})
	tag := c.UUID("tag", "sox")
	s.configObject("TAG", tag, "SOX", map[string]any{"id": tag, "name": "SOX", "created": c.fixed(100), "modified": c.fixed(100), "tagCategoryRefs": []any{}})
	filter := c.Hex32("campaign filter", "1")
	s.configObject("CAMPAIGN_FILTER", filter, "Without contractors", map[string]any{"id": filter, "name": "Without contractors", "description": "", "owner": c.People[0].spRef(), "mode": "EXCLUSION", "criteriaList": []any{}})
	auth := c.Hex32("auth org")
	s.configObject("AUTH_ORG", auth, "", map[string]any{"tenant": "example-inc", "authErrorText": nil, "created": stamp(c.Plan.FirstDay.AddDate(-2, 0, 0), time.RFC3339)})
}
