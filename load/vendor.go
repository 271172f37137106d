package load

import (
	"context"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

var (
	takeRecords = database.Parse(`insert into {{.table}} ({{.names}}) select {{.values}} from {{.feed}}`)
	allHashed   = database.Parse(`select count(*) > 0 and count(*) = count({{.hash}}) from {{.table}} where {{.scope}}`)
)

// startVendor starts the statements of the table of the dataset. Rows that the
// source has there, in the same columns, are compared with what comes;
// otherwise they are replaced, in the transaction that fills the table.
func (k *sink) startVendor(ctx context.Context) error {
	layout := database.Vendor(k.table)
	have, err := database.ColumnsOf(ctx, k.l.db, layout)
	if err != nil {
		return err
	}
	v := database.Values{"hash": database.Ident(schemas.HashColumn), "table": layout.SQL(), "scope": k.l.rows.where}
	if layout.IsLike(have) {
		// Rows of a file that was written before there were fingerprints have none,
		// and get an empty one when another source's load makes the column.
		comparable := false
		if err := k.l.db.Row(ctx, allHashed.Fill(v)).Scan(&comparable); err != nil {
			return err
		}
		if comparable {
			return k.startStaged(ctx)
		}
	}
	if k.tx, err = k.l.db.Begin(ctx); err != nil {
		return err
	}
	if err := database.Remake(ctx, k.tx, layout, have, "_source = "+database.Text(k.l.Source)); err != nil {
		return err
	}
	k.straight(ctx, func(feed database.SQL) database.SQL {
		return takeRecords.Fill(database.Values{"table": layout.SQL(), "names": database.Idents(layout.Names()), "values": k.l.rows.values(k.table), "feed": feed})
	}, func(ctx context.Context) (err error) {
		k.repeats, err = k.tx.Count(ctx, countRepeated.Fill(v))
		return err
	})
	return nil
}
