package transform

import (
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// maxDrift bounds what is remembered: keys that are data would be new for ever.
const maxDrift = 1000

func added(name string) schemas.Drift {
	return schemas.Drift{Change: "column_added", Column: clip(name, 200), Detail: "not in the contract; kept in " + schemas.ExtraColumn}
}

// note records differences, each once.
func (t *stream) note(drift ...schemas.Drift) {
	if t.drift == nil {
		t.drift = map[schemas.Drift]bool{}
	}
	for _, d := range drift {
		if !t.drift[d] && len(t.drift) < maxDrift && !(t.program.text && d.Change == "column_missing") {
			t.drift[d] = true
			t.out.Drift = append(t.out.Drift, d)
		}
	}
}

// noteKeys follows which columns JSON keys feed. Records of which no column
// has ever been met are not those of the dataset.
func (t *stream) noteKeys(j *jsonFramer) error {
	if t.matched == nil {
		t.matched = map[int]bool{}
	}
	found := t.program.text
	for c, slot := range j.layout.column {
		if slot >= 0 && j.met[slot] {
			t.matched[c], found = true, true
		}
	}
	if !found && *j.ordinal > 0 && len(j.keys.children) > 0 {
		var keys []string
		for _, ch := range j.keys.order {
			keys = append(keys, string(ch.key))
		}
		return fault(KindHeader, "add the real names to `from` in a contract of your own",
			"no column of the contract is in the records, which have: %s", listing(keys))
	}
	t.objects = t.objects || len(j.keys.children) > 0
	return nil
}

// finishDrift reports columns that no JSON record had.
func (t *stream) finishDrift() {
	if !t.objects || t.program.text {
		return
	}
	for c := range t.program.cols {
		col := &t.program.cols[c]
		if !t.matched[c] && col.Context == "" && len(col.From) > 0 && !strings.HasPrefix(col.From[0], documentPrefix) {
			t.note(missing(col))
		}
	}
}
