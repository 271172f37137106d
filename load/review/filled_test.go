package review

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// packOf is a pack of so many rows, each about a target of its own, with decisions.
func packOf(decisions ...string) (rows []Row) {
	for i, decision := range decisions {
		cells := map[string]string{"pack": "application:1 at 2026-03-01T00:00:00Z", "target": fmt.Sprint("t", i), "decision": decision}
		cells["fingerprint"] = fingerprint(cells)
		rows = append(rows, Row{Record: int64(i), Cells: cells})
	}
	return rows
}

func said(f *Filled) string {
	var lines []string
	for _, w := range f.Wrong {
		lines = append(lines, fmt.Sprintf("%d %s", w.Record, w.Field))
	}
	return fmt.Sprintf("%s; %d undecided; wrong: %s", f, f.Undecided, strings.Join(lines, ", "))
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(rows []Row) []Row
		want   string
	}{
		"as filled":              {func(rows []Row) []Row { return rows }, "approve 1, revoke 1; 1 undecided; wrong: "},
		"another word":           {func(rows []Row) []Row { rows[0].Cells["decision"] = "ok"; return rows }, "revoke 1; 1 undecided; wrong: 0 decision"},
		"another target":         {func(rows []Row) []Row { rows[1].Cells["target"] = "t9"; return rows }, "approve 1; 1 undecided; wrong: 1 fingerprint"},
		"twice the same":         {func(rows []Row) []Row { return append(rows, Row{Record: 3, Cells: rows[0].Cells}) }, "approve 1, revoke 1; 1 undecided; wrong: "},
		"twice, one is empty":    {again("decision", ""), "revoke 1; 1 undecided; wrong: 0 decision, 3 decision"},
		"twice, two decisions":   {again("decision", "modify"), "revoke 1; 1 undecided; wrong: 0 decision, 3 decision"},
		"twice, two comments":    {again("comment", "why"), "revoke 1; 1 undecided; wrong: 0 decision, 3 decision"},
		"twice, in another case": {again("decision", "APPROVE"), "approve 1, revoke 1; 1 undecided; wrong: "},
		"twice with a wrong word": {func(rows []Row) []Row {
			rows[0].Cells["decision"] = "ok"
			return append(rows, Row{Record: 3, Cells: rows[0].Cells})
		}, "revoke 1; 1 undecided; wrong: 0 decision, 3 decision"},
		"an address was added":     {func(rows []Row) []Row { rows[2].Cells["person_email"] = "ann@example.com"; return rows }, "approve 1, revoke 1; 0 undecided; wrong: 2 fingerprint"},
		"what the pack only tells": {func(rows []Row) []Row { rows[2].Cells["person"] = "Ann"; return rows }, "approve 1, revoke 1; 1 undecided; wrong: "},
	} {
		if got := said(Check(c.change(packOf("Approve", "revoke", "")), time.Time{})); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// again adds the first row once more, with another value in a column.
func again(column, value string) func(rows []Row) []Row {
	return func(rows []Row) []Row {
		cells := map[string]string{}
		for name, text := range rows[0].Cells {
			cells[name] = text
		}
		cells[column] = value
		return append(rows, Row{Record: 3, Cells: cells})
	}
}

// Few rows that were changed say nothing of the others; many say that columns were sorted.
func TestFilled_whole(t *testing.T) {
	for _, c := range []struct {
		rows, changed int
		whole         bool
	}{{1, 0, true}, {1, 1, false}, {2, 2, false}, {3, 2, true}, {3, 3, false}, {14, 3, false}, {15, 3, true}, {100, 20, true}, {100, 21, false}} {
		rows := packOf(make([]string, c.rows)...)
		for i := range c.changed {
			rows[i].Cells["target"] = "another"
		}
		if err := Check(rows, time.Time{}).Whole(); (err == nil) != c.whole {
			t.Errorf("%d of %d rows changed: %v", c.changed, c.rows, err)
		}
	}
	if err := Check(nil, time.Time{}).Whole(); err != nil {
		t.Errorf("a pack without rows: %v", err)
	}
}

// A day that has begun somewhere when the pack is read is no day to come.
func TestCheck_dayToCome(t *testing.T) {
	at := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		day, readAt time.Time
		want        string
	}{
		"today":                        {at.Truncate(24 * time.Hour), at, "approve 1; 0 undecided; wrong: "},
		"tomorrow, which has begun":    {at.Truncate(24*time.Hour).AddDate(0, 0, 1), at, "approve 1; 0 undecided; wrong: "},
		"tomorrow, which has not":      {at.Truncate(24*time.Hour).AddDate(0, 0, 1), at.Add(-3 * time.Hour), "; 0 undecided; wrong: 0 decided_on"},
		"in a year":                    {at.AddDate(1, 0, 0), at, "; 0 undecided; wrong: 0 decided_on"},
		"nobody says when it was read": {at.AddDate(1, 0, 0), time.Time{}, "approve 1; 0 undecided; wrong: "},
		"no day":                       {time.Time{}, at, "approve 1; 0 undecided; wrong: "},
	} {
		rows := packOf("approve")
		rows[0].Decided = c.day
		got := Check(rows, c.readAt)
		if said(got) != c.want || got.ToCome != len(got.Wrong) {
			t.Errorf("%s: %s, %d to come, want %s", name, said(got), got.ToCome, c.want)
		}
	}
}
