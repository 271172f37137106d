// Package merge makes one row of all that is said of a thing, or of an edge. docs/things.md
// has the rules. It knows no database: statements go in, rows come out.
package merge

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// Standing says how a statement stands to others about the same thing: of two that
// contradict each other the stronger one counts, then the one whose version is the newer,
// then that of the greater weight.
type Standing struct {
	Strength uint8  // a greater one goes before
	Source   uint16 // number of the source
	Weight   uint32 // of source and dataset: a greater one goes before
	Since    int64  // when this version was first seen, in microseconds since 1970
}

// statement is a statement about a thing.
type statement struct {
	standing uint32   // number of its standing
	before   uint32   // another one about the same thing; none for none
	hash     [16]byte // decides between rows of one export
}

// stronger orders statements by what goes before.
func (t *Things) stronger(x, y uint32) int {
	s, u := t.statements.at(int(x)), t.statements.at(int(y))
	a, b := &t.standings[s.standing], &t.standings[u.standing]
	return cmp.Or(cmp.Compare(b.Strength, a.Strength), cmp.Compare(b.Since, a.Since), cmp.Compare(b.Weight, a.Weight), bytes.Compare(u.hash[:], s.hash[:]))
}

// Things are what is said of the things of one table, each of which has a number.
type Things struct {
	*Values
	fields  []field
	unknown Value
	// Of each statement, by its number:
	statements blocks[statement]
	cells      blocks[Value] // one for each field
	last       []uint32      // of each thing its last statement; none for none
	standings  []Standing
	numbers    map[Standing]uint32 // of standings
	rows       int
	names      []string // of sources
}

const none = ^uint32(0)

// New has no statements yet. names are those of the sources, by their numbers, in the order of the alphabet.
func New(t *schemas.Table, fields []*schemas.Field, names []string) *Things {
	out := &Things{Values: newValues(), fields: fieldsOf(t, fields), numbers: map[Standing]uint32{}}
	out.unknown = out.Text("unknown")
	out.names = names
	return out
}

// Add adds a statement about a thing, with the hash of its row and a value for each field.
func (t *Things) Add(thing uint32, standing Standing, hash [16]byte, cells []Value) {
	for int(thing) >= len(t.last) {
		t.last = append(t.last, none)
	}
	n, ok := t.numbers[standing]
	if !ok {
		n = uint32(len(t.standings))
		t.numbers[standing], t.standings = n, append(t.standings, standing)
	}
	*t.statements.add() = statement{n, t.last[thing], hash}
	for _, v := range cells {
		*t.cells.add() = v
	}
	t.last[thing] = uint32(t.rows)
	t.rows++
}

// Reader makes rows of things to which no more is added. Several readers may do so side by
// side.
type Reader struct {
	*Things
	list, own []uint32
	row       Row
	said      []said
	object    object
	made      []byte // objects of the row
}

// Reader is a new reader.
func (t *Things) Reader() *Reader {
	return &Reader{Things: t, row: Row{Values: make([][]byte, len(t.fields))}}
}

// Row is what is said of a thing. It is lent until the next one of its reader.
type Row struct {
	// Values are those of the fields, as [Values] has them; nil for NULL.
	Values [][]byte
	// Disagreements are what each source says in the fields in which sources differ, as JSON
	// {field: {source: value}}; nil for none.
	Disagreements []byte
	Sources       []uint16 // that say something, in order
	Since         int64    // of the statement first seen, in microseconds since 1970
}

// Row makes the row of a thing. Of a thing of which nothing is said all is NULL.
func (t *Reader) Row(thing uint32) *Row {
	t.gather(thing)
	r := &t.row
	if len(t.list) == 1 {
		for i := range t.fields {
			r.Values[i] = t.Get(t.cell(t.list[0], i))
		}
		r.Disagreements = nil
		return r
	}
	r.Disagreements, t.made = r.Disagreements[:0], t.made[:0]
	for i := range t.fields {
		f := &t.fields[i]
		same := t.same(f)
		if r.Values[i] = t.Get(t.value(f, t.list)); same {
			continue
		}
		if f.how == union {
			if u := t.unite(f); u != nil {
				r.Values[i] = u
			}
		}
		if f.compared && len(r.Sources) > 1 {
			t.compare(f)
		}
	}
	if len(r.Disagreements) > 0 {
		r.Disagreements = append(r.Disagreements, '}')
	} else {
		r.Disagreements = nil
	}
	return r
}

