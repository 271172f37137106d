package resolve_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
)

// say makes a statement of an identity from a line such as
//
//	hr/employees jane@example.com#7 describes human "Jane Doe" number=100 email=jane@example.com
//
// source/dataset, key with part, strength, then what else is told.
func say(t testing.TB, kind, line string) stated {
	t.Helper()
	name := ""
	if i := strings.IndexByte(line, '"'); i >= 0 {
		j := i + 1 + strings.IndexByte(line[i+1:], '"')
		name, line = line[i+1:j], line[:i]+line[j+1:]
	}
	words := strings.Fields(line)
	s := resolve.Statement{Name: name, From: resolve.NoDay, Until: resolve.NoDay}
	s.Source, s.Dataset, _ = strings.Cut(words[0], "/")
	s.Key, s.Part, _ = strings.Cut(s.Source+":"+words[1], "#")
	for _, w := range words[2:] {
		at, value, ok := strings.Cut(w, "=")
		switch {
		case w == "describes":
			s.Strength = resolve.Describes
		case w == "supplements":
			s.Strength = resolve.Supplements
		case w == "mentions":
		case w == "human":
			s.Nature = resolve.Human
		case w == "machine":
			s.Nature = resolve.NonHuman
		case w == "left":
			s.Ended = true
		case at == "title":
			s.Title = value
		case at == "app":
			s.Application = value
		case at == "days":
			from, until, _ := strings.Cut(value, "..")
			s.From, s.Until = day(from), day(until)
		case at == "first":
			s.FirstSeen = int64(day(value))
		case ok:
			in := ""
			if at, value, ok = strings.Cut(w, "="); ok {
				if v, within, ok := strings.Cut(value, "|"); ok {
					value, in = v, within
				}
			}
			s.Identifiers = append(s.Identifiers, resolve.Identifier{Namespace: short(at), Value: value, In: in})
		default:
			t.Fatalf("%s: %q is unknown", line, w)
		}
	}
	return stated{kind, s}
}

func short(ns string) string {
	switch ns {
	case "number":
		return "employee_number"
	case "id":
		return "native_id"
	}
	return ns
}

func day(s string) int32 {
	if s == "" {
		return resolve.NoDay
	}
	n := int32(0)
	for _, c := range s {
		n = 10*n + c - '0'
	}
	return n
}

// groups are the things of a kind, each as the keys of its statements.
func groups(res *resolve.Result, kind string) string {
	things := map[string][]string{}
	for l := range res.Links(kind) {
		key := l.Key
		if l.Part != "" {
			key += "#" + l.Part
		}
		things[l.Thing] = append(things[l.Thing], key)
	}
	var out []string
	for _, keys := range things {
		slices.Sort(keys)
		out = append(out, strings.Join(slices.Compact(keys), " "))
	}
	slices.Sort(out)
	return strings.Join(out, " | ")
}

