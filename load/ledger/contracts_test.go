package ledger

import (
	"slices"
	"testing"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/databasetest"
	"github.com/accessmart/accessmart/schemas"
)

// The tables of contracts are what the contracts say, whatever they were, and are left alone
// where they are that already.
func TestWriteContracts(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := databasetest.Open(t, Tables...)
	write := func(set *schemas.Set) {
		t.Helper()
		if err := f.DB.InTx(t.Context(), func(tx *database.Tx) error { return WriteContracts(t.Context(), tx, set) }); err != nil {
			t.Fatal(err)
		}
	}
	const datasets, columns database.SQL = "select x::varchar from meta.datasets x order by rowid", "select x::varchar from meta.column_map x order by rowid"
	const places database.SQL = "select rowid::varchar from meta.column_map order by rowid"
	write(set)
	wantDatasets, wantColumns, wantPlaces := f.Rows(datasets), f.Rows(columns), f.Rows(places)
	if len(wantDatasets) != len(set.All()) || len(wantColumns) < len(wantDatasets) {
		t.Fatalf("%d datasets, %d columns of %d contracts", len(wantDatasets), len(wantColumns), len(set.All()))
	}
	write(set)
	f.Want(columns, wantColumns...)
	f.Want(places, wantPlaces...)
	for _, change := range []database.SQL{
		"delete from meta.column_map where rowid = (select max(rowid) from meta.column_map)",
		"delete from meta.column_map",
		"insert into meta.column_map from meta.column_map limit 1",
		"update meta.column_map set condition = '' where condition is null",
		"update meta.column_map set rule = rule || ' ' where rule = 'copy'",
		"update meta.column_map set vendor_column = vendor_column || contract_column[1], contract_column = contract_column[2:] where len(contract_column) > 1",
		"update meta.column_map set choice = 1 where choice is null",
		"update meta.datasets set is_typed = not is_typed",
		"update meta.datasets set doc_url = null",
	} {
		f.Exec(change)
		if slices.Equal(f.Rows(columns), wantColumns) && slices.Equal(f.Rows(datasets), wantDatasets) {
			t.Fatalf("%s: changes nothing, so that nothing is tried", change)
		}
		write(set)
		f.Want(columns, wantColumns...)
		f.Want(datasets, wantDatasets...)
	}
}
