package resolve_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
)

// To whom an account belongs.
func TestOwners(t *testing.T) {
	const apps = `
		b/apps okta describes product=okta
		b/apps github describes product=github`
	for name, tc := range map[string]struct {
		accounts, identities string
		claims               []resolve.Claim
		user                 []resolve.UserLink
		want                 string // rule of each owner
		people               string
	}{
		"by mapping, before the address": {
			"b/acc 1 describes human app=b:okta email=ann@example.com",
			"b/emp x describes human email=bob@example.com\nc/emp y describes human \"Ann\" email=ann@example.com",
			[]resolve.Claim{{Source: "b", Account: "b:1", Identity: "b:x"}}, nil, "b:1 vendor b:x", "b:x | c:y"},
		"by address": {
			"b/acc 1 describes human app=b:okta email=Ann@example.com", "b/emp x describes human email=ann@example.com", nil, nil, "b:1 email b:x", "b:x"},
		"by an address of two people": {
			"b/acc 1 describes human app=b:okta email=ann@example.com", "b/emp x describes human id=1 email=ann@example.com\nb/emp y describes human id=2 email=ann@example.com", nil, nil, "", "b:x | b:y"},
		"by the address of who is there": {
			"b/acc 1 describes human app=b:okta email=ann@example.com", "b/emp x describes human left id=1 email=ann@example.com\nb/emp y describes human id=2 email=ann@example.com", nil, nil, "b:1 email b:y", "b:x | b:y"},
		"by the address of two who left": {
			"b/acc 1 describes human app=b:okta email=ann@example.com", "b/emp x describes human left id=1 email=ann@example.com\nb/emp y describes human left id=2 email=ann@example.com", nil, nil, "", "b:x | b:y"},
		"by the address of one who left": {
			"b/acc 1 describes human app=b:okta email=ann@example.com", "b/emp x describes human left id=1 email=ann@example.com", nil, nil, "b:1 email b:x", "b:x"},
		"by the address of a machine": {
			"b/acc 1 describes human app=b:okta email=bot@example.com", "b/ids x describes machine id=1 email=bot@example.com", nil, nil, "", "b:x"},
		"by an address that a machine has too": {
			"b/acc 1 describes human \"Ann Lee\" app=b:okta email=ann@example.com\nb/acc 2 describes human \"Backup\" app=b:okta email=ann@example.com\nb/acc 3 describes \"Ann Lee\" app=b:okta email=ann@example.com",
			"b/emp x describes human \"Ann Lee\" email=ann@example.com\nb/ids y describes machine \"Backup\" email=ann@example.com", nil, nil, "b:1 email b:x", "b:x | b:y"},
		"a machine's account": {
			"b/acc 1 describes machine app=b:okta email=ann@example.com", "b/emp x describes human email=ann@example.com", nil, nil, "", "b:x"},
		"by the login of a directory": {
			"b/acc 1 describes human \"Ann Lee\" app=b:okta login=alee", "s/ids x mentions \"Ann Lee\" login=ALEE", nil, nil, "b:1 login s:x", "s:x"},
		"by a login elsewhere": {
			"b/acc 1 describes human \"Ann Lee\" app=b:github login=alee", "s/ids x mentions \"Ann Lee\" login=ALEE", nil, nil, "", "s:x"},
		"by a login of another name": {
			"b/acc 1 describes human \"Bob Roe\" app=b:okta login=alee", "s/ids x mentions \"Ann Lee\" login=ALEE", nil, nil, "", "s:x"},
		"an account that tells address and login of one person": {
			"b/acc 1 describes human \"Ann Lee\" app=b:okta login=alee email=ann@example.com", "s/ids x mentions \"Ann Lee\" login=ALEE\nb/emp y describes human \"Lee, Ann\" email=ann@example.com", nil, nil, "b:1 email", "b:y s:x"},
		"a login of one, the address of another": {
			"b/acc 1 describes human \"Bob Roe\" app=b:okta login=alee email=bob@example.com", "s/ids x mentions \"Ann Lee\" login=ALEE\nb/emp y describes human \"Bob Roe\" email=bob@example.com", nil, nil, "b:1 email b:y", "b:y | s:x"},
		"sources that differ": {
			"b/acc 1 describes human app=b:okta\nb/more 1 mentions app=b:okta", "b/emp x describes human id=1\nc/emp y describes human id=1",
			[]resolve.Claim{{Source: "b", Account: "b:1", Identity: "b:x"}, {Source: "c", Account: "b:1", Identity: "c:y"}}, nil, "", "b:x | c:y"},
		"by a native id, with a name like it": {
			"b/acc 1 describes human \"Ann Lee\" app=b:okta", "b/emp x describes human \"Lee, Ann\" id=17\nc/emp y describes human \"Ann Lee\" id=17", []resolve.Claim{{Source: "b", Account: "b:1", Identity: "17", ByNativeID: true}}, nil, "b:1 vendor b:x", "b:x | c:y"},
		"by a native id of somebody else": {
			"b/acc 1 describes human \"Ann Lee\" app=b:okta", "b/emp x describes human \"Bob Roe\" id=17", []resolve.Claim{{Source: "b", Account: "b:1", Identity: "17", ByNativeID: true}}, nil, "", "b:x"},
		"an address under which another source knows the person": {
			"b/acc 1 describes human \"Ann Lee\" app=b:okta email=ann.roe@example.com", "b/emp x describes human \"Ann Lee\" id=17 email=ann.lee@example.com\no/emp y describes human \"Ann Lee\" email=ann.roe@example.com", []resolve.Claim{{Source: "b", Account: "b:1", Identity: "b:x"}}, nil, "b:1 vendor", "b:x o:y"},
		"owned, not used": {
			"b/acc 1 describes human app=b:okta", "b/emp x describes human id=1", []resolve.Claim{{Source: "b", Account: "b:1", Identity: "b:x", Owns: true}}, nil, "", "b:x"},
		"the user links": {
			"b/acc 1 describes human app=b:okta email=ann@example.com", "b/emp x describes human email=ann@example.com\nb/emp y describes human email=bob@example.com",
			nil, []resolve.UserLink{{Action: resolve.LinkTo, Kind: "accounts", Left: "b:1", Right: "b:y"}}, "b:1 links_file b:y", "b:x | b:y"},
		"the user unlinks": {
			"b/acc 1 describes human app=b:okta email=ann@example.com", "b/emp x describes human email=ann@example.com",
			nil, []resolve.UserLink{{Action: resolve.UnlinkOf, Kind: "accounts", Left: "b:1", Right: "b:x"}}, "", "b:x"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResolver(t, resolve.Options{})
			for kind, lines := range map[string]string{"applications": apps, "accounts": tc.accounts, "identities": tc.identities} {
				for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
					add(t, r, []stated{say(t, kind, line)})
				}
			}
			for _, c := range tc.claims {
				r.Claim(c)
			}
			for _, u := range tc.user {
				if err := r.User(u); err != nil {
					t.Fatal(err)
				}
			}
			res := r.Resolve()
			key := map[string][]string{}
			for _, kind := range []string{"accounts", "identities"} {
				for l := range res.Links(kind) {
					key[l.Thing] = append(key[l.Thing], l.Key)
				}
			}
			var got []string
			for o := range res.Owners() {
				line := key[o.Account][0] + " " + o.Rule
				if len(key[o.Identity]) == 1 {
					line += " " + key[o.Identity][0]
				}
				got = append(got, line)
			}
			if g := strings.Join(got, " | "); g != tc.want {
				t.Errorf("owners are %q, want %q", g, tc.want)
			}
			if g := groups(res, "identities"); g != tc.people {
				t.Errorf("people are %q, want %q", g, tc.people)
			}
		})
	}
}

