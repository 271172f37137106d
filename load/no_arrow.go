//go:build !duckdb_arrow

package load

import "errors"

// Without the tag the driver has no Arrow, and the compiler says this sentence.
var _ int = "build it with the tag: go install -tags duckdb_arrow ./cmd/accessmart (or: make build)"

func arrowOf(any) (arrowConn, error) { return nil, errors.ErrUnsupported }
