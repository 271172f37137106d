package schemas

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// fingerprintOf is a hash of what the values say: of their fields that are
// set, by name, so that a field which the program gets later changes nothing
// where it is not used.
func fingerprintOf(values ...any) (string, error) {
	h := sha256.New()
	for _, v := range values {
		data, err := json.Marshal(v)
		if err != nil {
			return "", err
		}
		var tree any
		if err := json.Unmarshal(data, &tree); err != nil {
			return "", err
		}
		if data, err = json.Marshal(said(tree)); err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%d:%s", len(data), data)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// said drops the members of objects that say nothing.
func said(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, m := range v {
			m = said(m)
			if v[k] = m; isUnset(m) {
				delete(v, k)
			}
		}
	case []any:
		for i := range v {
			v[i] = said(v[i])
		}
	}
	return v
}

func isUnset(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// meaning is c without what changes nothing that is loaded: words for people,
// where it was read from, and the order in which columns of a row are set.
func (c *Contract) meaning() *Contract {
	out := *c
	out.Grain, out.Doc, out.Fingerprint, out.File = "", "", "", ""
	out.LeftOut = nil
	out.Columns = slices.Clone(c.Columns)
	for i := range out.Columns {
		out.Columns[i].Comment = ""
	}
	out.Plain = slices.Clone(c.Plain)
	for i := range out.Plain {
		out.Plain[i].Why = ""
	}
	out.Emit = slices.Clone(c.Emit)
	for i := range out.Emit {
		e := &out.Emit[i]
		e.Strength, e.Identify = "", nil // how rows become things is no part of the rows
		e.Set = slices.Clone(e.Set)
		slices.SortStableFunc(e.Set, func(a, b Assign) int { return strings.Compare(a.Target, b.Target) })
	}
	return &out
}

// meaning is the tables without their comments.
func (c *Common) meaning() []Table {
	out := make([]Table, len(c.Tables))
	for i, t := range c.Tables {
		out[i] = *t
		out[i].Comment = ""
		out[i].Fields = slices.Clone(t.Fields)
		for k := range out[i].Fields {
			out[i].Fields[k].Comment = ""
		}
	}
	return out
}
