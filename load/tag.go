//go:build !duckdb_arrow

package load

// Without the tag duckdb_arrow the driver has no Arrow import, and this name
// is what the compiler complains about.
var _ = build_with_tags_duckdb_arrow__see_Makefile
