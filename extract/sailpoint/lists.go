package sailpoint

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// lists fetches the list of one contract and, for each of its records, those of
// the members whose parent it is. The root need not be asked for itself.
func (v *vendor) lists(ctx context.Context, t *extract.Task, root *schemas.Contract, members []*schemas.Contract) error {
	l, err := readListed(root)
	if err != nil {
		return err
	}
	var children []*listed
	for _, c := range members {
		if c == root {
			continue
		}
		child, err := readListed(c)
		if err != nil {
			return err
		}
		children = append(children, child)
	}
	ask, err := v.request(l, nil)
	if err != nil {
		return err
	}
	ask.Key, ask.Forget = l.plural, len(children) == 0
	records, err := t.List(ctx, ask)
	if err != nil {
		return err
	}
	t.Done(l.plural)
	for _, child := range children {
		t.Listed(root.Dataset, child.plural)
		if err := v.eachOf(ctx, t, child, records); err != nil {
			t.Fail(err, child.plural)
		}
	}
	return ctx.Err()
}

// eachOf fetches a list for each of the records of another. A record that the
// vendor's list names, and of which it knows nothing any more, does not keep
// the others from arriving: the export is partial then.
func (v *vendor) eachOf(ctx context.Context, t *extract.Task, l *listed, records []json.RawMessage) error {
	records = slices.DeleteFunc(slices.Clone(records), func(raw json.RawMessage) bool { return !l.picks(raw) })
	var mu sync.Mutex
	dangling := map[int]string{}
	var refused error
	err := t.Each(ctx, len(records), func(ctx context.Context, i int) error {
		ask, err := v.request(l, records[i])
		if err != nil {
			return err
		}
		id := extract.TextAt(records[i], l.parentID)
		ask.Key, ask.Forget = l.plural+"/"+id, true
		if _, err = t.List(ctx, ask); !extract.IsAbsent(err) {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		dangling[i], refused = id, err
		return nil
	})
	switch {
	case err != nil || len(dangling) == 0:
		return err
	case len(dangling) == len(records): // rather the endpoint than each of them
		return refused
	}
	ids := slices.Collect(maps.Values(dangling))
	slices.Sort(ids)
	shown := strings.Join(ids[:min(3, len(ids))], ", ")
	if len(ids) > 3 {
		shown += ", …"
	}
	t.Partial(fmt.Sprintf("%s: SailPoint lists %d that it does not find when asked for what they have (%s), of %d; their rows stay as they were",
		l.each, len(ids), shown, len(records)), l.plural)
	return nil
}

// request is the request for a list; parent is the record that it belongs to,
// nil where it belongs to none.
func (v *vendor) request(l *listed, parent json.RawMessage) (extract.List, error) {
	segments := strings.Split(l.path, "/")
	facts := map[string]string{}
	if parent != nil {
		id := extract.TextAt(parent, l.parentID)
		if id == "" {
			return extract.List{}, extract.Broken(extract.StepList, "a record of the list of %s has no %s", l.each, strings.Join(l.parentID, "."))
		}
		for i, s := range segments {
			if s == placeholder {
				segments[i] = id
			}
		}
		for fact, path := range l.context {
			facts[fact] = extract.TextAt(parent, path)
		}
	}
	r := v.list(l.sorters, segments...)
	r.Path = pathIn(v.versionOf(l), segments...)
	for name, value := range l.query {
		r.Query.Set(name, value)
	}
	ask := extract.List{Part: extract.Part{Datasets: []string{l.plural}, Request: r}, ID: l.id, Limit: l.limit, Unpaged: l.unpaged, NoCount: l.noCount}
	if len(facts) > 0 {
		ask.Context = facts
	}
	switch {
	case l.search:
		asSearch(&ask, l)
	case slices.Contains(l.searchAfter, v.versionOf(l)):
		ask.Next = func(r *extract.Request, last json.RawMessage) error {
			after, err := sortValues(l, last)
			if err != nil {
				return err
			}
			r.Query.Set("searchAfter", strings.Join(after, ","))
			return nil
		}
	}
	return ask, nil
}

// sortValues are the values of a record by which its list is sorted.
func sortValues(l *listed, record json.RawMessage) ([]string, error) {
	var out []string
	for name := range strings.SplitSeq(l.sorters, ",") {
		value := extract.TextAt(record, strings.Split(strings.TrimPrefix(name, "-"), "."))
		if value == "" || strings.Contains(value, ",") {
			return nil, extract.Broken(extract.StepList, "a record of the list of %s has no %s to go on from", l.plural, name)
		}
		out = append(out, value)
	}
	return out, nil
}
