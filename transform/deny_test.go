package transform

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
)

func builtin(t *testing.T, dataset, data string) *result {
	t.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract(dataset)
	if err != nil {
		t.Fatal(err)
	}
	r, err := transformedBy(t, c, set.Common, Options{}, input(data))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func relation(entity, metadata string) string {
	return "app,timestamp,integration,parent entity brn,entity brn,entity type,source system,metadata version,metadata\n" +
		"okta,,okta/1,brn:bid:balkanid:::t:identity:ann," + entity + ",,okta,v1,\"" + strings.ReplaceAll(metadata, `"`, `""`) + "\"\n"
}

// An edge whose effect is NULL is read as allow, so what metadata says of it
// is read in each spelling, or the edge is a reject.
func TestRelations_aDenialIsNeverAnAllow(t *testing.T) {
	for metadata, want := range map[string]string{
		`{"privilegeValue":false}`:                            "deny",
		`{"privilegeValue":true}`:                             "allow",
		`{"privilegeValue":"False"}`:                          "deny",
		`{"PrivilegeValue":false}`:                            "deny",
		`{"privilege_value":false}`:                           "deny",
		`{"Privilege Value":false}`:                           "deny",
		`{"PRIVILEGE-VALUE":true}`:                            "allow",
		`{"privilegevalue":true,"privilegeValue":0}`:          "reject type",
		`{"privilegeValue":"true","privilegeValue":"false"}`:  "reject type",
		`{"privilegeValue":"true","privilege_value":"false"}`: "reject type",
		`{"privilege_value":false,"privilegeValue":true}`:     "reject type",
		`{"privilegeValue":false,"Privilege Value":"FALSE"}`:  "deny",
		`{"privilegeValue":null,"privilege_value":false}`:     "deny",
		`{"privilegeValue":"","privilegeValue":false}`:        "deny",
		`[{"privilegeValue":false}]`:                          "deny",
		`[ { "Privilege_Value" : false } ]`:                   "deny",
		`"{\"privilegeValue\":false}"`:                        "deny",
		`{"privilegeName":"}`:                                 "reject required",
		`{"privilegeName":"x"}`:                               "reject required",
		`[{"privilegeValue":false},{"a":1}]`:                  "reject type",
		`{privilegeValue: false}`:                             "deny",
		`{privilegeValue: no}`:                                "reject type",
		`{"privilegeValue":null}`:                             "reject required",
		`{"privilegeValue":"sometimes"}`:                      "reject enum",
		`{"privilegeValue":[false]}`:                          "reject enum",
		`false`:                                               "reject type",
		"":                                                    "NULL", // the vendor says nothing at all: a finding
		`null`:                                                "NULL",
	} {
		r := builtin(t, "balkanid.entity_relations", relation("brn:bid:balkanid:::t:resource:repo", metadata))
		got := "none"
		if rows := r.rows["observed.grants"]; len(rows) == 1 {
			got = "NULL"
			if e, ok := rows[0]["effect"]; ok {
				got = e.(string)
			}
		} else if len(r.rejects) == 1 && (r.rejects[0]["field"] == "grants.effect" || r.rejects[0]["field"] == "metadata") {
			got = "reject " + r.rule(0)
		}
		if unknown := found(r, "effect_unknown"); (unknown == 1) != (got == "NULL") {
			t.Errorf("%s is %s, with %d findings that it is not known", metadata, got, unknown)
		}
		if got != want {
			t.Errorf("%s is %s, want %s (%v)", metadata, got, want, r.rejects)
		}
	}
}

// What an edge says twice, and differently, it does not say, whichever way the
// dataset comes.
func TestEffect_contradictions(t *testing.T) {
	record := func(members string) string {
		return `[{"Integration ID":"github/1","Privilege Name":"pull","Identity ID":"7","Connection":"read",` + members + `}]`
	}
	edge := func(metadata string) string {
		return `[{"integration":"okta/1","parent entity brn":"brn:bid:balkanid:::t:identity:ann","entity brn":"brn:bid:balkanid:::t:resource:r","metadata":` + metadata + `}]`
	}
	for _, tc := range []struct{ dataset, data, effect, field string }{
		{"balkanid.entitlements", record(`"Privilege Value":true,"Privilege Value":false`), "", "privilege_value"},
		{"balkanid.entitlements", record(`"Privilege Value":true,"privilegeValue":"false"`), "", "privilege_value"},
		{"balkanid.entitlements", record(`"Privilege Value":false,"privilege_value":"False"`), "deny", ""},
		{"balkanid.entitlements", record(`"Privilege Value":false,"Labels":[1],"Labels":[2]`), "deny", ""},
		{"balkanid.entitlements", record(`"Privilege Value":false,"Resource":"a","Resource":"b"`), "", "resource"},
		{"balkanid.entity_relations", edge(`{"privilegeValue":true,"privilegeValue":false}`), "", "grants.effect"},
		{"balkanid.entity_relations", edge(`{"privilegeValue":false,"privilegeValue":false}`), "deny", ""},
		{"balkanid.entity_relations", edge(`{"privilegeName":"x","privilegeName":"y","privilegeValue":false}`), "", "metadata.privilegeName"},
	} {
		r := builtin(t, tc.dataset, tc.data)
		rows := r.rows["observed.grants"]
		switch {
		case tc.field == "" && (len(rows) != 1 || rows[0]["effect"] != tc.effect):
			t.Errorf("%s: %v %v", tc.data, rows, r.rejects)
		case tc.field != "" && (len(rows) != 0 || len(r.rejects) != 1 || r.rejects[0]["field"] != tc.field):
			t.Errorf("%s: %v %v", tc.data, rows, r.rejects)
		case tc.field == "" && found(r, "duplicate_key") == 0:
			t.Errorf("%s: no finding", tc.data)
		}
	}
}

// A detail that is told in two ways is NULL, and found.
func TestPath_contradictoryDetail(t *testing.T) {
	y := "format: json\ncolumns:\n  id: {from: [id], type: text}\n  m: {from: [m], type: json}\n" +
		"emit:\n  - {table: groups, set: {group_key: {key: group, of: [id]}, name: m.name, kind: m.a.kind}}\n"
	r, err := transformed(t, y, Options{}, input(`[{"id":1,"m":{"name":"x","Name":"y","a":{"kind":"k"},"a":{"kind":"k"}}}]`))
	if err != nil {
		t.Fatal(err)
	}
	row := r.rows["observed.groups"][0]
	if _, has := row["name"]; has || row["kind"] != "k" || found(r, "duplicate_key") != 2 {
		t.Errorf("%v %v", row, r.stream.Findings)
	}
}

// found is how many rows or records findings of a rule count.
func found(r *result, rule string) (n int64) {
	for _, f := range r.stream.Findings {
		if f.Rule == rule {
			n += f.Count
		}
	}
	return n
}

// Each edge counts, also one that says the same as others before it; what is a
// reject, or is no row, does not.
func TestNullFinding_countsRows(t *testing.T) {
	var b strings.Builder
	b.WriteString("App,Integration,Parent Entity BRN,Entity BRN,Metadata\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "okta,okta/1,brn:bid:balkanid:::t:identity:ann,brn:bid:balkanid:::t:resource:%d,\n", i%7)
	}
	b.WriteString("okta,okta/1,brn:bid:balkanid:::t:identity:ann,brn:bid:balkanid:::t:planet:1,\n" +
		"okta,okta/1,brn:bid:balkanid:::t:identity:ann,brn:bid:balkanid:::t:identity:bob,\n" +
		"okta,okta/1,brn:bid:balkanid:::t:identity:ann,brn:bid:balkanid:::t:resource:x,\"{\"\"privilegeValue\"\":true}\"\n")
	if n := found(builtin(t, "balkanid.entity_relations", b.String()), "effect_unknown"); n != 5000 {
		t.Errorf("%d of 5000 edges without an effect were found", n)
	}
	r := builtin(t, "balkanid.relations", "Identity ID*,Username*,App ID*,Relation type,Employee email\nid/1,a,okta/1,,ann@example.com\nid/2,b,okta/1,,\nid/3,c,okta/1,owns,ann@example.com\n")
	if n := found(r, "relation_unknown"); n != 1 {
		t.Errorf("%d mappings that do not say how: %v", n, r.stream.Findings)
	}
}

// The same edge, denied today, has the key that it had as a grant.
func TestGrants_effectIsNoPartOfTheKey(t *testing.T) {
	entitlement := func(value string) string {
		return "Integration ID,Project,Privilege Name,Privilege Value,Identity ID,Connection,Connection Type,Resource,Resource Type\n" +
			"github/1,org,pull," + value + ",7,read,role,repo,repository\n"
	}
	for dataset, of := range map[string]func(string) string{
		"balkanid.entitlements": entitlement,
		"balkanid.entity_relations": func(v string) string {
			return relation("brn:bid:balkanid:::t:resource:repo", `{"privilegeName":"pull","privilegeValue":`+v+`}`)
		},
	} {
		was, is := builtin(t, dataset, of("true")).rows["observed.grants"][0], builtin(t, dataset, of("false")).rows["observed.grants"][0]
		if was["grant_key"] != is["grant_key"] || was["effect"] != "allow" || is["effect"] != "deny" {
			t.Errorf("%s: %v %v, %v %v", dataset, was["grant_key"], was["effect"], is["grant_key"], is["effect"])
		}
	}
	if r := builtin(t, "balkanid.entitlements", entitlement("")); r.rule(0) != schemas.RuleRequired || len(r.rows["observed.grants"]) != 0 {
		t.Errorf("a grant without a value: %v", r.rejects)
	}
}

func TestPath_keysMatchAsHeadersDo(t *testing.T) {
	y := "format: json\ncolumns:\n  id: {from: [id], type: text}\n  m: {from: [m], type: json}\n" +
		"emit:\n  - {table: groups, set: {group_key: {key: group, of: [id]}, name: m.displayName.first, kind: m.list.1, description: m.one.only}}\n"
	r, err := transformed(t, y, Options{}, input(`[
		{"id":1,"m":{"display_name":{"First":"a"},"list":[1,2],"one":[{"only":"x"}]}},
		{"id":2,"m":{"Display Name":{"first":"b"},"LIST":["1","2"],"one":[{"only":"x"},{"only":"y"}]}},
		{"id":3,"m":{"display-name":{"first":"no"},"displayName":{"first":"c"}}},
		{"id":4,"m":{"displayNames":{"first":"no"},"d\u0069splayname":{"first":"d"}}}]`))
	if err != nil {
		t.Fatal(err)
	}
	rows := r.rows["observed.groups"]
	for col, want := range map[string][]string{"name": {"a", "b", "", "d"}, "kind": {"2", "2", "", ""}, "description": {"x", "", "", ""}} {
		if diff := cmp.Diff(want, column(rows, col)); diff != "" {
			t.Errorf("%s: %s", col, diff)
		}
	}
}

func TestKnown_anotherKindIsAFinding(t *testing.T) {
	var b strings.Builder
	b.WriteString("BRN*,Name*\n")
	for i, kind := range []string{"identity", "IDENTITY", "secretstore", "secretstore", "purpose"} {
		fmt.Fprintf(&b, "brn:bid:balkanid:::t:%s:%d,n\n", kind, i+1)
	}
	r := builtin(t, "balkanid.entities", b.String())
	want := []schemas.Finding{
		{Rule: "unknown_kind", Field: "brn_type", Detail: "the contract knows no purpose; such records are in the vendor's table only", Count: 1},
		{Rule: "unknown_kind", Field: "brn_type", Detail: "the contract knows no secretstore; such records are in the vendor's table only", Count: 2},
	}
	if diff := cmp.Diff(want, r.stream.Findings); diff != "" {
		t.Error(diff)
	}
	r = builtin(t, "balkanid.entity_relations", relation("brn:bid:balkanid:::t:identity:ben", `{"privilegeValue":true}`))
	if len(r.stream.Findings) != 1 || r.stream.Findings[0].Field != "entity_brn_type" || len(r.rows["observed.grants"]) != 0 {
		t.Errorf("findings %v", r.stream.Findings)
	}
}

// A word that the contract maps to none of ours is named: a leaver must not be
// missed for the language of a tenant.
func TestKnown_wordsWithoutMeaning(t *testing.T) {
	r := builtin(t, "oleria.employees", "Employee Name,Email,Department,Job Title,Status\nAnn,ann@x.example,IT,Dev,Leaver\nBob,bob@x.example,IT,Dev,Deactivated\n"+
		"Cy,cy@x.example,IT,Dev,active\nDi,di@x.example,IT,Dev,Inaktiv\nEd,ed@x.example,IT,Dev,Onboarding\nFay,fay@x.example,IT,Dev,Onboarding\nGus,gus@x.example,IT,Dev,-\n")
	if got, want := column(r.rows["observed.identities"], "status"), []string{"terminated", "inactive", "active", "inactive", "unknown", "unknown", "unknown"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	want := []schemas.Finding{{Rule: "unknown_word", Field: "status", Detail: "the contract does not say what Onboarding means, so it is unknown; add it to the values of a contract of your own", Count: 2}}
	if diff := cmp.Diff(want, r.stream.Findings); diff != "" {
		t.Error(diff)
	}
}

// Words that systems of HR have for who left, is away or is still to come.
func TestKnown_wordsOfHRSystems(t *testing.T) {
	for status, words := range map[string][]string{
		"active":     {"Actif", "activo", "Notice Period"},
		"inactive":   {"Pre-hire", "inactif"},
		"suspended":  {"On Leave", "LOA", "Leave of Absence", "Garden Leave", "Furlough", "suspendu"},
		"terminated": {"Retired", "Resigned", "Separated", "Deceased", "Contract Ended", "Left", "ausgeschieden"},
		"unknown":    {"Onboarding", "T", "1"},
	} {
		for _, word := range words {
			for dataset, in := range map[string]string{
				"oleria.employees":                      "Employee Name,Email,Department,Job Title,Status\nAnn,ann@x.example,IT,Dev," + word + "\n",
				"oleria.access_inventory_identities_v2": "Identity Name,Account Email,Identity Type,User Status,Application,Application Instance\nAnn,ann@x.example,user," + word + ",Okta,o\n",
			} {
				if got := column(builtin(t, dataset, in).rows["observed.identities"], "status"); !slices.Equal(got, []string{status}) {
					t.Errorf("%s: %s is %q, want %s", dataset, word, got, status)
				}
			}
		}
	}
}
