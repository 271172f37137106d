package resolve_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
	"github.com/accessmart/accessmart/schemas"
)

// people are 5,090 invented people with noise in names, addresses and numbers,
// as three vendors see them, with the truth beside. The files lie beside the
// repository; a checkout alone has them not.
const people = "../../../shared/cases/people"

func openPeople(t *testing.T, name string) io.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join(people, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if !strings.HasSuffix(name, ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// table reads a CSV as a list of records by header.
func table(t *testing.T, name string) (out []map[string]string) {
	t.Helper()
	rows, err := csv.NewReader(openPeople(t, name)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		rec := map[string]string{}
		for i, h := range rows[0] {
			rec[strings.TrimSuffix(h, "*")] = strings.TrimSpace(row[i])
		}
		out = append(out, rec)
	}
	return out
}

type stated struct {
	kind string
	s    resolve.Statement
}

// readPeople makes the statements that the contracts make of the files.
func readPeople(t *testing.T) (out []stated) {
	for _, r := range table(t, "balkanid/employees.csv.gz") {
		mail := strings.ToLower(r["Work Email"])
		out = append(out, stated{"identities", resolve.Statement{
			Source: "b", Dataset: "balkanid.employees", Key: "b:identity:" + mail, Part: r["Employee ID"], Strength: resolve.Describes, Nature: resolve.Human,
			Name: r["Full Name"], Title: r["Title"], From: resolve.NoDay, Until: resolve.NoDay,
			Identifiers: ids("native_id", r["Employee ID"], "employee_number", r["Source Employee ID"], "email", mail),
		}})
	}
	var employees []map[string]string
	decode(t, "oleria/employees.json.gz", &employees)
	for _, r := range employees {
		mail, number := strings.ToLower(r["email"]), strings.TrimSpace(r["employeeId"])
		key := "o:identity:employee|" + mail
		if mail == "" {
			key = "o:identity:employee|" + number
		}
		out = append(out, stated{"identities", resolve.Statement{
			Source: "o", Dataset: "oleria.employees", Key: key, Part: number, Strength: resolve.Describes, Nature: resolve.Human, Ended: r["status"] == "terminated",
			Name: r["employeeName"], Title: r["jobTitle"], From: resolve.NoDay, Until: resolve.NoDay,
			Identifiers: ids("native_id", number, "employee_number", number, "email", mail),
		}})
	}
	var spconfig struct {
		Objects []struct {
			Object struct {
				Membership struct {
					Identities []struct{ ID, Name, AliasName string }
				}
			}
		}
	}
	decode(t, "sailpoint/config_objects.json.gz", &spconfig)
	seen := map[string]bool{}
	for _, o := range spconfig.Objects {
		for _, m := range o.Object.Membership.Identities {
			if seen[m.ID] {
				continue
			}
			seen[m.ID] = true
			list := ids("native_id", m.ID, "login", m.AliasName)
			if strings.Contains(m.AliasName, "@") {
				list = append(list, ids("email", m.AliasName)...)
			}
			out = append(out, stated{"identities", resolve.Statement{Source: "s", Dataset: "sailpoint.config_objects", Key: "s:identity:" + m.ID, Name: m.Name, From: resolve.NoDay, Until: resolve.NoDay, Identifiers: list}})
		}
	}
	apps := map[string]bool{}
	for _, r := range table(t, "balkanid/entities.csv.gz") {
		var meta struct{ Username, Email string }
		if err := json.Unmarshal([]byte(r["Metadata"]), &meta); err != nil {
			t.Fatal(err)
		}
		app := "b:application:" + r["Integration"]
		if !apps[app] {
			apps[app] = true
			out = append(out, stated{"applications", resolve.Statement{Source: "b", Dataset: "balkanid.integrations", Key: app, Strength: resolve.Describes, Identifiers: ids("native_id", r["Integration"], "product", r["App"])}})
		}
		nature := resolve.Human
		if r["Source Type"] == "service account" {
			nature = resolve.NonHuman
		}
		out = append(out, stated{"accounts", resolve.Statement{
			Source: "b", Dataset: "balkanid.entities", Key: "b:account:" + r["BRN"][strings.LastIndexByte(r["BRN"], ':')+1:], Strength: resolve.Describes, Nature: nature,
			Application: app, Name: r["Name"], Identifiers: ids("native_id", r["Source ID"], "brn", r["BRN"], "login", meta.Username, "email", meta.Email),
		}})
	}
	return out
}

func decode(t *testing.T, name string, v any) {
	t.Helper()
	if err := json.NewDecoder(openPeople(t, name)).Decode(v); err != nil {
		t.Fatal(err)
	}
}

// ids makes identifiers of names and values, without the empty ones.
func ids(pairs ...string) (out []resolve.Identifier) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, resolve.Identifier{Namespace: pairs[i], Value: pairs[i+1]})
		}
	}
	return out
}

