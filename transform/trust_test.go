package transform

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
)

// findingsOf is "rule field count" of each finding.
func findingsOf(r *result) []string {
	var out []string
	for _, f := range r.stream.Findings {
		out = append(out, fmt.Sprintf("%s %s %d", f.Rule, f.Field, f.Count))
	}
	return out
}

func TestEmail_isOneAddressOrNone(t *testing.T) {
	for in, want := range map[string]string{
		"ann.lee@example.com":                     "ann.lee@example.com",
		" Ann.Lee@Example.COM ":                   "ann.lee@example.com",
		"mailto:Ann@example.com":                  "ann@example.com",
		"MAILTO:ann@example.com?subject=x":        "ann@example.com",
		"Ann Lee <ann@example.com>":               "ann@example.com",
		`"""Lee, Ann"" <mailto:Ann@Example.com>"`: "ann@example.com",
		"<ann@example.com>":                       "ann@example.com",
		"o'neil+work@mail.example.co.uk":          "o'neil+work@mail.example.co.uk",
		"ÄNN@example.com":                         "änn@example.com",
		"ann@xn--mnchen-3ya.example":              "ann@xn--mnchen-3ya.example",
		`"=""ann@example.com"""`:                  "ann@example.com",
		"N/A":                                     "placeholder",
		"#N/A":                                    "placeholder",
		"null":                                    "placeholder",
		"None":                                    "placeholder",
		"-":                                       "placeholder",
		"see HR":                                  "placeholder",
		"unknown":                                 "placeholder",
		"n.a.":                                    "placeholder",
		"tbd":                                     "placeholder",
		"#REF!":                                   "placeholder",
		"none@example.com":                        "placeholder",
		"noemail@example.com":                     "placeholder",
		"nobody@":                                 "not_an_address",
		"@example.com":                            "not_an_address",
		"ann":                                     "not_an_address",
		"ann@host":                                "not_an_address",
		"ann lee@example.com":                     "not_an_address",
		"ann@example.com; ben@example.com":        "not_an_address",
		`"ann@example.com, ben@example.com"`:      "not_an_address",
		"ann@example.com (left)":                  "not_an_address",
		"ann@example..com":                        "not_an_address",
		"ann@-example.com":                        "not_an_address",
		"ann@example.com.":                        "not_an_address",
		"ann@example.com <ben@example.com>":       "ben@example.com",
		strings.Repeat("a", 65) + "@example.com":  "not_an_address",
		"ann@example.com@example.com":             "not_an_address",
		"'ann@example.com":                        "'ann@example.com",
		"Ann <ann@example.com>, Ben <b@example.com>": "not_an_address",
	} {
		y := "columns:\n  k: {from: [k], type: text}\n  mail: {from: [mail], type: email}\n" +
			"emit:\n  - {table: identities, set: {identity_key: {key: identity, of: [k]}, email: mail}}\n"
		r, err := transformed(t, y, Options{}, input("k,mail\n1,"+cellOf(in)+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.rows["observed.identities"]) == 0 {
			t.Errorf("%q: %v", in, r.rejects)
			continue
		}
		got, _ := r.rows["observed.identities"][0]["email"].(string)
		if got == "" && len(r.stream.Findings) == 1 {
			got = r.stream.Findings[0].Rule
			plain := strings.ReplaceAll(strings.Trim(in, `"`), `""`, `"`)
			if kept := r.rows["balkanid.test"][0]["mail"]; kept != plain {
				t.Errorf("%q is kept as %q", in, kept)
			}
		}
		if got != want {
			t.Errorf("%q is read as %q (%v), want %q", in, got, findingsOf(r), want)
		}
	}
}

// cellOf quotes a CSV cell that needs it.
func cellOf(s string) string {
	if !strings.HasPrefix(s, `"`) && strings.ContainsAny(s, `,"`) {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

func TestPlaceholder_neitherKeysNorJoins(t *testing.T) {
	y := `
columns:
  app:  {from: [app], type: text}
  id:   {from: [id], type: text}
  user: {from: [user], type: text}
  name: {from: [name], type: text}
  note: {from: [note], type: text}
  meta: {from: [meta], type: json}
emit:
  - table: accounts
    set:
      account_key:
        first:
          - {key: account, of: [app, id], when: {id: present}}
          - {key: account, of: [app, user], when: {user: present}}
          - {key: account, of: [app, meta.login]}
      native_id: id
      username: {first: [user, meta.login]}
      display_name: note
      application_key: {key: application, of: [app]}
      attributes: {object: [id, user]}
`
	for name, tc := range map[string]struct {
		in       string
		key, id  any
		username any
		findings []string
		rule     string
	}{
		"an id":                           {"A,7,ann,,,", "demo:account:A|7", "7", "ann", nil, ""},
		"a placeholder for an id":         {"A,#N/A,ann,,,", "demo:account:A|ann", nil, "ann", []string{"placeholder id 1"}, ""},
		"and for the user name":           {"A,None,unknown,,,\"{\"\"login\"\":\"\"bob\"\"}\"", "demo:account:A|bob", nil, "bob", []string{"placeholder id 1", "placeholder user 1"}, ""},
		"and inside JSON":                 {"A,None,-,,,\"{\"\"login\"\":\"\"n/a\"\"}\"", nil, nil, nil, []string{"placeholder accounts.account_key 1", "placeholder accounts.username 1", "placeholder id 1", "placeholder user 1"}, "required accounts.account_key"},
		"a name that is a word elsewhere": {"None,7,ann,,,", "demo:account:None|7", "7", "ann", nil, ""},
		"an application that is none":     {"N/A,7,ann,,,", nil, nil, nil, []string{"placeholder app 1"}, "required accounts.account_key"},
		"a prefixed placeholder":          {"A,id/n.a.,ann,,,", "demo:account:A|ann", nil, "ann", []string{"placeholder id 1"}, ""},
		"a rounded number":                {"A,1.23457E+16,ann,,,", nil, nil, nil, nil, "type id"},
		"a rounded number elsewhere":      {"A,7,ann,,1.23457E+16,", "demo:account:A|7", "7", "ann", nil, ""},
		"an id like a number":             {"A,12e45,ann,,,", "demo:account:A|12e45", "12e45", "ann", nil, ""},
		"a number kept as text":           {`A,"=""00023""",ann,,,`, "demo:account:A|00023", "00023", "ann", nil, ""},
		"and by an apostrophe":            {"A,'00023,ann,,'t Hart,", "demo:account:A|00023", "00023", "ann", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, y, Options{}, input("app,id,user,name,note,meta\n"+tc.in+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.findings, findingsOf(r)); diff != "" {
				t.Error(diff)
			}
			if tc.rule != "" {
				if got := r.rule(0) + " " + fmt.Sprint(r.rejects[0]["field"]); got != tc.rule {
					t.Errorf("rejects %v, want %s", r.rejects, tc.rule)
				}
				return
			}
			if len(r.rejects) > 0 {
				t.Fatal(r.rejects)
			}
			row := r.rows["observed.accounts"][0]
			if diff := cmp.Diff([]any{tc.key, tc.id, tc.username}, []any{row["account_key"], row["native_id"], row["username"]}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Findings of emits count once, though the emits may run twice.
func TestPlaceholder_countsOnce(t *testing.T) {
	y := "columns:\n  id: {from: [id], type: text}\n  m: {from: [m], type: json}\n  n: {from: [n], type: int}\n" +
		"emit:\n  - {table: accounts, set: {account_key: {key: account, of: [id]}, email: m.mail, dormant_days: m.days}}\n"
	r, err := transformed(t, y, Options{}, input("id,m,n\n1,\"{\"\"mail\"\":\"\"N/A\"\"}\",1\n2,\"{\"\"mail\"\":\"\"x\"\",\"\"days\"\":\"\"many\"\"}\",1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"not_an_address accounts.email 1", "placeholder accounts.email 1"}, findingsOf(r)); diff != "" {
		t.Error(diff)
	}
}

// builtinCase runs the contract of a dataset over a file of ../testdata/cases.
func builtinCase(t *testing.T, dataset, file string) *result {
	t.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract(dataset)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "testdata", "cases", filepath.FromSlash(file))
	r, err := transformedBy(t, c, set.Common, Options{}, Input{Artifact: file, Name: filepath.Base(file),
		Open: func() (io.ReadCloser, error) { return os.Open(path) }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCases_placeholders(t *testing.T) {
	for _, name := range []string{"34b-na-key", "34c-placeholder-email-na", "34c-placeholder-email-null"} {
		r := builtinCase(t, "balkanid.employees", name+"/employees.csv")
		if diff := cmp.Diff([]string{"demo:identity:employee|2", "demo:identity:employee|3", "demo:identity:employee|4"}, column(r.rows["observed.identities"], "identity_key")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff([]string{"placeholder work_email 3"}, findingsOf(r)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	r := builtinCase(t, "balkanid.entities", "37-placeholder-email-leaver/entities.csv")
	if diff := cmp.Diff([]string{"", "", "ben@example.com"}, column(r.rows["observed.accounts"], "email")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"placeholder accounts.email 2"}, findingsOf(r)); diff != "" {
		t.Error(diff)
	}
}

func TestCases_roundedNumberIsNoID(t *testing.T) {
	r := builtinCase(t, "balkanid.employees", "28-excel-scientific-id/employees.csv")
	if len(r.rows["observed.identities"]) != 2 || r.rule(0) != schemas.RuleType || r.rejects[0]["field"] != "source_employee_id" {
		t.Errorf("identities %v, rejects %v", r.rows["observed.identities"], r.rejects)
	}
}

// An id that stands for nobody joins nobody: the next way to make a key counts.
func TestPlaceholders_idsOfNobody(t *testing.T) {
	in := "Integration ID,Privilege Name,Privilege Value,Email,Identity ID,Username,Resource,Resource Type\n"
	ids := []string{"0", "0", "not mapped", "not mapped", "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000", "External", "keine"}
	for i, id := range ids {
		in += fmt.Sprintf("github/1,push,true,u%d@x.example,%s,u%[1]d,r,repository\n", i, id)
	}
	r := builtin(t, "balkanid.entitlements", in)
	if keys := column(r.rows["observed.accounts"], "account_key"); len(keys) != len(ids) || keys[0] != "demo:account:github/1|u0" {
		t.Errorf("accounts %q", keys)
	}
	if len(r.rows["observed.grants"]) != len(ids) || found(r, "placeholder") != int64(len(ids)) {
		t.Errorf("%d grants; %v", len(r.rows["observed.grants"]), r.stream.Findings)
	}
}

// What is the whole key of a thing is its id, of which a word such as None is none. What is
// beside others in a key, or is what the thing is called, may well be such a word.
func TestPlaceholders_idsOfThings(t *testing.T) {
	y := `
columns:
  app:  {from: [app], type: text}
  id:   {from: [id], type: text}
  team: {from: [team], type: text}
  rule: {from: [rule], type: text}
emit:
  - {table: reviews, set: {review_key: {key: review, of: [{const: item}, id]}}}
  - {table: groups, set: {group_key: {key: group, of: [app, team]}, name: team}}
  - {table: policies, set: {policy_key: {key: policy, of: [rule]}, name: rule}}
`
	for _, word := range []string{"None", "unknown", "see HR", "00000000-0000-0000-0000-000000000000", "External"} {
		r, err := transformed(t, y, Options{}, input("app,id,team,rule\nA,"+word+","+word+","+word+"\nA,7,x,y\n"))
		if err != nil {
			t.Fatal(err)
		}
		if r.rule(0) != schemas.RuleRequired || r.rejects[0]["field"] != "reviews.review_key" || found(r, "placeholder") != 1 {
			t.Errorf("%s as an id: rejects %v, findings %v", word, r.rejects, r.stream.Findings)
		}
		r, err = transformed(t, strings.Replace(y, "  - {table: reviews, set: {review_key: {key: review, of: [{const: item}, id]}}}\n", "", 1), Options{}, input("app,id,team,rule\nA,1,"+word+","+word+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if g, p := column(r.rows["observed.groups"], "group_key"), column(r.rows["observed.policies"], "policy_key"); len(r.rejects) > 0 || g[0] != "demo:group:A|"+word || p[0] != "demo:policy:"+word {
			t.Errorf("%s as a name: %v, %v, rejects %v", word, g, p, r.rejects)
		}
	}
	r, err := transformed(t, y, Options{}, input("app,id,team,rule\nA,0,x,y\n"))
	if err != nil || len(r.rejects) > 0 || column(r.rows["observed.reviews"], "review_key")[0] != "demo:review:item|0" {
		t.Errorf("the number 0 as an id: %v, rejects %v", err, r.rejects)
	}
}
