package sailpoint

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// governance are the lists of what SailPoint governs, by dataset. Part is the
// record that a list is asked for.
type governance map[string][]object

// add puts a record under a dataset, without the members that are nil.
func (g governance) add(dataset, key, part string, record map[string]any) {
	g[dataset] = append(g[dataset], object{Key: key, Part: part, json: export.CompactJSON(record)})
}

func writeGovernance(c *company.Company, s *Export) {
	s.governed = governance{}
	s.governed.fromConfig(s.config)
	for _, w := range c.Workgroups {
		s.governed.add("workgroups", w.ID, "", workgroupOf(c, w))
		for _, p := range w.Members {
			s.governed.add("workgroup_members", w.ID+"/"+p.SailPointID, w.ID, map[string]any{"type": "IDENTITY", "id": p.SailPointID, "name": p.Name(), "email": p.Email})
		}
	}
	for _, k := range c.Campaigns {
		s.governed.add("campaigns", k.ID, "", campaignOf(k))
		for _, f := range k.Certifications {
			s.governed.add("certifications", f.ID, "", certificationOf(f))
			for _, it := range f.Items {
				s.governed.add("access_review_items", it.ID, f.ID, reviewOf(c, it, !f.Signed.IsZero()))
			}
		}
	}
	for _, r := range c.Items {
		own, all := requestOf(c, r), requestOf(c, r)
		own["privilegeLevel"], own["requestedAccounts"], all["reauthorizationRequired"] = nil, nil, false
		s.governed.add("access_request_status", r.ItemID, "", own)
		s.governed.add("access_request_administration", r.ItemID, "", all)
		if r.State == "REQUEST_COMPLETED" {
			s.governed.add("account_activities", c.Hex32("activity", r.ItemID), "", activityOf(c, r))
		}
	}
	for _, p := range c.People {
		s.governed.add("historical_identities", p.SailPointID, "", map[string]any{"id": p.SailPointID, "displayName": p.Name(), "firstName": p.First, "lastName": p.Last, "active": !p.Left(c.Today), "deletedDate": nil})
		if p.Left(c.Today) {
			s.governed.add("account_activities", c.Hex32("activity", "left", p.SailPointID), "", leavingOf(c, p))
		}
	}
	for _, v := range c.Violations {
		s.governed.add("sod_violations", v.ID, "", violationOf(v))
	}
	writeOutliers(c, s)
}

// fromConfig lists the objects of the configuration that have lists too.
func (g governance) fromConfig(config []object) {
	for _, o := range config {
		dataset := map[string]string{"SOD_POLICY": "sod_policies", "SEGMENT": "segments", "IDENTITY_PROFILE": "identity_profiles", "LIFECYCLE_STATE": "lifecycle_states"}[o.Part]
		if dataset == "" {
			continue
		}
		var exported spConfigObject
		var body map[string]any
		if json.Unmarshal(o.json, &exported) != nil || json.Unmarshal(exported.Object, &body) != nil {
			panic("vendorsim: an object of the configuration is none")
		}
		part := ""
		if ref, ok := body["identityProfileRef"].(map[string]any); ok { // only exports have it
			part = ref["id"].(string)
			delete(body, "identityProfileRef")
		}
		g.add(dataset, exported.Self.ID, part, body)
	}
}

// writeOutliers is the one export of these that is a ZIP: its layout is that of
// other exports of the product, as it is undocumented.
func writeOutliers(c *company.Company, s *Export) {
	t := s.Table("outliers", plain("identityId type firstDetectionDate latestDetectionDate ignored displayName department")...)
	for _, o := range c.Outliers {
		t.Add(o.Person.SailPointID+"/"+o.Kind, o.Person.SailPointID, o.Kind, export.Stamp(o.First, millis), export.Stamp(c.Today, millis), export.Bool(o.Ignored), o.Person.Name(), o.Person.Department).Part = export.Bool(o.Ignored)
	}
}

func (s *Export) outliers() []byte {
	t := s.Tables["sailpoint.outliers"]
	return export.Zip([][2]string{{"outliers.csv", string(t.Payload("false"))}, {"outliers-ignored.csv", string(t.Payload("true"))}})
}

func workgroupOf(c *company.Company, w *company.Workgroup) map[string]any {
	return map[string]any{
		"id": w.ID, "name": w.Name, "description": w.About, "memberCount": len(w.Members), "connectionCount": 1, "created": fixed(c, 300), "modified": fixed(c, 30),
		"owner": map[string]any{"type": "IDENTITY", "id": w.Owner.SailPointID, "name": w.Owner.Name(), "displayName": w.Owner.Name(), "emailAddress": w.Owner.Email},
	}
}

