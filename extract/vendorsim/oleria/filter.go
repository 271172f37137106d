package oleria

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// operators is the documented table of filter types for each data type.
var operators = map[string]string{
	"string":    "eq ne in notIn contains notContains matches isNull isNotNull",
	"number":    "eq ne gt gte lt lte between in notIn isNull isNotNull",
	"boolean":   "eq ne isNull isNotNull",
	"timestamp": "eq ne gt gte lt lte between last isNull isNotNull",
	"enum":      "eq ne in notIn isNull isNotNull",
}

// problem says what is wrong with the form of a filter.
func (f filterBy) problem() string {
	allowed, ok := operators[f.DataType]
	n := len(f.Values)
	switch {
	case !ok:
		return "dataType is not known"
	case f.Field == "":
		return "field is missing"
	case !slices.Contains(strings.Fields(allowed), f.FilterType):
		return "filterType is not allowed for the dataType"
	case strings.HasPrefix(f.FilterType, "is") && n > 0, f.FilterType == "between" && n != 2,
		(f.FilterType == "in" || f.FilterType == "notIn") && n == 0:
		return "values do not fit the filterType"
	case n != 1 && !strings.HasPrefix(f.FilterType, "is") && !slices.Contains([]string{"between", "in", "notIn"}, f.FilterType):
		return "one value is needed"
	}
	return ""
}

// selected is the table's payload with the filters and the order of a request
// applied.
func selected(t *export.Table, p *downloadParams) ([]byte, error) {
	out := *t
	out.Bad = nil
	for _, f := range p.FilterBy {
		k, err := fieldOf(t, f.Field)
		if err != nil {
			return nil, err
		}
		keep := out.Rows[:0:0]
		for _, r := range out.Rows {
			if f.keeps(r.Cells[k]) {
				keep = append(keep, r)
			}
		}
		out.Rows = keep
	}
	for _, o := range slices.Backward(p.SortBy) {
		k, err := fieldOf(t, o.Field)
		if err != nil {
			return nil, err
		}
		out.Rows = slices.Clone(out.Rows)
		slices.SortStableFunc(out.Rows, func(a, b export.Row) int {
			if o.SortType == "desc" {
				a, b = b, a
			}
			return export.Compare(a.Cells[k], b.Cells[k])
		})
	}
	return out.Payload(export.Everything), nil
}

func fieldOf(t *export.Table, name string) (int, error) {
	for k, c := range t.Columns {
		if c.Name == name {
			return k, nil
		}
	}
	return 0, fmt.Errorf("field %q is not known for this context", name)
}

func (f filterBy) keeps(cell string) bool {
	values := make([]string, len(f.Values))
	for i, v := range f.Values {
		values[i] = fmt.Sprint(v)
	}
	is := func(v string) bool { return export.Compare(cell, v) == 0 }
	switch f.FilterType {
	case "isNull":
		return cell == ""
	case "isNotNull":
		return cell != ""
	case "eq", "in":
		return slices.ContainsFunc(values, is)
	case "ne", "notIn":
		return !slices.ContainsFunc(values, is)
	case "contains":
		return strings.Contains(cell, values[0])
	case "notContains":
		return !strings.Contains(cell, values[0])
	case "matches":
		ok, err := regexp.MatchString(values[0], cell)
		return ok && err == nil
	case "last":
		return f.recent(cell, values[0])
	case "between":
		return cell != "" && export.Compare(cell, values[0]) >= 0 && export.Compare(cell, values[1]) <= 0
	}
	if cell == "" {
		return false
	}
	d := export.Compare(cell, values[0])
	switch f.FilterType {
	case "gt":
		return d > 0
	case "gte":
		return d >= 0
	case "lt":
		return d < 0
	}
	return d <= 0
}

// recent reads '7d' or '24h' back from the end of the data, the default first
// day.
func (f filterBy) recent(cell, span string) bool {
	unit := time.Hour
	if strings.HasSuffix(span, "d") {
		unit = 24 * time.Hour
	}
	n, err := strconv.Atoi(strings.TrimRight(span, "dh"))
	at, errAt := time.Parse(iso, cell)
	return err == nil && errAt == nil && !at.Before(company.FirstDay().Add(-time.Duration(n)*unit))
}
