package things

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/merge"
)

// What texts are compared by is spelt as the SQL that makes the keys of edges spells it.
func TestSpelling_isDuckDBs(t *testing.T) {
	f := newFile(t)
	var other []string
	// Planes 0 and 1 have all that have capitals.
	for r, want := range f.Rows("select case when i = 0 or i between 55296 and 57343 then '' else lower(nfc_normalize(trim(' x' || chr(i::integer) || ' '))) end from range(131072) t(i) order by i") {
		if got := merge.Spelling(" x" + string(rune(r)) + " "); want != "" && got != want {
			other = append(other, fmt.Sprintf("%U is spelt %+q, by DuckDB %+q", r, got, want))
		}
	}
	if len(other) > 0 {
		t.Errorf("%d characters, such as %s", len(other), strings.Join(other[:min(len(other), 20)], "\n"))
	}
}

// Whether rows are made whole or by parts, which SQL picks, a key is in the same slice.
func TestSlice_isDuckDBs(t *testing.T) {
	f := newFile(t)
	for _, of := range []int64{2, 3, 7} {
		for range 50 {
			key := fmt.Sprintf("account:%024x", rand.Uint64())
			for nth := range of {
				s := slice{nth, of}
				f.Want(database.SQL("select (true"+string(s.has("'"+database.SQL(key)+"'"))+")::varchar"), fmt.Sprint(s.holds([]byte(key))))
			}
		}
	}
}

// Days that the fingerprint of a row has are written as the SQL that makes fingerprints writes them.
func TestAppendDay_isDuckDBs(t *testing.T) {
	f := newFile(t)
	for range 200 {
		day := rand.Int64N(6_000_000) - 2_000_000
		f.Want(database.SQL(fmt.Sprintf("select (date '1970-01-01' + %d)::date::varchar", day)), string(merge.AppendDay(nil, day)))
	}
}
