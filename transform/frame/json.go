package frame

import (
	"fmt"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// The JSON framer passes over a record once, strictly, notes where the values
// of the columns lie, and copies those when the record is known to be whole.
// Members that no column claims are copied into one slot as an object.
//
// A text is a run of root values of one sort. An array at the root, or the one
// found by a path in a document, holds the records; other root
// objects are records themselves. Where a value stands on each line, a broken
// line is a reject; anywhere else a break means that the rest is unknown, an
// error.

// JSON frames the records of a JSON text.
type JSON struct {
	cutter
	judge  Judge
	Fields *Fields
	scan   scan.Scanner
	Keys   *keyNode

	Lines bool         // one value a line
	Path  schemas.Path // of the records in a document; nil when the root value holds them

	state  jsonState
	first  bool // in an array or an object of the document: nothing passed yet
	level  int  // objects of the document that are open
	onPath bool // records were found at the path
	Roots  roots

	Number uint64 // number of the attempt at a record
	slots  []jsonSlot
	AsJSON []bool // slot keeps the value as JSON
	names  []bool // slot is of a text column that names something: no place for an object
	Met    []bool // slot was fed by some key
	masked []bool // slot is of a column with a mask
	lists  []bool // slot may have a list of single values
	// decides: slot is of a column without which a record makes no sense.
	decides []bool
	Notice  func(key string)
	buf     []byte

	// What is to be settled with the record.
	Misfits []Member // texts and lists where an object is looked into
	// Misplaced are objects and lists where a text should be.
	Misplaced []misplaced
	Others    int      // members of the record that no column reads
	Repeated  []Member // keys that came before
	// Disputed are the slots of columns that a record must have, and says in two ways.
	Disputed []int
	Alarm    uint64 // record that has a key of an error message

	// A probe looks at a document without framing: it gathers the scalars
	// around the records, and the names of all members.
	probe    bool
	document map[string]string
	members  []string
}

type jsonState int

const (
	atRoot jsonState = iota
	inArray
	inDocument
)

// jsonSlot is where the value of a column lies in the record.
type jsonSlot struct {
	record     uint64
	start, end int
	rank       int
	escaped    bool
	from       *Key
	prefix     string
}

// newJSONFramer frames records by fields, nil for a probe, as judge has it.
func newJSONFramer(c cutter, fields *Fields, judge Judge, lines bool, path schemas.Path) *JSON {
	f := &JSON{cutter: c, Fields: fields, judge: judge, Lines: lines, Path: path}
	f.cutter.step, f.cutter.oversize = f.step, f.oversize
	if fields == nil {
		return f
	}
	f.Keys = fields.tree()
	f.slots = make([]jsonSlot, c.layout.Slots)
	f.AsJSON = make([]bool, c.layout.Slots)
	f.names = make([]bool, c.layout.Slots)
	f.Met = make([]bool, c.layout.Slots)
	f.masked = make([]bool, c.layout.Slots)
	f.lists = make([]bool, c.layout.Slots)
	f.decides = make([]bool, c.layout.Slots)
	for i := range fields.Columns {
		if x := &fields.Columns[i]; x.Slot >= 0 {
			f.AsJSON[x.Slot], f.names[x.Slot], f.masked[x.Slot] = x.JSON, x.Text, x.Masked
			f.lists[x.Slot], f.decides[x.Slot] = x.Lists, x.Decides
		}
	}
	return f
}

func (f *JSON) added(key string) {
	if f.Notice != nil {
		f.Notice(key)
	}
}

// step passes over one record or one token of what is around records.
func (f *JSON) step(fr *Frame) (scan.Status, error) {
	b := f.w.buf[:f.w.n]
	i := scan.Blank(b, f.w.pos)
	f.w.pos = i
	f.scan.EOF = f.w.eof
	if i == len(b) {
		if f.w.eof && f.state != atRoot {
			return scan.Bad, f.truncated()
		}
		return scan.More, nil
	}
	switch {
	case f.state == inDocument:
		return f.member(fr, b, i)
	case f.state == inArray:
		return f.item(fr, b, i)
	case b[i] == '[' && !f.Lines:
		if err := f.root(fr, RootArray); err != nil {
			return scan.Bad, err
		}
		f.state, f.first = inArray, true
	case b[i] == '{' && f.Path != nil:
		if err := f.root(fr, rootDocument); err != nil {
			return scan.Bad, err
		}
		f.state, f.first, f.level = inDocument, true, 1
	default:
		if !f.Lines {
			if err := f.root(fr, rootRecord); err != nil {
				return scan.Bad, err
			}
		}
		return f.element(fr, b, i)
	}
	f.w.pos++
	return scan.Good, nil
}

// item passes over a comma and the record behind it, or the end of the array.
func (f *JSON) item(fr *Frame, b []byte, i int) (scan.Status, error) {
	switch {
	case b[i] == ']': // a comma is taken together with the record behind it
		f.w.pos++
		f.state = atRoot
		if f.level > 0 {
			f.state, f.first = inDocument, false
		}
		return scan.Good, nil
	case f.first:
		return f.element(fr, b, i)
	case b[i] != ',':
		return scan.Bad, f.syntax(i, "',' or ']' was expected between records")
	}
	if i = scan.Blank(b, i+1); i == len(b) {
		if f.w.eof {
			return scan.Bad, f.truncated()
		}
		return scan.More, nil
	}
	return f.element(fr, b, i)
}

// element frames the value at i.
func (f *JSON) element(fr *Frame, b []byte, i int) (scan.Status, error) {
	f.Number++
	f.scan.Deepest, f.scan.Lone, f.scan.Nul = 0, false, false
	f.scan.Limit = 0
	f.Misfits, f.Misplaced, f.Repeated, f.Disputed, f.Others = f.Misfits[:0], f.Misplaced[:0], f.Repeated[:0], f.Disputed[:0], 0
	if f.Lines {
		f.scan.Limit = f.o.MaxDepth
	}
	var next int
	var st scan.Status
	if isObject := b[i] == '{'; isObject && !f.probe {
		next, st = f.object(fr, b, i, f.Keys, true)
	} else {
		next, st = f.scan.Value(b, i)
	}
	switch {
	case st == scan.More && !f.w.eof:
		f.rollback(fr)
		return scan.More, nil
	case st != scan.Good && f.Lines:
		return f.badLine(fr, b, i, st)
	case st == scan.More:
		return scan.Bad, f.truncated()
	case st == scan.Bad:
		return scan.Bad, f.syntax(i, f.scan.Why)
	}
	f.first = false
	if !f.probe {
		if err := f.settle(fr, b, i, next); err != nil {
			f.w.pos = i
			return scan.Bad, err
		}
	}
	f.w.pos = next
	return scan.Good, nil
}

// settle makes a reject of a whole value that is no record, and has the others
// judged.
func (f *JSON) settle(fr *Frame, b []byte, start, end int) error {
	switch {
	case int64(end-start) > f.o.MaxRecord:
		f.Refuse(fr, start, end, schemas.RuleLimit, f.limitMessage())
	case f.scan.Deepest > f.o.MaxDepth:
		f.Refuse(fr, start, end, schemas.RuleLimit, fmt.Sprintf("nested deeper than %d levels", f.o.MaxDepth))
	case b[start] != '{':
		f.Refuse(fr, start, end, schemas.RuleFrame, "the record is not a JSON object")
	case f.scan.Lone:
		f.Refuse(fr, start, end, schemas.RuleFrame, "half a surrogate pair in a string")
	case f.scan.Nul:
		f.Refuse(fr, start, end, schemas.RuleFrame, "a NUL character in a string")
	default:
		return f.judge.Record(fr, b, start, end)
	}
	return nil
}

func (f *JSON) limitMessage() string {
	return fmt.Sprintf("the record is longer than %d bytes", f.o.MaxRecord)
}

// badLine makes a reject of the rest of a physical line. The last one may be
// all that arrived of it.
func (f *JSON) badLine(fr *Frame, b []byte, i int, st scan.Status) (scan.Status, error) {
	end, after := physicalLine(b, i)
	if after < 0 {
		if !f.w.eof {
			f.rollback(fr)
			return scan.More, nil
		}
		if st == scan.More {
			return scan.Bad, f.truncated()
		}
		end, after = trimEOL(b, i, len(b)), len(b)
	}
	if b[i] == '<' {
		return scan.Bad, Fault(KindMarkup, "mostly an error message sent behind the first records; look at the artifact and fetch it again", "markup among the records")
	}
	rule := schemas.RuleFrame
	if f.scan.Limit > 0 && f.scan.Deepest > f.scan.Limit {
		rule = schemas.RuleLimit
	}
	f.Refuse(fr, i, end, rule, "not JSON: "+f.scan.Why)
	f.w.pos = after
	return scan.Good, nil
}

func (f *JSON) truncated() error {
	return Fault(KindTruncated, "the bytes end too early; fetch them again", "the JSON document is cut off")
}

func (f *JSON) syntax(at int, why string) error {
	e := Fault(KindSyntax, "what follows the break cannot be trusted; fetch the export again", "broken JSON: %s", why)
	f.w.pos = at
	return e
}

// object passes over the object at i, whose keys n knows. Members that no
// column claims are kept if keep is set.
func (f *JSON) object(fr *Frame, b []byte, i int, n *keyNode, keep bool) (int, scan.Status) {
	if i = scan.Blank(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1, scan.Good
	}
	var st scan.Status
	for k := 0; ; k++ {
		if i >= len(b) {
			return f.scan.Cut()
		}
		if b[i] != '"' {
			return f.scan.Fail("a key was expected")
		}
		start := i + 1
		if i, st = f.scan.Str(b, start); st != scan.Good {
			return 0, st
		}
		ch := f.child(n, b[start:i-1], k)
		if i, st = f.scan.Colon(b, i); st != scan.Good {
			return 0, st
		}
		val := i
		descend := ch.Deeper != nil && i < len(b) && b[i] == '{'
		if descend {
			f.scan.Deepest++ // at least; exact enough for a limit
			i, st = f.object(fr, b, i, ch.Deeper, keep && len(ch.Leaves) == 0)
		} else {
			i, st = f.scan.Value(b, i)
		}
		if st != scan.Good {
			return 0, st
		}
		f.take(fr, b, n, ch, val, i, descend, keep)
		if i = scan.Blank(b, i); i >= len(b) {
			return f.scan.Cut()
		}
		if b[i] == '}' {
			return i + 1, scan.Good
		}
		if b[i] != ',' {
			return f.scan.Fail("',' or '}' was expected")
		}
		i = scan.Blank(b, i+1)
	}
}
