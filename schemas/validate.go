package schemas

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// validate checks a contract by itself and against the common model.
func (c *Contract) validate(common *Common) error {
	var errs []error
	fail := func(word, format string, args ...any) {
		errs = append(errs, in(fmt.Errorf("%s"+format, append([]any{word}, args...)...), word))
	}

	if !datasetName.MatchString(c.Dataset) {
		fail("dataset", " %q: want <vendor>.<plural> in lower case", c.Dataset)
	}
	if c.Grain == "" {
		fail("grain", ": say what one record is")
	}
	if !slices.Contains([]Documented{DocumentedFully, DocumentedPartly, DocumentedNot}, c.Documented) {
		fail("documented", ": want vendor, partly or assumed")
	}
	if !slices.Contains([]Format{CSV, JSONs, NDJSON, ZIP}, c.Format) {
		fail("format", ": want csv, json, ndjson or zip")
	}
	if !slices.Contains([]Mode{Snapshot, Append}, c.Mode) {
		fail("mode", ": want snapshot or append")
	}
	if c.ShortRows != RejectShortRows && c.ShortRows != PadShortRows {
		fail("short_rows", ": want pad, or leave it out")
	}
	if len(c.Single) > 0 && (len(c.Records) == 0 || slices.ContainsFunc(c.Single, func(name string) bool { return NormalHeader(name) == NormalHeader(c.Records[0]) })) {
		fail("single", ": want members that a record has, and the document around records has not")
	}
	for _, sign := range c.Partial {
		if len(c.Records) == 0 || len(sign.Path) == 0 || NormalHeader(sign.Path[0]) == NormalHeader(c.Records[0]) {
			fail("partial", " %s: want a path into the document beside records", sign.Path)
		}
		if err := c.checkAsked(&sign); err != nil {
			fail("partial", " %s: %w", sign.Path, err)
		}
	}
	if len(c.Emit) > 0 && !c.Typed() {
		fail("emit", ": needs columns")
	}
	wrong := c.validateColumns()
	errs = append(errs, wrong...)
	for _, p := range c.Plain {
		if len(p.Path) == 0 || slices.Contains(p.Path, "") {
			fail("plain", ": path: want the header and, for a place in its JSON, keys")
		} else if len(strings.Fields(p.Why)) < 2 {
			fail("plain", ": %s: say in why how it is known that no secret stands there", p.Path)
		}
	}
	for i := range c.Emit {
		if wrong == nil { // else what is made of the columns is no mistake of its own
			errs = append(errs, c.validateEmit(i, common)...)
		}
	}
	return errors.Join(errs...)
}

func (c *Contract) validateColumns() (errs []error) {
	seen := map[string]bool{}
	for _, col := range c.Columns {
		fail := func(word, format string, args ...any) {
			what := strings.TrimPrefix(word+fmt.Sprintf(format, args...), " ")
			errs = append(errs, in(fmt.Errorf("column %s: %s", col.Name, what), "columns", col.Name, word))
		}
		switch {
		case !columnName.MatchString(col.Name) || col.Name == Item:
			fail("", "want a lower-case name with '_', not %q", Item)
		case seen[col.Name]:
			fail("", "twice")
		case !col.Type.Valid():
			fail("type", " %q: want text, email, bool, int, float, timestamp, date, duration, json or list", col.Type)
		case len(col.From) == 0 && col.Context == "":
			fail("", "want from or context")
		case col.Layouts != nil && col.Type != Timestamp && col.Type != Date:
			fail("layouts", ": only for timestamp and date")
		case col.Separator != "" && col.Type != List && col.Parts == nil:
			fail("separator", ": only for list, and for json beside parts")
		case col.Parts != nil && (col.Type != JSON || col.Separator == ""):
			fail("parts", ": only for json, beside separator")
		case slices.ContainsFunc(col.Parts, ItemPart.isWrong):
			fail("parts", ": want {name: {separator: text, index: 0 or more}}, and no name %s, which is the item itself", PartText)
		case col.Suffix != "" && col.Type != Bool:
			fail("suffix", ": only for bool")
		case col.Part != nil && (col.Part.Separator == "" || col.Part.Index < 0):
			fail("part", ": want {separator: text, index: 0 or more}")
		case col.Part != nil && (col.Type == JSON || col.Type == List || col.Suffix != ""):
			fail("part", ": not for json or list, nor beside suffix")
		case col.Mask != nil && col.Type != JSON:
			fail("mask", ": only for json")
		case col.Known != nil && col.Type != Text:
			fail("known", ": only for text")
		}
		seen[col.Name] = true
	}
	return errs
}

