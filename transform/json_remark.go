package transform

import (
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// Objects in a list that are about the list: how many there are, that there
// are more. The contract has a column for some of their words, such as status.

// partial are normalised keys by which a list says that it is not whole; those of
// whole say so by a no.
var (
	partialKeys = map[string]bool{"truncated": true, "istruncated": true, "partial": true, "ispartial": true, "incomplete": true, "hasmore": true, "more": true,
		"moreavailable": true, "next": true, "nextpage": true, "nextlink": true, "nexttoken": true, "nextcursor": true, "cursor": true, "continuationtoken": true,
		"@odatanextlink": true, "odatanextlink": true, "limitreached": true, "limitexceeded": true}
	completeKeys = map[string]bool{"complete": true, "iscomplete": true, "completed": true, "success": true}
	// countKeys are of what is said about a list besides.
	countKeys = map[string]bool{"limit": true, "offset": true, "count": true, "total": true, "totalcount": true, "totalrecords": true, "page": true, "pagesize": true,
		"records": true, "rows": true, "level": true, "severity": true, "warning": true, "warnings": true, "info": true, "note": true, "summary": true}
)

// aboutList tells whether a key is a word of messages and of what is said about lists.
func aboutList(name string) bool {
	return messaging[name] || alarming[name] || partialKeys[name] || completeKeys[name] || countKeys[name]
}

// remark tells whether an object has nothing but what is said about a list, and
// whether it says that the list is not whole.
func (f *jsonJudge) remark(record []byte, filled int) (is, partial bool) {
	for slot := range f.layout.Slots {
		if filled > 0 && f.Has(slot) && !aboutList(schemas.NormalHeader(string(f.KeyOf(slot)))) {
			return false, false
		}
	}
	is = true
	scan.EachMember(record, func(key, raw []byte) bool {
		name := schemas.NormalHeader(string(key))
		text, ok := scan.Text(raw)
		switch {
		case !aboutList(name):
			is = false
		case !ok:
		case partialKeys[name]:
			partial = partial || speaks(raw)
		case completeKeys[name]:
			partial = partial || string(text) == "false"
		case raw[0] == '"':
			low := strings.ToLower(string(text))
			partial = partial || cutShort(low) || strings.Contains(low, "error") || strings.Contains(low, "fail")
		}
		return is
	})
	return is, is && partial
}

// settleRemark deals with an object that is about the list it stands in: a list
// that is not whole is refused, any other remark is a reject. It reports whether
// the object is one.
func (f *jsonJudge) settleRemark(fr *frame.Frame, b []byte, start, end, filled int) (bool, error) {
	if filled > 3 || !f.p.tells() || f.p.shaped(b[start:end]) {
		return false, nil
	}
	is, partial := f.remark(b[start:end], filled)
	switch {
	case partial:
		var keys []string
		scan.EachMember(b[start:end], func(key, _ []byte) bool { keys = append(keys, string(key)); return true })
		return true, frame.Fault(frame.KindTruncated, "fetch it again, without a limit or page by page; look at the artifact for the message",
			"the list says that it is not whole, in an object that has: %s", frame.Listing(keys))
	case is && filled > 0 && !f.p.text:
		f.Refuse(fr, start, end, schemas.RuleFrame, "a message or a summary, and no record: its members say nothing that tells what it is about")
		return true, nil
	}
	return false, nil
}

// tells reports whether the dataset has a column whose name is no word of
// messages; of those that make keys one, if there are any.
func (p *program) tells() bool {
	telling := func(name string) bool {
		return slices.ContainsFunc(p.cols, func(c schemas.Column) bool {
			return c.Name == name && !slices.ContainsFunc(c.From, func(from string) bool { return aboutList(schemas.NormalHeader(from)) })
		})
	}
	if len(p.ways) > 0 {
		return !slices.ContainsFunc(p.ways, func(way []string) bool { return !slices.ContainsFunc(way, telling) })
	}
	return slices.ContainsFunc(p.cols, func(c schemas.Column) bool { return telling(c.Name) })
}
