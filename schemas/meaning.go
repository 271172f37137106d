package schemas

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// fingerprintOf is a hash of what the values say: of their fields that are
// set, by name, so that a field which the program gets later changes nothing
// where it is not used.
func fingerprintOf(values ...any) string {
	h := sha256.New()
	var data []byte
	for _, v := range values {
		data, _ = appendCanonical(data[:0], reflect.ValueOf(v))
		fmt.Fprintf(h, "%d:%s", len(data), data)
	}
	return hex.EncodeToString(h.Sum(nil))
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
