package main

import (
	"errors"
	"fmt"
	"os"
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

func plainText(n ast.Node) string { return strings.Trim(n.String(), `"'`) }

// refers reports whether a value, or one below it, is a reference.
func refers(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.TagNode:
		return refers(n.Value)
	case *ast.SequenceNode:
		return slices.ContainsFunc(n.Values, refers)
	case *ast.LiteralNode:
		return refers(n.Value)
	case *ast.StringNode:
		return strings.HasPrefix(n.Value, "file:") || strings.Contains(n.Value, "${")
	}
	return slices.ContainsFunc(schemas.Entries(n), func(v *ast.MappingValueNode) bool { return refers(v.Value) })
}

// blank takes out the values that are references.
func blank(n ast.Node) {
	scalar := func(n ast.Node) bool {
		_, list := n.(*ast.SequenceNode)
		return !list && schemas.Entries(n) == nil
	}
	for _, v := range schemas.Entries(n) {
		if scalar(v.Value) && refers(v.Value) {
			v.Value = ast.Null(v.Value.GetToken())
		}
		blank(v.Value)
	}
	if list, ok := n.(*ast.SequenceNode); ok {
		for i, v := range list.Values {
			if scalar(v) && refers(v) {
				list.Values[i] = ast.Null(v.GetToken())
			}
			blank(v)
		}
	}
}

// resolver puts what references stand for in their place. It works on the parsed
// file, so that no value is ever read as YAML. Values that are done stay so:
// an anchor has several places, and a value may look like a reference itself.
type resolver struct {
	dir  string // in which the paths of file: begin
	done map[*ast.StringNode]bool
}

// resolve replaces ${NAME} and file:PATH in each text value below n.
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
		text, err := resolveText(n.Value, r.dir)
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", n.GetToken().Position.Line, key, err)
		}
		n.Value, r.done[n] = text, true
	}
	return nil
}

func resolveText(text, dir string) (string, error) {
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		data, err := os.ReadFile(relativeTo(dir, path))
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
