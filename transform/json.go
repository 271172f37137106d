package transform

import (
	"fmt"
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// The JSON framer passes over a record once, strictly, notes where the values
// of the columns lie, and copies those when the record is known to be whole.
// Members that no column claims are copied into one slot as an object.
//
// A text is a run of root values of one sort. An array at the root, or the one
// found by the contract's path in a document, holds the records; other root
// objects are records themselves. Where a value stands on each line, a broken
// line is a reject; anywhere else a break means that the rest is unknown, an
// error.

type jsonFramer struct {
	cutter
	p    *program
	scan scanner
	keys *keyNode

	lines bool         // one value a line
	path  schemas.Path // of the records in a document; nil when the root value holds them

	state  jsonState
	first  bool // in an array or an object of the document: nothing passed yet
	level  int  // objects of the document that are open
	onPath bool // records were found at the path
	roots  roots
	signs  signs
	told   int64 // records that there are, as the document says

	record  uint64 // number of the attempt at a record
	slots   []jsonSlot
	asJSON  []bool  // slot keeps the value as JSON
	names   []bool  // slot is of a text column that names something: no place for an object
	own     []int   // slots of the keys of a record's own rows
	about   [][]int // slots of each way to make the key of what a record is about
	telling []int   // slots of all of them
	met     []bool  // slot was fed by some key
	masked  []bool  // slot is of a column with a mask
	// decides: slot is of a column without which a record makes no sense.
	decides []bool
	notice  func(key string)
	buf     []byte

	// What is to be settled with the record.
	misfits []oddMember // texts and lists where an object is looked into
	others  int         // members of the record that no column reads
	most    int32       // columns that have a value, in the fullest record so far
	doubled []oddMember // keys that came before
	// disputed are the slots of columns that a record must have, and says in two ways.
	disputed []int
	alarm    uint64 // record that has a key of an error message

	// A probe looks at a document without framing: it gathers the scalars
	// around the records.
	probe    bool
	document map[string]string

	survey *survey // of the first reading of a dataset without columns
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
	from       *keyChild
	prefix     string
}

func newJSONFramer(c cutter, p *program, lines bool, path schemas.Path) *jsonFramer {
	f := &jsonFramer{cutter: c, p: p, lines: lines, path: path}
	f.cutter.step, f.cutter.oversize = f.step, f.oversize
	if c.layout == nil { // a probe
		return f
	}
	f.keys = p.keyTree(c.layout)
	f.slots = make([]jsonSlot, c.layout.slots)
	f.asJSON = make([]bool, c.layout.slots)
	f.names = make([]bool, c.layout.slots)
	f.met = make([]bool, c.layout.slots)
	f.masked = make([]bool, c.layout.slots)
	f.decides = make([]bool, c.layout.slots)
	for i, slot := range c.layout.column {
		if slot >= 0 {
			f.asJSON[slot] = p.cols[i].Type == schemas.JSON
			f.names[slot] = !p.text && (p.cols[i].Type == schemas.Text || p.cols[i].Type == schemas.Email)
			if slices.ContainsFunc(p.ways, func(way []string) bool { return slices.Contains(way, p.cols[i].Name) }) {
				f.own = append(f.own, slot)
			}
			f.masked[slot] = len(p.cols[i].Mask) > 0
			f.decides[slot] = f.decides[slot] || p.isNeeded(i)
		}
	}
	f.ways()
	return f
}

func (f *jsonFramer) added(key string) {
	if f.notice != nil {
		f.notice(key)
	}
}

// step passes over one record or one token of what is around records.
func (f *jsonFramer) step(fr *frame) (status, error) {
	b := f.w.buf[:f.w.n]
	i := blank(b, f.w.pos)
	f.w.pos = i
	f.scan.eof = f.w.eof
	if i == len(b) {
		if f.w.eof && f.state != atRoot {
			return bad, f.truncated()
		}
		return more, nil
	}
	switch {
	case f.state == inDocument:
		return f.member(fr, b, i)
	case f.state == inArray:
		return f.item(fr, b, i)
	case b[i] == '[' && !f.lines:
		if err := f.root(fr, rootArray); err != nil {
			return bad, err
		}
		f.state, f.first = inArray, true
	case b[i] == '{' && f.path != nil:
		if err := f.root(fr, rootDocument); err != nil {
			return bad, err
		}
		f.state, f.first, f.level = inDocument, true, 1
	default:
		if !f.lines {
			if err := f.root(fr, rootRecord); err != nil {
				return bad, err
			}
		}
		return f.element(fr, b, i)
	}
	f.w.pos++
	return good, nil
}

// item passes over a comma and the record behind it, or the end of the array.
func (f *jsonFramer) item(fr *frame, b []byte, i int) (status, error) {
	switch {
	case b[i] == ']': // a comma is taken together with the record behind it
		f.w.pos++
		f.state = atRoot
		if f.level > 0 {
			f.state, f.first = inDocument, false
		}
		return good, nil
	case f.first:
		return f.element(fr, b, i)
	case b[i] != ',':
		return bad, f.syntax(i, "',' or ']' was expected between records")
	}
	if i = blank(b, i+1); i == len(b) {
		if f.w.eof {
			return bad, f.truncated()
		}
		return more, nil
	}
	return f.element(fr, b, i)
}

// element frames the value at i.
func (f *jsonFramer) element(fr *frame, b []byte, i int) (status, error) {
	f.record++
	f.scan.deepest, f.scan.lone, f.scan.nul = 0, false, false
	f.scan.limit = 0
	f.misfits, f.doubled, f.disputed, f.others = f.misfits[:0], f.doubled[:0], f.disputed[:0], 0
	if f.lines {
		f.scan.limit = f.o.MaxDepth
	}
	var next int
	var st status
	if isObject := b[i] == '{'; isObject && !f.probe {
		next, st = f.object(fr, b, i, f.keys, true)
	} else {
		next, st = f.scan.value(b, i)
	}
	switch {
	case st == more && !f.w.eof:
		f.rollback(fr)
		return more, nil
	case st != good && f.lines:
		return f.badLine(fr, b, i, st)
	case st == more:
		return bad, f.truncated()
	case st == bad:
		return bad, f.syntax(i, f.scan.why)
	}
	f.first = false
	if !f.probe {
		if err := f.settle(fr, b, i, next); err != nil {
			f.w.pos = i
			return bad, err
		}
	}
	f.w.pos = next
	return good, nil
}

// settle makes a row or a reject of a whole value. An error message among the
// records is neither: what should have come is unknown.
func (f *jsonFramer) settle(fr *frame, b []byte, start, end int) error {
	switch {
	case int64(end-start) > f.o.MaxRecord:
		f.refuse(fr, start, end, schemas.RuleLimit, f.limitMessage())
	case f.scan.deepest > f.o.MaxDepth:
		f.refuse(fr, start, end, schemas.RuleLimit, fmt.Sprintf("nested deeper than %d levels", f.o.MaxDepth))
	case b[start] != '{':
		f.refuse(fr, start, end, schemas.RuleFrame, "the record is not a JSON object")
	case f.scan.lone:
		f.refuse(fr, start, end, schemas.RuleFrame, "half a surrogate pair in a string")
	case f.scan.nul:
		f.refuse(fr, start, end, schemas.RuleFrame, "a NUL character in a string")
	case f.survey != nil:
		f.refuse(fr, start, end, schemas.RuleFrame, "") // for its keys only
		return f.judge(b[start:end])
	default:
		filled := f.fill(fr, b)
		if f.isError(b[start:end], filled) {
			return f.errorMessage(b[start:end])
		}
		if remark, err := f.settleRemark(fr, b, start, end, filled); remark || err != nil {
			return err
		}
		if filled == 0 {
			why := "no column of the contract has a value in the record"
			if f.p.text {
				why = "the record has no member in common with the others"
			}
			f.refuse(fr, start, end, schemas.RuleFrame, why)
			return nil
		}
		f.most = max(f.most, int32(filled))
		fr.shares, fr.most = append(fr.shares, share{int32(filled), int32(f.others), f.nameless(), f.others > filled && f.keyed(filled)}), f.most
		f.settleOdd(fr, b)
		f.accept(fr, start, end)
	}
	return nil
}

func (f *jsonFramer) limitMessage() string {
	return fmt.Sprintf("the record is longer than %d bytes", f.o.MaxRecord)
}

// badLine makes a reject of the rest of a physical line. The last one may be
// all that arrived of it.
func (f *jsonFramer) badLine(fr *frame, b []byte, i int, st status) (status, error) {
	end, after := physicalLine(b, i)
	if after < 0 {
		if !f.w.eof {
			f.rollback(fr)
			return more, nil
		}
		if st == more {
			return bad, f.truncated()
		}
		end, after = trimEOL(b, i, len(b)), len(b)
	}
	if b[i] == '<' {
		return bad, fault(KindMarkup, "mostly an error message sent behind the first records; look at the artifact and fetch it again", "markup among the records")
	}
	rule := schemas.RuleFrame
	if f.scan.limit > 0 && f.scan.deepest > f.scan.limit {
		rule = schemas.RuleLimit
	}
	f.refuse(fr, i, end, rule, "not JSON: "+f.scan.why)
	f.w.pos = after
	return good, nil
}

func (f *jsonFramer) truncated() error {
	return fault(KindTruncated, "the bytes end too early; fetch them again", "the JSON document is cut off")
}

func (f *jsonFramer) syntax(at int, why string) error {
	e := fault(KindSyntax, "what follows the break cannot be trusted; fetch the export again", "broken JSON: %s", why)
	f.w.pos = at
	return e
}

// object passes over the object at i, whose keys n knows. Members that no
// column claims are kept if keep is set.
func (f *jsonFramer) object(fr *frame, b []byte, i int, n *keyNode, keep bool) (int, status) {
	if i = blank(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1, good
	}
	var st status
	for k := 0; ; k++ {
		if i >= len(b) {
			return f.scan.cut()
		}
		if b[i] != '"' {
			return f.scan.fail("a key was expected")
		}
		start := i + 1
		if i, st = f.scan.str(b, start); st != good {
			return 0, st
		}
		ch := f.child(n, b[start:i-1], k)
		if i, st = f.scan.colon(b, i); st != good {
			return 0, st
		}
		val := i
		descend := ch.deeper != nil && i < len(b) && b[i] == '{'
		if descend {
			f.scan.deepest++ // at least; exact enough for a limit
			i, st = f.object(fr, b, i, ch.deeper, keep && len(ch.leaves) == 0)
		} else {
			i, st = f.scan.value(b, i)
		}
		if st != good {
			return 0, st
		}
		f.take(fr, b, n, ch, val, i, descend, keep)
		if i = blank(b, i); i >= len(b) {
			return f.scan.cut()
		}
		if b[i] == '}' {
			return i + 1, good
		}
		if b[i] != ',' {
			return f.scan.fail("',' or '}' was expected")
		}
		i = blank(b, i+1)
	}
}
