package closure

import (
	"errors"
	"testing"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/databasetest"
)

// grantsFile is an open copy with the tables that the closure is made of.
type grantsFile struct{ *databasetest.File }

func newGrantsFile(t testing.TB) *grantsFile {
	t.Helper()
	f := &grantsFile{databasetest.Open(t)}
	f.Exec(`create table main.grants (grant_key varchar, principal_kind varchar, principal_key varchar, target_kind varchar, target_key varchar,
		application_key varchar, privilege varchar, effect varchar, is_direct boolean);
		create table main.identity_accounts (identity_key varchar, account_key varchar, relation varchar)`)
	return f
}

// keep derives the closure, and reports whether there was anything to do.
func (f *grantsFile) keep(limits access.Limits) *access.Closure {
	f.Helper()
	var c *access.Closure
	err := f.DB.InTx(f.Context(), func(t *database.Tx) (err error) {
		c, err = Keep(f.Context(), t, limits)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return c
}

const pairsOfFile = `select concat_ws(' ', h.key, v.key, r.hops, array_to_string(r.path, '>')) from closure.reach r
	join closure.nodes h on h.node = r.holder join closure.nodes v on v.node = r.via order by 1`

// The closure is made anew when what it is made of changes, and only then.
func TestKeep_onlyWhatChanged(t *testing.T) {
	f := newGrantsFile(t)
	if f.keep(access.DefaultLimits) == nil {
		t.Error("no tables for a file without grants")
	}
	f.Want("select count(*)::varchar from closure.edges", "0")
	if f.keep(access.DefaultLimits) != nil {
		t.Error("made again, though there are no grants still")
	}
	f.Exec(`insert into main.grants values ('g1', 'group', 'a', 'group', 'b', null, 'member', null, null), ('g2', 'group', 'b', 'role', 'r', null, null, null, null)`)
	if f.keep(access.DefaultLimits) == nil {
		t.Error("not made anew after grants came")
	}
	f.Want(pairsOfFile, "a a 0 ", "a b 1 g1", "b b 0 ")
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
		f.Exec(change)
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
	f.Exec("insert into main.grants values ('g1', 'group', 'a', 'group', 'b', null, 'member', null, null), ('g2', 'group', 'b', 'role', 'r', null, null, null, null)")
	f.keep(access.DefaultLimits)
	f.Exec("update main.grants set target_key = 'c', grant_key = 'g0' where grant_key = 'g1'")
	broken := errors.New("broken")
	err := f.DB.InTx(t.Context(), func(tx *database.Tx) error {
		_, err := Keep(t.Context(), tx, access.DefaultLimits)
		return errors.Join(err, broken)
	})
	if err == nil || err.Error() != broken.Error() {
		t.Fatal(err)
	}
	f.Want(pairsOfFile, "a a 0 ", "a b 1 g1", "b b 0 ")
}

// A ring that is too large is one unit, whose hops and paths are not known.
func TestKeep_largeRing(t *testing.T) {
	f := newGrantsFile(t)
	f.Exec(`insert into main.grants values ('g1', 'group', 'a', 'group', 'b', null, 'member', null, null), ('g2', 'group', 'b', 'group', 'c', null, 'member', null, null),
		('g3', 'group', 'c', 'group', 'a', null, 'member', null, null), ('g4', 'group', 'x', 'group', 'b', null, 'member', null, null)`)
	if c := f.keep(access.Limits{Ring: 2, Steps: 100}); c.Rings != 1 {
		t.Errorf("%d rings", c.Rings)
	}
	f.Want(pairsOfFile, "a a", "x a", "x x 0 ")
	f.Want("select key from closure.nodes where holder = (select node from closure.nodes where key = 'a') order by key", "a", "b", "c")
}
