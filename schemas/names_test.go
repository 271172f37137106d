package schemas

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// mineHead is a contract of the user's own up to its keys and emits.
const mineHead = "dataset: balkanid.mine\ngrain: g\ndocumented: assumed\ncolumns:\n  id: {from: [id]}\n  kind: {from: [kind]}\n  mail: {from: [mail], type: email}\n  m: {from: [m], type: json}\n"

// loadMine is balkanid.mine as mineHead begins it, and the user's other files.
func loadMine(t *testing.T, rest string, more map[string]string) (*Contract, error) {
	t.Helper()
	files := map[string]string{"mine.yaml": mineHead + rest}
	maps.Copy(files, more)
	s, err := loadFiles(files)
	if err != nil {
		return nil, err
	}
	return s.Contract("balkanid.mine")
}

// loadFiles loads the contracts with a user's folder of these files.
func loadFiles(files map[string]string) (*Set, error) {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Load(folder)
}

// emits is what the emits of c say.
func emits(c *Contract) string {
	var b strings.Builder
	for _, e := range c.Emit {
		for _, a := range e.Set {
			b.WriteString(e.Table + "." + a.Target + " = " + a.Value.String() + "\n")
		}
	}
	return b.String()
}

func TestLoad_namesStandForWhatTheySay(t *testing.T) {
	plain := "emit:\n  - table: accounts\n    set:\n      account_key: {first: [{key: account, of: [id], when: {id: present}}, {key: account, of: [mail]}]}\n" +
		"      identity_key: {key: identity, of: [{first: [mail, id]}], when: {m.mapped: present}}\n      kind: {column: kind, values: {user: human}}\n"
	want, err := loadMine(t, plain, nil)
	if err != nil {
		t.Fatal(err)
	}
	named := "keys:\n  who: {first: [mail, id]}\n  mapped: m.mapped\n  account: {first: [$by_id, {key: account, of: [mail]}]}\n  by_id: {key: account, of: [id], when: {id: present}}\n" +
		"words:\n  kinds: {USER: human}\n" +
		"emit:\n  - table: accounts\n    set:\n      account_key: $account\n" +
		"      identity_key: {value: $person, when: {$mapped: present}}\n      kind: {column: kind, values: $kinds}\n"
	got, err := loadMine(t, named, map[string]string{"balkanid/_keys.yaml": "keys:\n  person: {key: identity, of: [$who]}\n"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(emits(want), emits(got)); diff != "" {
		t.Error(diff)
	}
	if want.Fingerprint != got.Fingerprint {
		t.Error("naming an expression is taken for a change of the contract")
	}
}

// What changes nothing that is loaded is no change of the contract; what does is.
func TestFingerprint_isOfTheMeaning(t *testing.T) {
	emit := "emit:\n  - table: accounts\n    set: {account_key: {key: account, of: [id]}, username: kind}\n"
	base, err := loadMine(t, emit, nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, same := range map[string]bool{
		"# a remark\nformat: csv\nmode: snapshot\n" + emit:                                          true,
		"doc: https://example.com\n" + emit:                                                         true,
		strings.Replace(emit, "username: kind", "username: {column: kind}", 1):                      true,
		"emit: [{table: accounts, set: {username: kind, account_key: {key: account, of: [id]}}}]\n": true,
		"mode: append\n" + emit:                                       false,
		"short_rows: pad\n" + emit:                                    false,
		"export: {path: mine}\n" + emit:                               false,
		strings.Replace(emit, "username: kind", "username: id", 1):    false,
		strings.Replace(emit, "of: [id]", "of: [id, kind]", 1):        false,
		strings.Replace(emit, "of: [id]", "of: [id, {const: ''}]", 1): false,
		emit + "    when: {kind: [user]}\n":                           false,
	} {
		c, err := loadMine(t, text, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if (c.Fingerprint == base.Fingerprint) != same {
			t.Errorf("%s: the fingerprint is the same: %v", text, !same)
		}
	}
}

func TestLoad_mistakesWithNames(t *testing.T) {
	emit := "emit:\n  - table: accounts\n    set:\n      account_key: $account\n"
	for name, tc := range map[string]struct {
		text   string
		shared string
		want   []string
	}{
		"unknown":           {"keys:\n  acount: {key: account, of: [id]}\n" + emit, "", []string{"mine.yaml: emit accounts: set account_key: $account: no such name", "keys: acount", "keys: application", "under keys"}},
		"unknown words":     {"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, kind: {column: kind, values: $kinds}}}]\n", "", []string{"emit accounts: set kind: values: $kinds: no such name", "under words"}},
		"a circle":          {"keys:\n  account: {first: [$other, id]}\n  other: {key: account, of: [$account]}\n" + emit, "", []string{"emit accounts: set account_key: ", "$account -> $other -> $account", "circle"}},
		"itself":            {"keys:\n  account: {first: [$account, id]}\n" + emit, "", []string{"$account -> $account"}},
		"through shared":    {"keys:\n  account: {first: [$other, id]}\n" + emit, "keys: {other: $account}\n", []string{"$account -> $other -> $account"}},
		"of no column":      {emit, "keys: {account: {key: account, of: [brn]}}\n", []string{"emit accounts: set account_key: $account in contracts folder: balkanid/_keys.yaml: no column brn in balkanid.mine", "under keys"}},
		"unused":            {"keys:\n  account: {key: account, of: [id]}\n  acount: {key: account, of: [mail]}\n" + emit, "", []string{"mine.yaml: keys: acount is used nowhere"}},
		"unused and shared": {"keys:\n  account: {key: account, of: [id]}\n" + emit, "keys: {acount: kind}\nwords: {kinds: {a: human}}\n", []string{"balkanid/_keys.yaml: keys: acount is used nowhere", "words: kinds is used nowhere"}},
		"with a path":       {"keys: {account: m}\nemit: [{table: accounts, set: {account_key: $account.id}}]\n", "", []string{"set account_key: ", "$account.id: want $ and the name of a key", "no path"}},
		"under column":      {"keys: {who: kind}\nemit: [{table: accounts, set: {account_key: {column: $who, when: {id: present}}}}]\n", "", []string{"column: want a column", "under value"}},
		"no name":           {"emit: [{table: accounts, set: {account_key: {value: id, when: {id: present}}}}]\n", "", []string{"value: want the $name of a key"}},
		"condition":         {"keys: {account: {key: account, of: [id]}}\nemit: [{table: accounts, when: {$account: present}, set: {account_key: $account}}]\n", "", []string{"emit accounts: when: $account is more than a column"}},
		"values of value":   {"keys: {who: kind}\nemit: [{table: accounts, set: {account_key: {key: account, of: [id]}, kind: {value: $who, values: {a: human}}}}]\n", "", []string{"path, values and only: beside column alone"}},
		"a bad name":        {"keys: {Account: kind}\n", "", []string{"keys: \"Account\"", "lower case"}},
		"unlisted":          {"emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, kind: {column: kind, values: {a: human}, unlisted: gone}}}]\n", "", []string{"unlisted: want absent"}},
		"words of a name":   {"words: {kinds: $others}\nemit: [{table: accounts, set: {account_key: {key: account, of: [id]}, kind: {column: kind, values: $kinds}}}]\n", "", []string{"words: kinds: want a mapping of words"}},
	} {
		t.Run(name, func(t *testing.T) {
			more := map[string]string{}
			if tc.shared != "" {
				more["balkanid/_keys.yaml"] = tc.shared
			}
			_, err := loadMine(t, tc.text, more)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range append(tc.want, "contracts folder: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\n  does not tell of %q", err, want)
				}
			}
		})
	}
	_, err := loadMine(t, "", map[string]string{"_keys.yaml": "keys: {a: id}\n"})
	if err == nil || !strings.Contains(err.Error(), "_keys.yaml: names that contracts share stand in the folder of their vendor") {
		t.Errorf("a _keys.yaml beside the contracts: %v", err)
	}
	_, err = loadMine(t, "", map[string]string{"balkanid/_keys.yaml": "key: {a: id}\n"})
	if err == nil || !strings.Contains(err.Error(), `balkanid/_keys.yaml: [1:1] unknown field "key"`) {
		t.Errorf("an unknown word in _keys.yaml: %v", err)
	}
}

// A user says once what a key is made of, and every built-in contract of the
// vendor, or one alone, goes by it.
func TestLoad_userNamesReplaceBuiltinOnes(t *testing.T) {
	value := func(s *Set, dataset, table, target string) string {
		c, err := s.Contract(dataset)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Emit {
			if x := c.Emit[i].value(target); c.Emit[i].Table == table && x != nil {
				return x.String()
			}
		}
		return ""
	}
	plain := load(t)
	s, err := Load(fstest.MapFS{
		"balkanid/_keys.yaml": {Data: []byte("keys:\n  application: {key: application, of: [app, integration]}\n")},
		"mine/relations.yaml": {Data: []byte("dataset: balkanid.entity_relations\nkeys: {about: {object: [app]}}\n")},
		"mine/accounts.yaml":  {Data: []byte("dataset: oleria.access_inventory_application_accounts_v2\nwords: {kind_of_account: {person: human}}\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ dataset, table, target, want string }{
		{"balkanid.entities", "accounts", "application_key", "key application [app, integration]"},
		{"balkanid.entity_relations", "grants", "application_key", "key application [app, integration]"},
		{"balkanid.entity_relations", "grants", "attributes", "object {app}"},
		{"balkanid.entities", "accounts", "attributes", "object {app, source_system, metadata}"},
		{"balkanid.entitlements", "accounts", "application_key", "key application [integration_id]"}, // which has its own
		{"oleria.access_inventory_application_accounts_v2", "accounts", "kind", "account_type by {person: human}"},
	} {
		if got := value(s, tc.dataset, tc.table, tc.target); got != tc.want {
			t.Errorf("%s: %s.%s is %s, want %s", tc.dataset, tc.table, tc.target, got, tc.want)
		}
	}
	named := []string{"balkanid.entities", "balkanid.entity_relations", "balkanid.entity_rbac", "balkanid.findings", "balkanid.entity_insights", "oleria.access_inventory_application_accounts_v2"}
	for _, c := range plain.All() {
		mine, _ := s.Contract(c.Dataset)
		changed := slices.Contains(named, c.Dataset)
		if (mine.Fingerprint != c.Fingerprint) != changed {
			t.Errorf("%s: another fingerprint: %v", c.Dataset, !changed)
		}
	}
}
