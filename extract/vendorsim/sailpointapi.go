package vendorsim

import (
	"bytes"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const sailpointTokenPath = "/oauth/token"

var sailpointTypes = strings.Fields(`
	ACCESS_PROFILE ACCESS_REQUEST_CONFIG ATTR_SYNC_SOURCE_CONFIG AUTH_ORG CAMPAIGN_FILTER CONNECTOR_RULE FORM_DEFINITION GOVERNANCE_GROUP
	IDENTITY_OBJECT_CONFIG IDENTITY_PROFILE LIFECYCLE_STATE NOTIFICATION_TEMPLATE PASSWORD_POLICY PASSWORD_SYNC_GROUP
	PUBLIC_IDENTITIES_CONFIG ROLE RULE SEGMENT SERVICE_DESK_INTEGRATION SOD_POLICY SOURCE TAG TRANSFORM TRIGGER_SUBSCRIPTION WORKFLOW`)

// importable types are those for which objectOptions are honoured.
var importable = strings.Fields(`CONNECTOR_RULE IDENTITY_OBJECT_CONFIG IDENTITY_PROFILE RULE SOURCE TRANSFORM TRIGGER_SUBSCRIPTION`)

// servicePath is the path without its version: /v2024/sp-config/export and
// /sp-config/v1/export are both [sp-config export].
func servicePath(path string) ([]string, bool) {
	seg := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case slices.Contains([]string{"v2024", "v2025", "v2026"}, seg[0]):
		return seg[1:], len(seg) > 1
	case len(seg) > 1 && seg[1] == "v1":
		return append(seg[:1:1], seg[2:]...), true
	}
	return nil, false
}

// classify finds the dataset that a call is about.
func (sv *sailpointAPI) classify(c *call) {
	seg, ok := servicePath(c.URL.Path)
	if !ok {
		return
	}
	path := strings.Join(seg, "/")
	switch {
	case strings.HasPrefix(path, "sp-config/"):
		c.dataset = "sailpoint.config_objects"
		c.starts = c.Method == http.MethodPost
	case path == "role-mining-sessions":
		c.dataset = "sailpoint.role_mining_sessions"
	case strings.Contains(path, "/identities"):
		c.dataset = "sailpoint.potential_role_identities"
	case strings.Contains(path, "popularit"), strings.Contains(path, "/export"):
		c.dataset = "sailpoint.potential_role_entitlements"
		c.starts = strings.HasSuffix(path, "/export-async") && c.Method == http.MethodPost
	case strings.Contains(path, "potential-role"):
		c.dataset = "sailpoint.potential_roles"
	case strings.Contains(path, "/entitlement-changes"):
		c.dataset = "sailpoint.entitlement_changes"
	case strings.HasPrefix(path, "role-insights"):
		c.dataset = "sailpoint.role_insights"
	}
}

// spError is the standard error object.
func spError(status int, detail, message string) *answer {
	text := []map[string]any{{"locale": "en-US", "localeOrigin": "DEFAULT", "text": message}}
	return jsonAnswer(status, map[string]any{"detailCode": detail, "trackingId": "b21b1f7ce4da4d639f2c62a57171b427", "messages": text, "causes": text})
}

func spBad(message string) *answer { return spError(400, "400.1 Bad Request Content", message) }

func spMissing() *answer {
	return spError(404, "404 Not found", "The server did not find a current representation for the target resource.")
}

// sailpointAPI answers the calls to SailPoint in one generation.
type sailpointAPI struct {
	*desk
	now                    *sailpointExport
	url                    string // of this API
	clientID, clientSecret string
	pastEnd                int // status of a page that begins where the list ends; 0 means 200
}

