package transform

import (
	"strings"
	"testing"

	"github.com/accessmart/accessmart/transform/scan"
)

// TestSecrets_inEachPlace plants a secret under each form of name, in each
// place of an export that no contract masks.
func TestSecrets_inEachPlace(t *testing.T) {
	typed := "columns:\n  id: {from: [id], type: int}\n  note: {from: [note], type: text}\n  meta: {from: [meta], type: json}\n" +
		"emit:\n  - table: groups\n    set: {group_key: {key: group, of: [id]}, name: note, attributes: {object: [note, meta, _extra]}}\n"
	for _, member := range []string{
		`"password":"C"`, `"apiPassword":"C"`, `"API_KEY":"C"`, `"private key":"C"`, `"deep":{"er":[{"client_secret":"C"}]}`, `"credentials":{"user":"C","x":["C"]}`, `"token":["C"]`,
		`"p\u0061ssword":"C"`, `"text":"{\"password\":\"C\"}"`, `"text":"[{\"deep\":{\"passphrase\":\"C\"}}]"`, `"text":"{\"password\":\"C\""`, `"pin":{"password":C1}`,
		`"Operations":[{"op":"replace","path":"password","value":"C"}]`, `"fields":[{"id":"Kennwort","answer":"C"}]`, `"login":{"user":"a","pass":"C"}`, `"temp_pw":"C"`, `"mot de passe":"C"`,
		`"contrase\u00f1a":"C"`, `"url":"https://svc:C1@host/x"`, `"url":"https:\/\/svc:C1@host"`, `"pem":"-----BEGIN PRIVATE KEY-----\nC"`, `"note":"use Bearer 0123456789abcdef.C"`, `"note":"x ghp_0123456789abcdef0123C"`, `"text":"[\"eyJhbGciOiJIUzI1NiJ9.eyJC1\"]"`, `"a":["eyJhbGciOiJIUzI1NiJ9.C"]`,
		`"settings":[{"name":"client_secret","value":"C"}]`, `"settings":[{"value":"C","key":"API Token"}]`, `"settings":{"type":"secret","name":"x","value":{"a":"C"}}`, `"a.b":{"passwd":"C"}`,
	} {
		member = strings.ReplaceAll(strings.ReplaceAll(member, "C1", "70077007"), `C"`, canary+`"`)
		obj := "{" + member + `,"kept":"visible"}`
		cell := `"` + strings.ReplaceAll(obj, `"`, `""`) + `"`
		str := string(scan.Quote(nil, []byte(obj)))
		for name, tc := range map[string]struct{ yaml, in string }{
			"a JSON column":                 {typed, "id,note,meta\n1,x," + cell + "\n"},
			"a text column":                 {typed, "id,note,meta\n1," + cell + ",{}\n"},
			"an unknown column":             {typed, "id,note,meta,more\n1,x,{}," + cell + "\n"},
			"a text dataset":                {"", "id,note,meta\n1,x," + cell + "\n"},
			"a reject":                      {typed, "id,note,meta,more\nx," + cell + "," + cell + "," + cell + "\n"},
			"a reject of frame":             {typed, "id,note,meta\n1,x," + cell + ",surplus\n1,\"x\"y," + cell + "\n2,y,{}\n"},
			"JSON: a JSON column":           {"format: json\n" + typed, `[{"id":1,"meta":` + obj + `}]`},
			"JSON: a text column":           {"format: json\n" + typed, `[{"id":1,"note":` + obj + `},{"id":2,"note":` + str + `}]`},
			"JSON: an unknown member":       {"format: json\n" + typed, `[{"id":1,"more":` + obj + `}]`},
			"JSON: members of the record":   {"format: json\n" + typed, `[{"id":1,` + member + `}]`},
			"JSON: a text dataset":          {"format: json\n", `[{"id":1,"meta":` + obj + `},{"id":2,"note":` + str + `}]`},
			"JSON: a text dataset, members": {"format: json\n", `[{"id":1,` + member + `}]`},
			"JSON: a reject":                {"format: json\n" + typed, `[{"id":"x",` + member + `,"meta":` + obj + `,"note":` + str + `}]`},
			"JSON: lines, a reject":         {"format: ndjson\n" + typed, `{"id":1,"meta":` + obj + "\n" + `{"id":1,"note":` + str + ",}\n{\"id\":1}\n"},
		} {
			r, err := transformed(t, tc.yaml, Options{}, input(tc.in))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all := show(r.rows) + show(r.rejects) + show(r.drift) + show(r.stream.Findings)
			if strings.Contains(all, canary) || strings.Contains(all, "70077007") {
				t.Errorf("%s with %s: the secret is out:\n%s", name, member, all)
			}
			if !strings.Contains(all, "***") && !strings.Contains(all, "withheld") {
				t.Errorf("%s with %s: nothing is hidden:\n%s", name, member, all)
			}
		}
	}
}

