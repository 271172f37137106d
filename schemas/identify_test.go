package schemas

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Each built-in emit of a kind of thing says how much it knows, and by what it
// names the thing: what is left to a default was not thought about.
func TestContracts_sayWhoTheyAreAbout(t *testing.T) {
	n := 0
	for _, c := range load(t).All() {
		for i := range c.Emit {
			e := &c.Emit[i]
			if !IsThing(e.Table) {
				continue
			}
			n++
			if !e.identifies || !e.weighed {
				t.Errorf("%s: emit %s: say strength and identify", c.File, e.Table)
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d emits of things were looked at", n)
	}
}

func TestIdentify_isHeldToTheClosedList(t *testing.T) {
	for name, tc := range map[string]struct{ emit, want string }{
		"unknown namespace":   {"identify: {badge: native_id}", "badge is none of native_id, employee_number, email, login"},
		"unset column":        {"identify: {login: username}", "the emit sets no column username"},
		"one of two unset":    {"identify: {login: [native_id, username]}", "the emit sets no column username"},
		"twice":               {"identify: {email: email, email: email}", "email"},
		"no strength":         {"strength: knows", `"knows" is none of describes, supplements, mentions`},
		"emits that differ":   {"identify: {email: email}\n  - table: identities\n    set: {identity_key: {key: identity, of: [mail]}}", "must say the same"},
		"a table of no thing": {"identify: {}\n  - table: usage\n    identify: {email: usage_key}\n    set: {usage_key: {key: usage, of: [mail]}}", "rows of this table are no things"},
	} {
		_, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte(mine + "    " + tc.emit + "\n")}})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v does not say %q", name, err, tc.want)
		}
	}
}

const mine = `dataset: oleria.mine
grain: one person
documented: assumed
columns:
  mail: {from: [Mail], type: email}
  id: {from: [ID]}
emit:
  - table: identities
    set: {identity_key: {key: identity, of: [mail]}, email: mail, native_id: id}
`

// A contract of the user's that says nothing identifies by the columns that bear
// the names of namespaces.
func TestIdentify_default(t *testing.T) {
	s, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte(mine)}})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.Statements(), func(st Statements) bool { return st.Dataset == "oleria.mine" })
	if i < 0 {
		t.Fatal("the dataset states nothing")
	}
	st := s.Statements()[i]
	if st.Strength != Describes || len(st.Identify) != 2 || st.Identify[0].Namespace != "native_id" || st.Identify[1].Namespace != "email" {
		t.Errorf("it states %+v", st)
	}
}

// How rows become things is no part of the rows: to say it differently must not
// read all exports again.
func TestIdentify_changesNoFingerprint(t *testing.T) {
	was, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte(mine)}})
	if err != nil {
		t.Fatal(err)
	}
	now, err := Load(fstest.MapFS{"mine.yaml": {Data: []byte(mine + "    identify: {email: email}\n    strength: supplements\n")}})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := was.Contract("oleria.mine")
	b, _ := now.Contract("oleria.mine")
	if a.Fingerprint != b.Fingerprint {
		t.Error("the contract counts as another one")
	}
}

func TestResolution_refusesWhatItDoesNotKnow(t *testing.T) {
	if _, err := LoadResolution(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range [][3]string{
		{"crowd: 12", "crowd: 1", "want 2 or more"},
		{"by: brn", "by: brand", `"brand" is no namespace`},
		{"within: organisation, form: address", "within: planet, form: address", `within "planet" is unknown`},
		{"form: number", "form: roman", `form "roman" is unknown`},
		{"one: source", "one: twice", `one "twice" is unknown`},
		{"how: rehire", "how: hire", `how "hire" is unknown`},
		{"agree: [name]", "agree: [shoe]", `"shoe" is no namespace`},
		{"confidence: 0.98", "confidence: 1.5", "no share of one"},
		{"look: plus_address, by: email", "look: plus_address, by: phone", `"phone" is no namespace`},
		{"crowd: 12", "crowds: 12", "unknown field"},
	} {
		text := strings.Replace(string(resolution), tc[0], tc[1], 1)
		if text == string(resolution) {
			t.Fatalf("%q is not in the file", tc[0])
		}
		if _, err := decodeResolution([]byte(text)); err == nil || !strings.Contains(err.Error(), tc[2]) {
			t.Errorf("%s: error %v does not say %q", tc[1], err, tc[2])
		}
	}
}

// Editors offer the namespaces that there are.
func TestEditorSchema_hasTheNamespaces(t *testing.T) {
	var names []string
	for _, k := range rules().Kinds {
		names = append(names, k.names()...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if want := `"propertyNames": {"enum": ["` + strings.Join(names, `", "`) + `"]}`; !bytes.Contains(contractSchema, []byte(want)) {
		t.Errorf("the schema does not have %s", want)
	}
}
