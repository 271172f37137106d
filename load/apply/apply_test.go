package apply

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"go.uber.org/goleak"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/databasetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// file is an open copy with a derived table and its history: who may what, told
// by several sources.
type file struct{ *databasetest.File }

func newFile(t *testing.T) *file {
	t.Helper()
	f := &file{databasetest.Open(t)}
	f.Exec(`create schema history;
		create table may (who varchar, what varchar, how varchar, source varchar, _valid_from timestamptz);
		create table history.may (who varchar, what varchar, how varchar, source varchar, _valid_from timestamptz, _valid_to timestamptz, _ended_by varchar)`)
	return f
}

const (
	current = "select concat_ws('|', who, what, coalesce(how, 'NULL'), source, day(_valid_from)) from may order by 1"
	ended   = "select concat_ws('|', who, what, coalesce(how, 'NULL'), source, day(_valid_from), day(_valid_to), _ended_by) from history.may order by 1"
)

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

// may is the table, of one source or of all.
func may(source string) Target {
	t := Target{Table: database.Name("main", "may"), History: database.Name("history", "may"), Columns: []string{"who", "what", "how", "source", "_valid_from"},
		Version: []string{"who", "what", "how", "source"}, Key: []string{"who", "what"}, Scope: "true"}
	if source != "" {
		t.Scope = "source = " + database.Text(source)
	}
	return t
}

// told is the relation of rows "who what how", from a day on; - is NULL.
func told(source string, from int, rows ...string) database.SQL {
	values := []database.SQL{}
	for _, r := range rows {
		w := strings.Fields(r)
		how := database.Text(w[2])
		if w[2] == "-" {
			how = "NULL"
		}
		values = append(values, "("+database.Join([]database.SQL{database.Text(w[0]), database.Text(w[1]), how, database.Text(source), database.Instant(day(from))}, ", ")+")")
	}
	if len(values) == 0 {
		return "(from may limit 0)"
	}
	return "(from (values " + database.Join(values, ", ") + ") v(who, what, how, source, _valid_from))"
}

func (f *file) equal(t Target, on int, rows database.SQL, want Counts) {
	f.Helper()
	got, err := Equal(f.Context(), f.DB, t, Staged{Rows: rows}, day(on), fmt.Sprint("run", on))
	if err != nil || got != want {
		f.Errorf("%+v, %v, want %+v", got, err, want)
	}
	f.Want("select table_name from duckdb_tables() where database_name = 'stage'")
}

// What is staged is there, what is not has ended, and what was there already has
// the moment at which it was first seen; NULL is like NULL.
func TestEqual(t *testing.T) {
	f := newFile(t)
	f.equal(may(""), 1, told("a", 1, "ann read -", "ann write x", "bob read -", "bob read -"), Counts{Rows: 3, Inserted: 3})
	f.equal(may(""), 2, told("a", 2, "ann read -", "ann write y", "cid read -"), Counts{Rows: 3, Inserted: 2, Closed: 2, Unchanged: 1})
	f.Want(current, "ann|read|NULL|a|1", "ann|write|y|a|2", "cid|read|NULL|a|2")
	f.Want(ended, "ann|write|x|a|1|2|run2", "bob|read|NULL|a|1|2|run2")
	f.equal(may(""), 3, told("a", 3, "cid read -", "ann write y", "ann read -"), Counts{Rows: 3, Unchanged: 3})
	f.equal(may(""), 4, told("a", 4), Counts{Closed: 3})
	f.Want(current)
}

// Rows out of scope stay as they are.
func TestEqual_scope(t *testing.T) {
	f := newFile(t)
	f.equal(may("a"), 1, told("a", 1, "ann read -"), Counts{Rows: 1, Inserted: 1})
	f.equal(may("b"), 2, told("b", 2, "ann read -", "bob read -"), Counts{Rows: 2, Inserted: 2})
	f.equal(may("a"), 3, told("a", 3, "cid read -"), Counts{Rows: 1, Inserted: 1, Closed: 1})
	f.Want(current, "ann|read|NULL|b|2", "bob|read|NULL|b|2", "cid|read|NULL|a|3")
}

// Without history what ends is gone.
func TestEqual_withoutHistory(t *testing.T) {
	f := newFile(t)
	target := may("")
	target.History = ""
	f.equal(target, 1, told("a", 1, "ann read -"), Counts{Rows: 1, Inserted: 1})
	f.equal(target, 2, told("a", 2, "bob read -"), Counts{Rows: 1, Inserted: 1, Closed: 1})
	f.Want(ended)
}

