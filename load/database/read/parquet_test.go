package read

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
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

// The same rows make the same bytes, also of more rows than a group holds, which threads sort.
func TestRows_WriteParquet_sameBytes(t *testing.T) {
	f, dir := reader(t), t.TempDir()
	var was []byte
	for i := range 4 {
		rows, err := f.Query(t.Context(), "select hash(i) as h, 'text ' || (i % 1000) as name, [i, i % 7] as list from range(300000) t(i) order by h, i")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := errors.Join(rows.WriteParquet(t.Context(), path, [][2]string{{"about", "it"}}), rows.Close()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && !bytes.Equal(data, was) {
			t.Errorf("time %d: %d bytes are not the %d of before", i, len(data), len(was))
		}
		was = data
	}
}
