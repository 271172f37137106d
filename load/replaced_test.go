package load

import (
	"database/sql"
	"fmt"
	"os"
	"testing"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/load/database"
)

// What one process sees of a file that was replaced, through DuckDB's driver
// alone: the facts that the README tells and that OpenRead is built on. A new
// DuckDB that shares open files otherwise shows here.
func TestReplacedFile_asOneProcessSeesIt(t *testing.T) {
	s := newPlainSite(t)
	publish := func() {
		t.Helper()
		s.refresh(export("balkan", dataset, fmt.Sprint("a", s.runs)), s.grants(nil, "a x"))
	}
	open := func(dsn string) *sql.DB {
		t.Helper()
		c, err := duckdb.NewConnector(dsn, nil)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(c)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	do := func(db *sql.DB, q string) {
		t.Helper()
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	runs := func(what string, db *sql.DB, schema string, want int) {
		t.Helper()
		var n int
		if err := db.QueryRow("select count(*) from " + schema + "meta.runs").Scan(&n); err != nil || n != want {
			t.Errorf("%s: the file of run %d, %v; want run %d", what, n, err, want)
		}
	}
	attach := " " + string(database.Text(s.path)) + " as access (read_only)"
	readOnly := "?access_mode=READ_ONLY"

	publish()
	kept := open(s.path + readOnly)
	runs("first", kept, "", 1)
	publish()
	runs("a connection that is open", kept, "", 1)
	again := open(s.path + readOnly)
	runs("another one by the same path", again, "", 1)
	if err := os.Symlink(s.path, s.path+".symlink"); err != nil {
		t.Fatal(err)
	}
	link := open(s.path + ".symlink" + readOnly)
	runs("through a symbolic link", link, "", 1)
	other := open("")
	do(other, "attach"+attach)
	runs("attached in a database of its own", other, "access.", 2)
	publish()
	do(other, "attach or replace"+attach)
	runs("attach or replace", other, "access.", 2)
	do(other, "detach access")
	do(other, "attach"+attach)
	runs("detach, then attach", other, "access.", 3)
	if err := os.Link(s.path, s.path+".link"); err != nil {
		t.Fatal(err)
	}
	runs("by another name", open(s.path+".link"+readOnly), "", 3)
	runs("the connection that is still open", kept, "", 1)
	for _, db := range []*sql.DB{kept, again, link} {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	runs("by its path, after those were closed", open(s.path+readOnly), "", 3)
}
