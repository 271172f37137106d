package schemas

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "rewrite the files that are generated from the contracts")

func load(t *testing.T) *Set {
	t.Helper()
	s, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// generated compares got with a file of the repository, or rewrites it.
func generated(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is out of date: review the change and run 'go test ./schemas -update'\n%s", file, diff)
	}
}

// What a user may have written queries against must not change unseen.
func TestContracts_snapshot(t *testing.T) {
	var b strings.Builder
	for _, c := range load(t).All() {
		fmt.Fprintf(&b, "%s  %s %s %s", c.Dataset, c.Format, c.Mode, c.Documented)
		if c.ShortRows != RejectShortRows {
			fmt.Fprintf(&b, " short_rows %s", c.ShortRows)
		}
		b.WriteString("\n")
		for _, col := range c.Columns {
			fmt.Fprintf(&b, "  %s %s from %s", col.Name, col.Type, strings.Join(col.From, " | "))
			if col.Context != "" {
				fmt.Fprintf(&b, " context %s", col.Context)
			}
			if col.Required {
				b.WriteString(" required")
			}
			for _, m := range col.Mask {
				fmt.Fprintf(&b, " mask %s", m.Path)
			}
			b.WriteString("\n")
		}
		for _, e := range c.Emit {
			fmt.Fprintf(&b, "  -> %s", e.Table)
			if e.Each != nil {
				fmt.Fprintf(&b, " each %s", e.Each)
			}
			if len(e.When) > 0 {
				fmt.Fprintf(&b, " when %s", conditionText(e.When))
			}
			b.WriteString("\n")
			for _, a := range e.Set {
				fmt.Fprintf(&b, "     %s = %s\n", a.Target, a.Value.String())
			}
		}
	}
	generated(t, "testdata/contracts.txt", b.String())
}

func TestDictionary_isUpToDate(t *testing.T) {
	generated(t, "../docs/data-dictionary.md", load(t).Dictionary())
}

func TestContracts_eachTypedOneHasFixtures(t *testing.T) {
	for _, c := range load(t).All() {
		if !c.Typed() {
			continue
		}
		dir := filepath.Join("..", "testdata", c.Vendor(), c.Plural())
		inputs, err := filepath.Glob(filepath.Join(dir, "input*"))
		if err != nil {
			t.Fatal(err)
		}
		inputs = slices.DeleteFunc(inputs, func(f string) bool { return strings.HasSuffix(f, ".golden.json") })
		if len(inputs) == 0 {
			t.Errorf("%s: no %s/input.*", c.Dataset, dir)
		}
		for _, in := range inputs {
			golden := strings.TrimSuffix(in, filepath.Ext(in)) + ".golden.json"
			if _, err := os.Stat(golden); err != nil {
				t.Errorf("%s: %v; run 'go test ./transform -run TestGolden -update' and review it", c.Dataset, err)
			}
		}
		needs := slices.ContainsFunc(c.Columns, func(col Column) bool { return col.Context != "" && col.Required })
		if _, err := os.Stat(filepath.Join(dir, "context.json")); needs && err != nil {
			t.Errorf("%s: %v", c.Dataset, err)
		}
		if c.Masked() && !holdsCanary(t, inputs) {
			t.Errorf("%s: masked columns, but no fixture with a secret", c.Dataset)
		}
	}
}

func holdsCanary(t *testing.T, files []string) bool {
	return slices.ContainsFunc(files, func(f string) bool {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(data), "canary-password-1")
	})
}

func TestContracts_coverWhatIsDocumented(t *testing.T) {
	s := load(t)
	for _, tc := range []struct {
		vendor, option string
		want           []string
	}{
		{"oleria", "context", vendorsNames(t, "oleria")},
		{"balkanid", "path", vendorsNames(t, "balkanid")},
	} {
		var got []string
		for _, c := range s.Vendor(tc.vendor) {
			v := c.Option(tc.option)
			got = append(got, v)
			if name := ColumnName(strings.TrimSuffix(v, "/download-url")); name != c.Plural() {
				t.Errorf("%s asks for %s, whose name would be %s", c.Dataset, v, name)
			}
		}
		slices.Sort(got)
		slices.Sort(tc.want)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", tc.vendor, diff)
		}
	}
	jobs, paths := map[string]string{}, []string{}
	for _, c := range s.Vendor("sailpoint") {
		switch job := c.Option("job"); job {
		case "list":
			paths = append(paths, c.Option("path"))
		case "download":
			paths = append(paths, "download "+c.Option("path"))
		case "search":
			paths = append(paths, "search "+c.Option("index"))
		default:
			if !c.ByHand() {
				jobs[c.Plural()] = job
			}
		}
	}
	if diff := cmp.Diff(map[string]string{
		"role_mining_sessions": "role_mining", "potential_roles": "role_mining", "potential_role_identities": "role_mining", "potential_role_entitlements": "role_mining",
		"config_objects": "sp_config", "role_insights": "role_insights", "entitlement_changes": "role_insights",
	}, jobs); diff != "" {
		t.Errorf("sailpoint: %s", diff)
	}
	slices.Sort(paths)
	if diff := cmp.Diff(sailPointLists, paths, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("sailpoint: %s", diff)
	}
}

