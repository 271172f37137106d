package answers

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/sod"
	"github.com/accessmart/accessmart/schemas"
	objects "github.com/accessmart/accessmart/sql"
)

// Model is the common model with the contracts that fill it, for which the objects are made.
type Model struct {
	Set  *schemas.Set
	Only func(objects.Object) bool // the objects that [Model.Install] makes, while others stay as they are; nil means all
	// Settings are the values that the user gives to settings, in the form of [objects.Setting.Read];
	// the others have their defaults. nil leaves all as the file has them.
	Settings map[string]string
	madeAt   database.SQL // time of the run that makes the file; "" to ask the ledger for it
	moments  []moment     // of the runs of the file; known where reports are made
}

// qualified is the name of the object, with its schema, as a reader writes it.
func qualified(o objects.Object) string {
	switch o.Kind {
	case objects.MetaMacro:
		return "meta." + o.Name
	case objects.Version:
		return database.HistorySchema + "." + o.Name
	case objects.ObservedVersion:
		return database.StatedSchema + "." + o.Name
	case objects.Report:
		return "report." + o.Name
	}
	return o.Name
}

// inFull is the query of an object with the queries of the reports that it reads in place of
// their names, so that the error of a guard names the object that was asked, not a view inside it.
func (m Model) inFull(o objects.Object) (database.SQL, error) {
	query, err := m.fill(o)
	for _, inner := range innerReports(o) {
		var full database.SQL
		if full, err = m.inFull(inner); err != nil {
			break
		}
		name := regexp.MustCompile(`\breport\.` + inner.Name + `\b`)
		query = database.SQL(name.ReplaceAllLiteralString(string(query), "(\n"+string(full)+"\n)"))
	}
	return query, err
}

// innerReports are the reports that an object reads.
func innerReports(o objects.Object) (out []objects.Object) {
	for _, r := range objects.All(objects.Report) {
		if slices.Contains(o.Reads, "report."+r.Name) {
			out = append(out, r)
		}
	}
	return out
}

// needsOf are the inputs of an object and of the reports that it reads and cannot do without.
func needsOf(o objects.Object) []string {
	needs := slices.Clone(o.Inputs)
	for _, inner := range innerReports(o) {
		if slices.Contains(o.Optional, "report."+inner.Name) {
			continue
		}
		for _, n := range needsOf(inner) {
			if !slices.Contains(needs, n) {
				needs = append(needs, n)
			}
		}
	}
	return needs
}

// asOf is the time of the run that made the file, as SQL.
func (m Model) asOf() string {
	return cmp.Or(string(m.madeAt), "(select max(r.as_of) from meta.runs r)")
}

// today is the day of that time.
func (m Model) today() string { return "cast(make_timestamp(epoch_us(" + m.asOf() + ")) as date)" }

// ended is a condition on an identity of main.
func (m Model) ended() database.SQL {
	return database.SQL("coalesce(status = 'terminated' or end_on < " + m.today() + ", false)")
}

// pastMoment is the moment that a macro about the past is asked about, as its queries have it;
// the guard refuses NULL.
const pastMoment = "coalesce(ts::timestamptz, timestamptz '9999-12-31 00:00:00Z')"

