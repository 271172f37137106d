package schemas

import (
	_ "embed"
	"encoding/json"
)

//go:embed contract.schema.json
var contractSchema []byte

// EditorSchema is the JSON Schema (draft 2020-12) of contracts and of the
// names that they share, by which editors complete and check them: that of the
// language, with the tables and columns of the common model.
func EditorSchema(common *Common) ([]byte, error) {
	var root map[string]any
	if err := json.Unmarshal(contractSchema, &root); err != nil {
		return nil, err
	}
	emit := root["$defs"].(map[string]any)["emit"].(map[string]any)
	names := make([]any, len(common.Tables))
	about := make([]any, len(common.Tables))
	for i, t := range common.Tables {
		names[i] = t.Name
		columns := map[string]any{}
		for _, f := range t.Fields {
			columns[f.Name] = map[string]any{"$ref": "#/$defs/expression", "description": f.Comment}
		}
		about[i] = map[string]any{
			"if":   map[string]any{"properties": map[string]any{"table": map[string]any{"const": t.Name}}, "required": []any{"table"}},
			"then": map[string]any{"properties": map[string]any{"set": map[string]any{"description": t.Comment, "properties": columns, "additionalProperties": false}}},
		}
	}
	emit["properties"].(map[string]any)["table"].(map[string]any)["enum"] = names
	emit["allOf"] = about
	out, err := json.MarshalIndent(root, "", "  ")
	return append(out, '\n'), err
}
