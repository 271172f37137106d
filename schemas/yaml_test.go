package schemas

import (
	"strings"
	"testing"
)

// Anchors are for all of a contract, whatever is decoded one by one.
func TestLoad_anchors(t *testing.T) {
	want, err := loadMine(t, "  day: {from: [Day], type: date, layouts: [\"01/02/2006\"]}\n  end: {from: [End], type: date, layouts: [\"01/02/2006\"]}\n"+
		"emit:\n  - {table: accounts, set: {account_key: {key: account, of: [id]}, kind: {column: kind, values: {a: human}}}}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := loadMine(t, "  day: &date {from: [Day], type: date, layouts: &us [\"01/02/2006\"]}\n  end: {<<: *date, from: [End], layouts: *us}\n"+
		"emit:\n  - {table: accounts, set: {account_key: &k {key: account, of: [id]}, kind: {column: kind, values: &w {a: human}}}}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want.Fingerprint != got.Fingerprint {
		t.Errorf("%+v, want %+v", got.Columns, want.Columns)
	}
	if _, err := loadMine(t, "  day: *none\n", nil); err == nil || !strings.Contains(err.Error(), "mine.yaml: line ") || !strings.Contains(err.Error(), "names an anchor") {
		t.Error(err)
	}
}

// What the program would cut or join to something else is refused.
func TestLoad_mistakesOfForm(t *testing.T) {
	emit := func(kind string) string {
		return "emit: [{table: accounts, set: {account_key: {key: account, of: [id]}, username: " + kind + "}}]\n"
	}
	for text, want := range map[string]string{
		emit("{const: [a]}"):    "const: want one text, number, true or false",
		emit("{const: {a: b}}"): "const: want one text, number, true or false",
		"  piece: {from: [ID], part: {separator: \"/\", index: 1.5}}\n": "part.index: want a whole number",
	} {
		if _, err := loadMine(t, text, nil); err == nil || !strings.Contains(err.Error(), "mine.yaml: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, good := range []string{"{const: a}", "{const: 1}", "{const: 1.5}", "{const: true}", "{const: ''}"} {
		if _, err := loadMine(t, emit(good), nil); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

// A mistake in words that contracts share is told of the file that has them.
func TestLoad_mistakesInSharedWords(t *testing.T) {
	for text, want := range map[string]string{
		"words: {status_of_person: {active: running}}\n": `set status: words: status_of_person in contracts folder: oleria/_keys.yaml: "running" is not one of`,
		"words: {status_of_person: $others}\n":           "set status: $status_of_employee in oleria/_keys.yaml: words: status_of_person in contracts folder: oleria/_keys.yaml: want a mapping of words",
	} {
		_, err := loadFiles(map[string]string{"oleria/_keys.yaml": text})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Of two files about one thing, one would hide the other.
func TestLoad_twoFilesOfOne(t *testing.T) {
	for what, files := range map[string][2]string{
		"a built-in dataset": {"dataset: oleria.employees\ncolumns: {email: {from: [Mail]}}\n", "dataset: oleria.employees\ncolumns: {email: {from: [Post]}}\n"},
		"a dataset of one's own": {"dataset: oleria.mine\ngrain: x\ndocumented: assumed\nexport: {context: mine}\ncolumns: {id: {from: [ID]}}\n",
			"dataset: oleria.mine\ncolumns: {id: {from: [Id2]}}\n"},
	} {
		_, err := loadFiles(map[string]string{"a.yaml": files[0], "b/b.yml": files[1]})
		if err == nil || !strings.Contains(err.Error(), "contracts folder: b/b.yml: dataset oleria.") || !strings.Contains(err.Error(), "is in contracts folder: a.yaml, too") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := loadFiles(map[string]string{"oleria/_keys.yaml": "words: {status_of_person: {a: active}}\n", "x/oleria/_keys.yml": "words: {status_of_person: {b: active}}\n"})
	if err == nil || !strings.Contains(err.Error(), "contracts folder: x/oleria/_keys.yml: names for oleria are in contracts folder: oleria/_keys.yaml, too") {
		t.Error(err)
	}
}
