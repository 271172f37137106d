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
func (c *company) sailpointConfig(s *sailpointExport) {
	c.configSources(s)
	c.configProfiles(s)
	c.configRoles(s)
	c.configPolicies(s)
	c.configGroups(s)
	c.configLifecycle(s)
	c.configOther(s)
}

func (c *company) sourceRef(a *application) spRef { return spRef{"SOURCE", a.sourceID, a.name} }

func (c *company) hrSource() spRef { return spRef{"SOURCE", c.hex32("source", "hr"), "HR"} }

func (c *company) configSources(s *sailpointExport) {
	hr := c.hrSource()
	s.configObject("SOURCE", hr.ID, "HR [source-1]", map[string]any{
		"id": hr.ID, "name": "HR", "type": "Delimited File", "connectorClass": "sailpoint.connector.DelimitedFileConnector", "description": "Authoritative",
		"owner": c.people[0].spRef(), "authoritative": true, "features": []string{"DIRECT_PERMISSIONS"}, "schemas": []any{}, "connectorAttributes": map[string]any{"fileHasHeader": true},
	})
	for _, a := range c.apps {
		if a.sailpoint {
			s.configObject("SOURCE", a.sourceID, a.name+" [source-"+a.slug+"]", map[string]any{
				"id": a.sourceID, "name": a.name, "type": a.name, "connectorClass": "sailpoint.connector.OpenConnectorAdapter", "connectorScriptName": a.slug, "description": nil,
				"deleteThreshold": 10, "provisionAsCsv": false, "owner": c.people[0].spRef(), "authoritative": false, "features": []string{"ENABLE", "PROVISIONING"},
				"schemas":             []any{map[string]any{"name": "account", "nativeObjectType": "User", "identityAttribute": "id"}},
				"connectorAttributes": map[string]any{"host": a.instance, "slpt-source-diagnostics": ""}, "provisioningPolicies": []any{},
			})
		}
	}
}

func entitlementRefs(groups []*group) []spRef {
	out := []spRef{}
	for _, g := range groups {
		out = append(out, spRef{"ENTITLEMENT", g.entitleID, g.name})
	}
	return out
}

func (c *company) profileRef(g *group) spRef {
	return spRef{"ACCESS_PROFILE", c.hex32("access profile", g.app.slug, g.name), g.app.name + ": " + g.name}
}

func (c *company) fixed(days int) string { return stamp(c.cfg.Now.AddDate(0, 0, -days), millis) }

func (c *company) configProfiles(s *sailpointExport) {
	for _, a := range c.apps {
		for _, g := range a.groups {
			if !a.sailpoint || g.reserved {
				continue
			}
			ref := c.profileRef(g)
			s.configObject("ACCESS_PROFILE", ref.ID, ref.Name, map[string]any{
				"id": ref.ID, "name": ref.Name, "description": "Access to " + g.name, "created": c.fixed(400), "modified": c.fixed(100), "enabled": true, "owner": g.owner.spRef(),
				"source": c.sourceRef(a), "entitlements": entitlementRefs([]*group{g}), "requestable": true, "segments": nil,
				"accessRequestConfig": map[string]any{"commentsRequired": true, "approvalSchemes": []any{map[string]any{"approverType": "MANAGER", "approverId": nil}}},
			})
		}
	}
}

func (c *company) configRoles(s *sailpointExport) {
	for _, r := range c.roles {
		profiles := []spRef{}
		for _, g := range r.profiles {
			profiles = append(profiles, c.profileRef(g))
		}
		s.configObject("ROLE", r.id, r.name, map[string]any{
			"id": r.id, "name": r.name, "description": r.description, "created": c.fixed(500), "modified": stamp(r.modified, millis), "owner": r.owner.spRef(),
			"additionalOwners": []any{}, "accessProfiles": profiles, "entitlements": entitlementRefs(r.entitlements), "membership": c.membership(r), "enabled": true,
			"requestable": r.requestable, "segments": []string{}, "dimensional": false, "dimensionRefs": []any{}, "legacyMembershipInfo": nil,
		})
	}
}

func (c *company) membership(r *businessRole) map[string]any {
	if r.department != "" {
		return map[string]any{"type": "STANDARD", "identities": nil, "criteria": map[string]any{
			"operation": "EQUALS", "key": map[string]any{"type": "IDENTITY", "property": "attribute.department", "sourceId": nil}, "stringValue": r.department, "children": nil,
		}}
	}
	type member struct {
		spRef
		AliasName string `json:"aliasName"`
	}
	list := []member{}
	for _, p := range r.members {
		list = append(list, member{p.spRef(), p.email})
	}
	return map[string]any{"type": "IDENTITY_LIST", "criteria": nil, "identities": list}
}

func (c *company) configPolicies(s *sailpointExport) {
	side := func(name string, r *businessRole) map[string]any {
		return map[string]any{"name": name, "criteriaList": entitlementRefs(r.entitlements)}
	}
	for _, p := range c.policies {
		s.configObject("SOD_POLICY", p.id, p.name, map[string]any{
			"id": p.id, "name": p.name, "description": "Nobody may do both", "created": c.fixed(500), "modified": c.fixed(200), "ownerRef": p.owner.spRef(),
			"externalPolicyReference": nil, "policyQuery": nil, "compensatingControls": nil, "correctionAdvice": "Remove one of the two roles", "state": "ENFORCED", "level": p.level,
			"tags": []string{"SOX"}, "creatorId": c.people[0].sailpointID, "modifierId": nil, "violationOwnerAssignmentConfig": map[string]any{"assignmentRule": "MANAGER", "ownerRef": nil},
			"scheduled": true, "type": "CONFLICTING_ACCESS_BASED",
			"conflictingAccessCriteria": map[string]any{"leftCriteria": side(p.left.name, p.left), "rightCriteria": side(p.right.name, p.right)},
		})
	}
	id := c.uuid("sod", "query")
	s.configObject("SOD_POLICY", id, "Contractors with administrator access", map[string]any{
		"id": id, "name": "Contractors with administrator access", "description": nil, "ownerRef": c.people[0].spRef(), "state": "NOT_ENFORCED", "level": "LOW",
		"policyQuery": "@access(privileged:true) AND attributes.employment:Contractor", "type": "GENERAL", "conflictingAccessCriteria": nil, "tags": []string{}, "scheduled": false,
	})
}

