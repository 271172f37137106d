package schemas

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// What the YAML library leaves open: it resolves an alias only within what it
// decodes at a time, and makes a whole number of any number.

// ExpandAnchors puts the value of each anchor in the place of its aliases below n,
// and the pairs of << beside those of its mapping. A value with several aliases is one
// node. Errors name the line and no value.
func ExpandAnchors(n ast.Node) (ast.Node, error) { return expand(n, map[string]ast.Node{}) }

func expand(n ast.Node, anchors map[string]ast.Node) (ast.Node, error) {
	var err error
	switch n := n.(type) {
	case *ast.AliasNode:
		value, known := anchors[n.Value.GetToken().Value]
		if !known {
			return nil, at(n, "a * names an anchor that no & before it makes; a value that begins with * needs quotes") // its name may be a secret
		}
		return value, nil
	case *ast.AnchorNode:
		name := n.Name.GetToken().Value
		delete(anchors, name) // a value does not hold itself
		if n.Value, err = expand(n.Value, anchors); err == nil {
			anchors[name] = n.Value
		}
		return n.Value, err
	case *ast.TagNode:
		n.Value, err = expand(n.Value, anchors)
		return n, err
	case *ast.SequenceNode:
		for i, v := range n.Values {
			if n.Values[i], err = expand(v, anchors); err != nil {
				return nil, err
			}
		}
	}
	entries := Entries(n)
	for _, v := range entries {
		if v.Value, err = expand(v.Value, anchors); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(entries, isMerge) {
		return n, nil
	}
	all, err := merged(entries)
	return ast.Mapping(n.GetToken(), false, all...), err
}

// Entries are the pairs of a mapping; nil where n is none.
func Entries(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	case *ast.TagNode:
		return Entries(n.Value)
	}
	return nil
}

func isMerge(v *ast.MappingValueNode) bool { return v.Key.IsMergeKey() }

// merged is a mapping with the pairs of <<, where it does not have the key itself.
func merged(entries []*ast.MappingValueNode) ([]*ast.MappingValueNode, error) {
	out := slices.DeleteFunc(slices.Clone(entries), isMerge)
	for _, p := range entries {
		if !isMerge(p) {
			continue
		}
		from := []ast.Node{p.Value}
		if list, ok := p.Value.(*ast.SequenceNode); ok {
			from = list.Values
		}
		for _, n := range from {
			from := Entries(n)
			if from == nil {
				return nil, at(p, "<< takes a mapping, or a list of mappings")
			}
			for _, v := range from {
				if !slices.ContainsFunc(out, func(o *ast.MappingValueNode) bool { return key(o) == key(v) }) {
					out = append(out, ast.MappingValue(v.GetToken(), v.Key, v.Value))
				}
			}
		}
	}
	return out, nil
}

// CheckWhole holds what n gives for a field of v that is a whole number, or a duration,
// to be no fraction: the library would cut it off. v is what n is decoded into, or a
// pointer to it.
func CheckWhole(n ast.Node, v any) error { return checkWhole(n, reflect.TypeOf(v), "") }

func checkWhole(n ast.Node, t reflect.Type, name string) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return nil
	}
	if _, fraction := n.(*ast.FloatNode); fraction && t == reflect.TypeFor[time.Duration]() {
		return at(n, "%s: want a duration such as 30s or 10m", name)
	} else if fraction && (reflect.Zero(t).CanInt() || reflect.Zero(t).CanUint()) {
		return at(n, "%s: want a whole number", name)
	}
	if _, own := reflect.PointerTo(t).MethodByName("UnmarshalYAML"); own && name != "" {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		for _, e := range Entries(n) {
			if f, ok := fieldOf(t, key(e)); ok {
				if err := checkWhole(e.Value, f, strings.TrimPrefix(name+"."+key(e), ".")); err != nil {
					return err
				}
			}
		}
	case reflect.Slice:
		if list, ok := n.(*ast.SequenceNode); ok {
			for _, item := range list.Values {
				if err := checkWhole(item, t.Elem(), name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// fieldOf is the type of the field that a word of YAML fills.
func fieldOf(t reflect.Type, word string) (reflect.Type, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case options == "inline" && inner.Kind() == reflect.Struct:
			if found, ok := fieldOf(inner, word); ok {
				return found, true
			}
		case tag == word, tag == "" && f.Tag.Get("yaml") == "" && strings.ToLower(f.Name) == word:
			return f.Type, true
		}
	}
	return nil, false
}
