package sod

import (
	"strings"
	"time"
)

// File is a rules file that was read.
type File struct {
	Rules []Rule
	SHA   string // SHA-256 of the file in hex, "" where there is none
}

// Rule says that nobody may have something of its left side together with something of
// its right side.
type Rule struct {
	Name            string
	Description     string    // "" for none, as in the other texts
	Owner           string    // who answers for it
	Mitigation      string    // what is done about those who break it
	MitigationUntil time.Time // last day of the mitigation; zero for no end
	Until           time.Time // last day of the rule; zero for no end
	Left, Right     []Pattern
	Line            int
}

// Key tells rules apart in the database file.
func (r *Rule) Key() string { return "rule:" + r.Name }

// Pattern names things: one by its key, or those whose name and application it fits. In
// both, * stands for any characters and ? for one, and letter case does not matter.
type Pattern struct {
	Application string // its name, product or key; "" for any
	Kind        string // entitlement, role or group; "" for any of them
	Name        string
	Key         string
	Line        int
}

// String is the pattern in words.
func (p Pattern) String() string {
	if p.Key != "" {
		return p.Key
	}
	words := p.Kind
	if words == "" {
		words = "anything"
	}
	words += " " + p.Name
	if p.Application != "" {
		words += " in " + p.Application
	}
	return words
}

// like is a text with * and ? as a pattern for ILIKE with the escape \, "" for "".
func like(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`, `*`, `%`, `?`, `_`).Replace(text)
}

// side is one side of a rule.
type side struct {
	name     string
	patterns []Pattern
}

func (r *Rule) sides() []side { return []side{{"left", r.Left}, {"right", r.Right}} }
