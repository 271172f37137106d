package sailpoint

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// grammar is what an endpoint's lists can be filtered and sorted by.
type grammar struct {
	filters string // field:op,op …
	sorters string
}

var (
	sessionGrammar    = grammar{"saved:eq name:eq,sw", "createdBy createdDate"}
	summaryGrammar    = grammar{"createdById:eq,sw,co createdByName:eq,sw,co description:sw,co endDate:le,lt freshness:eq,ge,gt,le,lt name:eq,sw,co quality:eq,ge,gt,le,lt startDate:ge,gt saved:eq type:eq", "createdDate identityCount entitlementCount freshness quality"}
	popularityGrammar = grammar{"applicationName:sw entitlementRef.name:sw", "popularity entitlementName applicationName"}
	identityGrammar   = grammar{"name:sw", "name"}
	insightGrammar    = grammar{"name:sw ownerName:sw description:sw", "numberOfUpdates identitiesWithAccess totalNumberOfIdentities"}
)

// places are fields whose name in a filter or sorter is not their path.
var places = map[string]string{
	"createdById": "createdBy.id", "createdByName": "createdBy.displayName", "startDate": "createdDate", "endDate": "createdDate",
	"entitlementName": "name", "identitiesWithAccess": "insight.identitiesWithAccess", "totalNumberOfIdentities": "insight.totalNumberOfIdentities",
	"ownerName": "role.ownerName",
}

var condition = regexp.MustCompile(`^\s*([\w.]+)\s+(\w+)\s+("(?:[^"\\]|\\.)*"|\S+)\s*$`)

// apply filters by one condition or several joined by 'and', and sorts.
// Anything else in the documented grammar is refused, as endpoints refuse what
// they do not support.
func (g grammar) apply(list []object, filters, sorters string) ([]object, error) {
	for _, part := range strings.Split(filters, " and ") {
		if filters == "" {
			break
		}
		m := condition.FindStringSubmatch(part)
		if m == nil || !g.allows(m[1], m[2]) {
			return nil, fmt.Errorf("filter is not supported: field or operator")
		}
		want := strings.ReplaceAll(strings.Trim(m[3], `"`), `\"`, `"`)
		list = slices.DeleteFunc(slices.Clone(list), func(o object) bool { return !holds(field(o, m[1]), m[2], want) })
	}
	if sorters == "" {
		return list, nil
	}
	keys := strings.Split(sorters, ",")
	list = slices.Clone(list)
	for _, key := range slices.Backward(keys) {
		name, descending := strings.CutPrefix(strings.TrimSpace(key), "-")
		if !slices.Contains(strings.Fields(g.sorters), name) {
			return nil, fmt.Errorf("sorter is not supported")
		}
		by := make(map[string]string, len(list)) // a record is read once, not at each comparison
		for _, o := range list {
			by[o.Key] = field(o, name)
		}
		slices.SortStableFunc(list, func(a, b object) int {
			if descending {
				a, b = b, a
			}
			return export.Compare(by[a.Key], by[b.Key])
		})
	}
	return list, nil
}

func (g grammar) allows(name, op string) bool {
	for f := range strings.FieldsSeq(g.filters) {
		field, ops, _ := strings.Cut(f, ":")
		if field == name && slices.Contains(strings.Split(ops, ","), op) {
			return true
		}
	}
	return false
}

// field is the text of a scalar member of a record.
func field(o object, name string) string {
	if name == "correlated" { // by which lists are filtered, and which no record has
		return export.Bool(!o.uncorrelated)
	}
	if p, ok := places[name]; ok {
		name = p
	}
	var v any
	json.Unmarshal(o.json, &v)
	find := func(v any, path string) any {
		for key := range strings.SplitSeq(path, ".") {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		return v
	}
	out := find(v, name)
	if out == nil { // role insights filter by the role's name and description
		out = find(v, "role."+name)
	}
	if out == nil {
		return ""
	}
	return fmt.Sprint(out)
}

func holds(have, op, want string) bool {
	h, w := strings.ToLower(have), strings.ToLower(want)
	switch op {
	case "eq":
		return h == w
	case "sw":
		return strings.HasPrefix(h, w)
	case "co":
		return strings.Contains(h, w)
	}
	d := export.Compare(have, want)
	return op == "ge" && d >= 0 || op == "gt" && d > 0 || op == "le" && d <= 0 || op == "lt" && d < 0
}
