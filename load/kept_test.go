package load

import (
	"fmt"
	"testing"

	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// withRejects is grants with rejects: "text" is one whose rows cannot be named,
// "=key" one of the row with that key.
func (s *site) withRejects(edges []string, rejects ...string) *schemas.Stream {
	vendor, grants, bad := rows{table: vendorTable}, rows{table: common("grants")}, rows{table: schemas.RejectsTable}
	for i, e := range edges {
		var key, privilege string
		fmt.Sscan(e, &key, &privilege)
		vendor.rows = append(vendor.rows, row{"name": e, "record": i})
		grants.rows = append(grants.rows, row{"grant_key": key, "principal_kind": "account", "principal_key": "b:account:" + key, "privilege": privilege, "record": i})
	}
	for i, r := range rejects {
		x := row{"level": "record", "rule": "type", "message": "m", "record_text": r, "record": len(edges) + i}
		if r[0] == '=' {
			x["row_keys"] = []string{r[1:]}
		} else {
			x["unnamed_tables"] = []string{"grants"}
		}
		bad.rows = append(bad.rows, x)
	}
	return s.stream(vendorTable, nil, vendor, grants, bad)
}

const keptSQL = "select grant_key, privilege from observed.grants order by all"

// Where the rows of a reject cannot be named, nothing that is absent is closed.
func TestLoad_rejectsThatNameNoRows(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.withRejects([]string{"a x", "b x", "c x", "d x", "e x"}))
	r := s.refresh(export("balkan", dataset, "a1"), s.withRejects([]string{"a x", "b y", "c x", "f x"}, "broken"))
	if r.ClosedCount != 1 || r.InsertedCount != 2 || r.KeptCount != 2 {
		t.Errorf("%+v", r)
	}
	s.want(keptSQL, "a|x", "b|y", "c|x", "d|x", "e|x", "f|x")
	s.want("select table_name, count(*) from meta.kept_rows group by all", "grants|2")
	s.want("select kept_count from meta.exports order by as_of", "0", "2")

	// What was delivered beside the same reject is not what it is about.
	r = s.refresh(export("balkan", dataset, "a2"), s.withRejects([]string{"a x", "b y", "f x"}, "broken"))
	if r.ClosedCount != 1 || r.KeptCount != 0 {
		t.Errorf("%+v", r)
	}
	s.want(keptSQL, "a|x", "b|y", "d|x", "e|x", "f|x")
	s.want("select count(*) from meta.kept_rows", "2")

	// A new one protects all again.
	r = s.refresh(export("balkan", dataset, "a3"), s.withRejects([]string{"a x", "b y"}, "broken", "broken too"))
	if r.ClosedCount != 0 || r.KeptCount != 1 {
		t.Errorf("%+v", r)
	}
	s.want(keptSQL, "a|x", "b|y", "d|x", "e|x", "f|x")

	// Without rejects what is absent is gone.
	r = s.refresh(export("balkan", dataset, "a4"), s.withRejects([]string{"a x", "b y", "d x"}))
	if r.ClosedCount != 2 || r.KeptCount != 0 {
		t.Errorf("%+v", r)
	}
	s.want(keptSQL, "a|x", "b|y", "d|x")
	s.want("select count(*) from meta.kept_rows", "0")
}

// A reject without text may be another one each time.
func TestLoad_rejectsWithoutTextAreNew(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	masked := func(edges ...string) *schemas.Stream {
		set := rows{schemas.RejectsTable, []row{{"level": "record", "rule": "frame", "message": "m", "unnamed_tables": []string{"grants"}, "record": 9}}}
		grants := rows{table: common("grants")}
		vendor := rows{table: vendorTable}
		for i, e := range edges {
			grants.rows = append(grants.rows, row{"grant_key": e, "record": i})
			vendor.rows = append(vendor.rows, row{"name": e, "record": i})
		}
		return s.stream(vendorTable, nil, vendor, grants, set)
	}
	s.refresh(export("balkan", dataset), masked("a", "b", "c"))
	s.refresh(export("balkan", dataset, "a1"), masked("a", "b"))
	s.refresh(export("balkan", dataset, "a2"), masked("a"))
	s.want("select grant_key from observed.grants order by 1", "a", "b", "c")
}

