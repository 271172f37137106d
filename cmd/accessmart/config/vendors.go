package config

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/balkanid"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/extract/sailpoint"
)

// Schema is the JSON Schema of the configuration; a test holds it to what [Read] knows.
//
//go:embed schema.json
var Schema []byte

//go:embed init/head.yaml
var initHead string

//go:embed init/oleria.yaml
var initOleria string

//go:embed init/sailpoint.yaml
var initSailPoint string

//go:embed init/balkanid.yaml
var initBalkanID string

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

// Vendors are the names that a source may have as its vendor.
func Vendors() []string { return slices.Clone(vendors) }

// Template is a commented configuration with a source of each vendor named.
func Template(names []string) string {
	var b strings.Builder
	b.WriteString(initHead)
	for _, k := range vendorKinds {
		if slices.Contains(names, k.name) {
			b.WriteString(k.init)
		}
	}
	return b.String()
}
