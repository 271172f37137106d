package frame

import (
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// What becomes of the members of a record: values of columns, or kept beside.

// take notes the value of a member for the columns that its key feeds. What
// no column wants, or another key of higher rank gave already, is kept beside.
func (f *JSON) take(fr *Frame, b []byte, n *keyNode, ch *Key, start, end int, descended, keep bool) {
	if ch.Number != f.Number {
		ch.Number, ch.times = f.Number, 0
		ch.many++
	}
	if ch.times++; ch.times == 2 {
		f.Repeated = append(f.Repeated, Member{Key: ch, prefix: n.prefix})
	}
	if b[start] == 'n' || end == start+2 && b[start] == '"' {
		return // null and "" say nothing
	}
	if ch.Deeper != nil && !descended && !scan.HoldsNothing(b[start:end]) {
		f.Misfits = append(f.Misfits, Member{ch, n.prefix, start, end})
	}
	if ch.Alarm {
		f.Alarm = f.Number
	}
	taken := descended && len(ch.Leaves) == 0
	for _, leaf := range ch.Leaves {
		s := &f.slots[leaf.Slot]
		if s.record == f.Number {
			if leaf.rank == s.rank && f.decides[leaf.Slot] && !scan.Alike(b[s.start:s.end], b[start:end]) {
				f.Disputed = append(f.Disputed, leaf.Slot)
			}
			if leaf.rank >= s.rank {
				if leaf.rank == s.rank && s.from != ch { // in another spelling
					f.Repeated = append(f.Repeated, Member{Key: ch, prefix: n.prefix})
				}
				continue
			}
			if !f.elsewhere(s, leaf.Slot) {
				f.keepMember(fr, b, s.prefix, s.from, s.start, s.end)
			}
		}
		*s = jsonSlot{record: f.Number, start: start, end: end, rank: leaf.rank, escaped: f.scan.Escaped, from: ch, prefix: n.prefix}
		taken = true
	}
	if !taken && (keep || len(ch.Leaves) > 0) {
		f.keepMember(fr, b, n.prefix, ch, start, end)
	}
}

// elsewhere tells whether a column of another slot has the same value as s.
func (f *JSON) elsewhere(s *jsonSlot, slot int) bool {
	return slices.ContainsFunc(s.from.Leaves, func(l keyLeaf) bool {
		o := &f.slots[l.Slot]
		return l.Slot != slot && o.record == f.Number && o.start == s.start
	})
}

// keepMember adds a member to the object of what no column claims.
func (f *JSON) keepMember(fr *Frame, b []byte, prefix string, ch *Key, start, end int) {
	f.Others++
	c := &fr.Cols[f.layout.Members]
	c.Room(f.mem, len(prefix)+len(ch.Name)+end-start+32)
	out := c.Values[:c.Used]
	if c.Used == int(c.Offsets[len(fr.Rows)]) {
		out = append(out, '{')
	} else {
		out = append(out, ',')
	}
	out = append(out, '"')
	out = append(append(out, prefix...), ch.Name...)
	if ch.times > 1 && ch.Number == f.Number {
		out = fmt.Appendf(out, "#%d", ch.times)
	}
	out = append(out, '"', ':')
	if ch.Hidden {
		out = append(append(append(out, '"'), schemas.Hidden...), '"')
	} else {
		out = append(out, b[start:end]...)
	}
	c.Used = len(out)
}

// Fill copies the values of a whole record into its columns, and tells how many
// have one.
func (f *JSON) Fill(fr *Frame, b []byte) (filled int) {
	for slot := range f.slots {
		s := &f.slots[slot]
		if s.record != f.Number {
			continue
		}
		filled++
		c := &fr.Cols[slot]
		val := b[s.start:s.end]
		if val[0] != '"' {
			if f.names[slot] && !f.AsJSON[slot] && (val[0] == '{' || val[0] == '[') && !(f.lists[slot] && several(val)) {
				f.Misplaced = append(f.Misplaced, misplaced{slot, scan.SortOf(val)})
			}
			c.Add(f.mem, val)
			continue
		}
		inner := val[1 : len(val)-1]
		if s.escaped {
			f.buf = scan.Unescape(f.buf[:0], inner)
			inner = f.buf
		}
		if f.AsJSON[slot] && !scan.LooksJSON(inner) {
			inner = val
		}
		c.Add(f.mem, inner)
	}
	if m := &fr.Cols[f.layout.Members]; m.Used > int(m.Offsets[len(fr.Rows)]) {
		m.Add(f.mem, []byte{'}'})
	}
	return filled
}

// several tells whether val is a list of single values.
func several(val []byte) bool {
	if val[0] != '[' {
		return false
	}
	single := true
	scan.EachItem(val, func(raw []byte) { single = single && raw[0] != '{' && raw[0] != '[' && raw[0] != 'n' })
	return single
}
