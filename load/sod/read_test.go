package sod

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	got, err := Read(strings.NewReader("\ufeff" + `# two rules
rules:
  - name: Deploy and approve
    description: |
      Nobody deploys
      what they approve
    owner: olga@example.com
    left:
      - {application: "Git*", kind: group, name: "prod-*"}
      - key: role:0123456789abcdef
    right: &approvers
      - name: change-approvers
    mitigation: Weekly review
    mitigation_until: 2026-12-31
  - {name: 12, left: [{name: "*"}], right: *approvers, until: "2026-06-30"}
`))
	if err != nil {
		t.Fatal(err)
	}
	approvers := []Pattern{{Name: "change-approvers", Line: 12}}
	want := []Rule{
		{Name: "Deploy and approve", Description: "Nobody deploys\nwhat they approve", Owner: "olga@example.com", Mitigation: "Weekly review", MitigationUntil: day(2026, 12, 31),
			Left: []Pattern{{Application: "Git*", Kind: "group", Name: "prod-*", Line: 9}, {Key: "role:0123456789abcdef", Line: 10}}, Right: approvers, Line: 3},
		{Name: "12", Left: []Pattern{{Name: "*", Line: 15}}, Right: approvers, Until: day(2026, 6, 30), Line: 15},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, none := range []string{"rules: []", "rules: [] # none yet\n"} {
		if got, err := Read(strings.NewReader(none)); err != nil || got != nil {
			t.Errorf("%s: %v, %v", none, got, err)
		}
	}
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Each mistake is told with its line, and the rules without one are read.
func TestRead_mistakes(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", "want one YAML document with the key rules; 'rules: []' says that there are none"},
		{"rule: []", "line 1: \"rule\" is no key of a rules file; its only key is rules\nrules file, line 1: no key rules; 'rules: []' says that there are none"},
		{"rules: {a: b}", "line 1: rules: want a list"},
		{"rules:\n  - deploy", "line 2: want a rule with the keys name, description, owner, left, right, mitigation, mitigation_until, until"},
		{"rules:\n  - description: x\n    left: []", "line 3: left: the list is empty; a side that names nothing is broken by nobody\n" +
			"rules file, line 2: the rule has no name\nrules file, line 2: the rule has no right"},
		{whole("name: a", "owners: x"), "line 3: \"owners\" is no key of a rule; want one of name, description, owner, left, right, mitigation, mitigation_until, until"},
		{whole("name: a", "owner:"), "line 3: owner: it is empty; leave the key out or give it a text"},
		{whole("name: a", "owner: [x]"), "line 3: owner: want a text; one with special characters needs quotes"},
		{whole("name: a", "until: soon"), "line 3: until: \"soon\" is no day; want one such as 2026-12-31"},
		{whole("name: a", "until: 2026-02-30"), "line 3: until: \"2026-02-30\" is no day; want one such as 2026-12-31"},
		{whole("name: a", "mitigation_until: 2026-12-31"), "line 2: mitigation_until without mitigation: say what is done about those who break the rule"},
		{rule("a") + rule("A"), "line 5: the rule on line 2 has the name \"A\" too; names tell rules apart"},
		{leftSide("x"), "line 4: want a pattern with the keys application, kind, name, key, such as {application: GitHub, kind: group, name: \"prod-*\"}"},
		{leftSide("{kind: role}"), "line 4: the pattern has neither name nor key; name: \"*\" means all"},
		{leftSide("{kind: account, name: x}"), "line 4: kind: \"account\" is none of entitlement, role, group"},
		{leftSide("{names: x}"), "line 4: \"names\" is no key of a pattern; want one of application, kind, name, key\nrules file, line 4: the pattern has neither name nor key; name: \"*\" means all"},
		{leftSide("{key: deploy}"), "line 4: key: want the key of an entitlement, role or group in main, such as entitlement:7f3k9q2mx4b5c6d7; a name is for the key name"},
		{leftSide("{key: role:0123456789abcdef, kind: role}"), "line 4: a key names one thing; leave out name, kind and application"},
		{leftSide("{name: RIGHT}"), "line 5: both sides have this pattern, on line 4 too: who has what it names would break the rule by that alone"},
	} {
		got, err := Read(strings.NewReader(tc.text))
		if err == nil || strings.TrimPrefix(strings.TrimPrefix(err.Error(), "rules file: "), "rules file, ") != tc.want {
			t.Errorf("%s\ngot  %v\nwant %s", tc.text, err, tc.want)
		}
		if len(got) > 1 {
			t.Errorf("%s: %d rules", tc.text, len(got))
		}
	}
	if _, err := Read(strings.NewReader("rules: [\n  a: b")); err == nil || !strings.HasPrefix(err.Error(), "rules file: [") {
		t.Errorf("no YAML: %v", err)
	}
	got, err := Read(strings.NewReader(rule("good") + rule("bad") + "    until: x\n" + rule("good too")))
	if err == nil || len(got) != 2 {
		t.Errorf("%d rules, %v", len(got), err)
	}
}

func whole(name, line string) string {
	return "rules:\n  - " + name + "\n    " + line + "\n    left: [{name: x}]\n    right: [{name: y}]\n"
}

func rule(name string) string {
	text := "  - name: " + name + "\n    left: [{name: x}]\n    right: [{name: y}]\n"
	if name == "a" || name == "good" {
		return "rules:\n" + text
	}
	return text
}

func leftSide(pattern string) string {
	return "rules:\n  - name: a\n    left:\n    - " + pattern + "\n    right: [{name: right}]\n"
}

func TestLike(t *testing.T) {
	for text, want := range map[string]string{"prod-*": "prod-%", "a?c": "a_c", "100%_\\": `100\%\_\\`, "": ""} {
		if got := like(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