// Named rows are protected without protecting the others.
func TestLoad_rejectsThatNameTheirRows(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.withRejects([]string{"a x", "b x", "c x", "d x"}))
	s.refresh(export("balkan", dataset, "a1"), s.withRejects([]string{"a x", "d x"}, "=b"))
	s.want(keptSQL, "a|x", "b|x", "d|x")
	s.want("select kept_count from meta.exports order by as_of", "0", "0")
}

// A table without key is protected as a whole.
func TestLoad_rejectsInTablesWithoutKey(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	links := func(reject bool, keys ...string) *schemas.Stream {
		vendor, linked, bad := rows{table: vendorTable}, rows{table: common("identity_accounts")}, rows{table: schemas.RejectsTable}
		for i, k := range keys {
			vendor.rows = append(vendor.rows, row{"name": k, "record": i})
			linked.rows = append(linked.rows, row{"identity_key": k, "account_key": k, "record": i})
		}
		if reject {
			bad.rows = []row{{"level": "item", "rule": "type", "message": "m", "record_text": "t", "unnamed_tables": []string{"identity_accounts"}, "record": 0}}
		}
		return s.stream(vendorTable, nil, vendor, linked, bad)
	}
	s.refresh(export("balkan", dataset), links(false, "a", "b", "c"))
	w := s.begin()
	st := links(true, "a", "b")
	n := st.Counts()
	n.Framed, n.Rejected, n.ItemRejects = 2, 0, 1
	st.Counts = func() schemas.Counts { return n }
	if _, err := w.Load(t.Context(), export("balkan", dataset, "a1"), contract(dataset), st); err != nil {
		t.Fatal(err)
	}
	s.publish(w)
	s.want("select identity_key from observed.identity_accounts order by 1", "a", "b", "c")
}

// Records that say the same are counted, on a first load and later.
func TestLoad_countsRepeats(t *testing.T) {
	t.Parallel()
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x", "a x", "a x", "b x"))
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "a x", "a x", "b x", "c x"))
	s.refresh(export("balkan", dataset, "a2"), s.grants(nil, "a x", "b x", "c x"))
	s.want("select loaded_count, repeat_count from meta.exports order by as_of", "4|2", "4|1", "3|0")
}

// What rejects did is told apart, and an export that closed nothing because of
// them confirms no rows.
func TestChanges_causeRejects(t *testing.T) {
	t.Parallel()
	s := newBareSite(t)
	s.refresh(export("balkan", dataset), s.withRejects([]string{"a x", "b x", "c x"}))
	s.refresh(export("balkan", dataset, "a1"), s.withRejects([]string{"a x", "b y"}, "broken"))
	s.bare = false
	w := s.begin()
	if err := w.Ledger().Record(t.Context(), export("balkan", dataset, "a1"), ledger.Unchanged, ""); err != nil {
		t.Fatal(err)
	}
	s.publish(w)
	s.want("select strftime(current_as_of at time zone 'UTC', '%H'), last_status from report.coverage", "09|unchanged")
	s.want("select strftime(last_complete_at at time zone 'UTC', '%H') from meta.sources", "09")
	s.refresh(export("balkan", dataset, "a2"), s.withRejects([]string{"a x", "b z"}, "broken"))
	s.want("select strftime(current_as_of at time zone 'UTC', '%H'), last_status from report.coverage", "12|loaded")
	s.want("select strftime(changed_at at time zone 'UTC', '%H'), change, key, cause from observed_changes_between('2026-03-01 09:30:00Z', '2026-03-02') order by all",
		"10|changed|b|rejects", "10|unseen|NULL|rejects", "11|unseen|NULL|rejects", "12|changed|b|data")
}
