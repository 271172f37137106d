package schemas

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// names are what a contract, or a vendor for all of its contracts, gives names
// to: expressions and mappings of words.
type names struct {
	keys  []Assign
	words map[string]wordMap
	files map[string]string // of shared ones, a mapping by its name behind "words: ": the file that gives it
}

// over lays the names n over those of base: one that both have means what n says.
func (n names) over(base names) names {
	out := names{keys: slices.Clone(base.keys), words: maps.Clone(base.words), files: maps.Clone(base.files)}
	for _, k := range n.keys {
		if i := slices.IndexFunc(out.keys, func(b Assign) bool { return b.Target == k.Target }); i >= 0 {
			out.keys[i] = k
			continue
		}
		out.keys = append(out.keys, k)
	}
	if out.words == nil {
		out.words = map[string]wordMap{}
	}
	maps.Copy(out.words, n.words)
	if out.files == nil {
		out.files = map[string]string{}
	}
	maps.Copy(out.files, n.files)
	return out
}

// all lists the names with the word under which each stands.
func (n names) all() (out []string) {
	for _, k := range n.keys {
		out = append(out, "keys: "+k.Target)
	}
	for _, name := range slices.Sorted(maps.Keys(n.words)) {
		out = append(out, "words: "+name)
	}
	return out
}

// sharedFile is the file of a vendor's folder with the names that its contracts share.
type sharedFile struct {
	Keys  keys      `yaml:"keys"`
	Words wordLists `yaml:"words"`
}

// isShared tells whether a file has the names that contracts share.
func isShared(file string) bool {
	return strings.TrimSuffix(path.Base(file), path.Ext(file)) == "_keys"
}

func decodeShared(data []byte) (names, lines, error) {
	var f sharedFile
	at, err := decodeFile(data, &f)
	if err != nil {
		return names{}, nil, err
	}
	return names{keys: f.Keys, words: f.Words}, at, nil
}

// resolver puts what names mean in their place, in one contract.
type resolver struct {
	c      *Contract
	own    names           // of the contract
	shared names           // of its vendor
	used   map[string]bool // as in [given].of
	open   []string        // names whose meaning is being looked for
}

// resolve makes the emits of c out of what is written, in which nothing
// stands for something else any more.
func (c *Contract) resolve(shared names) (used map[string]bool, err error) {
	r := &resolver{c: c, own: c.names, shared: shared, used: map[string]bool{}}
	c.lines = c.Emit
	c.Emit = slices.Clone(c.lines)
	var errs []error
	for i := range c.lines {
		e, mistakes := r.emit(c.lines[i])
		for _, err := range mistakes {
			errs = append(errs, in(fmt.Errorf("emit %s: %w", e.Table, err), "emit", strconv.Itoa(i)))
		}
		c.Emit[i] = e
	}
	return r.used, errors.Join(errs...)
}

func (r *resolver) emit(e Emit) (Emit, []error) {
	var errs []error
	var err error
	if e.Each != nil {
		x, err := r.expr(*e.Each)
		if err != nil {
			errs = append(errs, in(fmt.Errorf("each: %w", err), "each"))
		}
		e.Each = &x
	}
	if e.When, err = r.conditions(e.When); err != nil {
		errs = append(errs, in(err, "when"))
	}
	e.Set = slices.Clone(e.Set)
	for i := range e.Set {
		a := &e.Set[i]
		if a.Value, err = r.expr(a.Value); err != nil {
			errs = append(errs, in(fmt.Errorf("set %s: %w", a.Target, err), "set", a.Target))
		}
	}
	return e, errs
}

// expr is x with all that it is made of resolved. On an error it is x.
func (r *resolver) expr(x Expr) (Expr, error) {
	var err error
	if x.When, err = r.conditions(x.When); err != nil {
		return x, err
	}
	w := x.written
	x.written = nil
	switch {
	case w == nil:
	case w.name != "":
		return r.named(w.name, x)
	case w.cases != nil:
		if x.First, err = r.cases(w.cases); err != nil {
			return x, err
		}
		return x, nil
	case w.words != "":
		if x.Values, x.wordsOf, err = r.wordsOf(w.words); err != nil {
			return x, err
		}
	}
	if w != nil && w.absent { // of which the words are listed
		listed := Condition{Value: Expr{Column: x.Column, Path: x.Path}, In: slices.Sorted(maps.Keys(x.Values))}
		x.When = append(slices.Clone(x.When), listed)
	}
	if x.First, err = r.list(x.First); err != nil {
		return x, err
	}
	x.Of, err = r.list(x.Of)
	return x, err
}

