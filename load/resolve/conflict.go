package resolve

import (
	"slices"
)

// conflict is a join that was refused, all or a part of it.
type conflict struct {
	rule   int16
	space  int16
	value  uint32
	why    why
	chain  bool
	stmts  []int32 // one of each thing that the value names
	joined []int32 // those of them that were joined all the same
}

// shared is a value that identifies nobody, as several things of one export
// have it.
type shared struct {
	space  int16
	value  uint32
	things int
}

// refuse notes that a value would have joined what is never joined. Where each
// pair of the things is told apart by one source, nobody proposed a join: the
// value is shared.
func (p *population) refuse(l *level, w why, space int16, value uint32, roots, kept []int32) {
	if len(roots) > l.r.rules.Crowd {
		p.conflicts = append(p.conflicts, conflict{l.nth, space, value, whyCrowd, false, slices.Clone(roots[:l.r.rules.Crowd]), nil})
		return
	}
	proposed := w == whyUnlike || len(kept) > 0 // those who left gave way: a value was reused
	for i, a := range roots {
		for _, b := range roots[:i] {
			if proposed {
				break
			}
			if _, bad := p.clash(a, b); !bad {
				proposed = true
			} else {
				proposed = !p.toldApart(a, b)
			}
		}
	}
	if !proposed {
		p.shared = append(p.shared, shared{space, value, len(roots)})
		return
	}
	if w <= whyNative { // say what forbids, not that a source tells apart, where both hold
		for i, a := range roots {
			for _, b := range roots[:i] {
				if v, bad := p.clash(a, b); bad && v > w {
					w = v
				}
			}
		}
	}
	c := conflict{l.nth, space, value, w, false, slices.Clone(roots), slices.Clone(kept)}
	slices.Sort(c.stmts)
	slices.Sort(c.joined)
	p.conflicts = append(p.conflicts, c)
}

// toldApart tells whether one source lists the two as two.
func (p *population) toldApart(a, b int32) bool {
	t := &p.tokens
	apart := false
	p.forest.members(a, func(i int32) {
		for _, x := range t.list[t.start[i]:t.start[i+1]] {
			if apart || t.slots[x.slot] > whyNative {
				continue
			}
			p.forest.members(b, func(j int32) {
				for _, y := range t.list[t.start[j]:t.start[j+1]] {
					apart = apart || x.slot == y.slot && t.value(x) != t.value(y)
				}
			})
		}
	})
	return apart
}

func (p *population) refuseChain(l *level, w why, space int16, value uint32, roots []int32) {
	if len(roots) > l.r.rules.Crowd {
		roots = roots[:l.r.rules.Crowd]
	}
	p.conflicts = append(p.conflicts, conflict{l.nth, space, value, w, true, slices.Clone(roots), nil})
}

// share notes a value that a crowd has.
func (p *population) share(space int16, block []ident) {
	p.epoch++
	n := 0
	for _, id := range block {
		if p.mark(p.forest.find(id.stmt)) {
			n++
		}
	}
	p.shared = append(p.shared, shared{space, block[0].value, n})
}
