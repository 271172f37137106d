package frame

// Fields says what is read of JSON records.
type Fields struct {
	Columns []Field                  // of the contract
	Key     func(name string) string // the form in which keys are compared
}

// Field is what is read for a column.
type Field struct {
	Slot    int    // that the value is put into; -1: none
	From    []From // where the value may be; the first that is there counts
	JSON    bool   // the value is kept as JSON
	Text    bool   // the value is a text, where no object or list belongs
	Lists   bool   // with Text: a list of single values is allowed
	Masked  bool   // the value must not be shown
	Decides bool   // a record makes no sense without the value
}

// From is a key at the top of a record, in the form of [Fields].Key. Where it
// may be a path too, Path has the steps, each in that form.
type From struct {
	Name string
	Path []string
}

// Judge decides about what a framer of JSON meets.
type Judge interface {
	// Key is called for each key when it is first met, and may mark it. top is true
	// for keys of the record itself.
	Key(key *Key, name string, top bool)
	// Beside judges a member of a document beside the records, by its normalised
	// name. root is true for members of the document itself. An error refuses the
	// text.
	Beside(name string, value []byte, root bool) error
	// Record must call Accept or Refuse of the framer for the record b[start:end],
	// whose members the framer has noted. An error refuses the text.
	Record(f *Frame, b []byte, start, end int) error
}

// misplaced is an object or a list where a text should be.
type misplaced struct {
	Slot int
	Sort string
}

// Member is a member of a record that the framer noted for the judge.
type Member struct {
	Key        *Key
	prefix     string
	Start, End int
}

// Name is the key with the keys that lead to it, shortened for a message.
func (o *Member) Name() string { return Clip(o.prefix+string(o.Key.Name), 200) }

// Has tells whether the record has a value of the slot.
func (f *JSON) Has(slot int) bool { return f.slots[slot].record == f.Number }

// KeyOf is the key, as delivered, under which the record has the value of a slot.
func (f *JSON) KeyOf(slot int) []byte { return f.slots[slot].from.Name }

// Fills tells whether the value of a slot is that of the member.
func (f *JSON) Fills(slot int, m *Member) bool {
	return f.Has(slot) && f.slots[slot].start == m.Start
}
