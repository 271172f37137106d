package resolve_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
)

func TestReadLinks(t *testing.T) {
	list, err := resolve.ReadLinks(strings.NewReader("\ufeffAction,Kind,Left,Right,Note\n# a comment\nsame as,identities,a:x,b:y,\"rehired, see ticket\"\nLink, accounts, b:1, a:x\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(list); got != "[{same as identities a:x b:y 3} {link accounts b:1 a:x 4}]" {
		t.Errorf("links are %s", got)
	}
	list, err = resolve.ReadLinks(strings.NewReader("action,kind,left,right\nequals,identities,a,b\nlink,groups,a,b\nsame as,people,a,b\nsame as,roles,a,\nsame as,roles,a,b\nnot same as,roles,b,a\nsame as,groups,a,a\n"))
	if len(list) != 0 || err == nil {
		t.Fatalf("links are %v, error %v", list, err)
	}
	for _, want := range []string{
		`line 2: "equals" is none of`, "line 3: link is for accounts", `line 4: "people" is no kind`, "line 5: left and right must", "lines 6 and 7 contradict", "line 8: left and right are one statement",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	if _, err := resolve.ReadLinks(strings.NewReader("from,to\n")); err == nil || !strings.Contains(err.Error(), "no column action") {
		t.Errorf("error is %v", err)
	}
}

// What spreadsheets make of a links file, and files that are none.
func TestReadLinks_forms(t *testing.T) {
	for name, tc := range map[string]struct {
		text, want, err string
		left            int // links that are good all the same
	}{
		"semicolons":     {text: "\ufeffaction;kind;left;right;note\r\n\r\nsame as;identities;a:x;b:y;one, two\r\n;;;;\r\n", want: "[{same as identities a:x b:y 3}]"},
		"tabs":           {text: "note\taction\tkind\tleft\tright\n\tsame as\tidentities\ta:x\tb:y\n", want: "[{same as identities a:x b:y 2}]"},
		"a sep line":     {text: "sep=;\naction;kind;left;right\nsame as;identities;a:x;b:y\n", want: "[{same as identities a:x b:y 3}]"},
		"a header alone": {text: "action,kind,left,right\n", want: "[]"},
		"nothing":        {text: "", err: "links file: it is empty: not even a header says that there are no links"},
		"comments alone": {text: "# nothing yet\n", err: "it is empty"},
		"UTF-16":         {text: "\xff\xfea\x00c\x00", err: "links file: it is UTF-16: save it as CSV UTF-8"},
		"another header": {text: "act,kind,left,right\n", err: "no column action: the header must name action, kind, left, right; it is act, kind, left, right"},
		"keys of things": {text: "action,kind,left,right\nsame as,identities,identity:hnq3d946eg8j5k4i,a:identity:x\n",
			err: "line 2: identity:hnq3d946eg8j5k4i is the key of a thing; name one of its statements: select statement_key, part from meta.links where key = 'identity:hnq3d946eg8j5k4i'"},
		"one account, two people": {text: "action,kind,left,right\nlink,accounts,a:1,b:x\nlink,accounts,a:1,b:x\nlink,accounts,a:2,b:x\nlink,accounts,a:1,b:y\n",
			err: "links file, lines 3 and 5 contradict each other: one account is linked to two identities", left: 1},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := resolve.ReadLinks(strings.NewReader(tc.text))
			switch {
			case tc.err == "" && (err != nil || fmt.Sprint(list) != tc.want):
				t.Errorf("links are %v, error %v; want %s", list, err, tc.want)
			case tc.err != "" && (err == nil || len(list) != tc.left || !strings.Contains(err.Error(), tc.err)):
				t.Errorf("error is %v, want %q", err, tc.err)
			}
		})
	}
}

// Lines that name nobody are told, and what a fact means by a key or an address.
func TestReferences(t *testing.T) {
	r := newResolver(t, resolve.Options{})
	for _, line := range []string{
		"a/emp x#1 describes human left id=1 number=1 email=ann@example.com",
		"a/emp x#2 describes human id=2 number=2 email=ann@example.com",
		"a/emp y#3 describes human id=3 email=desk@example.com",
		"a/emp y#4 describes human id=4 email=desk@example.com",
	} {
		add(t, r, []stated{say(t, "identities", line)})
	}
	for _, right := range []string{"a:gone", "a:x #2"} {
		if err := r.User(resolve.UserLink{Action: resolve.NotSameAs, Kind: "identities", Left: "a:y #3", Right: right}); err != nil {
			t.Fatal(err)
		}
	}
	res := r.Resolve()
	if idle := res.Idle(); len(idle) != 1 || idle[0].Right != "a:gone" {
		t.Errorf("idle lines are %v", idle)
	}
	part := map[string]string{"": "nobody"}
	for l := range res.Links("identities") {
		part[l.Thing] = l.Part
	}
	got := map[string]string{}
	for key, thing := range res.References("identities") {
		got[key] = part[thing]
	}
	for address, thing := range res.Addresses() {
		got[address] = part[thing]
	}
	if want := "map[a:x:2 a:y:nobody ann@example.com:2]"; fmt.Sprint(got) != want {
		t.Errorf("references mean %v, want %s", got, want)
	}
}
