package load

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// open makes the working copy and opens it.
func (w *Work) open(ctx context.Context) error {
	spill := filepath.Join(w.dir, "spill")
	if w.opt.TempDir != "" {
		spill = filepath.Join(w.opt.TempDir, filepath.Base(w.dir))
		if err := os.RemoveAll(spill); err != nil {
			return err
		}
	}
	for _, dir := range []string{w.dir, spill} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	// The same file name as the one that readers use, and so the same catalog name.
	w.copy = filepath.Join(w.dir, filepath.Base(w.way[0]))
	if w.copies {
		if err := w.startDigest(); err != nil { // beside the copying: both read the same pages
			return err
		}
		if err := copyFile(w.copy, w.opt.Path); err != nil {
			return err
		}
		w.step("file copied")
	}
	var err error
	if w.db, err = w.connect(spill); err != nil {
		return err
	}
	if err := w.db.PingContext(ctx); err != nil {
		if w.copies {
			return &FileError{w.opt.Path, err, "it could not be opened"}
		}
		return err
	}
	if err := os.Chmod(w.copy, ownMode); err != nil {
		return err
	}
	if w.gid >= 0 { // now, not when the work is done
		if err := w.chgrp(w.gid); err != nil {
			return &FileError{w.opt.Path, err, "correct file_group in the configuration"}
		}
	}
	return w.ours(ctx)
}

// connect opens DuckDB in memory with the copy and a stage attached.
//
// The copy is private and thrown away after a crash, so it needs no write-
// ahead log: a commit costs no sync, and the one checkpoint of Publish makes
// all durable. The stage lives in memory and spills.
func (w *Work) connect(spill string) (*sql.DB, error) {
	global := []string{
		"set temp_directory = " + text(spill),
		"set autoinstall_known_extensions = false",
		"set autoload_known_extensions = false",
		"set global TimeZone = 'UTC'",
		"set memory_limit = " + text(w.opt.Memory),
		// With it a second checkpoint writes files that DuckDB before 1.4 cannot
		// attach, though the storage version is theirs.
		"set experimental_metadata_reuse = false",
	}
	if w.opt.Threads > 0 {
		global = append(global, fmt.Sprintf("set threads = %d", w.opt.Threads))
	}
	name := catalogName(w.copy)
	session := []string{
		"attach if not exists " + text(w.copy) + " as " + ident(name) + " (recovery_mode no_wal_writes)",
		"attach if not exists ':memory:' as " + stageSchema,
		"use " + ident(name),
	}
	var once sync.Once
	c, err := duckdb.NewConnector(":memory:", func(conn driver.ExecerContext) (err error) {
		once.Do(func() { err = run(conn, global) })
		if err != nil {
			return err
		}
		return run(conn, session)
	})
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

func run(conn driver.ExecerContext, statements []string) error {
	for _, s := range statements {
		if _, err := conn.ExecContext(context.Background(), s, nil); err != nil {
			return err
		}
	}
	return nil
}

// stageSchema is the attached in-memory database in which a refresh is
// compared, so that nothing of it stays in the file.
const stageSchema = "stage"

// catalogName is the name under which DuckDB knows the file at path when it
// opens it directly.
func catalogName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	if name == "" || name == stageSchema || name == "memory" || name == "system" || name == "temp" {
		return "access"
	}
	return name
}

// ours refuses a database that holds tables but no ledger: somebody else's.
func (w *Work) ours(ctx context.Context) error {
	var tables, ledger int
	err := w.db.QueryRowContext(ctx, `select count(*), count(*) filter (schema_name = 'meta' and table_name = 'runs')
		from duckdb_tables() where database_name = current_database()`).Scan(&tables, &ledger)
	if err != nil {
		return err
	}
	if tables > 0 && ledger == 0 {
		return &FileError{w.opt.Path, ErrNotDatabase, "it holds other tables; name another file with --database"}
	}
	return nil
}