// gather lists the statements about a thing, the strongest first, and who makes them.
func (t *Reader) gather(thing uint32) {
	t.list = t.list[:0]
	if int(thing) < len(t.last) {
		for s := t.last[thing]; s != none; s = t.statements.at(int(s)).before {
			t.list = append(t.list, s)
		}
	}
	if len(t.list) > 1 {
		slices.SortFunc(t.list, t.stronger)
	}
	r := &t.row
	r.Sources, r.Since = r.Sources[:0], 0
	for i, s := range t.list {
		of := t.standing(s)
		if at, had := slices.BinarySearch(r.Sources, of.Source); !had {
			r.Sources = slices.Insert(r.Sources, at, of.Source)
		}
		if i == 0 || of.Since < r.Since {
			r.Since = of.Since
		}
	}
}

func (t *Things) standing(statement uint32) *Standing {
	return &t.standings[t.statements.at(int(statement)).standing]
}

func (t *Things) cell(statement uint32, field int) Value {
	return *t.cells.at(int(statement)*len(t.fields) + field)
}

// Some is the value of a field in some statement about a thing that has one.
func (t *Things) Some(thing uint32, field int) Value { return t.cell(t.last[thing], field) }

// same tells whether all statements that say something of a field say the same.
func (t *Reader) same(f *field) bool {
	var first Value
	for _, s := range t.list {
		switch v := t.cell(s, f.nth); {
		case v == null || v == first:
		case first == null:
			first = v
		default:
			return false
		}
	}
	return true
}

// value is what statements, the strongest first, say of a field.
func (t *Things) value(f *field, of []uint32) (best Value) {
	for _, s := range of {
		v := t.cell(s, f.nth)
		if f.how == word {
			if w := t.cell(s, f.word); w != null && w != t.unknown {
				return v
			}
		}
		switch {
		case v == null:
		case best == null:
			if f.how == first || f.how == known && v != t.unknown || f.how == union {
				return v
			}
			best = v
		case f.how == known && v != t.unknown:
			return v
		case f.how == greatest && t.less(f, best, v), f.how == least && t.less(f, v, best):
			best = v
		}
	}
	return best
}

// less orders values of a field.
func (t *Things) less(f *field, a, b Value) bool {
	if f.Type.IsText() {
		return bytes.Compare(t.Get(a), t.Get(b)) < 0
	}
	return Number(t.Get(a)) < Number(t.Get(b))
}

// how a field of a thing comes of those of statements.
type how int

const (
	first    how = iota // the strongest statement that says something
	known               // the same, but a word that a vendor's contract does not know only if there is no other
	word                // the vendor's own word for that: of the same statement
	greatest            // also: true if any says so
	least
	union
)

type field struct {
	*schemas.Field
	nth      int
	how      how
	word     int  // the field of whose word, in the vendor's spelling, this is
	compared bool // sources that differ in it disagree
}

func fieldsOf(t *schemas.Table, fields []*schemas.Field) []field {
	out := make([]field, len(fields))
	for i, f := range fields {
		raw, isRaw := strings.CutSuffix(f.Name, "_raw")
		// Keys, the vendors' own words and whole objects differ anyway.
		out[i] = field{Field: f, nth: i, compared: f.Type != schemas.JSON && f.Refers == "" && f.RefersBy == "" && !isRaw}
		of := slices.IndexFunc(fields, func(g *schemas.Field) bool { return isRaw && g.Name == raw && mayBeUnknown(g) })
		switch {
		case of >= 0:
			out[i].how, out[i].word = word, of
		case mayBeUnknown(f):
			out[i].how = known
		case f.Merge == schemas.AnyOf, f.Merge == schemas.Max:
			out[i].how = greatest
		case f.Merge == schemas.Min:
			out[i].how = least
		case f.Merge == schemas.Union:
			out[i].how = union
		}
	}
	return out
}

// mayBeUnknown tells whether a field has one of some words, or unknown for any other that
// a vendor used.
func mayBeUnknown(f *schemas.Field) bool {
	return f.Merge == schemas.Prefer && slices.Contains(f.Enum, "unknown")
}