func campaignOf(k *company.Campaign) map[string]any {
	status := "ACTIVE"
	if k.Done() {
		status = "COMPLETED"
	}
	return map[string]any{
		"id": k.ID, "name": k.Name, "description": "Made for the demo", "deadline": export.Stamp(k.Deadline, millis), "type": k.Kind, "emailNotificationEnabled": true, "autoRevokeAllowed": false, "recommendationsEnabled": false,
		"status": status, "correlatedStatus": "CORRELATED", "created": export.Stamp(k.Created, millis), "totalCertifications": len(k.Certifications), "completedCertifications": k.SignedOff(), "alerts": nil,
		"modified": export.Stamp(k.Created, millis), "filter": nil, "sunsetCommentsRequired": true, "mandatoryCommentRequirement": "NO_DECISIONS", "sourcesWithOrphanEntitlements": []any{},
		"sourceOwnerCampaignInfo": nil, "searchCampaignInfo": nil, "roleCompositionCampaignInfo": nil, "machineAccountCampaignInfo": nil,
	}
}

func certificationOf(f *company.Certification) map[string]any {
	k := f.Campaign
	phase, signed := "ACTIVE", any(nil)
	if !f.Signed.IsZero() {
		phase, signed = "SIGNED", export.Stamp(f.Signed, millis)
	}
	return map[string]any{
		"id": f.ID, "name": f.Name, "completed": f.Decided() == len(f.Items), "identitiesCompleted": 0, "identitiesTotal": 1, "created": export.Stamp(k.Created, millis), "modified": export.Stamp(k.Created, millis),
		"campaign":      map[string]any{"id": k.ID, "name": k.Name, "type": "CAMPAIGN", "campaignType": k.Kind, "description": nil, "correlatedStatus": "CORRELATED", "mandatoryCommentRequirement": "NO_DECISIONS"},
		"decisionsMade": f.Decided(), "decisionsTotal": len(f.Items), "due": export.Stamp(k.Deadline, millis), "signed": signed, "phase": phase, "hasErrors": false, "errorMessage": nil, "reassignment": nil,
		"reviewer": map[string]any{"id": f.Reviewer.SailPointID, "name": f.Reviewer.Name(), "email": f.Reviewer.Email, "type": "IDENTITY", "created": nil, "modified": nil},
	}
}

func reviewOf(c *company.Company, it *company.ReviewItem, signed bool) map[string]any {
	access := map[string]any{"entitlement": nil, "accessProfile": nil, "role": nil}
	if g := it.Group; g != nil {
		access["access"] = spRef{"ENTITLEMENT", g.EntitlementID, g.Name}
		access["entitlement"] = map[string]any{
			"id": g.EntitlementID, "name": g.Name, "description": nil, "privileged": false, "owner": nil, "attributeName": "groups", "attributeValue": g.ID, "sourceSchemaObjectType": "group", "sourceName": g.App.Name, "sourceType": g.App.Name,
			"sourceId": g.App.SourceID, "hasPermissions": false, "isPermission": false, "revocable": true, "cloudGoverned": false, "containsDataAccess": false, "dataAccess": nil, "account": reviewedAccount(c, it.Account),
		}
	} else {
		access["access"] = spRef{"ROLE", it.Role.ID, it.Role.Name}
		access["role"] = map[string]any{"id": it.Role.ID, "name": it.Role.Name, "description": it.Role.Description, "privileged": false, "owner": nil, "revocable": true, "endDate": nil, "accessProfiles": []any{}, "entitlements": []any{}}
	}
	out := map[string]any{"id": it.ID, "accessSummary": access, "identitySummary": summaryFor(c, it.Person), "completed": signed, "newAccess": false, "decision": nil, "comments": nil}
	if it.Decision != "" {
		out["decision"] = it.Decision
	}
	if it.Comment != "" {
		out["comments"] = it.Comment
	}
	return out
}

// reviewedAccount is the account that has the entitlement under review.
func reviewedAccount(c *company.Company, a *company.Account) map[string]any {
	return map[string]any{
		"id": AccountID(c, a), "nativeIdentity": a.ID, "name": a.Username, "type": "IDENTITY", "disabled": !a.Enabled, "locked": false, "created": export.Stamp(a.Created, millis), "modified": nil,
		"activityInsights": nil, "description": nil, "governanceGroupId": nil, "owner": nil,
	}
}

// summaryFor is what SailPoint puts for an identity in reviews and activities; its
// id is not that of the identity.
func summaryFor(c *company.Company, p *company.Person) map[string]any {
	return map[string]any{"id": c.Hex32("summary", p.SailPointID), "name": p.Name(), "identityId": p.SailPointID, "completed": false}
}

