package extract

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// List is a paged list of JSON objects, addressed by offset and limit, that
// ends with the first page shorter than the limit. Each page is kept as a
// part. (SailPoint's standard collection parameters.)
type List struct {
	Part             // Key is the prefix of the pages' keys
	ID      []string // path of the records' id; default "id"
	Limit   int      // records of a full page, at most what the endpoint allows; default 250
	Unpaged bool     // the endpoint knows no pages: one answer is the list
	NoCount bool     // do not ask for the total
	Expect  *int64   // how many there are at least, as the vendor says elsewhere; nil where it does not
	// Next makes a request ask for what follows a record, for lists that are not paged by
	// offset. The request is a copy, but for its body.
	Next func(r *Request, last json.RawMessage) error
	// Forget: nothing is made of the records here. List returns none and holds
	// one page in memory at a time.
	Forget bool
}

// pageLimit is the most that most lists allow, and their default.
const pageLimit = 250

// window is how far into a list an offset may reach at vendors whose lists are
// searches: a refusal there says nothing of the list's end, and a total may be
// cut to it.
const window = 10_000

// List fetches all pages and returns the records. It is not taken for whole
// when the vendor counts more than came, or when a record came twice on
// different pages: then the list moved while it was read, and some other
// record may have been missed. It is read once more, then it fails. A page
// that is refused fails it at once, but where the vendor's own total says that
// all came before.
func (t *Task) List(ctx context.Context, l List) ([]json.RawMessage, error) {
	ctx, end, err := t.begin(ctx, StepList)
	if err != nil {
		return nil, err
	}
	defer end()
	if t.Sampled() {
		return t.one(ctx, l)
	}
	for try := 0; ; try++ {
		b := &listing{Task: t, List: l, total: -1, seen: map[string]int{}}
		b.Limit = cmp.Or(l.Limit, pageLimit)
		err := b.read(ctx)
		if err == nil {
			for _, p := range b.parts {
				t.add(p.Part, p.stored)
			}
			return b.records, nil
		}
		if !errors.Is(err, errMoved) {
			return nil, err
		}
		for _, p := range b.parts {
			t.journal.forget(p.Part)
		}
		if try == 1 {
			return nil, err
		}
		t.log.Info("list moved while it was read; reading it from its start", keyPart, l.Key)
	}
}

// errMoved marks a list that cannot be whole.
var errMoved = errors.New("the list ended early or changed while it was read, or its pages do not fit together")

type listing struct {
	*Task
	List
	parts   []pagePart
	records []json.RawMessage
	got     int64
	last    json.RawMessage // record
	total   int64           // as the vendor counts, -1 when it does not say
	seen    map[string]int  // id -> page
}

type pagePart struct {
	Part
	stored schemas.Part
}

func (b *listing) read(ctx context.Context) error {
	full := false
	for page := 0; ; page++ {
		items, err := b.page(ctx, page)
		if err != nil && page == 0 {
			return absent(err)
		}
		if err != nil && full {
			err = b.refused(err)
		}
		if err != nil {
			return err
		}
		if err := b.check(items, page); err != nil {
			return err
		}
		b.take(items)
		if full = len(items) >= b.Limit && !b.Unpaged; !full {
			break
		}
	}
	if b.got < b.total {
		return b.moved(fmt.Sprintf("%d of %d records came", b.got, b.total))
	}
	if b.Expect != nil && b.got < *b.Expect {
		return b.moved(fmt.Sprintf("%d records came where the vendor counts %d", b.got, *b.Expect))
	}
	return nil
}

func (b *listing) take(items []json.RawMessage) {
	if b.got += int64(len(items)); len(items) > 0 {
		b.last = items[len(items)-1]
	}
	if !b.Forget {
		b.records = append(b.records, items...)
	}
}

// absent marks the error of a list that is not there at all.
func absent(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusNotFound {
		return err
	}
	gone := *e
	gone.absent = true
	return &gone
}

// IsAbsent reports whether the vendor says of a list that it does not exist: a
// 404 for its first page, never one for a later page, which says nothing of
// what the list is of.
func IsAbsent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.absent
}

// refused judges an error after a full page. Some endpoints refuse the page
// after the last one, instead of answering with an empty array, when the total
// is an exact multiple of the page size: nil then. Without a total that says
// so, a refusal is none of an end, and no other status ever is: a 401 or 429
// taken for it would cut the list silently.
func (b *listing) refused(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusNotFound && e.Status != http.StatusBadRequest {
		return err
	}
	got := b.got
	edge := got%window == 0
	if b.total >= 0 && got >= b.total && !edge || b.Expect != nil && got >= *b.Expect && got >= b.total {
		return nil
	}
	cut := *e
	cut.What += fmt.Sprintf(": no page after record %d", got)
	if b.total > got {
		cut.What += fmt.Sprintf(", and %d of %d records came", got, b.total)
		cut.Err = errMoved // it may have become shorter meanwhile
	}
	cut.Hint = "the list may go on there, so it is not taken for whole; run again, and if it stays so, ask the vendor's support"
	if edge {
		cut.What += fmt.Sprintf(", at the edge of the vendor's window of %d records", window)
		cut.Hint = "the vendor gives no more than that of one list, and there may be more; narrow what is asked for where the source's configuration can, or ask the vendor's support"
		cut.Err = nil
	}
	return &cut
}

