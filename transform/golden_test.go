package transform

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden runs each built-in contract over the inputs of its folder,
// ../testdata/<vendor>/<plural>/input*.{csv,json,ndjson,zip}, with the facts
// of the request from context.json if there is one, and compares all that
// comes out with <input>.golden.json.
func TestGolden(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range set.All() {
		dir := filepath.Join("..", "testdata", c.Vendor(), c.Plural())
		inputs, err := filepath.Glob(filepath.Join(dir, "input*"))
		if err != nil {
			t.Fatal(err)
		}
		inputs = slices.DeleteFunc(inputs, func(f string) bool { return strings.HasSuffix(f, ".golden.json") })
		if len(inputs) == 0 && c.Typed() {
			t.Errorf("%s: no inputs in %s", c.Dataset, dir)
		}
		for _, in := range inputs {
			t.Run(c.Dataset+"/"+filepath.Base(in), func(t *testing.T) { golden(t, c, set.Common, in) })
		}
	}
}

func golden(t *testing.T, c *schemas.Contract, common *schemas.Common, path string) {
	in := Input{Artifact: filepath.Base(path), Name: filepath.Base(path),
		Open: func() (io.ReadCloser, error) { return os.Open(path) }}
	if data, err := os.ReadFile(filepath.Join(filepath.Dir(path), "context.json")); err == nil {
		if err := json.Unmarshal(data, &in.Context); err != nil {
			t.Fatalf("context.json: %v", err)
		}
	}
	r, err := transformedBy(t, c, common, Options{Source: "demo"}, in)
	if err != nil {
		t.Fatal(err)
	}
	if lacks := c.Lacks(common, append(r.stream.Absent[0].Headers, r.stream.Absent[0].Keys...)); len(lacks) > 0 {
		t.Errorf("a first load would be held for want of %v", lacks)
	}
	got := goldenText(r)
	file := strings.TrimSuffix(path, filepath.Ext(path)) + ".golden.json"
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test ./transform -run TestGolden -update writes it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", file, diff)
	}
}

// goldenText is a result as JSON, with JSON columns shown as what they are.
func goldenText(r *result) []byte {
	out := struct {
		Counts  schemas.Counts
		Drift   []string
		Vendor  []map[string]any
		Common  map[string][]map[string]any
		Rejects []map[string]any
		// Findings are "rule field: count, detail".
		Findings []string `json:",omitempty"`
	}{Counts: r.counts, Vendor: []map[string]any{}, Common: map[string][]map[string]any{}, Rejects: r.rejects, Drift: []string{}}
	if out.Rejects == nil {
		out.Rejects = []map[string]any{}
	}
	for _, d := range r.drift {
		out.Drift = append(out.Drift, d.Change+" "+d.Column)
	}
	for _, f := range r.stream.Findings {
		out.Findings = append(out.Findings, fmt.Sprintf("%s %s: %d, %s", f.Rule, f.Field, f.Count, f.Detail))
	}
	for _, tb := range append([]*schemas.Table{r.stream.Vendor}, r.stream.Common...) {
		rows := r.rows[tb.Schema+"."+tb.Name]
		for _, row := range rows {
			for _, f := range tb.Fields {
				if s, ok := row[f.Name].(string); ok && (f.Type == schemas.JSON || f.Type == schemas.List) {
					row[f.Name] = json.RawMessage(s)
				}
			}
		}
		if tb == r.stream.Vendor {
			out.Vendor = append(out.Vendor, rows...)
		} else {
			out.Common[tb.Name] = append([]map[string]any{}, rows...)
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		panic(err)
	}
	return b.Bytes()
}