// answer is what SailPoint says to a call.
func (sv *sailpointAPI) answer(c *call) *answer {
	switch c.URL.Path {
	case sailpointTokenPath:
		return sv.sailpointToken(c)
	case "/oauth/info":
		return jsonAnswer(200, map[string]any{
			"tenantId": sv.id("tenant"), "tenantName": "example-inc", "authorizeEndpoint": sv.url + "/oauth/authorize", "tokenEndpoint": sv.url + sailpointTokenPath,
			"cloudDomainUrl": sv.url, "logoutUrl": nil, "pod": "local",
		})
	}
	seg, ok := servicePath(c.URL.Path)
	if !ok {
		return spMissing()
	}
	if !sv.authorized(c) {
		return jsonAnswer(401, map[string]string{"error": "JWT validation failed: JWT is expired"})
	}
	if strings.HasPrefix(seg[0], "role-") && c.Header.Get("X-SailPoint-Experimental") != "true" {
		return spBad("The X-SailPoint-Experimental header must be true to use this endpoint.")
	}
	switch seg[0] {
	case "role-mining-sessions":
		return sv.roleMining(c, seg[1:])
	case "role-mining-potential-roles":
		return sv.allPotentialRoles(c, seg[1:])
	case "role-insights":
		return sv.roleInsights(c, seg[1:])
	case "sp-config":
		return sv.spConfig(c, seg[1:])
	}
	return spMissing()
}

// sailpointToken takes its fields from a form of either kind or the query.
func (sv *sailpointAPI) sailpointToken(c *call) *answer {
	if c.Method != http.MethodPost {
		return oauthError(405, "invalid_request", "use POST")
	}
	form := c.URL.Query()
	mediaType, params, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	switch mediaType {
	case "application/x-www-form-urlencoded":
		more, err := url.ParseQuery(string(c.body))
		if err != nil {
			return oauthError(400, "invalid_request", "the body must be a form")
		}
		for k, v := range more {
			form[k] = v
		}
	case "multipart/form-data":
		more, err := multipart.NewReader(bytes.NewReader(c.body), params["boundary"]).ReadForm(1 << 20)
		if err != nil {
			return oauthError(400, "invalid_request", "the body must be a form")
		}
		for k, v := range more.Value {
			form[k] = v
		}
	}
	switch {
	case form.Get("grant_type") != "client_credentials":
		return oauthError(400, "unsupported_grant_type", "only client_credentials")
	case form.Get("client_id") != sv.clientID || form.Get("client_secret") != sv.clientSecret:
		return oauthError(401, "invalid_client", "Bad client credentials")
	}
	return jsonAnswer(200, map[string]any{
		"access_token": sv.mint("sailpoint"), "token_type": "bearer", "expires_in": int(sv.tokenLife.Seconds()), "scope": "sp:scopes:all", "accessType": "OFFLINE",
		"tenant_id": sv.id("tenant"), "internal": false, "pod": "local", "org": "example-inc", "strong_auth": true, "strong_auth_supported": true,
		"user_id": "1", "identity_id": sv.id("admin"), "enabled": true, "jti": sv.id("jti"),
	})
}

// page cuts a list as the collection parameters say.
func (sv *sailpointAPI) page(c *call, g grammar, objects []object) *answer {
	q := c.URL.Query()
	offset, err1 := number(q.Get("offset"), 0)
	limit, err2 := number(q.Get("limit"), 250)
	if err1 != nil || err2 != nil || offset < 0 || limit < 0 || limit > 250 {
		return spBad("offset must not be negative and limit must be between 0 and 250.")
	}
	if v := q.Get("count"); v != "" && v != "true" && v != "false" {
		return spBad("count must be true or false.")
	}
	objects, err := g.apply(objects, q.Get("filters"), q.Get("sorters"))
	if err != nil {
		return spBad(err.Error())
	}
	total := len(objects)
	if past := sv.pastEnd; past != 0 && offset > 0 && offset >= total {
		return spError(past, strconv.Itoa(past)+" "+http.StatusText(past), "The page begins after the end of the list.")
	}
	offset = min(offset, total)
	a := respond(200, "application/json", string(listJSON(objects[offset:min(offset+limit, total)])))
	if q.Get("count") == "true" {
		a.header.Set("X-Total-Count", strconv.Itoa(total))
	}
	return a
}

func number(s string, otherwise int) (int, error) {
	if s == "" {
		return otherwise, nil
	}
	return strconv.Atoi(s)
}

func only(objects []object, part string) []object {
	var out []object
	for _, o := range objects {
		if o.part == part {
			out = append(out, o)
		}
	}
	return out
}

func find(objects []object, key string) *object {
	for i := range objects {
		if objects[i].key == key {
			return &objects[i]
		}
	}
	return nil
}

func one(o *object) *answer {
	if o == nil {
		return spMissing()
	}
	return respond(200, "application/json", string(o.json))
}
