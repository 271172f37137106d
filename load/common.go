package load

import (
	"context"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

var takePicked = database.Parse(`insert into {{.table}} ({{.names}}) select {{.values}} from {{.feed}} where {{.picked}}`)

// startCommon starts the statements of a table of the common model. Where the
// source and dataset have no rows yet there is nothing to compare, so the
// rows go straight in.
func (k *sink) startCommon(ctx context.Context) (err error) {
	k.filter = new(repeatFilter)
	if k.l.stated[k.table] {
		return k.startStaged(ctx)
	}
	if k.tx, err = k.l.db.Begin(ctx); err != nil {
		return err
	}
	k.straight(ctx, func(feed database.SQL) database.SQL {
		return takePicked.Fill(database.Values{"table": qualified(k.table), "names": database.Idents(database.Common(k.table).Names()),
			"values": k.l.rows.values(k.table), "feed": feed, "picked": database.SQL(picked)})
	}, k.distinct)
	return nil
}

var (
	countRepeated  = database.Parse(`select count(*) - count(distinct {{.hash}}) from {{.table}} where {{.scope}}`)
	deleteRepeated = database.Parse(`delete from {{.table}} where rowid in (
		select id from (
			select rowid as id, row_number() over (partition by {{.hash}} order by _artifact, _record, rowid) as nth
			from {{.table}} where {{.scope}} and {{.hash}} in (select {{.hash}} from {{.table}} where {{.scope}} group by {{.hash}} having count(*) > 1))
		where nth > 1)`)
)

// distinct removes all but the first of rows with the same content. [repeatFilter] has
// stopped them all, unless it has forgotten rows.
func (k *sink) distinct(ctx context.Context) error {
	if !k.filter.forgot {
		return nil
	}
	v := database.Values{"hash": database.Ident(schemas.HashColumn), "table": qualified(k.table), "scope": k.l.rows.where}
	repeated, err := k.tx.Count(ctx, countRepeated.Fill(v))
	if err != nil || repeated == 0 {
		return err
	}
	gone, err := k.tx.Exec(ctx, deleteRepeated.Fill(v))
	if err != nil {
		return err
	}
	k.counts.Rows -= gone
	k.counts.Inserted -= gone
	return database.Expect("repeated rows removed from "+string(qualified(k.table)), gone, repeated)
}
