package transform

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	gomaps "maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// What is told of where common columns come from is held against what happens:
// in the input of each contract one column after the other gets other values,
// and the common columns that are others then must be those that the mapping
// names.
func TestMappings_tellWhatIsDone(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	tried, changed := 0, 0
	for _, c := range set.All() {
		for _, ext := range []string{".csv", ".json"} {
			data, err := os.ReadFile(filepath.Join("..", "testdata", c.Vendor(), c.Plural(), "input"+ext))
			if err != nil || !c.Typed() {
				continue
			}
			w := &witness{t: t, set: set, c: c, name: "input" + ext}
			if facts, err := os.ReadFile(filepath.Join("..", "testdata", c.Vendor(), c.Plural(), "context.json")); err == nil {
				if err := json.Unmarshal(facts, &w.facts); err != nil {
					t.Fatal(err)
				}
			}
			if ext == ".json" { // members in one order
				data = w.remade(data, func(any) bool { return true })
			}
			before := w.run(data)
			for i := range c.Columns {
				if other := w.mark(data, &c.Columns[i]); other != nil {
					tried++
					changed += w.compare(&c.Columns[i], before, w.run(other))
				}
			}
		}
	}
	if tried < 180 || changed < 300 {
		t.Errorf("only %d columns were changed, and %d common columns with them", tried, changed)
	}
}

type witness struct {
	t     *testing.T
	set   *schemas.Set
	c     *schemas.Contract
	name  string
	facts map[string]string
}

func (w *witness) run(data []byte) *result {
	w.t.Helper()
	r, err := transformedBy(w.t, w.c, w.set.Common, Options{}, Input{Artifact: "a", Name: w.name, Context: w.facts,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
	if err != nil {
		w.t.Fatalf("%s: %v", w.c.Dataset, err)
	}
	return r
}

// compare returns how many common columns the change of one column changed, and
// complains of those that the mapping does not name, and of those it names that
// did not change.
func (w *witness) compare(col *schemas.Column, before, after *result) (changed int) {
	told, rows, like := map[string]bool{}, map[string]bool{}, w.like(col)
	for _, m := range w.c.Mappings(w.set.Common) {
		if slices.Contains(like, m.Column) || m.Column == "" && strings.Contains(m.Rule, "fingerprint") {
			rows[m.Table] = true
			told[m.Table+"."+m.Target] = true
		}
	}
	if len(after.rejects) != len(before.rejects) {
		return 0 // what became of the record tells nothing
	}
	differs := map[string]bool{}
	for _, tb := range before.stream.Common {
		was, is := before.rows[schemas.CommonSchema+"."+tb.Name], after.rows[schemas.CommonSchema+"."+tb.Name]
		if len(was) != len(is) {
			if changed++; !rows[tb.Name] {
				w.t.Errorf("%s: %s decides how many rows of %s there are: %d, then %d; the mapping tells nothing of it", w.c.Dataset, col.Name, tb.Name, len(was), len(is))
			}
			rows[tb.Name] = false // nothing more can be told
			continue
		}
		for _, f := range tb.Fields {
			if slices.Equal(cellsIn(was, f.Name), cellsIn(is, f.Name)) {
				continue
			}
			changed++
			what := tb.Name + "." + f.Name
			if differs[what] = true; !told[what] {
				w.t.Errorf("%s: %s changes %s, which the mapping does not tell", w.c.Dataset, col.Name, what)
			}
		}
	}
	for _, m := range w.c.Mappings(w.set.Common) {
		if what := m.Table + "." + m.Target; m.Column == col.Name && col.Part == nil && m.Rule == "copy" && m.When == "" && m.Choice == 0 && m.Path == nil && rows[m.Table] && !differs[what] &&
			slices.ContainsFunc(before.rows[schemas.CommonSchema+"."+m.Table], func(r map[string]any) bool { return r[m.Target] != nil }) {
			w.t.Errorf("%s: %s does not change %s, of which it is told", w.c.Dataset, col.Name, what)
		}
	}
	return changed
}

func cellsIn(rows []map[string]any, column string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = fmt.Sprint(r[column])
	}
	return out
}

// like are the columns that are delivered under the same name as one, within it,
// or around it: they change with it.
func (w *witness) like(col *schemas.Column) (names []string) {
	for _, other := range w.c.Columns {
		for _, a := range other.From {
			for _, b := range col.From {
				if a, b = strings.ToLower(a)+".", strings.ToLower(b)+"."; strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
					names = append(names, other.Name)
				}
			}
		}
	}
	return names
}

