package schemas

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestLoad_builtinContractsAreValid(t *testing.T) {
	s, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Contract("balkanid.requests")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Columns[0].Name; got != "request_id" {
		t.Errorf("first column is %s: order of the file lost", got)
	}
	if !c.Masked() {
		t.Error("requests are not masked")
	}
	if key := c.Emit[0].Set[0].Value.First[0]; key.Key != "request" || len(key.Of) != 8 {
		t.Errorf("key decoded as %+v", key)
	}
}

func TestLoad_userFolder(t *testing.T) {
	base := "grain: g\ndocumented: assumed\nformat: csv\nmode: snapshot\n"
	for name, tc := range map[string]struct{ file, want string }{
		"unknown word names its line": {"dataset: balkanid.x\n" + base + "colums: {}\n", `[6:1] unknown field "colums"`},
		"unknown column word":         {"dataset: balkanid.x\n" + base + "columns:\n  a: {form: [A], type: text}\n", `column a: [7:7] unknown field "form"`},
		"unknown type":                {"dataset: balkanid.x\n" + base + "columns:\n  a: {from: [A], type: string}\n", `column a: type "string"`},
		"unknown table":               {"dataset: balkanid.x\n" + base + "columns:\n  a: {from: [A], type: text}\nemit:\n  - table: nope\n    set: {a: a}\n", "emit nope: no such table"},
		"unknown column in set":       {"dataset: balkanid.x\n" + base + "columns:\n  a: {from: [A], type: text}\nemit:\n  - table: applications\n    set: {application_key: {key: application, of: [b]}}\n", "no column b"},
		"word outside a closed set":   {"dataset: balkanid.x\n" + base + "columns:\n  a: {from: [A], type: text}\nemit:\n  - table: accounts\n    set: {account_key: {key: account, of: [a]}, status: {column: a, values: {on: live}}}\n", `"live" is not one of`},
		"closed set needs a mapping":  {"dataset: balkanid.x\n" + base + "columns:\n  a: {from: [A], type: text}\nemit:\n  - table: accounts\n    set: {account_key: {key: account, of: [a]}, status: a}\n", "closed set needs values"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{"x.yaml": {Data: []byte(tc.file)}})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want ...%s...", err, tc.want)
			}
			if !strings.Contains(err.Error(), "contracts folder: x.yaml") {
				t.Errorf("%v does not name the file", err)
			}
		})
	}
}

// Editors on Windows write byte-order marks, and names in capitals.
func TestLoad_filesAsEditorsWriteThem(t *testing.T) {
	const text = "dataset: balkanid.apps\ncolumns:\n  mine: {from: [Mine]}\n"
	for name, data := range map[string]string{"mine.yaml": "\ufeff" + text, "mine.YAML": text, "mine.Yml": text, "crlf.yaml": strings.ReplaceAll(text, "\n", "\r\n"), "marked.yaml": "---\n" + text + "---\n"} {
		s, err := loadFiles(map[string]string{name: data})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c, _ := s.Contract("balkanid.apps"); c.Column("mine") == nil {
			t.Errorf("%s was passed over", name)
		}
	}
	for name, data := range map[string]string{"mine.yaml": text + "---\ndataset: balkanid.entities\n", "balkanid/_keys.yaml": "keys: {}\n---\nwords: {}\n"} {
		if _, err := loadFiles(map[string]string{name: data}); err == nil || !strings.Contains(err.Error(), name+": line ") || !strings.Contains(err.Error(), "more than one YAML document") {
			t.Errorf("two documents in %s: %v", name, err)
		}
	}
}

