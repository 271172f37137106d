package resolve

// isNonHuman tells whether some statement of a thing calls it a machine.
func (p *population) isNonHuman(root int32) bool { return p.isOf(root, NonHuman) }

// isHuman tells whether some statement of a thing calls it a person.
func (p *population) isHuman(root int32) bool { return p.isOf(root, Human) }

func (p *population) isOf(root int32, n Nature) bool {
	is := false
	p.forest.members(root, func(i int32) { is = is || p.rows[i].nature == n })
	return is
}

// besideMachines is the one person who is there among machines that have a value of
// an account, as a machine has the address of who answers for it; -1 for none. It may be
// the machine's account all the same, so the account must be told to be a person's, and
// their names be alike.
func (o *owners) besideMachines(account int32, value uint32, x *index) int32 {
	if x.unused(value) || !o.acc.isHuman(account) {
		return -1
	}
	person := int32(-1)
	for _, id := range x.idents[x.start[value]:x.start[value+1]] {
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
