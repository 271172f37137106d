package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// written is what of an expression as written in a file has no place in the
// program: [names.resolve] puts what it means in its place.
type written struct {
	name   string   // of the key that stands here, for $name
	words  string   // likewise of the words that values stands for
	absent bool     // words that are not listed give NULL
	cases  []branch // of case
}

// branch is one line of case; else has no conditions.
type branch struct {
	when conditions
	then *Expr
	last bool // it is the else
	line int
}

type assigns []Assign

func (as *assigns) UnmarshalYAML(n ast.Node) (err error) {
	*as, err = assignments(n, "set")
	return err
}

// keys are named expressions.
type keys []Assign

func (ks *keys) UnmarshalYAML(n ast.Node) error {
	named, err := assignments(n, "keys")
	for _, k := range named {
		if !columnName.MatchString(k.Target) {
			return at(n, "keys: %q: want a name in lower case, without the $", k.Target)
		}
	}
	*ks = named
	return err
}

// assignments reads a mapping from names to expressions, in file order.
func assignments(n ast.Node, word string) (out []Assign, err error) {
	entries, err := pairs(n)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		a := Assign{Target: key(e)}
		if err := a.Value.UnmarshalYAML(e.Value); err != nil {
			return nil, fmt.Errorf("%s %s: %w", word, a.Target, err)
		}
		out = append(out, a)
	}
	return out, nil
}

type exprFile struct {
	Value    string     `yaml:"value"`
	Column   string     `yaml:"column"`
	Path     string     `yaml:"path"`
	Values   wordMap    `yaml:"values"`
	Unlisted string     `yaml:"unlisted"`
	Only     string     `yaml:"only"`
	Required bool       `yaml:"required"`
	Case     branches   `yaml:"case"`
	First    []Expr     `yaml:"first"`
	Const    any        `yaml:"const"`
	Key      string     `yaml:"key"`
	Of       []Expr     `yaml:"of"`
	Object   []string   `yaml:"object"`
	When     conditions `yaml:"when"`
}

// absentWord is the word for: there is no value.
const absentWord = "absent"

// UnmarshalYAML reads an expression: the short form "column" or
// "column.path.into.json", or a mapping with one of the words.
func (x *Expr) UnmarshalYAML(n ast.Node) error {
	if s, ok := scalar(n); ok {
		return x.short(n, s)
	}
	var f exprFile
	if err := strict(n, &f); err != nil {
		return err
	}
	forms := 0
	for _, set := range []bool{f.Value != "", f.Column != "", f.Case != nil, f.First != nil, f.Const != nil, f.Key != "", f.Object != nil} {
		if set {
			forms++
		}
	}
	if forms != 1 {
		return at(n, "want exactly one of value, column, case, first, const, key, object")
	}
	switch {
	case f.Value != "" && !strings.HasPrefix(f.Value, "$"):
		return at(n, "value: want the $name of a key; a column stands under column")
	case strings.HasPrefix(f.Column, "$"):
		return at(n, "column: want a column; the $name of a key stands alone or, beside when or required, under value")
	case f.Column == "" && (f.Path != "" || !f.Values.none() || f.Only != ""):
		return at(n, "path, values and only: beside column alone")
	case f.Key == "" && f.Of != nil:
		return at(n, "of: beside key alone")
	}
	if err := x.short(n, f.Value+f.Column); err != nil {
		return err
	}
	if w := (written{words: f.Values.name, absent: f.Unlisted == absentWord, cases: f.Case}); w.words != "" || w.absent || w.cases != nil {
		x.written = &w
	}
	if f.Unlisted != "" && (f.Unlisted != absentWord || f.Values.none()) {
		return at(n, "unlisted: want absent, beside values")
	}
	x.Path = append(x.Path, ParsePath(f.Path)...)
	x.First, x.Key, x.Of, x.Object, x.When = f.First, f.Key, f.Of, f.Object, f.When
	x.Only, x.Required = f.Only, f.Required
	x.Values = f.Values.words
	switch f.Const.(type) {
	case []any, map[string]any, yaml.MapSlice:
		return at(n, "const: want one text, number, true or false")
	}
	if f.Const != nil {
		s := fmt.Sprint(f.Const)
		x.Const = &s
	}
	return nil
}

