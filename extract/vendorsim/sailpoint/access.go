package sailpoint

import (
	"strconv"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

func (s *Export) listed(dataset, key, part string, body any) {
	s.lists[dataset] = append(s.lists[dataset], object{Key: key, Part: part, json: export.CompactJSON(body)})
}

// writeAccess is who there is and what they have: identities, accounts in the
// sources, entitlements, and who has which role.
func writeAccess(c *company.Company, s *Export) {
	for _, p := range c.People {
		s.listed("identities", p.SailPointID, "", identityOf(c, p))
		s.listed("public_identities", p.SailPointID, "", publicOf(c, p))
		s.listed("search_identities", p.SailPointID, "", foundOf(c, p))
	}
	for _, a := range c.Accounts {
		if a.App.SailPoint {
			id := AccountID(c, a)
			s.listed("accounts", id, "", accountOf(c, a, id))
			s.shadow(c, a)
			if a.Kind == "machine" {
				m := machineOf(c, a)
				s.listed("machine_identities", m["id"].(string), "", m)
			}
		}
	}
	s.listed("sources", hrSource(c).ID, "", hrListed(c))
	for _, app := range c.Apps {
		if !app.SailPoint {
			continue
		}
		s.listed("sources", app.SourceID, "", sourceListed(c, app))
		id := c.UUID("source app", app.Slug)
		s.listed("source_apps", id, "", map[string]any{
			"id": id, "cloudAppId": nil, "name": app.Name, "created": fixed(c, 700), "modified": fixed(c, 60), "enabled": true, "provisionRequestEnabled": true, "description": nil,
			"matchAllAccounts": true, "appCenterEnabled": true, "accountSource": sourceRef(c, app), "owner": personRef(c.People[0]),
		})
		for _, g := range app.Groups {
			s.listed("entitlements", g.EntitlementID, "", entitlementOf(c, g))
			if !g.Reserved {
				s.listed("access_profiles", profileRef(c, g).ID, "", profileBody(c, g))
			}
		}
	}
	for _, r := range c.Roles {
		s.listed("roles", r.ID, "", roleBody(c, r))
		for _, d := range dimensionsOf(c, r) {
			s.listed("role_dimensions", d.ID, r.ID, dimensionBody(c, r, d))
		}
		for _, p := range c.Assigned(r) {
			s.listed("role_assignments", r.ID+"/"+p.SailPointID, r.ID, map[string]any{
				"id": p.SailPointID, "aliasName": p.Email, "name": p.Name(), "email": p.Email, "roleAssignmentSource": "ROLE_MEMBERSHIP",
			})
		}
	}
}

// uncorrelatedPublic is the list of uncorrelated identities as every user may see them.
const uncorrelatedPublic = "uncorrelated public_identities"

// shadow adds the identity that SailPoint makes for an account that is nobody's. It is called
// as the account is, and in no list is there a member that tells it from a person.
func (s *Export) shadow(c *company.Company, a *company.Account) {
	id := shadowOf(c, a)
	if id == "" {
		return
	}
	for dataset, body := range map[string]map[string]any{
		"uncorrelated_identities": {
			"id": id, "name": a.Name, "created": export.Stamp(a.Created, millis), "modified": nil, "alias": a.Username, "emailAddress": a.Email, "processingState": nil,
			"identityStatus": "UNREGISTERED", "managerRef": nil, "isManager": false, "lastRefresh": fixed(c, 1), "attributes": map[string]any{"displayName": a.Name, "uid": a.Username, "email": a.Email}, "lifecycleState": nil,
		},
		uncorrelatedPublic: {"id": id, "name": a.Name, "alias": a.Username, "email": a.Email, "status": "Active", "identityState": nil, "manager": nil, "attributes": []any{}},
	} {
		s.listed(dataset, id, "", body)
		list := s.lists[dataset]
		list[len(list)-1].uncorrelated = true
	}
}

// shadowOf is the id of that identity; "" for an account that is somebody's or a machine's.
func shadowOf(c *company.Company, a *company.Account) string {
	if a.Person != nil || a.Kind == "machine" {
		return ""
	}
	return c.Hex32("uncorrelated", a.App.Slug, a.ID)
}

// machineOf is an account of a machine as an identity.
func machineOf(c *company.Company, a *company.Account) map[string]any {
	return map[string]any{
		"id": c.Hex32("machine identity", a.App.Slug, a.ID), "name": a.Name, "created": export.Stamp(a.Created, millis), "modified": nil, "businessApplication": a.App.Name,
		"description": nil, "attributes": map[string]any{}, "subtype": "Application", "owners": map[string]any{"primaryIdentity": personRef(c.People[0]), "secondaryIdentities": []any{}},
		"sourceId": a.App.SourceID, "uuid": nil, "nativeIdentity": a.ID, "manuallyEdited": false, "manuallyCreated": false, "source": sourceRef(c, a.App),
		"datasetId": nil, "userEntitlements": []any{},
	}
}

// AccountID is SailPoint's id of an account.
func AccountID(c *company.Company, a *company.Account) string {
	return c.Hex32("sailpoint account", a.App.Slug, a.ID)
}

func stateOf(c *company.Company, p *company.Person) (status, lifecycle, state string) {
	if p.Left(c.Today) {
		return "TERMINATED", "Terminated", "INACTIVE_LONG_TERM"
	}
	return "ACTIVE", "Active", "ACTIVE"
}

func managerRef(p *company.Person) *spRef {
	if p.Manager == nil {
		return nil
	}
	return ptr(personRef(p.Manager))
}

func identityOf(c *company.Company, p *company.Person) map[string]any {
	status, lifecycle, _ := stateOf(c, p)
	attributes := map[string]any{
		"uid": p.Email, "firstname": p.First, "lastname": p.Last, "displayName": p.Name(), "email": p.Email, "employeeNumber": "W" + strconv.Itoa(p.Number), // as HR, and so BalkanID, has it
		"department": p.Department, "jobTitle": p.Title, "location": p.Location, "startDate": export.Stamp(p.Start, "2006-01-02"),
	}
	if !p.End.IsZero() {
		attributes["endDate"] = export.Stamp(p.End, "2006-01-02")
	}
	return map[string]any{
		"id": p.SailPointID, "name": p.Name(), "created": export.Stamp(p.Start, millis), "modified": fixed(c, 20), "alias": p.Email, "emailAddress": p.Email,
		"processingState": nil, "identityStatus": status, "managerRef": managerRef(p), "isManager": c.Manages(p), "lastRefresh": fixed(c, 1),
		"attributes": attributes, "lifecycleState": map[string]any{"stateName": lifecycle, "manuallyUpdated": false},
	}
}

func publicOf(c *company.Company, p *company.Person) map[string]any {
	_, _, state := stateOf(c, p)
	return map[string]any{
		"id": p.SailPointID, "name": p.Name(), "alias": p.Email, "email": p.Email, "status": map[bool]string{true: "Inactive", false: "Active"}[p.Left(c.Today)], "identityState": state,
		"manager": managerRef(p), "attributes": []any{map[string]any{"key": "department", "name": "Department", "value": p.Department}},
	}
}

// foundOf is an identity as search has it: with its accounts, and what it holds
// through them. Who holds all that an access profile has, holds the profile.
func foundOf(c *company.Company, p *company.Person) map[string]any {
	status, _, _ := stateOf(c, p)
	accounts, access, entitlements, profiles := []any{}, []any{}, 0, 0
	for _, a := range p.Accounts {
		if !a.App.SailPoint {
			continue
		}
		source := map[string]any{"id": a.App.SourceID, "name": a.App.Name}
		accounts = append(accounts, map[string]any{
			"id": AccountID(c, a), "name": a.Username, "accountId": a.ID, "source": source, "disabled": !a.Enabled, "locked": false, "privileged": false, "manuallyCorrelated": false,
		})
		for _, m := range a.Memberships {
			g := m.Group
			entitlements++
			access = append(access, map[string]any{
				"id": g.EntitlementID, "name": g.Name, "type": "ENTITLEMENT", "source": source, "privileged": g.Reserved, "attribute": "groups", "value": g.ID, "standalone": g.Reserved,
			})
			if !g.Reserved {
				profiles++
				ref := profileRef(c, g)
				access = append(access, map[string]any{"id": ref.ID, "name": ref.Name, "type": ref.Type, "source": source, "revocable": true})
			}
		}
	}
	out := map[string]any{
		"id": p.SailPointID, "name": p.Email, "displayName": p.Name(), "firstName": p.First, "lastName": p.Last, "email": p.Email, "employeeNumber": "W" + strconv.Itoa(p.Number),
		"status": status, "inactive": p.Left(c.Today), "disabled": false, "locked": false, "protected": false, "manager": nil, "isManager": c.Manages(p),
		"source": map[string]any{"id": hrSource(c).ID, "name": "HR"}, "accounts": accounts, "accountCount": len(accounts), "access": access, "accessCount": len(access),
		"entitlementCount": entitlements, "accessProfileCount": profiles, "synced": fixed(c, 1), "_type": "identity", "_version": "v7",
	}
	if m := p.Manager; m != nil {
		out["manager"] = map[string]any{"id": m.SailPointID, "name": m.Email, "displayName": m.Name()}
	}
	return out
}

// accountOf: most sources deliver a list where an attribute may have several
// values, Salesforce a text where there is one.
func accountOf(c *company.Company, a *company.Account, id string) map[string]any {
	groups := []string{}
	for _, m := range a.Memberships {
		groups = append(groups, m.Group.ID)
	}
	attributes := map[string]any{"id": a.ID, "userName": a.Username, "displayName": a.Name}
	if a.Email != "" {
		attributes["email"] = a.Email
	}
	switch {
	case a.App.Slug == "salesforce" && len(groups) == 1:
		attributes["groups"] = groups[0]
	case len(groups) > 0:
		attributes["groups"] = groups
	}
	out := map[string]any{
		"id": id, "name": a.Username, "created": export.Stamp(a.Created, millis), "modified": nil, "sourceId": a.App.SourceID, "sourceName": a.App.Name,
		"identityId": nil, "cloudLifecycleState": nil, "identityState": nil, "connectionType": "direct", "isMachine": a.Kind == "machine", "recommendation": nil,
		"attributes": attributes, "authoritative": false, "description": nil, "disabled": !a.Enabled, "locked": false, "nativeIdentity": a.ID, "systemAccount": false,
		"uncorrelated": a.Person == nil, "uuid": nil, "manuallyCorrelated": false, "hasEntitlements": len(groups) > 0, "identity": nil,
		"sourceOwner": personRef(c.People[0]), "features": "ENABLE,PROVISIONING", "origin": "AGGREGATED", "ownerIdentity": nil,
	}
	if p := a.Person; p != nil {
		_, lifecycle, state := stateOf(c, p)
		out["identityId"], out["identity"], out["cloudLifecycleState"], out["identityState"] = p.SailPointID, personRef(p), lifecycle, state
	} else if id := shadowOf(c, a); id != "" {
		out["identityId"] = id
	}
	return out
}

func entitlementOf(c *company.Company, g *company.Group) map[string]any {
	return map[string]any{
		"id": g.EntitlementID, "name": g.Name, "attribute": "groups", "value": g.ID, "sourceSchemaObjectType": "group", "description": g.Name + " in " + g.App.Name,
		"privileged": g.Reserved && g.Kind == "user", "cloudGoverned": false, "requestable": !g.Reserved, "owner": personRef(g.Owner), "additionalOwners": nil,
		"source": sourceRef(c, g.App), "attributes": map[string]any{"name": g.Name}, "segments": nil, "directPermissions": []any{}, "manuallyUpdatedFields": nil,
		"accessModelMetadata": nil, "created": fixed(c, 600), "modified": fixed(c, 90),
	}
}

func sourceListed(c *company.Company, a *company.Application) map[string]any {
	return map[string]any{
		"id": a.SourceID, "name": a.Name, "description": nil, "owner": personRef(c.People[0]), "cluster": nil, "schemas": []any{}, "features": []string{"ENABLE", "PROVISIONING"},
		"type": a.Name, "connector": a.Slug, "connectorClass": "sailpoint.connector.OpenConnectorAdapter", "connectorAttributes": map[string]any{"host": a.Instance},
		"deleteThreshold": 10, "authoritative": false, "managementWorkgroup": nil, "healthy": true, "status": "SOURCE_STATE_HEALTHY", "since": fixed(c, 30),
		"connectorId": a.Slug, "connectorName": a.Name, "connectionType": "direct", "created": fixed(c, 700), "modified": fixed(c, 60), "credentialProviderEnabled": false, "category": nil,
	}
}

func hrListed(c *company.Company) map[string]any {
	hr := hrSource(c)
	return map[string]any{
		"id": hr.ID, "name": hr.Name, "description": "Authoritative", "owner": personRef(c.People[0]), "type": "Delimited File", "connector": "delimited-file",
		"connectorClass": "sailpoint.connector.DelimitedFileConnector", "connectorAttributes": map[string]any{"fileHasHeader": true}, "features": []string{"DIRECT_PERMISSIONS"},
		"authoritative": true, "healthy": true, "status": "SOURCE_STATE_HEALTHY", "connectionType": "file", "created": fixed(c, 800), "modified": fixed(c, 60),
	}
}
