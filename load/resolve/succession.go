package resolve

import (
	"slices"
	"strings"
)

// export is what numbers statements: a dataset of a source.
type export struct{ source, dataset uint16 }

// nativeID is the native id of a statement of an export.
type nativeID struct {
	in   export
	part uint32
}

// succession takes from statements what they recall of somebody else: one key, such as
// an address, and another native id than before. It is somebody else if the source keeps
// the native ids of at least half of its keys, so that it does not number anew; if the
// old id is nowhere now; and if the new one is nowhere before, as it is where a counter
// went on.
func (r *Resolver) succession(p *population) {
	t := &p.things
	old := r.renumbered(p)
	if len(old) == 0 {
		return
	}
	now, before := map[nativeID]bool{}, map[nativeID]bool{}
	for i, ids := range old {
		before[p.nativeID(i)] = false
		for _, was := range ids {
			now[was] = false
		}
	}
	for i := range p.rows {
		if _, asked := now[p.nativeID(int32(i))]; asked {
			now[p.nativeID(int32(i))] = true
		}
	}
	for i := range t.earlier {
		if id := p.formerID(&t.earlier[i]); id.part != 0 {
			if _, asked := before[id]; asked {
				before[id] = true
			}
		}
	}
	gone := map[uint32]uint32{} // key of a statement -> thing of which it no longer is
	for i, ids := range old {
		if !before[p.nativeID(i)] && !slices.ContainsFunc(ids, func(was nativeID) bool { return now[was] }) {
			gone[p.rows[i].key] = t.of(i).thing
			t.had[i] = -1
		}
	}
	for i := range p.rows { // who tells no native id means whom the key means now
		if s := &p.rows[i]; s.part == 0 && gone[s.key] != 0 && t.of(int32(i)).thing == gone[s.key] {
			t.had[i] = -1
		}
	}
}

// renumbered are the statements of keys that have another native id than before, with
// the former ones, of exports that keep at least as many.
func (r *Resolver) renumbered(p *population) map[int32][]nativeID {
	t := &p.things
	if len(t.earlier) == 0 {
		return nil
	}
	type place struct {
		key     uint32
		dataset uint16
	}
	asked := map[place]int32{}
	for i := range p.rows {
		if s := &p.rows[i]; s.part != 0 && t.had[i] >= 0 && t.earlier[t.had[i]].part != s.part {
			asked[place{s.key, s.dataset}] = int32(i)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	out, kept := map[int32][]nativeID{}, map[export]int{}
	for n := range t.earlier {
		e := &t.earlier[n]
		if i, ok := asked[place{e.key, e.dataset}]; ok && e.part != 0 && e.thing == t.of(i).thing {
			out[i] = append(out[i], p.formerID(e))
		}
	}
	for i := range p.rows {
		if s := &p.rows[i]; s.part != 0 && t.had[i] >= 0 && t.earlier[t.had[i]].part == s.part {
			kept[export{s.source, s.dataset}]++
		}
	}
	for i := range out {
		kept[p.nativeID(i).in]--
	}
	for i := range out {
		if kept[p.nativeID(i).in] < 0 {
			delete(out, i)
		}
	}
	return out
}

func (p *population) nativeID(i int32) nativeID {
	return nativeID{export{p.rows[i].source, p.rows[i].dataset}, p.rows[i].part}
}

// formerID is the native id of a statement of an earlier run, of which only the key, which
// begins with it, says the source.
func (p *population) formerID(e *earlier) nativeID {
	source, _, _ := strings.Cut(p.text.String(e.key), ":")
	return nativeID{export{p.sources.of[source], e.dataset}, e.part}
}
