//go:build duckdb_arrow

package database

import (
	"database/sql/driver"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// ArrowOf is the Arrow side of one of the driver's connections.
func ArrowOf(conn any) (ArrowConn, error) { return duckdb.NewArrowFromConn(conn.(driver.Conn)) }
