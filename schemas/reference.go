package schemas

import "slices"

// Reference is a column with keys of another table. If Kind is set, it has them in rows
// whose column Kind is Word. Past is that of the table.
type Reference struct {
	Table, Column, Kind, Word, Target, Key string
	Past                                   bool
}

// References lists the columns that hold keys of other rows, in the order of the tables;
// one that refers to several tables stands there once for each.
func (c *Common) References() (out []Reference) {
	add := func(r Reference) {
		r.Key, r.Past = c.Table(r.Target).Key, c.Table(r.Table).Past
		out = append(out, r)
	}
	for _, t := range c.Tables {
		for _, f := range t.Fields {
			if f.Refers != "" {
				add(Reference{Table: t.Name, Column: f.Name, Target: f.Refers})
			}
			if f.RefersBy == "" {
				continue
			}
			for _, word := range t.Field(f.RefersBy).Enum {
				if word != "unknown" {
					add(Reference{Table: t.Name, Column: f.Name, Kind: f.RefersBy, Word: word, Target: RefersTo(word)})
				}
			}
		}
	}
	return out
}

// Referred lists the tables whose keys are in columns of others.
func (c *Common) Referred() (out []*Table) {
	all := c.References()
	for _, t := range c.Tables {
		if slices.ContainsFunc(all, func(r Reference) bool { return r.Target == t.Name }) {
			out = append(out, t)
		}
	}
	return out
}
