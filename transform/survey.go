package transform

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
	"github.com/accessmart/accessmart/transform/scan"
)

// The records of a dataset whose contract names no columns are read twice. The
// first time tells which keys there are, and whether what stands there are
// records at all: no column says so, so they are judged by one another, and by
// what messages and pages of lists look like.

// survey is what the first reading of a JSON text has met.
type survey struct {
	records int    // objects that have members
	most    int    // members of the fullest of them
	alone   []byte // the only one of them so far
	log     messageLog
	note    func(key string)
	pending error // why the last record is none; the next one tells whether it stands alone
}

// leastAgreeing is how many records before one of another kind make a list.
const leastAgreeing = 3

// jsonKeys reads all records once for their keys.
func (p *program) jsonKeys(ctx context.Context, tx *text, note func(string)) error {
	ordinal := int64(0)
	src, err := p.frame(ctx, tx, &ordinal, func(...schemas.Drift) {})
	if err != nil {
		return err
	}
	defer src.close()
	j := src.json
	j.survey = &survey{note: func(key string) { note(textKey(p.headerKey(key), 1)) }}
	j.Notice = nil // a record is judged first
	for {
		f := &stretch{}
		err := src.next(f)
		framed{frame: f}.release(p)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if j.survey.pending != nil { // at the end: the list was broken off, or another one begins
		return j.survey.pending
	}
	if ordinal == 1 && j.survey.records == 1 && j.Path == nil && j.Roots.Sort != frame.RootArray {
		if err := p.lone(tx, j.survey.alone, j.Lines); err != nil {
			return err
		}
	}
	if err := j.survey.log.refused(j.survey.records); err != nil {
		return err
	}
	p.log = p.log || j.survey.log.count > 0
	names := make([]string, 0, len(j.Keys.Children))
	for key := range j.Keys.Children {
		names = append(names, string(scan.Unescape(nil, []byte(key))))
	}
	slices.Sort(names)
	return p.lookalike(names)
}

// surveyed refuses a text whose next record is none.
func (f *jsonJudge) surveyed(record []byte) error {
	s := f.survey
	members, shared, messages, around := 0, 0, 0, 0
	for _, ch := range f.Keys.Order {
		if ch.Number != f.Number || ch.Marks.Met == f.Number { // of the record before, or met contested
			continue
		}
		members++
		if ch.Marks.Met > 0 {
			shared++
		}
		ch.Marks.Met = f.Number
		if keyKind(ch.Marks.Kind) == keyMessage {
			messages++
		}
		if keyKind(ch.Marks.Kind) != keyOther {
			around++
		}
	}
	if members == 0 {
		return nil // a reject
	}
	if s.records++; s.records == 1 {
		s.alone = append([]byte(nil), record...)
	} else {
		s.alone = nil
	}
	if s.records == 1 {
		f.p.shape(record)
	}
	if messages == members && speaksUp(record) && !s.log.takes(record, s.records, f.errorMessage) {
		return f.errorMessage(record)
	}
	if members-around <= 1 {
		if path := f.p.envelope(record, 0); path != nil {
			return f.p.page(path)
		}
	}
	most := s.most
	s.most = max(most, members)
	if s.records == 1 || !foreign(shared, members-shared, most) {
		s.pending = nil
		f.noteMembers()
		return nil
	}
	common := "no member"
	if shared > 0 {
		common = fmt.Sprintf("only %d of its %d members", shared, members)
	}
	err := frame.Fault(frame.KindHeader, "look at the artifact: a message may stand there, or the records of another dataset, which belong into a file of their own; "+
		"if all are of this one, put the columns into a contract of your own: "+f.p.listed(membersOf(record)),
		"a record has %s in common with those before it; it has: %s", common, frame.Listing(membersOf(record)))
	if shared > 0 || messages == members || s.pending != nil || s.records <= leastAgreeing {
		return err
	}
	s.pending, s.most = err, most // its members make no columns, so that it becomes a reject
	s.records--
	f.unjudge()
	return nil
}

// noteMembers makes columns of the members of the record.
func (f *jsonJudge) noteMembers() {
	for _, ch := range f.Keys.Order {
		if ch.Number == f.Number && !ch.Marks.Kept {
			ch.Marks.Kept = true
			f.survey.note(string(scan.Unescape(nil, ch.Name)))
		}
	}
}

// unjudge forgets the members that only the record has.
func (f *jsonJudge) unjudge() {
	for _, ch := range f.Keys.Order {
		if ch.Marks.Met == f.Number && !ch.Marks.Kept {
			ch.Marks.Met = 0
		}
	}
}

// foreign tells whether a record that shares so many members with those before
// it, and has others, is of another kind. A record that says more than the
// others has what they have; one that says less has little else.
func foreign(shared, others, most int) bool {
	switch {
	case shared == 0:
		return true
	case others == 0 || most < 4:
		return false
	}
	return others > shared && 2*shared <= most || others >= 2*shared && shared < most || 8*shared <= most
}

// lone judges a text that is one object. That is what an API answers when it
// has no list to give, and no record of many.
func (p *program) lone(tx *text, record []byte, line bool) error {
	if p.contract.Format == schemas.NDJSON {
		return nil
	}
	if path := listIn(record, 0); path != nil {
		return p.page(path)
	}
	names := membersOf(record)
	name := strings.ToLower(tx.input.Name)
	if line && (strings.Contains(name, ".ndjson") || strings.Contains(name, ".jsonl")) {
		return nil
	}
	say := fmt.Sprintf("{dataset: %s, format: ndjson}", p.contract.Dataset)
	if !line {
		say = p.listed(names)
	}
	return frame.Fault(frame.KindHeader, "look at the artifact: mostly it is a message; if it is the only record that there is, put it into a list, [ ], or this into a contract of your own: "+say,
		"one object stands where a list of records should be; it has: %s", frame.Listing(names))
}

// around says where the records are if the only record of a text is a document around them;
// nil if it is none. It is for records of which no column of the contract is met.
func (p *program) around(ctx context.Context, tx *text) error {
	ordinal := int64(0)
	src, err := p.frame(ctx, tx, &ordinal, func(...schemas.Drift) {})
	if err != nil {
		return nil // the text was framed before, so that is no better reason
	}
	defer src.close()
	src.json.survey, src.json.Notice = &survey{note: func(string) {}}, nil
	f := &stretch{}
	err = src.next(f)
	framed{frame: f}.release(p)
	s := src.json.survey
	if s.records != 1 {
		return nil
	}
	if path := listIn(s.alone, 0); path != nil && err == nil {
		return p.page(path)
	}
	return err
}

// page says that the records are inside a document.
func (p *program) page(path schemas.Path) error {
	return frame.Fault(frame.KindHeader, fmt.Sprintf("if these are all records there are, put this into a contract of your own: {dataset: %s, records: %s}", p.contract.Dataset, schemas.Flow(path.String())),
		"a document stands where a record should be; its records are at %s", path)
}

// envelope is the path of the list in an object that has beside it only what
// stands around pages of lists; nil where it is none.
func (p *program) envelope(object []byte, depth int) (path schemas.Path) {
	certain := true
	scan.EachMember(object, func(key, raw []byte) bool {
		name := schemas.NormalHeader(string(key))
		var inner schemas.Path
		switch {
		case raw[0] == '[' && (holding[name] || name == schemas.NormalHeader(p.contract.Plural())) && ofObjects(raw):
			inner = schemas.Path{}
		case raw[0] == '{' && holding[name] && depth < maxEnvelopes:
			inner = p.envelope(raw, depth+1)
		}
		switch {
		case inner != nil && path == nil:
			path = append(schemas.Path{string(key)}, inner...)
		case !paging[name] && !answering[name] && !alarming[name] || inner != nil:
			certain = false
		}
		return certain
	})
	if !certain {
		return nil
	}
	return path
}

// listIn is the path of the first list of objects in an object; nil where it
// has none.
func listIn(object []byte, depth int) (path schemas.Path) {
	scan.EachMember(object, func(key, raw []byte) bool {
		switch {
		case raw[0] == '[' && ofObjects(raw) && !scan.HoldsNothing(raw):
			path = schemas.Path{string(key)}
		case raw[0] == '{' && depth < maxEnvelopes:
			if inner := listIn(raw, depth+1); inner != nil {
				path = append(schemas.Path{string(key)}, inner...)
			}
		}
		return path == nil
	})
	return path
}

// maxEnvelopes is how deep documents lie in documents.
const maxEnvelopes = 3

// ofObjects tells whether a list has nothing but objects.
func ofObjects(list []byte) bool {
	only := true
	scan.EachItem(list, func(item []byte) { only = only && item[0] == '{' })
	return only
}

// speaksUp tells whether a member of an object says anything.
func speaksUp(object []byte) (yes bool) {
	scan.EachMember(object, func(_, raw []byte) bool { yes = speaks(raw); return !yes })
	return yes
}

func membersOf(object []byte) (names []string) {
	scan.EachMember(object, func(key, _ []byte) bool { names = append(names, string(key)); return true })
	return names
}

// keyKind is what a key is mostly for.
type keyKind int8

const (
	keyOther   keyKind = iota
	keyMessage         // of messages
	keyAround          // around the records of a page
)

func kindOfKey(name string) keyKind {
	switch {
	case alarming[name] || messaging[name]:
		return keyMessage
	case paging[name]:
		return keyAround
	}
	return keyOther
}

func words(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(text) {
		out[w] = true
	}
	return out
}

// holding are the normalised keys at which documents hold their records.
var holding = words(`items data results result value values records rows objects content contents entries list elements resources
	response payload hits documents embedded body`)

// paging are those beside them.
var paging = words(`next prev previous first last self total totalcount totalitems totalpages totalrecords totalresults totalelements totalsize
	count size length limit offset skip top page pagenumber pagesize perpage pages pageno cursor cursors nextcursor nextpage nextpagetoken nextpagekey
	nexttoken nextlink nextoffset prevcursor continuationtoken continuation token hasmore hasnext hasnextpage more truncated istruncated
	links link paging pagination pageinfo meta metadata success ok took kind etag schemas startindex itemsperpage numberofelements empty sort
	@odatacontext @odatacount @odatanextlink`)

// answering are keys beside them that tell how the request went.
var answering = words("message messages status statuscode httpstatus timestamp requestid trackingid traceid")

// following are those of paging that say that another page follows.
var following = words(`next nextcursor nextpage nextpagetoken nextpagekey nexttoken nextlink nextoffset continuationtoken continuation
	hasmore hasnext hasnextpage more truncated istruncated @odatanextlink`)

// follows is the key of a document by which more records follow on another
// page; "" for none.
func follows(key string, value []byte) (which string) {
	name := schemas.NormalHeader(key)
	if following[name] && speaks(value) {
		return key
	}
	switch name {
	case "links", "link", "paging", "pagination", "pageinfo", "meta", "metadata", "cursors":
		if value[0] == '{' {
			scan.EachMember(value, func(k, raw []byte) bool {
				if inner := follows(string(k), raw); inner != "" {
					which = key + "." + inner
				}
				return which == ""
			})
		}
	}
	return which
}
