package scan

// Eight bytes are looked at at a time, as one word.

// What [HasZero] is made of, and comparisons of eight bytes with one.
const (
	Ones  = 0x0101010101010101
	Highs = 0x8080808080808080
)

// HasZero sets the high bit of each byte of x that is zero; the lowest set
// bit is exact, those above may be false.
func HasZero(x uint64) uint64 { return (x - Ones) &^ x & Highs }

// Broadcast puts b in each byte of a word.
func Broadcast(b byte) uint64 { return Ones * uint64(b) }
