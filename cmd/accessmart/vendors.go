package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/balkanid"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/extract/sailpoint"
)

// vendorKinds are the vendors, one a line.
var vendorKinds = []vendorKind{
	{"oleria", initOleria, keysOf(oleria.New)},
	{"sailpoint", initSailPoint, keysOf(sailpoint.New)},
	{"balkanid", initBalkanID, keysOf(balkanid.New)},
}

// vendorKind is what the configuration knows of a vendor.
type vendorKind struct {
	name string
	init string // a source of it as 'accessmart init' writes it
	read func(source ast.Node, complete bool) (extract.Vendor, error)
}

// vendors are the names that a source may have as its vendor.
var vendors = func() (names []string) {
	for _, k := range vendorKinds {
		names = append(names, k.name)
	}
	return names
}()

// keysOf reads a source whose keys beside those of all sources are the fields of
// C, and makes its vendor where the values are all there.
func keysOf[C any](vendor func(C) (extract.Vendor, error)) func(ast.Node, bool) (extract.Vendor, error) {
	return func(source ast.Node, complete bool) (extract.Vendor, error) {
		var keys struct {
			SourceKeys `yaml:",inline"`
			ChoiceKeys `yaml:",inline"`
			Own        C `yaml:",inline"`
		}
		if err := decodeStrict(source, &keys); err != nil || !complete {
			return nil, err
		}
		return vendor(keys.Own)
	}
}

// folderKeys are the keys of a source that is a folder.
type folderKeys struct {
	SourceKeys `yaml:",inline"`
	Join       bool `yaml:"join"`
	Partial    bool `yaml:"partial"`
}

// sourceConfigs keeps the order of the file.
type sourceConfigs []sourceConfig

// UnmarshalYAML decodes each source by the keys that its vendor knows.
func (ss *sourceConfigs) UnmarshalYAML(n ast.Node) error {
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
func decodeSource(name string, n ast.Node, complete bool) (sourceConfig, error) {
	var head struct {
		SourceKeys `yaml:",inline"`
		ChoiceKeys `yaml:",inline"`
	}
	if err := yaml.NodeToValue(n, &head); err != nil {
		return sourceConfig{}, plainYAML(err)
	}
	s := sourceConfig{name: name, vendor: head.Vendor, datasets: head.Datasets, also: head.Also, without: head.Without, files: head.Files, gate: head.Gate}
	if !sourceName.MatchString(name) {
		return s, fmt.Errorf("line %d: a source's name is lower-case letters, digits, '-' and '_'", n.GetToken().Position.Line)
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
	if len(s.datasets) > 0 && len(s.also)+len(s.without) > 0 {
		return s, errors.New("datasets: lists all that is asked for; leave out also and without, or datasets")
	}
	switch {
	case head.Files != "":
		var f folderKeys
		err = decodeStrict(n, &f)
		s.join, s.partial = f.Join, f.Partial
	default:
		s.api, err = vendorKinds[slices.Index(vendors, head.Vendor)].read(n, complete)
	}
	return s, err
}
