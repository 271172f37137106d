//go:build !duckdb_arrow

package database

import "errors"

// Without the tag the driver has no Arrow, and the compiler says this sentence.
var _ int = "build it with the tag: go install -tags duckdb_arrow ./cmd/accessmart (or: make build)"

func ArrowOf(any) (ArrowConn, error) { return nil, errors.ErrUnsupported }
