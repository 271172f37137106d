package read

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"go.uber.org/goleak"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/databasetest"
)

func TestOpen_errors(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(t.Context(), filepath.Join(dir, "none.duckdb"))
	if !errors.Is(err, database.ErrNoDatabase) || !strings.Contains(err.Error(), "accessmart demo") {
		t.Errorf("got %v", err)
	}
	bad := filepath.Join(dir, "bad.duckdb")
	if err := os.WriteFile(bad, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), bad); !errors.Is(err, database.ErrNotDatabase) {
		t.Errorf("got %v", err)
	}
	// The magic alone is not enough.
	if err := os.WriteFile(bad, append([]byte("01234567DUCK"), make([]byte, 20000)...), 0o600); err != nil {
		t.Fatal(err)
	}
	var x *database.FileError
	if _, err := Open(t.Context(), bad); !errors.As(err, &x) {
		t.Errorf("got %v", err)
	}
}

func TestOpen_othersFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "theirs.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "create table mine as select 1 as a")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); !errors.Is(err, database.ErrNotDatabase) || !strings.Contains(err.Error(), "--database") {
		t.Errorf("got %v", err)
	}
}

func TestFile_severalStatements(t *testing.T) {
	if _, err := ask(reader(t), "select 1; select 2"); err == nil || !strings.Contains(err.Error(), "one at a time") || strings.Contains(err.Error(), "Context") {
		t.Errorf("got %v", err)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is the path of a file with a ledger and one grant.
func site(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "access.duckdb")
	c, err := database.Lock(t.Context(), database.Options{Path: path, Threads: 2, Log: slog.New(slog.DiscardHandler)}, database.Owner{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Discard(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = c.DB().Exec(t.Context(), `create schema meta; create table meta.runs (run_id varchar, as_of timestamptz);
		create table grants (grant_key varchar, source varchar, privilege varchar); insert into grants values ('a', 'balkan', 'x')`)
	if err == nil {
		err = c.Close(t.Context())
	}
	if err == nil {
		_, err = c.Replace(t.Context(), "r1", database.Earlier{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func reader(t *testing.T) *File {
	t.Helper()
	f, err := Open(t.Context(), site(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// ask is the rows of an answer, one line a row, cells joined by '|'.
func ask(f *File, q string) (out []string, err error) {
	err = f.Each(context.Background(), q, func(row []Value) {
		texts := make([]string, len(row))
		for i, c := range row {
			texts[i] = c.Text
			if c.Null {
				texts[i] = "NULL"
			}
		}
		out = append(out, strings.Join(texts, "|"))
	})
	return out, err
}

// What is asked for as what it is needs no reading back of its text.
func TestValue_isTyped(t *testing.T) {
	f := reader(t)
	first := func(q string) (v Value) {
		t.Helper()
		if err := f.Each(t.Context(), q, func(row []Value) { v = row[0] }); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for q, want := range map[string]int64{"select -7::tinyint": -7, "select 200::utinyint": 200, "select count(*) from grants": 1, "select sum(i) from range(4) t(i)": 6,
		"select -5::hugeint": -5, "select 9223372036854775807": math.MaxInt64, "select null::bigint": 0} {
		if got := first(q).Int(); got != want {
			t.Errorf("%s: %d", q, got)
		}
	}
	at := time.Date(2026, 3, 1, 8, 0, 0, 500_000_000, time.UTC)
	for q, want := range map[string]time.Time{"select timestamptz '2026-03-01 10:00:00.5+02'": at, "select timestamp_ns '2026-03-01 08:00:00.5'": at,
		"select date '2026-03-01'": at.Truncate(24 * time.Hour), "select 'infinity'::timestamptz": {}, "select '-infinity'::date": {}, "select null::timestamptz": {}, "select date '1970-01-01'": time.Unix(0, 0).UTC()} {
		if got := first(q).Time(); !got.Equal(want) {
			t.Errorf("%s: %v", q, got)
		}
	}
	if !first("select true").Bool() || first("select false").Bool() || first("select null::boolean").Bool() {
		t.Error("flags are not what they are")
	}
	defer func() {
		if recover() == nil {
			t.Error("a text was taken for a number")
		}
	}()
	first("select '7'").Int()
}

func TestRows_batches(t *testing.T) {
	a, err := reader(t).Query(t.Context(), "select i::bigint as i from range(10000) t(i)")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var n, sum int64
	for b, err := range a.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		n += b.NumRows()
		for _, v := range b.Column(0).(*array.Int64).Int64Values() {
			sum += v
		}
	}
	if n != 10000 || sum != 49995000 {
		t.Errorf("%d rows, sum %d", n, sum)
	}
}

func TestFile_values(t *testing.T) {
	r := reader(t)
	for q, want := range map[string][3]string{ // text, JSON, type
		"select 'x'":                 {"x", `"x"`, "VARCHAR"},
		"select ''":                  {"", `""`, "VARCHAR"},
		"select true":                {"true", "true", "BOOLEAN"},
		"select 9223372036854775807": {"9223372036854775807", "9223372036854775807", "BIGINT"},
		"select 200::utinyint":       {"200", "200", "UTINYINT"},
		"select sum(9223372036854775807) from range(3)":            {"27670116110564327421", "27670116110564327421", "HUGEINT"},
		"select -170141183460469231731687303715884105727::hugeint": {"-170141183460469231731687303715884105727", "-170141183460469231731687303715884105727", "HUGEINT"},
		"select 340282366920938463463374607431768211455::uhugeint": {"340282366920938463463374607431768211455", `"340282366920938463463374607431768211455"`, "UHUGEINT"},
		"select 0.1::double":                                   {"0.1", "0.1", "DOUBLE"},
		"select 1e300::double":                                 {"1e+300", "1e+300", "DOUBLE"},
		"select 0.1::float":                                    {"0.1", "0.1", "FLOAT"},
		"select 'nan'::double":                                 {"NaN", `"NaN"`, "DOUBLE"},
		"select '-inf'::double":                                {"-Inf", `"-Inf"`, "DOUBLE"},
		"select 12.30::decimal(9,2)":                           {"12.30", "12.30", "DECIMAL(9,2)"},
		"select -0.05::decimal(38,2)":                          {"-0.05", "-0.05", "DECIMAL(38,2)"},
		"select timestamptz '2026-03-01 10:00:00.5+02'":        {"2026-03-01T08:00:00.5Z", `"2026-03-01T08:00:00.5Z"`, "TIMESTAMP WITH TIME ZONE"},
		"select timestamp '2026-03-01 10:00:00'":               {"2026-03-01T10:00:00", `"2026-03-01T10:00:00"`, "TIMESTAMP"},
		"select timestamp_ns '2026-03-01 10:00:00.123456789'":  {"2026-03-01T10:00:00.123456789", `"2026-03-01T10:00:00.123456789"`, "TIMESTAMP_NS"},
		"select 'infinity'::timestamptz":                       {"infinity", `"infinity"`, "TIMESTAMP WITH TIME ZONE"},
		"select '-infinity'::date":                             {"-infinity", `"-infinity"`, "DATE"},
		"select date '0001-12-31'":                             {"0001-12-31", `"0001-12-31"`, "DATE"},
		"select time '23:59:59.000001'":                        {"23:59:59.000001", `"23:59:59.000001"`, "TIME"},
		"select interval '14 months 3 days 04:05:06.7'":        {"P1Y2M3DT4H5M6.7S", `"P1Y2M3DT4H5M6.7S"`, "INTERVAL"},
		"select interval '0 days'":                             {"PT0S", `"PT0S"`, "INTERVAL"},
		"select interval '-90 seconds'":                        {"PT-1M-30S", `"PT-1M-30S"`, "INTERVAL"},
		"select uuid '9e107d9d-372b-b682-6bd8-1d3542a419d6'":   {"9e107d9d-372b-b682-6bd8-1d3542a419d6", `"9e107d9d-372b-b682-6bd8-1d3542a419d6"`, "UUID"},
		`select '{"b": 1.0, "a": 12345678901234567890}'::json`: {`{"b": 1.0, "a": 12345678901234567890}`, `{"b": 1.0, "a": 12345678901234567890}`, "JSON"},
		"select ['a', null, 'it''s']":                          {`["a",null,"it's"]`, `["a",null,"it's"]`, "VARCHAR[]"},
		"select [[1], []]":                                     {"[[1],[]]", "[[1],[]]", "INTEGER[][]"},
		"select {'a': 1, 'b': [date '2026-01-02']}":            {`{"a":1,"b":["2026-01-02"]}`, `{"a":1,"b":["2026-01-02"]}`, `STRUCT(a INTEGER, b DATE[])`},
		"select map {'k': 1.5, 'l': null}":                     {`{"k":1.5,"l":null}`, `{"k":1.5,"l":null}`, "MAP(VARCHAR, DECIMAL(2,1))"},
		"select [1,2]::int[2]":                                 {"[1,2]", "[1,2]", "INTEGER[2]"},
		"select 'b'::enum('a','b')":                            {"b", `"b"`, "ENUM('a', 'b')"},
		"select '\\xAB\\x00'::blob":                            {"ab00", `"ab00"`, "BLOB"},
		"select '101'::bit":                                    {"101", `"101"`, "BIT"},
		"select null":                                          {"", "null", "INTEGER"},
		"select null::varchar":                                 {"", "null", "VARCHAR"},
	} {
		a, err := r.Query(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		for cells, err := range a.All() {
			if err != nil {
				t.Errorf("%s: %v", q, err)
				break
			}
			data, err := json.Marshal(cells[0])
			if got := [3]string{cells[0].Text, string(data), a.Columns[0].Type}; err != nil {
				t.Errorf("%s: %v", q, err)
			} else if got != want && !strings.HasPrefix(want[0], "{") {
				t.Errorf("%s:\n got %q\nwant %q", q, got, want)
			} else if got[0] != want[0] || got[2] != want[2] {
				t.Errorf("%s:\n got %q\nwant %q", q, got, want)
			}
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFile_statementsThatOnlyRead(t *testing.T) {
	r := reader(t)
	for _, q := range []string{"describe grants", "show all tables", "desc", "summarize grants", "from meta.runs", "table grants",
		"with x as (select 1 as a) from x", "with recursive x as (select 1 as a) from x", "values (1), (2)", "(select 1)", "select * from grants where false;",
		"pivot grants on source in ('balkan') using count(*)", "unpivot (select 1 as a, 2 as b) on a, b", "select * from (show tables)", "from query('select 1')",
		"pragma version", "pragma database_list", "pragma show_tables", "pragma table_info('grants')", "pragma database_size", "pragma storage_info('grants')",
		"explain select 1", "EXPLAIN ANALYZE from grants", "-- why\n/* so */ explain (format json) select 1", "explain (analyze, format json) select 1",
		"explain (select 1)", "explain analyse with x as (select 1) from x", "explain summarize grants"} {
		if _, err := ask(r, q); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
}

func TestFile_queryErrorLeavesTheReaderUsable(t *testing.T) {
	r := reader(t)
	for _, q := range []string{"selec 1", "select * from nowhere", "select 'x'::int", "select error('x') from range(10)"} {
		if _, err := ask(r, q); err == nil {
			t.Errorf("%s: no error", q)
		}
	}
	if got, err := ask(r, "select 1"); err != nil || got[0] != "1" {
		t.Errorf("afterwards: %v, %v", got, err)
	}
}

func TestFile_manyRows(t *testing.T) {
	r := reader(t)
	a, err := r.Query(t.Context(), "select i, 'text ' || i from range(300000) t(i) order by i")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for cells, err := range a.All() {
		if err != nil {
			t.Fatal(err)
		}
		if n == 123456 && cells[1].Text != "text 123456" {
			t.Errorf("row %d is %s", n, cells[1].Text)
		}
		n++
	}
	if err := a.Close(); err != nil || n != 300000 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A file of the first edition answers, but is not to be worked on.
func TestSourcesOfWork_firstEdition(t *testing.T) {
	f := databasetest.Open(t)
	f.Exec(`create schema meta; create table meta.runs (run_id varchar); create table main.grants (grant_key varchar);
		create table meta.sources (source varchar, vendor varchar, tenant varchar, base_url varchar); insert into meta.sources values ('a', 'oleria', null, null)`)
	path := f.Copy.File()
	if err := f.Copy.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Copy.Replace(t.Context(), "r1", database.Earlier{}); err != nil {
		t.Fatal(err)
	}
	if known, err := Sources(t.Context(), path); err != nil || known["a"].Vendor != "oleria" {
		t.Errorf("%v, %v", known, err)
	}
	if known, err := SourcesOfWork(t.Context(), path); !errors.Is(err, database.ErrFirstEdition) {
		t.Errorf("%v, %v", known, err)
	}
}
