package main

import (
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/load/explain"
	"github.com/accessmart/accessmart/load/find"
)

// picture writes the paths as a graph for Graphviz or Mermaid: each thing and each hop once.
func (c *console) picture(format string, a *explain.Answer) error {
	p := painter{dot: format == formatDot, ids: map[string]string{}, drawn: map[string]bool{}}
	fmt.Fprintln(&p.out, map[bool]string{true: "digraph access {\n  rankdir=LR;\n  node [shape=box];", false: "flowchart LR"}[p.dot])
	p.thing(a.Person)
	p.thing(a.Target)
	for _, path := range a.Paths {
		if path.Hops == nil {
			c.say("A path %s is not drawn: it is too long to be kept.", heading(path))
		}
		for _, h := range path.Hops {
			p.hop(h)
		}
	}
	if p.dot {
		fmt.Fprintln(&p.out, "}")
	}
	if len(a.Paths) == 0 {
		c.say("There is no path. Why not: accessmart explain %s %s --not", a.Person.Key, a.Target.Key)
	}
	_, err := c.out.Write([]byte(p.out.String()))
	return err
}

type painter struct {
	dot   bool
	out   strings.Builder
	ids   map[string]string // by key
	drawn map[string]bool   // hops
}

func (p *painter) thing(t find.Thing) string {
	id, ok := p.ids[t.Key]
	if ok {
		return id
	}
	id = fmt.Sprintf("n%d", len(p.ids)+1)
	p.ids[t.Key] = id
	label := []string{t.Kind, t.Name}
	if t.Application != "" && t.Kind != "application" {
		label = append(label, t.Application)
	}
	form := "  %s[%s]\n"
	if p.dot {
		form = "  %s [label=%s];\n"
	}
	fmt.Fprintf(&p.out, form, id, p.text(label...))
	return id
}

func (p *painter) hop(h explain.Hop) {
	from, to := p.thing(h.From), p.thing(h.To)
	if p.drawn[from+to+h.Grant] {
		return
	}
	p.drawn[from+to+h.Grant] = true
	what := "uses"
	if h.Grant != "" {
		what = "has"
	}
	if h.Privilege != nil {
		what = *h.Privilege
	}
	if h.Effect == "deny" {
		what = "denied " + what
	}
	label := p.text(what, strings.Join(h.Sources, ", "))
	switch {
	case p.dot && h.Effect == "deny":
		fmt.Fprintf(&p.out, "  %s -> %s [label=%s, style=dashed, color=red];\n", from, to, label)
	case p.dot:
		fmt.Fprintf(&p.out, "  %s -> %s [label=%s];\n", from, to, label)
	case h.Effect == "deny":
		fmt.Fprintf(&p.out, "  %s -.->|%s| %s\n", from, label, to)
	default:
		fmt.Fprintf(&p.out, "  %s -->|%s| %s\n", from, label, to)
	}
}

// text is lines as a quoted label, in which nothing of a name means anything.
func (p *painter) text(lines ...string) string {
	escape, end := mermaidText, "<br>"
	if p.dot {
		escape, end = dotText, `\n`
	}
	for i, line := range lines {
		lines[i] = escape.Replace(visible(line))
	}
	return `"` + strings.Join(lines, end) + `"`
}

var (
	dotText     = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	mermaidText = strings.NewReplacer("#", "#35;", "&", "#38;", `"`, "#34;", "<", "#60;", ">", "#62;", "`", "#96;", `\`, "#92;")
)
