package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/extract/vendorsim"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
)

// terminal runs a command as on a terminal of that size.
func terminal(t *testing.T, width, height int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	c := newConsole(strings.NewReader(""), &out, &errOut)
	c.outTTY, c.out = true, &visibleWriter{w: &out}
	c.outSize = func() (int, int) { return width, height }
	root := newRoot(c)
	root.SetArgs(args)
	if err := root.ExecuteContext(t.Context()); err != nil && exitCode(t.Context(), err) < exitIncomplete {
		t.Fatalf("accessmart %s: %v\n%s", strings.Join(args, " "), err, errOut.String())
	}
	return out.String(), errOut.String()
}

// Whatever a listing holds, no line of it is longer than the screen, and what
// is left out is named.
func TestTerminal_listingsFit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, vendorsim.Config{Seed: 3, People: 40})
	f.run(t, exitRejects, "refresh")
	at := []string{"--config", f.config}
	far := f.query(t, "select identity_key, arg_max(target_key, hops) as target_key from effective_access where hops > 1 group by all order by all limit 1")[0]
	person := far["identity_key"].(string)
	for _, width := range []int{40, 80, 132, 400} {
		for _, args := range [][]string{
			{"status"}, {"datasets"}, {"datasets", "oleria.access_inventory_application_accounts_v2"}, {"rejects"}, {"rejects", "--group"}, {"artifacts"}, {"evidence", "--list"}, {"version"},
			{"query", "from observed.accounts"}, {"query", "--all", "from observed.grants"}, {"query", "from meta.exports"}, {"query", "select repeat('long ', 100) as a, 12345678901234567890 as b, 'x' as c"},
			{"report"}, {"report", "orphaned_accounts"}, {"report", "data_quality", "--format", "record", "--all"}, {"query", "--format", "record", "from meta.runs"}, {"status", "--format", "record"}, {"query", "select repeat('宽', 200) as wide"},
			{"decode", filepath.Join(f.dir, "none.csv"), "--dataset", "balkanid.privileged"},
			{"explain", person}, {"explain", person, far["target_key"].(string)}, {"explain", person, "github:admin", "--not"}, {"diff", "--all"},
			{"refresh"}, {"load"}, {"extract"},
		} {
			if args[0] == "decode" {
				if err := os.WriteFile(filepath.Join(f.dir, "none.csv"), []byte("Application Name,Description\nOne,"+strings.Repeat("text ", 100)+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, stderr := terminal(t, width, 24, append(args, at...)...)
			lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
			for _, line := range lines {
				if textWidth(line) > width {
					t.Errorf("%v at %d: a line of %d: %s", args, width, textWidth(line), line)
					break
				}
			}
			if args[0] == "query" && args[1] != "--all" && len(lines) > 23 {
				t.Errorf("%v: %d lines on a screen of 24", args, len(lines))
			}
			if i := strings.Index(stderr, "Not shown:"); i >= 0 && width >= 80 {
				told, _, _ := strings.Cut(stderr[i:], ").\n")
				for _, line := range strings.Split(told+").", "\n") {
					if textWidth(line) > width {
						t.Errorf("%v at %d: a line of %d: %s", args, width, textWidth(line), line)
					}
				}
			}
			if strings.Contains(stderr, "Not shown") && width == 400 && args[0] != "query" {
				t.Errorf("%v: %s", args, stderr)
			}
		}
	}
}

func TestTerminal_queryEndsAtItsHeight(t *testing.T) {
	f := handover(t, "balkanid", map[string]string{"employees.csv": "Employee ID,Full Name,Work Email*\n1,Ada,ada@example.com\n"})
	f.run(t, exitDone, "refresh")
	many := "select i as n, 'row ' || i as name from range(130000) t(i)"
	out, stderr := terminal(t, 80, 30, "query", many, "--config", f.config)
	if n := strings.Count(out, "\n"); n != 25 || !strings.Contains(stderr, "130000 rows, the first 23 shown; --all shows all.") {
		t.Errorf("%d lines, %s", n, stderr)
	}
	out, stderr = terminal(t, 80, 30, "query", many, "--all", "--config", f.config)
	if n := strings.Count(out, "\n"); n != 130002 || stderr != "130000 rows\n" {
		t.Errorf("%d lines, %s", n, stderr)
	}
	out, _ = f.run(t, exitDone, "query", many) // into a pipe
	if n := strings.Count(out, "\n"); n != 130002 {
		t.Errorf("%d lines", n)
	}
	out, stderr = f.run(t, exitDone, "query", "--format", "record", "select 1 as a, 'x\ny' as longer, null as nothing")
	if want := "── row 1 ──\na        1\nlonger   x y\nnothing\n"; out != want || stderr != "1 row\n" {
		t.Errorf("%q, %q", out, stderr)
	}
}

func TestTable_streams(t *testing.T) {
	var b bytes.Buffer
	w := newTableWriter(&b, []string{"n", "text"}, tableStyle{})
	for i := range firstRows {
		if err := w.row([]any{i, "short"}); err != nil {
			t.Fatal(err)
		}
	}
	if !w.laid || w.first != nil {
		t.Error("rows wait though the widths are known")
	}
	if err := w.row([]any{1234567, strings.Repeat("x", 200)}); err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	if lines[0] != "   n │ text  " || lines[1] != "─────┼───────" || lines[2] != "   0 │ short " || lines[len(lines)-1] != " 1234567 │ "+strings.Repeat("x", 200)+" " {
		t.Errorf("%q\n%q\n%q\n%q", lines[0], lines[1], lines[2], lines[len(lines)-1])
	}
}

// Numbers are shown whole or not at all: a cut one would be another number.
func TestTable_cutsNoNumber(t *testing.T) {
	for width := 20; width < 120; width++ {
		var b bytes.Buffer
		columns := []string{"name", "first", "second", "third", "note"}
		w := newTableWriter(&b, columns, tableStyle{width: width, order: []string{"name", "third"}, wrap: []string{"note"}})
		if err := w.row([]any{strings.Repeat("name ", 9), 1234567890, 2345678901, 3456789012, strings.Repeat("word ", 20)}); err != nil {
			t.Fatal(err)
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		for _, n := range regexp.MustCompile(`[0-9]+`).FindAllString(b.String(), -1) {
			if len(n) != 10 {
				t.Errorf("width %d: %s\n%s", width, n, b.String())
			}
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if textWidth(line) > width {
				t.Errorf("width %d: a line of %d: %s", width, textWidth(line), line)
			}
		}
		if shown := strings.Count(strings.SplitN(b.String(), "\n", 2)[0], "│") + 1; shown+len(w.dropped) != len(columns) {
			t.Errorf("width %d: %d columns and %v", width, shown, w.dropped)
		}
	}
}

// What stands on a terminal for something else than it is, in any way of
// output that has data in it.
var unseen = []rune{0x00, 0x07, 0x08, 0x1b, 0x7f, 0x85, 0x9b, 0x9d, 0xad, 0x061c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2067, 0x2069, 0xfeff, 0xfff9, 0xe0041}

func TestTerminal_controlsNeverReachIt(t *testing.T) {
	evil := "a" + string(unseen[1:]) + "b"
	f := handover(t, "balkanid", map[string]string{"employees.csv": "Employee ID,Full Name,Work Email*,Start Date*\n1,Ada,ada@example.com,01/02/2021\n2,Bob,bob@example.com," + strings.ReplaceAll(evil, "\r", "") + "\n"})
	f.run(t, exitRejects, "refresh")
	literal := "'" + evil + "'"
	for _, args := range [][]string{
		{"query", "select " + literal + " as \"" + evil + "\""}, {"query", "--format", "record", "select " + literal + " as x"}, {"query", "--format", "csv", "select " + literal + " as x"},
		{"query", "--format", "json", "select " + literal + " as \"" + evil + "\""}, {"query", "--format", "json", "select json_object('k', " + literal + ") as x"},
		{"rejects"}, {"rejects", "--format", "csv"}, {"rejects", "--format", "json"}, {"rejects", "--group"}, {"status"},
		{"decode", filepath.Join(f.dir, "exports", "employees.csv"), "--dataset", "balkanid.employees", "--table", "rejects"},
	} {
		out, stderr := terminal(t, 80, 24, append(args, "--config", f.config)...)
		for _, r := range unseen {
			if strings.ContainsRune(out, r) || strings.ContainsRune(stderr, r) {
				t.Errorf("%v writes %U", args[:min(len(args), 3)], r)
			}
		}
	}
	// Errors have names in them, too, and may be looked at later.
	for _, args := range [][]string{{"query", "select \"" + evil + "\""}, {"query", "select " + literal + "::int"}, {evil}, {"status", "--source", evil}, {"decode", evil}, {"connect", "--database", evil}, {"status", "--database", evil + ".duckdb"}} {
		var out, errOut bytes.Buffer
		if code := execute(append(args, "--config", f.config), strings.NewReader(""), &out, &errOut); code == exitDone && args[0] != "connect" {
			t.Errorf("%q: no error", args)
		}
		for _, r := range unseen {
			if strings.ContainsRune(errOut.String(), r) {
				t.Errorf("%q: the error holds %U", args, r)
			}
		}
	}
	// JSON means the same as before.
	out, _ := f.run(t, exitDone, "query", "--format", "json", "select "+literal+" as x")
	if got := rows(t, out)[0]["x"]; got != evil {
		t.Errorf("%q, want %q", got, evil)
	}
}

// A character may come in pieces.
func TestVisibleWriter_pieces(t *testing.T) {
	text := "ä\u202e宽\u009b\xff\n\tend"
	for size := 1; size < 5; size++ {
		var b bytes.Buffer
		w := &visibleWriter{w: &b}
		for p := []byte(text); len(p) > 0; {
			n := min(size, len(p))
			if m, err := w.Write(p[:n]); err != nil || m != n {
				t.Fatal(m, err)
			}
			p = p[n:]
		}
		if want := "ä\ufffd宽\ufffd\ufffd\n\tend"; b.String() != want {
			t.Errorf("by %d: %q", size, b.String())
		}
	}
}

func TestProgress_neverWraps(t *testing.T) {
	var b bytes.Buffer
	c := newConsole(strings.NewReader(""), io.Discard, &b)
	written := func() string { // since it was asked last; the bar writes by its own clock
		shared := c.bar.(*sharedWriter)
		shared.mu.Lock()
		defer shared.mu.Unlock()
		defer b.Reset()
		return b.String()
	}
	c.errTTY, c.errSize = true, func() (int, int) { return 80, 24 }
	p := newProgress(c, false)
	p.expect(3)
	long := strings.Repeat("oleria.access_inventory_application_accounts_v2, ", 5)
	p.describe("%s: downloading", long)
	p.failed("hr "+long, "hr", "because\u202e "+long, "oleria.x")
	p.line("note     %s", long)
	for _, line := range regexp.MustCompile(`[\r\n]`).Split(written(), -1) {
		if textWidth(line) > 80 || strings.ContainsRune(line, '\u202e') {
			t.Errorf("a line of %d: %q", textWidth(line), line)
		}
	}
	p.tell(c, run.Export{Source: "hr", Dataset: "oleria.x", Error: "because of " + long})
	if told := written(); !strings.Contains(told, long) {
		t.Errorf("what was cut is not told in the end: %q", told)
	}
}

func BenchmarkTable(b *testing.B) {
	w := newTableWriter(io.Discard, []string{"a", "b", "c"}, tableStyle{})
	for i := range b.N {
		if err := w.row([]any{i, "text of a cell", fmt.Sprint(i)}); err != nil {
			b.Fatal(err)
		}
	}
}

// The help of each command fits a terminal of 80 columns.
func TestHelp_fits(t *testing.T) {
	root := newRoot(newConsole(strings.NewReader(""), io.Discard, io.Discard))
	commands := []*cobra.Command{root}
	for len(commands) > 0 {
		cmd := commands[0]
		commands = append(commands[1:], cmd.Commands()...)
		var b bytes.Buffer
		cmd.SetOut(&b)
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if textWidth(line) > helpWidth {
				t.Errorf("%s: %d columns: %s", cmd.CommandPath(), textWidth(line), line)
			}
		}
	}
}

// Names in a sentence stay whole.
func TestBrokenBehind_blanksOnly(t *testing.T) {
	got := brokenBehind("Not shown: employee_id, manager_work_email", 24, " ")
	if want := []string{"Not shown: employee_id,", "manager_work_email"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
