package sailpoint

import (
	"bytes"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/api"
)

// TokenPath is where a client gets a token.
const TokenPath = "/oauth/token"

var configTypeNames = strings.Fields(`
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

// Classify finds the dataset that a call is about.
func (sv *API) Classify(c *api.Call) {
	seg, ok := servicePath(c.URL.Path)
	if !ok {
		return
	}
	path := strings.Join(seg, "/")
	if e, _ := endpointOf(seg); e != nil {
		c.Dataset = "sailpoint." + e.dataset
		return
	}
	if e, _, ok := governedList(seg); ok {
		c.Dataset = "sailpoint." + e.dataset
		return
	}
	switch {
	case path == outliersPath:
		c.Dataset = "sailpoint.outliers"
	case strings.HasPrefix(path, "sp-config/"):
		c.Dataset = "sailpoint.config_objects"
		c.Starts = c.Method == http.MethodPost
	case path == "role-mining-sessions":
		c.Dataset = "sailpoint.role_mining_sessions"
	case strings.Contains(path, "/identities"):
		c.Dataset = "sailpoint.potential_role_identities"
	case strings.Contains(path, "popularit"), strings.Contains(path, "/export"):
		c.Dataset = "sailpoint.potential_role_entitlements"
		c.Starts = strings.HasSuffix(path, "/export-async") && c.Method == http.MethodPost
	case strings.Contains(path, "potential-role"):
		c.Dataset = "sailpoint.potential_roles"
	case strings.Contains(path, "/entitlement-changes"):
		c.Dataset = "sailpoint.entitlement_changes"
	case strings.HasPrefix(path, "role-insights"):
		c.Dataset = "sailpoint.role_insights"
	}
}

// Error is the standard error object.
func Error(status int, detail, message string) *api.Answer {
	text := []map[string]any{{"locale": "en-US", "localeOrigin": "DEFAULT", "text": message}}
	return api.JSON(status, map[string]any{"detailCode": detail, "trackingId": "b21b1f7ce4da4d639f2c62a57171b427", "messages": text, "causes": text})
}

// Bad is the answer to a request that makes no sense.
func Bad(message string) *api.Answer { return Error(400, "400.1 Bad Request Content", message) }

func missing() *api.Answer {
	return Error(404, "404 Not found", "The server did not find a current representation for the target resource.")
}

// API answers the calls to SailPoint in one generation.
type API struct {
	*api.Desk
	Now                    *Export
	URL                    string // of this API
	ClientID, ClientSecret string
	PastEnd                int // status of a page that begins where the list ends; 0 means 200
}

// Answer is what SailPoint says to a call.
func (sv *API) Answer(c *api.Call) *api.Answer {
	switch c.URL.Path {
	case TokenPath:
		return sv.token(c)
	case "/oauth/info":
		return api.JSON(200, map[string]any{
			"tenantId": sv.ID("tenant"), "tenantName": "example-inc", "authorizeEndpoint": sv.URL + "/oauth/authorize", "tokenEndpoint": sv.URL + TokenPath,
			"cloudDomainUrl": sv.URL, "logoutUrl": nil, "pod": "local",
		})
	}
	seg, ok := servicePath(c.URL.Path)
	if !ok {
		return missing()
	}
	if !sv.Authorized(c) {
		return api.JSON(401, map[string]string{"error": "JWT validation failed: JWT is expired"})
	}
	if (strings.HasPrefix(seg[0], "role-") || seg[0] == "source-apps") && c.Header.Get("X-SailPoint-Experimental") != "true" {
		return Bad("The X-SailPoint-Experimental header must be true to use this endpoint.")
	}
	if e, parent := endpointOf(seg); e != nil {
		return sv.list(c, e, parent)
	}
	if a, ok := sv.governedAnswer(c, seg); ok {
		return a
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
	return missing()
}

// token takes its fields from a form of either kind or the query.
func (sv *API) token(c *api.Call) *api.Answer {
	if c.Method != http.MethodPost {
		return api.OAuthError(405, "invalid_request", "use POST")
	}
	form := c.URL.Query()
	mediaType, params, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	switch mediaType {
	case "application/x-www-form-urlencoded":
		more, err := url.ParseQuery(string(c.Body))
		if err != nil {
			return api.OAuthError(400, "invalid_request", "the body must be a form")
		}
		for k, v := range more {
			form[k] = v
		}
	case "multipart/form-data":
		more, err := multipart.NewReader(bytes.NewReader(c.Body), params["boundary"]).ReadForm(1 << 20)
		if err != nil {
			return api.OAuthError(400, "invalid_request", "the body must be a form")
		}
		for k, v := range more.Value {
			form[k] = v
		}
	}
	switch {
	case form.Get("grant_type") != "client_credentials":
		return api.OAuthError(400, "unsupported_grant_type", "only client_credentials")
	case form.Get("client_id") != sv.ClientID || form.Get("client_secret") != sv.ClientSecret:
		return api.OAuthError(401, "invalid_client", "Bad client credentials")
	}
	return api.JSON(200, map[string]any{
		"access_token": sv.Mint("sailpoint"), "token_type": "bearer", "expires_in": int(sv.TokenLife.Seconds()), "scope": "sp:scopes:all", "accessType": "OFFLINE",
		"tenant_id": sv.ID("tenant"), "internal": false, "pod": "local", "org": "example-inc", "strong_auth": true, "strong_auth_supported": true,
		"user_id": "1", "identity_id": sv.ID("admin"), "enabled": true, "jti": sv.ID("jti"),
	})
}

// page cuts a list as the collection parameters say.
func (sv *API) page(c *api.Call, g grammar, objects []object) *api.Answer {
	return sv.pageOf(c, g, 250, objects)
}

// pageOf is page for an endpoint with its own size of a page.
func (sv *API) pageOf(c *api.Call, g grammar, most int, objects []object) *api.Answer {
	q := c.URL.Query()
	offset, err1 := number(q.Get("offset"), 0)
	limit, err2 := number(q.Get("limit"), most)
	if err1 != nil || err2 != nil || offset < 0 || limit < 0 || limit > most {
		return Bad(fmt.Sprintf("offset must not be negative and limit must be between 0 and %d.", most))
	}
	if v := q.Get("count"); v != "" && v != "true" && v != "false" {
		return Bad("count must be true or false.")
	}
	objects, err := g.apply(objects, q.Get("filters"), q.Get("sorters"))
	if err != nil {
		return Bad(err.Error())
	}
	total := len(objects)
	if past := sv.PastEnd; past != 0 && offset > 0 && offset >= total {
		return Error(past, strconv.Itoa(past)+" "+http.StatusText(past), "The page begins after the end of the list.")
	}
	offset = min(offset, total)
	a := api.Respond(200, "application/json", string(listJSON(objects[offset:min(offset+limit, total)])))
	if q.Get("count") == "true" {
		a.Header.Set("X-Total-Count", strconv.Itoa(total))
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
		if o.Part == part {
			out = append(out, o)
		}
	}
	return out
}

func find(objects []object, key string) *object {
	for i := range objects {
		if objects[i].Key == key {
			return &objects[i]
		}
	}
	return nil
}

func one(o *object) *api.Answer {
	if o == nil {
		return missing()
	}
	return api.Respond(200, "application/json", string(o.json))
}