func requestOf(c *company.Company, r *company.ItemRequest) map[string]any {
	name := r.Group.Name
	if r.Kind == "ACCESS_PROFILE" {
		name = profileRef(c, r.Group).Name
	}
	stamp := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return export.Stamp(t, millis)
	}
	phase := map[string]any{"started": stamp(r.Created), "finished": stamp(r.Decided), "name": "APPROVAL_PHASE", "state": "EXECUTING", "result": nil, "phaseReference": "approvalDetails"}
	if r.Approval != "PENDING" {
		phase["state"], phase["result"] = "COMPLETED", map[string]any{"APPROVED": "SUCCESSFUL", "REJECTED": "FAILED"}[r.Approval]
	}
	out := map[string]any{
		"id": c.Hex32("request id", r.ItemID), "name": name, "type": r.Kind, "state": r.State, "requestType": r.Action, "requester": personRef(r.Requester), "requestedFor": personRef(r.For), "created": stamp(r.Created), "modified": stamp(r.Decided),
		"startDate": nil, "removeDate": stamp(r.Ends), "accountActivityItemId": r.ItemID, "accessRequestId": r.RequestID, "requesterComment": nil, "description": nil, "cancelable": r.Approval == "PENDING",
		"approvalDetails": []any{map[string]any{
			"forwarded": false, "originalOwner": personRef(r.Approver), "currentOwner": personRef(r.Approver), "modified": stamp(r.Decided), "status": r.Approval, "scheme": "MANAGER", "errorMessages": nil, "comment": nil, "removeDate": nil,
		}},
		"accessRequestPhases": []any{phase}, "manualWorkItemDetails": nil, "errorMessages": nil, "cancelledRequestDetails": nil, "sodViolationContext": nil, "provisioningDetails": nil, "preApprovalTriggerDetails": nil, "clientMetadata": nil,
	}
	if r.Why != "" {
		out["requesterComment"] = map[string]any{"comment": r.Why, "created": stamp(r.Created), "author": personRef(r.Requester)}
	}
	return out
}

func activityOf(c *company.Company, r *company.ItemRequest) map[string]any {
	id := c.Hex32("activity", r.ItemID)
	item := map[string]any{
		"id": r.ItemID, "name": r.ItemID, "requested": export.Stamp(r.Created, millis), "approvalStatus": "FINISHED", "provisioningStatus": "FINISHED", "requesterComment": nil, "reviewerIdentitySummary": nil, "reviewerComment": nil, "operation": "ADD",
		"attribute": "groups", "value": r.Group.ID, "nativeIdentity": nil, "sourceId": r.Group.App.SourceID, "accountRequestInfo": nil, "clientMetadata": nil, "removeDate": nil,
	}
	return map[string]any{
		"id": id, "name": id, "created": export.Stamp(r.Decided, millis), "modified": nil, "completed": export.Stamp(r.Decided.Add(time.Minute), millis), "completionStatus": "SUCCESS", "type": "appRequest", "errors": nil, "warnings": nil,
		"requesterIdentitySummary": summaryFor(c, r.Requester), "targetIdentitySummary": summaryFor(c, r.For), "items": []any{item}, "executionStatus": "COMPLETED", "clientMetadata": nil,
	}
}

func leavingOf(c *company.Company, p *company.Person) map[string]any {
	id := c.Hex32("activity", "left", p.SailPointID)
	return map[string]any{
		"id": id, "name": id, "created": export.Stamp(p.End, millis), "modified": nil, "completed": export.Stamp(p.End.Add(time.Minute), millis), "completionStatus": "SUCCESS", "type": "LifecycleStateChange", "errors": nil, "warnings": nil,
		"requesterIdentitySummary": nil, "targetIdentitySummary": summaryFor(c, p), "items": []any{}, "executionStatus": "COMPLETED", "clientMetadata": nil,
	}
}

func violationOf(v *company.Violation) map[string]any {
	status, level := "Open", v.Policy.Level[:1]+strings.ToLower(v.Policy.Level[1:])
	controls := []any{}
	switch {
	case !v.Ended.IsZero():
		status = "Remediated"
	case v.Mitigated:
		status = "Mitigated"
		controls = append(controls, map[string]any{"id": v.ID, "violation": v.ID, "status": "Active", "appliedDate": export.Stamp(v.Found, millis)})
	}
	side := func(r *company.BusinessRole) map[string]any {
		items := []any{}
		for _, g := range r.Entitlements {
			items = append(items, map[string]any{"id": g.EntitlementID, "name": g.Name, "type": "ENTITLEMENT", "sourceRef": map[string]any{"id": g.App.SourceID, "name": g.App.Name}})
		}
		return map[string]any{"name": r.Name, "conflictingItems": items}
	}
	changed := v.Found
	if !v.Ended.IsZero() {
		changed = v.Ended
	}
	return map[string]any{
		"id": v.ID, "name": fmt.Sprintf("%s: %s", v.Policy.Name, v.Person.Name()), "created": export.Stamp(v.Found, millis), "modified": export.Stamp(changed, millis), "lastEvaluatedDate": export.Stamp(changed, millis),
		"owner": personRef(v.Policy.Owner), "target": personRef(v.Person), "policy": spRef{"SOD_POLICY", v.Policy.ID, v.Policy.Name}, "status": status, "level": level,
		"conflictingCriteria": []any{side(v.Policy.Left), side(v.Policy.Right)}, "appliedControls": controls, "expiration": nil,
	}
}