// sailPointLists are the endpoints of lists and the indices of searches, sorted.
var sailPointLists = []string{
	"access-profiles",
	"access-request-administration",
	"access-request-status",
	"account-activities",
	"accounts",
	"campaigns",
	"certifications",
	"certifications/{id}/access-review-items",
	"download outliers/export",
	"entitlements",
	"historical-identities",
	"identities", // whom an authoritative source has
	"identities", // and the others
	"identity-profiles",
	"identity-profiles/{id}/lifecycle-states",
	"machine-identities",
	"public-identities",
	"roles",
	"roles/{id}/assigned-identities",
	"roles/{id}/dimensions",
	"search identities",
	"segments",
	"sod-policies",
	"source-apps",
	"sources",
	"violations",
	"workgroups",
	"workgroups/{id}/members",
}

// A list for each record of another dataset needs that dataset.
func TestLoad_listsForEachRecord(t *testing.T) {
	const list = "documented: assumed\ngrain: One\nformat: json\ncolumns: {id: {from: [id]}}\n"
	parent := list + "dataset: sailpoint.parents\nexport: {job: list, path: p}\n"
	of := func(each, more string) string {
		return list + "dataset: sailpoint.children\nexport: {job: list, path: 'p/{id}/c', each: " + each + more + "}\n"
	}
	s, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(parent)}, "b.yaml": {Data: []byte(of("parents", ", refresh: named"))}})
	if err != nil {
		t.Fatal(err)
	}
	child, err := s.Contract("sailpoint.children")
	if err != nil || child.Parent == nil || child.Parent.Plural() != "parents" || !child.ByName() || child.Parent.ByName() {
		t.Errorf("parent %+v, by name %v: %v", child.Parent, child.ByName(), err)
	}
	for want, text := range map[string]string{
		"each: others is no dataset of sailpoint":     of("others", ""),
		"each: children is itself a list for each of": of("children", ""),
		"refresh: want named or handed":               of("parents", ", refresh: never"),
	} {
		if _, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(parent)}, "b.yaml": {Data: []byte(text)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// vendorsNames are the datasets of a vendor as it calls them itself, by the list that says
// which ones there are.
func vendorsNames(t *testing.T, vendor string) (names []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", vendor, "datasets.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		_, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		names = append(names, name)
	}
	return names
}

// The examples of the manual are contracts that load.
func TestManual_examplesAreValid(t *testing.T) {
	data, err := os.ReadFile("../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, schema := 0, editorSchema(t)
	for _, block := range strings.Split(string(data), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		if !strings.HasPrefix(block, "dataset:") {
			continue
		}
		examples++
		if err := check(t, schema, []byte(block)); err != nil {
			t.Errorf("the schema for editors: %v in\n%s", err, block)
		}
		if _, err := Load(fstest.MapFS{"example.yaml": {Data: []byte(block)}}); err != nil {
			t.Errorf("%v in\n%s", err, block)
		}
	}
	if examples < 2 {
		t.Errorf("only %d examples found", examples)
	}
}

// A kind that decides what a record becomes is known to the contract in full,
// or records of a new one vanish unseen.
func TestContracts_kindsThatDecideAreKnown(t *testing.T) {
	for _, c := range load(t).All() {
		for i := range c.Emit {
			for _, w := range c.Emit[i].When {
				col := c.Column(w.Value.Column)
				if w.In == nil || w.Value.Path != nil || col == nil {
					continue
				}
				if col.Known == nil {
					t.Errorf("%s: column %s decides about rows of %s; list the words that the contract knows", c.Dataset, col.Name, c.Emit[i].Table)
				}
				for _, word := range w.In {
					if !w.Not && !slices.Contains(col.Known, word) {
						t.Errorf("%s: %s has rows of %s where %s is %q, which is not known", c.Dataset, c.File, c.Emit[i].Table, col.Name, word)
					}
				}
			}
		}
	}
}

// The effect of a grant says what it is now, not which one it is.
func TestContracts_effectIsNoPartOfKeys(t *testing.T) {
	eachEmit(t, func(c *Contract, e *Emit, _ *Table) {
		effect := e.value("effect")
		if effect == nil || effect.Column == "" {
			return
		}
		for _, key := range e.value("grant_key").Keys() {
			for _, of := range key.Of {
				if of.Column == effect.Column && of.Path.String() == effect.Path.String() {
					t.Errorf("%s: %s has the effect in it", c.Dataset, key)
				}
			}
		}
	})
}
