package frame

// Fields says what is read of JSON records.
type Fields struct {
	Columns []Field                  // of the contract
	Key     func(name string) string // the form in which keys are compared
}

// Field is what is read for a column.
type Field struct {
	Slot    int    // -1: none
	From    []From // where its value may be; the first that is there counts
	JSON    bool   // the value is kept as JSON
	Text    bool   // it is a text: no place for an object or a list
	Lists   bool   // though one of single values may be there
	Masked  bool   // it is not to be shown
	Decides bool   // a record makes no sense without it
}

// From is a key at the top of a record, in the form of [Fields].Key. Where it
// may be a path too, Path has the steps, each in that form.
type From struct {
	Name string
	Path []string
}

// Judge decides about what a framer of JSON meets.
type Judge interface {
	// Key is told of each key of a record when it is first met, and may mark it.
	// top is true of keys of the record itself.
	Key(key *Key, name string, top bool)
	// Beside judges a member of a document that stands beside the records, by its
	// normalised name. root is true of members of the document itself. An error
	// refuses the text.
	Beside(name string, value []byte, root bool) error
	// Record accepts or refuses the record b[start:end], whose members the framer
	// has noted. An error refuses the text.
	Record(f *Frame, b []byte, start, end int) error
}

// misplaced is an object or a list where a text should be.
type misplaced struct {
	Slot int
	Sort string
}

// Member is a member that is noted while its record is not known to be whole.
type Member struct {
	Key        *Key
	prefix     string
	Start, End int
}

// Name is the key with those that lead to it, shortened for a message.
func (o *Member) Name() string { return Clip(o.prefix+string(o.Key.Name), 200) }

// Has tells whether the record has a value of the slot.
func (f *JSON) Has(slot int) bool { return f.slots[slot].record == f.Number }

// KeyOf is the key, as delivered, under which the record has the value of a slot.
func (f *JSON) KeyOf(slot int) []byte { return f.slots[slot].from.Name }

// Fills tells whether the value of a slot is that of an odd member.
func (f *JSON) Fills(slot int, m *Member) bool {
	return f.Has(slot) && f.slots[slot].start == m.Start
}
