package read

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/load/database"
)

var copyToParquet = database.Parse(`copy (from answer) to {{.path}} (format parquet, compression zstd, kv_metadata {{.about}})`)

// WriteParquet writes all rows to a new Parquet file at path, with about as its metadata:
// pairs of a name and a text. It takes the place of [Rows.All]. The file of the answer is
// not touched: the rows go through a database in memory of their own. The same rows with the
// same metadata make the same bytes. Errors: what DuckDB says.
func (r *Rows) WriteParquet(ctx context.Context, path string, about [][2]string) (err error) {
	// One thread cuts the rows into the same groups each time, so that equal rows make equal bytes.
	c, err := duckdb.NewConnector(":memory:", func(conn driver.ExecerContext) error { return database.Run(conn, []database.SQL{"set threads = 1"}) })
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var release func()
	err = conn.Raw(func(c any) error {
		a, err := database.ArrowOf(c)
		if err == nil {
			release, err = a.RegisterView(r.reader, "answer")
		}
		return err
	})
	if err != nil {
		return err
	}
	defer release()
	pairs := make([]database.SQL, len(about))
	for i, p := range about {
		pairs[i] = database.Ident(p[0]) + ": " + database.Text(p[1])
	}
	_, err = conn.ExecContext(ctx, string(copyToParquet.Fill(database.Values{"path": database.Text(path), "about": "{" + database.Join(pairs, ", ") + "}"})))
	return err
}
