//go:build duckdb_arrow

package load

import (
	"database/sql/driver"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// arrowOf is the Arrow side of one of the driver's connections.
func arrowOf(conn any) (arrowConn, error) { return duckdb.NewArrowFromConn(conn.(driver.Conn)) }
