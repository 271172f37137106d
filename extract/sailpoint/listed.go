package sailpoint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// Jobs of which each contract says what it asks for.
const (
	jobList   = "list"
	jobSearch = "search"
)

// placeholder stands in a path for the id of the record that a list is of.
const placeholder = "{id}"

// listed is what a contract says of its list, in `export`:
//
//	job: list            # or search
//	path: accounts       # below the version; roles/{id}/assigned-identities
//	limit: 250           # records of a page, the most that the endpoint allows; 0: it knows no pages
//	sorters: id          # an order that does not change while the list is read
//	query: {detailLevel: FULL}
//	id: account.id       # where a record has its id, if not at id
//	count: false         # the endpoint cannot tell the total
//	search_after: [v1]   # API versions in which it is paged by the last record, not by offset
//	apis: [v2026, v1]    # API versions that have it; where the source's is none of them the last is used
//	each: roles          # a list for each record of that dataset
//	context: {role_id: id}          # facts for the columns: path in that record
//	where: {dimensional: "true"}    # only of such records
//
// A search has index (such as identities) and query (default *) in place of path.
type listed struct {
	plural  string
	search  bool
	path    string
	index   string
	text    string // of a search
	limit   int
	unpaged bool
	sorters string
	query   map[string]string
	id      []string
	noCount bool

	searchAfter []string
	apis        []string

	each     string
	parentID []string
	context  map[string][]string
	where    map[string]string
}

// readListed reads the export of a contract, and of its parent where the id of
// a record is.
func readListed(c *schemas.Contract) (*listed, error) {
	o := options{c.Export, nil}
	l := &listed{plural: c.Plural(), search: o.text("job") == jobSearch, path: o.text("path"), index: o.text("index"),
		sorters: o.text("sorters"), searchAfter: o.texts("search_after"), apis: o.texts("apis"),
		each: o.text("each"), where: o.words("where"), noCount: o.text("count") == "false", context: map[string][]string{}}
	l.limit, l.unpaged = o.number("limit")
	if id := o.text("id"); id != "" {
		l.id = strings.Split(id, ".")
	}
	if l.search {
		l.text = cmp.Or(o.text("query"), "*")
		l.path = jobSearch
	} else {
		l.query = o.words("query")
	}
	for fact, path := range o.words("context") {
		l.context[fact] = strings.Split(path, ".")
	}
	if c.Parent != nil {
		l.parentID = []string{"id"}
		if id := (&options{values: c.Parent.Export}).text("id"); id != "" {
			l.parentID = strings.Split(id, ".")
		}
	}
	o.only("job", "path", "index", "limit", "sorters", "query", "id", "count", "search_after", "apis", "each", "context", "where", "refresh")
	switch {
	case l.path == "":
		o.wrong("it has no path")
	case l.search && (l.index == "" || l.sorters == ""):
		o.wrong("a search needs index and sorters")
	case (l.each != "") != strings.Contains(l.path, placeholder):
		o.wrong("a path with " + placeholder + " needs each, and each such a path")
	case l.each != "" && c.Parent == nil:
		o.wrong("each: the dataset " + l.each + " is not known")
	case l.each != "" && len(l.context) == 0:
		o.wrong("each: say in context by which fact the lists are told apart")
	case len(l.searchAfter) > 0 && l.sorters == "":
		o.wrong("search_after needs sorters")
	}
	if len(o.faults) > 0 {
		return nil, extract.Unusable(extract.StepPlan, "correct export in the contract", "%s: export: %s", c.Dataset, strings.Join(o.faults, "; "))
	}
	return l, nil
}

// picks reports whether a list is asked for of this record.
func (l *listed) picks(record json.RawMessage) bool {
	for path, want := range l.where {
		if !strings.EqualFold(wordAt(record, strings.Split(path, ".")), want) {
			return false
		}
	}
	return true
}

// wordAt reads a text, number or boolean inside a JSON object.
func wordAt(raw json.RawMessage, path []string) string {
	for _, key := range path {
		var o map[string]json.RawMessage
		if json.Unmarshal(raw, &o) != nil {
			return ""
		}
		raw = o[key]
	}
	return strings.Trim(string(raw), `"`)
}

// versionOf is the version of the API by which a list is asked for.
func (v *vendor) versionOf(l *listed) string {
	api := cmp.Or(v.conf.API, defaultAPI)
	if len(l.apis) > 0 && !slices.Contains(l.apis, api) {
		return l.apis[len(l.apis)-1]
	}
	return api
}

// searchBody is the body of POST /search.
type searchBody struct {
	Indices     []string    `json:"indices"`
	Query       searchQuery `json:"query"`
	Sort        []string    `json:"sort"`
	SearchAfter []string    `json:"searchAfter,omitempty"`
}

type searchQuery struct {
	Query string `json:"query"`
}

// asSearch makes a list one of POST /search: its offset ends at 10,000, so each
// page is asked for by what the one before ended with.
func asSearch(ask *extract.List, l *listed) {
	body := searchBody{Indices: []string{l.index}, Query: searchQuery{l.text}, Sort: strings.Split(l.sorters, ",")}
	ask.Request.Method, ask.Request.Body = http.MethodPost, body
	ask.Request.Query.Del("sorters")
	ask.Next = func(r *extract.Request, last json.RawMessage) error {
		after, err := sortValues(l, last)
		if err != nil {
			return err
		}
		next := body
		next.SearchAfter = after
		r.Body = next
		return nil
	}
}

// options reads a contract's export, which is any YAML.
type options struct {
	values map[string]any
	faults []string
}

func (o *options) wrong(what string) { o.faults = append(o.faults, what) }

func (o *options) only(names ...string) {
	for _, name := range slices.Sorted(maps.Keys(o.values)) {
		if !slices.Contains(names, name) {
			o.wrong("unknown word " + name)
		}
	}
}

func (o *options) text(name string) string {
	switch v := o.values[name].(type) {
	case nil, map[string]any, []any:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

func (o *options) number(name string) (n int, zero bool) {
	if o.values[name] == nil {
		return 0, false
	}
	n, err := strconv.Atoi(o.text(name))
	if err != nil || n < 0 {
		o.wrong(name + ": want a number")
	}
	return n, n == 0
}

func (o *options) texts(name string) (out []string) {
	list, ok := o.values[name].([]any)
	if !ok && o.values[name] != nil {
		o.wrong(name + ": want a list")
	}
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func (o *options) words(name string) map[string]string {
	m, ok := o.values[name].(map[string]any)
	if !ok && o.values[name] != nil && name != "query" {
		o.wrong(name + ": want words with values")
	}
	out := map[string]string{}
	for k, v := range m {
		out[k] = fmt.Sprint(v)
	}
	return out
}