func TestSecrets_columnsOfTheirName(t *testing.T) {
	in := "id,API Token,Has Password,API Tokens,lastPasswordChange\n1," + canary + ",true,3,2024-01-02\n2,,,,\n"
	for name, yaml := range map[string]string{"a text dataset": "", "unknown columns": "columns:\n  id: {from: [id], type: text}\n",
		"columns of the contract": "columns:\n  id: {from: [id], type: text}\n  t: {from: [apiToken], type: text}\n  j: {from: [API Token], type: json}\n"} {
		r, err := transformed(t, yaml, Options{}, input(in))
		if err != nil {
			t.Fatal(err)
		}
		all := show(r.rows)
		if strings.Contains(all, canary) || !strings.Contains(all, "***") {
			t.Errorf("%s: the secret is out: %s", name, all)
		}
		for _, kept := range []string{"true", "3", "2024-01-02"} {
			if !strings.Contains(all, kept) {
				t.Errorf("%s: %s is hidden: %s", name, kept, all)
			}
		}
	}
}

func TestSecrets_otherValuesStay(t *testing.T) {
	y := "columns:\n  id: {from: [id], type: text}\n  meta: {from: [meta], type: json}\n"
	for in, want := range map[string]string{
		`{"hasPassword":true,"password":null,"token":"","secrets":{},"tokens":3}`:      `{"hasPassword":true,"password":null,"token":"","secrets":{},"tokens":3}`,
		`{"lastPasswordChange":"2024-01-02","tokenType":"x","secretName":"n"}`:         `{"lastPasswordChange":"2024-01-02","tokenType":"x","secretName":"n"}`,
		`[{"key":"entitlement/privileged","value":{"text":"Privileged"}}]`:             `[{"key":"entitlement/privileged","value":{"text":"Privileged"}}]`,
		`{"type":"concat","attributes":{"values":["a"],"value":"b"},"password":"yes"}`: `{"type":"concat","attributes":{"values":["a"],"value":"b"},"password":"yes"}`,
		`{"a": "x", "pwd" : "p"}`: `{"a":"x","pwd":"***"}`,
	} {
		r, err := transformed(t, y, Options{}, input("id,meta\n1,\""+strings.ReplaceAll(in, `"`, `""`)+"\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.rows["balkanid.test"][0]["meta"]; got != want {
			t.Errorf("%s is kept as %s", in, got)
		}
	}
}

// A contract may say that a place under such a name holds no secret.
func TestSecrets_plainPlaces(t *testing.T) {
	y := "plain:\n  - {path: meta.page.token, why: it numbers pages only}\n  - {path: Cursor Token, why: it numbers pages only}\n  - {path: \"meta.list.*.secret\", why: it is a flag}\n"
	in := "id,meta,cursor_token\n1,\"{\"\"page\"\":{\"\"token\"\":\"\"seen\"\",\"\"password\"\":\"\"" + canary + "\"\"},\"\"token\"\":\"\"" + canary +
		"\"\",\"\"list\"\":[{\"\"secret\"\":\"\"shown\"\",\"\"token\"\":\"\"" + canary + "\"\"}]}\",open\n"
	for name, columns := range map[string]string{"typed": "columns:\n  id: {from: [id], type: text}\n  meta: {from: [Meta], type: json}\n", "unknown": "columns:\n  id: {from: [id], type: text}\n", "text": ""} {
		r, err := transformed(t, columns+y, Options{}, input(in))
		if err != nil {
			t.Fatal(err)
		}
		all := show(r.rows)
		for _, kept := range []string{"seen", "shown", "open"} {
			if !strings.Contains(all, kept) {
				t.Errorf("%s: %s is hidden: %s", name, kept, all)
			}
		}
		if strings.Contains(all, canary) || strings.Count(all, "***") != 3 {
			t.Errorf("%s: the secret is out: %s", name, all)
		}
	}
}

func TestCases_secrets(t *testing.T) {
	r := builtinCase(t, "sailpoint.config_objects", "38-secrets-places/config_objects.json")
	all := show(r.rows) + show(r.rejects)
	for _, secret := range []string{"canary-conn", "canary-cross", "canary-loop", "canary-tr", "canary-sd", "canary-ts"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s is out", secret)
		}
	}
	for _, kept := range []string{"canary-static", "canary-choice", "DISCOVER_SCHEMA", "WORKFLOW"} {
		if !strings.Contains(all, kept) {
			t.Errorf("%s is hidden", kept)
		}
	}
	if r.counts.Loaded != 6 {
		t.Errorf("%+v", r.counts)
	}
}

