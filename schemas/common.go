package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Common is the common model: the tables of schema observed that contracts emit.
type Common struct {
	Tables []*Table
}

// Table returns the common table of that name, or nil.
func (c *Common) Table(name string) *Table {
	for _, t := range c.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// common.yaml: table name -> comment, thing, past, key, needs, columns: column name ->
// type, merge, comment, thing, enum, volatile, identifies. Order counts.
type tables []*Table

func (ts *tables) UnmarshalYAML(n ast.Node) error {
	entries, err := pairs(n)
	if err != nil {
		return err
	}
	for _, e := range entries {
		var f struct {
			Comment string   `yaml:"comment"`
			Thing   string   `yaml:"thing"`
			Past    bool     `yaml:"past"`
			Key     string   `yaml:"key"`
			Needs   []string `yaml:"needs"`
			Columns fields   `yaml:"columns"`
		}
		if err := strict(e.Value, &f); err != nil {
			return fmt.Errorf("table %s: %w", key(e), err)
		}
		*ts = append(*ts, &Table{Schema: CommonSchema, Name: key(e), Comment: f.Comment, Thing: f.Thing, Past: f.Past, Key: f.Key, Needs: f.Needs, Fields: f.Columns})
	}
	return nil
}

type fields []Field

func (fs *fields) UnmarshalYAML(n ast.Node) error {
	entries, err := pairs(n)
	if err != nil {
		return err
	}
	for _, e := range entries {
		var f struct {
			Type        Type     `yaml:"type"`
			Merge       Merge    `yaml:"merge"`
			Compare     Compare  `yaml:"compare"`
			Comment     string   `yaml:"comment"`
			Thing       string   `yaml:"thing"`
			Enum        []string `yaml:"enum"`
			Volatile    bool     `yaml:"volatile"`
			Identifies  bool     `yaml:"identifies"`
			NullFinding string   `yaml:"null_finding"`
			Refers      string   `yaml:"refers"`
			RefersBy    string   `yaml:"refers_by"`
			KeptFor     string   `yaml:"kept_for"`
			Person      bool     `yaml:"person"`
		}
		if err := strict(e.Value, &f); err != nil {
			return fmt.Errorf("column %s: %w", key(e), err)
		}
		if f.Merge == "" {
			f.Merge = Prefer
		}
		*fs = append(*fs, Field{Name: key(e), Type: f.Type, Merge: f.Merge, Compare: f.Compare, Comment: f.Comment, Thing: f.Thing, Enum: f.Enum, Volatile: f.Volatile, Identifies: f.Identifies,
			NullFinding: f.NullFinding, Refers: f.Refers, RefersBy: f.RefersBy, KeptFor: f.KeptFor, Person: f.Person})
	}
	return nil
}

func decodeCommon(data []byte) (*Common, error) {
	var f struct {
		Tables tables `yaml:"tables"`
	}
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		return nil, plain(err)
	}
	c := &Common{Tables: f.Tables}
	for _, t := range c.Tables {
		if t.Comment == "" {
			return nil, fmt.Errorf("table %s: no comment", t.Name)
		}
		if t.Key != "" && t.Field(t.Key) == nil {
			return nil, fmt.Errorf("table %s: key %s is not a column", t.Name, t.Key)
		}
		for _, name := range t.Needs {
			if t.Field(name) == nil {
				return nil, fmt.Errorf("table %s: needs %s, which is not a column", t.Name, name)
			}
		}
		for _, f := range t.Fields {
			switch {
			case !columnName.MatchString(f.Name):
				return nil, fmt.Errorf("table %s: column name %q", t.Name, f.Name)
			case !f.Type.Valid():
				return nil, fmt.Errorf("table %s, column %s: type %q", t.Name, f.Name, f.Type)
			case !slices.Contains([]Merge{Prefer, AnyOf, Max, Min, Union, None}, f.Merge):
				return nil, fmt.Errorf("table %s, column %s: merge %q", t.Name, f.Name, f.Merge)
			case f.Compare != Whole && (f.Compare != Beginning || f.Type != Text):
				return nil, fmt.Errorf("table %s, column %s: compare %q", t.Name, f.Name, f.Compare)
			case f.Comment == "":
				return nil, fmt.Errorf("table %s, column %s: no comment", t.Name, f.Name)
			case f.Person && (t.Thing != "" || f.Type != Email || f.personKey() == f.Name):
				return nil, fmt.Errorf("table %s, column %s: person is for addresses <x>_email of tables without things", t.Name, f.Name)
			case f.KeptFor != "" && (t.Thing != "" || f.Type != Text || !refersToThing(t.Field(f.KeptFor))):
				return nil, fmt.Errorf("table %s, column %s: kept_for is for texts of tables without things, and names a column that refers to a thing", t.Name, f.Name)
			case f.Identifies && f.Type != Text:
				return nil, fmt.Errorf("table %s, column %s: only text identifies", t.Name, f.Name)
			case f.Enum != nil && f.Type != Text:
				return nil, fmt.Errorf("table %s, column %s: only text can have an enum", t.Name, f.Name)
			}
			if err := c.checkReference(t, &f); err != nil {
				return nil, fmt.Errorf("table %s, column %s: %w", t.Name, f.Name, err)
			}
		}
	}
	return c, nil
}

func refersToThing(f *Field) bool { return f != nil && IsThing(f.Refers) }

// checkReference holds every key of another row to say whose it is, so that
// what looks for keys that nothing describes covers all of them.
func (c *Common) checkReference(t *Table, f *Field) error {
	table := func(name string) error {
		if to := c.Table(name); to == nil || to.Key == "" {
			return fmt.Errorf("it refers to %q, which is no table with a key", name)
		}
		return nil
	}
	switch {
	case f.Refers != "" && f.RefersBy != "":
		return fmt.Errorf("it has refers and refers_by")
	case f.Refers != "":
		return table(f.Refers)
	case f.RefersBy != "":
		by := t.Field(f.RefersBy)
		if by == nil || by.Enum == nil {
			return fmt.Errorf("it refers by %q, which is no column with an enum", f.RefersBy)
		}
		for _, word := range by.Enum {
			if word == "unknown" {
				continue
			}
			if err := table(RefersTo(word)); err != nil {
				return err
			}
		}
	case strings.HasSuffix(f.Name, "_key") && f.Name != t.Key:
		return fmt.Errorf("it is named like a key, but has no refers or refers_by")
	}
	return nil
}
