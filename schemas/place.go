package schemas

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Problem is a mistake in a file of contracts.
type Problem struct {
	File string // below its folder
	Line int    // from 1; 0 where it is about no line, or the line is not known
	What string // without file and line

	text string // as Load tells it
}

func (p *Problem) Error() string { return p.text }

// lined is an error of which the line in its file is known.
type lined struct {
	line int
	mark string // how text tells the line
	text string
}

func (l *lined) Error() string { return l.text }

// spot is an error with the words that lead to where it is in a contract: of a
// column, "columns", its name and perhaps one of its words.
type spot struct {
	path []string
	error
}

func (s *spot) Unwrap() error { return s.error }

// in says where in a contract an error is.
func in(err error, path ...string) error { return &spot{path, err} }

// lines tells on which line a word of a file stands, by the words that lead there.
type lines map[string]int

const between = "\x00"

// linesOf goes down to the words of columns and to what emits set.
func linesOf(n ast.Node) lines {
	out := lines{}
	out.add(n, "", 0)
	return out
}

func (l lines) add(n ast.Node, above string, depth int) {
	if depth == 5 {
		return
	}
	if list, ok := n.(*ast.SequenceNode); ok {
		for i, v := range list.Values {
			l[above+strconv.Itoa(i)] = line(v)
			l.add(v, above+strconv.Itoa(i)+between, depth+1)
		}
	}
	for _, e := range Entries(n) {
		l[above+key(e)] = line(e.Key)
		l.add(e.Value, above+key(e)+between, depth+1)
	}
}

// of is the line of a path or, where the file does not have all of it, of its
// beginning; 0 for none.
func (l lines) of(path []string) int {
	for n := len(path); n > 0; n-- {
		if at := l[strings.Join(path[:n], between)]; at > 0 {
			return at
		}
	}
	return 0
}

// problems are the mistakes that err joins, in a file with these lines.
func problems(file string, l lines, err error) (out []*Problem) {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			out = append(out, problems(file, l, e)...)
		}
		return out
	}
	p := &Problem{File: strings.TrimPrefix(file, userFolder), What: err.Error()}
	p.text = file + ": " + p.What
	var at *lined
	if errors.As(err, &at) {
		p.Line, p.What = at.line, strings.Replace(p.What, at.mark, "", 1)
		return []*Problem{p}
	}
	if p.Line = l.of(pathTo(err)); p.Line == 0 {
		p.Line = l["dataset"] // what a line does to the rest of the built-in contract
	}
	if p.Line > 0 {
		p.text += fmt.Sprintf(" (line %d)", p.Line)
	}
	return []*Problem{p}
}

// pathTo is the path of an error, from the outside to the inside.
func pathTo(err error) (path []string) {
	for ; err != nil; err = errors.Unwrap(err) {
		if s, ok := err.(*spot); ok {
			path = append(path, s.path...)
		}
	}
	return path
}
