package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

var sourceName = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// CheckName refuses what cannot be the name of a source.
func CheckName(name string) error {
	if !sourceName.MatchString(name) {
		return errors.New("a source's name is lower-case letters, digits, '-' and '_'")
	}
	return nil
}

// Source is one source of the configuration.
type Source struct {
	Name     string
	Vendor   string
	Datasets []string       // plurals; empty means the vendor's usual ones
	also     []string       // plurals beside the usual ones
	without  []string       // usual ones that are not asked for
	Files    string         // folder, for a files source
	Join     bool           // of a files source: read all files of a dataset as one delivery
	Partial  bool           // of a files source: what the files lack is not gone
	Beside   []schemas.File // of a files source: what lies beside its folder and is not read
	gate     gateLimit      // in place of the configuration's, key by key
	api      extract.Vendor // nil for a files source
	pending  ast.Node       // as it is written, where it holds references that are not resolved
}

// SourceKeys are the keys that sources of all vendors have. The name is
// exported because the YAML library sets no embedded field that is not.
type SourceKeys struct {
	Vendor   string   `yaml:"vendor"`
	Files    string   `yaml:"files"`
	Datasets []string `yaml:"datasets"`

	Gate gateLimit `yaml:"gate"`
}

// ChoiceKeys are the keys by which a source of an API is asked for more or less than its usual
// datasets. The name is exported for the same reason.
type ChoiceKeys struct {
	Also    []string `yaml:"also"`
	Without []string `yaml:"without"`
}

// open resolves what the source refers to and makes its vendor.
func (s *Source) open(refs *resolver) error {
	if s.pending == nil {
		return nil
	}
	key := "sources." + s.Name
	if err := refs.resolve(s.pending, key); err != nil {
		return err
	}
	whole, err := decodeSource(s.Name, s.pending, true)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	whole.Files = refs.path(whole.Files)
	*s = whole
	return nil
}

// folderKeys are the keys of a source that is a folder.
type folderKeys struct {
	SourceKeys `yaml:",inline"`
	Join       bool `yaml:"join"`
	Partial    bool `yaml:"partial"`
}

// sources keeps the order of the file.
type sources []Source

// UnmarshalYAML decodes each source by the keys that its vendor knows.
func (ss *sources) UnmarshalYAML(n ast.Node) error {
	m, ok := n.(ast.MapNode)
	if !ok {
		return fmt.Errorf("line %d: sources: want a mapping from a name to a source", n.GetToken().Position.Line)
	}
	for it := m.MapRange(); it.Next(); {
		name := plainText(it.Key())
		s, err := decodeSource(name, it.Value(), false)
		if err != nil {
			return fmt.Errorf("sources.%s: %w", name, err)
		}
		*ss = append(*ss, s)
	}
	return nil
}

// decodeSource reads a source: its form alone, or with its vendor, for which
// all values must be there.
func decodeSource(name string, n ast.Node, complete bool) (Source, error) {
	var head struct {
		SourceKeys `yaml:",inline"`
		ChoiceKeys `yaml:",inline"`
	}
	if err := yaml.NodeToValue(n, &head); err != nil {
		return Source{}, plainYAML(err)
	}
	s := Source{Name: name, Vendor: head.Vendor, Datasets: head.Datasets, also: head.Also, without: head.Without, Files: head.Files, gate: head.Gate}
	if err := CheckName(name); err != nil {
		return s, fmt.Errorf("line %d: %w", n.GetToken().Position.Line, err)
	}
	if head.Vendor == "" && !complete {
		return s, nil // a reference, or missing: told when the source is opened
	}
	if !slices.Contains(vendors, head.Vendor) {
		return s, fmt.Errorf("vendor: want one of %s", strings.Join(vendors, ", "))
	}
	err := s.gate.check()
	if err != nil {
		return s, err
	}
	if len(s.Datasets) > 0 && len(s.also)+len(s.without) > 0 {
		return s, errors.New("datasets: lists all that is asked for; leave out also and without, or datasets")
	}
	switch {
	case head.Files != "":
		var f folderKeys
		err = decodeStrict(n, &f)
		s.Join, s.Partial = f.Join, f.Partial
	default:
		s.api, err = vendorKinds[slices.Index(vendors, head.Vendor)].read(n, complete)
	}
	return s, err
}
