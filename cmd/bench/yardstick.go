package main

import (
	"archive/zip"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/schemas"
)

// childYardstick is the word by which the program runs itself as yardstick.
const childYardstick = "yardstick"

// sourceName is the name of the source in keys: what 'load FOLDER' uses.
const sourceName = "files"

// runYardstick loads one export into a new database file with DuckDB alone:
// arguments are the name of a shape, the delivered file and the file to make.
func runYardstick(args []string) (err error) {
	if len(args) != 3 || shapeNamed(args[0]) == nil {
		return errors.New("yardstick: want SHAPE FILE DATABASE")
	}
	s, path, database := shapeNamed(args[0]), args[1], args[2]
	if filepath.Ext(path) == ".zip" {
		if path, err = unpack(path, database+".member"); err != nil {
			return err
		}
		defer os.Remove(path)
	}
	part := database + ".part"
	if err := s.fill(path, part); err != nil {
		return err
	}
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close(), os.Rename(part, database)); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(database))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// fill makes the tables and runs the shape's SQL. The settings are those that
// make DuckDB fastest here; the last step moves all into the one file.
func (s *shape) fill(path, database string) (err error) {
	tables, err := s.tables()
	if err != nil {
		return err
	}
	db, err := attached(database, "(recovery_mode no_wal_writes)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Exec("create schema " + s.vendor); err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := db.Exec(create(t)); err != nil {
			return err
		}
	}
	query := strings.NewReplacer("$reader", s.reader, "$provenance", provenance(s.vendor+"."+s.dataset), "$fingerprint", fingerprint,
		"$source", sourceName, "$integration", integration, "$candidate", candidate).Replace(s.sql)
	query = strings.ReplaceAll(query, "$path", strings.ReplaceAll(path, "'", "''"))
	if _, err := db.Exec(query); err != nil {
		return err
	}
	_, err = db.Exec("checkpoint")
	return err
}

// attached opens DuckDB in memory and the file beside it, as accessmart does.
func attached(database, how string) (*sql.DB, error) {
	c, err := duckdb.NewConnector(":memory:", func(conn driver.ExecerContext) error {
		for _, q := range []string{
			"set TimeZone = 'UTC'",
			"attach if not exists '" + database + "' as access " + how,
			"use access",
		} {
			if _, err := conn.ExecContext(context.Background(), q, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// tables are the vendor table of the shape and the common tables that its
// contract fills.
func (s *shape) tables() ([]*schemas.Table, error) {
	set, err := schemas.Load(nil)
	if err != nil {
		return nil, err
	}
	c, err := set.Contract(s.vendor + "." + s.dataset)
	if err != nil {
		return nil, err
	}
	out := []*schemas.Table{c.VendorTable()}
	seen := map[string]bool{}
	for i := range c.Emit {
		if name := c.Emit[i].Table; !seen[name] {
			seen[name] = true
			out = append(out, set.Common.Table(name))
		}
	}
	return out, nil
}

// origin is what accessmart says of each row beside its fields, and so does the
// yardstick, in the same types.
const origin = ", _source VARCHAR, _dataset VARCHAR, _artifact VARCHAR, _record BIGINT, _valid_from TIMESTAMPTZ"

// fingerprint is the cheapest that DuckDB has, and half as long as ours.
const fingerprint = "format('{:032x}', hash(t))::uuid as _hash"

// provenance fills the columns of [origin] but for the record. The yardstick
// does not hash the delivered file, so that its artifact is a stand-in.
func provenance(dataset string) string {
	return fmt.Sprintf("'%s' as _source, '%s' as _dataset, '%064d' as _artifact, now() as _valid_from", sourceName, dataset, 0)
}

// create is the table with the columns and types that accessmart gives it.
func create(t *schemas.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "create table %s.%q (", t.Schema, t.Name)
	for i, name := range columns(t) {
		if i > 0 {
			b.WriteString(", ")
		}
		typ := "VARCHAR"
		if f := t.Field(name); f != nil {
			typ = f.Type.SQL()
		}
		fmt.Fprintf(&b, "%q %s", name, typ)
	}
	b.WriteString(origin)
	if t.IsCommon() {
		b.WriteString(", _hash UUID")
	}
	return b.String() + ")"
}

// columns are the fields and, in a common table, the source.
func columns(t *schemas.Table) (names []string) {
	for i, f := range t.Fields {
		names = append(names, f.Name)
		if i == 0 && t.IsCommon() {
			names = append(names, "source")
		}
	}
	return names
}

// unpack writes the only member of an archive to a file, since DuckDB reads
// no archives.
func unpack(archive, path string) (string, error) {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return "", err
	}
	defer z.Close()
	r, err := z.File[0].Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, r)
	return path, errors.Join(err, f.Close())
}