// What breaks a greedy union, and what must come of it.
func TestIdentities(t *testing.T) {
	for name, tc := range map[string]struct {
		lines     string
		options   resolve.Options
		user      []resolve.UserLink
		want      string
		conflicts string // reasons
		suggested string // looks
	}{
		"one number in two sources": {lines: `
			a/emp x describes human "Ann Lee" number=100 email=ann@example.com
			b/emp y describes human "Ann Lee" number=100 email=ann@example.org`, want: "a:x b:y"},
		"one address, in another case": {lines: `
			a/emp x describes human email=Ann@Example.com
			b/emp y describes human email=ann@example.COM`, want: "a:x b:y"},
		"an address of an alias domain": {lines: `
			a/emp x describes human email=ann@example.com
			b/emp y describes human email=ann@old.example.com`, options: resolve.Options{Domains: map[string]string{"old.example.com": "example.com"}}, want: "a:x b:y"},
		"an alias domain with people of its own": {lines: `
			a/emp x describes human "Ann Lee" email=ann@example.com
			b/emp y describes human "Ann Lee" id=1 email=ann@example.com
			b/emp z describes human "Anna Roe" id=2 email=ann@old.example.com`, options: resolve.Options{Domains: map[string]string{"old.example.com": "example.com"}}, want: "a:x b:y | b:z", conflicts: ""},
		"no alias, no join": {lines: `
			a/emp x describes human email=ann@example.com
			b/emp y describes human email=ann@old.example.com`, want: "a:x | b:y"},
		"two numbers on one address": {lines: `
			a/emp x describes human "Ann Lee" number=100 email=ann@example.com
			b/emp y describes human "Ann Roe" number=200 email=ann@example.com`, want: "a:x | b:y", conflicts: "two numbers"},
		"two numbers on one address, and who has none": {lines: `
			a/emp x describes human number=100 email=ann@example.com
			b/emp y describes human number=200 email=ann@example.com
			c/emp z mentions email=ann@example.com`, want: "a:x | b:y | c:z", conflicts: "two numbers"},
		"an address that went over": {lines: `
			a/emp x describes human number=100 email=ann@example.com
			b/emp y describes human left number=200 email=ann@example.com
			c/emp z mentions email=ann@example.com`, want: "a:x c:z | b:y", conflicts: "two numbers"},
		"an address that went over, told by names alone": {lines: `
			a/emp x describes human "Ann Lee" email=a.lee@example.com
			b/emp y describes human "Arthur Leeds" left email=a.lee@example.com
			c/emp z mentions "Ann Lee" email=a.lee@example.com`, want: "a:x c:z | b:y", conflicts: "what else both sides tell differs"},
		"an address that went over within a family": {lines: `
			a/emp x describes human "Ann Lee" left days=100..200 email=a.lee@example.com
			b/emp y describes human "Adam Lee" days=210.. email=a.lee@example.com`, want: "a:x | b:y", conflicts: "what else both sides tell differs"},
		"who left here and is there since before": {lines: `
			a/emp x describes human "Bob Lee" left days=100..200 email=b.lee@example.com
			b/emp y describes human "Robert Lee" days=100.. email=b.lee@example.com`, want: "a:x b:y"},
		"who came back, told by two sources": {lines: `
			a/emp x describes human "Ann B. Lee" left days=100..200 email=a.lee@example.com
			b/emp y describes human "Lee, Ann" days=210.. email=a.lee@example.com`, want: "a:x b:y"},
		"who left in one source only": {lines: `
			a/emp x describes human "Ann Lee" email=ann@example.com
			b/emp y describes human "Lee, Ann" left email=ann@example.com`, want: "a:x b:y"},
		"a chain over two addresses": {lines: `
			a/emp x describes human number=100 email=one@example.com
			b/emp y mentions email=one@example.com email=two@example.com
			c/emp z describes human number=200 email=two@example.com`, want: "a:x | b:y | c:z", conflicts: "two numbers"},
		"a chain that the number forbids only later": {lines: `
			a/emp x describes human number=100 email=one@example.com
			b/emp y describes email=one@example.com id=7
			b/emp z describes email=two@example.com id=8
			c/emp w mentions email=one@example.com email=two@example.com`, want: "a:x | b:y | b:z | c:w", conflicts: "two ids of one source"},
		"leading zeros": {lines: `
			a/emp x describes human "Ann Lee" number=00100
			b/emp y describes human "Ann Lee" number=100`, want: "a:x | b:y", suggested: "leading_zeros name_and_title"},
		"letters before a number": {lines: `
			a/emp x describes human "Ann Lee" number=W10062 email=ann@example.com
			b/emp y describes human "Ann Lee" number=10062 email=ann@example.com`, want: "a:x | b:y", conflicts: "two numbers", suggested: "name_and_title number_prefix"},
		"letters before a number, and nothing else to compare": {lines: `
			a/emp x describes human number=HR-0062
			b/emp y describes human number=0062`, want: "a:x | b:y", suggested: "number_prefix"},
		"letters before the number of somebody else": {lines: `
			a/emp x describes human "Ann Lee" number=C10062 email=ann@example.com
			b/emp y describes human "Bob Roe" number=10062 email=bob@example.com`, want: "a:x | b:y"},
		"letters before numbers of one list": {lines: `
			a/emp x describes human "Ann Lee" number=C10062
			a/emp y describes human "Ann Lee" number=10062`, want: "a:x | a:y"},
		"letters before a number that may be anything": {lines: `
			a/emp x describes human "Ann Lee" title=clerk number=C17
			b/emp y describes human "Anna Lee" title=cook number=17`, want: "a:x | b:y"},
		"leading zeros and one address": {lines: `
			a/emp x describes human number=00100 email=ann@example.com
			b/emp y describes human number=100 email=ann@example.com`, want: "a:x b:y"},
		"one number, another name and address": {lines: `
			a/emp x describes human "Ann Lee" number=17 email=ann@example.com
			b/emp y describes human "Bob Roe" number=17 email=bob@example.com`, want: "a:x | b:y", conflicts: "what else both sides tell differs"},
		"one number, and a title in common": {lines: `
			a/emp x describes human "Dr. Eva Stone" number=17 email=eva@example.com
			b/emp y describes human "Dr. Otto Kern" number=17 email=otto@example.com`, want: "a:x | b:y", conflicts: "what else both sides tell differs"},
		"one number, and a particle in common": {lines: `
			a/emp x describes human "Maria de la Cruz" number=17 email=mc@example.com
			b/emp y describes human "Pia de la Rosa" number=17 email=pr@example.com`, want: "a:x | b:y", conflicts: "what else both sides tell differs"},
		"one number, and an employer in common": {lines: `
			a/emp x describes human "Jane Doe (Contractor)" number=17 email=jd@example.com
			b/emp y describes human "Bob Roe (contractor)" number=17 email=br@example.com`, want: "a:x | b:y", conflicts: "what else both sides tell differs"},
		"a name that is a particle": {lines: `
			a/emp x describes human "Van Le" number=17 email=van@example.com
			b/emp y describes human "Le Van" number=17 email=lv@example.com`, want: "a:x b:y"},
		"a slip in the name": {lines: `
			a/emp x describes human "Annabel Leight" number=17 email=ann@example.com
			b/emp y describes human "Anabel Leigth" number=17 email=a.l@example.com`, want: "a:x b:y"},
		"a renamed person": {lines: `
			a/emp x describes human "Ann Lee" number=17 email=ann.lee@example.com
			b/emp y describes human "Ann Roe" number=17 email=ann.roe@example.com`, want: "a:x b:y"},
		"two people of one name": {lines: `
			a/emp x describes human "Ann Lee" title=clerk number=17 email=ann.lee@example.com
			a/emp y describes human "Ann Lee" title=clerk number=18 email=ann.lee2@example.com
			b/emp z describes human "Ann Lee" title=clerk email=al@example.com`, want: "a:x | a:y | b:z", suggested: "name_and_title name_and_title"},
		"one name and title in two sources": {lines: `
			a/emp x describes human "Ann Lee" title=clerk email=ann.lee@example.com
			b/emp z describes human "Ann Lee" title=clerk email=al@example.com`, want: "a:x | b:z", suggested: "name_and_title"},
		"one name, another title": {lines: `
			a/emp x describes human "Ann Lee" title=clerk email=ann.lee@example.com
			b/emp z describes human "Ann Lee" title=judge email=al@example.com`, want: "a:x | b:z"},
		"a plus address": {lines: `
			a/emp x describes human email=ann@example.com
			b/emp y describes human email=ann+test@example.com`, want: "a:x | b:y", suggested: "plus_address"},
		"a person and a machine": {lines: `
			a/emp x describes human email=ann@example.com
			b/ids y describes machine email=ann@example.com`, want: "a:x | b:y", conflicts: "a person and a machine"},
		"a machine among people": {lines: `
			a/emp x describes human "Ann Lee" email=ann@example.com
			b/emp y describes human "Ann Lee" email=ann@example.com
			b/ids z supplements machine "Backup" email=ann@example.com`, want: "a:x b:y | b:z", conflicts: "a person and a machine"},
		"machines of one address": {lines: `
			b/ids x supplements machine "svc-backup" email=ops@example.com
			b/ids y supplements machine "svc-report" email=ops@example.com
			b/ids z supplements machine "CI Runner" email=ci@example.com
			c/ids w supplements machine "ci-runner" email=ci@example.com`, want: "b:x | b:y | b:z c:w", conflicts: "what else both sides tell differs"},
		"machines with a person's address": {lines: `
			a/emp x describes human "Ann Lee" email=ann@example.com
			b/emp y describes human "Ann Lee" email=ann@example.com
			b/ids z supplements machine "Backup" email=ann@example.com
			b/ids w supplements machine "Reports" email=ann@example.com`, want: "a:x b:y | b:w | b:z", conflicts: "a person and a machine"},
		"a machine, a person, and who knows": {lines: `
			a/emp x describes human "Ann Lee" email=ann@example.com
			b/ids z supplements machine "Backup" email=ann@example.com
			c/ids w mentions "Backup" email=ann@example.com`, want: "a:x | b:z | c:w", conflicts: "a person and a machine", suggested: "name_and_title"},
		"machines of two vendors have nothing but a name in common": {lines: `
			a/nhi x describes machine "Backup job" email=ops@example.com
			b/machines y describes machine "Backup job" id=7`, want: "a:x | b:y", suggested: "name_and_title"},
		"machines of other names have nothing in common": {lines: `
			a/nhi x describes machine "Backup job" email=ops@example.com
			b/machines y describes machine "Restore job" id=7`, want: "a:x | b:y"},
		"a machine and a person of one name are not taken for one": {lines: `
			a/nhi x describes machine "Ann Lee"
			b/emp y describes human "Ann Lee"`, want: "a:x | b:y"},
		"placeholders": {lines: `
			a/emp x describes human number=N/A email=n/a
			b/emp y describes human number=N/A email=none
			c/emp z describes human number=- email=null id=null`, want: "a:x | b:y | c:z"},
		"a shared mailbox": {lines: `
			a/emp x describes human id=1 email=desk@example.com
			a/emp y describes human id=2 email=desk@example.com
			a/emp z describes human id=3 email=desk@example.com
			b/emp w describes human id=9 email=desk@example.com`, want: "a:x | a:y | a:z | b:w", conflicts: "two ids of one source"},
		"a rehire by days": {lines: `
			a/emp x#1 describes human "Ann Lee" left number=17 id=1 days=100..200 email=ann@example.com
			a/emp x#2 describes human "Ann Lee" number=18 id=2 days=300.. email=ann@example.com
			b/emp y describes human "Ann Lee" number=17 email=al@example.com
			c/emp z describes human "Ann Lee" number=18`, want: "a:x#1 a:x#2 b:y c:z"},
		"two jobs at once are two people": {lines: `
			a/emp x#1 describes human "Ann Lee" number=17 id=1 days=100..400 email=ann@example.com
			a/emp x#2 describes human "Ann Lee" number=18 id=2 days=300.. email=ann@example.com`, want: "a:x#1 | a:x#2", suggested: "name_and_title"},
		"a rehire under a new address": {lines: `
			a/emp x describes human "Ann Lee" title=clerk left number=17 id=1 days=100..200 email=ann@example.com
			a/emp y describes human "Ann Lee" title=clerk number=18 id=2 days=300.. email=ann2@example.com
			a/emp z describes human "Ann Lee" title=judge number=19 id=3 days=300.. email=ann3@example.com`, want: "a:x | a:y | a:z", suggested: "name_and_title"},
		"two jobs that the user says are two people's": {lines: `
			a/emp x describes human "Ann Lee" number=17 id=1 email=ann@example.com
			a/emp y describes human "Ann Lee" number=18 id=2 email=ann@example.com`, user: []resolve.UserLink{{Action: resolve.NotSameAs, Kind: "identities", Left: "a:x", Right: "a:y"}}, want: "a:x | a:y"},
		"a key on a person who left and one who came": {lines: `
			a/emp x#1 describes human "Ann Lee" left number=17 id=1 email=ann@example.com
			a/emp x#2 describes human "Anna Roe" number=18 id=2 email=ann@example.com
			a/risks x mentions`, want: "a:x a:x#2 | a:x#1", conflicts: "two numbers|two numbers"},
		"two companies that number alike": {lines: `
			a/emp a1 describes human "John Smith" number=1 email=jsmith@a.example
			a/emp a2 describes human "Ann Lee" number=2 email=alee@a.example
			a/emp a3 describes human "Bob Roe" number=3 email=broe@a.example
			a/emp a4 describes human "Eve Kim" number=4 email=ekim@a.example
			a/emp a5 describes human number=5 email=five@a.example
			b/emp b1 describes human "John Baker" number=1 email=jbaker@b.example
			b/emp b2 describes human "Carl Fox" number=2 email=cfox@b.example
			b/emp b3 describes human "Dora Hill" number=3
			b/emp b4 describes human "Fay Ng" number=4 email=fng@b.example
			b/emp b5 describes human "Gus Orr" number=5`,
			want: "a:a1 | a:a2 | a:a3 | a:a4 | a:a5 | b:b1 | b:b2 | b:b3 | b:b4 | b:b5", conflicts: strings.Repeat("what else both sides tell differs|", 4) + "what else both sides tell differs"},
		"one company with slips and new names": {lines: `
			a/emp a1 describes human "John Smith" number=1 email=jsmith@a.example
			a/emp a2 describes human "Ann Lee" number=2 email=alee@a.example
			a/emp a3 describes human "Bob Roe" number=3 email=broe@a.example
			a/emp a4 describes human "Eve Kim" number=4 email=ekim@a.example
			a/emp a5 describes human "Gus Orr" number=5 email=gorr@a.example
			b/emp b1 describes human "John Baker" number=1 email=jbaker@b.example
			b/emp b2 describes human "Ann Lee" number=2 email=ann.lee@b.example
			b/emp b3 describes human "Bob Roe" number=3
			b/emp b4 describes human "Fay Ng" number=4 email=fng@b.example
			b/emp b5 describes human "Hal Ide" number=5`,
			want: "a:a1 b:b1 | a:a2 b:b2 | a:a3 b:b3 | a:a4 | a:a5 | b:b4 | b:b5", conflicts: "what else both sides tell differs|what else both sides tell differs"},
		"the user joins": {lines: `
			a/emp x describes human "Ann Lee" number=17 email=ann@example.com
			b/emp y describes human "Bob Roe" number=18 email=bob@example.com
			c/emp z describes human number=18 email=ann@example.com`, user: []resolve.UserLink{{Action: resolve.SameAs, Kind: "identities", Left: "a:x", Right: "b:y"}}, want: "a:x b:y c:z"},
		"the user parts": {lines: `
			a/emp x describes human number=17 email=ann@example.com
			b/emp y describes human number=17 email=ann@example.com`, user: []resolve.UserLink{{Action: resolve.NotSameAs, Kind: "identities", Left: "a:x", Right: "b:y"}}, want: "a:x | b:y", conflicts: "the links file says that they are not the same|the links file says that they are not the same"},
		"the user joins a person with a machine": {lines: `
			a/emp x describes human email=ann@example.com
			b/ids y describes machine email=bot@example.com
			c/ids z describes machine email=bot@example.com`, user: []resolve.UserLink{{Action: resolve.SameAs, Kind: "identities", Left: "a:x", Right: "b:y"}}, want: "a:x b:y c:z"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResolver(t, tc.options)
			for line := range strings.SplitSeq(strings.TrimSpace(tc.lines), "\n") {
				add(t, r, []stated{say(t, "identities", line)})
			}
			for _, u := range tc.user {
				if err := r.User(u); err != nil {
					t.Fatal(err)
				}
			}
			res := r.Resolve()
			if got := groups(res, "identities"); got != tc.want {
				t.Errorf("things are\n%s, want\n%s", got, tc.want)
			}
			var reasons, looks []string
			for _, c := range res.Conflicts("identities") {
				reasons = append(reasons, c.Reason)
			}
			if got := strings.Join(reasons, "|"); got != tc.conflicts {
				t.Errorf("conflicts are %q, want %q", got, tc.conflicts)
			}
			for _, s := range res.Suggestions("identities") {
				looks = append(looks, s.Look)
			}
			if got := strings.Join(looks, " "); got != tc.suggested {
				t.Errorf("suggestions are %q, want %q", got, tc.suggested)
			}
		})
	}
}