func TestLoad_overlayJoinsFromAndKeepsMasks(t *testing.T) {
	user := fstest.MapFS{"mine.yaml": {Data: []byte("dataset: balkanid.requests\ncolumns:\n  metadata: {from: [Meta], type: json}\n  extra_one: {from: [Extra One], type: text}\n")}}
	s, err := Load(user)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := s.Contract("balkanid.requests")
	m := c.Column("metadata")
	if strings.Join(m.From, ",") != "Meta,Metadata" {
		t.Errorf("from = %v", m.From)
	}
	if c.Column("extra_one") == nil || len(c.Emit) != 1 {
		t.Error("added column or built-in emit missing")
	}
	plain, _ := Load(nil)
	b, _ := plain.Contract("balkanid.requests")
	if len(m.Mask) == 0 || len(m.Mask) != len(b.Column("metadata").Mask) {
		t.Error("the override lost the mask")
	}
	if b.Fingerprint == c.Fingerprint {
		t.Error("an override must change the fingerprint")
	}
}

// What a contract leaves out changes no row, so it changes no fingerprint either.
func TestLoad_leftOutIsNoMeaning(t *testing.T) {
	of := func(text string) *Contract {
		t.Helper()
		s, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte("dataset: sailpoint.segments\ncolumns: {id: {from: [id]}}\n" + text)}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Contract("sailpoint.segments")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	with, without := of("left_out: {owner.alias: the vendor never fills it}\n"), of("")
	if !with.LeavesOut("Owner Alias") || with.LeavesOut("owner.id") || without.LeavesOut("owner.alias") {
		t.Errorf("leaves out %v", with.LeftOut)
	}
	if with.Fingerprint != without.Fingerprint {
		t.Error("what is left out changes the fingerprint")
	}
}

func TestLoad_overlayKeepsHowACellIsRead(t *testing.T) {
	user := fstest.MapFS{"mine.yaml": {Data: []byte("dataset: oleria.access_inventory_identities_v2\ncolumns:\n  dormant_days: {from: [Idle]}\n  dormant_days_is_minimum: {from: [Idle]}\n  created_at: {from: [Made], type: date}\n")}}
	s, err := Load(user)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := s.Contract("oleria.access_inventory_identities_v2")
	if d := c.Column("dormant_days"); d.Type != Int || d.Strip != "+" {
		t.Errorf("dormant_days is %+v", d)
	}
	if d := c.Column("dormant_days_is_minimum"); d.Suffix != "+" {
		t.Errorf("dormant_days_is_minimum is %+v", d)
	}
	if d := c.Column("created_at"); d.Type != Date || d.Layouts != nil {
		t.Errorf("layouts of another type were kept: %+v", d)
	}
}

func TestLoad_overlaySaysHowShortRowsAreRead(t *testing.T) {
	s, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte("dataset: balkanid.reviews\nshort_rows: pad\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := s.Contract("balkanid.reviews"); c.ShortRows != PadShortRows {
		t.Errorf("short rows: %q", c.ShortRows)
	}
}

func TestLoad_partAndWhenAreChecked(t *testing.T) {
	base := "dataset: balkanid.x\ngrain: g\ndocumented: assumed\nformat: csv\nmode: snapshot\ncolumns:\n"
	for name, tc := range map[string]struct{ file, want string }{
		"part without separator": {base + "  a: {from: [A], type: text, part: {index: 1}}\n", "column a: part: want"},
		"part of json":           {base + "  a: {from: [A], type: json, part: {separator: x}}\n", "column a: part: not for json"},
		"aside without each":     {base + "  a: {from: [A], type: text}\nemit:\n  - table: applications\n    aside: true\n    set: {application_key: {key: application, of: [a]}}\n", "aside: only beside each"},
		"parts of a list":        {base + "  a: {from: [A], type: list, separator: x, parts: {b: {separator: y}}}\n", "column a: parts: only for json"},
		"parts of no list":       {base + "  a: {from: [A], type: json, parts: {b: {separator: y}}}\n", "column a: parts: only for json, beside separator"},
		"part with a taken name": {base + "  a: {from: [A], type: json, separator: x, parts: {text: {separator: y}}}\n", "column a: parts: want"},
		"separator of json":      {base + "  a: {from: [A], type: json, separator: x}\n", "column a: separator: only for list"},
		"short rows of no kind":  {"short_rows: fill\n" + base + "  a: {from: [A], type: text}\n", "short_rows: want pad"},
		"of that no table holds": {"partial: [{path: options.types, unless: [ROLE], of: a}]\nrecords: objects\n" + base + "  a: {from: [A], type: text}\nemit:\n  - table: applications\n    set: {application_key: {key: application, of: [a]}}\n", "of: rows of table applications"},
		"single without records": {"single: [self]\n" + base + "  a: {from: [A], type: text}\n", "single: want members"},
		"single with records":    {"single: [self, objects]\nrecords: objects\n" + base + "  a: {from: [A], type: text}\n", "single: want members"},
		"when of no column":      {base + "  a: {from: [A], type: text}\nemit:\n  - table: applications\n    set: {application_key: {key: application, of: [a], when: {b: present}}}\n", "when: no column b"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{"x.yaml": {Data: []byte(tc.file)}})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want ...%s...", err, tc.want)
			}
		})
	}
}

