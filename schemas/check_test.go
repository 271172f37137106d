package schemas

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// checked is what Check tells of files, a line each.
func checked(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	notes, mistakes, err := Check(folder)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, n := range notes {
		state := "ok"
		if n.Odd {
			state = "look"
		}
		fmt.Fprintf(&out, "%s:%d: %s: %s\n", n.File, n.Line, state, n.What)
	}
	for _, p := range mistakes {
		fmt.Fprintf(&out, "%s:%d: wrong: %s\n", p.File, p.Line, p.What)
	}
	return out.String()
}

func TestCheck_saysWhatAFileDoes(t *testing.T) {
	for name, tc := range map[string]struct{ file, want string }{
		"another name of a column": {
			"dataset: oleria.employees\ncolumns:\n  email: {from: [Corporate Mail]}\n",
			"a.yaml:3: ok: reads email from Corporate Mail too\n"},
		"a name that is known": {
			"dataset: oleria.employees\ncolumns:\n  email: {from: [E-Mail]}\n",
			"a.yaml:3: look: changes nothing: the contract reads email from "},
		"another type": {
			"dataset: oleria.employees\ncolumns:\n  email: {required: true, from: [Email]}\n",
			"a.yaml:3: ok: changes how email is read\n"},
		"a column of which nothing is made": {
			"dataset: oleria.access_inventory_groups_v2\ncolumns:\n  group_nam: {from: [Team]}\n",
			"a.yaml:3: look: adds the column group_nam, of which no row of the common model is made; to read one of the contract's columns, use its name: group_"},
		"a header of two columns": {
			"dataset: oleria.access_inventory_groups_v2\ncolumns:\n  group_name: {from: [Team]}\n  total_members: {from: [Team]}\n",
			"a.yaml:3: look: Team is read by total_members, too: a file that has it gives both the same value\na.yaml:3: ok: reads group_name from Team too\na.yaml:4: ok: reads total_members from Team too\n"},
		"an emit that lacks what the contract's sets": {
			"dataset: oleria.access_inventory_groups_v2\nemit:\n  - table: groups\n    set: {group_key: {key: group, of: [group_name]}}\n",
			"a.yaml:3: ok: replaces how rows of groups are made\na.yaml:3: look: rows of groups have no application_key, "},
		"a word of the head":      {"dataset: oleria.employees\nrecords: items\n", "a.yaml:2: ok: replaces records\n"},
		"nothing":                 {"dataset: oleria.employees\n", "a.yaml:1: look: changes nothing\n"},
		"a dataset of one's own":  {"dataset: oleria.mine\ngrain: x\ndocumented: assumed\ncolumns:\n  a: {from: [A]}\n", "a.yaml:1: ok: is a dataset of its own with 1 columns\n"},
		"a shared mapping of one": {"dataset: oleria.employees\nwords:\n  status_of_person: {gone: terminated}\n", "a.yaml:3: ok: replaces words: status_of_person, or adds it\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := checked(t, map[string]string{"a.yaml": tc.file})
			if !strings.HasPrefix(got, tc.want) || strings.Contains(got, ": wrong: ") {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}

func TestCheck_namesTheLineOfEachMistake(t *testing.T) {
	for name, tc := range map[string]struct{ file, want string }{
		"a word that is none":       {"dataset: oleria.employees\ncolumns:\n  email: {form: [A]}\n", `a.yaml:3: wrong: column email: unknown field "form"`},
		"a dataset that is none":    {"# mine\ndataset: oleria.employes\ncolumns:\n  email: {from: [A]}\n", "a.yaml:2: wrong: dataset oleria.employes: there is no built-in one of that name"},
		"a type":                    {"dataset: oleria.employees\ncolumns:\n  email:\n    from: [A]\n    type: mail\n", `a.yaml:5: wrong: column email: type "mail"`},
		"a column without a header": {"dataset: oleria.employees\ncolumns:\n  mine: {type: text}\n", "a.yaml:3: wrong: column mine: want from or context"},
		"a table":                   {"dataset: oleria.employees\nemit:\n  - table: identities\n    set: {identity_key: email}\n  - table: people\n    set: {a: email}\n", "a.yaml:5: wrong: emit people: no such table"},
		"a column of a table":       {"dataset: oleria.employees\nemit:\n  - table: identities\n    set:\n      identity_key: email\n      emial: email\n", "a.yaml:6: wrong: emit identities: set emial: not a column of the table"},
		"a name that is none":       {"dataset: oleria.employees\nemit:\n  - table: identities\n    set:\n      identity_key: $nobody\n", "a.yaml:5: wrong: emit identities: set identity_key: $nobody: no such name"},
		"what is not YAML":          {"dataset: oleria.employees\ncolumns: [\n", "a.yaml:2: wrong: "},
		"a mode":                    {"dataset: oleria.employees\nmode: forever\n", "a.yaml:2: wrong: mode: want snapshot or append"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := checked(t, map[string]string{"a.yaml": tc.file}); !strings.HasPrefix(got, tc.want) {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}

// A word that is none hides no other one in the file.
func TestCheck_allMistakesOfAFile(t *testing.T) {
	got := checked(t, map[string]string{"a.yaml": `dataset: oleria.employees
grian: one employee
columns:
  email: {form: [A], typ: email}
  phone:
    from: [Phone]
    requird: true
    required: perhaps
  desk: {from: [Desk]}
emit:
  - tabel: identities
    set: {identity_key: email}
  - table: identities
    wehn: {email: present}
    set: {identity_key: email}
`})
	var want strings.Builder
	for _, w := range []struct {
		line int
		what string
	}{{2, `unknown field "grian"`}, {4, `column email: unknown field "form"`}, {4, `column email: unknown field "typ"`}, {7, `column phone: unknown field "requird"`}, {8, "column phone: "}, {11, `unknown field "tabel"`}, {14, `unknown field "wehn"`}} {
		if !strings.Contains(got, fmt.Sprintf("a.yaml:%d: wrong: %s", w.line, w.what)) {
			fmt.Fprintln(&want, w.line, w.what)
		}
	}
	if want.Len() > 0 || strings.Count(got, "\n") != 7 {
		t.Errorf("got\n%swithout\n%s", got, &want)
	}
}

// A mistake in one file hides none in another, and files that nobody reads are named.
func TestCheck_allFiles(t *testing.T) {
	got := checked(t, map[string]string{
		"a.yaml":               "dataset: oleria.employees\ncolums: {}\n",
		"b.yaml":               "dataset: balkanid.apps\nmode: forever\n",
		"c.yaml":               "dataset: balkanid.employees\ncolumns:\n  work_email: {from: [Programme]}\n",
		"d.yaml":               "\n",
		"notes.txt":            "x",
		"common.yaml":          "tables: {}\n",
		"contract.schema.json": "{}",
	})
	for _, want := range []string{"a.yaml:2: wrong: ", "b.yaml:2: wrong: ", "c.yaml:3: ok: reads work_email from Programme too\n", "d.yaml:0: look: is empty\n", "notes.txt:0: look: is not read", "common.yaml:0: look: is not read"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "schema.json") {
		t.Errorf("the schema that editors use is no odd file:\n%s", got)
	}
	_, err := loadFiles(map[string]string{"a.yaml": "dataset: oleria.employees\nmode: forever\n"})
	if err == nil || !strings.Contains(err.Error(), "contracts folder: a.yaml: mode: want snapshot or append (line 2)") {
		t.Errorf("Load tells %v", err)
	}
}

// Where not all mistakes are told, that is.
func TestCheck_moreMistakes(t *testing.T) {
	for words, more := range map[int]bool{mostMistakes - 1: false, mostMistakes + 1: true} {
		text := "dataset: oleria.employees\n"
		for i := range words {
			text += fmt.Sprintf("wrong%d: x\n", i)
		}
		got := checked(t, map[string]string{"a.yaml": text})
		if strings.Count(got, "unknown field") != min(words, mostMistakes) || strings.Contains(got, "more mistakes") != more {
			t.Errorf("of %d words:\n%s", words, got)
		}
	}
}
