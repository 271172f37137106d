package transform

import (
	"fmt"
	"slices"
)

// What becomes of the members of a record: values of columns, or kept beside.

// take notes the value of a member for the columns that its key feeds. What
// no column wants, or another key of higher rank gave already, is kept beside.
func (f *jsonFramer) take(fr *frame, b []byte, n *keyNode, ch *keyChild, start, end int, descended, keep bool) {
	if ch.record != f.record {
		ch.record, ch.times = f.record, 0
		ch.many++
	}
	if ch.times++; ch.times == 2 {
		f.doubled = append(f.doubled, oddMember{key: ch, prefix: n.prefix})
	}
	if b[start] == 'n' || end == start+2 && b[start] == '"' {
		return // null and "" say nothing
	}
	if ch.deeper != nil && !descended && !holdsNothing(b[start:end]) {
		f.misfits = append(f.misfits, oddMember{ch, n.prefix, start, end})
	}
	if ch.alarm {
		f.alarm = f.record
	}
	taken := descended && len(ch.leaves) == 0
	for _, leaf := range ch.leaves {
		s := &f.slots[leaf.slot]
		if s.record == f.record {
			if leaf.rank == s.rank && f.decides[leaf.slot] && !alike(b[s.start:s.end], b[start:end]) {
				f.disputed = append(f.disputed, leaf.slot)
			}
			if leaf.rank >= s.rank {
				if leaf.rank == s.rank && s.from != ch { // in another spelling
					f.doubled = append(f.doubled, oddMember{key: ch, prefix: n.prefix})
				}
				continue
			}
			if !f.elsewhere(s, leaf.slot) {
				f.keepMember(fr, b, s.prefix, s.from, s.start, s.end)
			}
		}
		*s = jsonSlot{record: f.record, start: start, end: end, rank: leaf.rank, escaped: f.scan.escaped, from: ch, prefix: n.prefix}
		taken = true
	}
	if !taken && (keep || len(ch.leaves) > 0) {
		f.keepMember(fr, b, n.prefix, ch, start, end)
	}
}

// elsewhere tells whether a column of another slot has the same value as s.
func (f *jsonFramer) elsewhere(s *jsonSlot, slot int) bool {
	return slices.ContainsFunc(s.from.leaves, func(l keyLeaf) bool {
		o := &f.slots[l.slot]
		return l.slot != slot && o.record == f.record && o.start == s.start
	})
}

// keepMember adds a member to the object of what no column claims.
func (f *jsonFramer) keepMember(fr *frame, b []byte, prefix string, ch *keyChild, start, end int) {
	f.others++
	c := &fr.cols[f.layout.members]
	c.room(f.mem, len(prefix)+len(ch.key)+end-start+32)
	out := c.values[:c.used]
	if c.used == int(c.offsets[len(fr.rows)]) {
		out = append(out, '{')
	} else {
		out = append(out, ',')
	}
	out = append(out, '"')
	out = append(append(out, prefix...), ch.key...)
	if ch.times > 1 && ch.record == f.record {
		out = fmt.Appendf(out, "#%d", ch.times)
	}
	out = append(out, '"', ':')
	if ch.hidden {
		out = append(out, maskedJSON...)
	} else {
		out = append(out, b[start:end]...)
	}
	c.used = len(out)
}

// fill copies the values of a whole record into its columns, and tells how many
// have one.
func (f *jsonFramer) fill(fr *frame, b []byte) (filled int) {
	for slot := range f.slots {
		s := &f.slots[slot]
		if s.record != f.record {
			continue
		}
		filled++
		c := &fr.cols[slot]
		val := b[s.start:s.end]
		if val[0] != '"' {
			if f.names[slot] && !f.asJSON[slot] && (val[0] == '{' || val[0] == '[') && !f.several(slot, val) {
				f.misplaced(fr, slot, val)
			}
			c.add(f.mem, val)
			continue
		}
		inner := val[1 : len(val)-1]
		if s.escaped {
			f.buf = unescape(f.buf[:0], inner)
			inner = f.buf
		}
		if f.asJSON[slot] && !looksJSON(inner) {
			inner = val
		}
		c.add(f.mem, inner)
	}
	if m := &fr.cols[f.layout.members]; m.used > int(m.offsets[len(fr.rows)]) {
		m.add(f.mem, []byte{'}'})
	}
	return filled
}

// looksJSON tells whether a string in a place for JSON holds JSON itself.
func looksJSON(s []byte) bool {
	i := blank(s, 0)
	return i < len(s) && (s[i] == '{' || s[i] == '[')
}