// fill makes the query of an object: its template over the common model.
func (m Model) fill(o objects.Object) (database.SQL, error) {
	if o.IsPast && o.Kind == objects.Macro {
		m.madeAt = pastMoment
	}
	t, err := template.New("").Funcs(template.FuncMap{
		"ident": database.Ident, "text": database.Text,
		"fields": func(t *schemas.Table) database.SQL {
			out := make([]database.SQL, len(t.Fields))
			for i, f := range t.Fields {
				out[i] = database.Ident(f.Name) + " := " + database.Ident(f.Name)
			}
			return database.Join(out, ", ")
		},
		"reference_rows": func() database.SQL { return referenceRows(m.Set.Common) },
		"referred_rows":  func() database.SQL { return referredRows(m.Set.Common) },
		"thing_references": func() []schemas.Reference {
			return slices.DeleteFunc(m.Set.Common.References(), func(r schemas.Reference) bool { return m.Set.Common.Table(r.Table).Thing == "" })
		},
		"things":              func() []*schemas.Table { return things(m.Set.Common) },
		"kinds":               func() []*schemas.Table { return kinds(m.Set.Common) },
		"thing":               content,
		"latest_exports":      objects.LatestExports,
		"latest_exports_then": func() string { return objects.LatestExportsUntil(pastMoment) },
		"export_causes":       objects.ExportCauses,
		"event":               func() string { return objects.Event },
		"as_of":               m.asOf,
		"today":               m.today,
		"recent":              m.recent,
		"setting":             m.setting,
		"days_since": func(x string) string {
			return "cast(floor((epoch_us(" + m.asOf() + ") - epoch_us(" + x + ")) / 86400000000) as bigint)"
		},
		"ended":     m.ended,
		"address":   func(x string) string { return x + " like '%_@_%'" },
		"can_login": canLogin,
		"alike": func(enough int) database.SQL {
			return alike.Fill(database.Values{"ended": m.ended(), "enough": enough})
		},
		// For NULL the guard is an error. If the moment stayed NULL here, DuckDB would see
		// that there are no rows, and never evaluate the guard.
		"moment": func(arg, wide string) string {
			return "coalesce(" + arg + "::timestamptz, " + string(database.Text(wide)) + ")"
		},
		"effective": func(columns, starts, targets database.SQL) database.SQL {
			return effective.Fill(database.Values{"columns": columns, "starts": starts, "targets": targets})
		},
		"held": func(targets database.SQL) database.SQL {
			return held.Fill(database.Values{"targets": targets, "can_login": canLogin("a")})
		},
		"once": func(table string) database.SQL {
			t := m.Set.Common.Table(table)
			return once(m.Set, t, database.Common(t))
		},
		"sod_matches":     func() database.SQL { return sod.Matches("meta.sod_patterns") },
		"names":           func() database.SQL { return names },
		"thing_names":     func() database.SQL { return thingNames },
		"targets":         func() database.SQL { return targets },
		"identities":      identity,
		"identities_then": identityThen,
	}).Parse(o.Query)
	if err == nil {
		var b strings.Builder
		if err = t.Execute(&b, m.Set.Common); err == nil {
			return database.SQL(b.String()), nil
		}
	}
	return "", fmt.Errorf("sql/%s/%s: %w", o.Kind, o.Name, err)
}

// canLogin is a condition on an account of main, by its alias in a query.
func canLogin(a string) database.SQL {
	return database.SQL("(" + a + ".status is null or " + a + ".status not in ('inactive', 'terminated') or coalesce(list_has_any(json_extract_string(" +
		a + ".disagreements, '$.status.*'), ['active', 'suspended', 'unknown']), false))")
}

var (
	rowsThatRefer = database.Parse(`select source, {{.name}} as table_name, {{.column_name}} as column_name, {{.target}} as target_table, {{.column}} as key
    from observed.{{.table}} where {{.column}} is not null{{if .kind}} and {{.kind}} = {{.word}}{{end}}`)
	rowsReferredTo = database.Parse(`select source, {{.name}} as target_table, {{.key_name}} as column_name, {{.key}} as key
    from observed.{{.table}} where {{.key}} is not null`)
)

// referenceRows is a query of all keys of other rows that rows of observed hold, one row for
// each.
func referenceRows(common *schemas.Common) database.SQL {
	var out []database.SQL
	for _, r := range common.References() {
		v := database.Values{"name": r.Table, "column_name": r.Column, "target": r.Target, "column": database.Ident(r.Column), "table": database.Ident(r.Table), "kind": database.SQL(""), "word": r.Word}
		if r.Kind != "" {
			v["kind"] = database.Ident(r.Kind)
		}
		out = append(out, rowsThatRefer.Fill(v))
	}
	return database.Join(out, "\n    union all ")
}

// referredRows is a query of the keys of all rows of observed that others may refer to.
func referredRows(common *schemas.Common) database.SQL {
	var out []database.SQL
	for _, t := range common.Referred() {
		out = append(out, rowsReferredTo.Fill(database.Values{"name": t.Name, "key_name": t.Key, "key": database.Ident(t.Key), "table": database.Ident(t.Name)}))
	}
	return database.Join(out, "\n    union all ")
}

// things are the tables of which main has one row for each thing or edge.
func things(common *schemas.Common) (out []*schemas.Table) {
	for _, t := range common.Tables {
		if t.Thing != "" {
			out = append(out, t)
		}
	}
	return out
}

// kinds are the tables of things, whose statements meta.links links; edges are not.
func kinds(common *schemas.Common) []*schemas.Table {
	return slices.DeleteFunc(things(common), func(t *schemas.Table) bool { return !schemas.IsThing(t.Name) })
}

// content are the columns of a thing or edge that are about it, for struct_pack.
func content(t *schemas.Table) database.SQL {
	var out []database.SQL
	for _, c := range database.Thing(t).Columns {
		if !strings.HasPrefix(c.Name, "_") {
			out = append(out, database.Ident(c.Name)+" := "+database.Ident(c.Name))
		}
	}
	return database.Join(out, ", ")
}
