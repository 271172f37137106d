package schemas

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// editorSchema is the printed schema, compiled.
func editorSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := EditorSchema(load(t).Common)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("contract.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("contract.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// check holds a YAML text against a schema.
func check(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestEditorSchema_takesWhatIsShipped(t *testing.T) {
	s, files := editorSchema(t), 0
	err := fs.WalkDir(builtin, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "common.yaml" {
			return err
		}
		text, err := builtin.ReadFile(name)
		if err != nil {
			return err
		}
		files++
		if err := check(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil || files < 70 {
		t.Errorf("%d files were checked: %v", files, err)
	}
}

// What the program refuses for its form, an editor marks too.
func TestEditorSchema_refusesWhatTheProgramRefuses(t *testing.T) {
	s := editorSchema(t)
	if err := check(t, s, []byte("dataset: balkanid.mine\ncolumns: {a: {from: [A]}}\nemit: [{table: accounts, set: {account_key: {key: account, of: [a]}}}]\n")); err != nil {
		t.Fatal(err)
	}
	set := func(value string) string {
		return "dataset: balkanid.employees\nemit: [{table: identities, set: {identity_key: {key: identity, of: [work_email]}, title: " + value + "}}]\n"
	}
	for _, text := range []string{
		"dataset: balkanid\n",
		"dataset: balkanid.employees\ncolums: {}\n",
		"dataset: balkanid.employees\ncolumns: {a: {form: [A]}}\n",
		"dataset: balkanid.employees\ncolumns: {a: {from: [A], type: string}}\n",
		"dataset: balkanid.employees\ncolumns: {A: {from: [A]}}\n",
		"dataset: balkanid.employees\ncolumns: {a: {from: [A], part: {index: 1}}}\n",
		"dataset: balkanid.employees\nmode: sometimes\n",
		"dataset: balkanid.employees\nformat: xml\n",
		"dataset: balkanid.employees\nshort_rows: fill\n",
		"dataset: balkanid.employees\nkeys: {Who: work_email}\n",
		"dataset: balkanid.employees\nplain: [{path: a}]\n",
		"dataset: balkanid.employees\nemit: [{table: nope, set: {a: a}}]\n",
		"dataset: balkanid.employees\nemit: [{table: identities}]\n",
		"dataset: balkanid.employees\nemit: [{table: identities, set: {identity_key: {key: identity, of: [work_email]}, titel: title}}]\n",
		"dataset: balkanid.employees\nemit: [{table: identities, when: {title: []}, set: {identity_key: {key: identity, of: [work_email]}}}]\n",
		set("{}"), set("{colum: title}"), set("{column: title, const: x}"), set("{value: title}"), set("{column: $who}"), set("{path: a}"),
		set("{const: a, values: {a: b}}"), set("{column: title, unlisted: absent}"), set("{column: title, values: {a: b}, unlisted: gone}"),
		set("{column: title, only: phone}"), set("{of: [title]}"), set("{first: title}"), set("{case: []}"), set("{case: [{then: title}]}"),
		set("{case: [{when: {title: a}}]}"), set("{case: [{when: {title: a}, then: title}, {when: {title: b}, else: title}]}"),
		"key: {who: title}\n", "{}\n", "keys: {who: {colum: title}}\n",
	} {
		if err := check(t, s, []byte(text)); err == nil {
			t.Errorf("the schema takes %s", text)
		}
		if isNames := strings.HasPrefix(text, "key") || text == "{}\n"; isNames {
			continue
		}
		if _, err := loadFiles(map[string]string{"mine.yaml": text}); err == nil {
			t.Errorf("the program takes %s", text)
		}
	}
}

// The schema has the fields that the decoder has, and no others.
func TestEditorSchema_hasTheFieldsOfTheDecoder(t *testing.T) {
	var root struct {
		Properties map[string]any
		Defs       map[string]struct {
			Properties map[string]map[string]any
			Enum       []any
		} `json:"$defs"`
	}
	if err := json.Unmarshal(contractSchema, &root); err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for def, v := range map[string]any{
		"partialFull": partialFile{}, "member": Member{}, "column": columnFile{}, "part": Piece{}, "maskFull": maskFile{}, "plain": plainFile{},
		"emit": emitFile{}, "expressionFull": exprFile{}, "case": caseFile{}, "not": notFile{},
	} {
		held[def] = true
		properties := map[string]any{}
		for name, p := range root.Defs[def].Properties {
			properties[name] = p
			if p["description"] == nil && p["$ref"] == nil {
				t.Errorf("%s.%s: no description", def, name)
			}
		}
		sameFields(t, def, properties, v)
	}
	sameFields(t, "a contract", root.Properties, contractFile{})
	for def, d := range root.Defs {
		if d.Properties != nil && !held[def] {
			t.Errorf("%s: of which struct are its fields?", def)
		}
	}
	var listed []string
	for _, w := range root.Defs["column"].Properties["type"]["enum"].([]any) {
		if w != nil { // nothing behind the word
			listed = append(listed, w.(string))
		}
	}
	var known []string
	for ty := range types {
		if ty.Valid() {
			known = append(known, string(ty))
		}
	}
	slices.Sort(listed)
	slices.Sort(known)
	if diff := cmp.Diff(known, listed); diff != "" {
		t.Errorf("types of columns: %s", diff)
	}
	var shared []string
	for field := range reflect.TypeFor[sharedFile]().Fields() {
		shared = append(shared, field.Tag.Get("yaml"))
	}
	if !bytes.Contains(contractSchema, []byte(`"else": {"propertyNames": {"enum": ["`+strings.Join(shared, `", "`)+`"]}`)) {
		t.Errorf("a _keys.yaml has %v, and the schema others", shared)
	}
}

func sameFields(t *testing.T, of string, properties map[string]any, v any) {
	t.Helper()
	want, got := yamlFields(v), []string(nil)
	for name := range properties {
		got = append(got, name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-decoder +schema): %s", of, diff)
	}
}

// A key with nothing behind it is not set, for the program and for an editor.
func TestEditorSchema_takesKeysWithNothingBehind(t *testing.T) {
	s := editorSchema(t)
	const (
		head = "dataset: balkanid.employees\n"
		emit = "emit:\n  - table: identities\n    set:\n      identity_key: {key: identity, of: [work_email]}\n"
	)
	texts := map[string]string{}
	for _, word := range yamlFields(contractFile{}) {
		if word != "dataset" {
			texts[word] = head + word + ":\n"
		}
	}
	for _, word := range yamlFields(columnFile{}) {
		texts["column "+word] = head + "columns:\n  work_email:\n    comment: c\n    " + word + ":\n"
		if word == "comment" {
			texts["column "+word] = head + "columns:\n  work_email:\n    comment:\n"
		}
	}
	for _, word := range yamlFields(emitFile{}) {
		texts["emit "+word] = head + emit + "    " + word + ":\n"
	}
	for _, word := range yamlFields(exprFile{}) {
		texts["expression "+word] = head + emit + "      title: {column: title, values: {a: b}, " + word + ": }\n"
	}
	texts["expression values"] = head + emit + "      title: {column: title, values: }\n"
	texts["expression of"] = head + emit + "      manager_identity_key: {key: identity, of: }\n"
	delete(texts, "emit table") // are there already
	delete(texts, "emit set")
	for _, form := range []string{"column", "value", "const", "key", "case", "first", "object"} {
		delete(texts, "expression "+form) // one form alone has a place, and a half-written second one is marked
	}
	taken := 0
	for name, text := range texts {
		_, err := loadFiles(map[string]string{"mine.yaml": text})
		marked := check(t, s, []byte(text))
		if err == nil {
			taken++
			if marked != nil {
				t.Errorf("%s: the program takes it, the schema does not: %v", name, marked)
			}
		}
	}
	if taken < 34 {
		t.Errorf("the program takes %d of %d", taken, len(texts))
	}
}

func yamlFields(v any) (out []string) {
	for field := range reflect.TypeOf(v).Fields() {
		out = append(out, field.Tag.Get("yaml"))
	}
	return out
}
