package read

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// statements has, for each type of statement that DuckDB can be given as text,
// some that do more than read. PATH is a place to write to.
var statements = map[duckdb.StmtType][]string{
	duckdb.STATEMENT_TYPE_INSERT:      {"insert into grants (grant_key) values ('x')", "insert into meta.runs by name select 'x' as run_id"},
	duckdb.STATEMENT_TYPE_UPDATE:      {"update grants set privilege = 'x'"},
	duckdb.STATEMENT_TYPE_DELETE:      {"delete from grants", "truncate grants"},
	30 /* merge into */ :              {"merge into grants using grants g on true when matched then delete"},
	duckdb.STATEMENT_TYPE_CREATE:      {"create table x (a int)", "create temp table x (a int)", "create table memory.main.x (a int)", "create schema x", "create view x as select 1", "create or replace temp macro count(a) as 0", "create sequence x", "create type x as enum ('a')", "create secret x (type s3)", "create persistent secret x (type s3)"},
	duckdb.STATEMENT_TYPE_ALTER:       {"alter table grants add column x int", "comment on table grants is 'x'", "alter table grants rename to x"},
	duckdb.STATEMENT_TYPE_DROP:        {"drop table grants", "drop schema main cascade", "deallocate v"},
	duckdb.STATEMENT_TYPE_PREPARE:     {"prepare v as select 1", "prepare v as delete from grants"},
	duckdb.STATEMENT_TYPE_EXECUTE:     {"execute v"},
	duckdb.STATEMENT_TYPE_TRANSACTION: {"begin", "commit", "rollback"},
	duckdb.STATEMENT_TYPE_COPY: {"copy grants to 'PATH'", "copy (select 1) to 'PATH' (format csv)", "copy (select 1) to 'PATH' (format parquet)", "copy (select 1) to 'PATH' (format json)",
		"copy (select 1 as a) to 'PATH' (partition_by a)", "copy grants from 'PATH'", "copy from database memory to access"},
	duckdb.STATEMENT_TYPE_EXPORT: {"export database 'PATH'", "import database 'PATH'"},
	duckdb.STATEMENT_TYPE_EXPLAIN: {"explain delete from grants", "explain analyze delete from grants", "explain analyze copy (select 1) to 'PATH'", "explain (analyze) copy (select 1) to 'PATH'",
		"explain (analyze, format json) copy (select 1) to 'PATH'", "explain analyze\ncopy (select 1) to 'PATH'", "/* x */ explain analyze copy (select 1) to 'PATH'",
		"-- x\nexplain/**/analyze copy (select 1) to 'PATH'", "/* /* */ explain select 1 */ explain analyze copy (select 1) to 'PATH'", "explain analyze create table x (a int)",
		"explain analyze attach 'PATH'", "explain analyze vacuum", "explain analyze /* select 1 */ copy (select 1) to 'PATH'"},
	duckdb.STATEMENT_TYPE_VACUUM:       {"vacuum", "analyze"},
	duckdb.STATEMENT_TYPE_ANALYZE:      {"vacuum analyze"},
	duckdb.STATEMENT_TYPE_CALL:         {"checkpoint", "force checkpoint", "call pragma_version()", "call enable_logging(storage = 'file', storage_path = 'PATH')"},
	duckdb.STATEMENT_TYPE_VARIABLE_SET: {"set variable x = 1"},
	duckdb.STATEMENT_TYPE_SET:          {"set enable_external_access = true", "set lock_configuration = false", "reset lock_configuration", "set temp_directory = 'PATH'", "set threads = 1", "use memory", "pragma threads = 1", "set log_query_path = 'PATH'"},
	duckdb.STATEMENT_TYPE_PRAGMA:       {"pragma enable_profiling", "pragma profiling_output = 'PATH'", "pragma force_checkpoint", "pragma enable_checkpoint_on_shutdown", "pragma import_database('PATH')", "pragma copy_database('access', 'memory')"},
	duckdb.STATEMENT_TYPE_LOAD:         {"load httpfs", "load 'PATH'", "install httpfs", "install 'PATH'", "force install httpfs"},
	29 /* update extensions */ :        {"update extensions"},
	duckdb.STATEMENT_TYPE_ATTACH:       {"attach 'PATH'", "attach 'PATH' as x (read_only)", "attach ':memory:' as x", "create database x"},
	duckdb.STATEMENT_TYPE_DETACH:       {"detach access", "detach database if exists memory"},
	duckdb.STATEMENT_TYPE_MULTI:        {"select 1; select 2", "select 1; delete from grants", "select 1; copy (select 1) to 'PATH'", "explain select 1; copy (select 1) to 'PATH'"},
	// Selections that read what is not the database, or have an effect.
	duckdb.STATEMENT_TYPE_SELECT: {"select ?", "select $x", "from read_text('PATH')", "from read_blob('PATH')", "from read_csv('PATH')", "from read_json('PATH')", "from read_parquet('PATH')",
		"from sniff_csv('PATH')", "from parquet_schema('PATH')", "from read_duckdb('PATH')", "from 'PATH'", "from glob('PATH*')", "from query('from read_text(''PATH'')')",
		"from query_table('PATH')", "from json_execute_serialized_sql(json_serialize_sql('from read_text(''PATH'')'))", "pragma json_execute_serialized_sql(json_serialize_sql('from read_text(''PATH'')'))",
		"select getenv('HOME')", "select (select count(*) from read_text('PATH'))", "summarize from read_text('PATH')", "describe from read_csv('PATH')", "explain analyze from read_text('PATH')",
		"with x as materialized (from read_text('PATH')) select 1 from x", "from enable_logging(storage = 'file', storage_path = 'PATH')", "from enable_profiling(save_location = 'PATH')",
		"with x as (delete from grants returning *) from x", "from x.observed.grants", "from read_text('/etc/hostname')", "from read_csv('/etc/passwd')", "from '/etc/hostname'"},
}

