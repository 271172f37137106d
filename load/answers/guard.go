package answers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	objects "github.com/accessmart/accessmart/sql"
)

// A guard makes an object fail where its answer would look right but be wrong:
//
//   - The tables are those of another file. DuckDB binds a macro, and before version 1.4 also
//     a view, to the tables of the reader's default database, which may be another file of
//     this program. So each object knows the run that made its file, and compares it with
//     that of the tables.
//   - The inputs of the object were never delivered. It would answer 'none' though nothing is
//     known.
//   - The one thing that the object is asked about is not known, or the argument fits several.
//
// The condition is a scalar subquery over the ledger. It reads no column of the answer, so
// that DuckDB cannot apply a filter on the answer before it, and evaluates it even if the
// answer has no rows.
type guard struct {
	run   string
	model Model
	*knowledge
}

func (g *guard) condition(o objects.Object) database.SQL {
	var b strings.Builder
	refuse := func(when database.SQL, why string) {
		fmt.Fprintf(&b, "when %s then error(%s) ", when, database.Text(why))
	}
	name := qualified(o)
	refuse("r.run is distinct from "+database.Text(g.run), fmt.Sprintf(
		"%s belongs to another file than the tables that DuckDB would answer from: first USE the database to which it belongs%s", name, beside(o)))
	if missing := g.missing(o); len(missing) > 0 {
		for i, need := range missing {
			missing[i] = need + g.saidBy(need)
			if slices.Contains(alternatives(need), ownRules) {
				missing[i] += ", or rules of your own: sod: FILE in the configuration"
			}
		}
		refuse("true", fmt.Sprintf("%s cannot tell: no export was loaded that says %s (see meta.report_inputs)", name, strings.Join(missing, "; nor one that says ")))
	}
	from := database.SQL("(select arg_max(run_id, as_of) as run from meta.runs) r")
	var moments []string
	for _, arg := range args(o) {
		switch {
		case o.Kind == objects.Macro || o.Kind == objects.Answer && arg == "ts":
			moments = append(moments, arg)
		case o.Kind == objects.Answer:
			from += ", " + g.model.refuseUnlessOne(o, arg, refuse)
		}
	}
	g.refuseMoments(o, moments, refuse)
	if slices.Contains(args(o), "identity") && slices.Contains(moments, "ts") {
		from += ", " + refuseUnknownThen(name, func(when, why database.SQL) { fmt.Fprintf(&b, "when %s then error(%s) ", when, why) })
	}
	return "(select case " + database.SQL(b.String()) + "else true end from " + from + ")"
}

var (
	versionsThen = database.Parse(`(select min(v._valid_from) as since, max(v._valid_to) as until, coalesce(bool_or(v._valid_from <= ts::timestamptz and v._valid_to > ts::timestamptz), false) as is_known
from (
    select i.identity_key, i._valid_from, timestamptz 'infinity' as _valid_to from main.identities i
    union all select h.identity_key, h._valid_from, h._valid_to from history.identities h
) v where v.identity_key in (select k.key from ({{.found}}) k)) known_then`)
	saidAt = database.Parse(`concat({{.before}}, strftime(make_timestamp(epoch_us({{.at}})), '%Y-%m-%d %H:%M:%SZ'), {{.after}})`)
)

// refuseUnknownThen adds the refusals of a macro that is asked about one identity at a moment:
// if no source named it then, no row would look like 'had no access'. It returns what they read.
func refuseUnknownThen(name string, refuse func(when, why database.SQL)) (from database.SQL) {
	said := func(before string, at database.SQL, after string) database.SQL {
		return saidAt.Fill(database.Values{"before": database.Text(name + ": " + before), "at": at, "after": database.Text(after)})
	}
	moment := database.SQL("ts::timestamptz")
	refuse("not known_then.is_known and "+moment+" < known_then.since", said("no source named this identity at that moment, so that nothing is known of its access; it was first known at ", "known_then.since", ""))
	refuse("not known_then.is_known and "+moment+" >= known_then.until", said("no source named this identity at that moment any more; it was last known before ", "known_then.until", ", if meta.key_changes has no new_key for it"))
	refuse("not known_then.is_known", said("no source named this identity at that moment; it was first known at ", "known_then.since", ", gone in between and known again later: see history.identity_versions"))
	return versionsThen.Fill(database.Values{"found": identityThen("identity")})
}

// refuseMoments adds the refusals of a macro that is asked about the past, for its moments.
func (g *guard) refuseMoments(o objects.Object, moments []string, refuse func(when database.SQL, why string)) {
	name := qualified(o)
	for i, arg := range moments {
		moment := database.SQL(arg) + "::timestamptz"
		refuse(moment+" is null", fmt.Sprintf("%s: the moment %s is NULL; give a time, or now() for the present", name, arg))
		if i > 0 {
			before := moments[i-1]
			refuse(database.SQL(before)+"::timestamptz > "+moment, fmt.Sprintf("%s: %s is later than %s; give the earlier moment first", name, before, arg))
			refuse(database.SQL(before)+"::timestamptz > now()", fmt.Sprintf("%s: %s is in the future, about which the file knows nothing", name, before))
		}
	}
	if since := g.known(o.Inputs); len(moments) > 0 && !since.IsZero() {
		last := moments[len(moments)-1]
		refuse(database.SQL(last)+"::timestamptz < "+database.Instant(since), fmt.Sprintf("%s: nothing was known at that moment; the first load was at %s",
			name, since.UTC().Format("2006-01-02 15:04:05Z")))
	}
}

// beside names the view that gives the answer of a macro in any attached database.
func beside(o objects.Object) string {
	if o.Kind != objects.Macro {
		return ""
	}
	for _, v := range append(objects.All(objects.Version), objects.All(objects.ObservedVersion)...) {
		if slices.Contains(o.Reads, qualified(v)) || slices.Equal(o.Reads, v.Reads) {
			return ", or ask its " + qualified(v)
		}
	}
	return ""
}
