package resolve

import "slices"

// keyed finds the statements of a key.
type keyed struct {
	start []uint32 // by the number of the key
	stmts []int32
}

// keyed is told how many texts there are, or were when the last statement came.
func (p *population) keyed(texts int) keyed {
	k := keyed{make([]uint32, texts+2), make([]int32, len(p.rows))}
	for i := range p.rows {
		k.start[p.rows[i].key+2]++
	}
	for i := 2; i < len(k.start); i++ {
		k.start[i] += k.start[i-1]
	}
	for i := range p.rows { // what is one behind the key is where its next statement goes, and in the end where the next key begins
		at := &k.start[p.rows[i].key+1]
		k.stmts[*at] = int32(i)
		*at++
	}
	return k
}

// of are the statements of a key, in order.
func (k *keyed) of(key uint32) []int32 {
	if int(key)+1 >= len(k.start) {
		return nil
	}
	return k.stmts[k.start[key]:k.start[key+1]]
}

// each calls do for each key that statements have, in the order of its number.
func (k *keyed) each(do func(key uint32, stmts []int32)) {
	for key := range uint32(len(k.start) - 1) {
		if stmts := k.of(key); len(stmts) > 0 {
			do(key, stmts)
		}
	}
}

// index finds the statements that have a value.
type index struct {
	idents []ident
	start  []uint32 // by value
}

func (p *population) index(idents []ident) index {
	texts := p.text.Len()
	x := index{idents: slices.Clone(p.sort.byValue(idents, texts)), start: make([]uint32, texts+1)}
	for i := range x.idents {
		x.start[x.idents[i].value+1]++
	}
	for i := range texts {
		x.start[i+1] += x.start[i]
	}
	return x
}

// of are the identifiers of a value.
func (x *index) of(value uint32) []ident {
	if int(value)+1 >= len(x.start) {
		return nil
	}
	return x.idents[x.start[value]:x.start[value+1]]
}
