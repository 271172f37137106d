// Package explain answers from a finished file why somebody has something, or has not: the
// paths of grants with the statements that say so, the step that is missing, and what the
// answer cannot know.
//
//	person ──▶ account ──▶ group ──▶ role ──▶ target
//	        use        grant      grant    grant       each hop with its statements
//
// Which paths there are is what access_of in the file says, and nothing else. The package
// changes nothing, and prints nothing.
package explain

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/find"
)

// ErrTooOld is wrapped where a file lacks what the question is answered by.
var ErrTooOld = errors.New("was made by an earlier version, which did not keep who reaches what: refresh it first")

// NoGrantsError says that no source of the file has delivered who has what.
type NoGrantsError struct{ Datasets []string } // that would

func (e *NoGrantsError) Error() string {
	return "no source has delivered who has what, so that the file cannot say whether anybody has anything; these datasets would: " + strings.Join(e.Datasets, ", ")
}

// Statement is a record of an export that says that there is a hop.
type Statement struct {
	Source        string    `json:"source"`
	Dataset       string    `json:"dataset"`
	Artifact      string    `json:"artifact"`
	Record        int64     `json:"record"`
	FirstSeen     time.Time `json:"first_seen_at"`
	LastConfirmed time.Time `json:"last_confirmed_at"` // of the newest run that certainly found it
	Effect        string    `json:"effect,omitempty"`
}

// Hop is one step of a path: a person uses an account (Grant is ""), or something has
// something by a grant.
type Hop struct {
	From       find.Thing  `json:"from"`
	To         find.Thing  `json:"to"`
	Grant      string      `json:"grant_key,omitempty"`
	Privilege  *string     `json:"privilege"` // nil: the vendor did not say
	Effect     string      `json:"effect,omitempty"`
	By         string      `json:"by,omitempty"` // of an account: the rule by which it is the person's
	ExpiresAt  *time.Time  `json:"expires_at,omitempty"`
	Sources    []string    `json:"sources"`
	FirstSeen  time.Time   `json:"first_seen_at"`
	Statements []Statement `json:"statements"`
}

// Path is how a person has a privilege for a target, or is denied it.
type Path struct {
	Account   *find.Thing `json:"account"` // nil: the person has it without an account
	Privilege *string     `json:"privilege"`
	Effect    string      `json:"effect"` // allow or deny
	IsDirect  bool        `json:"is_direct"`
	Hops      []Hop       `json:"hops"` // nil where the path is not known: see [Answer.Unknown]
}

// Answer is what there is to say of one person and one target.
type Answer struct {
	Person  find.Thing `json:"person"`
	Target  find.Thing `json:"target"`
	AsOf    time.Time  `json:"as_of"` // of the run that made the file
	Covers  []Cover    `json:"coverage"`
	Paths   []Path     `json:"paths"`
	Unknown int        `json:"unknown_paths"` // paths that the file does not keep and that are too long to be found now
	Missing *Missing   `json:"missing,omitempty"`
	Inside  *Reach     `json:"in_application,omitempty"` // of a target that is an application: what the person has in it
}

// Has reports whether some path allows.
func (a *Answer) Has() bool {
	return slices.ContainsFunc(a.Paths, func(p Path) bool { return p.Effect == "allow" })
}

var (
	pathsTo = database.Parse(`select account_key, privilege, effect, is_direct, hops, path::json as path
from access_of({{.person}}) where target_kind = {{.kind}} and target_key = {{.target}}`)
	pathsThen = database.Parse(`select account_key, privilege, effect, is_direct, hops, path::json as path
from access_of_as_of({{.person}}, {{.moment}}) where target_kind = {{.kind}} and target_key = {{.target}}`)
)

// Why finds the paths by which a person has a target: for each account and privilege the
// shortest, those that allow first. Statements and names are looked up for these alone.
//
// Errors: a [NoGrantsError], or what DuckDB says.
func Why(ctx context.Context, f *read.File, person, target find.Thing) (*Answer, error) {
	a := &Answer{Person: person, Target: target, Paths: []Path{}}
	var err error
	if a.AsOf, err = madeAt(ctx, f); err != nil {
		return nil, err
	}
	if err := known(ctx, f); err != nil {
		return nil, err
	}
	if a.Covers, err = covers(ctx, f, target); err != nil {
		return nil, err
	}
	v := database.Values{"person": person.Key, "kind": target.Kind, "target": target.Key, "moment": a.AsOf}
	found, err := walks(ctx, f, pathsTo.Fill(v))
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(found, func(w walk) bool { return w.keys == nil }) { // of a ring that is too large, or a long path
		then, err := walks(ctx, f, pathsThen.Fill(v))
		if err != nil {
			return nil, err
		}
		for i, w := range found {
			if at := slices.IndexFunc(then, w.isOf); w.keys == nil && at >= 0 {
				found[i].keys = then[at].keys
			}
		}
	}
	if err := a.fill(ctx, f, found); err != nil {
		return nil, err
	}
	if target.Kind == "application" {
		a.Inside, err = inside(ctx, f, person, target)
	}
	return a, err
}

