package transform

import (
	"slices"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// What the JSON framer finds odd about a text or a record.

// The rules of findings of the JSON framer.
const (
	ruleDuplicate = "duplicate_key"

	duplicateDetail = "the key comes more than once in a record: the first that says something counts, the others are kept in " + schemas.ExtraColumn
)

// contradictory is why a value that must not be guessed was not taken.
const contradictory = "the key comes more than once, with different values"

// misfit is a part of a record of another shape than the contract needs.
type misfit struct {
	row     int32
	field   string
	message string
	columns []string // that are empty because of it
}

// settleMisfits says what is odd about a record, and finds out what is lost by
// the texts and lists in it that stand where the contract looks into an
// object.
func (f *jsonJudge) settleMisfits(fr *frame.Frame, b []byte) {
	for _, m := range f.Misplaced {
		column := f.p.cols[slices.Index(f.layout.column, m.Slot)].Name
		f.out.misfits = append(f.out.misfits, misfit{int32(len(fr.Rows)), column, m.Sort + " where a text is needed", []string{column}})
	}
	for i := range f.Repeated {
		fr.Found.Add(schemas.Finding{Rule: ruleDuplicate, Field: f.Repeated[i].Name(), Detail: duplicateDetail, Count: 1})
	}
	for _, slot := range f.Disputed {
		column := f.p.cols[slices.Index(f.layout.column, slot)].Name
		f.out.misfits = append(f.out.misfits, misfit{int32(len(fr.Rows)), column, contradictory, nil})
	}
	for i := range f.Misfits {
		m := &f.Misfits[i]
		message := scan.SortOf(b[m.Start:]) + " where an object is needed"
		switch lost, needed := f.lost(b, m); {
		case needed:
			f.out.misfits = append(f.out.misfits, misfit{int32(len(fr.Rows)), m.Name(), message, lost})
		case len(lost) > 0:
			fr.Found.Add(schemas.Finding{Rule: ruleShape, Field: m.Name(), Count: 1, Detail: message + "; no value for " + frame.Listing(lost)})
		}
	}
}

// lost lists the columns that the record lacks because the member is no
// object, and tells whether the record makes no sense without one of them. A
// column may take the text itself, as one of its other names.
func (f *jsonJudge) lost(b []byte, m *frame.Member) (columns []string, needed bool) {
	for _, leaf := range m.Key.Leaves {
		if !f.Fills(leaf.Slot, m) {
			continue
		}
		if !f.AsJSON[leaf.Slot] {
			return nil, false
		}
		for c, slot := range f.layout.column {
			if slot == leaf.Slot && f.p.isNeeded(c) && !holdsJSON(b[m.Start:m.End]) {
				columns, needed = append(columns, f.p.cols[c].Name), true
			}
		}
	}
	for _, c := range m.Key.Deeper.Below {
		if slot := f.layout.column[c]; slot >= 0 && !f.Has(slot) && f.layout.constant[c] == nil {
			columns = append(columns, f.p.cols[c].Name)
			needed = needed || f.p.isNeeded(c)
		}
	}
	return columns, needed
}

// holdsJSON tells whether a value is a JSON text inside a string.
func holdsJSON(val []byte) bool {
	text, _ := scan.Text(val)
	return val[0] == '"' && scan.LooksJSON(text)
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
func (f *jsonJudge) isError(record []byte, filled int) bool {
	if filled > 0 && f.Alarm != f.Number || f.p.log {
		return false
	}
	for slot := range f.layout.Slots {
		if !f.Has(slot) {
			continue
		}
		if name := schemas.NormalHeader(string(f.KeyOf(slot))); !messaging[name] && !alarming[name] {
			return false
		}
	}
	if filled > 0 {
		return true
	}
	found := false
	scan.EachMember(record, func(key, raw []byte) bool {
		name := schemas.NormalHeader(string(key))
		found = (alarming[name] || messaging[name]) && speaks(raw)
		return !found
	})
	return found
}

// alarmed tells whether a key that error messages have says that a record is
// one: where no column reads it or, in a dataset whose columns are the keys
// met, where records have others.
func (p *program) alarmed(ch *frame.Key) bool {
	if !p.text {
		return len(ch.Leaves) == 0 && ch.Deeper == nil
	}
	return slices.ContainsFunc(p.cols, func(c schemas.Column) bool {
		name := schemas.NormalHeader(c.Name)
		return !alarming[name] && !messaging[name]
	})
}

func (f *jsonJudge) errorMessage(record []byte) error {
	var keys []string
	scan.EachMember(record, func(key, _ []byte) bool { keys = append(keys, string(key)); return true })
	return frame.Fault(frame.KindHeader, "the list was broken off; look at the artifact for the message and fetch it again",
		"an error message stands in place of a record; it has: %s", frame.Listing(keys))
}

// speaks tells whether a value says more than nothing, none or no.
func speaks(v []byte) bool {
	text, ok := scan.Text(v)
	return ok && string(text) != "false" && string(text) != "0" && !scan.HoldsNothing(v)
}
