// Package sql holds the SQL objects of the database file, one in each file. The
// name of the file is the name of the object, and its folder says what it is:
//
//	macros/            table macros in schema main
//	meta/              scalar macros in schema meta
//	ledger/            views in schema meta
//	versions/          views in schema history: what the macros about things answer, for all time
//	observed_versions/ views in schema observed_history: the same for the macros about
//	                   what exports state
//	reports/           views in schema report
//	closure/           tables in schema closure, derived from main: the closure of grants
//	views/             views in schema main
//	answers/           table macros in schema main about the one thing that their argument names
//	checks/            queries that must return no rows, named after the bad state that they find
//
// A file is a header of comment lines `-- word: text`, which lines `--   more`
// continue, followed by one select. The words are:
//
//   - grain: what one row is; key: the columns that tell rows apart
//   - reads: the tables that the query reads
//   - why: the question that the object answers; caveat: what its answer does not say
//   - optional: those of the reports that it reads without whose inputs it answers all the same, as
//     if they had no rows
//   - inputs: what must have been delivered before an answer means anything, see below
//   - args: the arguments of a table macro. Those of a macro in macros/ are moments; in
//     answers/ they are identity, target, about (an application or a manager),
//     campaign_name, or the moment ts
//   - severity: error or warning, of a check
//   - past: of a report, yes if a macro NAME_as_of(ts) is made of it that answers what the report
//     would have answered at a moment. All tables that it reads must have closed versions
//   - since: of a report, the column that says when what the row is about happened
//   - columns: of a view or table, followed by one line `--   name: comment` for each column
//
// The inputs are separated by commas. Each is a table of the common model or a
// column of one, such as accounts.has_mfa. Alternatives are joined by 'or'; one of
// them is enough. An input followed by 'from two sources' must have been delivered by
// two sources. The input sod_rules is a rule on separation of duties of the user's own.
// An object whose inputs are absent answers with an error that names them, since an empty
// answer would be untrue.
//
// A query names each table with its schema. DuckDB would look for a name without
// a schema in the search path of whoever reads the view, and so perhaps in another
// file. For the same reason a query uses no macro of this package, but these
// functions of its template:
//
//   - {{as_of}} and {{days_since "expression"}} are what meta.as_of and meta.days_since
//     answer, in a report as a literal of the run that makes it; {{today}} is the day of as_of
//   - {{setting "name"}} is the value of one of [Settings]: a number, or a list of texts
//   - {{recent "column" 7}}, in a report, is whether a column of moments is within as many days
//     before as_of and not the moment of a run that only loaded exports for the first time
//   - {{latest_exports}} and {{export_causes}} are the queries of these views of meta, in brackets
//   - {{latest_exports_then}} is the first of these as it was at the moment ts
//   - {{event}} is what a row of history.changes means, see [Event]
//   - {{ended}} is whether an identity has left, by status or end_on
//   - {{address "expression"}} is whether a text can be an e-mail address
//   - {{alike 5}} is the query of people who have not left, with how many are alike in department,
//     title and manager, and by which of these each is judged: the first in which so many are
//   - {{can_login "alias"}} is whether any source says that somebody can log in to an
//     account of main
//   - {{sod_matches}} is the query of what the patterns of rules of the user's own name
//   - {{names}} is the query of the names of all things, as kind, key and name, in brackets
//   - {{moment "argument" "infinity"}} is a moment that a table macro is asked about. NULL
//     must be an error, which is only noticed where the query finds rows: for NULL it is
//     given the second text. A query with two moments takes the least and the greatest of
//     them, so that it finds rows, and so the error, where they are the wrong way round
//   - {{identities "argument"}} and {{identities_then "argument"}} are queries of the keys
//     that an identity's key or address can mean now, or could ever mean
//   - {{effective "columns" "starts" "targets"}} is the common table expression effective:
//     what the starts that the one query finds can reach of the targets that the other finds.
//     {{targets}} finds all targets, with their names; {{names}} are the names of all things,
//     and {{thing_names}} those of things that are neither people nor accounts
//   - {{held "targets"}} are common table expressions of which held has what people have of the
//     things that a query finds, directly or through other things, without paths
//   - .Tables are the tables of the common model; {{things}} those that main has as things and
//     edges, {{kinds}} the things alone; {{fields}} and {{thing}} list the columns of such a
//     table; {{thing_references}} are the columns of such tables that hold keys of others;
//     {{ident}} and {{text}} quote a name and a literal
//   - {{reference_rows}} is the query of all keys of other rows that rows of observed hold, and
//     {{referred_rows}} that of the keys which they may hold
//
// A query treats NULL as 'the vendor did not say', never as 'no', and its caveat
// says what that means for the answer. It compares instants, not local times, so
// that the time zone of the reader's session changes nothing.
//
// This package imports nothing else of the module.
package sql

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed macros/*.sql meta/*.sql ledger/*.sql versions/*.sql observed_versions/*.sql reports/*.sql checks/*.sql closure/*.sql views/*.sql answers/*.sql
var files embed.FS

// OwnRules is the input of reports that no export fills, but the user's own rules on
// separation of duties do.
const OwnRules = "sod_rules"

// Kind is the folder of an object.
type Kind string

const (
	Macro           Kind = "macros"
	MetaMacro       Kind = "meta"
	Ledger          Kind = "ledger"
	Version         Kind = "versions"
	ObservedVersion Kind = "observed_versions"
	Report          Kind = "reports"
	Check           Kind = "checks"
	Closure         Kind = "closure"
	View            Kind = "views"
	Answer          Kind = "answers"
)

// Object is one SQL object.
type Object struct {
	Kind     Kind
	Name     string
	Grain    string // what one row is
	Key      string // columns that tell rows apart
	Reads    []string
	Optional []string // of Reads, the reports whose inputs it can do without
	Inputs   []string // each a table or column, or alternatives joined by 'or'
	Why      string   // the question it answers
	Caveat   string   // what the answer does not say
	Args     string   // of a macro, separated by commas
	Severity string   // of a check: error or warning
	IsPast   bool     // of a report: it has a macro that answers at a moment, see [Past]; of a macro: it is that of a report
	Since    string   // of a report: the column of the moment at which what a row is about happened; "" for none
	Columns  []Column
	Settings []string // names of the [Settings] that the query has, sorted
	Query    string   // one select, without a semicolon; a template
}

// Column is one column of a report.
type Column struct{ Name, Comment string }

// Comment is the comment that the object has in the database file: why, grain and caveat.
func (o *Object) Comment() string {
	s := o.Why
	if o.Grain != "" {
		s += " Grain: " + o.Grain + "."
	}
	if o.Caveat != "" {
		s += " Caveat: " + o.Caveat
	}
	return s
}

// All returns the objects of a kind, sorted by name. Callers must not change them. A
// bad file panics, since the files are part of the program and tested.
func All(kind Kind) []Object {
	of, known := parsed.Load(kind)
	if !known {
		all := parseAll(kind)
		if kind == Macro {
			all = withPast(all)
		}
		of, _ = parsed.LoadOrStore(kind, all)
	}
	return slices.Clone(of.([]Object))
}

// parsed holds the objects of each [Kind] that was asked for. A run asks for
// them many times, and parsing them anew each time took a twentieth of a small run.
var parsed sync.Map

func parseAll(kind Kind) []Object {
	names, err := fs.Glob(files, string(kind)+"/*.sql")
	if err != nil {
		panic(err)
	}
	out := make([]Object, 0, len(names))
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		o, err := parse(string(data))
		if err != nil {
			panic(fmt.Sprintf("sql/%s: %v", name, err))
		}
		o.Kind, o.Name = kind, strings.TrimSuffix(path.Base(name), ".sql")
		if kind == Check && !slices.Contains([]string{"error", "warning"}, o.Severity) {
			panic(fmt.Sprintf("sql/%s: severity %q", name, o.Severity))
		}
		out = append(out, o)
	}
	return out
}

// LatestExports is the query of meta.latest_exports in brackets, for a file that was
// made by a program without that view.
func LatestExports() string { return ledgerView("latest_exports") }

// LatestExportsUntil is [LatestExports] as it was at a moment, a literal of SQL.
func LatestExportsUntil(moment string) string {
	return strings.Replace(LatestExports(), "from meta.exports", "from (select * from meta.exports where as_of <= "+moment+") e", 1)
}

// ExportCauses is the query of meta.export_causes in brackets.
func ExportCauses() string { return ledgerView("export_causes") }

// CurrentKeys is the query of meta.current_keys in brackets.
func CurrentKeys() string { return ledgerView("current_keys") }

func ledgerView(name string) string {
	all := All(Ledger)
	return "(" + all[slices.IndexFunc(all, func(o Object) bool { return o.Name == name })].Query + ")"
}

func parse(src string) (o Object, err error) {
	var body strings.Builder
	word := ""
	lines := bufio.NewScanner(strings.NewReader(src))
	for lines.Scan() {
		line := lines.Text()
		if body.Len() > 0 || !strings.HasPrefix(line, "--") {
			body.WriteString(line + "\n")
			continue
		}
		more := strings.HasPrefix(line, "--   ")
		line = strings.TrimSpace(strings.TrimPrefix(line, "--"))
		if !more {
			var ok bool
			if word, line, ok = strings.Cut(line, ":"); !ok {
				return o, fmt.Errorf("header line %q: want word: text", line)
			}
			line = strings.TrimSpace(line)
		}
		if err := o.set(word, line); err != nil {
			return o, err
		}
	}
	o.Query = strings.TrimSuffix(strings.TrimSpace(body.String()), ";")
	o.Settings = settingsIn(o.Query)
	if o.Query == "" || o.Why == "" {
		return o, fmt.Errorf("want why and a query")
	}
	return o, lines.Err()
}

func (o *Object) set(word, value string) error {
	add := func(dst *string) { *dst = strings.TrimSpace(*dst + " " + value) }
	switch word {
	case "grain":
		add(&o.Grain)
	case "key":
		add(&o.Key)
	case "why":
		add(&o.Why)
	case "caveat":
		add(&o.Caveat)
	case "args":
		add(&o.Args)
	case "severity":
		add(&o.Severity)
	case "past":
		if value != "yes" {
			return fmt.Errorf("past: %q: want yes, or leave it out", value)
		}
		o.IsPast = true
	case "since":
		add(&o.Since)
	case "reads":
		o.Reads = append(o.Reads, list(value)...)
	case "optional":
		o.Optional = append(o.Optional, list(value)...)
	case "inputs":
		o.Inputs = append(o.Inputs, list(value)...)
	case "columns":
		if value == "" {
			return nil
		}
		name, comment, ok := strings.Cut(value, ": ")
		if !ok {
			return fmt.Errorf("columns: %q: want name: comment", value)
		}
		o.Columns = append(o.Columns, Column{strings.TrimSpace(name), strings.TrimSpace(comment)})
	default:
		return fmt.Errorf("header word %q", word)
	}
	return nil
}

// list splits a text at its commas.
func list(value string) (out []string) {
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
