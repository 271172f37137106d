package frame

// Layout says where the cells of a text go: which slots (columns of raw cells)
// a framer fills, from where.
type Layout struct {
	Slots   int
	Members int // slot that holds a JSON object of all that no column claims, or -1
	Dialect Dialect
	// The rest is for CSV only.
	Header  []string   // as delivered
	Want    []int32    // header position -> slot, or -1
	Least   int        // cells that a short record has at least; 0: short records are not read
	Words   [][]string // by header position: words that the column may have, in lower case
	Aligned bool       // no column is missing whose absence could have moved those after it
	// Report tells whether a line is one of a report, such as a total, and no record.
	Report func(rec []byte) bool
	// Remark tells why a record as wide as the header is none, "" where it is one.
	Remark func(rec []byte) string
}
