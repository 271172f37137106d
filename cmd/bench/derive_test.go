package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPartsOf(t *testing.T) {
	log := `time=2026-11-30T08:00:01.000Z level=INFO msg=ledger run=r
time=2026-11-30T08:00:02.500Z level=DEBUG msg="statements read" run=r
time=2026-11-30T08:00:03.000Z level=INFO msg=linked run=r
time=2026-11-30T08:00:03.500Z level=DEBUG msg="things made" run=r table=grants
time=2026-11-30T08:00:07.000Z level=INFO msg="things made" run=r took=4
time=2026-11-30T08:00:07.250Z level=DEBUG msg="closure of grants kept" run=r
time=2026-11-30T08:00:09.000Z level=DEBUG msg="run entered" run=r
 a table
`
	for _, c := range []struct {
		name, log string
		want      parts
	}{
		{"all", log, parts{2, 4, 0.25}},
		{"the closure stayed", strings.Replace(log, "closure of grants kept", "another step", 1), parts{2, 4, 0}},
		{"several exports", "time=2026-11-30T08:00:00.000Z level=INFO msg=ledger run=r\n" + log, parts{2, 4, 0.25}},
		{"nothing derived", "time=2026-11-30T08:00:01.000Z level=INFO msg=ledger run=r\n", parts{}},
	} {
		if got, err := partsOf(c.log); err != nil || got != c.want {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	for name, log := range map[string]string{"no log": "", "a step is missing": strings.Replace(log, "msg=linked", "msg=other", 1),
		"an export comes later": log + "time=2026-11-30T08:00:10.000Z level=INFO msg=ledger run=r\n"} {
		if got, err := partsOf(log); err == nil {
			t.Errorf("%s: %v, want an error", name, got)
		}
	}
}

func TestClosingOf(t *testing.T) {
	const out = `goos: linux
BenchmarkCloseGrants-2   	       1	8000000000 ns/op	        24.10 MB-of-file	        33.00 MB-of-grants	       350.5 MB-peak	         5.900 cpu-s/op	    107760 pairs	    172004 steps
BenchmarkCloseGrants-2   	       1	6000000000 ns/op	        24.10 MB-of-file	        33.00 MB-of-grants	       340.0 MB-peak	         6.100 cpu-s/op	    107760 pairs	    172004 steps
PASS
`
	if c, err := closingOf(out); err != nil || c != (closing{7, 6, 350.5}) {
		t.Errorf("%v %v", c, err)
	}
	if c, err := closingOf("PASS\n"); err == nil {
		t.Errorf("%v of no figures", c)
	}
}

// One in a hundred people differs, and nobody else.
func TestChangePeople(t *testing.T) {
	dir := t.TempDir()
	files := map[string][2]string{
		"balkanid/employees.csv":                     {"Employee ID,Title\n", "1,\"Clerk, senior\"\n"},
		"oleria/employees.csv":                       {"\ufeffEmployee Name,Job Title\n", "Ada,Clerk\n"},
		"oleria/access_inventory_identities_v2.json": {"", "{\"department\":\"Sales\"},\n"},
		"balkanid/entity_relations.csv":              {"BRN*\n", "a\n"},
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text[0]+strings.Repeat(text[1], 200)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := changePeople(dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		rest, found := strings.CutPrefix(string(data), text[0])
		if same := strings.Count(rest, text[1]); !found || same != 198 {
			t.Errorf("%s: %d rows are the same, want 198", name, same)
		}
	}
	os.Remove(filepath.Join(dir, "oleria/employees.csv"))
	if err := changePeople(dir); err == nil {
		t.Error("a file is missing and there is no error")
	}
}

// A load that ends with exit code 9 took time and memory too.
func TestMeasured_ofWhatFails(t *testing.T) {
	f, err := measured(t.Context(), "sh", "-c", "echo told; exit 9")
	if err == nil || f.peak == 0 || f.log != "told\n" {
		t.Errorf("%v, peak %d, log %q", err, f.peak, f.log)
	}
}

// What is not answered in time, or not at all, is a bar that is not reached; the next question
// is answered.
func TestQuestion_withoutAnAnswer(t *testing.T) {
	db, err := attached(filepath.Join(t.TempDir(), "a.duckdb"), "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	p := &page{}
	d := &derivation{answers: answers{Questions: []*question{
		{Name: "endless", Bar: 1, Query: "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"},
		{Name: "wrong", Bar: 1, Query: "from no_such_table"},
		{Name: "short", Bar: 1, Query: "select count(*) from range(7)", First: "from range(7) limit 3"},
	}}}
	for i, q := range d.answers.Questions {
		limit := time.Minute
		if i == 0 {
			limit = 50 * time.Millisecond
		}
		if err := q.ask(t.Context(), db, 1, limit); err != nil {
			t.Fatalf("%s: %v", q.Name, err)
		}
	}
	var b strings.Builder
	p.questions(&b, d)
	p.last(&b)
	for _, line := range []string{
		"| endless | | | | no answer within 0.05 s |\n", "| endless, s | ≤ 1 | no answer | **not reached** |\n", "| wrong, s | ≤ 1 | no answer | **not reached** |\n",
		"| short | 7 | ",
	} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("no line %q in\n%s", line, b.String())
		}
	}
}
