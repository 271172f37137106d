package read

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
)

// What is written can be read with its types, its order and its metadata.
func TestRows_WriteParquet(t *testing.T) {
	rows, err := reader(t).Query(t.Context(), `select i::bigint as i, 'it''s ' || i as "a ""b""", timestamptz '2026-03-01 10:00:00+00' as moment, [1, null] as list, null::boolean as unsaid, '{"a": 1}'::json as j
		from range(5000) t(i) order by i desc`)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "it's.parquet")
	if err := errors.Join(rows.WriteParquet(t.Context(), path, [][2]string{{"as of", "it's \"now\""}, {"caveat", "none"}}), rows.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for q, want := range map[string]string{
		`select count(*) || ' ' || max(i) || ' ' || first(i) || ' ' || first("a ""b""") || ' ' || count(unsaid) || ' ' || epoch(min(moment))::bigint || ' ' || first(list[1]) || ' ' || first(json_extract_string(j, '$.a')) from read_parquet(?)`: "5000 4999 4999 it's 4999 0 1772359200 1 1",
		`select string_agg(decode(key) || '=' || decode(value), ' ' order by decode(key)) from parquet_kv_metadata(?) where decode(key) in ('as of', 'caveat')`:                                                                                    `as of=it's "now" caveat=none`,
	} {
		var got string
		if err := db.QueryRowContext(t.Context(), q, path).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %q, %v", q, got, err)
		}
	}
}
