package schemas

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// The YAML form of a contract is decoded node by node, so that the order of
// columns is kept, every unknown word is refused and each message has a line.

type contractFile struct {
	Dataset    string            `yaml:"dataset"`
	Grain      string            `yaml:"grain"`
	Doc        string            `yaml:"doc"`
	Documented Documented        `yaml:"documented"`
	Format     Format            `yaml:"format"`
	Records    string            `yaml:"records"`
	Single     []string          `yaml:"single"`
	Partial    []PartialSign     `yaml:"partial"`
	Member     *Member           `yaml:"member"`
	Export     map[string]any    `yaml:"export"`
	Mode       Mode              `yaml:"mode"`
	ShortRows  ShortRows         `yaml:"short_rows"`
	With       []string          `yaml:"with"`
	Columns    columns           `yaml:"columns"`
	Keys       keys              `yaml:"keys"`
	Words      wordLists         `yaml:"words"`
	Emit       []emitFile        `yaml:"emit"`
	Plain      []plainFile       `yaml:"plain"`
	LeftOut    map[string]string `yaml:"left_out"`
}

type plainFile struct {
	Path string `yaml:"path"`
	Why  string `yaml:"why"`
}

type emitFile struct {
	Table string     `yaml:"table"`
	When  conditions `yaml:"when"`
	Given string     `yaml:"given"`
	Needs []string   `yaml:"needs"`
	Each  *Expr      `yaml:"each"`
	Aside bool       `yaml:"aside"`
	Set   assigns    `yaml:"set"`

	Strength Strength   `yaml:"strength"`
	Identify identifies `yaml:"identify"`
}

func decodeContract(data []byte) (*Contract, error) {
	var f contractFile
	at, err := decodeFile(data, &f)
	if err != nil {
		return nil, err
	}
	c := &Contract{
		Dataset: f.Dataset, Grain: f.Grain, Doc: f.Doc, Documented: f.Documented, Format: f.Format,
		Records: ParsePath(f.Records), Single: f.Single, Partial: f.Partial, Member: f.Member, Export: f.Export, Mode: f.Mode, ShortRows: f.ShortRows, With: f.With, Columns: f.Columns, LeftOut: f.LeftOut,
		names: names{keys: f.Keys, words: f.Words}, placed: at,
	}
	for _, e := range f.Emit {
		if e.Given != "" {
			e.When = append(e.When, Condition{Value: Expr{Column: e.Given}, Present: true})
		}
		c.Emit = append(c.Emit, Emit{Table: e.Table, When: e.When, Given: e.Given, Needs: e.Needs, Each: e.Each, Aside: e.Aside, Set: e.Set, Strength: e.Strength, Identify: e.Identify.list, identifies: e.Identify.given, weighed: e.Strength != ""})
	}
	for _, p := range f.Plain {
		c.Plain = append(c.Plain, Plain{Path: ParsePath(p.Path), Why: p.Why})
	}
	return c, nil
}

// decodeFile reads a file of one YAML document, and tells on which line its
// words stand; of several documents the later ones would be passed over in
// silence. Anchors are for all of it.
func decodeFile(data []byte, v any) (lines, error) {
	file, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		return nil, plain(err)
	}
	var body ast.Node
	for i, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case i > 0:
			return nil, at(doc.Body, "more than one YAML document (---): put each contract into a file of its own")
		default:
			body = doc.Body
		}
	}
	if body == nil {
		return nil, nil
	}
	if body, err = ExpandAnchors(body); err != nil {
		return nil, err
	}
	return linesOf(body), strictly(body, v)
}

// plain drops the source excerpt that the YAML library adds to its messages.
func plain(err error) error {
	text := strings.TrimSpace(yaml.FormatError(err, false, false))
	m := position.FindStringSubmatch(text)
	if m == nil {
		return errors.New(text)
	}
	n, _ := strconv.Atoi(m[1] + m[2]) // digits: one that is too long is no line of a file
	return &lined{line: n, mark: m[0], text: text}
}

// position is how the YAML library, and at, tell where a mistake is.
var position = regexp.MustCompile(`\[(\d+):\d+\] |\bline (\d+): `)

func line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func at(n ast.Node, format string, args ...any) error {
	mark := fmt.Sprintf("line %d: ", line(n))
	return &lined{line: line(n), mark: mark, text: mark + fmt.Sprintf(format, args...)}
}

func strict(n ast.Node, v any) error {
	if err := yaml.NodeToValue(n, v, yaml.Strict()); err != nil {
		return plain(err)
	}
	return CheckWhole(n, v)
}

// pairs lists the entries of a mapping in file order.
func pairs(n ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	case *ast.NullNode:
		return nil, nil
	case *ast.AnchorNode:
		return pairs(n.Value)
	}
	return nil, at(n, "want a mapping, found %s", n.Type())
}

func key(n *ast.MappingValueNode) string {
	return strings.Trim(n.Key.String(), `"'`)
}

type columnFile struct {
	From      []string         `yaml:"from"`
	Context   string           `yaml:"context"`
	Type      Type             `yaml:"type"`
	Required  bool             `yaml:"required"`
	Layouts   []string         `yaml:"layouts"`
	Separator string           `yaml:"separator"`
	Strip     string           `yaml:"strip"`
	Suffix    string           `yaml:"suffix"`
	Part      *Piece           `yaml:"part"`
	Parts     map[string]Piece `yaml:"parts"`
	Mask      []Mask           `yaml:"mask"`
	Known     []string         `yaml:"known"`
	Comment   string           `yaml:"comment"`
}

type columns []Column

func (cs *columns) UnmarshalYAML(n ast.Node) error {
	entries, err := pairs(n)
	if err != nil {
		return err
	}
	for _, e := range entries {
		var f columnFile
		if err := strict(e.Value, &f); err != nil {
			return fmt.Errorf("column %s: %w", key(e), err)
		}
		for i := range f.Known {
			f.Known[i] = strings.ToLower(f.Known[i])
		}
		*cs = append(*cs, Column{Name: key(e), From: f.From, Context: f.Context, Type: f.Type,
			Required: f.Required, Layouts: f.Layouts, Separator: f.Separator, Strip: f.Strip,
			Suffix: f.Suffix, Part: f.Part, Parts: itemParts(f.Parts), Mask: f.Mask, Known: f.Known, Comment: f.Comment})
	}
	return nil
}

func itemParts(named map[string]Piece) (out []ItemPart) {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		out = append(out, ItemPart{name, named[name]})
	}
	return out
}

type maskFile struct {
	Path   string            `yaml:"path"`
	Unless map[string]string `yaml:"unless"`
}

// UnmarshalYAML reads a path, or {path, unless}.
func (m *Mask) UnmarshalYAML(n ast.Node) error {
	if s, ok := scalar(n); ok {
		m.Path = ParsePath(s)
		return nil
	}
	var f maskFile
	if err := strict(n, &f); err != nil {
		return err
	}
	m.Path, m.Unless = ParsePath(f.Path), f.Unless
	return nil
}

type partialFile struct {
	Path   string   `yaml:"path"`
	Unless []string `yaml:"unless"`
	Of     string   `yaml:"of"`
}

// UnmarshalYAML reads a path, or {path, unless, of}.
func (p *PartialSign) UnmarshalYAML(n ast.Node) error {
	if s, ok := scalar(n); ok {
		p.Path = ParsePath(s)
		return nil
	}
	var f partialFile
	if err := strict(n, &f); err != nil {
		return err
	}
	p.Path, p.Unless, p.Of = ParsePath(f.Path), f.Unless, f.Of
	return nil
}