// short reads "column", "column.path.into.json" or "$name".
func (x *Expr) short(n ast.Node, s string) error {
	if name, is := strings.CutPrefix(s, "$"); is {
		if !columnName.MatchString(name) {
			return at(n, "%s: want $ and the name of a key, in lower case; no path behind it", s)
		}
		x.written = &written{name: name}
		return nil
	}
	col, path, _ := strings.Cut(s, ".")
	x.Column, x.Path = col, ParsePath(path)
	return nil
}

// wordMap is a mapping of words, or the name of one.
type wordMap struct {
	name  string
	words map[string]string
}

func (m *wordMap) none() bool { return m.name == "" && m.words == nil }

// UnmarshalYAML reads a mapping of words in any case, or "$name".
func (m *wordMap) UnmarshalYAML(n ast.Node) error {
	if s, ok := scalar(n); ok {
		name, is := strings.CutPrefix(s, "$")
		if !is || !columnName.MatchString(name) {
			return at(n, "values: want a mapping of words, or the $name of one under words")
		}
		m.name = name
		return nil
	}
	var words map[string]string
	if err := strict(n, &words); err != nil {
		return err
	}
	if words != nil {
		m.words = make(map[string]string, len(words))
	}
	for from, to := range words {
		m.words[strings.ToLower(from)] = to
	}
	return nil
}

// wordLists are mappings of words by name.
type wordLists map[string]wordMap

type caseFile struct {
	When conditions `yaml:"when"`
	Then *Expr      `yaml:"then"`
	Else *Expr      `yaml:"else"`
}

type branches []branch

// UnmarshalYAML reads a list of {when, then}, of which the last may be {else}.
func (bs *branches) UnmarshalYAML(n ast.Node) error {
	seq, ok := n.(*ast.SequenceNode)
	if !ok || len(seq.Values) == 0 {
		return at(n, "case: want a list of {when: {column: word}, then: value}, the last perhaps {else: value}")
	}
	for i, v := range seq.Values {
		var f caseFile
		if err := strict(v, &f); err != nil {
			return fmt.Errorf("case: %w", err)
		}
		switch {
		case f.Else != nil && (f.Then != nil || len(f.When) > 0):
			return at(v, "case: else stands alone, without when and then")
		case f.Else != nil && (i == 0 || i < len(seq.Values)-1):
			return at(v, "case: else is the last line, behind at least one with when")
		case f.Else == nil && len(f.When) == 0:
			return at(v, "case: no condition; say by when which records it is for, or write {else: value}")
		case f.Else == nil && f.Then == nil:
			return at(v, "case: no value; say it by then")
		}
		b := branch{when: f.When, then: f.Then, line: line(v)}
		if f.Else != nil {
			b.then, b.last = f.Else, true
		}
		*bs = append(*bs, b)
	}
	return nil
}

type notFile struct {
	Not []string `yaml:"not"`
}

type conditions []Condition

// UnmarshalYAML reads a mapping from an expression in its short form to a
// word, a list of words, "present", "absent", "empty" or {not: [words]}.
func (cs *conditions) UnmarshalYAML(n ast.Node) error {
	entries, err := pairs(n)
	if err != nil {
		return err
	}
	for _, e := range entries {
		var c Condition
		if err := c.Value.short(e, key(e)); err != nil {
			return fmt.Errorf("when: %w", err)
		}
		if s, ok := scalar(e.Value); ok {
			switch s {
			case "present":
				c.Present = true
			case absentWord:
			case "empty":
				c.Empty = true
			default:
				c.In = []string{strings.ToLower(s)}
			}
		} else if seq, ok := e.Value.(*ast.SequenceNode); ok {
			if c.In, err = words(seq); err != nil {
				return err
			}
		} else {
			var f notFile
			if err := strict(e.Value, &f); err != nil {
				return fmt.Errorf("when %s: %w", key(e), err)
			}
			for _, w := range f.Not {
				c.In = append(c.In, strings.ToLower(w))
			}
			c.Not = true
		}
		if c.Not && len(c.In) == 0 {
			return at(e, "when %s: empty list", key(e))
		}
		*cs = append(*cs, c)
	}
	return nil
}

func words(seq *ast.SequenceNode) ([]string, error) {
	var out []string
	for _, v := range seq.Values {
		s, ok := scalar(v)
		if !ok {
			return nil, at(v, "want a word")
		}
		out = append(out, strings.ToLower(s))
	}
	if len(out) == 0 {
		return nil, at(seq, "empty list")
	}
	slices.Sort(out)
	return out, nil
}

// scalar returns the text of a scalar node as written in the file.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}
