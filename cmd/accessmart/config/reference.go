package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/accessmart/accessmart/schemas"
)

var (
	envReference = regexp.MustCompile(`\$\{([^}]*)\}`)
	envName      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// refersTo reports whether a value, or one below it, is a reference.
func refersTo(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.TagNode:
		return refersTo(n.Value)
	case *ast.SequenceNode:
		return slices.ContainsFunc(n.Values, refersTo)
	case *ast.LiteralNode:
		return refersTo(n.Value)
	case *ast.StringNode:
		return strings.HasPrefix(n.Value, "file:") || strings.Contains(n.Value, "${")
	}
	return slices.ContainsFunc(schemas.Entries(n), func(v *ast.MappingValueNode) bool { return refersTo(v.Value) })
}

// blank puts null in place of the values below n that are references.
func blank(n ast.Node) {
	scalar := func(n ast.Node) bool {
		_, list := n.(*ast.SequenceNode)
		return !list && schemas.Entries(n) == nil
	}
	for _, v := range schemas.Entries(n) {
		if scalar(v.Value) && refersTo(v.Value) {
			v.Value = ast.Null(v.Value.GetToken())
		}
		blank(v.Value)
	}
	if list, ok := n.(*ast.SequenceNode); ok {
		for i, v := range list.Values {
			if scalar(v) && refersTo(v) {
				list.Values[i] = ast.Null(v.GetToken())
			}
			blank(v)
		}
	}
}

// resolver puts what references stand for in their place. It works on the parsed
// file, so that no value is ever read as YAML. A value that is resolved is not looked at
// again: an anchor has several places, and a value may look like a reference itself.
type resolver struct {
	dir  string // to which the paths of file: are relative
	done map[*ast.StringNode]bool
}

// newResolver makes a resolver for a configuration in the folder dir.
func newResolver(dir string) *resolver { return &resolver{dir, map[*ast.StringNode]bool{}} }

// path returns a path of the configuration relative to the working folder; "" stays "".
func (r *resolver) path(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.dir, path)
}

// resolve replaces ${NAME} and file:PATH in each text value below n. key is the key of n, for
// errors, which name it and the line, and never the value.
func (r *resolver) resolve(n ast.Node, key string) error {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if err := r.resolve(v, key); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		return r.resolve(n.Value, strings.TrimPrefix(key+"."+n.Key.String(), "."))
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if err := r.resolve(v, key); err != nil {
				return err
			}
		}
	case *ast.TagNode:
		return r.resolve(n.Value, key)
	case *ast.LiteralNode: // text after | or >
		if !r.done[n.Value] {
			n.Value.Value = strings.TrimRight(n.Value.Value, "\r\n")
		}
		return r.resolve(n.Value, key)
	case *ast.StringNode:
		if r.done[n] {
			return nil
		}
		text, err := r.text(n.Value)
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", n.GetToken().Position.Line, key, err)
		}
		n.Value, r.done[n] = text, true
	}
	return nil
}

// text is what a text value stands for.
func (r *resolver) text(text string) (string, error) {
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		data, err := os.ReadFile(r.path(path))
		if err != nil {
			return "", fmt.Errorf("%w: put the value into that file, or name another one", err)
		}
		value := strings.TrimRight(string(data), "\r\n")
		if value == "" { // as of a variable
			return "", fmt.Errorf("the file %s is empty: put the value into it", path)
		}
		return value, nil
	}
	var missing error
	if strings.Count(text, "${") > len(envReference.FindAllString(text, -1)) {
		return "", errors.New("${ without }: write ${NAME}")
	}
	out := envReference.ReplaceAllStringFunc(text, func(ref string) string {
		name := ref[2 : len(ref)-1]
		value, ok := os.LookupEnv(name)
		switch {
		case !envName.MatchString(name):
			missing = fmt.Errorf("${%s} is not the name of an environment variable", name)
		case !ok || value == "":
			missing = fmt.Errorf("the environment variable %s is not set: export %s=…", name, name)
		}
		return strings.TrimRight(value, "\r\n") // as of a file: no header can hold a line break
	})
	return out, missing
}
