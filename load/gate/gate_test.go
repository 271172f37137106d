package gate

import (
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

func TestGate_stops(t *testing.T) {
	plain := Gate{Share: 0.20, Rows: 100}
	for _, tc := range []struct {
		what          string
		gate          Gate
		before, after int64
		want          bool
	}{
		{"nothing before", Default, 0, 0, false},
		{"no fall", Default, 1000, 1000, false},
		{"a rise", Default, 1000, 2000, false},
		{"to none", Default, 1, 0, true},
		{"to none, where that is allowed", Gate{Share: 0.2, Rows: 100, AllowEmpty: true}, 50, 0, false},
		{"to none, allowed, but beyond both limits", Gate{Share: 0.2, Rows: 100, AllowEmpty: true}, 500, 0, true},
		{"beyond the share only", plain, 100, 1, false},
		{"beyond the number only", Default, 10000, 9000, false},
		{"exactly the share", Default, 1000, 800, false},
		{"exactly the number", plain, 101, 1, false},
		{"one row beyond both", Default, 1000, 799, true},
		{"one row beyond the number", plain, 102, 1, true},
		{"a small company that is gone", Default, 18, 1, true},
		{"the same where limits were set", plain, 18, 1, false},
		{"more than half, ten rows", Default, 19, 9, true},
		{"more than half, nine rows", Default, 17, 8, false},
		{"exactly half", Default, 40, 20, false},
		{"half of few", Default, 10, 1, false},
		{"a third of some hundred", Default, 300, 209, true},
		{"30 % and 25 rows", Default, 83, 58, true},
		{"30 % and 24 rows", Default, 79, 55, false},
		{"exactly 30 %", Default, 300, 210, false},
		{"open", Gate{Share: 1, AllowEmpty: true}, 1000000, 0, false},
	} {
		if _, got := tc.gate.stops(tc.before, tc.after); got != tc.want {
			t.Errorf("%s: %v", tc.what, got)
		}
	}
}

func TestGate_turns(t *testing.T) {
	plain := Gate{Share: 0.20, Rows: 100}
	for _, tc := range []struct {
		what         string
		gate         Gate
		before, gone int64
		want         bool
	}{
		{"another tenant", Default, 1500, 1479, true},
		{"half", Default, 1500, 750, false},
		{"ten of nineteen", Default, 19, 10, true},
		{"nine of ten", Default, 10, 9, false},
		{"all of three", Default, 3, 3, true},
		{"both of two", Default, 2, 2, false},
		{"all of three, where a table may fall to none", Gate{Share: 0.2, Rows: 100, Small: true, AllowEmpty: true}, 3, 3, false},
		{"many, where limits were set", plain, 150, 101, true},
		{"few, where limits were set", plain, 150, 100, false},
		{"open", Gate{Share: 1, AllowEmpty: true}, 1500, 1500, false},
	} {
		if _, got := tc.gate.turns(tc.before, tc.gone); got != tc.want {
			t.Errorf("%s: %v", tc.what, got)
		}
	}
}

func TestGate_lostShare(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	accounts, requests := set.Common.Table("accounts"), set.Common.Table("access_requests")
	login := value{name: "username", names: true}
	status := value{name: "status"}
	for _, tc := range []struct {
		what                  string
		table                 *schemas.Table
		v                     value
		rowsBefore, rowsAfter int64
		before, after         int64
		want                  bool
	}{
		{"all of them", accounts, status, 400, 400, 400, 0, true},
		{"all of three", accounts, status, 3, 3, 3, 0, true},
		{"two", accounts, status, 2, 2, 2, 0, false},
		{"few had it", accounts, status, 400, 400, 11, 0, false},
		{"half went", accounts, status, 400, 400, 400, 200, false},
		{"more than half went", accounts, status, 400, 400, 400, 190, true},
		{"as the rows went", accounts, status, 400, 150, 400, 150, false},
		{"nine went", accounts, status, 12, 12, 12, 3, false},
		{"ten went", accounts, status, 12, 12, 12, 2, true},
		{"no rows are left", accounts, status, 40, 0, 40, 0, false},
		{"of nine requests none is open", requests, status, 9, 9, 9, 0, false},
		{"of ten requests none has it", requests, status, 10, 10, 10, 0, true},
		{"most requests are closed", requests, status, 100, 100, 100, 3, false},
		{"what names requests", requests, login, 3, 3, 3, 0, true},
	} {
		if got := lostShare(tc.table, tc.v, tc.rowsBefore, tc.rowsAfter, tc.before, tc.after); got != tc.want {
			t.Errorf("%s: %v", tc.what, got)
		}
	}
}