// inside is what a person has in one application, nothing if it is none of those of [Reaches].
func inside(ctx context.Context, f *read.File, person, application find.Thing) (*Reach, error) {
	all, err := Reaches(ctx, f, person)
	if err != nil {
		return nil, err
	}
	for i := range all.Applications {
		if r := &all.Applications[i]; r.ApplicationKey == application.Key {
			return r, nil
		}
	}
	return &Reach{Application: application.Name, ApplicationKey: application.Key}, nil
}

// walk is a row of access_of.
type walk struct {
	account   string
	privilege *string
	effect    string
	direct    bool
	keys      []string // grant keys, nil where they are not known
}

func (w walk) isOf(o walk) bool {
	return w.account == o.account && w.effect == o.effect && compareNull(w.privilege, o.privilege) == 0
}

func walks(ctx context.Context, f *read.File, query database.SQL) (out []walk, err error) {
	var bad error
	err = f.Each(ctx, string(query), func(row []read.Value) {
		w := walk{account: row[0].Text, privilege: nullable(row[1]), effect: row[2].Text, direct: row[3].Bool()}
		if !row[5].Null {
			bad = errors.Join(bad, json.Unmarshal([]byte(row[5].Text), &w.keys))
		}
		out = append(out, w)
	})
	slices.SortFunc(out, func(a, b walk) int {
		return cmp.Or(cmp.Compare(a.effect, b.effect), cmp.Compare(len(a.keys), len(b.keys)), cmp.Compare(a.account, b.account), compareNull(a.privilege, b.privilege))
	})
	return out, errors.Join(err, bad)
}

// fill makes paths of walks.
func (a *Answer) fill(ctx context.Context, f *read.File, found []walk) error {
	s := newSteps(f, a.Person)
	for _, w := range found {
		s.want(w.account, w.keys)
	}
	if err := s.read(ctx); err != nil {
		return err
	}
	for _, w := range found {
		p := Path{Privilege: w.privilege, Effect: w.effect, IsDirect: w.direct}
		if w.account != "" {
			account := s.names.Of("account", w.account)
			p.Account = &account
		}
		if w.keys == nil {
			a.Unknown++
		} else {
			p.Hops = s.hops(w.account, w.keys)
		}
		a.Paths = append(a.Paths, p)
	}
	return nil
}

// Check says whether the file has what questions are answered by. Errors: what wraps
// [ErrTooOld], or what DuckDB says.
func Check(ctx context.Context, f *read.File) error {
	has := false
	err := f.Each(ctx, `select count(*) = 5 from duckdb_tables() where database_name = current_database()
		and (schema_name = 'closure' and table_name in ('edges', 'reach') or schema_name = 'meta' and table_name in ('links', 'addresses', 'key_changes'))`,
		func(row []read.Value) { has = row[0].Bool() })
	if err == nil && !has {
		err = &database.FileError{Path: f.Path(), Err: ErrTooOld}
	}
	return err
}

// madeAt is the time of the run that made the file.
func madeAt(ctx context.Context, f *read.File) (at time.Time, err error) {
	err = f.Each(ctx, "select max(as_of) from meta.runs", func(row []read.Value) { at = row[0].Time() })
	return at, err
}

// known refuses a file in which nobody can have anything, as nobody said.
func known(ctx context.Context, f *read.File) error {
	var missing *NoGrantsError
	err := f.Each(ctx, "select to_json(datasets) from meta.report_inputs where report = 'access_of' and not has", func(row []read.Value) { missing = &NoGrantsError{list(row[0])} })
	if err == nil && missing != nil {
		return missing
	}
	return err
}

func nullable(v read.Value) *string {
	if v.Null {
		return nil
	}
	text := v.Text
	return &text
}

func compareNull(a, b *string) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}

// list is a list of texts; nil where it is NULL.
func list(v read.Value) (out []string) {
	if !v.Null {
		_ = json.Unmarshal([]byte(v.Text), &out) // the text of a list is JSON
	}
	return out
}
