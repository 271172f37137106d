package database

import (
	"context"
	"database/sql"
	"fmt"
)

// Version is the version of the DuckDB that is linked in, such as v1.5.5.
func Version(ctx context.Context) (version string, err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return "", fmt.Errorf("DuckDB: %w", err)
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, "select version()").Scan(&version); err != nil {
		return "", fmt.Errorf("DuckDB: %w", err)
	}
	return version, nil
}