// mark gives the cells of a column other values of its type; nil where the input
// has none.
func (w *witness) mark(data []byte, col *schemas.Column) []byte {
	if strings.HasSuffix(w.name, ".csv") {
		return w.markCSV(data, col)
	}
	return w.remade(data, func(record any) (marked bool) {
		for _, from := range col.From {
			marked = markAt(record, strings.Split(from, "."), col.Type) || marked
		}
		return marked
	})
}

// remade is a document whose records were changed; nil where none was.
func (w *witness) remade(data []byte, change func(record any) bool) []byte {
	var document any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		w.t.Fatal(err)
	}
	records, ok := document.([]any)
	if !ok {
		object, _ := document.(map[string]any)
		for _, step := range w.c.Records {
			records, _ = object[step].([]any)
			object, _ = object[step].(map[string]any)
		}
	}
	changed := false
	for _, record := range records {
		changed = change(record) || changed
	}
	if !changed {
		return nil
	}
	out, err := json.Marshal(document)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *witness) markCSV(data []byte, col *schemas.Column) []byte {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		return nil // read in a way of its own
	}
	at := slices.IndexFunc(all[0], func(h string) bool {
		return slices.ContainsFunc(col.From, func(f string) bool { return schemas.NormalHeader(f) == schemas.NormalHeader(h) })
	})
	marked := false
	for _, row := range all[1:] {
		if at >= 0 && at < len(row) {
			if other := other(row[at], col.Type); other != row[at] {
				row[at], marked = other, true
			}
		}
	}
	if !marked {
		return nil
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(all); err != nil {
		w.t.Fatal(err)
	}
	return b.Bytes()
}

// markAt changes what a path leads to.
func markAt(v any, path []string, typ schemas.Type) (marked bool) {
	switch v := v.(type) {
	case []any:
		for i := range v {
			marked = markAt(v[i], path, typ) || marked
		}
	case map[string]any:
		for _, key := range slices.Sorted(gomaps.Keys(v)) {
			if schemas.NormalHeader(key) != schemas.NormalHeader(path[0]) {
				continue
			}
			if len(path) > 1 {
				marked = markAt(v[key], path[1:], typ) || marked
				continue
			}
			if is := otherJSON(v[key], typ); fmt.Sprint(is) != fmt.Sprint(v[key]) {
				v[key], marked = is, true
			}
		}
	}
	return marked
}

func otherJSON(v any, typ schemas.Type) any {
	switch v := v.(type) {
	case string:
		return other(v, typ)
	case bool:
		return !v
	case json.Number:
		return json.Number(other(string(v), schemas.Int))
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = otherJSON(v[i], typ)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = otherJSON(x, schemas.Text)
		}
		return out
	}
	return v
}

var year = regexp.MustCompile(`\b20\d\d\b`)

// other is another value of a type, the same where there is none.
func other(s string, typ schemas.Type) string {
	switch low := strings.ToLower(strings.TrimSpace(s)); {
	case low == "" || low == "null":
		return s
	case low == "true" || low == "yes":
		return "false"
	case low == "false" || low == "no":
		return "true"
	case typ == schemas.Email && strings.Contains(s, "@"):
		return "q" + s
	case year.MatchString(s):
		return year.ReplaceAllString(s, "2007")
	case typ == schemas.JSON || strings.HasPrefix(low, "{") || strings.HasPrefix(low, "["):
		var v any
		if json.Unmarshal([]byte(s), &v) != nil {
			return s
		}
		out, _ := json.Marshal(otherJSON(v, schemas.Text))
		return string(out)
	case typ == schemas.Int || typ == schemas.Float:
		if n, err := strconv.Atoi(s); err == nil {
			return strconv.Itoa(n + 1)
		}
		return s
	case typ == schemas.Text || typ == schemas.List:
		return s + "q"
	}
	return s
}
