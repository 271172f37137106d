package oleria

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// operators is the documented table: which filterType fits which dataType.
// (Working with downloads, 'Filtering'; the newer page refers to the schema of
// the create call, which shows no list.)
var operators = map[string][]string{
	"string":    {"eq", "ne", "in", "notIn", "contains", "notContains", "matches", "isNull", "isNotNull"},
	"number":    {"eq", "ne", "gt", "gte", "lt", "lte", "between", "in", "notIn", "isNull", "isNotNull"},
	"boolean":   {"eq", "ne", "isNull", "isNotNull"},
	"timestamp": {"eq", "ne", "gt", "gte", "lt", "lte", "between", "last", "isNull", "isNotNull"},
	"enum":      {"eq", "ne", "in", "notIn", "isNull", "isNotNull"},
}

// last takes a duration; the only documented units are days and hours.
var last = regexp.MustCompile(`^[1-9][0-9]*[dh]$`)

func (f Filter) validate(key string) error {
	for i, c := range f.FilterBy {
		if err := c.validate(fmt.Sprintf("%s.filterBy[%d]", key, i)); err != nil {
			return err
		}
	}
	for i, o := range f.SortBy {
		at := fmt.Sprintf("%s.sortBy[%d]", key, i)
		if strings.TrimSpace(o.Field) == "" {
			return fmt.Errorf("%s.field: missing; set the name of the field", at)
		}
		if o.SortType != "asc" && o.SortType != "desc" {
			return fmt.Errorf("%s.sortType: want asc or desc", at)
		}
	}
	return nil
}

func (c Condition) validate(key string) error {
	allowed, ok := operators[c.DataType]
	if !ok {
		return fmt.Errorf("%s.dataType: want string, number, boolean, timestamp or enum", key)
	}
	if strings.TrimSpace(c.Field) == "" {
		return fmt.Errorf("%s.field: missing; set the name of the field", key)
	}
	if !slices.Contains(allowed, c.FilterType) {
		return fmt.Errorf("%s.filterType: %q does not fit dataType %s; use one of %s", key, c.FilterType, c.DataType, strings.Join(allowed, ", "))
	}
	if want, ok := c.count(); !ok {
		return fmt.Errorf("%s.values: filterType %s takes %s, not %d", key, c.FilterType, want, len(c.Values))
	}
	for i, v := range c.Values {
		if want, ok := c.fits(v); !ok {
			return fmt.Errorf("%s.values[%d]: not %s", key, i, want)
		}
	}
	return nil
}

// count tells how many values the operator takes, and whether they are.
func (c Condition) count() (want string, ok bool) {
	n := len(c.Values)
	switch c.FilterType {
	case "isNull", "isNotNull":
		return "no value", n == 0
	case "between":
		return "two values", n == 2
	case "in", "notIn":
		return "at least one value", n > 0
	}
	return "one value", n == 1
}

// fits tells what a value must be, and whether it is. Whether numbers and
// booleans go as JSON values or as texts is not documented: both pass, as written.
func (c Condition) fits(v any) (want string, ok bool) {
	text := fmt.Sprint(v)
	switch {
	case c.FilterType == "last":
		return "a duration such as 7d or 24h", last.MatchString(text)
	case c.DataType == "number":
		_, err := strconv.ParseFloat(text, 64)
		return "a number", err == nil
	case c.DataType == "boolean":
		return "true or false", text == "true" || text == "false"
	case c.DataType == "timestamp":
		_, err := time.Parse(time.RFC3339, text)
		_, err2 := time.Parse(time.DateOnly, text)
		return "a time such as 2026-05-12T17:32:00Z", err == nil || err2 == nil
	}
	_, isText := v.(string)
	return "a text (put it in quotes)", isText && text != ""
}