func TestColumnName(t *testing.T) {
	for in, want := range map[string]string{
		"Request ID*": "request_id", "dormantDays": "dormant_days", "\ufeffEmail": "email", "ID": "id",
		"brn": "brn", "popularity %": "popularity", "9lives": "c_9lives", "": "c", "EntityType": "entity_type", "é": "c",
	} {
		if got := ColumnName(in); got != want {
			t.Errorf("ColumnName(%q) = %q, want %q", in, got, want)
		}
	}
}

// The words that say what is taken for a value, and what for a secret.
func TestLoad_wordsAboutValues(t *testing.T) {
	base := "dataset: balkanid.mine\ngrain: g\ndocumented: assumed\nformat: csv\nmode: snapshot\ncolumns:\n  id: {from: [id], type: text}\n  m: {from: [m], type: json}\n  n: {from: [n], type: int}\n"
	for text, want := range map[string]string{
		"plain: [{path: m.token, why: it numbers pages}]\n":  "",
		"plain: [{path: m.token}]\n":                         "why",
		"plain: [{path: \"\", why: it numbers pages}]\n":     "path",
		"plain: [{path: m..token, why: it numbers pages}]\n": "path",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, email: {column: m.login, only: address}}}]\n":           "",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, email: {column: n, only: address}}}]\n":                 "only",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, email: {column: id, only: phone}}}]\n":                  "only",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, email: {first: [id], only: address}}}]\n":               "only",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, username: {column: id, when: {m: empty}}}}]\n":          "",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, username: {column: id, required: true}}}]\n":            "",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, username: {column: id, required: sure}}}]\n":            "Required",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, dormant_days: {column: id, only: address}}}]\n":         "email does not become int",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, email: {column: m, path: login, only: address}}}]\n":    "",
		"emit: [{table: accounts, set: {account_key: {key: account, of: [{column: id, only: address}]}, email: {column: m.login}}}]\n": "",
	} {
		_, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte(base + text)}})
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want it to tell of %q", text, err, want)
		}
	}
	if _, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte(strings.Replace(base, "type: int", "type: int, known: [a]", 1))}}); err == nil || !strings.Contains(err.Error(), "known") {
		t.Errorf("known words of an integer: %v", err)
	}
}

func TestSet_together(t *testing.T) {
	set := load(t)
	all := []string{"balkanid.employees", "balkanid.entities", "balkanid.entity_relations", "balkanid.relations"}
	for _, dataset := range all {
		if got := set.Together(dataset); !slices.Equal(got, all) {
			t.Errorf("%s: %v", dataset, got)
		}
	}
	if got := set.Together("balkanid.requests"); !slices.Equal(got, []string{"balkanid.requests"}) {
		t.Errorf("%v", got)
	}
	for _, with := range []string{"balkanid.nothing", "oleria.employees"} {
		if _, err := Load(fstest.MapFS{"x.yaml": {Data: []byte("dataset: balkanid.requests\nwith: [" + with + "]\n")}}); err == nil || !strings.Contains(err.Error(), with) {
			t.Errorf("with %s: %v", with, err)
		}
	}
}
