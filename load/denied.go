package load

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/schemas"
)

// findDenied is the rule of the finding about rows that allow what others of
// the same export deny.
const findDenied = "allowed_and_denied"

const (
	effect = "effect"
	deny   = "deny"
)

// denyWins leaves out, of the rows of an export under one key, those that do
// not deny where another does. Which record is right is not known, and access
// that is denied must not read as allowed.
func (l *loading) denyWins(ctx context.Context) error {
	for t, k := range l.sinks {
		if !t.IsCommon() || t.Key == "" || t.Field(effect) == nil {
			continue
		}
		leave := l.leaveAllowed
		if k.staged {
			leave = l.unstageAllowed
		}
		n, err := leave(ctx, k)
		if err != nil {
			return err
		}
		if n > 0 {
			l.result.Findings = append(l.result.Findings[:len(l.result.Findings):len(l.result.Findings)], schemas.Finding{
				Rule: findDenied, Field: t.Name + "." + effect, Count: n,
				Detail: "other rows of the same key deny it: the denial is kept, and these are in the vendor's table only; ask the vendor which is right"})
		}
	}
	return nil
}

// leaveAllowed takes such rows out again where they went straight in.
func (l *loading) leaveAllowed(ctx context.Context, k *sink) (int64, error) {
	t, key, where := qualified(k.table), ident(k.table.Key), l.where()
	n, err := k.tx.exec(ctx, fmt.Sprintf("delete from %s where %s and %s is distinct from %s and %s in (select %[5]s from %[1]s where %[2]s and %[3]s = %[4]s)",
		t, where, effect, text(deny), key))
	k.result.Rows -= n
	k.result.Inserted -= n
	return n, err
}

// unstageAllowed does it for rows that are staged: for those that are current
// already as if they had not come again.
func (l *loading) unstageAllowed(ctx context.Context, k *sink) (int64, error) {
	t, seen, fresh, denied, key := qualified(k.table), k.stage("seen"), k.stage("fresh"), k.stage("denied"), ident(k.table.Key)
	n, err := l.w.count(ctx, fmt.Sprintf("select (select count(*) from %s where %s = %s) + (select count(*) from %s where %s and %[2]s = %[3]s)",
		fresh, effect, text(deny), t, l.where()))
	if err != nil || n == 0 {
		return 0, err
	}
	_, err = l.w.db.ExecContext(ctx, fmt.Sprintf(`create table %[1]s as
		with came as (
			select %[2]s as k, %[3]s as e, %[4]s as h from %[5]s
			union all
			select %[2]s, %[3]s, %[4]s from %[6]s where %[7]s and %[4]s in (select %[4]s from %[8]s))
		select distinct h from came where e is distinct from %[9]s and k in (select k from came where e = %[9]s)`,
		denied, key, effect, schemas.HashColumn, fresh, t, l.where(), seen, text(deny)))
	if err != nil {
		return 0, err
	}
	for _, of := range []string{fresh, seen} {
		if _, err := l.w.db.ExecContext(ctx, fmt.Sprintf("delete from %s where %s in (select h from %s)", of, schemas.HashColumn, denied)); err != nil {
			return 0, err
		}
	}
	return l.w.count(ctx, "select count(*) from "+denied)
}
