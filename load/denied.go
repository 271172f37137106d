package load

import (
	"context"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// findDenied is the rule of the finding about rows that allow what other rows of the
// same export deny.
const findDenied = "allowed_and_denied"

const (
	effect = "effect"
	deny   = "deny"
)

// denyWins leaves out the rows of an export that do not deny what another row of the
// same key denies. It is not known which record is right, and access that is denied must
// not be read as allowed.
func (l *loading) denyWins(ctx context.Context) error {
	for t, k := range l.sinks {
		if !t.IsCommon() || t.Key == "" || t.Field(effect) == nil {
			continue
		}
		leave := k.leaveAllowed
		if k.staged {
			leave = k.unstageAllowed
		}
		n, err := leave(ctx)
		if err != nil {
			return err
		}
		if n > 0 {
			l.Find(schemas.Finding{Rule: findDenied, Field: t.Name + "." + effect, Count: n,
				Detail: "other rows of the same key deny it: the denial is kept, and these are in the vendor's table only; ask the vendor which is right"})
		}
	}
	return nil
}

// denyValues fill the templates of this file.
func (k *sink) denyValues() database.Values {
	return database.Values{"table": qualified(k.table), "scope": k.l.rows.where, "effect": database.SQL(effect), "deny": deny, "key": database.Ident(k.table.Key),
		"hash": database.Ident(schemas.HashColumn), "fresh": k.stage("fresh"), "seen": k.stage("seen"), "denied": k.stage("denied")}
}

var deleteAllowed = database.Parse(`delete from {{.table}} where {{.scope}} and {{.effect}} is distinct from {{.deny}}
	and {{.key}} in (select {{.key}} from {{.table}} where {{.scope}} and {{.effect}} = {{.deny}})`)

// leaveAllowed deletes such rows from a table that they were inserted into, and returns
// how many.
func (k *sink) leaveAllowed(ctx context.Context) (int64, error) {
	n, err := k.tx.Exec(ctx, deleteAllowed.Fill(k.denyValues()))
	k.counts.Rows -= n
	k.counts.Inserted -= n
	return n, err
}

var (
	countDenials = database.Parse(`select (select count(*) from {{.fresh}} where {{.effect}} = {{.deny}}) + (select count(*) from {{.table}} where {{.scope}} and {{.effect}} = {{.deny}})`)
	stageAllowed = database.Parse(`create table {{.denied}} as
		with came as (
			select {{.key}} as k, {{.effect}} as e, {{.hash}} as h from {{.fresh}}
			union all
			select {{.key}}, {{.effect}}, {{.hash}} from {{.table}} where {{.scope}} and {{.hash}} in (select {{.hash}} from {{.seen}}))
		select distinct h from came where e is distinct from {{.deny}} and k in (select k from came where e = {{.deny}})`)
	unstageDenied = database.Parse(`delete from {{.fresh}} where {{.hash}} in (select h from {{.denied}});
		delete from {{.seen}} where {{.hash}} in (select h from {{.denied}})`)
)

// unstageAllowed takes such rows out of the stage, so that those that are current end.
// It returns how many contents that were.
func (k *sink) unstageAllowed(ctx context.Context) (int64, error) {
	v := k.denyValues()
	n, err := k.l.db.Count(ctx, countDenials.Fill(v))
	if err != nil || n == 0 {
		return 0, err
	}
	for _, query := range []*database.Template{stageAllowed, unstageDenied} {
		if _, err := k.l.db.Exec(ctx, query.Fill(v)); err != nil {
			return 0, err
		}
	}
	return k.l.db.Count(ctx, "select count(*) from "+k.stage("denied"))
}
