package diff

import (
	"context"
	"maps"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
)

var (
	onlyPerson = database.Parse(`(change = 'unseen' or table_name = 'identities' and key = {{.person}}
    or table_name = 'accounts' and (key in {{.accounts}} or (before->>'identity_key') = {{.person}} or (after->>'identity_key') = {{.person}})
    or table_name = 'identity_accounts' and coalesce(after->>'identity_key', before->>'identity_key') = {{.person}}
    or table_name = 'grants' and coalesce(after->>'principal_key', before->>'principal_key') in {{.principals}}
    or table_name in ('groups', 'roles', 'entitlements') and key in {{.held}})`)
	onlyApplication = database.Parse(`(change = 'unseen' or table_name = 'applications' and key = {{.application}}
    or (before->>'application_key') = {{.application}} or (after->>'application_key') = {{.application}}
    or table_name = 'identity_accounts' and coalesce(after->>'account_key', before->>'account_key') in (
        select account_key from main.accounts where application_key = {{.application}}
        union select account_key from history.accounts where application_key = {{.application}}))`)
	accountsEver = database.Parse(`select account_key from main.identity_accounts where identity_key = {{.person}} and relation is distinct from 'owns'
union select account_key from history.identity_accounts where identity_key = {{.person}} and relation is distinct from 'owns'`)
	heldThen  = database.Parse(`select distinct target_key from access_of_as_of({{.person}}, {{.moment}}) where effect = 'allow' and target_kind in ('group', 'role', 'entitlement')`)
	knownThen = database.Parse(`select 1 from (
    select identity_key, _valid_from, timestamptz 'infinity' as _valid_to from main.identities
    union all select identity_key, _valid_from, _valid_to from history.identities
) v where v.identity_key = {{.person}} and v._valid_from <= {{.moment}} and v._valid_to > {{.moment}} limit 1`)
)

// only is the condition on a change that the question asks for.
func (q *Question) only(ctx context.Context, f *read.File) (database.SQL, error) {
	switch {
	case q.Application != nil:
		return onlyApplication.Fill(database.Values{"application": q.Application.Key}), nil
	case q.Person == nil:
		return "true", nil
	}
	person := q.Person.Key
	accounts, held := map[string]bool{}, map[string]bool{}
	err := f.Each(ctx, string(accountsEver.Fill(database.Values{"person": person})), func(row []read.Value) { accounts[row[0].Text] = true })
	if err != nil {
		return "", err
	}
	knows := false // who has what
	err = f.Each(ctx, "select coalesce(bool_and(has), false) from meta.report_inputs where report = 'access_of_as_of'", func(row []read.Value) { knows = row[0].Bool() })
	if err != nil {
		return "", err
	}
	if knows {
		since, err := grantsSince(ctx, f)
		if err != nil {
			return "", err
		}
		for _, at := range []database.SQL{database.Instant(q.From), database.Instant(q.To)} {
			if err := heldAt(ctx, f, person, "greatest("+at+", "+since+")", held); err != nil {
				return "", err
			}
		}
	}
	principals := map[string]bool{person: true}
	maps.Copy(principals, accounts)
	maps.Copy(principals, held)
	return onlyPerson.Fill(database.Values{"person": person, "accounts": database.OneOf(maps.Keys(accounts)), "principals": database.OneOf(maps.Keys(principals)), "held": database.OneOf(maps.Keys(held))}), nil
}

// heldAt adds the keys of what a person held at a moment. Whom no source named then held nothing
// that the file could tell: access_of_as_of refuses to answer.
func heldAt(ctx context.Context, f *read.File, person string, moment database.SQL, held map[string]bool) error {
	v := database.Values{"person": person, "moment": moment}
	known := false
	if err := f.Each(ctx, string(knownThen.Fill(v)), func([]read.Value) { known = true }); err != nil || !known {
		return err
	}
	return f.Each(ctx, string(heldThen.Fill(v)), func(row []read.Value) { held[row[0].Text] = true })
}

// grantsSince is the first moment at which grants were known.
func grantsSince(ctx context.Context, f *read.File) (at database.SQL, err error) {
	err = f.Each(ctx, `select min(e.as_of) from meta.exports e
		where e.status = 'loaded' and (e.dataset in (select dataset from meta.column_map where target_table = 'grants')
			or (e.source, e.dataset) in (select source, dataset from meta.export_tables where table_name = 'observed.grants'))`,
		func(row []read.Value) { at = database.Instant(row[0].Time()) })
	return at, err
}
