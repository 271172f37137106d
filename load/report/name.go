package report

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
)

// A Candidate is something that a name fits.
type Candidate struct {
	Key, Name string
	Also      string // what else tells it from the others: an address, a username, a title
	Status    string
	Sources   string // as a list in JSON
}

// An AmbiguousError says that a name fits several people or applications.
type AmbiguousError struct {
	What       string // person or application
	Said       string
	Candidates []Candidate
	Total      int // of the candidates, of which only the first are listed
}

func (e *AmbiguousError) Error() string {
	more := ""
	if e.Total > len(e.Candidates) {
		more = fmt.Sprintf(" (the first %d are listed)", len(e.Candidates))
	}
	return fmt.Sprintf("%q fits %d %s%s; give the key of one with --%s", e.Said, e.Total, plural[e.What], more, e.What)
}

var plural = map[string]string{"person": "people", "application": "applications"}

// mostCandidates is how many candidates are listed.
const mostCandidates = 20

var (
	peopleNamed = database.Parse(`with all_of as (
	select i.identity_key as key, coalesce(i.display_name, i.email, i.username) as name,
		concat_ws(', ', i.email, i.username, i.employee_number, i.title, i.department) as also, i.status, i.sources,
		i.identity_key = {{.said}} as is_key,
		lower(trim({{.said}})) in (lower(i.email), lower(i.username), lower(i.employee_number), lower(i.display_name))
			or i.identity_key in (select a.identity_key from meta.addresses a where a.email = lower(trim({{.said}})))
			or i.identity_key in (select l.key from meta.links l where l.kind = 'identities' and ends_with(lower(l.statement_key), ':identity:' || lower(trim({{.said}})))) as fits
	from main.identities i
)`)
	applicationsNamed = database.Parse(`with all_of as (
	select application_key as key, coalesce(name, app) as name, concat_ws(', ', app, instance) as also, status, sources, application_key = {{.said}} as is_key,
		lower(trim({{.said}})) in (lower(name), lower(app), lower(instance))
			or application_key in (select l.key from meta.links l where l.kind = 'applications' and ends_with(lower(l.statement_key), ':application:' || lower(trim({{.said}})))) as fits
	from main.applications
)`)
	fitting = database.Parse(`{{.all}}
select key, coalesce(name, key), coalesce(also, ''), coalesce(status, ''), to_json(sources), count(*) over ()
from all_of where is_key or fits and not exists (from all_of where is_key)
order by name, key limit {{.most}}`)
	near = database.Parse(`{{.all}}
select distinct coalesce(name, key), contains(lower(concat_ws(' ', name, also)), lower(trim({{.said}}))) as has_it
from all_of where has_it or jaro_winkler_similarity(lower(name), lower(trim({{.said}}))) > 0.85
order by has_it desc, 1 limit 5`)
)

// named is the one person or application that is meant by a key or name. Errors: an
// [AmbiguousError], or a [RequestError] that tells similar names.
func named(ctx context.Context, f *read.File, what, said string) (Candidate, error) {
	all := map[string]*database.Template{"person": peopleNamed, "application": applicationsNamed}[what].Fill(database.Values{"said": database.Text(said)})
	ambiguous := &AmbiguousError{What: what, Said: said}
	err := f.Each(ctx, string(fitting.Fill(database.Values{"all": all, "most": mostCandidates})), func(row []read.Value) {
		ambiguous.Candidates = append(ambiguous.Candidates, Candidate{row[0].Text, row[1].Text, row[2].Text, row[3].Text, row[4].Text})
		ambiguous.Total = int(row[5].Int())
	})
	switch {
	case err != nil:
		return Candidate{}, err
	case ambiguous.Total == 1:
		return ambiguous.Candidates[0], nil
	case ambiguous.Total > 1:
		return Candidate{}, ambiguous
	}
	by := "name, id or key"
	if what == "person" {
		by = "name, address, id or key"
	}
	var like []string
	err = f.Each(ctx, string(near.Fill(database.Values{"all": all, "said": database.Text(said)})), func(row []read.Value) { like = append(like, fmt.Sprintf("%q", row[0].Text)) })
	switch {
	case err != nil:
		return Candidate{}, err
	case len(like) == 0:
		return Candidate{}, mistake("no %s has the %s %q", what, by, said)
	}
	return Candidate{}, mistake("no %s has the %s %q; similar: %s", what, by, said, join(like))
}
