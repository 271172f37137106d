package vendorsim

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

func TestSailPoint_deliversTheOracle(t *testing.T) {
	v := visit(t, Config{Polls: 2})
	token := v.sailpointToken()
	for generation := range 2 {
		for _, api := range []string{"/v2024/%s", "/v2025/%s", "/v2026/%s", "/%s/v1"} {
			path := func(service, rest string) string { return strings.Replace(api, "%s", service, 1) + rest }
			sessions := v.sailpointAll(token, path("role-mining-sessions", ""))
			v.objects("sailpoint.role_mining_sessions", generation, sessions)
			var roles []map[string]any
			for _, s := range sessions {
				roles = append(roles, v.sailpointAll(token, path("role-mining-sessions", "/"+s["id"].(string)+"/potential-role-summaries"))...)
			}
			v.objects("sailpoint.potential_roles", generation, roles)
			insights := v.sailpointAll(token, path("role-insights", ""))
			v.objects("sailpoint.role_insights", generation, insights)
			for dataset, service := range map[string]string{"accounts": "accounts", "access_profiles": "access-profiles", "roles": "roles", "sources": "sources", "source_apps": "source-apps", "machine_identities": "machine-identities"} {
				v.objects("sailpoint."+dataset, generation, v.sailpointAll(token, path(service, "")))
			}
			v.objects("sailpoint.identities", generation, v.sailpointAll(token, path("identities", "")))
			v.objects("sailpoint.uncorrelated_identities", generation, v.sailpointAll(token, path("identities", "?defaultFilter=NONE&filters=correlated+eq+false")))
			v.objects("sailpoint.public_identities", generation, v.sailpointAll(token, path("public-identities", "?add-core-filters=true")))
			var dimensions []map[string]any
			for role := range v.sim.Records("sailpoint.roles", generation) {
				dimensions = append(dimensions, v.sailpointAll(token, path("roles", "/"+role+"/dimensions"))...)
			}
			v.objects("sailpoint.role_dimensions", generation, dimensions)
			v.assigned(token, func(role string) string { return path("roles", "/"+role+"/assigned-identities") }, generation)
		}
		v.sim.Advance()
	}
}

// assigned checks who has which role.
func (v *visitor) assigned(token []string, path func(role string) string, generation int) {
	v.Helper()
	got := map[string]bool{}
	for role := range v.sim.Records("sailpoint.roles", generation) {
		for _, p := range v.sailpointAll(token, path(role)) {
			got[role+"/"+p["id"].(string)] = true
		}
	}
	if want := v.sim.Records("sailpoint.role_assignments", generation); len(got) != len(want) || len(got) == 0 {
		v.Errorf("%d assignments, want %d", len(got), len(want))
	}
}

// What a list leaves out unless it is asked for all, and what differs from
// version to version of the API.
func TestSailPoint_parametersAndVersions(t *testing.T) {
	v := visit(t, Config{People: 300})
	token := v.sailpointToken()
	people, shadows := len(v.sim.Records("sailpoint.identities", 0)), len(v.sim.Records("sailpoint.uncorrelated_identities", 0))
	for path, want := range map[string]int{"identities": people, "identities?defaultFilter=NONE": people + shadows, "public-identities": people + shadows} {
		if got := len(v.sailpointAll(token, "/v2025/"+path)); got != want || shadows == 0 {
			t.Errorf("%s: %d records, want %d; %d identities are uncorrelated", path, got, want, shadows)
		}
	}
	for path, level := range map[string]string{"/v2025/entitlements": "privileged", "/v2026/entitlements": "privilegeLevel", "/entitlements/v1": "privilegeLevel"} {
		for _, e := range v.sailpointAll(token, path) {
			if _, ok := e[level]; !ok || (e["privileged"] != nil) == (level == "privilegeLevel") {
				t.Fatalf("%s: %v", path, e)
			}
		}
	}
	base := v.server.SailPointURL
	if r := v.do("GET", base+"/v2025/roles?limit=51", "", token...); r.status != 400 {
		t.Errorf("a page of 51 roles: %d", r.status)
	}
	if r := v.do("GET", base+"/v2025/roles/0/assigned-identities", "", token...); r.status != 404 {
		t.Errorf("a role that is not there: %d", r.status)
	}
	query := `{"indices":["identities"],"query":{"query":"*"},"sort":["id"]}`
	page := v.want(200, v.do("POST", base+"/v2025/search?limit=100&count=true", query, token...))
	next := strings.Replace(query, `,"sort"`, `,"searchAfter":["`+page.list(t)[99]["id"].(string)+`"],"sort"`, 1)
	if rest := v.want(200, v.do("POST", base+"/v2025/search?limit=10000", next, token...)).list(t); page.header.Get("X-Total-Count") != "300" || len(rest) != 200 {
		t.Errorf("of %s found %d came behind the first 100", page.header.Get("X-Total-Count"), len(rest))
	}
	first := v.want(200, v.do("GET", base+"/v2026/entitlements?limit=10&sorters=id", "", token...)).list(t)
	second := v.want(200, v.do("GET", base+"/v2026/entitlements?limit=10&sorters=id&searchAfter="+first[9]["id"].(string), "", token...)).list(t)
	if len(second) != 10 || second[0]["id"].(string) <= first[9]["id"].(string) {
		t.Errorf("behind %v comes %v", first[9]["id"], second[0]["id"])
	}
}

