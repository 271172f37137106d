package answers

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

func model(t *testing.T) Model {
	t.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return Model{Set: set}
}

// No object of the package names a table without its schema, or uses a macro.
func TestSQL_namesAreQualified(t *testing.T) {
	m := model(t)
	for _, kind := range []objects.Kind{objects.Report, objects.Version, objects.ObservedVersion, objects.View, objects.Check, objects.Macro, objects.Answer, objects.MetaMacro} {
		for _, o := range objects.All(kind) {
			filled, err := m.fill(o)
			query := string(filled)
			if err != nil {
				t.Fatal(err)
			}
			for _, table := range m.Set.Common.Tables {
				for _, word := range []string{"from ", "join "} {
					if strings.Contains(query, word+table.Name+" ") || strings.HasSuffix(query, word+table.Name) {
						t.Errorf("sql/%s/%s: %s%s: name its schema", kind, o.Name, word, table.Name)
					}
				}
			}
			for _, m := range slices.Concat(objects.All(objects.Macro), objects.All(objects.Answer), objects.All(objects.MetaMacro)) {
				if strings.Contains(query, m.Name+"(") {
					t.Errorf("sql/%s/%s: uses the macro %s, which is bound to the reader's default database", kind, o.Name, m.Name)
				}
			}
			for _, need := range o.Inputs {
				for what := range strings.SplitSeq(need, " or ") {
					if what == ownRules {
						continue
					}
					name, column, one := strings.Cut(strings.TrimSuffix(what, twoSources), ".")
					if table := m.Set.Common.Table(name); table == nil || one && table.Field(column) == nil {
						t.Errorf("sql/%s/%s: inputs: %s is no table or column of the common model", kind, o.Name, what)
					}
				}
			}
			for _, r := range o.Reads {
				if name, ok := strings.CutPrefix(r, "report."); ok && kind == objects.Report {
					i := slices.IndexFunc(objects.All(kind), func(p objects.Object) bool { return p.Name == name })
					for _, need := range objects.All(kind)[i].Inputs {
						if !slices.Contains(o.Inputs, need) {
							t.Errorf("report.%s: reads report.%s, whose input %q it does not name", o.Name, name, need)
						}
					}
				}
			}
		}
	}
}

// What the header of an object says that it reads is what its SQL names, no
// more and no less: by it is told what an object depends on.
func TestSQL_readsWhatItsHeaderSays(t *testing.T) {
	m := model(t)
	common := m.Set.Common
	all := func(schema string, keep func(*schemas.Table) bool) (out []string) {
		for _, t := range common.Tables {
			if keep(t) {
				out = append(out, schema+"."+t.Name)
			}
		}
		return out
	}
	any := func(*schemas.Table) bool { return true }
	isThing := func(t *schemas.Table) bool { return t.Thing != "" }
	sets := map[string][]string{
		"all tables of observed":                      all("observed", any),
		"all tables of observed_history":              all("observed_history", any),
		"all tables of main about things":             all("main", isThing),
		"all tables of history about things":          all("history", isThing),
		"all tables of observed about things":         all("observed", isThing),
		"all tables of observed_history about things": all("observed_history", isThing),
		"all tables of observed that have a key":      all("observed", func(t *schemas.Table) bool { return t.Key != "" }),
		"all tables of observed that refer to one another": all("observed", func(t *schemas.Table) bool {
			return slices.ContainsFunc(common.References(), func(r schemas.Reference) bool { return r.Table == t.Name || r.Target == t.Name })
		}),
	}
	literal := regexp.MustCompile(`'(?:[^']|'')*'|--[^\n]*`)
	named := regexp.MustCompile(`\b(main|observed|observed_history|history|meta|report|closure)\."?(\w+)`)
	for _, kind := range []objects.Kind{objects.MetaMacro, objects.Ledger, objects.Version, objects.ObservedVersion, objects.View, objects.Macro, objects.Answer, objects.Report, objects.Check} {
		for _, o := range objects.All(kind) {
			filled, err := m.fill(o)
			query := string(filled)
			if err != nil {
				t.Fatal(err)
			}
			var reads, says []string
			for _, m := range named.FindAllStringSubmatch(literal.ReplaceAllString(query, "''"), -1) {
				reads = append(reads, m[1]+"."+m[2])
			}
			for _, r := range o.Reads {
				if set, ok := sets[r]; ok {
					says = append(says, set...)
				} else {
					says = append(says, r)
				}
			}
			reads, says = slices.Compact(slices.Sorted(slices.Values(reads))), slices.Compact(slices.Sorted(slices.Values(says)))
			if !slices.Equal(reads, says) {
				t.Errorf("sql/%s/%s.sql reads %v, its header says %v", kind, o.Name, reads, says)
			}
		}
	}
}

// An error about what is missing names the datasets that describe such things before those that
// mention them, and what a refresh asks for before what must be named.
func TestSaidBy_namesTheBestFirst(t *testing.T) {
	k := feeding(model(t).Set)
	k.vendors["sailpoint"] = true
	if got := k.saidBy("identities"); !strings.HasPrefix(got, ", as sailpoint.identities, ") || strings.Contains(got, "historical_identities") {
		t.Errorf("identities: %s", got)
	}
	if got := k.saidBy("accounts"); !strings.HasPrefix(got, ", as sailpoint.accounts, ") {
		t.Errorf("accounts: %s", got)
	}
	k.vendors = map[string]bool{"balkanid": true}
	if got := k.saidBy("applications.name"); !strings.HasPrefix(got, ", as balkanid.integrations, ") {
		t.Errorf("applications: %s", got)
	}
}
