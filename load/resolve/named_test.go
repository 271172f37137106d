package resolve_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
)

// Groups, which stand for all that is joined by name within an application.
func TestNamed(t *testing.T) {
	const apps = "o/apps 1 describes product=okta\nb/apps 1 describes product=okta\ns/apps 1 describes product=github"
	for name, tc := range map[string]struct{ lines, want string }{
		"one name in two sources": {`
			o/groups Core describes app=o:1 name=Core
			b/entities 2 describes app=b:1 id=2 name=core`, "b:2 o:Core"},
		"one name in two applications": {`
			o/groups core describes app=o:1 name=core
			s/groups 2 describes app=s:1 name=core`, "o:core | s:2"},
		"one name twice in one export": {`
			o/list 1 mentions app=o:1 name=core
			o/list 2 mentions app=o:1 name=core
			b/entities 3 describes app=b:1 name=core`, "b:3 | o:1 | o:2"},
		"one name twice here, and once in another export of that source": {`
			o/list 1 mentions app=o:1 name=core
			o/list 2 mentions app=o:1 name=core
			o/more 4 mentions app=o:1 name=core
			b/entities 3 describes app=b:1 name=core`, "b:3 | o:1 | o:2 | o:4"},
		"one name in two exports of a source": {`
			o/list 1 mentions app=o:1 name=core
			o/more 4 mentions app=o:1 name=core
			b/entities 3 describes app=b:1 name=core`, "b:3 o:1 o:4"},
		"one id, another name": {`
			o/groups 1 describes app=o:1 id=17 name=core
			b/entities 2 describes app=b:1 id=17 name=everyone`, "b:2 | o:1"},
		"no application": {`
			b/groups 1 describes name=core
			s/groups 2 describes name=core`, "b:1 | s:2"},
		"a name that is a placeholder": {`
			o/groups 1 describes app=o:1 name=N/A
			b/entities 2 describes app=b:1 name=n/a`, "b:2 | o:1"},
		"a name that would be nobody's": {`
			o/groups 1 describes app=o:1 name=External
			b/entities 2 describes app=b:1 name=external`, "b:2 o:1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResolver(t, resolve.Options{})
			for kind, lines := range map[string]string{"applications": apps, "groups": tc.lines} {
				for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
					add(t, r, []stated{say(t, kind, line)})
				}
			}
			if got := groups(r.Resolve(), "groups"); got != tc.want {
				t.Errorf("things are\n%s, want\n%s", got, tc.want)
			}
		})
	}
}

// A link tells the weakest rule between a statement and the founder, with the
// value that it goes by, and nothing of rules that only others need.
func TestLinks(t *testing.T) {
	r := newResolver(t, resolve.Options{})
	for _, line := range []string{
		"a/emp x describes human first=1 number=100 email=ann@example.com",
		"b/emp y describes human first=2 number=100 email=ann@example.com",
		"c/emp z describes human first=2 id=7 email=Ann@example.com",
		"c/more w mentions first=3 id=7",
		"c/more v mentions first=3",
	} {
		add(t, r, []stated{say(t, "identities", line)})
	}
	got := map[string]string{}
	for l := range r.Resolve().Links("identities") {
		got[l.Key] = fmt.Sprint(l.Rule, ", ", l.Evidence, ", ", l.Confidence)
	}
	want := "map[a:x:founder, , 1 b:y:employee_number, employee_number 100, 0.99 c:v:alone, , 1 c:w:email, email ann@example.com, 0.97 c:z:email, email ann@example.com, 0.97]"
	if fmt.Sprint(got) != want {
		t.Errorf("links are %v, want %s", got, want)
	}
}