// Whatever DuckDB has statements for: what does more than read is refused, also
// where DuckDB itself would allow it, beside the file that is open.
func TestFile_changesNothing(t *testing.T) {
	path := site(t)
	dir := filepath.Dir(path)
	t.Chdir(dir)
	if err := os.Mkdir(".tmp", 0o700); err != nil {
		t.Fatal(err)
	}
	places := []string{path, path + ".wal", path + ".wal.checkpoint", path + ".wal.recovery", filepath.Base(path) + ".wal", ".tmp/x", filepath.Join(dir, ".tmp", "x"),
		filepath.Join(dir, "out"), filepath.Join(dir, ".tmp", "..", "out")}
	before := contents(t, dir)
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range statements {
		for _, statement := range list {
			for _, place := range places {
				q := strings.ReplaceAll(statement, "PATH", place)
				if _, err := ask(r, q); err == nil {
					t.Errorf("%s: no error", q)
				}
				if q == statement {
					break
				}
			}
		}
	}
	if got, err := ask(r, "select count(*) from grants"); err != nil || got[0] != "1" {
		t.Errorf("afterwards: %v, %v", got, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if after := contents(t, dir); !slices.Equal(before, after) {
		t.Errorf("the folder was\n%s\nand is\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

// What nobody could mean otherwise is refused by its kind, before it is run.
func TestFile_refusalSaysWhatIsRun(t *testing.T) {
	r := reader(t)
	for _, q := range []string{"delete from grants", "create temp table x (a int)", "explain analyze delete from grants", "checkpoint", "vacuum", "set threads = 1", "begin", "pragma force_checkpoint", "attach ':memory:' as x"} {
		if _, err := ask(r, q); !errors.Is(err, ErrNotReading) {
			t.Errorf("%s: %v", q, err)
		}
	}
}

// Settings that would let a later statement out.
func TestFile_settings(t *testing.T) {
	r := reader(t)
	got, err := ask(r, "select string_agg(name || '=' || value, ', ' order by name) from duckdb_settings() where name in ('enable_external_access', 'temp_directory', 'secret_directory', 'allow_persistent_secrets', 'lock_configuration')")
	want := "allow_persistent_secrets=false, enable_external_access=false, lock_configuration=true, secret_directory=, temp_directory="
	if err != nil || got[0] != want {
		t.Errorf("%v, %v", got, err)
	}
}

// contents lists the files below dir with their digests.
func contents(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			out = append(out, path)
			return err
		}
		data, err := os.ReadFile(path)
		out = append(out, fmt.Sprintf("%s %x", path, sha256.Sum256(data)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
