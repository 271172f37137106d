package config

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/balkanid"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/extract/sailpoint"
	"github.com/accessmart/accessmart/sql"
)

// checkConfig holds a configuration against the printed schema.
func checkConfig(t *testing.T, text []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// The configurations that init writes and that the manual shows fit the schema,
// with all that stands in them as comments too.
func TestSchema_takesExamples(t *testing.T) {
	examples := map[string]string{"init": initHead + initOleria + initSailPoint + initBalkanID}
	for name, text := range map[string]string{"head": initHead, "oleria": initOleria, "sailpoint": initSailPoint, "balkanid": initBalkanID} {
		if name != "head" {
			examples[name+" alone"] = "sources:\n" + text
		}
	}
	examples["init, uncommented"] = strings.NewReplacer("\n# contracts:", "\ncontracts:", "\n# links:", "\nlinks:", "\n# sod:", "\nsod:", "\n# domain_aliases:", "\ndomain_aliases:", "\n# memory:", "\nmemory:", "\n# threads:", "\nthreads:", "\n# keep:", "\nkeep:",
		"\n# file_mode:", "\nfile_mode:", "\n# file_group:", "\nfile_group:", "\n# gate:", "\ngate:", "\n# rejects:", "\nrejects:", "\n#   ", "\n  ", "\n    # credentials", "\n    credentials", "\n    # datasets", "\n    datasets",
		"\n    # filters", "\n    filters", "\n    #   ", "\n      ", "\n    # role_mining", "\n    role_mining", "\n    # sp_config", "\n    sp_config", "\n  # handed-over", "\n  handed-over", "\n  #   ", "\n    ").Replace(examples["init"])
	for _, key := range []string{"threads:", "links:", "sod:", "  old.example.com:", "  allow_empty:", "    filters:", "      include_types:", "  handed-over:", "    files:"} {
		if !strings.Contains(examples["init, uncommented"], "\n"+key) {
			t.Errorf("%s is a comment still", key)
		}
	}
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(readme), "```yaml\n")[1:] {
		if block, _, _ = strings.Cut(block, "```"); strings.HasPrefix(block, "database:") {
			examples["README"] = block
		}
	}
	if len(examples) != 6 {
		t.Errorf("%d examples", len(examples))
	}
	for name, text := range examples {
		if err := checkConfig(t, []byte(text)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		if _, err := outline([]byte(text), "."); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the program refuses for its form, an editor marks too.
func TestSchema_refusesWhatTheProgramRefuses(t *testing.T) {
	const source = "sources:\n  b:\n    vendor: balkanid\n    key_id: k\n    key_secret: s\n"
	if err := checkConfig(t, []byte(source)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"{}\n",
		"databse: a.duckdb\n" + source,
		"threads: many\n" + source,
		"threads: -3\n" + source,
		"keep: -1\n" + source,
		"memory: lots\n" + source,
		"rejects: {share: 2}\n" + source,
		"rejects: {most: 2}\n" + source,
		"gate: {share: -1}\n" + source,
		"domain_aliases: {old: example.com}\n" + source,
		"settings: {dormant_day: 30}\n" + source,
		"settings: {dormant_days: -1}\n" + source,
		"settings: {dormant_days: 1.5}\n" + source,
		"settings: {dormant_days: [30]}\n" + source,
		"settings: {peer_people: 1}\n" + source,
		"settings: {peer_share: 5}\n" + source,
		"settings: {privileged_names: Crown}\n" + source,
		"settings: {privileged_names: ['*']}\n" + source,
		"settings: {privileged_names: [7]}\n" + source,
		"settings: [dormant_days]\n" + source,
		"domain_aliases: {old.example.com: someone@example.com}\n" + source,
		source + "    dead_line: 5s\n",
		source + "    deadline: 5\n",
		source + "    deadline: soon\n",
		source + "    base_url: [a]\n",
		source + "    gate: {row: 1}\n",
		source + "    poll: {min: 1s, most: 2s}\n",
		source + "    files: ./exports\n", // keys of an API beside a folder
		source + "    api_url: https://example.com\n",
		"sources: {B: {vendor: balkanid, key_id: k, key_secret: s}}\n",
		"sources: {b: {vendor: nobody}}\n",
		"sources: {b: {vendor: balkanid, files: a, joined: true}}\n",
		"sources: {b: {vendor: sailpoint, base_url: https://example.com, client_id: a, client_secret: b, role_mining: {path: lists}}}\n",
		"sources: {b: {vendor: sailpoint, base_url: https://example.com, client_id: a, client_secret: b, api: v3}}\n",
		"sources: {b: {vendor: oleria, filters: {employees: {filter: []}}}}\n",
	} {
		if err := checkConfig(t, []byte(text)); err == nil {
			t.Errorf("the schema takes %s", text)
		}
		if _, err := Parse([]byte(text), t.TempDir()); err == nil {
			t.Errorf("the program takes %s", text)
		}
	}
}

// A key with nothing behind it is not set, for the program and for an editor:
// whoever makes comments of all lines below datasets leaves it so.
func TestSchema_takesKeysWithNothingBehind(t *testing.T) {
	sources := map[string]string{
		"oleria":    "sources:\n  s: {vendor: oleria, api_url: https://a.example.com, token_url: https://b.example.com, audience: a, scope: s, client_id: i, client_secret: s, ",
		"sailpoint": "sources:\n  s: {vendor: sailpoint, base_url: https://a.example.com, client_id: i, client_secret: s, ",
		"balkanid":  "sources:\n  s: {vendor: balkanid, key_id: k, key_secret: s, ",
		"files":     "sources:\n  s: {vendor: balkanid, files: ./exports, ",
	}
	texts := map[string]string{}
	for _, key := range yamlFields(reflect.TypeFor[Config]()) {
		if key != "sources" {
			texts[key] = sources["files"] + "}\n" + key + ":\n"
		}
	}
	for name, keys := range map[string][]any{"oleria": {oleria.Config{}, SourceKeys{}, ChoiceKeys{}}, "sailpoint": {sailpoint.Config{}, SourceKeys{}, ChoiceKeys{}}, "balkanid": {balkanid.Config{}, SourceKeys{}, ChoiceKeys{}}, "files": {folderKeys{}}} {
		for _, v := range keys {
			for _, key := range yamlFields(reflect.TypeOf(v)) {
				if !strings.Contains(sources[name], key+": ") && (name == "files" || key != "files") {
					texts[name+" "+key] = sources[name] + key + ": }\n"
				}
			}
		}
	}
	for _, s := range sql.Settings {
		texts["settings."+s.Name] = sources["files"] + "}\nsettings: {" + s.Name + ": }\n"
		texts["settings."+s.Name+", its default"] = sources["files"] + "}\nsettings: {" + s.Name + ": " + s.Default + "}\n"
	}
	for key, fields := range map[string]any{"rejects": rejectLimit{}, "gate": gateLimit{}} {
		for _, field := range yamlFields(reflect.TypeOf(fields)) {
			texts[key+"."+field] = sources["files"] + "}\n" + key + ": {" + field + ": }\n"
		}
	}
	for key, fields := range map[string]any{"role_mining": sailpoint.RoleMining{}, "sp_config": sailpoint.SPConfig{}, "poll": extract.Poll{}} {
		for _, field := range yamlFields(reflect.TypeOf(fields)) {
			texts[key+"."+field] = sources["sailpoint"] + key + ": {" + field + ": }}\n"
		}
	}
	for name, text := range texts {
		if _, err := Parse([]byte(text), t.TempDir()); err != nil {
			t.Errorf("%s: the program does not take %s: %v", name, text, err)
		}
		if err := checkConfig(t, []byte(text)); err != nil {
			t.Errorf("%s: the schema does not take %s: %v", name, text, err)
		}
	}
}

// The schema has the fields that the decoder has, and no others.
func TestSchema_hasTheFieldsOfTheDecoder(t *testing.T) {
	var root struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &root); err != nil {
		t.Fatal(err)
	}
	structs := map[string][]any{
		"rejects": {rejectLimit{}}, "gate": {gateLimit{}}, "poll": {extract.Poll{}}, "files": {folderKeys{}},
		"oleria": {oleria.Config{}, SourceKeys{}, ChoiceKeys{}}, "filter": {oleria.Filter{}}, "condition": {oleria.Condition{}}, "order": {oleria.Order{}},
		"sailpoint": {sailpoint.Config{}, SourceKeys{}, ChoiceKeys{}}, "role_mining": {sailpoint.RoleMining{}}, "sp_config": {sailpoint.SPConfig{}}, "object_options": {sailpoint.ObjectOptions{}},
		"balkanid": {balkanid.Config{}, SourceKeys{}, ChoiceKeys{}},
	}
	same := func(of string, properties map[string]any, from []any) {
		var want, got []string
		for _, v := range from {
			want = append(want, yamlFields(reflect.TypeOf(v))...)
		}
		for name := range properties {
			got = append(got, name)
		}
		if slices.Contains(vendors, of) { // a folder is a source of its own sort
			want = slices.DeleteFunc(want, func(name string) bool { return name == "files" })
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-decoder +schema): %s", of, diff)
		}
	}
	same("the configuration", root.Properties, []any{Config{}})
	var known, inSchema []string
	for _, s := range sql.Settings {
		known = append(known, s.Name)
	}
	for name := range root.Properties["settings"].(map[string]any)["properties"].(map[string]any) {
		inSchema = append(inSchema, name)
	}
	slices.Sort(inSchema)
	if diff := cmp.Diff(known, inSchema); diff != "" {
		t.Errorf("settings (-program +schema): %s", diff)
	}
	for def, d := range root.Defs {
		if d.Properties == nil || def == "source" {
			continue
		}
		if structs[def] == nil {
			t.Errorf("%s: of which struct are its fields?", def)
		}
		same(def, d.Properties, structs[def])
	}
	for _, vendor := range vendors {
		if root.Defs[vendor].Properties == nil {
			t.Errorf("%s: no vendor of the schema", vendor)
		}
	}
}

// yamlFields are the keys that the fields of a struct are read from.
func yamlFields(t reflect.Type) (out []string) {
	for field := range t.Fields() {
		switch tag := field.Tag.Get("yaml"); tag {
		case "":
		case ",inline":
			out = append(out, yamlFields(field.Type)...)
		default:
			out = append(out, tag)
		}
	}
	return out
}