var loadRules = sync.OnceValues(schemas.LoadResolution)

func newResolver(t testing.TB, o resolve.Options) *resolve.Resolver {
	t.Helper()
	rules, err := loadRules()
	if err != nil {
		t.Fatal(err)
	}
	return resolve.New(rules, o)
}

func add(t testing.TB, r *resolve.Resolver, list []stated) {
	t.Helper()
	for i := range list {
		if err := r.Add(list[i].kind, &list[i].s); err != nil {
			t.Fatal(err)
		}
	}
}

// Of the people of the files, hardly one in a thousand links may be wrong, and
// none of those that no rule may make. What is found of each kind of evidence is
// printed, and held to what it was when the rules were last looked at.
func TestPeople(t *testing.T) {
	if _, err := os.Stat(people); err != nil {
		t.Skipf("the cases of people lie beside the repository, and are not there: %v", err)
	}
	r := newResolver(t, resolve.Options{})
	add(t, r, readPeople(t))
	res := r.Resolve()

	// Who each statement is about: its identity, or that of the account's owner.
	person := map[string]string{} // by key, and by key and part
	thing := map[string]string{}
	several := map[string]bool{}
	put := func(key, part, who string) {
		if was, ok := person[key]; ok && was != who {
			several[key] = true
		}
		person[key], person[key+" #"+part] = who, who
	}
	for l := range res.Links("identities") {
		put(l.Key, l.Part, l.Thing)
	}
	for l := range res.Links("accounts") {
		thing[l.Thing] = l.Key
	}
	for o := range res.Owners() {
		person[thing[o.Account]] = o.Identity
	}

	members := map[string][]string{}
	truth := map[string]string{}
	evidence := map[string]string{}
	for _, m := range table(t, "truth.csv.gz") {
		if key := m["member_key"]; m["person"] != "" && !several[key] {
			members[m["person"]] = append(members[m["person"]], key)
			truth[key], evidence[key] = m["person"], m["evidence"]
		}
	}
	type tally struct{ hit, all int }
	found := map[string]*tally{}
	right, all := 0, 0
	for _, keys := range members {
		for i, x := range keys {
			for _, y := range keys[:i] {
				pair := []string{evidence[x], evidence[y]}
				slices.Sort(pair)
				name := strings.Join(pair, " / ")
				if found[name] == nil {
					found[name] = &tally{}
				}
				found[name].all++
				all++
				if person[x] != "" && person[x] == person[y] {
					found[name].hit++
					right++
				}
			}
		}
	}
	wrong := 0
	groups := map[string][]string{}
	for key, who := range person {
		if truth[key] != "" && who != "" {
			groups[who] = append(groups[who], key)
		}
	}
	for _, keys := range groups {
		for i, x := range keys {
			for _, y := range keys[:i] {
				if truth[x] != truth[y] {
					wrong++
					t.Logf("wrong: %s and %s", x, y)
				}
			}
		}
	}
	for _, n := range table(t, "never.csv") {
		if a, b := person[n["key_1"]], person[n["key_2"]]; a != "" && a == b {
			t.Errorf("joined what must never be: %s and %s (%s)", n["key_1"], n["key_2"], n["why"])
		}
	}
	names := make([]string, 0, len(found))
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Logf("%6d of %6d  %5.1f %%  %s", found[name].hit, found[name].all, 100*float64(found[name].hit)/float64(found[name].all), name)
	}
	t.Logf("pairs: right %d of %d, wrong %d; conflicts %d, suggestions %d", right, all, wrong, len(res.Conflicts("identities")), len(res.Suggestions("identities")))
	looks := map[string]int{}
	for _, s := range res.Suggestions("identities") {
		looks[s.Look]++
	}
	reasons := map[string]int{}
	for _, c := range res.Conflicts("identities") {
		reasons[c.Rule+": "+c.Reason]++
	}
	t.Log("suggestions ", looks, " conflicts ", reasons)
	if float64(right)/float64(right+wrong) < 0.999 {
		t.Errorf("precision %.4f is below 0.999", float64(right)/float64(right+wrong))
	}
}