// Rows may come as Arrow.
func TestEqual_arrow(t *testing.T) {
	f := newFile(t)
	schema := arrow.NewSchema([]arrow.Field{{Name: "who", Type: arrow.BinaryTypes.String}, {Name: "what", Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(database.Outside, schema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"ann", "bob"}, nil)
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"read", "read"}, nil)
	feed := database.NewFeed(t.Context(), schema)
	if err := feed.Send(b.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	feed.End()
	if _, err := f.DB.Take(t.Context(), feed, func(feed database.SQL) database.SQL { return "create table stage.main.came as from " + feed }); err != nil {
		t.Fatal(err)
	}
	rows := database.SQL("(select who, what, NULL::varchar as how, 'a' as source, TIMESTAMPTZ '2026-03-01 00:00:00+00' as _valid_from from stage.main.came)")
	if n, err := Equal(t.Context(), f.DB, may(""), Staged{Rows: rows}, day(1), "run1"); err != nil || n != (Counts{Rows: 2, Inserted: 2}) {
		t.Errorf("%+v, %v", n, err)
	}
	f.Want(current, "ann|read|NULL|a|1", "bob|read|NULL|a|1")
}

// What is not staged stays where little is known, but a key that came in another
// version ends the one that was there.
func TestChange_whatStays(t *testing.T) {
	before := []string{"ann read x", "ann write x", "bob read x", "cid read x"}
	staged := []string{"ann read y", "bob read x"}
	for name, c := range map[string]struct {
		stay func(*Change) (int64, error)
		want []string // of the rows before, those that end
	}{
		"all go":         {func(*Change) (int64, error) { return 0, nil }, []string{"ann|read", "ann|write", "cid|read"}},
		"none goes":      {func(c *Change) (int64, error) { return 3, c.CloseNone(t.Context()) }, nil},
		"the named go":   {func(c *Change) (int64, error) { return c.CloseNamed(t.Context()) }, []string{"ann|read"}},
		"ann's are kept": {func(c *Change) (int64, error) { return c.Keep(t.Context(), "who = 'ann'") }, []string{"ann|read", "cid|read"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFile(t)
			f.equal(may(""), 1, told("a", 1, before...), Counts{Rows: 4, Inserted: 4})
			change, err := Compare(t.Context(), f.DB, may(""), Staged{Rows: told("a", 2, staged...)})
			if err != nil {
				t.Fatal(err)
			}
			if change.Current != 4 || change.Absent != 3 {
				t.Errorf("%d rows, %d absent", change.Current, change.Absent)
			}
			stay, err := c.stay(change)
			if err != nil {
				t.Fatal(err)
			}
			n, err := change.Count(t.Context())
			if err != nil || n.Closed != 3-stay || n.Inserted != 1 || n.Rows != 2+stay || n.Unchanged != 1 {
				t.Errorf("%+v, %v, %d stay", n, err, stay)
			}
			if err := f.DB.InTx(t.Context(), func(tx *database.Tx) error { return change.Make(t.Context(), tx, day(2), "run2") }); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(change.Target.Verify(t.Context(), f.DB, n.Rows), change.Drop(t.Context())); err != nil {
				t.Error(err)
			}
			f.Want("select who || '|' || what from history.may order by 1", c.want...)
		})
	}
}

// A target that was changed beside the change is not made equal to half of it.
func TestChange_countsWhatItDid(t *testing.T) {
	f := newFile(t)
	f.equal(may(""), 1, told("a", 1, "ann read -", "bob read -"), Counts{Rows: 2, Inserted: 2})
	change, err := Compare(t.Context(), f.DB, may(""), Staged{Rows: told("a", 2, "cid read -")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := change.Count(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.Exec("delete from may where who = 'ann'")
	err = f.DB.InTx(t.Context(), func(tx *database.Tx) error { return change.Make(t.Context(), tx, day(2), "run2") })
	var wrong *database.CountError
	if !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	f.Want(current, "bob|read|NULL|a|1")
	f.Want(ended)
	if err := change.Target.Verify(t.Context(), f.DB, 2); !errors.As(err, &wrong) || !errors.Is(f.DB.Err(), database.ErrBroken) {
		t.Errorf("%v, %v", err, f.DB.Err())
	}
}

func TestTarget_clear(t *testing.T) {
	f := newFile(t)
	f.equal(may("a"), 1, told("a", 1, "ann read -", "bob read -"), Counts{Rows: 2, Inserted: 2})
	f.equal(may("b"), 1, told("b", 1, "ann read -"), Counts{Rows: 1, Inserted: 1})
	target := may("a")
	err := f.DB.InTx(t.Context(), func(tx *database.Tx) error {
		n, err := target.Clear(t.Context(), tx, day(2), "run2")
		if n != 2 {
			t.Errorf("%d rows ended", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Want(current, "ann|read|NULL|b|1")
	f.Want(ended, "ann|read|NULL|a|1|2|run2", "bob|read|NULL|a|1|2|run2")
}

// Rows that are known to go end with those that come, in one transaction.
func TestTarget_endRows(t *testing.T) {
	f := newFile(t)
	f.equal(may(""), 1, told("a", 1, "ann read -", "ann write x", "bob read -"), Counts{Rows: 3, Inserted: 3})
	target := may("")
	var rowids []int64
	err := f.DB.Each(t.Context(), "select rowid from may where what = 'read'", func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		rowids = append(rowids, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	end := func(day2 int, rowids []int64) error {
		return f.DB.InTx(t.Context(), func(tx *database.Tx) error {
			if _, err := tx.Exec(t.Context(), "insert into may values ('cid', 'read', null, 'a', '2026-03-02')"); err != nil {
				return err
			}
			return target.EndRows(t.Context(), tx, rowids, day(day2), fmt.Sprint("run", day2))
		})
	}
	for n := 2; n < 4; n++ { // the temporary table is there for one transaction
		if err := end(n, rowids[n-2:n-1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := end(4, nil); err != nil {
		t.Fatal(err)
	}
	var wrong *database.CountError
	if err := end(5, rowids); !errors.As(err, &wrong) {
		t.Errorf("%v where the rows are gone", err)
	}
	f.Want(current, "ann|write|x|a|1", "cid|read|NULL|a|2", "cid|read|NULL|a|2", "cid|read|NULL|a|2")
	f.Want(ended, "ann|read|NULL|a|1|2|run2", "bob|read|NULL|a|1|3|run3")
}