func (p ItemPart) isWrong() bool {
	return !columnName.MatchString(p.Name) || p.Name == PartText || p.Separator == "" || p.Index < 0
}

func (c *Contract) validateEmit(i int, common *Common) []error {
	e := &c.Emit[i]
	k := &emitCheck{c: c, e: e, path: []string{"emit", strconv.Itoa(i)}, scope: map[string]Type{ExtraColumn: JSON}, set: map[string]bool{}}
	if k.table = common.Table(e.Table); k.table == nil {
		k.fail("no such table in the common model")
		return k.errs
	}
	for _, col := range c.Columns {
		k.scope[col.Name] = col.Type
	}
	k.reads()
	for _, a := range e.Set {
		k.sets(a)
	}
	k.asWhole()
	return k.errs
}

// emitCheck looks for mistakes in one emit.
type emitCheck struct {
	c     *Contract
	e     *Emit
	table *Table
	path  []string        // of the emit in the file
	scope map[string]Type // of the columns that its expressions may read
	set   map[string]bool // columns of the table that it gives values
	errs  []error
}

func (k *emitCheck) fail(format string, args ...any) { k.failAt(nil, format, args...) }

// failAt tells of a mistake at words below the emit.
func (k *emitCheck) failAt(words []string, format string, args ...any) {
	k.errs = append(k.errs, in(fmt.Errorf("emit %s: %s", k.e.Table, fmt.Sprintf(format, args...)), slices.Concat(k.path, words)...))
}

// reads checks which records the emit is for, and adds the item of each to the scope.
func (k *emitCheck) reads() {
	e := k.e
	if e.Each != nil {
		it, err := e.Each.typeIn(k.scope)
		switch {
		case err != nil:
			k.fail("each: %v", err)
		case it == List:
			k.scope[Item] = Text
		case it == JSON || e.Each.Path != nil:
			k.scope[Item] = JSON
		default:
			k.fail("each: want a list or json column")
		}
	}
	if e.Aside && (e.Each == nil || e.Each.Path != nil) {
		k.fail("aside: only beside each of a whole column")
	}
	for _, name := range e.Needs {
		if _, ok := k.scope[name]; !ok || name == Item {
			k.fail("needs: no column %s", name)
		}
	}
	for _, w := range e.When {
		if _, err := w.Value.typeIn(k.scope); err != nil {
			k.fail("when: %v", err)
		}
	}
}

// sets checks the value of one column.
func (k *emitCheck) sets(a Assign) {
	fail := func(format string, args ...any) {
		k.failAt([]string{"set", a.Target}, "set %s: %s", a.Target, fmt.Sprintf(format, args...))
	}
	f := k.table.Field(a.Target)
	if f == nil || k.set[a.Target] {
		fail("not a column of the table, or twice")
		return
	}
	k.set[a.Target] = true
	from, err := a.Value.typeIn(k.scope)
	if err != nil {
		fail("%v", err)
		return
	}
	if !assignable(from, f.Type) {
		fail("%s does not become %s", from, f.Type)
	}
	for _, word := range a.Value.words() {
		if f.Enum != nil && !slices.Contains(f.Enum, word) {
			fail("%s%q is not one of %s", a.Value.giver(word), word, strings.Join(f.Enum, ", "))
		}
	}
	if f.Enum != nil && !a.Value.closed() {
		fail("a column with a closed set needs values or const")
	}
}

