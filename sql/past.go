package sql

import (
	"regexp"
	"slices"
	"strings"
)

// Past is the macro that answers what a report would have answered at a moment, such as
// privileged_access_as_of. Only a report whose header says so has one.
func Past(report string) string { return report + "_as_of" }

// pastCaveat is what such a macro does not say besides what its report does not.
const pastCaveat = "the rows are what the report would have had at the moment, of what was known then, joined by the rules and the links file of that time; names and thresholds of meta.settings are those of the last run. " +
	"What was erased since with its history is missing. A moment before the first load of what the report needs is an error, and so is NULL. Of the report: "

// The tables of which closed versions are kept, as a report names them.
var versioned = regexp.MustCompile(`\b(?:(main|observed)\.(\w+)|meta\.(links))\b`)

// closedIn are the schemas of the closed versions.
var closedIn = map[string]string{"main": "history", "observed": "observed_history", "meta": "history"}

// past makes the macro of a report: each table becomes what it was at the moment. What the
// query has of times is judged by that moment, too; see package answers.
func (o Object) past() Object {
	out := o
	out.Kind, out.Name, out.Args, out.IsPast, out.Since = Macro, Past(o.Name), "ts", true, ""
	out.Why = "At the moment ts: " + o.Why
	out.Caveat = pastCaveat + o.Caveat
	out.Reads = nil
	for _, table := range o.Reads {
		schema, name, _ := strings.Cut(table, ".")
		switch {
		case versioned.MatchString(table):
			out.Reads = append(out.Reads, table, closedIn[schema]+"."+name)
		case table != "meta.runs": // by which a report knows the present
			out.Reads = append(out.Reads, table)
		}
	}
	const moment = `{{moment "ts" "infinity"}}`
	out.Query = versioned.ReplaceAllStringFunc(o.Query, func(table string) string {
		schema, name, _ := strings.Cut(table, ".")
		return "(select * from " + table + " where _valid_from <= " + moment + " union all by name select * exclude (_valid_to, _ended_by) from " +
			closedIn[schema] + "." + name + " where _valid_from <= " + moment + " and _valid_to > " + moment + ")"
	})
	out.Query = strings.ReplaceAll(out.Query, "{{latest_exports}}", "{{latest_exports_then}}")
	return out
}

// withPast adds to the macros those of reports, sorted by name.
func withPast(macros []Object) []Object {
	for _, o := range All(Report) {
		if o.IsPast {
			macros = append(macros, o.past())
		}
	}
	slices.SortFunc(macros, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	return macros
}