// objects checks a list of JSON records against the oracle's.
func (v *visitor) objects(dataset string, generation int, list []map[string]any) {
	v.Helper()
	want := v.sim.Records(dataset, generation)
	if len(list) != len(want) || len(list) == 0 {
		v.Errorf("%s: %d records, want %d", dataset, len(list), len(want))
	}
	for _, o := range list {
		key, _ := o["id"].(string)
		if self, ok := o["self"].(map[string]any); ok {
			key = self["type"].(string) + "/" + self["id"].(string)
		}
		var w map[string]any
		if err := json.Unmarshal([]byte(want[key]), &w); err != nil {
			v.Errorf("%s %s: not in the oracle", dataset, key)
			continue
		}
		a, _ := json.Marshal(o)
		b, _ := json.Marshal(w)
		if string(a) != string(b) {
			v.Errorf("%s %s: got %s, want %s", dataset, key, a, b)
		}
	}
}

func TestSailPoint_archivesDeliverTheOracle(t *testing.T) {
	v := visit(t, Config{People: 300})
	token := v.sailpointToken()
	identities, _ := v.sim.Table("sailpoint.potential_role_identities", 0)
	entitlements, _ := v.sim.Table("sailpoint.potential_role_entitlements", 0)
	got := map[string]int{}
	for _, s := range v.sailpointAll(token, "/v2024/role-mining-sessions") {
		for _, r := range v.sailpointAll(token, "/v2024/role-mining-sessions/"+s["id"].(string)+"/potential-role-summaries") {
			role := r["id"].(string)
			for name, data := range v.archive(token, s["id"].(string), role, `{"minEntitlementPopularity":0,"includeCommonAccess":true}`) {
				var want Table
				var count float64
				switch {
				case strings.HasSuffix(name, "identities.csv"):
					want, count = of(identities, role), r["identityCount"].(float64)
				case strings.HasSuffix(name, "entitlements.csv"):
					want, count = of(entitlements, role), r["entitlementCount"].(float64)
				default:
					continue
				}
				columns, rows := delivered(t, data)
				if bad := same(t, want, columns, rows); len(bad) > 0 || int(count) != len(rows) {
					t.Errorf("%s of %s: %d rows, summary says %v, strangers %v", name, role, len(rows), count, bad)
				}
				got[name[strings.LastIndexAny(name, "/-")+1:]] += len(rows)
			}
		}
	}
	if got["identities.csv"] != len(identities.Rows) || got["entitlements.csv"] != len(entitlements.Rows) {
		t.Errorf("read %v, want %d and %d", got, len(identities.Rows), len(entitlements.Rows))
	}
}

func of(t Table, part string) Table {
	out := Table{Dataset: t.Dataset, Columns: t.Columns}
	for _, r := range t.Rows {
		if r.Part == part {
			out.Rows = append(out.Rows, r)
		}
	}
	return out
}

