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
