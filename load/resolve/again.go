package resolve

import "slices"

// again says anew to whom those accounts belong of which the claimants may be others after some
// joins of identities.
func (o *owners) again(joins []join) {
	changed := map[int32]bool{}
	for _, j := range joins {
		changed[o.ids.forest.find(j.a)] = true
	}
	list, conflicts, seen := o.list, o.conflicts, o.seen
	o.list, o.conflicts, o.seen = make([]owner, 0, len(list)), nil, nil
	nth := 0
	o.accounts(func(root int32) {
		had := list
		if len(list) > 0 && list[0].account == root {
			list = list[1:]
		}
		hadConflicts := conflicts
		if len(conflicts) > 0 && conflicts[0].account == root {
			conflicts = conflicts[1:]
		}
		if slices.ContainsFunc(seen.of(nth), func(i int32) bool { return changed[o.ids.forest.find(i)] }) {
			c := o.claimants(root)
			o.decide(root, &c)
		} else {
			o.list = append(o.list, had[:len(had)-len(list)]...)
			o.conflicts = append(o.conflicts, hadConflicts[:len(hadConflicts)-len(conflicts)]...)
		}
		nth++
	})
}

// accounts calls do for each account.
func (o *owners) accounts(do func(root int32)) {
	for root := range int32(len(o.acc.rows)) {
		if o.acc.forest.find(root) == root {
			do(root)
		}
	}
}

// each calls do for each account, with its claimants.
func (o *owners) each(do func(root int32, c *claimants)) {
	o.accounts(func(root int32) {
		c := o.claimants(root)
		do(root, &c)
	})
}

// seen are the roots of identities that were looked at for each account, in the order of accounts.
type seen struct {
	roots []int32
	ends  []uint32 // of the roots of each account
}

func (s *seen) end() { s.ends = append(s.ends, uint32(len(s.roots))) }

// of are those of the nth account.
func (s *seen) of(nth int) []int32 {
	from := uint32(0)
	if nth > 0 {
		from = s.ends[nth-1]
	}
	return s.roots[from:s.ends[nth]]
}

// look finds the root of an identity's statement, and notes that it was looked at.
func (o *owners) look(stmt int32) int32 {
	root := o.ids.forest.find(stmt)
	if o.seen != nil {
		o.seen.roots = append(o.seen.roots, root)
	}
	return root
}

// holder is the one identity that has a value; all that have it are looked at.
func (o *owners) holder(x *index, value uint32) int32 {
	last := int32(-1)
	for _, id := range x.of(value) {
		if root := o.ids.forest.find(id.stmt); root != last {
			last = o.look(root)
		}
	}
	return x.holder(o.ids, value)
}
