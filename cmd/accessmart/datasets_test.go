package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
)

// A vendor's testdata/<vendor>/datasets.txt lists what it exports, one line for each dataset:
// the name, and what the vendor calls it. Each is finished, or the test says what it lacks.
func TestDatasets_areFinished(t *testing.T) {
	t.Parallel()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, vendorsim.Config{Seed: 5, People: 60})
	written := "database: access.duckdb\ndata: data\nsources:\n"
	for _, vendor := range config.Vendors() {
		if err := f.sim.WriteFiles(filepath.Join(f.dir, "files", vendor), vendor); err != nil {
			t.Fatal(err)
		}
		written += fmt.Sprintf("  %s: {vendor: %[1]s, files: files/%[1]s}\n", vendor)
	}
	if err := f.sim.WriteForms(filepath.Join(f.dir, "files", "forms")); err != nil {
		t.Fatal(err)
	}
	f.write(t, written+"  forms: {vendor: sailpoint, files: files/forms}\n")
	f.run(t, exitRejects, "refresh", "-q")
	known := f.knownOf(t, set)
	for _, vendor := range config.Vendors() {
		list := filepath.Join("..", "..", "testdata", vendor, "datasets.txt")
		want := datasetsOf(t, list)
		for _, c := range set.Vendor(vendor) {
			if want[c.Plural()] == "" {
				t.Errorf("%s does not have %s", list, c.Plural())
			}
		}
		for _, plural := range slices.Sorted(maps.Keys(want)) {
			c, err := set.Contract(vendor + "." + plural)
			if err != nil {
				t.Error(err)
				continue
			}
			if got := askedBy(c); got != want[plural] {
				t.Errorf("%s asks for %q, want %q", c.Dataset, got, want[plural])
			}
			for _, what := range known.lacks(t, c, filepath.Join(filepath.Dir(list), plural)) {
				t.Errorf("%s: %s", c.Dataset, what)
			}
		}
	}

	mine, err := schemas.Load(fstest.MapFS{"notes.yaml": {Data: []byte("{dataset: balkanid.notes, grain: A note, documented: assumed}")}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := mine.Contract("balkanid.notes")
	if err != nil {
		t.Fatal(err)
	}
	if got := known.lacks(t, c, t.TempDir()); len(got) != 5 {
		t.Errorf("a dataset of which there is nothing lacks %q", got)
	}
}

// datasetsOf reads a list: name to what the vendor calls it.
func datasetsOf(t *testing.T, file string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		plural, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || out[plural] != "" {
			t.Fatalf("%s: %q", file, line)
		}
		out[plural] = name
	}
	return out
}

// askedBy is what a contract asks the vendor for, "by hand" where it asks for nothing.
func askedBy(c *schemas.Contract) string {
	if c.ByHand() {
		return "by hand"
	}
	switch job := c.Option("job"); job {
	case "":
		return c.Option("context") + c.Option("path")
	case "list":
		return c.Option("path")
	case "search":
		return "search " + c.Option("index")
	default:
		return job
	}
}

// knownDatasets is what is known of datasets apart from their contracts.
type knownDatasets struct {
	loaded     map[string]bool            // delivered by the simulator, with records
	common     map[string]map[string]bool // dataset -> tables of the common model with rows of it
	dictionary string
}

// knownOf asks the file of a refresh.
func (f *fixture) knownOf(t *testing.T, set *schemas.Set) *knownDatasets {
	t.Helper()
	k := &knownDatasets{map[string]bool{}, map[string]map[string]bool{}, ""}
	for _, r := range f.query(t, "select dataset from meta.exports where status = 'loaded' group by dataset having sum(loaded_count) > 0") {
		k.loaded[r["dataset"].(string)] = true
	}
	var each []string
	for _, table := range set.Common.Tables {
		each = append(each, fmt.Sprintf("select distinct _dataset as dataset, '%[1]s' as name from observed.%[1]s", table.Name))
	}
	for _, r := range f.query(t, strings.Join(each, " union all ")) {
		dataset := r["dataset"].(string)
		if k.common[dataset] == nil {
			k.common[dataset] = map[string]bool{}
		}
		k.common[dataset][r["name"].(string)] = true
	}
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "data-dictionary.md"))
	if err != nil {
		t.Fatal(err)
	}
	k.dictionary = string(data)
	return k
}

// lacks says what is missing of a dataset until it is finished. Its fixtures are in dir. That
// each emit says by what it names a thing is held by the tests of package schemas.
func (k *knownDatasets) lacks(t *testing.T, c *schemas.Contract, dir string) (out []string) {
	t.Helper()
	lack := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	why := closingComment(c)
	if !c.Typed() && !strings.Contains(why, "names no columns") {
		lack("the contract names no columns, and does not end with a comment 'This contract names no columns …' that says why")
	}
	golden, tables := goldenRows(t, dir)
	if golden == 0 {
		lack("no fixture in %s with a golden file that has a record", dir)
	}
	if !k.loaded[c.Dataset] {
		lack("the simulator delivers no record that loads")
	}
	_, text, _ := strings.Cut(k.dictionary, "\n### "+c.Dataset+"\n")
	text, _, _ = strings.Cut(text, "\n### ")
	if !strings.Contains(text, c.Grain) {
		lack("the data dictionary does not have it")
	}
	for i := range c.Columns {
		if !strings.Contains(text, "\n| "+c.Columns[i].Name+" | ") {
			lack("the data dictionary does not have its column %s", c.Columns[i].Name)
		}
	}
	if len(c.Emit) == 0 {
		if !strings.Contains(why, "emits no rows") {
			lack("no row of the common model, and the contract does not end with a comment 'This contract emits no rows …' that says why")
		}
		return out
	}
	if len(k.common[c.Dataset]) == 0 {
		lack("what the simulator delivers makes no row of the common model")
	}
	for i := range c.Emit {
		if e := &c.Emit[i]; !tables[e.Table] {
			lack("no golden file has a row of %s", e.Table)
		}
	}
	return out
}

// goldenRows counts the records in the golden files of a folder, each of which has its input,
// and tells of which tables of the common model they have rows.
func goldenRows(t *testing.T, dir string) (records int, tables map[string]bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	tables = map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var golden struct {
			Vendor []map[string]any
			Common map[string][]map[string]any
		}
		if err := json.Unmarshal(data, &golden); err != nil {
			t.Fatal(file, err)
		}
		records += len(golden.Vendor)
		for table, rows := range golden.Common {
			tables[table] = tables[table] || len(rows) > 0
		}
	}
	return records, tables
}

// closingComment is the comment with which a contract ends if it tells of the contract, and
// gives a reason: "" where there is none.
func closingComment(c *schemas.Contract) string {
	data, err := os.ReadFile(filepath.Join("..", "..", "schemas", c.File))
	if err != nil {
		return "" // a contract of a user
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	first := len(lines)
	for first > 0 && strings.HasPrefix(lines[first-1], "#") {
		first--
	}
	if text := strings.Join(lines[first:], " "); strings.HasPrefix(text, "# This contract ") && len(strings.Fields(text)) > 12 {
		return text
	}
	return ""
}
