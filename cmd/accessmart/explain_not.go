package main

import (
	"strings"

	"github.com/accessmart/accessmart/load/explain"
)

// printMissing says why somebody has not something.
func (c *console) printMissing(a *explain.Answer) error {
	m := a.Missing
	if a.Has() {
		c.say("--not was asked, but there is such a path: see above.")
	}
	c.write("\n")
	switch n := len(m.Accounts); {
	case a.Target.ApplicationKey == "":
	case n == 0:
		c.write("The person has no account in %s that the file knows of.\n", visible(a.Target.Application))
	default:
		names := make([]string, n)
		for i, t := range m.Accounts {
			names[i] = visible(t.Name)
			if t.What != "" {
				names[i] += " (" + visible(t.What) + ")"
			}
		}
		c.write("Accounts in %s: %s.\n", visible(a.Target.Application), strings.Join(names, "; "))
	}
	if denied := denials(a); len(denied) > 0 {
		c.write("\nDenied on the way:\n\n")
		if err := c.print(formatTable, hopsOf(denied)); err != nil {
			return err
		}
	}
	switch {
	case a.Has():
		return nil
	case m.Otherwise > 0:
		c.write("If nothing denied it, the person would have it by a path of %s.\n", count(m.Otherwise, "grant"))
		return nil
	case len(a.Paths) > 0:
		c.write("If nothing denied it, the person would not have it either.\n")
	}
	if err := c.printLost(m); err != nil {
		return err
	}
	return c.printGaps(a)
}

// denials are the grants that deny and are in no path that is printed above.
func denials(a *explain.Answer) (out []explain.Hop) {
	seen := map[string]bool{}
	for _, p := range a.Paths {
		for _, h := range p.Hops {
			seen[h.Grant] = true
		}
	}
	for _, h := range a.Missing.Denied {
		if !seen[h.Grant] {
			out = append(out, h)
		}
	}
	return out
}

func (c *console) printLost(m *explain.Missing) error {
	l := m.Lost
	if l == nil {
		c.write("\nNo run since %s saw that the person had it.\n", moment(m.Since))
		return nil
	}
	c.write("\nLost in the run of %s. Until then there was this path, %s:\n\n", moment(l.Until), heading(l.Before))
	table := &listing{columns: []string{"hop", "from", "to", "privilege", "ended"}, order: []string{"hop", "from", "to", "ended"}, wrap: []string{"from", "to", "ended"}}
	for i, h := range l.Before.Hops {
		ended := any(nil)
		for _, e := range l.Ended {
			if e.Key == h.Grant || h.Grant == "" && e.Table == "identity_accounts" {
				ended = endedBy(e)
			}
		}
		privilege := any(nil)
		if h.Privilege != nil {
			privilege = *h.Privilege
		}
		table.add(i+1, named(h.From), named(h.To), privilege, ended)
	}
	if err := c.print(formatTable, table); err != nil {
		return err
	}
	if len(l.Ended) == 0 {
		c.write("\nNo hop of it ended: since then a grant denies it.\n")
	}
	return nil
}

// endedBy is how a hop ended, with the cause.
func endedBy(e explain.Change) string {
	text := e.Change + ", cause: " + e.Cause
	if e.Source != "" {
		text += " of " + e.Source + " " + e.Dataset
	}
	if e.Link != "" {
		text += ", " + e.Link
	}
	return text
}

func (c *console) printGaps(a *explain.Answer) error {
	m := a.Missing
	if len(m.Nearest) == 0 {
		if len(m.HoldByKind) == 0 {
			c.write("\nNothing and nobody has it by any grant that the file knows, so that no missing hop can be named.\n")
			return nil
		}
		var holders []string
		for _, h := range m.HoldByKind {
			holders = append(holders, count(int(h.Count), h.Kind+" grant"))
		}
		c.write("\nOthers have it by %s, but nothing of that kind is the person's: the hop that is missing is the first.\n", strings.Join(holders, ", "))
		return nil
	}
	alone := "One of these grants alone would give it"
	if len(a.Paths) > 0 {
		alone = "Once nothing denies it, one of these grants would give it"
	}
	c.write("\n%s, as others of that kind have it; the nearest first:\n\n", alone)
	l := &listing{columns: []string{"has", "has_not", "hops_in_all", "others_have_it"}, order: []string{"has", "has_not"}, wrap: []string{"has", "has_not"}}
	for _, g := range m.Nearest {
		l.add(named(g.From), named(g.To), g.Hops, g.Others)
	}
	if err := c.print(formatTable, l); err != nil {
		return err
	}
	if m.MoreGaps > 0 {
		c.say("And %d more.", m.MoreGaps)
	}
	return nil
}