func TestSailPoint_listsEqualTheArchives(t *testing.T) {
	v := visit(t, Config{})
	token := v.sailpointToken()
	identities, _ := v.sim.Table("sailpoint.potential_role_identities", 0)
	entitlements, _ := v.sim.Table("sailpoint.potential_role_entitlements", 0)
	for _, r := range v.sailpointAll(token, "/role-mining-potential-roles/v1") {
		role := r["id"].(string)
		base := "/role-mining-sessions/v1/" + r["session"].(map[string]any)["id"].(string)
		for i, p := range v.sailpointAll(token, base+"/potential-roles/"+role+"/identities") {
			if w := of(identities, role).Rows[i].Cells; p["id"] != w[0] || p["name"] != w[1] || p["attributes"].(map[string]any)["email"] != w[6] {
				t.Errorf("identity %d of %s: %v, want %v", i, role, p, w)
			}
		}
		for i, e := range v.sailpointAll(token, base+"/potential-roles/"+role+"/entitlement-popularities") {
			if w := of(entitlements, role).Rows[i].Cells; e["entitlementRef"].(map[string]any)["id"] != w[0] || strconv.FormatFloat(e["popularity"].(float64), 'f', 1, 64) != w[7] {
				t.Errorf("entitlement %d of %s: %v, want %v", i, role, e, w)
			}
		}
		detail := v.want(200, v.do("GET", v.server.SailPointURL+base+"/potential-role-summaries/"+role, "", token...)).json(t)
		if n := len(detail["identityIds"].([]any)); n != int(r["identityCount"].(float64)) {
			t.Errorf("%s: %d identityIds", role, n)
		}
		sync := unzip(t, v.want(200, v.do("GET", v.server.SailPointURL+base+"/potential-roles/"+role+"/export", "", token...)).body)
		if len(sync) < 2 {
			t.Errorf("%s: %d members", role, len(sync))
		}
	}
}

func TestSailPoint_exportOptionsNarrowTheEntitlements(t *testing.T) {
	v := visit(t, Config{})
	token := v.sailpointToken()
	role := v.sim.tab(t, "sailpoint.potential_roles").Rows[0]
	count := func(body string) int {
		for name, data := range v.archive(token, role.Part, role.Key, body) {
			if strings.HasSuffix(name, "entitlements.csv") {
				_, rows := delivered(t, data)
				return len(rows)
			}
		}
		t.Fatal("no entitlements")
		return 0
	}
	all, rare, popular := count(""), count(`{"includeCommonAccess":false}`), count(`{"minEntitlementPopularity":90}`)
	if all == 0 || rare >= all || popular >= all {
		t.Errorf("all %d, without common access %d, popular %d", all, rare, popular)
	}
}

func (v *visitor) config(token []string, body string) map[string]any {
	v.Helper()
	base := v.server.SailPointURL + "/v2024/sp-config/export"
	id := v.want(202, v.do("POST", base, body, token...)).json(v)["jobId"].(string)
	for range 10 {
		j := v.want(200, v.do("GET", base+"/"+id, "", token...)).json(v)
		switch j["status"] {
		case "COMPLETE":
			return v.want(200, v.do("GET", base+"/"+id+"/download", "", token...)).json(v)
		case "FAILED":
			return j
		}
	}
	v.Fatal("export never ended")
	return nil
}

func objectsOf(doc map[string]any) []map[string]any {
	var out []map[string]any
	for _, o := range doc["objects"].([]any) {
		out = append(out, o.(map[string]any))
	}
	return out
}

