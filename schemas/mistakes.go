package schemas

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// mostMistakes bounds what is told of one file.
const mostMistakes = 50

// strictly decodes n into v, a pointer to a struct, and tells all words that v does not know and
// all values of another type, not only the first: what is wrong is cut out of n, and the rest is
// decoded again. What else decoding may find is told only where it comes first, as later it may
// come of what was cut out.
func strictly(n ast.Node, v any) error {
	err := strict(n, v)
	errs := []error{err}
	for err != nil && len(errs) < mostMistakes {
		line, column, ok := placeOf(err)
		if !ok || !cutOut(n, line, column) {
			break
		}
		if err = strict(n, reflect.New(reflect.TypeOf(v).Elem()).Interface()); err == nil {
			break
		}
		if _, _, ok := placeOf(err); !ok {
			break
		}
		errs = append(errs, err)
	}
	if len(errs) == mostMistakes {
		errs = append(errs, errMore)
	}
	return errors.Join(errs...)
}

var errMore = errors.New("there may be more mistakes, which are told when these are gone")

// placeOf is where the YAML library says that a word or a value is wrong.
func placeOf(err error) (line, column int, ok bool) {
	var at *lined
	if !errors.As(err, &at) {
		return 0, 0, false
	}
	n, _ := fmt.Sscanf(at.mark, "[%d:%d]", &line, &column)
	return line, column, n == 2
}

// cutOut takes the innermost pair out of n of which the key or the value stands at a place.
func cutOut(n ast.Node, line, column int) bool {
	there := func(n ast.Node) bool {
		t := n.GetToken()
		return t != nil && t.Position != nil && t.Position.Line == line && t.Position.Column == column
	}
	switch n := n.(type) {
	case *ast.SequenceNode:
		return slices.ContainsFunc(n.Values, func(v ast.Node) bool { return cutOut(v, line, column) })
	case *ast.MappingNode:
		for i, e := range n.Values {
			if cutOut(e.Value, line, column) {
				return true
			}
			if there(e.Key) || there(e.Value) || listed(e.Value, there) {
				n.Values = slices.Delete(n.Values, i, i+1)
				return true
			}
		}
	case *ast.TagNode:
		return cutOut(n.Value, line, column)
	}
	return false
}

// listed tells whether n is a list of which an item is there.
func listed(n ast.Node, there func(ast.Node) bool) bool {
	list, ok := n.(*ast.SequenceNode)
	return ok && slices.ContainsFunc(list.Values, there)
}
