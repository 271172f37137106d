package transform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// maxDrift bounds what is remembered: keys that are data would be new for ever.
const maxDrift = 1000

func added(name string) schemas.Drift {
	return schemas.Drift{Change: "column_added", Column: frame.Clip(name, 200), Detail: "not in the contract; kept in " + schemas.ExtraColumn}
}

// note records differences, each once.
func (t *stream) note(drift ...schemas.Drift) {
	if t.drift == nil {
		t.drift = map[schemas.Drift]bool{}
	}
	for _, d := range drift {
		if d.Change == "column_added" && t.program.contract.LeavesOut(d.Column) {
			continue
		}
		if !t.drift[d] && len(t.drift) < maxDrift && !(t.program.text && d.Change == "column_missing") {
			t.drift[d] = true
			t.out.Drift = append(t.out.Drift, d)
		}
	}
}

// noteKeys follows which columns JSON keys feed. Records of which no column
// has ever been met are not those of the dataset.
func (t *stream) noteKeys(j *jsonJudge) error {
	if t.matched == nil {
		t.matched = map[int]bool{}
	}
	for c, slot := range j.layout.column {
		if slot >= 0 && j.Met[slot] {
			t.matched[c] = true
		}
	}
	if !t.program.text && !t.objects && *j.Ordinal > 0 && len(j.Keys.Children) > 0 {
		keys := j.Keys.Usual()
		if err := t.program.identifyKeys(keys); err != nil {
			return err
		}
		if err := t.program.mistakenKeys(keys); err != nil {
			return err
		}
	}
	t.objects = t.objects || len(j.Keys.Children) > 0
	return nil
}

// finishDrift reports columns that no JSON record had.
func (t *stream) finishDrift() {
	t.out.Absent = map[int]schemas.Absence{}
	var parts []int
	for part := range t.absent {
		parts = append(parts, part)
	}
	slices.Sort(parts)
	for _, part := range parts {
		a := t.absent[part]
		if len(a.headers)+len(a.keys) > 0 {
			t.out.Absent[part] = schemas.Absence{Headers: inOrder(a.headers), Keys: inOrder(a.keys)}
		}
		if t.program.forms {
			for _, name := range inOrder(a.headers) {
				t.note(missing(t.program.contract.Column(name)))
			}
		}
	}
	if !t.objects || t.program.text {
		return
	}
	for c := range t.program.cols {
		if col := &t.program.cols[c]; !t.matched[c] && expected(col) {
			t.note(missing(col))
		}
	}
}

const findLikelyHeader = "likely_header"

// findLikely tells of each header of a CSV text that no column reads though it is called like
// one that no header delivers: the values of that column are lost, and only attributes have
// what stands under the header.
func (t *stream) findLikely() {
	lacked := map[string]bool{}
	for _, a := range t.absent {
		for name := range a.headers {
			lacked[name] = true
		}
	}
	var unknown []string
	for _, d := range t.out.Drift {
		if d.Change == "column_added" {
			unknown = append(unknown, d.Column)
		}
	}
	c := t.program.contract
	for column, header := range c.Proposed(inOrder(lacked), unknown) {
		t.findings.Add(schemas.Finding{Rule: findLikelyHeader, Field: column, Count: t.counts.Framed,
			Detail: fmt.Sprintf("nothing delivers it, and no column reads the header %s, which is called like it; if it is that, put this into a contract of your own: {dataset: %s, columns: {%s: {from: [%s]}}}",
				header, c.Dataset, column, schemas.Flow(header))})
	}
}

// expected reports whether records of JSON should have a key for the column.
func expected(col *schemas.Column) bool {
	return col.Context == "" && len(col.From) > 0 && !strings.HasPrefix(col.From[0], documentPrefix)
}

// absence is which columns a part lacks: those that any header of it lacks, and
// those that none of its JSON records has.
type absence struct {
	headers map[string]bool // where the contract has several forms, those that all headers lack
	keys    map[string]bool // nil until records were read
}

func (t *stream) absence(part int) *absence {
	if t.absent == nil {
		t.absent = map[int]*absence{}
	}
	if t.absent[part] == nil {
		t.absent[part] = &absence{}
	}
	return t.absent[part]
}

// lack notes what the header of a text of the part lacks. Where the texts of an export
// are of several forms, that is what all of them lack.
func (t *stream) lack(part int, drift []schemas.Drift) {
	if t.program.text {
		return
	}
	lacks := map[string]bool{}
	for _, d := range drift {
		if d.Change == "column_missing" {
			lacks[d.Column] = true
		}
	}
	a := t.absence(part)
	if a.headers == nil {
		a.headers = lacks
		return
	}
	if t.program.forms {
		for name := range a.headers {
			if !lacks[name] {
				delete(a.headers, name)
			}
		}
		return
	}
	for name := range lacks {
		a.headers[name] = true
	}
}

// noteHeader records in what a text differs from the contract. What another form has
// is not missing, so that waits until all texts are read.
func (t *stream) noteHeader(part int, drift []schemas.Drift) {
	t.lack(part, drift)
	for _, d := range drift {
		if !t.program.forms || d.Change != "column_missing" {
			t.note(d)
		}
	}
}

// lackKeys notes what the records of a JSON text of the part lack.
func (t *stream) lackKeys(part int, j *jsonJudge) {
	if t.program.text || len(j.Keys.Children) == 0 {
		return
	}
	a := t.absence(part)
	had := a.keys
	a.keys = map[string]bool{}
	for c := range t.program.cols {
		col := &t.program.cols[c]
		slot := j.layout.column[c]
		if met := slot >= 0 && j.Met[slot]; !met && expected(col) && (had == nil || had[col.Name]) {
			a.keys[col.Name] = true
		}
	}
}

func inOrder(set map[string]bool) (out []string) {
	for name := range set {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