func TestSailPoint_configExport(t *testing.T) {
	v := visit(t, Config{})
	token := v.sailpointToken()[:2]
	token = append(token, "Content-Type", "application/json") // no experimental header needed
	v.objects("sailpoint.config_objects", 0, objectsOf(v.config(token, `{"description":"all \"of\" it"}`)))

	for _, o := range objectsOf(v.config(token, `{"includeTypes":["ROLE","TAG"],"excludeTypes":["TAG"]}`)) {
		if kind := o["self"].(map[string]any)["type"]; kind != "ROLE" && kind != "TAG" {
			t.Errorf("got a %v", kind)
		}
	}
	for _, o := range objectsOf(v.config(token, `{"excludeTypes":["ROLE"]}`)) {
		if o["self"].(map[string]any)["type"] == "ROLE" {
			t.Error("got an excluded role")
		}
	}
	every := 0
	for key := range v.sim.Records("sailpoint.config_objects", 0) {
		if strings.HasPrefix(key, "ROLE/") {
			every++
		}
	}
	rules := objectsOf(v.config(token, `{"includeTypes":["RULE"],"objectOptions":{"RULE":{"includedNames":["Correlate by e-mail"]}}}`))
	none := objectsOf(v.config(token, `{"includeTypes":["RULE"],"objectOptions":{"RULE":{"includedIds":["0"]}}}`))
	roles := objectsOf(v.config(token, `{"includeTypes":["ROLE"],"objectOptions":{"ROLE":{"includedIds":["0"]}}}`))
	if len(rules) != 1 || len(none) != 0 || len(roles) != every {
		t.Errorf("%d rules, %d of no id, %d roles", len(rules), len(none), len(roles))
	}
	failed := v.config(token, `{"includeTypes":["WORKFLOWS"]}`)
	if message, _ := failed["message"].(string); !strings.Contains(message, "WORKFLOWS") || failed["completed"] != nil {
		t.Errorf("unknown type: %v", failed)
	}
}

func TestSailPoint_insightsCSVEqualsTheList(t *testing.T) {
	v := visit(t, Config{})
	token := v.sailpointToken()
	want, _ := v.sim.Table("sailpoint.entitlement_changes", 0)
	for _, in := range v.sailpointAll(token, "/v2024/role-insights") {
		base := v.server.SailPointURL + "/v2024/role-insights/" + in["id"].(string)
		columns, rows := delivered(t, v.want(200, v.do("GET", base+"/entitlement-changes/download", "", token...)).body)
		if bad := same(t, of(want, in["id"].(string)), columns, rows); len(bad) > 0 {
			t.Errorf("strangers: %v", bad)
		}
		if list := v.want(200, v.do("GET", base+"/entitlement-changes", "", token...)).list(t); len(list) != len(rows) || int(in["numberOfUpdates"].(float64)) != len(rows) {
			t.Errorf("%d in the list, %d in the CSV, %v updates", len(list), len(rows), in["numberOfUpdates"])
		}
	}
}

func TestSailPoint_pages(t *testing.T) {
	for _, past := range []int{0, 404} {
		v := visit(t, Config{RoleInsights: 500, PastEnd: past})
		token := v.sailpointToken()
		base := v.server.SailPointURL + "/v2024/role-insights"
		r := v.want(200, v.do("GET", base+"?count=true&limit=250", "", token...))
		if r.header.Get("X-Total-Count") != "500" || len(r.list(t)) != 250 {
			t.Errorf("count %q, %d on the page", r.header.Get("X-Total-Count"), len(r.list(t)))
		}
		if n := len(v.want(200, v.do("GET", base+"?offset=250", "", token...)).list(t)); n != 250 {
			t.Errorf("second page holds %d", n)
		}
		if end := v.do("GET", base+"?offset=500", "", token...); past == 0 && (end.status != 200 || end.body != "[]") || past != 0 && end.status != past {
			t.Errorf("past the end: %d %s", end.status, end.body)
		}
		sorted := v.want(200, v.do("GET", base+"?sorters=-numberOfUpdates", "", token...)).list(t)
		for i := 1; i < len(sorted); i++ {
			if sorted[i]["numberOfUpdates"].(float64) > sorted[i-1]["numberOfUpdates"].(float64) {
				t.Fatal("not sorted")
			}
		}
		if named := v.want(200, v.do("GET", base+"?filters=name%20sw%20%22Engineering%22", "", token...)).list(t); len(named) == 0 || len(named) == 250 {
			t.Errorf("filter keeps %d", len(named))
		}
	}
}
