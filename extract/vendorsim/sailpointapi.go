package vendorsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
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

func classifySailPoint(c *call) {
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

func (sv *Server) sailpoint(c *call) *answer {
	switch c.URL.Path {
	case sailpointTokenPath:
		return sv.sailpointToken(c)
	case "/oauth/info":
		return jsonAnswer(200, map[string]any{
			"tenantId": sv.sim.uuid("tenant"), "tenantName": "example-inc", "authorizeEndpoint": sv.SailPointURL + "/oauth/authorize", "tokenEndpoint": sv.SailPointURL + sailpointTokenPath,
			"cloudDomainUrl": sv.SailPointURL, "logoutUrl": nil, "pod": "local",
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
func (sv *Server) sailpointToken(c *call) *answer {
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
	case form.Get("client_id") != sv.SailPointClientID || form.Get("client_secret") != sv.SailPointClientSecret:
		return oauthError(401, "invalid_client", "Bad client credentials")
	}
	return jsonAnswer(200, map[string]any{
		"access_token": sv.mint("sailpoint"), "token_type": "bearer", "expires_in": int(sv.sim.cfg.TokenLife.Seconds()), "scope": "sp:scopes:all", "accessType": "OFFLINE",
		"tenant_id": sv.sim.uuid("tenant"), "internal": false, "pod": "local", "org": "example-inc", "strong_auth": true, "strong_auth_supported": true,
		"user_id": "1", "identity_id": sv.sim.uuid("admin"), "enabled": true, "jti": sv.sim.uuid("jti"),
	})
}

// page cuts a list as the collection parameters say.
func (sv *Server) page(c *call, g grammar, objects []object) *answer {
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
	if past := sv.sim.cfg.PastEnd; past != 0 && offset > 0 && offset >= total {
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

// roleMining answers below /role-mining-sessions.
func (sv *Server) roleMining(c *call, seg []string) *answer {
	view := &c.now.sail
	if len(seg) == 0 && c.Method == http.MethodGet {
		return sv.page(c, sessionGrammar, view.sessions)
	}
	if len(seg) == 0 {
		return notAllowed()
	}
	session := find(view.sessions, seg[0])
	if session == nil {
		return spMissing()
	}
	if len(seg) >= 3 && seg[1] == "potential-roles" {
		return sv.potentialRole(c, session.key, seg[2], seg[3:])
	}
	if c.Method != http.MethodGet {
		return notAllowed()
	}
	switch {
	case len(seg) == 1:
		return one(session)
	case len(seg) == 2 && seg[1] == "status":
		var s spSession
		json.Unmarshal(session.json, &s)
		return jsonAnswer(200, s.Status)
	case len(seg) == 2 && seg[1] == "potential-role-summaries":
		return sv.page(c, summaryGrammar, only(view.summaries, session.key))
	case len(seg) == 3 && seg[1] == "potential-role-summaries":
		return one(find(only(view.details, session.key), seg[2]))
	}
	return spMissing()
}

func notAllowed() *answer {
	return spError(405, "405 Method Not Allowed", "The method is not allowed here.")
}

// potentialRole answers below …/potential-roles/{R}.
func (sv *Server) potentialRole(c *call, session, role string, seg []string) *answer {
	view := &c.now.sail
	if len(seg) >= 1 && seg[0] == "export-async" && !(len(seg) == 1 && c.Method != http.MethodPost) {
		return sv.roleExport(c, session, role, seg[1:])
	}
	if find(only(view.summaries, session), role) == nil || len(seg) != 1 {
		return spMissing()
	}
	if c.Method != http.MethodGet {
		return notAllowed()
	}
	switch seg[0] {
	case "identities":
		return sv.page(c, identityGrammar, only(view.identities, role))
	case "entitlement-popularities":
		list := only(view.popularity, role)
		if c.URL.Query().Get("includeCommonAccess") == "false" {
			list = slices.DeleteFunc(list, func(o object) bool {
				var p spPopularity
				json.Unmarshal(o.json, &p)
				return p.PopularityInOrg > 50
			})
		}
		return sv.page(c, popularityGrammar, list)
	case "excluded-entitlements":
		return sv.page(c, popularityGrammar, nil)
	case "entitlement-popularity-distribution":
		return jsonAnswer(200, distribution(only(view.popularity, role)))
	case "export":
		return respond(200, "application/zip", string(c.now.archive(role, 0, true)))
	}
	return spMissing()
}

func distribution(list []object) map[string]int {
	out := map[string]int{}
	for _, o := range list {
		var p spPopularity
		json.Unmarshal(o.json, &p)
		out[strconv.Itoa(int(p.Popularity))]++
	}
	return out
}

type exportBody struct {
	Popularity *int  `json:"minEntitlementPopularity"`
	Common     *bool `json:"includeCommonAccess"`
}

type exportStatus struct {
	Popularity int    `json:"minEntitlementPopularity"`
	Common     bool   `json:"includeCommonAccess"`
	ExportID   string `json:"exportId"`
	Status     string `json:"status"`
}

// roleExport is the export job of a potential role. A job outlives the
// generation it was started in.
func (sv *Server) roleExport(c *call, session, role string, seg []string) *answer {
	if len(seg) == 0 {
		if find(only(c.now.sail.summaries, session), role) == nil {
			return spMissing()
		}
		var body exportBody
		if len(c.body) > 0 && json.Unmarshal(c.body, &body) != nil || body.Popularity != nil && (*body.Popularity < 0 || *body.Popularity > 100) {
			return spBad("The request was syntactically correct but its content is semantically invalid.")
		}
		j := sv.begin(c, c.dataset)
		j.roleID, j.common = role, body.Common == nil || *body.Common
		if body.Popularity != nil {
			j.popularity = *body.Popularity
		}
		return jsonAnswer(202, exportStatus{j.popularity, j.common, j.id, "QUEUED"})
	}
	j := sv.jobByID("sailpoint", seg[0])
	switch {
	case !uuidForm.MatchString(seg[0]):
		return spBad("exportId must be a UUID.")
	case j == nil || j.roleID != role:
		return spMissing()
	case c.Method != http.MethodGet:
		return notAllowed()
	case len(seg) == 1:
		return jsonAnswer(200, exportStatus{j.popularity, j.common, j.id, sv.stage(j, "QUEUED", "IN_PROGRESS", "ERROR", "SUCCESS")})
	case len(seg) == 2 && seg[1] == "download":
		return sv.roleArchive(j)
	}
	return spMissing()
}

// stage counts a poll and gives the word for where the job stands.
func (sv *Server) stage(j *job, queued, running, failed, finished string) string {
	nth, ready := sv.poll(j)
	switch {
	case j.word != "":
		return j.word
	case !ready && nth == 1 && j.pending > 1:
		return queued
	case !ready:
		return running
	case j.failed:
		return failed
	}
	return finished
}

// roleArchive answers with the bytes or with a redirect to storage; which of
// the two SailPoint does is not documented, so it depends on the role.
func (sv *Server) roleArchive(j *job) *answer {
	if j.failed || !sv.done(j) {
		return spMissing()
	}
	data := func() []byte { return j.snapshot.archive(j.roleID, j.popularity, j.common) }
	if j.roleID[0]%2 == 0 {
		return respond(200, "application/zip", string(data()))
	}
	u := sv.sign(&blob{vendor: "sailpoint", dataset: j.dataset, method: http.MethodGet, mediaType: "application/zip", data: data}, "potential-role.zip")
	return &answer{status: 302, header: http.Header{"Location": {u}}}
}

// allPotentialRoles answers below /role-mining-potential-roles.
func (sv *Server) allPotentialRoles(c *call, seg []string) *answer {
	switch {
	case c.Method != http.MethodGet:
		return notAllowed()
	case len(seg) == 0:
		return sv.page(c, summaryGrammar, c.now.sail.summaries)
	case len(seg) == 1:
		return one(find(c.now.sail.details, seg[0]))
	}
	return spMissing()
}

// roleInsights answers below /role-insights.
func (sv *Server) roleInsights(c *call, seg []string) *answer {
	view := &c.now.sail
	switch {
	case c.Method != http.MethodGet:
		return notAllowed()
	case len(seg) == 0:
		return sv.page(c, insightGrammar, view.insights)
	case len(seg) == 1 && seg[0] == "summary":
		return jsonAnswer(200, map[string]any{
			"numberOfUpdates": len(view.changes), "lastGenerated": view.exportedAt, "entitlementsIncludedInRoles": 45,
			"totalNumberOfEntitlements": 60, "identitiesWithAccessViaRoles": 550, "totalNumberOfIdentities": sv.sim.cfg.People,
		})
	}
	insight := find(view.insights, seg[0])
	switch {
	case insight == nil:
		return spMissing()
	case len(seg) == 1:
		return one(insight)
	case len(seg) == 2 && seg[1] == "entitlement-changes":
		return respond(200, "application/json", string(listJSON(only(view.changes, insight.key))))
	case len(seg) == 2 && seg[1] == "current-entitlements":
		return respond(200, "application/json", "[]")
	case len(seg) == 3 && seg[1] == "entitlement-changes" && seg[2] == "download":
		return respond(200, "text/csv", string(c.now.payload("sailpoint.entitlement_changes", insight.key)))
	}
	return spMissing()
}

type configRequest struct {
	Description   string                    `json:"description"`
	IncludeTypes  []string                  `json:"includeTypes"`
	ExcludeTypes  []string                  `json:"excludeTypes"`
	ObjectOptions map[string]*objectOptions `json:"objectOptions"`
}

type objectOptions struct {
	IncludedIDs   []string `json:"includedIds"`
	IncludedNames []string `json:"includedNames"`
}

// spConfig answers below /sp-config.
func (sv *Server) spConfig(c *call, seg []string) *answer {
	switch {
	case len(seg) == 1 && seg[0] == "config-objects" && c.Method == http.MethodGet:
		return configTypes()
	case len(seg) == 1 && seg[0] == "export" && c.Method == http.MethodPost:
		return sv.configStart(c)
	case len(seg) < 2 || seg[0] != "export":
		return spMissing()
	case c.Method != http.MethodGet:
		return notAllowed()
	}
	j := sv.jobByID("sailpoint", seg[1])
	switch {
	case j == nil || j.request == nil:
		return spMissing()
	case len(seg) == 2:
		return sv.configPoll(j)
	case len(seg) == 3 && seg[2] == "download":
		if j.failed || !sv.done(j) {
			return spMissing()
		}
		return respond(200, "application/json", string(j.document))
	}
	return spMissing()
}

func configTypes() *answer {
	var out []map[string]any
	for _, t := range sailpointTypes {
		out = append(out, map[string]any{
			"objectType": t, "referenceExtractors": []string{"$.owner"}, "signatureRequired": t == "RULE", "alwaysResolveById": false, "legacyObject": false,
			"onePerTenant": t == "AUTH_ORG", "exportable": true, "rules": map[string]any{"takeFromTargetRules": []any{}, "defaultRules": []any{}, "editable": false},
		})
	}
	return jsonAnswer(200, out)
}

// configStart accepts any type; an unknown one makes the job fail, as the
// service does.
func (sv *Server) configStart(c *call) *answer {
	var q configRequest
	if json.Unmarshal(c.body, &q) != nil || mediaTypeOf(c) != "application/json" {
		return spBad("The request was syntactically correct but its content is semantically invalid.")
	}
	j := sv.begin(c, "sailpoint.config_objects")
	for _, t := range append(slices.Clone(q.IncludeTypes), q.ExcludeTypes...) {
		if !slices.Contains(sailpointTypes, t) && !j.failed {
			j.failed, j.failMessage = true, "Unsupported object type: "+t
		}
	}
	created := j.created.Format(millis)
	j.request = map[string]any{
		"jobId": j.id, "status": "NOT_STARTED", "type": "EXPORT", "created": created, "modified": created,
		"expiration": j.created.Add(7 * 24 * time.Hour).Format(millis), "description": q.Description,
	}
	j.document = c.now.configDocument(q)
	return jsonAnswer(202, j.request)
}

func (sv *Server) configPoll(j *job) *answer {
	status := sv.stage(j, "NOT_STARTED", "IN_PROGRESS", "FAILED", "COMPLETE")
	out := map[string]any{}
	for k, v := range j.request {
		out[k] = v
	}
	out["status"], out["message"] = status, nil
	switch status {
	case "COMPLETE":
		out["completed"] = j.created.Add(3 * time.Second).Format(millis)
	case "FAILED":
		out["message"] = j.failMessage
	}
	return jsonAnswer(200, out)
}

// configDocument is the export's result: all types, those included, or all but
// those excluded.
func (s *snapshot) configDocument(q configRequest) []byte {
	var chosen []object
	for _, o := range s.sail.config {
		if len(q.IncludeTypes) > 0 && !slices.Contains(q.IncludeTypes, o.part) || len(q.IncludeTypes) == 0 && slices.Contains(q.ExcludeTypes, o.part) {
			continue
		}
		if opt := q.ObjectOptions[o.part]; opt != nil && slices.Contains(importable, o.part) && !opt.names(o) {
			continue
		}
		chosen = append(chosen, o)
	}
	options := compactJSON(map[string]any{"includeTypes": orEmpty(q.IncludeTypes), "excludeTypes": orEmpty(q.ExcludeTypes), "objectOptions": q.ObjectOptions})
	return fmt.Appendf(nil, `{"version":1,"timestamp":%q,"tenant":%q,"description":%s,"options":%s,"objects":%s}`,
		s.sail.exportedAt, s.sail.tenant, quote(q.Description), options, listJSON(chosen))
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// names: the options ask for this object.
func (opt *objectOptions) names(o object) bool {
	var v spConfigObject
	json.Unmarshal(o.json, &v)
	return slices.Contains(opt.IncludedIDs, v.Self.ID) || slices.Contains(opt.IncludedNames, v.Self.Name)
}
