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
	k.once = new(once)
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
	l.straight(ctx, k, func(feed string) string {
		return fmt.Sprintf("insert into %s (%s) select %s from %s where %s",
			qualified(k.table), idents(commonLayout(k.table).names()), l.values(k.table), feed, picked)
	}, func(ctx context.Context) error { return l.distinct(ctx, k) })
	return nil
}

// distinct removes all but the first of rows with the same content. [once] has
// stopped them all, unless it has forgotten rows.
func (l *loading) distinct(ctx context.Context, k *sink) error {
	if !k.once.forgot {
		return nil
	}
	t := qualified(k.table)
	repeated, err := k.tx.count(ctx, fmt.Sprintf("select count(*) - count(distinct %s) from %s where %s", schemas.HashColumn, t, l.where()))
	if err != nil || repeated == 0 {
		return err
	}
	gone, err := k.tx.exec(ctx, fmt.Sprintf(`delete from %[1]s where rowid in (
		select id from (
			select rowid as id, row_number() over (partition by %[2]s order by _artifact, _record, rowid) as nth
			from %[1]s where %[3]s and %[2]s in (select %[2]s from %[1]s where %[3]s group by %[2]s having count(*) > 1))
		where nth > 1)`, t, schemas.HashColumn, l.where()))
	if err != nil {
		return err
	}
	k.result.Rows -= gone
	k.result.Inserted -= gone
	return expect("repeated rows removed from "+t, gone, repeated)
}
