package resolve

import "slices"

// isNonHuman tells whether some statement of a thing calls it a machine.
func (p *population) isNonHuman(root int32) bool { return p.forest.traits[root]&hasMachine != 0 }

// isHuman tells whether some statement of a thing calls it a person.
func (p *population) isHuman(root int32) bool { return p.forest.traits[root]&hasPerson != 0 }

// people keeps the roots that are no machines, where all others are told to be people
// and nothing tells these apart: a machine has the address of who answers for it. Of
// whom nobody says it may be either.
func (l *level) people(roots []int32) []int32 {
	if !l.rule.Current {
		return nil
	}
	kept := slices.DeleteFunc(slices.Clone(roots), l.p.isNonHuman)
	if slices.ContainsFunc(kept, func(root int32) bool { return !l.p.isHuman(root) }) {
		return nil
	}
	if _, bad := l.p.clash(kept...); bad {
		return nil
	}
	return kept
}

// otherMachines tells whether two of the roots are machines of other names: one who
// answers for many gives all of them one address.
func (l *level) otherMachines() bool {
	for i, a := range l.roots {
		for _, b := range l.roots[:i] {
			if l.p.isNonHuman(a) && l.p.isNonHuman(b) && l.p.otherNames(l.r, a, b) {
				return true
			}
		}
	}
	return false
}

// besideMachines is the one person who is there among machines that have a value of
// an account, as a machine has the address of who answers for it; -1 for none. It may be
// the machine's account all the same, so the account must be told to be a person's, and
// their names be alike.
func (o *owners) besideMachines(account int32, value uint32, x *index) int32 {
	if !o.acc.isHuman(account) {
		return -1
	}
	person := int32(-1)
	for _, id := range x.of(value) {
		root := o.ids.forest.find(id.stmt)
		if root == person || o.ids.isNonHuman(root) || o.ids.hasEnded(root) {
			continue
		}
		if person >= 0 {
			return -1
		}
		person = root
	}
	if person < 0 || !o.alike(account, person) {
		return -1
	}
	return person
}
