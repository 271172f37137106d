package vendorsim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestOleria_tokenRefusals(t *testing.T) {
	v := visit(t, Config{})
	for name, c := range map[string]struct {
		change map[string]string
		status int
		code   string
	}{
		"another grant":  {map[string]string{"grant_type": "password"}, 400, "unsupported_grant_type"},
		"wrong secret":   {map[string]string{"client_secret": "guess"}, 401, "invalid_client"},
		"wrong audience": {map[string]string{"audience": "https://elsewhere.example.com"}, 403, "access_denied"},
		"no scope":       {map[string]string{"scope": ""}, 400, "invalid_scope"},
	} {
		fields := v.oleriaFields()
		for k, f := range c.change {
			fields[k] = f
		}
		r := v.want(c.status, v.form(v.server.OleriaTokenURL, fields))
		if got := r.json(t)["error"]; got != c.code {
			t.Errorf("%s: error %v, want %s", name, got, c.code)
		}
	}
	v.want(400, v.do("POST", v.server.OleriaTokenURL, `{"grant_type":"client_credentials"}`, "Content-Type", "application/json"))
	v.want(405, v.do("GET", v.server.OleriaTokenURL, ""))

	fields := v.oleriaFields()
	delete(fields, "client_id")
	delete(fields, "client_secret")
	req, _ := http.NewRequest("GET", "http://example.com", nil)
	req.SetBasicAuth(v.server.OleriaClientID, v.server.OleriaClientSecret)
	v.want(200, v.form(v.server.OleriaTokenURL, fields, "Authorization", req.Header.Get("Authorization")))
}

func TestOleria_refusals(t *testing.T) {
	v := visit(t, Config{})
	token, api := v.oleriaToken(), v.server.OleriaURL+"/v1/downloads"
	v.want(401, v.do("POST", api, `{"context":"employees"}`, "Content-Type", "application/json"))
	v.want(401, v.do("POST", api, `{"context":"employees"}`, "Authorization", "Bearer nonsense"))
	v.want(401, v.do("POST", api, `{"context":"employees"}`, v.sailpointToken()...))
	v.want(405, v.do("GET", api, "", token...))
	v.want(404, v.do("GET", v.server.OleriaURL+"/v2/downloads", "", token...))
	v.want(404, v.do("GET", api+"/3c90c3cc-0d44-4b50-8888-8dd25736052a", "", token...))
	v.want(400, v.do("GET", api+"/17", "", token...))
	for name, body := range map[string]string{
		"no JSON":         `context=employees`,
		"no context":      `{}`,
		"unknown context": `{"context":"everything"}`,
		"case matters":    `{"context":"Employees"}`,
		"bad data type":   `{"context":"employees","params":{"filterBy":[{"dataType":"text","field":"department","filterType":"eq","values":["IT"]}]}}`,
		"bad operator":    `{"context":"employees","params":{"filterBy":[{"dataType":"string","field":"department","filterType":"gt","values":["IT"]}]}}`,
		"last on string":  `{"context":"employees","params":{"filterBy":[{"dataType":"string","field":"department","filterType":"last","values":["7d"]}]}}`,
		"between of one":  `{"context":"employees","params":{"filterBy":[{"dataType":"number","field":"age","filterType":"between","values":[1]}]}}`,
		"bad order":       `{"context":"employees","params":{"sortBy":[{"field":"email","sortType":"up"}]}}`,
	} {
		r := v.do("POST", api, body, token...)
		if r.status != 400 || r.json(t)["code"] == nil || r.json(t)["message"] == nil {
			t.Errorf("%s: status %d, %s", name, r.status, r.body)
		}
	}
}

