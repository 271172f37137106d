package load

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/schemas"
)

// startCommon starts the statements of a table of the common model. Where the
// source and dataset have no rows yet there is nothing to compare, so the
// rows go straight in.
func (l *loading) startCommon(ctx context.Context, k *sink) error {
	k.recent = new(recent)
	has, err := l.has(ctx, k.table)
	if err != nil {
		return err
	}
	if has {
		return l.startStaged(ctx, k)
	}
	if k.tx, err = l.w.begin(ctx); err != nil {
		return err
	}
	k.recent.suspects = new(suspects)
	l.straight(ctx, k, func(feed string) string {
		return fmt.Sprintf("insert into %s (%s) select %s from %s where %s",
			qualified(k.table), idents(commonLayout(k.table).names()), l.values(k.table), feed, picked)
	}, func(ctx context.Context) error { return l.distinct(ctx, k) })
	return nil
}

// distinct removes all but the first of rows with the same content, of which
// few are left: [recent] has stopped most, and the rest are suspects. It runs
// when the last batch has been taken, so that they are all known.
func (l *loading) distinct(ctx context.Context, k *sink) error {
	s := k.recent.suspects
	if s.none() {
		return nil
	}
	t := qualified(k.table)
	twice := fmt.Sprintf("select %s from %s where %s", schemas.HashColumn, t, l.where())
	if !s.over {
		name := l.w.feedName()
		if err := k.tx.list(ctx, name, s.hashes); err != nil {
			return err
		}
		defer k.tx.drop(name)
		twice += fmt.Sprintf(" and %s in (from %s)", schemas.HashColumn, ident(name))
	}
	twice += fmt.Sprintf(" group by %s having count(*) > 1", schemas.HashColumn)
	n, err := k.tx.count(ctx, "select count(*) from ("+twice+")")
	if err != nil || n == 0 {
		return err
	}
	gone, err := k.tx.exec(ctx, fmt.Sprintf(`delete from %[1]s where rowid in (
		select id from (
			select rowid as id, row_number() over (partition by %[2]s order by _artifact, _record, rowid) as nth
			from %[1]s where %[3]s and %[2]s in (%[4]s))
		where nth > 1)`, t, schemas.HashColumn, l.where(), twice))
	if err != nil {
		return err
	}
	k.result.Rows -= gone
	k.result.Inserted -= gone
	left, err := k.tx.count(ctx, fmt.Sprintf("select count(distinct %s) from %s where %s", schemas.HashColumn, t, l.where()))
	if err != nil {
		return err
	}
	return expect("distinct rows of "+t, k.result.Rows, left)
}
