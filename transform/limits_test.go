package transform

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/transform/frame"
)

// endless is a text of head, then n times body, then tail.
func endless(head string, body string, n int, tail string) Input {
	return Input{Artifact: "x", Open: func() (io.ReadCloser, error) {
		block := []byte(strings.Repeat(body, max(1, 65536/len(body))))
		at, left := 0, int64(n)*int64(len(body))
		return io.NopCloser(io.MultiReader(strings.NewReader(head), io.LimitReader(reading(func(p []byte) (int, error) {
			k := copy(p, block[at:])
			at = (at + k) % len(block)
			return k, nil
		}), left), strings.NewReader(tail))), nil
	}}
}

// TestLimits_boundMemory reads what is too large by far and looks at the heap.
func TestLimits_boundMemory(t *testing.T) {
	sets.Clear() // what other tests keep would count too
	const gig = 1 << 30
	for name, tc := range map[string]struct {
		yaml   string
		in     Input
		loaded int64
		rules  string
	}{
		"a wide header over short lines":       {"short_rows: pad\n", endless(strings.Repeat("a,", 4000)+"a\n"+strings.Repeat("1,", 4000)+"1\n", "1,2\n", 1<<14, ""), 1<<14 + 1, ""},
		"a CSV line of a gigabyte":             {cols, endless("a\n1\n", "x", gig, "\n2\n"), 2, "limit"},
		"a quote that is never closed":         {cols, endless("a\n1\n\"", "xxxxxxx\n", 1<<20, "2\n"), 1<<20 + 1, "frame"},
		"a JSON line of a gigabyte":            {"format: ndjson\n" + cols, endless("{\"a\":1}\n{\"a\":\"", "x", gig, "\"}\n{\"a\":2}\n"), 2, "limit"},
		"a JSON record of a gigabyte":          {"format: json\n" + cols, endless(`[{"a":1},{"a":"`, `x\"`, gig/3, `"},{"a":2}]`), 2, "limit"},
		"JSON nested ten thousand deep":        {"format: json\n" + cols, endless(`[{"a":1},{"a":`, "[", 10000, strings.Repeat("]", 10000)+`},{"a":2}]`), 2, "limit"},
		"JSON nested ten million deep":         {"format: json\n" + cols, endless(`[{"a":1},{"a":`, "[", 1e7, strings.Repeat("]", 1e7)+`},{"a":2}]`), 2, "limit"},
		"a JSON line nested ten thousand deep": {"format: ndjson\n" + cols, endless("{\"a\":1}\n{\"a\":", "[", 10000, strings.Repeat("]", 10000)+"}\n{\"a\":2}\n"), 2, "limit"},
		"lines that only ever open":            {"format: ndjson\n" + cols, endless("{\"a\":1}\n", "{\"a\":[\n", 5000, ""), 1, strings.TrimSuffix(strings.Repeat("limit ", 5000-256), " ") + strings.Repeat(" frame", 256)},
		"an array of nothing but arrays":       {"format: json\n" + cols, endless(`[{"a":1},`, "[", 10000, strings.Repeat("]", 10000)+"]"), 1, "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			peak := uint64(0)
			in := tc.in
			in.Open = func() (io.ReadCloser, error) {
				r, err := tc.in.Open()
				n := 0
				return io.NopCloser(reading(func(p []byte) (int, error) {
					if n++; n%1024 == 0 {
						var m runtime.MemStats
						runtime.ReadMemStats(&m)
						peak = max(peak, m.HeapAlloc)
					}
					return r.Read(p)
				})), err
			}
			r, err := transformed(t, tc.yaml, Options{}, in)
			if err != nil {
				t.Fatal(err)
			}
			var rules []string
			for i := range r.rejects {
				rules = append(rules, r.rule(i))
				if text, _ := r.rejects[i]["record_text"].(string); len(text) > frame.MaxShown || text == "" {
					t.Errorf("a text of %d bytes", len(text))
				}
			}
			if r.counts.Loaded != tc.loaded || strings.Join(rules, " ") != tc.rules {
				t.Errorf("%d loaded, rejects %.200v of %d", r.counts.Loaded, rules, len(rules))
			}
			if peak > 400<<20 {
				t.Errorf("the heap grew to %d MiB", peak>>20)
			}
		})
	}
}
