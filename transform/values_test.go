package transform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
)

// column is one column of the rows of a table, "" where it is NULL.
func column(rows []map[string]any, name string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i], _ = r[name].(string)
	}
	return out
}

func TestPart(t *testing.T) {
	r, err := transformed(t, `
columns:
  whole: {from: [ID], type: text}
  kind:  {from: [ID], type: text, part: {separator: ":", index: 1}}
  last:  {from: [ID], type: int, part: {separator: ":", index: 2}}
  word:  {from: [ID], type: text, part: {separator: " - ", index: 0}}
`, Options{}, input("ID\na:group:7\nplain\na:\na::8:9\nx - y\n\"a: padded :1\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	rows := r.rows["balkanid.test"]
	for name, want := range map[string][]string{
		"whole": {"a:group:7", "plain", "a:", "a::8:9", "x - y", "a: padded :1"},
		"kind":  {"group", "", "", "", "", "padded"},
		"word":  {"", "", "", "", "x", ""},
	} {
		if diff := cmp.Diff(want, column(rows, name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if rows[0]["last"] != int64(7) || rows[1]["last"] != nil || rows[3]["last"] != int64(8) {
		t.Errorf("last: %v, %v, %v", rows[0]["last"], rows[1]["last"], rows[3]["last"])
	}
}

func TestPart_required(t *testing.T) {
	r, err := transformed(t, "columns:\n  kind: {from: [ID], type: text, required: true, part: {separator: \":\", index: 1}}\n",
		Options{}, input("ID\na:b\nplain\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.rejects) != 1 || r.rule(0) != schemas.RuleRequired {
		t.Errorf("rejects: %v", r.rejects)
	}
}

func TestParts_ofTheItemsOfAList(t *testing.T) {
	r, err := transformed(t, `
columns:
  id:   {from: [ID], type: text, required: true}
  have: {from: [Have], type: json, separator: ",", parts: {kind: {separator: ":", index: 1}, name: {separator: ":", index: 2}}}
emit:
  - table: grants
    each: have
    set:
      grant_key: {key: grant, of: [id, item.text]}
      principal_kind: {const: role}
      principal_key: {key: role, of: [id]}
      target_kind: {case: [{when: {item.kind: group}, then: {const: group}}, {when: {item.kind: role}, then: {const: role}}]}
      target_key: {case: [{when: {item.kind: group}, then: {key: group, of: [item.name]}}, {when: {item.kind: role}, then: {key: role, of: [item.text]}}]}
      effect: {const: allow}
`, Options{Source: "s"}, input("ID,Have\n1,\"a:group:x, a:role:\"\"y\"\", plain\"\n2,\n3,\"[\"\"a:group:z\"\"]\"\n4,\" , \"\n5,\"\"\"\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`[{"text":"a:group:x","kind":"group","name":"x"},{"text":"a:role:\"y\"","kind":"role","name":"\"y\""},{"text":"plain"}]`,
		"", `[{"text":"a:group:z","kind":"group","name":"z"}]`, `[]`, `[{"text":"\""}]`}
	if diff := cmp.Diff(want, column(r.rows["balkanid.test"], "have")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"s:group:x", `s:role:a:role:"y"`, "s:group:z"}, column(r.rows["observed.grants"], "target_key")); diff != "" {
		t.Error(diff)
	}
	if len(r.rejects) != 2 {
		t.Errorf("rejects: %v; want the two items without a kind", r.rejects)
	}
}

func TestAside_aListThatCannotBeReadCostsItsRowsAlone(t *testing.T) {
	for _, tc := range []struct {
		aside string
		want  []string // level and field of the rejects
		kept  int
	}{
		{"", []string{"record log"}, 1},
		{"    aside: true\n", []string{"item log[0]"}, 2},
	} {
		r, err := transformed(t, "columns:\n  id: {from: [ID], required: true}\n  log: {from: [Log], type: json}\nemit:\n  - table: reviews\n    set: {review_key: {key: review, of: [id]}}\n"+
			"  - table: activities\n    each: log\n"+tc.aside+"    set: {activity_key: {key: activity, of: [id, item.step]}, action: item.step}\n",
			Options{}, input("ID,Log\n1,\"[{\"\"step\"\":\"\"made\"\"},{\"\"step\"\":\"\"done\"\"}]\"\n2,\"[{\"\"step\"\":\"\"made\"\" \"\"by\"\":1}]\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range r.rejects {
			got = append(got, fmt.Sprint(r.rejects[i]["level"], " ", r.rejects[i]["field"]))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" || len(r.rows["observed.reviews"]) != tc.kept || len(r.rows["observed.activities"]) != 2 {
			t.Errorf("%d reviews, %d activities, rejects %s", len(r.rows["observed.reviews"]), len(r.rows["observed.activities"]), diff)
		}
	}
}

func TestWhen_choosesAmongValues(t *testing.T) {
	r, err := transformed(t, `
columns:
  kind: {from: [Kind], type: text}
  id:   {from: [ID], type: text}
  n:    {from: [N], type: int}
emit:
  - table: accounts
    set:
      account_key:
        first:
          - {key: account, of: [{const: a}, id], when: {kind: person}}
          - {key: account, of: [{const: b}, id], when: {kind: [bot, robot], id: present}}
          - {key: account}
      display_name: {column: id, when: {kind: {not: [bot]}}}
      dormant_days: {column: n, when: {kind: person}}
      status: {column: kind, values: {bot: active}, when: {kind: bot}}
      attributes: {object: [id], when: {id: absent}}
`, Options{}, input("Kind,ID,N\nPerson,1,5\nbot,2,6\nrobot,,7\n,3,8\n"))
	if err != nil {
		t.Fatal(err)
	}
	rows := r.rows["observed.accounts"]
	keys := column(rows, "account_key")
	if diff := cmp.Diff([]string{"demo:account:a|1", "demo:account:b|2"}, keys[:2]); diff != "" {
		t.Error(diff)
	}
	for _, k := range keys[2:] {
		if len(k) != len("demo:account:")+32 {
			t.Errorf("%s is no fingerprint", k)
		}
	}
	if diff := cmp.Diff([]string{"1", "", "", "3"}, column(rows, "display_name")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"", "active", "", ""}, column(rows, "status")); diff != "" {
		t.Error(diff)
	}
	for i, want := range []any{int64(5), nil, nil, nil} {
		if rows[i]["dormant_days"] != want {
			t.Errorf("dormant_days of row %d is %v, want %v", i, rows[i]["dormant_days"], want)
		}
	}
}

// A value that does not count must not make its record a reject.
func TestWhen_hidesWhatWouldNotRead(t *testing.T) {
	r, err := transformed(t, `
columns:
  kind: {from: [Kind], type: text}
  v:    {from: [V], type: text}
emit:
  - table: accounts
    set: {account_key: {key: account, of: [v]}, dormant_days: {column: v, when: {kind: days}}}
`, Options{}, input("Kind,V\ndays,5\nname,five\ndays,six\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.rejects) != 1 || r.counts.Loaded != 2 {
		t.Errorf("%d loaded, rejects: %v", r.counts.Loaded, r.rejects)
	}
}

func TestWhen_ofTheItem(t *testing.T) {
	r, err := transformed(t, `
format: json
columns:
  id:   {from: [id], type: text}
  list: {from: [list], type: json}
emit:
  - table: lifecycle_events
    each: list
    set:
      event_key: {key: event, of: [id, item.id]}
      identity_key: {first: [{key: group, of: [item.id], when: {item.t: g}}, {key: role, of: [item.id], when: {item.t: r}}]}
`, Options{}, input(`[{"id":"1","list":[{"id":"x","t":"g"},{"id":"y","t":"r"},{"id":"z"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"demo:group:x", "demo:role:y", ""}, column(r.rows["observed.lifecycle_events"], "identity_key")); diff != "" {
		t.Error(diff)
	}
}

func TestKey_constantsAloneAreNone(t *testing.T) {
	r, err := transformed(t, `
columns: {id: {from: [ID], type: text}, name: {from: [Name], type: text}}
emit:
  - table: accounts
    set:
      account_key: {first: [{key: account, of: [{const: a}, id]}, {key: account, of: [{const: b}, name]}]}
      application_key: {key: application, of: [id]}
`, Options{}, input("ID,Name\n1,x\n,y\nbrn:bid:balkanid:::T:app:compute/a:b,\n"))
	if err != nil {
		t.Fatal(err)
	}
	rows := r.rows["observed.accounts"]
	if diff := cmp.Diff([]string{"demo:account:a|1", "demo:account:b|y", "demo:account:a|compute/a:b"}, column(rows, "account_key")); diff != "" {
		t.Error(diff)
	}
}

// An e-mail is one wherever it comes from.
func TestCast_textIntoEmail(t *testing.T) {
	r, err := transformed(t, `
columns: {id: {from: [ID], type: text}, meta: {from: [Meta], type: json}}
emit:
  - table: accounts
    set: {account_key: {key: account, of: [id]}, email: {first: [meta.mail, id]}}
`, Options{}, input("ID,Meta\n A@Example.com ,\nx,\"{\"\"mail\"\":\"\" B@Example.com \"\"}\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a@example.com", "b@example.com"}, column(r.rows["observed.accounts"], "email")); diff != "" {
		t.Error(diff)
	}
}

// A volatile column makes no new version of a row.
func TestHash_volatile(t *testing.T) {
	hashes := func(at string) []string {
		r, err := transformed(t, `
format: json
records: objects
columns: {id: {from: [id], type: text}, at: {from: ["$.timestamp"], type: timestamp}}
emit:
  - table: config_objects
    set: {object_key: {key: object, of: [id]}, exported_at: at}
`, Options{}, input(`{"timestamp":"`+at+`","objects":[{"id":"1"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := column(r.rows["observed.config_objects"], "exported_at"); got[0] == "" {
			t.Error("exported_at is not set")
		}
		return column(r.rows["observed.config_objects"], schemas.HashColumn)
	}
	if diff := cmp.Diff(hashes("2026-01-01T00:00:00Z"), hashes("2026-01-02T00:00:00Z")); diff != "" {
		t.Error(diff)
	}
}

// What a column has as a whole is not new inside, and what one column has is
// not kept again because another preferred a different key.
func TestJSON_membersThatColumnsHave(t *testing.T) {
	r, err := transformed(t, `
format: json
columns:
  whole:   {from: [object], type: json}
  type:    {from: [object.type], type: text}
  manager: {from: [manager], type: text}
  address: {from: [managerEmail, manager], type: email}
  domain:  {from: [managerEmail, manager], type: text, part: {separator: "@", index: 1}}
`, Options{}, input(`[{"object":{"type":"a","b":{"c":1}},"manager":"Ben","managerEmail":"ben@example.com"},`+
		`{"managerEmail":"ben@example.com","manager":"Ben"},{"manager":"Ben","new":1}]`))
	if err != nil {
		t.Fatal(err)
	}
	rows := r.rows["balkanid.test"]
	if diff := cmp.Diff([]string{"", "", `{"new":1}`}, column(rows, schemas.ExtraColumn)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ben@example.com", "ben@example.com", "Ben"}, column(rows, "address")); diff != "" {
		t.Error(diff)
	}
	var drift []string
	for _, d := range r.drift {
		drift = append(drift, d.Change+" "+d.Column)
	}
	if diff := cmp.Diff([]string{"column_added new"}, drift); diff != "" {
		t.Error(diff)
	}
}

// What a contract leaves out on purpose is kept, and is no drift.
func TestDrift_notOfWhatIsLeftOut(t *testing.T) {
	for form, data := range map[string]string{
		"json": `[{"id":"1","owner":{"id":"7","type":"IDENTITY"},"new":1}]`,
		"csv":  "id,Owner ID,Owner Type,new\n1,7,IDENTITY,1\n",
	} {
		r, err := transformed(t, `
format: `+form+`
columns:
  id:       {from: [id], type: text}
  owner_id: {from: [owner.id], type: text}
left_out: {owner.type: it is always IDENTITY}
`, Options{}, input(data))
		if err != nil {
			t.Fatal(err)
		}
		if extra := column(r.rows["balkanid.test"], schemas.ExtraColumn)[0]; !strings.Contains(extra, "IDENTITY") {
			t.Errorf("%s: _extra is %s", form, extra)
		}
		if len(r.drift) != 1 || r.drift[0].Column != "new" {
			t.Errorf("%s: drift %v", form, r.drift)
		}
	}
}

// Of two keys for one column the one that is not taken is kept once.
func TestJSON_keyThatLostIsKeptOnce(t *testing.T) {
	r, err := transformed(t, `
format: json
columns:
  address: {from: [managerEmail, manager], type: email}
  domain:  {from: [managerEmail, manager], type: text, part: {separator: "@", index: 1}}
`, Options{}, input(`[{"manager":"Ben","managerEmail":"ben@example.com"}]`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"manager":"Ben"}`}, column(r.rows["balkanid.test"], schemas.ExtraColumn)); diff != "" {
		t.Error(diff)
	}
}