func (r *resolver) list(xs []Expr) ([]Expr, error) {
	out := slices.Clone(xs)
	for i := range out {
		var err error
		if out[i], err = r.expr(out[i]); err != nil {
			return xs, err
		}
	}
	return out, nil
}

func (r *resolver) conditions(cs []Condition) ([]Condition, error) {
	out := slices.Clone(cs)
	for i := range out {
		v, err := r.expr(out[i].Value)
		if err != nil {
			return cs, fmt.Errorf("when: %w", err)
		}
		if v.Column == "" || v.Values != nil || v.Only != "" || len(v.When) > 0 {
			return cs, fmt.Errorf("when: $%s is more than a column or a path into one; name what the condition looks at", out[i].Value.written.name)
		}
		out[i].Value = v
	}
	return out, nil
}

// named is the expression of a name, under the conditions of the place at
// which the name stands.
func (r *resolver) named(name string, place Expr) (Expr, error) {
	if i := slices.Index(r.open, name); i >= 0 {
		return place, fmt.Errorf("keys: $%s goes round in a circle; make one of them of columns", strings.Join(append(r.open[i:], name), " -> $"))
	}
	from, file := r.own.key(name), ""
	by := r.c.Dataset
	if from == nil {
		from, file = r.shared.key(name), " in "+r.shared.files[name]
		by = r.c.Vendor()
	}
	if from == nil {
		return place, fmt.Errorf("$%s: no such name; %s. Correct it, or name the expression under keys", name, r.known())
	}
	r.used[by+" keys: "+name] = true
	r.open = append(r.open, name)
	x, err := r.expr(from.Value)
	r.open = r.open[:len(r.open)-1]
	if err == nil {
		err = r.has(&x)
	}
	if err != nil {
		return place, fmt.Errorf("$%s%s: %w", name, file, err)
	}
	x.When = slices.Concat(place.When, x.When)
	x.Required = x.Required || place.Required
	return x, nil
}

// has holds the columns of a named expression to be there: a shared one may be
// of others.
func (r *resolver) has(x *Expr) error {
	columns := map[string]bool{}
	x.reads(columns)
	for _, name := range x.Object {
		columns[name] = true
	}
	for _, name := range sorted(columns) {
		if name != Item && name != ExtraColumn && r.c.Column(name) == nil {
			return fmt.Errorf("no column %s in %s; give the name another meaning there, under keys", name, r.c.Dataset)
		}
	}
	return nil
}

func (n names) key(name string) *Assign {
	for i := range n.keys {
		if n.keys[i].Target == name {
			return &n.keys[i]
		}
	}
	return nil
}

// wordsOf is the mapping of a name, and of a shared one its name with the file that gives it.
func (r *resolver) wordsOf(name string) (words map[string]string, from string, err error) {
	by := r.c.Dataset
	m, ok := r.own.words[name]
	if !ok {
		m, ok = r.shared.words[name]
		by, from = r.c.Vendor(), "words: "+name+" in "+r.shared.files["words: "+name]
	}
	if !ok {
		return nil, "", fmt.Errorf("values: $%s: no such name; %s. Correct it, or name the mapping under words", name, r.known())
	}
	r.used[by+" words: "+name] = true
	if m.name != "" {
		return nil, "", fmt.Errorf("%s: want a mapping of words, not another name", cmp.Or(from, "words: "+name))
	}
	return maps.Clone(m.words), from, nil
}

// known tells the names that there are.
func (r *resolver) known() string {
	all := append(r.own.all(), r.shared.all()...)
	if len(all) == 0 {
		return "neither the contract nor the vendor's _keys.yaml has names"
	}
	slices.Sort(all)
	return "there are " + strings.Join(slices.Compact(all), ", ")
}
