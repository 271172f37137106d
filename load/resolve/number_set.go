package resolve

// numberSet is a set of numbers of texts.
type numberSet []uint64

func (s *numberSet) add(n uint32) {
	at := int(n / 64)
	if at >= len(*s) {
		*s = append(*s, make([]uint64, at+1-len(*s))...)
	}
	(*s)[at] |= 1 << (n % 64)
}

func (s numberSet) has(n uint32) bool { return int(n/64) < len(s) && s[n/64]&(1<<(n%64)) != 0 }
