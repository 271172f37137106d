package transform

import (
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// What the JSON framer finds odd about a text or a record.

// The rules of findings of the JSON framer.
const (
	ruleDuplicate = "duplicate_key"
	ruleJoined    = "joined_lists"

	duplicateDetail = "the key comes more than once in a record: the first that says something counts, the others are kept in " + schemas.ExtraColumn
)

// saidTwice is why a value that must not be guessed was not taken.
const saidTwice = "the key comes more than once, with different values"

// misfit is a part of a record of another shape than the contract needs.
type misfit struct {
	row     int32
	field   string
	message string
	columns []string // that are empty because of it
}

// misplaced notes that an object or a list stands where a text should be.
func (f *jsonFramer) misplaced(fr *frame, slot int, val []byte) {
	column := f.p.cols[slices.Index(f.layout.column, slot)].Name
	fr.misfits = append(fr.misfits, misfit{int32(len(fr.rows)), column, sortOf(val) + " where a text is needed", []string{column}})
}

// several tells whether val is a list of single values, in a place where the
// contract expects one and does not know better: it assumes the columns, and
// makes no key of this one.
func (f *jsonFramer) several(slot int, val []byte) bool {
	if val[0] != '[' || f.p.contract.Documented != schemas.DocumentedNot ||
		f.p.isNeeded(slices.Index(f.layout.column, slot)) {
		return false
	}
	single := true
	eachItem(val, func(raw []byte) { single = single && raw[0] != '{' && raw[0] != '[' && raw[0] != 'n' })
	return single
}

// oddMember is a member that is noted while its record is not known to be whole.
type oddMember struct {
	key        *keyChild
	prefix     string
	start, end int
}

func (o *oddMember) name() string { return clip(o.prefix+string(o.key.key), 200) }

// settleOdd says what is odd about a record, and finds out what is lost by
// the texts and lists in it that stand where the contract looks into an
// object.
func (f *jsonFramer) settleOdd(fr *frame, b []byte) {
	for i := range f.doubled {
		fr.found.add(schemas.Finding{Rule: ruleDuplicate, Field: f.doubled[i].name(), Detail: duplicateDetail, Count: 1})
	}
	for _, slot := range f.disputed {
		column := f.p.cols[slices.Index(f.layout.column, slot)].Name
		fr.misfits = append(fr.misfits, misfit{int32(len(fr.rows)), column, saidTwice, nil})
	}
	for i := range f.misfits {
		m := &f.misfits[i]
		message := sortOf(b[m.start:]) + " where an object is needed"
		switch lost, needed := f.lost(b, m); {
		case needed:
			fr.misfits = append(fr.misfits, misfit{int32(len(fr.rows)), m.name(), message, lost})
		case len(lost) > 0:
			fr.found.add(schemas.Finding{Rule: ruleShape, Field: m.name(), Count: 1, Detail: message + "; no value for " + listing(lost)})
		}
	}
}

// lost lists the columns that the record lacks because the member is no
// object, and tells whether the record makes no sense without one of them. A
// column may take the text itself, as one of its other names.
func (f *jsonFramer) lost(b []byte, m *oddMember) (columns []string, needed bool) {
	for _, leaf := range m.key.leaves {
		if s := &f.slots[leaf.slot]; s.record != f.record || s.start != m.start {
			continue
		}
		if !f.asJSON[leaf.slot] {
			return nil, false
		}
		for c, slot := range f.layout.column {
			if slot == leaf.slot && f.p.isNeeded(c) && !holdsJSON(b[m.start:m.end]) {
				columns, needed = append(columns, f.p.cols[c].Name), true
			}
		}
	}
	for _, c := range m.key.deeper.below {
		if slot := f.layout.column[c]; slot >= 0 && f.slots[slot].record != f.record && f.layout.constant[c] == nil {
			columns = append(columns, f.p.cols[c].Name)
			needed = needed || f.p.isNeeded(c)
		}
	}
	return columns, needed
}

// holdsJSON tells whether a value is a JSON text inside a string.
func holdsJSON(val []byte) bool {
	text, _ := jsonText(val)
	return val[0] == '"' && looksJSON(text)
}

// shapes makes rejects of the records with misfits.
func (b *run) shapes() {
	for _, m := range b.f.misfits {
		b.reject(m.row, m.field, schemas.RuleType, m.message)
		for _, column := range m.columns {
			b.reject(m.row, column, schemas.RuleType, m.message)
		}
	}
}

// alarming are normalised keys that error messages have.
var alarming = map[string]bool{"error": true, "errors": true, "errorcode": true, "errormessage": true, "errordescription": true,
	"errortype": true, "exception": true, "fault": true, "faultstring": true, "detailcode": true}

// messaging are keys that error messages have besides those, and records too.
var messaging = map[string]bool{"message": true, "messages": true, "status": true, "statuscode": true, "httpstatus": true, "code": true,
	"detail": true, "details": true, "description": true, "reason": true, "title": true, "type": true, "instance": true,
	"path": true, "timestamp": true, "time": true, "trackingid": true, "requestid": true, "traceid": true}

// isError tells whether a record, of which some columns have a value, is an
// error message instead.
func (f *jsonFramer) isError(record []byte, filled int) bool {
	if filled > 0 && f.alarm != f.record || f.p.log {
		return false
	}
	for slot := range f.slots {
		s := &f.slots[slot]
		if s.record != f.record {
			continue
		}
		if name := schemas.NormalHeader(string(s.from.key)); !messaging[name] && !alarming[name] {
			return false
		}
	}
	if filled > 0 {
		return true
	}
	found := false
	eachMember(record, func(key, raw []byte) bool {
		name := schemas.NormalHeader(string(key))
		found = (alarming[name] || messaging[name]) && speaks(raw)
		return !found
	})
	return found
}

// alarmed tells whether a key that error messages have says that a record is
// one: where no column reads it or, in a dataset whose columns are the keys
// met, where records have others.
func (p *program) alarmed(ch *keyChild) bool {
	if !p.text {
		return len(ch.leaves) == 0 && ch.deeper == nil
	}
	return slices.ContainsFunc(p.cols, func(c schemas.Column) bool {
		name := schemas.NormalHeader(c.Name)
		return !alarming[name] && !messaging[name]
	})
}

func (f *jsonFramer) errorMessage(record []byte) error {
	var keys []string
	eachMember(record, func(key, _ []byte) bool { keys = append(keys, string(key)); return true })
	return fault(KindHeader, "the list was broken off; look at the artifact for the message and fetch it again",
		"an error message stands in place of a record; it has: %s", listing(keys))
}

// speaks tells whether a value says more than nothing, none or no.
func speaks(v []byte) bool {
	text, ok := jsonText(v)
	return ok && string(text) != "false" && string(text) != "0" && !holdsNothing(v)
}

// roots is which sort of values a text has at its root, and how many.
type roots struct {
	sort  string
	count int
}

const (
	rootArray    = "list"
	rootDocument = "document"
	rootRecord   = "record"
)

// root counts a value at the root. Lists one after another are pages of one
// list; that is read, and said. Anything else joined is not one delivery.
func (f *jsonFramer) root(fr *frame, sort string) error {
	f.roots.count++
	switch {
	case f.roots.count == 1:
		f.roots.sort = sort
	case f.roots.sort != sort:
		return f.joined("a " + sort + " stands behind a " + f.roots.sort)
	case sort == rootDocument:
		return f.joined("a second document stands behind the first")
	case sort == rootArray && f.roots.count == 2 && fr != nil:
		fr.found.add(schemas.Finding{Rule: ruleJoined, Detail: "several lists stand one after another; they were read as one", Count: 1})
	}
	return nil
}

func (f *jsonFramer) joined(what string) error {
	return fault(KindSyntax, "hand over each delivery as a file of its own", "%s", what)
}
