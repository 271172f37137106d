package explain

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/find"
)

// steps looks up the hops of some paths of one person, all at once.
type steps struct {
	f        *read.File
	person   find.Thing
	accounts map[string]*Hop
	grants   map[string]*Hop
	names    *find.Names
}

func newSteps(f *read.File, person find.Thing) *steps {
	return &steps{f: f, person: person, accounts: map[string]*Hop{}, grants: map[string]*Hop{}, names: find.NewNames()}
}

// want asks for an account, unless it is "", and for grants.
func (s *steps) want(account string, grants []string) {
	if account != "" {
		s.accounts[account] = nil
		s.names.Want("account", account)
	}
	for _, k := range grants {
		s.grants[k] = nil
	}
}

func (s *steps) read(ctx context.Context) error {
	var ends []end
	if err := errors.Join(s.readGrants(ctx, &ends), s.readUses(ctx)); err != nil {
		return err
	}
	if err := s.names.Read(ctx, s.f); err != nil {
		return err
	}
	for _, e := range ends {
		h := s.grants[e.grant]
		h.From, h.To = s.names.Of(e.fromKind, e.from), s.names.Of(e.toKind, e.to)
	}
	for k, h := range s.accounts {
		if h != nil {
			h.From, h.To = s.person, s.names.Of("account", k)
		}
	}
	return errors.Join(s.readStatements(ctx), s.readAccountStatements(ctx))
}

// hops are those of one path. A grant that ended since is left out by nobody: a path is of
// grants that are.
func (s *steps) hops(account string, grants []string) []Hop {
	out := []Hop{}
	if account != "" && s.accounts[account] != nil {
		out = append(out, *s.accounts[account])
	}
	for _, k := range grants {
		if h := s.grants[k]; h != nil {
			out = append(out, *h)
		}
	}
	return out
}

type end struct{ grant, fromKind, from, toKind, to string }

var grantsOf = database.Parse(`select grant_key, principal_kind, principal_key, target_kind, target_key, privilege, coalesce(effect, 'allow'), expires_at, to_json(sources), first_seen_at
from main.grants where grant_key in {{.keys}}`)

func (s *steps) readGrants(ctx context.Context, ends *[]end) error {
	if len(s.grants) == 0 {
		return nil
	}
	return s.f.Each(ctx, string(grantsOf.Fill(database.Values{"keys": database.OneOf(maps.Keys(s.grants))})), func(row []read.Value) {
		h := &Hop{Grant: row[0].Text, Privilege: nullable(row[5]), Effect: row[6].Text, Sources: list(row[8]), FirstSeen: row[9].Time(), Statements: []Statement{}}
		if !row[7].Null {
			at := row[7].Time()
			h.ExpiresAt = &at
		}
		s.grants[h.Grant] = h
		e := end{row[0].Text, row[1].Text, row[2].Text, row[3].Text, row[4].Text}
		s.names.Want(e.fromKind, e.from)
		s.names.Want(e.toKind, e.to)
		*ends = append(*ends, e)
	})
}

var usesOf = database.Parse(`select account_key, coalesce(relation, ''), coalesce(rule, ''), coalesce(evidence, ''), to_json(sources), first_seen_at
from main.identity_accounts where identity_key = {{.person}} and account_key in {{.keys}} and relation is distinct from 'owns'`)

func (s *steps) readUses(ctx context.Context) error {
	if len(s.accounts) == 0 {
		return nil
	}
	return s.f.Each(ctx, string(usesOf.Fill(database.Values{"person": s.person.Key, "keys": database.OneOf(maps.Keys(s.accounts))})), func(row []read.Value) {
		h := &Hop{By: row[2].Text, Sources: list(row[4]), FirstSeen: row[5].Time(), Statements: []Statement{}}
		if row[3].Text != "" {
			h.By += ": " + row[3].Text
		}
		s.accounts[row[0].Text] = h
	})
}

// confirmed is a lateral join: the newest run that certainly found row s of the common model. One
// that asked for a selection, adds only, or kept rows because of rejects says nothing of
// a row that it did not bring itself, which is one as old as that.
const confirmed database.SQL = `coalesce((
        select max(e.as_of) from meta.exports e
        where e.source = s._source and e.dataset = s._dataset and e.as_of > s._valid_from and e.status in ('loaded', 'unchanged')
            and coalesce(e.kept_count, 0) = 0 and not coalesce(e.is_filtered, false) and e.mode is distinct from 'append'), s._valid_from)`

