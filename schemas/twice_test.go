package schemas

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// worthAName is how many columns, constants and mapped words an expression
// must mention to be worth a name where it stands twice. A key is always worth
// one: it must be the same wherever the row is meant.
const worthAName = 2

// A mapping of words is worth a name from as many words on.
const wordsWorthAName = 3

// What is meant in two places is said in one: a contract names it, or the
// vendor's _keys.yaml does where several contracts need it.
func TestContracts_noExpressionStandsTwice(t *testing.T) {
	set := load(t)
	for _, vendor := range []string{"oleria", "sailpoint", "balkanid"} {
		places, walked := map[string][]string{}, 0
		for _, c := range set.Vendor(vendor) {
			r := &resolver{c: c, own: c.names, shared: set.shared[vendor], used: map[string]bool{}}
			note := func(what, place string) {
				walked++
				if !slices.Contains(places[what], place) {
					places[what] = append(places[what], place)
				}
			}
			for i, e := range c.lines {
				for _, a := range e.Set {
					r.each(&a.Value, fmt.Sprintf("%s: emit %d: %s", c.File, i+1, a.Target), note)
				}
			}
			for _, k := range c.names.keys {
				r.each(&k.Value, fmt.Sprintf("%s: keys: %s", c.File, k.Target), note)
			}
			for _, k := range r.shared.keys {
				r.each(&k.Value, fmt.Sprintf("%s/_keys.yaml: keys: %s", vendor, k.Target), note)
			}
			for owner, n := range map[string]names{c.File: r.own, vendor + "/_keys.yaml": r.shared} {
				for name, m := range n.words {
					note("words "+mapping(m.words), owner+": words: "+name)
				}
			}
		}
		for what, at := range places {
			if len(at) > 1 {
				t.Errorf("%s\n  stands in\n    %s\n  name it under keys or words", what, strings.Join(at, "\n    "))
			}
		}
		if walked < 10 {
			t.Errorf("%s: only %d expressions were looked at", vendor, walked)
		}
	}
}

// each notes what x and the expressions in it say, as far as it is worth a
// name. What a name stands for is said where the name is given.
func (r *resolver) each(x *Expr, place string, note func(what, place string)) {
	if x.written != nil && x.written.name != "" {
		return
	}
	for i := range x.First {
		r.each(&x.First[i], fmt.Sprintf("%s.%d", place, i+1), note)
	}
	for i := range x.Of {
		r.each(&x.Of[i], fmt.Sprintf("%s.%d", place, i+1), note)
	}
	if x.written != nil {
		for i, b := range x.written.cases {
			r.each(b.then, fmt.Sprintf("%s.%d", place, i+1), note)
		}
	}
	if len(x.Values) >= wordsWorthAName {
		note("words "+mapping(x.Values), place)
	}
	full, err := r.expr(*x)
	if err != nil {
		return // a shared name of columns that the contract has not
	}
	full.When = nil // what it is is the same, whenever it counts
	if full.Key != "" && len(full.Of) > 0 || full.weight() >= worthAName {
		text, err := json.Marshal(full)
		if err != nil {
			panic(err)
		}
		note(full.String()+"\n  "+string(text), place)
	}
}

// weight is how many columns, constants and mapped words x mentions.
func (x *Expr) weight() int {
	n := len(x.Values) + len(x.Object)
	if x.Column != "" || x.Const != nil {
		n++
	}
	for _, xs := range [][]Expr{x.First, x.Of} {
		for i := range xs {
			n += xs[i].weight()
		}
	}
	return n
}
