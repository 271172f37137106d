package transform

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNoMoment_isNoDate reads what programs write that have no date, from columns and from
// paths of JSON.
func TestNoMoment_isNoDate(t *testing.T) {
	y := "columns:\n  id: {from: [id], type: text}\n  ended: {from: [ended], type: date, layouts: ['01/02/2006']}\n" +
		"  used: {from: [used], type: timestamp}\n  m: {from: [m], type: json}\n" +
		"emit:\n  - {table: identities, set: {identity_key: {key: identity, of: [id]}, end_on: ended, start_on: m.began}}\n" +
		"  - {table: accounts, set: {account_key: {key: account, of: [id]}, last_login_at: used, last_activity_at: m.seen}}\n"
	for name, tc := range map[string]struct {
		row  string // ended, used, m.began, m.seen
		want []any
	}{
		"year one":            {`01/01/0001,0001-01-01T00:00:00Z,"{""began"":""0001-01-01"",""seen"":""0001-01-01 00:00:00 +0000 UTC""}"`, []any{nil, nil, nil, nil}},
		"directories":         {`01/01/1601,1601-01-01T00:00:00Z,"{""began"":""1601-01-01"",""seen"":""1600-12-31T19:00:00-05:00""}"`, []any{nil, nil, nil, nil}},
		"spreadsheets":        {`12/30/1899,1899-12-30T00:00:00Z,"{""began"":""1900-01-01"",""seen"":""1900-01-01T00:00:00-08:00""}"`, []any{nil, nil, nil, nil}},
		"unix, in zones":      {`12/31/1969,1970-01-01T00:00:00Z,"{""began"":""1970-01-01"",""seen"":""1970-01-01T00:00:00+09:00""}"`, []any{nil, nil, nil, nil}},
		"the first real ones": {`01/02/1900,1900-01-02T00:00:00Z,"{""began"":""1970-01-02"",""seen"":""1970-01-02T00:00:00Z""}"`, []any{"1900-01-02", "1900-01-02T00:00:00Z", "1970-01-02", "1970-01-02T00:00:00Z"}},
		"never":               {`12/31/9999,9999-12-31T00:00:00Z,"{""began"":""9999-12-31"",""seen"":""9999-12-31T00:00:00Z""}"`, []any{"9999-12-31", "9999-12-31T00:00:00Z", "9999-12-31", "9999-12-31T00:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, y, Options{}, input("id,ended,used,m\n1,"+tc.row+"\n"))
			if err != nil || len(r.rejects) > 0 {
				t.Fatal(err, r.rejects)
			}
			person, account := r.rows["observed.identities"][0], r.rows["observed.accounts"][0]
			if diff := cmp.Diff(tc.want, []any{person["end_on"], account["last_login_at"], person["start_on"], account["last_activity_at"]}); diff != "" {
				t.Error(diff)
			}
			var findings []string
			if tc.want[0] == nil {
				findings = []string{"placeholder accounts.last_activity_at 1", "placeholder ended 1", "placeholder identities.start_on 1", "placeholder used 1"}
				if kept := r.rows["balkanid.test"][0]["ended"]; kept == nil {
					t.Error("the vendor table does not have the date as it was delivered")
				}
			}
			if diff := cmp.Diff(findings, findingsOf(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
