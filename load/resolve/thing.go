package resolve

// thing is what a component is about.
type thing struct {
	key     uint32 // interned
	founder int32  // the statement that founded it
	founded int64
}

// thing is that of a root.
func (p *population) thing(root int32) *thing { return &p.things.list[p.things.number[root]] }

// listThings makes the things of a kind, of which nothing is known yet.
func (p *population) listThings() {
	t := &p.things
	t.number = make([]uint32, len(p.rows))
	t.list = make([]thing, 0, len(p.rows)-len(p.forest.joins)) // a join makes two things one
	for i := range int32(len(p.rows)) {
		if p.forest.find(i) == i {
			t.number[i] = uint32(len(t.list))
			t.list = append(t.list, thing{founder: -1})
		}
	}
}