// Two names that are taken for tokens stay two, and no words for nothing.
func TestSecrets_hiddenNamesStayApart(t *testing.T) {
	y := "columns:\n  name: {from: [name], type: text, required: true}\n" +
		"emit:\n  - table: groups\n    set: {group_key: {key: group, of: [name]}, name: name}\n"
	const one, other = "ghp_a1B2c3D4a1B2c3D4a1B2c3D4a1B2c3D4a1B2", "ghp_d1B2c3D4a1B2c3D4a1B2c3D4a1B2c3D4a1B2"
	for name, in := range map[string]string{"csv": "name\n" + one + "\n" + other + "\nplain\n", "json": `[{"name":"` + one + `"},{"name":"` + other + `"},{"name":"plain"}]`} {
		r, err := transformed(t, "format: "+name+"\n"+y, Options{}, input(in))
		if err != nil {
			t.Fatal(err)
		}
		keys := map[any]bool{}
		for _, row := range r.rows["observed.groups"] {
			keys[row["group_key"]] = true
		}
		if len(keys) != 3 || r.counts.Rejected != 0 || strings.Contains(show(r.rows), "a1B2") || strings.Count(show(r.rows["observed.groups"]), "***") == 0 {
			t.Errorf("%s: %+v %s", name, r.counts, show(r.rows))
		}
	}
}

// Words about a secret, and phrases where a secret is none, stay; words that are
// hidden are told of.
func TestSecrets_harmlessWords(t *testing.T) {
	in := "id,Password,Authorization,Credentials,Ski Pass,meta\n1,Never expires,approved,\"MD, PhD\",Zermatt,\"{\"\"pat\"\":\"\"Pat Smith\"\",\"\"otp\"\":\"\"enabled\"\",\"\"token\"\":\"\"" + canary + "\"\"}\"\n" +
		"2," + canary + ",Basic " + canary + ",x " + canary + ",,\n"
	for name, columns := range map[string]string{"text": "", "unknown": "columns:\n  id: {from: [id], type: text}\n", "typed": "columns:\n  id: {from: [id], type: text}\n  p: {from: [Password], type: text}\n  s: {from: [Ski Pass], type: text}\n  meta: {from: [meta], type: json}\n"} {
		r, err := transformed(t, columns, Options{}, input(in))
		if err != nil {
			t.Fatal(err)
		}
		all := show(r.rows)
		for _, kept := range []string{"Never expires", "approved", "MD, PhD", "Pat Smith", "enabled"} {
			if !strings.Contains(all, kept) {
				t.Errorf("%s: %s is hidden: %s", name, kept, all)
			}
		}
		if strings.Contains(all, canary) || strings.Contains(all, "Zermatt") || strings.Count(show(r.stream.Findings), findHidden) != 1 {
			t.Errorf("%s: %s %s", name, all, show(r.stream.Findings))
		}
	}
}

// A mask leads into an object: where a text or a number stands instead, all of it
// may be the secret, whether it comes as a cell or as JSON.
func TestMask_singleValues(t *testing.T) {
	y := "columns:\n  id: {from: [id]}\n  m: {from: [m], type: json, mask: ['*']}\n"
	for name, in := range map[string]string{
		"csv":  "id,m\n1,https://hooks.example.com/" + canary + "\n2,\"\"\"" + canary + "\"\"\"\n3,12345\n4,true\n5,\n",
		"json": `[{"id":1,"m":"https://hooks.example.com/` + canary + `"},{"id":2,"m":"` + canary + `"},{"id":3,"m":12345},{"id":4,"m":true},{"id":5,"m":null}]`,
	} {
		format := ""
		if name == "json" {
			format = "format: json\n"
		}
		r, err := transformed(t, format+y, Options{}, input(in))
		if err != nil {
			t.Fatal(name, err)
		}
		for i, want := range []any{`"***"`, `"***"`, `"***"`, "true", nil} {
			if got := r.rows["balkanid.test"][i]["m"]; got != want {
				t.Errorf("%s %d: %v, want %v", name, i, got, want)
			}
		}
	}
}