func TestOleria_tokenEnds(t *testing.T) {
	c := newClock()
	v := visit(t, Config{Clock: c.Now, TokenLife: time.Minute})
	token := v.oleriaToken()
	v.oleria(token, `{"context":"employees"}`)
	c.pass(time.Minute)
	v.want(401, v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"employees"}`, token...))
}

func TestOleria_signedURL(t *testing.T) {
	for _, stale := range []bool{false, true} {
		c := newClock()
		v := visit(t, Config{Clock: c.Now, Polls: -1, StaleURL: stale})
		token := v.oleriaToken()
		id := v.want(201, v.do("POST", v.server.OleriaURL+"/v1/downloads", `{"context":"employees"}`, token...)).json(t)["id"].(string)
		poll := func() string {
			return v.want(200, v.do("GET", v.server.OleriaURL+"/v1/downloads/"+id, "", token...)).json(t)["url"].(string)
		}
		u := poll()
		if strings.HasPrefix(u, v.server.OleriaURL) {
			t.Error("signed URL is on the API's own host")
		}
		v.want(400, v.do("GET", u, "", token[:2]...))
		v.want(403, v.do("HEAD", u, ""))
		v.want(403, v.do("GET", strings.Replace(u, "X-Amz-Signature=", "X-Amz-Signature=0", 1), ""))
		v.want(403, v.do("GET", u[:strings.Index(u, "?")], ""))
		c.pass(5*time.Minute - time.Second)
		v.want(200, v.do("GET", u, ""))
		c.pass(time.Second)
		v.want(403, v.do("GET", u, ""))
		if again := v.do("GET", poll(), ""); stale && again.status != 403 || !stale && again.status != 200 {
			t.Errorf("stale %v: second URL answers %d", stale, again.status)
		}
	}
}

func TestSailPoint_refusals(t *testing.T) {
	v := visit(t, Config{})
	base := v.server.SailPointURL
	fields := v.sailpointFields()
	fields["client_secret"] = "guess"
	if r := v.want(401, v.form(base+"/oauth/token", fields)); r.json(t)["error"] == nil || r.json(t)["error_description"] == nil {
		t.Errorf("token error: %s", r.body)
	}
	v.want(400, v.form(base+"/oauth/token", map[string]string{"grant_type": "implicit"}))
	v.want(200, v.do("GET", base+"/oauth/info", ""))

	token := v.sailpointToken()
	plainToken := token[:2]
	session := v.sim.tab(t, "sailpoint.role_mining_sessions").Rows[0].Key
	role := v.sim.tab(t, "sailpoint.potential_roles").Rows[0].Key
	insight := v.sim.tab(t, "sailpoint.role_insights").Rows[0].Key
	for _, c := range []struct {
		status       int
		method, path string
		headers      []string
		body         string
	}{
		{401, "GET", "/v2024/role-mining-sessions", nil, ""},
		{401, "POST", "/v2024/sp-config/export", nil, "{}"},
		{401, "GET", "/v2024/role-insights", v.oleriaToken(), ""},
		{400, "GET", "/v2024/role-mining-sessions", plainToken, ""},
		{400, "GET", "/role-mining-sessions/v1", plainToken, ""},
		{400, "GET", "/v2026/role-insights", append(plainToken[:2:2], "X-SailPoint-Experimental", "yes"), ""},
		{400, "GET", "/role-insights/v1/" + insight + "/entitlement-changes/download", plainToken, ""},
		{400, "GET", "/v2024/role-mining-sessions?limit=251", token, ""},
		{400, "GET", "/v2024/role-mining-sessions?limit=many", token, ""},
		{400, "GET", "/v2024/role-insights?offset=-1", token, ""},
		{400, "GET", "/v2024/role-insights?sorters=name", token, ""},
		{400, "GET", "/v2024/role-insights?filters=name%20co%20%22x%22", token, ""},
		{404, "GET", "/v2023/role-mining-sessions", token, ""},
		{404, "GET", "/v3/role-mining-sessions", token, ""},
		{404, "GET", "/v2024/role-mining-sessions/" + role, token, ""},
		{404, "GET", "/v2024/role-mining-sessions/" + session + "/potential-roles/nobody/identities", token, ""},
		{404, "GET", "/v2024/role-mining-sessions/" + session + "/potential-roles/" + role + "/export-async/3c90c3cc-0d44-4b50-8888-8dd25736052a", token, ""},
		{400, "GET", "/v2024/role-mining-sessions/" + session + "/potential-roles/" + role + "/export-async/17", token, ""},
		{400, "POST", "/v2024/role-mining-sessions/" + session + "/potential-roles/" + role + "/export-async", token, `{"minEntitlementPopularity":101}`},
		{405, "DELETE", "/v2024/role-mining-sessions", token, ""},
		{405, "POST", "/v2024/role-insights", token, ""},
		{404, "GET", "/v2024/role-insights/" + session, token, ""},
		{400, "POST", "/v2024/sp-config/export", token, `[`},
		{404, "GET", "/v2024/sp-config/export/" + session, token, ""},
		{404, "GET", "/v2024/sp-config/export/" + session + "/download", token, ""},
	} {
		r := v.do(c.method, base+c.path, c.body, c.headers...)
		if r.status != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.path, r.status, c.status)
			continue
		}
		got := r.json(t)
		if c.status == 401 && got["error"] == nil || c.status != 401 && (got["detailCode"] == nil || got["trackingId"] == nil || got["messages"] == nil) {
			t.Errorf("%s %s: body %s", c.method, c.path, r.body)
		}
	}
}

func TestBalkanID_refusals(t *testing.T) {
	v := visit(t, Config{})
	api, keys := v.server.BalkanIDURL+"/api/rest/v0/", v.balkanidKeys()
	for _, c := range []struct {
		status             int
		method, path, body string
		headers            []string
	}{
		{401, "POST", "employees/download-url", "{}", nil},
		{401, "POST", "employees/download-url", "{}", keys[:2]},
		{401, "POST", "employees/download-url", "{}", keys[2:]},
		{404, "POST", "people/download-url", "{}", keys},
		{404, "POST", "employees/upload-url", "{}", keys},
		{405, "GET", "employees/download-url", "", keys},
		{400, "POST", "employees/download-url", "", keys},
		{400, "POST", "employees/download-url", "[]", keys},
		{400, "POST", "requests/download-url", "{}", keys},
		{400, "POST", "requests/download-url", `{"includeCompleted":"true"}`, keys},
		{400, "POST", "entitlements/download-url", "{}", keys},
		{404, "POST", "entitlements/download-url", `{"integrationId":"github/0"}`, keys},
	} {
		if r := v.do(c.method, api+c.path, c.body, c.headers...); r.status != c.status {
			t.Errorf("%s %s %s: status %d, want %d", c.method, c.path, c.body, r.status, c.status)
		}
	}
}

func TestBalkanID_signedURLs(t *testing.T) {
	c := newClock()
	v := visit(t, Config{Clock: c.Now, Polls: 2})
	keys := v.balkanidKeys()
	links := v.want(200, v.do("POST", v.server.BalkanIDURL+"/api/rest/v0/apps/download-url", "{}", keys...)).json(t)
	poll, get := links["pollingUrl"].(string), links["url"].(string)
	v.want(404, v.do("GET", get, "")) // not there before it is ready
	v.want(404, v.do("HEAD", poll, ""))
	v.want(404, v.do("HEAD", poll, ""))
	v.want(200, v.do("HEAD", poll, ""))
	v.want(403, v.do("GET", poll, ""))
	v.want(403, v.do("HEAD", get, ""))
	v.want(403, v.do("GET", get, "", keys...))
	v.want(400, v.do("GET", get, "", "Authorization", "Bearer x"))
	v.want(200, v.do("GET", get, ""))
	c.pass(5 * time.Minute)
	v.want(403, v.do("HEAD", poll, ""))
	v.want(403, v.do("GET", get, ""))
}