// asWhole checks what the emit lacks, and what it has that does not go together.
func (k *emitCheck) asWhole() {
	e, t := k.e, k.table
	if err := k.c.checkIdentify(e); err != nil {
		k.fail("%v", err)
	}
	if e.Mentions && t.Key == "" {
		k.fail("strength: mentions: the table has no key")
	}
	if slices.ContainsFunc(k.c.Emit, func(x Emit) bool { return x.Table == e.Table && x.Mentions != e.Mentions }) {
		k.fail("strength: mentions: all entries of a contract for one table, or none")
	}
	if t.Key != "" && !k.set[t.Key] {
		k.fail("set %s: the table's key is not set", t.Key)
	}
	for _, name := range t.Needs {
		if !k.set[name] {
			k.fail("set %s: without it there is no row of the table, and it is not set", name)
		}
	}
}

// typeIn is the type that x yields when columns have the types of scope.
func (x *Expr) typeIn(scope map[string]Type) (Type, error) {
	for _, w := range x.When {
		if _, err := w.Value.typeIn(scope); err != nil {
			return "", fmt.Errorf("when: %w", err)
		}
	}
	if x.Only != "" && (x.Only != OnlyAddress || x.Column == "") {
		return "", fmt.Errorf("only: want %s, beside column", OnlyAddress)
	}
	switch {
	case x.Column != "":
		t, ok := scope[x.Column]
		if !ok {
			return "", fmt.Errorf("no column %s", x.Column)
		}
		if x.Path != nil {
			if t != JSON {
				return "", fmt.Errorf("path into %s, which is %s, not json", x.Column, t)
			}
			if x.Only != "" {
				return Email, nil
			}
			return Text, nil
		}
		if x.Only != "" {
			if !t.IsText() || x.Values != nil {
				return "", fmt.Errorf("only: for a text column without values, %s is %s", x.Column, t)
			}
			return Email, nil
		}
		if x.Values != nil && t != Bool && !t.IsText() {
			return "", fmt.Errorf("values of %s, which is %s, not text or bool", x.Column, t)
		}
		if x.Values != nil {
			return Text, nil
		}
		return t, nil
	case x.First != nil:
		first := Type("")
		for i := range x.First {
			t, err := x.First[i].typeIn(scope)
			if err != nil {
				return "", err
			}
			if t == Email {
				t = Text
			}
			if first != "" && t != first {
				return "", fmt.Errorf("first: %s beside %s", first, t)
			}
			first = t
		}
		return first, nil
	case x.Const != nil:
		return Text, nil
	case x.Key != "":
		for i := range x.Of {
			t, err := x.Of[i].typeIn(scope)
			if err != nil {
				return "", err
			}
			if t == List || t == Float || t == Duration {
				return "", fmt.Errorf("key of a %s", t)
			}
		}
		return Text, nil
	case x.Object != nil:
		for _, name := range x.Object {
			if _, ok := scope[name]; !ok {
				return "", fmt.Errorf("no column %s", name)
			}
		}
		return JSON, nil
	}
	return "", errors.New("empty expression")
}

// assignable tells whether a value of type from can fill a column of type to.
// Text is read as any scalar type, by the rules for cells.
func assignable(from, to Type) bool {
	switch {
	case from == to, from == Text && to != List, from == JSON && to == Text, from == Email && to == Text:
		return true
	case from == Int && to == Float, from == Duration && to == Int: // whole seconds
		return true
	case from == Timestamp && to == Date, from == Date && to == Timestamp:
		return true
	case (from == Int || from == Bool) && to == Text:
		return true
	case from == List && to == JSON:
		return true
	}
	return false
}

// words lists the words that x can yield by mapping or constant.
func (x *Expr) words() (out []string) {
	if x.Const != nil {
		out = append(out, *x.Const)
	}
	for _, w := range x.Values {
		out = append(out, w)
	}
	for i := range x.First {
		out = append(out, x.First[i].words()...)
	}
	return out
}

// giver tells which mapping that contracts share gives a word; "" for none.
func (x *Expr) giver(word string) string {
	if x.wordsOf != "" && slices.Contains(slices.Collect(maps.Values(x.Values)), word) {
		return x.wordsOf + ": "
	}
	for i := range x.First {
		if from := x.First[i].giver(word); from != "" {
			return from
		}
	}
	return ""
}

// closed reports whether x yields only words of the contract.
func (x *Expr) closed() bool {
	if x.First != nil {
		return !slices.ContainsFunc(x.First, func(f Expr) bool { return !f.closed() })
	}
	return x.Const != nil || x.Values != nil
}