// Two accounts name two people together, who are joined. Of a third, whose addresses are those
// of both, the owner is only known then; the others keep theirs, and what sources differ in
// stays so.
func TestOwners_knownWhenPeopleAreJoined(t *testing.T) {
	r := newResolver(t, resolve.Options{})
	for kind, lines := range map[string]string{
		"applications": "b/apps okta describes product=okta",
		"accounts": `b/acc 1 describes human "Ann Lee" app=b:okta login=alee email=ann@example.com
			b/acc 2 describes human "Ann Lee" app=b:okta email=ann@example.com email=alee@example.org
			b/acc 3 describes human "Bob Roe" app=b:okta email=bob@example.com
			b/acc 4 describes human "Cy Pratt" app=b:okta`,
		"identities": `s/ids x mentions "Ann Lee" login=ALEE email=alee@example.org
			b/emp y describes human "Lee, Ann" email=ann@example.com
			b/emp z describes human "Bob Roe" email=bob@example.com
			c/emp v describes human "Cy Pratt" id=1
			d/emp w describes human "Cy Pratt" id=1`,
	} {
		for line := range strings.SplitSeq(lines, "\n") {
			add(t, r, []stated{say(t, kind, strings.TrimSpace(line))})
		}
	}
	r.Claim(resolve.Claim{Source: "c", Account: "b:4", Identity: "c:v"})
	r.Claim(resolve.Claim{Source: "d", Account: "b:4", Identity: "d:w"})
	res := r.Resolve()
	accounts, people := map[string]string{}, map[string]string{}
	for l := range res.Links("accounts") {
		accounts[l.Thing] = l.Key
	}
	for l := range res.Links("identities") {
		people[l.Key] = l.Thing
	}
	got := map[string]string{}
	for o := range res.Owners() {
		got[accounts[o.Account]] = o.Rule + " " + o.Identity
	}
	ann, bob := people["b:y"], people["b:z"]
	if want := map[string]string{"b:1": "email " + ann, "b:2": "email " + ann, "b:3": "email " + bob}; people["s:x"] != ann || !maps.Equal(got, want) {
		t.Errorf("owners are %v, want %v; s:x is %s", got, want, people["s:x"])
	}
	if c := res.Claimed(); len(c) != 1 || accounts[c[0].Account] != "b:4" || len(c[0].Identities) != 2 {
		t.Errorf("sources differ in %v", c)
	}
}
