package schemas

import (
	"maps"
	"slices"
)

// overlay lays the user's contract u over c; see [Load].
func (c *Contract) overlay(u *Contract) *Contract {
	out := *c
	out.File, out.placed = u.File, u.placed
	out.names = u.names.over(c.names)
	set := func(dst *string, v string) {
		if v != "" {
			*dst = v
		}
	}
	set(&out.Grain, u.Grain)
	set(&out.Doc, u.Doc)
	set((*string)(&out.Documented), string(u.Documented))
	set((*string)(&out.Format), string(u.Format))
	set((*string)(&out.Mode), string(u.Mode))
	set((*string)(&out.ShortRows), string(u.ShortRows))
	if u.Records != nil {
		out.Records = u.Records
	}
	if u.Single != nil {
		out.Single = u.Single
	}
	if u.Partial != nil {
		out.Partial = u.Partial
	}
	if u.Member != nil {
		out.Member = u.Member
	}
	if u.Export != nil {
		out.Export = u.Export
	}
	if u.With != nil {
		out.With = u.With
	}
	out.Columns = slices.Clone(c.Columns)
	for _, col := range u.Columns {
		if old := out.Column(col.Name); old != nil {
			*old = old.overlay(col)
			continue
		}
		out.Columns = append(out.Columns, col)
	}
	out.Plain = append(slices.Clone(c.Plain), u.Plain...)
	if out.LeftOut = maps.Clone(c.LeftOut); out.LeftOut == nil {
		out.LeftOut = u.LeftOut
	} else {
		maps.Copy(out.LeftOut, u.LeftOut)
	}
	out.Emit = slices.Clone(u.Emit)
	for _, e := range c.Emit {
		if !slices.ContainsFunc(u.Emit, func(x Emit) bool { return x.Table == e.Table }) {
			out.Emit = append(out.Emit, e)
		}
	}
	return &out
}

// overlay lays the user's column u over c. What u leaves out stays: above all
// a secret stays one, and a minimum such as 30+ stays readable.
func (c *Column) overlay(u Column) Column {
	for _, from := range c.From {
		if !slices.Contains(u.From, from) {
			u.From = append(u.From, from)
		}
	}
	u.Context = firstText(u.Context, c.Context)
	u.Type = Type(firstText(string(u.Type), string(c.Type)))
	u.Comment = firstText(u.Comment, c.Comment)
	u.Required = u.Required || c.Required
	if u.Type == c.Type {
		u.Separator = firstText(u.Separator, c.Separator)
		u.Strip = firstText(u.Strip, c.Strip)
		u.Suffix = firstText(u.Suffix, c.Suffix)
		if u.Layouts == nil {
			u.Layouts = c.Layouts
		}
		if u.Part == nil {
			u.Part = c.Part
		}
		if u.Parts == nil {
			u.Parts = c.Parts
		}
	}
	u.Mask = append(slices.Clone(c.Mask), u.Mask...)
	u.Known = append(slices.Clone(c.Known), u.Known...)
	return u
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
