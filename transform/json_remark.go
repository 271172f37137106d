package transform

import (
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// An object in a list may be a remark about the list: how many records there are, or
// that there are more. It may have keys that the contract reads, such as status.

// partialKeys are normalised keys by which a list says that it is not complete;
// completeKeys say so if their value is false.
var (
	partialKeys = map[string]bool{"truncated": true, "istruncated": true, "partial": true, "ispartial": true, "incomplete": true, "hasmore": true, "more": true,
		"moreavailable": true, "next": true, "nextpage": true, "nextlink": true, "nexttoken": true, "nextcursor": true, "cursor": true, "continuationtoken": true,
		"@odatanextlink": true, "odatanextlink": true, "limitreached": true, "limitexceeded": true}
	completeKeys = map[string]bool{"complete": true, "iscomplete": true, "completed": true, "success": true}
	// countKeys are other keys of such remarks.
	countKeys = map[string]bool{"limit": true, "offset": true, "count": true, "total": true, "totalcount": true, "totalrecords": true, "page": true, "pagesize": true,
		"records": true, "rows": true, "level": true, "severity": true, "warning": true, "warnings": true, "info": true, "note": true, "summary": true}
)

// aboutList tells whether a key is one of messages or of remarks about lists.
func aboutList(name string) bool {
	return messaging[name] || alarming[name] || partialKeys[name] || completeKeys[name] || countKeys[name]
}

// remark tells whether an object has only keys of remarks about lists, and whether it
// says that the list is not complete.
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

// settleRemark deals with an object that is a remark about the list it is in: one
// that says that the list is not complete refuses the text, any other becomes a
// reject. It reports whether the object is a remark.
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

// tells reports whether records can be distinguished from remarks at all: each way to
// make a key, or else the contract, has a column that no remark has.
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
