package vendorsim

import (
	"slices"
	"strings"
	"testing"
)

// shapes are the members that SailPoint's published schemas name, with their
// JSON types; '?' allows null. Written by hand from the specification.
var shapes = map[string]string{
	"session": `scope:object minNumIdentitiesInPotentialRole:number? scopingMethod:string? prescribedPruneThreshold:number? pruneThreshold:number?
		potentialRoleCount:number potentialRolesReadyCount:number status:object emailRecipientId:string? createdBy:any identityCount:number saved:bool
		name:string? dataFilePath:string? id:string createdDate:string modifiedDate:string type:string`,
	"summary": `id:string name:string potentialRoleRef:object identityCount:number entitlementCount:number identityGroupStatus:string provisionState:string?
		roleId:string? density:number freshness:number quality:number type:string createdBy:any createdDate:string saved:bool description:string? session:object`,
	"detail": `createdBy:any density:number description:string? entitlementCount:number excludedEntitlements:array? freshness:number identityCount:number
		identityDistribution:array? identityIds:array identityGroupStatus:string? name:string potentialRoleRef:object? provisionState:string? quality:number
		roleId:string? saved:bool session:object type:string id:string createdDate:string modifiedDate:string`,
	"popularity": `entitlementRef:object name:string applicationName:string identityCount:number popularity:number popularityInOrg:number sourceId:string
		activitySourceState:string? sourceUsagePercent:number?`,
	"identity": `id:string name:string attributes:object`,
	"export":   `minEntitlementPopularity:number includeCommonAccess:bool exportId:string status:string`,
	"insight":  `id:string numberOfUpdates:number createdDate:string modifiedDate:string? role:object insight:object`,
	"change":   `name:string id:string description:string? attribute:string value:string source:string insight:object`,
	"job":      `jobId:string status:string type:string created:string modified:string expiration:string description:string`,
	"document": `version:number timestamp:string tenant:string description:string options:object objects:array`,
	"object":   `version:number self:object object:any`,
	"type":     `objectType:string referenceExtractors:array? signatureRequired:bool alwaysResolveById:bool legacyObject:bool onePerTenant:bool exportable:bool rules:object`,
	"summary of insights": `numberOfUpdates:number lastGenerated:string entitlementsIncludedInRoles:number totalNumberOfEntitlements:number
		identitiesWithAccessViaRoles:number totalNumberOfIdentities:number`,
	"token": `access_token:string token_type:string expires_in:number scope:string accessType:string tenant_id:string internal:bool pod:string org:string
		strong_auth:bool strong_auth_supported:bool user_id:string identity_id:string enabled:bool jti:string`,
	"tenant":  `tenantId:string tenantName:string authorizeEndpoint:string tokenEndpoint:string cloudDomainUrl:string logoutUrl:string? pod:string`,
	"message": `locale:string? localeOrigin:string? text:string`,
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "bool"
	case []any:
		return "array"
	}
	return "object"
}

// fits checks that an object has the members of a shape and no other ones;
// more names what may be there besides.
func fits(t *testing.T, shape string, o map[string]any, more ...string) {
	t.Helper()
	known := more
	for member := range strings.FieldsSeq(shapes[shape]) {
		name, kind, _ := strings.Cut(member, ":")
		known = append(known, name)
		v, ok := o[name]
		got := typeOf(v)
		if !ok || kind != "any" && got != strings.TrimSuffix(kind, "?") && !(got == "null" && strings.HasSuffix(kind, "?")) {
			t.Errorf("%s: %s is %s (there: %v), want %s", shape, name, got, ok, kind)
		}
	}
	for name := range o {
		if !slices.Contains(known, name) {
			t.Errorf("%s: %s is not in the specification", shape, name)
		}
	}
}

func TestSailPoint_answersFitTheSpecification(t *testing.T) {
	v := visit(t, Config{})
	token := v.sailpointToken()
	get := func(path string) reply { return v.want(200, v.do("GET", v.server.SailPointURL+path, "", token...)) }

	fits(t, "token", v.form(v.server.SailPointURL+"/oauth/token", v.sailpointFields()).json(t))
	fits(t, "tenant", get("/oauth/info").json(t))
	for _, s := range get("/v2024/role-mining-sessions").list(t) {
		fits(t, "session", s)
		fits(t, "session", get("/v2024/role-mining-sessions/"+s["id"].(string)).json(t))
		if state := get("/v2024/role-mining-sessions/" + s["id"].(string) + "/status").json(t)["state"]; !strings.HasPrefix(state.(string), "POTENTIAL_ROLES_") {
			t.Errorf("state %v", state)
		}
	}
	summary := get("/v2024/role-mining-potential-roles").list(t)[0]
	fits(t, "summary", summary)
	session, role := "/v2024/role-mining-sessions/"+summary["session"].(map[string]any)["id"].(string), summary["id"].(string)
	fits(t, "summary", get(session + "/potential-role-summaries").list(t)[0])
	fits(t, "detail", get(session+"/potential-role-summaries/"+role).json(t))
	fits(t, "detail", get("/v2024/role-mining-potential-roles/"+role).json(t))
	fits(t, "popularity", get(session + "/potential-roles/" + role + "/entitlement-popularities").list(t)[0])
	fits(t, "identity", get(session + "/potential-roles/" + role + "/identities").list(t)[0])
	get(session + "/potential-roles/" + role + "/excluded-entitlements")
	if len(get(session+"/potential-roles/"+role+"/entitlement-popularity-distribution").json(t)) == 0 {
		t.Error("empty distribution")
	}
	export := v.want(202, v.do("POST", v.server.SailPointURL+session+"/potential-roles/"+role+"/export-async", "", token...)).json(t)
	fits(t, "export", export)
	fits(t, "export", get(session+"/potential-roles/"+role+"/export-async/"+export["exportId"].(string)).json(t))

	insight := get("/v2024/role-insights").list(t)[0]
	fits(t, "insight", insight)
	fits(t, "insight", get("/v2024/role-insights/"+insight["id"].(string)).json(t))
	fits(t, "change", get("/v2024/role-insights/" + insight["id"].(string) + "/entitlement-changes").list(t)[0])
	fits(t, "summary of insights", get("/v2024/role-insights/summary").json(t))

	fits(t, "type", get("/v2024/sp-config/config-objects").list(t)[0])
	job := v.want(202, v.do("POST", v.server.SailPointURL+"/v2024/sp-config/export", `{"description":"d"}`, token...)).json(t)
	fits(t, "job", job)
	fits(t, "job", get("/v2024/sp-config/export/"+job["jobId"].(string)).json(t), "message")
	fits(t, "job", get("/v2024/sp-config/export/"+job["jobId"].(string)).json(t), "message", "completed")
	document := get("/v2024/sp-config/export/" + job["jobId"].(string) + "/download").json(t)
	fits(t, "document", document)
	for _, o := range objectsOf(document) {
		fits(t, "object", o, "jwsHeader", "jwsSignature")
	}
	failure := v.want(404, v.do("GET", v.server.SailPointURL+"/v2024/role-insights/none", "", token...)).json(t)
	fits(t, "message", failure["messages"].([]any)[0].(map[string]any))
}