// Accounts, and what they live in.
func TestAccounts(t *testing.T) {
	for name, tc := range map[string]struct {
		apps, accounts string
		want           string
	}{
		"one login, the application named otherwise": {`
			o/apps GitHub|acme describes product=github instance=acme|github
			b/apps github/1 describes product=github id=github/1`, `
			o/acc 1 describes app=o:GitHub|acme login=JDoe
			b/acc 2 describes app=b:github/1 login=jdoe`, "b:2 o:1"},
		"instances that say the same": {`
			o/apps 1 describes product=github instance=acme|github
			o/apps 2 describes product=github instance=beta|github
			b/apps 3 describes product=github instance=beta|github`, `
			o/acc 1 describes app=o:1 login=jdoe
			o/acc 2 describes app=o:2 login=jdoe
			b/acc 3 describes app=b:3 login=jdoe`, "b:3 o:2 | o:1"},
		"two instances here, one there": {`
			o/apps 1 describes product=github
			o/apps 2 describes product=github
			b/apps 3 describes product=github`, `
			o/acc 1 describes app=o:1 login=jdoe
			b/acc 3 describes app=b:3 login=jdoe`, "b:3 | o:1"},
		"two products": {`
			o/apps 1 describes product=github instance=acme|github
			b/apps 3 describes product=gitlab instance=acme|gitlab`, `
			o/acc 1 describes app=o:1 login=jdoe
			b/acc 3 describes app=b:3 login=jdoe`, "b:3 | o:1"},
		"two descriptions by one source": {`
			b/apps 1 describes product=okta`, `
			b/entities brn1 describes app=b:1 id=00u1 login=jdoe
			b/entitlements 1|00u1 supplements app=b:1 id=00u1
			b/entitlements 1|jdoe supplements app=b:1 login=jdoe`, "b:1|00u1 b:1|jdoe b:brn1"},
		"a login with two ids in one source": {`
			b/apps 1 describes product=okta`, `
			b/entities brn1 describes app=b:1 id=00u1 login=jdoe
			b/entities brn2 describes app=b:1 id=00u2 login=jdoe
			b/entitlements 1|jdoe supplements app=b:1 login=jdoe`, "b:1|jdoe | b:brn1 | b:brn2"},
		"an administrator's second account": {`
			o/apps 1 describes product=okta
			b/apps 1 describes product=okta`, `
			o/acc jdoe describes app=o:1 login=jdoe email=jdoe@example.com
			o/acc adm describes app=o:1 login=adm-jdoe email=jdoe@example.com
			b/acc 1 describes app=b:1 id=1 login=jdoe email=jdoe@example.com
			b/acc 2 describes app=b:1 id=2 login=adm-jdoe email=jdoe@example.com`, "b:1 o:jdoe | b:2 o:adm"},
		"one sees this account, the other that": {`
			o/apps 1 describes product=okta
			b/apps 1 describes product=okta`, `
			o/acc jdoe describes app=o:1 login=jdoe email=jdoe@example.com
			b/acc 2 describes app=b:1 id=2 login=adm-jdoe email=jdoe@example.com`, "b:2 | o:jdoe"},
		"a login that is the address": {`
			o/apps 1 describes product=okta
			b/apps 1 describes product=okta`, `
			o/acc jdoe describes app=o:1 login=jdoe@example.com email=jdoe@example.com
			b/acc 2 describes app=b:1 id=2 login=jdoe email=jdoe@example.com`, "b:2 o:jdoe"},
		"one number, two series of ids": {`
			o/apps 1 describes product=okta
			b/apps 1 describes product=okta`, `
			o/acc jdoe describes "Jo Doe" app=o:1 id=17 login=jdoe email=jdoe@example.com
			b/acc 2 describes "Ann Lee" app=b:1 id=17 login=alee email=alee@example.com`, "b:2 | o:jdoe"},
		"a robot's address on nine accounts": {`
			o/apps 1 describes product=okta
			b/apps 1 describes product=okta`, `
			o/acc 1 describes app=o:1 login=r1 email=robot@example.com
			o/acc 2 describes app=o:1 login=r2 email=robot@example.com
			o/acc 3 describes app=o:1 login=r3 email=robot@example.com
			b/acc 9 describes app=b:1 email=robot@example.com`, "b:9 | o:1 | o:2 | o:3"},
		"one login in two applications": {`
			o/apps 1 describes product=okta
			o/apps 2 describes product=github`, `
			o/acc 1 describes app=o:1 login=jdoe email=jdoe@example.com
			o/acc 2 describes app=o:2 login=jdoe email=jdoe@example.com`, "o:1 | o:2"},
		"an application that nobody states": {`
			o/apps 1 describes product=okta`, `
			b/acc 1 describes app=b:9 login=jdoe
			b/more 2 supplements app=b:9 login=jdoe
			b/more 3 supplements app=b:8 login=jdoe`, "b:1 b:2 | b:3"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResolver(t, resolve.Options{})
			for kind, lines := range map[string]string{"applications": tc.apps, "accounts": tc.accounts} {
				for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
					add(t, r, []stated{say(t, kind, line)})
				}
			}
			if got := groups(r.Resolve(), "accounts"); got != tc.want {
				t.Errorf("things are\n%s, want\n%s", got, tc.want)
			}
		})
	}
}
