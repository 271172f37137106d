package closure

import (
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database"
)

// grantsFile is an open copy with the tables that the closure is made of.
type grantsFile struct {
	testing.TB
	copy *database.Copy
	db   *database.DB
}

func newGrantsFile(t testing.TB) *grantsFile {
	t.Helper()
	c, err := database.Lock(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "access.duckdb"), Threads: 2, Log: slog.New(slog.DiscardHandler)}, database.Owner{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Discard() })
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := &grantsFile{t, c, c.DB()}
	f.exec(`create table main.grants (grant_key varchar, principal_kind varchar, principal_key varchar, target_kind varchar, target_key varchar,
		application_key varchar, privilege varchar, effect varchar, is_direct boolean);
		create table main.identity_accounts (identity_key varchar, account_key varchar, relation varchar)`)
	return f
}

func (f *grantsFile) exec(query database.SQL) {
	f.Helper()
	if _, err := f.db.Exec(f.Context(), query); err != nil {
		f.Fatalf("%v in\n%.2000s", err, query)
	}
}

// keep derives the closure, and reports whether there was anything to do.
func (f *grantsFile) keep(limits access.Limits) *access.Closure {
	f.Helper()
	var c *access.Closure
	err := f.db.InTx(f.Context(), func(t *database.Tx) (err error) {
		c, err = Keep(f.Context(), t, limits)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return c
}

func (f *grantsFile) want(query database.SQL, want ...string) {
	f.Helper()
	var got []string
	err := f.db.Each(f.Context(), query, func(r *sql.Rows) error {
		var s string
		err := r.Scan(&s)
		got = append(got, s)
		return err
	})
	if err != nil || !slices.Equal(got, want) {
		f.Errorf("%s\ngot %s, error %v\nwant %s", query, strings.Join(got, "\n"), err, strings.Join(want, "\n"))
	}
}

const pairsOfFile = `select concat_ws(' ', h.key, v.key, r.hops, array_to_string(r.path, '>')) from closure.reach r
	join closure.nodes h on h.node = r.holder join closure.nodes v on v.node = r.via order by 1`

// The closure is made anew when what it is made of changes, and only then.
func TestKeep_onlyWhatChanged(t *testing.T) {
	f := newGrantsFile(t)
	if f.keep(access.DefaultLimits) == nil {
		t.Error("no tables for a file without grants")
	}
	f.want("select count(*)::varchar from closure.edges", "0")
	if f.keep(access.DefaultLimits) != nil {
		t.Error("made again, though there are no grants still")
	}
	f.exec(`insert into main.grants values ('g1', 'group', 'a', 'group', 'b', null, 'member', null, null), ('g2', 'group', 'b', 'role', 'r', null, null, null, null)`)
	if f.keep(access.DefaultLimits) == nil {
		t.Error("not made anew after grants came")
	}
	f.want(pairsOfFile, "a a 0 ", "a b 1 g1", "b b 0 ")
	if f.keep(access.DefaultLimits) != nil {
		t.Error("made again of the same rows")
	}
	for _, change := range []database.SQL{
		"update main.grants set effect = 'deny' where grant_key = 'g1'",
		"insert into main.identity_accounts values ('ann', 'x', 'is')",
		"update main.identity_accounts set relation = 'owns'",
		"insert into main.identity_accounts from main.identity_accounts", // a row twice is not a row less
		"delete from main.grants where grant_key = 'g2'",
	} {
		f.exec(change)
		if f.keep(access.DefaultLimits) == nil {
			t.Errorf("not made anew after: %s", change)
		}
	}
	if f.keep(access.Limits{Ring: 3, Steps: 7}) == nil {
		t.Error("not made anew by other limits")
	}
}

// A transaction that is rolled back leaves the closure of before.
func TestKeep_rolledBack(t *testing.T) {
	f := newGrantsFile(t)
	f.exec("insert into main.grants values ('g1', 'group', 'a', 'group', 'b', null, 'member', null, null), ('g2', 'group', 'b', 'role', 'r', null, null, null, null)")
	f.keep(access.DefaultLimits)
	f.exec("update main.grants set target_key = 'c', grant_key = 'g0' where grant_key = 'g1'")
	broken := errors.New("broken")
	err := f.db.InTx(t.Context(), func(tx *database.Tx) error {
		_, err := Keep(t.Context(), tx, access.DefaultLimits)
		return errors.Join(err, broken)
	})
	if err == nil || err.Error() != broken.Error() {
		t.Fatal(err)
	}
	f.want(pairsOfFile, "a a 0 ", "a b 1 g1", "b b 0 ")
}

// A ring that is too large is one unit, whose hops and paths are not known.
func TestKeep_largeRing(t *testing.T) {
	f := newGrantsFile(t)
	f.exec(`insert into main.grants values ('g1', 'group', 'a', 'group', 'b', null, 'member', null, null), ('g2', 'group', 'b', 'group', 'c', null, 'member', null, null),
		('g3', 'group', 'c', 'group', 'a', null, 'member', null, null), ('g4', 'group', 'x', 'group', 'b', null, 'member', null, null)`)
	if c := f.keep(access.Limits{Ring: 2, Steps: 100}); c.Rings != 1 {
		t.Errorf("%d rings", c.Rings)
	}
	f.want(pairsOfFile, "a a", "x a", "x x 0 ")
	f.want("select key from closure.nodes where holder = (select node from closure.nodes where key = 'a') order by key", "a", "b", "c")
}
