package transform

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
)

// caseInput is a file of ../testdata/cases, deliveries that were once read
// wrongly.
func caseInput(t testing.TB, path string) Input {
	t.Helper()
	path = filepath.Join("..", "testdata", "cases", filepath.FromSlash(path))
	return Input{Artifact: strings.Repeat("c", 64), Name: filepath.Base(path),
		Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

// configResult runs the contract of sp-config.
func configResult(t testing.TB, in Input) *result {
	t.Helper()
	c, common := builtIn(t, "sailpoint.config_objects")
	r, err := transformedBy(t, c, common, Options{}, in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rejected lists the rejects as "level rule field", sorted.
func rejected(r *result) (out []string) {
	for _, x := range r.rejects {
		out = append(out, fmt.Sprint(x["level"], " ", x["rule"], " ", x["field"]))
	}
	slices.Sort(out)
	return out
}

func keysOf(r *result, table, column string) (out []string) {
	for _, row := range r.rows[schemas.CommonSchema+"."+table] {
		out = append(out, fmt.Sprint(row[column]))
	}
	slices.Sort(out)
	return out
}

func TestCases_referencesWithoutAnID(t *testing.T) {
	r := configResult(t, caseInput(t, "04-refs-by-name/config_objects.json"))
	want := []string{
		"item required object.accessProfiles[0]", "item required object.accessProfiles[1]", "item required object.accessProfiles[2]",
		"item required object.entitlements[0]", "item required object.entitlements[1]",
		"item required object.membership.identities[0]", "item required object.membership.identities[1]",
		"item required object.source",
	}
	if diff := cmp.Diff(want, rejected(r)); diff != "" {
		t.Error(diff)
	}
	if len(r.rows["observed.grants"])+len(r.rows["observed.entitlements"])+len(r.rows["observed.identities"]) != 0 || len(r.rows["observed.roles"]) != 2 {
		t.Errorf("rows %v", r.rows)
	}

	r = configResult(t, caseInput(t, "17-null-ref-id/config_objects.json"))
	want = []string{"item required object.accessProfiles[0]", "item required object.accessProfiles[1]"}
	if diff := cmp.Diff(want, rejected(r)); diff != "" {
		t.Error(diff)
	}
	if got := keysOf(r, "grants", "principal_key"); !slices.Equal(got, []string{"demo:role:000000000000000000000000000000c8"}) {
		t.Errorf("grants of %v", got)
	}
	for _, x := range r.rejects {
		if text := fmt.Sprint(x["record_text"]); !strings.Contains(text, "ACCESS_PROFILE") || strings.Contains(text, "self") {
			t.Errorf("the reject of an entry shows %s", text)
		}
	}
}

func TestCases_textWhereObjectsAreNeeded(t *testing.T) {
	r := configResult(t, caseInput(t, "06-powershell-depth/config_objects.json"))
	if got := rejected(r); len(got) != 1 || !strings.HasPrefix(got[0], "record type object.") {
		t.Errorf("rejects %v", got)
	}
	if got := keysOf(r, "roles", "name"); !slices.Equal(got, []string{"HR Read"}) {
		t.Errorf("roles %v", got)
	}
}

func TestConfigObjects_ofAnotherShape(t *testing.T) {
	const profile = `{"type":"ACCESS_PROFILE","id":"p1","name":"P"}`
	for name, tc := range map[string]struct {
		object  string // of a role; a whole entry when it begins with {"version
		rejects []string
		grants  int
	}{
		"all right":                       {`{"accessProfiles":[` + profile + `]}`, nil, 1},
		"one object instead of a list":    {`{"accessProfiles":` + profile + `}`, nil, 1},
		"lists that are null":             {`{"name":"r","accessProfiles":null,"entitlements":null,"membership":null}`, nil, 0},
		"one bad reference of two":        {`{"accessProfiles":[` + profile + `,{"type":"ACCESS_PROFILE","name":"Q"}]}`, []string{"item required object.accessProfiles[1]"}, 1},
		"a text among references":         {`{"accessProfiles":["@{id=p0}",` + profile + `]}`, []string{"item type object.accessProfiles[0]"}, 1},
		"a list of texts":                 {`{"accessProfiles":["p1","p2"]}`, []string{"item type object.accessProfiles[0]", "item type object.accessProfiles[1]"}, 0},
		"null among references":           {`{"accessProfiles":[null,` + profile + `]}`, []string{"item type object.accessProfiles[0]"}, 1},
		"a list among references":         {`{"accessProfiles":[[` + profile + `]]}`, []string{"item type object.accessProfiles[0]"}, 0},
		"an empty reference":              {`{"accessProfiles":[{}]}`, []string{"item required object.accessProfiles[0]"}, 0},
		"an object as id":                 {`{"accessProfiles":[{"id":{"value":"p1"}}]}`, []string{"item type object.accessProfiles[0]"}, 0},
		"a text instead of a list":        {`{"accessProfiles":"@{id=p1}"}`, []string{"record type object.accessProfiles"}, 0},
		"a number instead of a list":      {`{"entitlements":1}`, []string{"record type object.entitlements"}, 0},
		"members below a text":            {`{"membership":"@{type=IDENTITY_LIST}"}`, []string{"record type object.membership"}, 0},
		"members below a list of one":     {`{"membership":[{"identities":[]}]}`, nil, 0},
		"members below a list":            {`{"membership":[{"identities":[]},{"identities":[]}]}`, []string{"record type object.membership"}, 0},
		"a bad member, met by two tables": {`{"membership":{"identities":[{"name":"Ada"}]}}`, []string{"item required object.membership.identities[0]"}, 0},
		"an owner that is a text":         {`{"owner":"@{id=x}","accessProfiles":[` + profile + `]}`, []string{"item type object.owner"}, 1},
		"an owner without id":             {`{"owner":{"type":"IDENTITY","name":"Ada"}}`, []string{"item required object.owner"}, 0},
		"an owner that says nothing":      {`{"owner":{"type":"IDENTITY","id":null,"name":null},"name":"r"}`, nil, 0},
		"no object":                       {`null`, []string{"record required object"}, 0},
		"an object that holds nothing":    {`{ }`, []string{"record required object"}, 0},
		"a text instead of the object":    {`"@{name=r; accessProfiles=System.Object[]}"`, []string{"record type object"}, 0},
		"a list around the object":        {`[{"name":"r"}]`, []string{"record type object"}, 0},
		"no envelope of the object":       {`{"version":1,"self":null,"object":{"name":"r"}}`, []string{"record required self_type"}, 0},
		"a text instead of self":          {`{"version":1,"self":"@{type=ROLE; id=r1}","object":{"name":"r"}}`, []string{"record type self"}, 0},
		"an object as id of self":         {`{"version":1,"self":{"type":"ROLE","id":{"v":"r1"}},"object":{"name":"r"}}`, []string{"record type self_id"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.HasPrefix(tc.object, `{"version`) {
				tc.object = configObject("ROLE", "r1", tc.object)
			}
			good := configObject("TAG", "t1", `{"name":"t"}`)
			r := configResult(t, input(spConfig(good, tc.object)))
			if diff := cmp.Diff(tc.rejects, rejected(r)); diff != "" {
				t.Error(diff)
			}
			if got := len(r.rows["observed.grants"]); got != tc.grants {
				t.Errorf("%d grants, want %d", got, tc.grants)
			}
		})
	}
}

func TestPartial(t *testing.T) {
	doc := func(options string) string {
		return `{"version":1,"timestamp":"2026-05-12T17:32:00Z","tenant":"acme",` + options + `"objects":[` + configObject("TAG", "t1", `{"name":"t"}`) + `]}`
	}
	const all = `["TAG","role","ACCESS_PROFILE","SOURCE","SOD_POLICY","GOVERNANCE_GROUP","IDENTITY_PROFILE","LIFECYCLE_STATE","SEGMENT","CAMPAIGN_FILTER","ACCESS_REQUEST_CONFIG","RULE"]`
	for name, tc := range map[string]struct{ in, why string }{
		"everything is null":         {doc(`"options":{"includeTypes":null,"excludeTypes":null,"objectOptions":null},`), ""},
		"everything is empty":        {doc(`"options":{"includeTypes":[],"excludeTypes":[ ],"objectOptions":{}},`), ""},
		"nothing is in options":      {doc(`"options":{},`), ""},
		"all types with a meaning":   {doc(`"options":{"includeTypes":` + all + `},`), ""},
		"some types":                 {doc(`"options":{"includeTypes":["SOURCE"]},`), "options.includeTypes of the document leaves out ROLE"},
		"types that are one text":    {doc(`"options":{"includeTypes":"SOURCE"},`), "leaves out ROLE"},
		"all but some types":         {doc(`"options":{"excludeTypes":["RULE"]},`), "options.excludeTypes"},
		"one object of a type":       {doc(`"options":{"objectOptions":{"SOURCE":{"includedNames":["HR"]}}},`), "options.objectOptions"},
		"no options":                 {doc(``), "no options"},
		"options behind the objects": {strings.TrimSuffix(doc(``), "}") + `,"options":{"includeTypes":["SOURCE"]}}`, "leaves out ROLE"},
		"a list without a document":  {`[` + configObject("TAG", "t1", `{"name":"t"}`) + `]`, "no document"},
		"lines":                      {configObject("TAG", "t1", `{"name":"t"}`) + "\n" + configObject("TAG", "t2", `{"name":"t"}`), "no document"},
	} {
		t.Run(name, func(t *testing.T) {
			r := configResult(t, input(tc.in))
			if got := r.stream.Partial; !strings.Contains(got, tc.why) || (got == "") != (tc.why == "") {
				t.Errorf("partial %q, want %q", got, tc.why)
			}
			if said := len(r.stream.Findings) == 1 && r.stream.Findings[0].Rule == "partial" && r.stream.Findings[0].Detail == r.stream.Partial; said != (tc.why != "") {
				t.Errorf("findings %v", r.stream.Findings)
			}
		})
	}
	asked := func(in ...string) string {
		c, common := builtIn(t, "sailpoint.config_objects")
		var inputs []Input
		for _, options := range in {
			inputs = append(inputs, input(doc(`"options":`+options+`,`)))
		}
		r, err := transformedBy(t, c, common, Options{}, inputs...)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(r.stream.Asked)
	}
	const types = `TAG role ACCESS_PROFILE SOURCE SOD_POLICY GOVERNANCE_GROUP IDENTITY_PROFILE LIFECYCLE_STATE SEGMENT CAMPAIGN_FILTER ACCESS_REQUEST_CONFIG`
	without := strings.Replace(all, `,"RULE"`, "", 1)
	for _, tc := range []struct {
		in   []string
		want string
	}{
		{[]string{`{"includeTypes":null}`}, "[]"},
		{[]string{`{"includeTypes":[]}`}, "[]"},
		{[]string{`{"includeTypes":` + all + `}`}, "[{config_objects kind [" + types + " RULE] options.includeTypes}]"},
		{[]string{`{"includeTypes":` + all + `}`, `{"includeTypes":` + without + `}`}, "[{config_objects kind [" + types + "] options.includeTypes}]"},
		{[]string{`{}`, `{"includeTypes":` + without + `}`}, "[{config_objects kind [" + types + "] options.includeTypes}]"},
	} {
		if got := asked(tc.in...); got != tc.want {
			t.Errorf("asked %s\nwant  %s", got, tc.want)
		}
	}
	if r := configResult(t, caseInput(t, "01-partial-spconfig-file/by-type/day2/config_objects.json")); !strings.Contains(r.stream.Partial, "leaves out ROLE") {
		t.Errorf("partial %q", r.stream.Partial)
	}
	c, common := builtIn(t, "sailpoint.config_objects")
	r, err := transformedBy(t, c, common, Options{}, input(doc(`"options":{},`)), input(doc(`"options":{"excludeTypes":["TAG"]},`)))
	if err != nil || r.stream.Partial == "" {
		t.Errorf("one part of two: partial %q, %v", r.stream.Partial, err)
	}
}

// An object inside another one is there and says nothing.
func TestConfig_wrappedObjects(t *testing.T) {
	document := func(object string) Input {
		return Input{Artifact: strings.Repeat("c", 64), Name: "config_objects.json", Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(`{"version":1,"timestamp":"2026-05-12T01:00:00Z","tenant":"acme","options":{},"objects":[
				{"version":1,"self":{"type":"ROLE","id":"r1","name":"R1"},"object":{"id":"r1","name":"R1"}},
				{"version":1,"self":{"type":"ROLE","id":"r2","name":"R2"},"object":` + object + `}]}`)), nil
		}}
	}
	for object, want := range map[string][]string{
		`{"data":{"id":"r2","name":"R2","membership":{"identities":[{"id":"m3"}]}}}`: {"record type object"},
		`{"id":"r2","segments":[],"dimensionRefs":{"kind":"x"}}`:                     nil,
		`{"id":"r2","sourceRef":{"id":"s1","name":"S"}}`:                             nil,
		`{"name":"R2","data":{"name":"R2"}}`:                                         nil,
	} {
		if diff := cmp.Diff(want, rejected(configResult(t, document(object)))); diff != "" {
			t.Errorf("%s: %s", object, diff)
		}
	}
}