func (b *listing) moved(what string) error {
	return &Error{Step: StepList, Failure: schemas.FailureVendor, What: b.Request.Method + " " + b.Request.Path + ": " + what,
		Err: errMoved, Hint: "run again when nobody works on it; if it stays so, ask the vendor's support"}
}

// check looks for records that an earlier page had already.
func (b *listing) check(items []json.RawMessage, page int) error {
	path := b.ID
	if path == nil {
		path = []string{"id"}
	}
	for _, raw := range items {
		id := TextAt(raw, path)
		if id == "" {
			continue
		}
		if p, ok := b.seen[id]; ok && p != page {
			return b.moved("a record came on two pages")
		}
		b.seen[id] = page
	}
	if n := len(b.parts); page > 0 && len(items) > 0 && n > 1 && b.parts[n-1].stored.Artifact == b.parts[n-2].stored.Artifact {
		return b.moved("a page came twice") // its records need not have ids
	}
	return nil
}

// TextAt reads a text inside a JSON object; "" when there is none.
func TextAt(raw json.RawMessage, path []string) string {
	for _, key := range path {
		var o map[string]json.RawMessage
		if json.Unmarshal(raw, &o) != nil {
			return ""
		}
		raw = o[key]
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// page fetches one page, or takes it from an interrupted run.
func (b *listing) page(ctx context.Context, page int) ([]json.RawMessage, error) {
	p := b.Part
	p.Key = fmt.Sprintf("%s/%08d", b.Key, page)
	p.Request.Step = StepList
	p.Request.Query = url.Values{}
	for k, v := range b.Request.Query {
		p.Request.Query[k] = v
	}
	if err := b.address(&p.Request, page); err != nil {
		return nil, err
	}
	if items, ok := b.earlier(p); ok {
		return items, nil
	}
	var items []json.RawMessage
	body, header, err := b.s.client.body(ctx, p.Request, func(body []byte) (err error) {
		items, err = array(p.Request, body)
		return err
	})
	if err != nil {
		return nil, err
	}
	if count := header.Get("X-Total-Count"); count != "" && page == 0 && !b.NoCount {
		if b.total, err = strconv.ParseInt(strings.TrimSpace(count), 10, 64); err != nil {
			return nil, Broken(StepList, "%s %s: the total of the list is not a number", p.Request.Method, p.Request.Path)
		}
	}
	art, err := b.s.x.Store.Put(ctx, bytes.NewReader(body))
	if err != nil {
		if ctx.Err() != nil {
			return nil, ended(ctx, StepStore)
		}
		return nil, broken(err)
	}
	b.log.Debug("part stored", keyPart, p.Key, keyArtifact, art.SHA)
	stored := b.stored(p, received{Artifact: art, mediaType: "application/json"}, "")
	b.parts = append(b.parts, pagePart{p, stored})
	b.journal.arrivedPage(p, stored, b.total)
	b.log.Debug("part arrived", keyPart, p.Key, keyArtifact, art.SHA, keyBytes, art.Bytes)
	b.tell(p, Arrived, art.Bytes)
	return items, nil
}

// address makes a request ask for one page.
func (b *listing) address(r *Request, page int) error {
	if !b.Unpaged {
		r.Query.Set("limit", strconv.Itoa(b.Limit))
	}
	if page == 0 && !b.NoCount {
		r.Query.Set("count", "true")
	}
	switch {
	case b.Next != nil && page > 0:
		return b.Next(r, b.last)
	case b.Next == nil && !b.Unpaged:
		r.Query.Set("offset", strconv.FormatInt(b.got, 10))
	}
	return nil
}

// earlier reads a page that an interrupted run has stored.
func (b *listing) earlier(p Part) ([]json.RawMessage, bool) {
	stored, total, ok := b.journal.part(p)
	if !ok {
		return nil, false
	}
	body, err := b.s.x.Store.read(stored.Artifact, maxAnswer)
	if err != nil {
		return nil, false
	}
	items, err := array(p.Request, body)
	if err != nil {
		return nil, false
	}
	if total >= 0 {
		b.total = total
	}
	b.parts = append(b.parts, pagePart{p, stored})
	b.tell(p, Resumed, stored.Bytes)
	return items, true
}

// array reads a JSON array of objects. null or an object is not one.
func array(r Request, body []byte) ([]json.RawMessage, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(body, &items); err != nil {
		return nil, notJSON(r, body, err)
	}
	if items == nil {
		return nil, Broken(r.Step, "%s %s: the answer is not a list", r.Method, r.Path)
	}
	for _, raw := range items {
		if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
			return nil, Broken(r.Step, "%s %s: an item of the list is not an object", r.Method, r.Path)
		}
	}
	return items, nil
}
