//go:build interop

package sailpoint_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// specification is an OpenAPI file of SailPoint. Its files are called dereferenced and
// refer to their own components nevertheless.
type specification map[string]any

// properties are the members of an object, each with its own.
type properties map[string]properties

// notInFiles are lists that the vendor documents, and that the files which the project has of
// the specification leave out.
var notInFiles = []string{"machine-identities", "roles/{id}/dimensions"}

// SailPoint's specification is the documentation of its lists: what a contract reads is
// there, and what is there is read, or left out with a reason.
func TestSpecification_namesWhatContractsRead(t *testing.T) {
	var specs []specification
	for _, env := range []string{"SAILPOINT_SPEC", "SAILPOINT_SPEC_PER_SERVICE"} {
		file := os.Getenv(env)
		if file == "" {
			t.Fatalf("%s is not set: run 'make interop'", env)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s specification
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		t.Logf("reads %s", file)
		specs = append(specs, s)
	}
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, c := range set.Vendor("sailpoint") {
		if c.Option("job") != "list" || slices.Contains(notInFiles, c.Option("path")) {
			continue
		}
		record := properties{}
		for _, s := range specs {
			s.addRecord(record, c.Option("path"))
		}
		if len(record) == 0 {
			t.Errorf("%s: the specification has no list at %s", c.Dataset, c.Option("path"))
			continue
		}
		readsWhatIsThere(t, c, record)
		readsAll(t, c, record, "")
		read++
	}
	if read < 10 {
		t.Errorf("only %d contracts were looked at", read)
	}
}

// readsWhatIsThere: a column that records deliver is a property, by one of its names.
func readsWhatIsThere(t *testing.T, c *schemas.Contract, record properties) {
	t.Helper()
	for _, col := range c.Columns {
		if len(col.From) == 0 || col.Context != "" {
			continue
		}
		if !slices.ContainsFunc(col.From, func(from string) bool { return record.has(strings.Split(from, ".")) }) {
			t.Errorf("%s: %s is read of %s, which the specification does not name", c.Dataset, col.Name, strings.Join(col.From, " or "))
		}
	}
}

func (p properties) has(path []string) bool {
	for name, inner := range p {
		if schemas.NormalHeader(name) == schemas.NormalHeader(path[0]) {
			return len(path) == 1 || inner.has(path[1:])
		}
	}
	return false
}

// readsAll: a property is read or left out, as a whole or in each of its members.
func readsAll(t *testing.T, c *schemas.Contract, of properties, prefix string) {
	t.Helper()
	for name, inner := range of {
		path := prefix + name
		named := slices.ContainsFunc(c.Columns, func(col schemas.Column) bool {
			return slices.ContainsFunc(col.From, func(from string) bool { return schemas.NormalHeader(from) == schemas.NormalHeader(path) })
		})
		switch {
		case named || c.LeavesOut(path):
		case len(inner) > 0:
			readsAll(t, c, inner, path+".")
		default:
			t.Errorf("%s: the specification has %s, for which there is no column; name it, or leave it out with a reason", c.Dataset, path)
		}
	}
}

var placeholders = regexp.MustCompile(`\{[^}]*\}`)

// addRecord adds the properties of the records of the list at a path below the version.
func (s specification) addRecord(to properties, path string) {
	service, rest, _ := strings.Cut(path, "/")
	perService := strings.TrimSuffix("/"+service+"/v1/"+rest, "/")
	paths, _ := s["paths"].(map[string]any)
	for name, item := range paths {
		if n := placeholders.ReplaceAllString(name, "{id}"); n != "/"+path && n != perService {
			continue
		}
		answer := at(item, "get", "responses", "200", "content", "application/json", "schema")
		if schema := s.resolve(answer); schema != nil && schema["type"] == "array" {
			s.add(to, schema["items"], 0)
		}
	}
}

func at(v any, path ...string) any {
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// resolve follows references inside the file.
func (s specification) resolve(v any) map[string]any {
	m, _ := v.(map[string]any)
	for range 20 {
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		m, _ = at(map[string]any(s), strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(map[string]any)
	}
	return nil
}

// add adds the properties of a schema, and of those that it is made of. Lists count as a
// whole: no column reads one item of a list.
func (s specification) add(to properties, schema any, depth int) {
	m := s.resolve(schema)
	if depth > 20 || m["type"] == "array" {
		return
	}
	for _, word := range []string{"allOf", "oneOf", "anyOf"} {
		list, _ := m[word].([]any)
		for _, part := range list {
			s.add(to, part, depth+1)
		}
	}
	members, _ := m["properties"].(map[string]any)
	for name, member := range members {
		if to[name] == nil {
			to[name] = properties{}
		}
		s.add(to[name], member, depth+1)
	}
}
