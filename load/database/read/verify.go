package read

import (
	"context"
	"errors"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// ChainHash is the hash by which a run is bound to the one before it. It is an
// error where the ledger of the run does not fit it.
func ChainHash(ctx context.Context, f *File, run string) (hash string, err error) {
	var again string
	err = f.db.QueryRowContext(ctx, "select chain_hash, meta.chain_hash_of(run_id) from meta.runs where run_id = ?", run).Scan(&hash, &again)
	if err == nil && hash != again {
		err = errors.New("its hash does not fit")
	}
	return hash, err
}

var countRows = database.Parse(`select count(*) from {{.table}} where _source = {{.source}} and _dataset = {{.dataset}}`)

// CountRows counts the rows of an export in a table.
func CountRows(ctx context.Context, f *File, id schemas.ExportID, schema, table string) (n int64, err error) {
	query := countRows.Fill(database.Values{"table": database.Name(schema, table), "source": id.Source, "dataset": id.Dataset})
	err = f.db.QueryRowContext(ctx, string(query)).Scan(&n)
	return n, err
}