var (
	// The statements of a grant are those whose ends are linked to its ends, with its privilege.
	statementsOf = database.Parse(`with asked as materialized (
    select grant_key, principal_kind, principal_key, target_kind, target_key, lower(nfc_normalize(trim(privilege))) as privilege
    from main.grants where grant_key in {{.keys}}
),
ends as materialized (
    select distinct kind, key, statement_key from meta.links where is_reference and key in {{.ends}}
),
wanted as materialized (
    select a.grant_key, a.principal_kind, p.statement_key as principal_key, a.target_kind, t.statement_key as target_key, a.privilege
    from asked a
    join ends p on p.key = a.principal_key
    join ends t on t.key = a.target_key
),
stated as (
    select w.grant_key as wanted, s._source, s._dataset, s._artifact, s._record, s._valid_from, s.effect, true as is_current
    from wanted w
    join observed.grants s on s.principal_key = w.principal_key and s.target_key = w.target_key and s.principal_kind = w.principal_kind and s.target_kind = w.target_kind
        and lower(nfc_normalize(trim(s.privilege))) is not distinct from w.privilege
    union all
    select w.grant_key, s._source, s._dataset, s._artifact, s._record, s._valid_from, s.effect, false
    from wanted w
    join observed_history.grants s on s.principal_key = w.principal_key and s.target_key = w.target_key and s.principal_kind = w.principal_kind and s.target_kind = w.target_kind
        and lower(nfc_normalize(trim(s.privilege))) is not distinct from w.privilege
)
select s.wanted, s._source, s._dataset, s._artifact, s._record, b.first_seen, {{.confirmed}}, s.effect
from stated s
join (select wanted, _source, _dataset, min(_valid_from) as first_seen from stated group by all) b
    on b.wanted = s.wanted and b._source = s._source and b._dataset = s._dataset
where s.is_current
order by all`)

	// That an account is a person's is stated of the two, or else concluded from what is stated
	// of the account.
	accountStatementsOf = database.Parse(`with mapped as (
    select a.key as wanted, s._source, s._dataset, s._artifact, s._record, s._valid_from, s._valid_from as first_seen
    from observed.identity_accounts s
    join (select distinct statement_key, key from meta.links where kind = 'accounts' and is_reference and key in {{.keys}}) a on a.statement_key = s.account_key
    join (select distinct statement_key from meta.links where kind = 'identities' and is_reference and key = {{.person}}) i on i.statement_key = s.identity_key
    where s.relation is distinct from 'owns'
),
stated as (
    from mapped
    union all
    select l.key, s._source, s._dataset, s._artifact, s._record, s._valid_from, l.first_seen_at
    from meta.links l
    join observed.accounts s on s.account_key = l.statement_key and coalesce(s.native_id, '') = l.part and s._source = l.source and s._dataset = l.dataset
    where l.kind = 'accounts' and l.key in {{.keys}} and l.key not in (select wanted from mapped)
)
select s.wanted, s._source, s._dataset, s._artifact, s._record, s.first_seen, {{.confirmed}}, null::varchar
from stated s
order by all`)
)

func (s *steps) readStatements(ctx context.Context) error {
	if len(s.grants) == 0 {
		return nil
	}
	ends := map[string]bool{}
	for _, h := range s.grants {
		if h != nil {
			ends[h.From.Key], ends[h.To.Key] = true, true
		}
	}
	return s.readInto(ctx, s.grants, statementsOf.Fill(database.Values{"keys": database.OneOf(maps.Keys(s.grants)), "ends": database.OneOf(maps.Keys(ends)), "confirmed": confirmed}))
}

func (s *steps) readAccountStatements(ctx context.Context) error {
	if len(s.accounts) == 0 {
		return nil
	}
	return s.readInto(ctx, s.accounts, accountStatementsOf.Fill(database.Values{"keys": database.OneOf(maps.Keys(s.accounts)), "person": s.person.Key, "confirmed": confirmed}))
}

func (s *steps) readInto(ctx context.Context, hops map[string]*Hop, query database.SQL) error {
	return s.f.Each(ctx, string(query), func(row []read.Value) {
		if h := hops[row[0].Text]; h != nil {
			h.Statements = append(h.Statements, Statement{Source: row[1].Text, Dataset: row[2].Text, Artifact: row[3].Text, Record: row[4].Int(),
				FirstSeen: row[5].Time(), LastConfirmed: row[6].Time(), Effect: row[7].Text})
		}
	})
}

// Cover is a dataset that tells grants about the application of a target, or about things
// like it where it has no application.
type Cover struct {
	Source      string    `json:"source"`
	Dataset     string    `json:"dataset"`
	Grants      int64     `json:"grants"`
	Status      string    `json:"last_status"` // of the newest export, see meta.exports
	ConfirmedAt time.Time `json:"confirmed_at"`
	IsFiltered  bool      `json:"is_filtered"` // it covers a selection only
	Rejects     int64     `json:"rejects"`     // records, and items of records, that are rejects
}

var coversOf = database.Parse(`select s._source, s._dataset, s.n, l.status, l.confirmed_at, coalesce(l.is_filtered, false), coalesce(l.reject_count, 0) + coalesce(l.item_reject_count, 0)
from (
    select _source, _dataset, count(*) as n from observed.grants where {{.about}} group by all
) s
join {{.latest}} l on l.source = s._source and l.dataset = s._dataset
order by all`)

func covers(ctx context.Context, f *read.File, target find.Thing) (out []Cover, err error) {
	about := "application_key is null and target_kind = " + database.Text(target.Kind)
	if app := target.ApplicationKey; app != "" {
		about = "application_key in (select statement_key from meta.links where kind = 'applications' and key = " + database.Text(app) + ")"
	}
	_, latest, err := read.Exports(ctx, f)
	if err != nil {
		return nil, err
	}
	out = []Cover{}
	err = f.Each(ctx, string(coversOf.Fill(database.Values{"about": about, "latest": latest})), func(row []read.Value) {
		out = append(out, Cover{row[0].Text, row[1].Text, row[2].Int(), row[3].Text, row[4].Time(), row[5].Bool(), row[6].Int()})
	})
	return out, err
}