func (c *company) configGroups(s *sailpointExport) {
	for i, d := range departments[:5] {
		id := c.uuid("workgroup", d.name)
		owner := c.people[i]
		s.configObject("GOVERNANCE_GROUP", id, d.name+" reviewers", map[string]any{
			"id": id, "name": d.name + " reviewers", "description": "Review the access of " + d.name, "memberCount": 3 + i, "connectionCount": 1, "created": c.fixed(300), "modified": c.fixed(30),
			"owner": map[string]any{"type": "IDENTITY", "id": owner.sailpointID, "name": owner.name(), "displayName": owner.name(), "emailAddress": owner.email},
		})
	}
}

func (c *company) configLifecycle(s *sailpointExport) {
	profiles := []string{"Employees", "Contractors"}
	for i, name := range profiles {
		id := c.hex32("identity profile", name)
		s.configObject("IDENTITY_PROFILE", id, name, map[string]any{
			"id": id, "name": name, "description": nil, "owner": c.people[0].spRef(), "priority": 10 * (i + 1), "authoritativeSource": c.hrSource(), "identityRefreshRequired": false,
			"identityCount": c.cfg.People / (1 + 9*i), "hasTimeBasedAttr": true, "created": c.fixed(900), "modified": c.fixed(90),
			"identityAttributeConfig": map[string]any{"enabled": true, "attributeTransforms": []any{map[string]any{"identityAttributeName": "email", "transformDefinition": map[string]any{"type": "accountAttribute", "attributes": map[string]any{"attributeName": "email", "sourceName": "HR"}}}}},
		})
		for _, state := range []struct{ name, kind string }{{"Active", "ACTIVE"}, {"Leave of absence", "INACTIVE_SHORT_TERM"}, {"Terminated", "INACTIVE_LONG_TERM"}} {
			id := c.hex32("lifecycle state", name, state.name)
			s.configObject("LIFECYCLE_STATE", id, state.name, map[string]any{
				"id": id, "name": state.name, "technicalName": slugOf(state.name), "enabled": true, "description": nil, "identityCount": 0, "accessProfileIds": []string{}, "identityState": state.kind,
				"accountActions":     []any{map[string]any{"action": "DISABLE", "sourceIds": nil, "excludeSourceIds": nil, "allSources": state.kind != "ACTIVE"}},
				"identityProfileRef": spRef{"IDENTITY_PROFILE", c.hex32("identity profile", name), name}, "priority": 10, "accessActionConfiguration": map[string]any{"removeAllAccessEnabled": false},
			})
		}
	}
}

func (c *company) configOther(s *sailpointExport) {
	segment := c.uuid("segment", "finance")
	s.configObject("SEGMENT", segment, "Finance only", map[string]any{
		"id": segment, "name": "Finance only", "description": "Seen by Finance", "owner": c.people[0].spRef(), "active": true, "created": c.fixed(200), "modified": c.fixed(50),
		"visibilityCriteria": map[string]any{"expression": map[string]any{"operator": "EQUALS", "attribute": "department", "value": map[string]any{"type": "STRING", "value": "Finance"}, "children": []any{}}},
	})
	rule := c.hex32("rule", "correlation")
	s.configObject("RULE", rule, "Correlate by e-mail", map[string]any{
		"id": rule, "name": "Correlate by e-mail", "type": "Correlation", "description": nil, "created": c.fixed(600), "modified": nil,
		"sourceCode": map[string]any{"version": "1.0", "script": "import java.util.*;\nreturn Collections.singletonMap(\"email\", account.getStringAttribute(\"mail\"));\n"},
		"attributes": map[string]any{"ObjectOrientedScript": "true"}, "signature": map[string]any{"input": []any{}, "output": nil},
	})
	transform := c.uuid("transform", "lower")
	s.configObject("TRANSFORM", transform, "Lower case e-mail", map[string]any{"id": transform, "name": "Lower case e-mail", "type": "lower", "attributes": map[string]any{}, "internal": false})
	tag := c.uuid("tag", "sox")
	s.configObject("TAG", tag, "SOX", map[string]any{"id": tag, "name": "SOX", "created": c.fixed(100), "modified": c.fixed(100), "tagCategoryRefs": []any{}})
	filter := c.hex32("campaign filter", "1")
	s.configObject("CAMPAIGN_FILTER", filter, "Without contractors", map[string]any{"id": filter, "name": "Without contractors", "description": "", "owner": c.people[0].spRef(), "mode": "EXCLUSION", "criteriaList": []any{}})
	auth := c.hex32("auth org")
	s.configObject("AUTH_ORG", auth, "", map[string]any{"tenant": "example-inc", "authErrorText": nil, "created": stamp(c.cfg.Now.AddDate(-2, 0, 0), time.RFC3339)})
}
