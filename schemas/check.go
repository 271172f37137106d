package schemas

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Note is what a file of the user's folder does, or what is odd about it.
type Note struct {
	File    string // below the folder
	Line    int    // from 1; 0 for the whole file
	Dataset string // "" where the file is of none
	What    string
	Odd     bool // it is allowed, and may not be meant
}

// Check reads a folder of contracts as [Load] does, and tells all mistakes, not
// only those of the first file, and what each file without one does. Both are in
// the order of files and lines. The error is for a folder that cannot be read.
func Check(user fs.FS) ([]Note, []*Problem, error) {
	s, mistakes, err := loadAll(user)
	if err != nil {
		return nil, nil, err
	}
	wrong := map[string]bool{}
	for _, p := range mistakes {
		wrong[p.File] = true
	}
	var notes []Note
	for _, n := range s.passed {
		if !strings.HasSuffix(n.File, ".schema.json") { // which docs/contracts.md puts there
			notes = append(notes, n)
		}
	}
	for vendor, file := range s.sharedIn {
		notes = append(notes, Note{File: strings.TrimPrefix(file, userFolder), What: "gives names to the contracts of " + vendor})
	}
	for _, l := range s.laid {
		n := noter{laid: l, whole: s.contracts[l.user.Dataset]}
		if n.all(); !wrong[n.file()] {
			notes = append(notes, n.notes...)
		}
	}
	slices.SortStableFunc(notes, func(a, b Note) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	slices.SortStableFunc(mistakes, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return notes, mistakes, nil
}

// noter tells what a contract of the user's changes.
type noter struct {
	laid
	whole *Contract // both together
	notes []Note
}

func (n *noter) file() string { return strings.TrimPrefix(n.user.File, userFolder) }

func (n *noter) add(odd bool, path []string, format string, args ...any) {
	n.notes = append(n.notes, Note{File: n.file(), Line: n.user.placed.of(path), Dataset: n.user.Dataset, What: fmt.Sprintf(format, args...), Odd: odd})
}

func (n *noter) all() {
	top := []string{"dataset"}
	if n.under == nil {
		n.add(false, top, "is a dataset of its own with %d columns", len(n.user.Columns))
	}
	for i := range n.user.Columns {
		n.column(&n.user.Columns[i])
	}
	if n.under == nil {
		return
	}
	for _, w := range []struct {
		word string
		set  bool
	}{
		{"grain", n.user.Grain != ""}, {"doc", n.user.Doc != ""}, {"documented", n.user.Documented != ""}, {"format", n.user.Format != ""},
		{"mode", n.user.Mode != ""}, {"short_rows", n.user.ShortRows != ""}, {"records", n.user.Records != nil}, {"single", n.user.Single != nil}, {"partial", n.user.Partial != nil},
		{"member", n.user.Member != nil}, {"export", n.user.Export != nil}, {"with", n.user.With != nil},
	} {
		if w.set {
			n.add(false, []string{w.word}, "replaces %s", w.word)
		}
	}
	for _, name := range n.user.names.all() {
		n.add(false, strings.Split(name, ": "), "replaces %s, or adds it", name)
	}
	n.emits()
	if len(n.notes) == 0 {
		n.add(true, top, "changes nothing")
	}
}

// column tells what becomes of one column.
func (n *noter) column(u *Column) {
	path := []string{"columns", u.Name}
	n.contested(u, path)
	if n.under == nil {
		return
	}
	old := n.under.Column(u.Name)
	if old == nil {
		what, odd := "adds the column "+u.Name, false
		if !slices.Contains(n.whole.Feeds(), u.Name) {
			what, odd = what+", of which no row of the common model is made; to read one of the contract's columns, use its name: "+n.alike(u), true
		}
		n.add(odd, path, "%s", what)
		return
	}
	var fresh []string
	for _, from := range u.From {
		if !old.reads(from) {
			fresh = append(fresh, Flow(from))
		}
	}
	typed := u.Type != "" && u.Type != old.Type && !(u.Type == Text && old.Type == "")
	switch {
	case len(fresh) > 0:
		n.add(false, path, "reads %s from %s too", u.Name, strings.Join(fresh, ", "))
	case !typed && u.Context == "" && u.Layouts == nil && u.Mask == nil && u.Known == nil && u.Part == nil && u.Parts == nil && u.Separator+u.Strip+u.Suffix+u.Comment == "" && !u.Required:
		n.add(true, path, "changes nothing: the contract reads %s from %s already", u.Name, strings.Join(old.From, ", "))
	default:
		n.add(false, path, "changes how %s is read", u.Name)
	}
}

// reads tells whether a header is among those of the column.
func (c *Column) reads(header string) bool {
	return slices.ContainsFunc(c.From, func(f string) bool { return NormalHeader(f) == NormalHeader(header) })
}

// contested names another column that reads a header, too, other than by a piece of it.
func (n *noter) contested(u *Column, path []string) {
	for _, from := range u.From {
		if old := n.under.columnOrNil(u.Name); old != nil && old.reads(from) {
			continue
		}
		for i := range n.whole.Columns {
			c := &n.whole.Columns[i]
			if n.user.Column(c.Name) != nil && n.user.placed.of([]string{"columns", c.Name}) < n.user.placed.of(path) {
				continue // told of that one
			}
			if c.Name != u.Name && c.reads(from) && c.Part == nil && u.Part == nil && c.Suffix+u.Suffix == "" {
				n.add(true, path, "%s is read by %s, too: a file that has it gives both the same value", Flow(from), c.Name)
			}
		}
	}
}

func (c *Contract) columnOrNil(name string) *Column {
	if c == nil {
		return nil
	}
	return c.Column(name)
}

// alike are names of columns that may be meant instead of a new one.
func (n *noter) alike(u *Column) string {
	var names []string
	for i := range n.under.Columns {
		c := &n.under.Columns[i]
		score := shared(headerWords(u.Name), headerWords(c.Name))
		for _, from := range u.From {
			score = max(score, c.score(from))
		}
		if score > 0 {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 || len(names) > 5 {
		return fmt.Sprintf("'accessmart datasets %s' lists them", n.under.Dataset)
	}
	return strings.Join(names, ", ")
}

// emits tells which rows are made otherwise, and what they lack then.
func (n *noter) emits() {
	told := map[string]bool{}
	for i := range n.user.Emit {
		table := n.user.Emit[i].Table
		path := []string{"emit", fmt.Sprint(i)}
		if told[table] {
			continue
		}
		told[table] = true
		was, is := setIn(n.under, table), setIn(n.user, table)
		if len(was) == 0 {
			n.add(false, path, "makes rows of %s, too", table)
			continue
		}
		n.add(false, path, "replaces how rows of %s are made", table)
		lost := slices.DeleteFunc(sorted(was), func(name string) bool { return is[name] })
		if len(lost) > 0 {
			n.add(true, path, "rows of %s have no %s any more: an entry for a table replaces all of the contract's for it", table, strings.Join(lost, ", "))
		}
	}
}

// setIn are the columns of a table that a contract sets.
func setIn(c *Contract, table string) map[string]bool {
	out := map[string]bool{}
	for i := range c.Emit {
		if c.Emit[i].Table != table {
			continue
		}
		for _, a := range c.Emit[i].Set {
			out[a.Target] = true
		}
	}
	return out
}
