package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// In a workbook text stays text and a day is a day, and a text that a cell cannot hold is an
// error, not a shorter text.
func TestReport_workbook(t *testing.T) {
	t.Parallel()
	g := newGenerations(t)
	g.put("folder/employees.csv", "Employee ID*,Full Name*,Work Email*,Start Date,End Date\n3,=1+1,cat@example.com,01/31/2019,12/31/2024\n4,Bob,bob@example.com,01/31/2019,\n")
	entities := "BRN*,Timestamp,App*,Integration*,Name,Entity Type,Source System,Source ID,Source Type,Metadata Version,Metadata\n" +
		`brn:b:x:::t:identity:cat,,github,github/1,cat,identity,github,1,user,v1,"{""username"":""00123456789012345678"",""email"":""cat@example.com"",""accountEnabled"":true}"` + "\n"
	g.put("folder/entities.csv", entities)
	load := func() {
		t.Helper()
		if out, err := g.command("load", "folder", "--vendor", "balkanid", "--database", g.database, "-q").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	load()
	path := filepath.Join(t.TempDir(), "leavers.xlsx")
	if out, err := g.command("report", "leavers_with_access", "--database", g.database, "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if got := book.GetSheetList(); !slices.Equal(got, []string{"about", "rows"}) {
		t.Errorf("sheets %v", got)
	}
	about, err := book.GetRows("about")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"as of", "sources", "caveat", "left_on"} {
		if !slices.ContainsFunc(about, func(row []string) bool { return len(row) == 2 && row[0] == want && row[1] != "" }) {
			t.Errorf("sheet about does not say %s: %v", want, about)
		}
	}
	rows, err := book.GetRows("rows")
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	for column, want := range map[string]string{"display_name": "=1+1", "left_on": "2024-12-31", "username": "00123456789012345678", "grant_count": "0"} {
		at := slices.Index(rows[0], column)
		cell, err := excelize.CoordinatesToCellName(at+1, 2)
		if err != nil {
			t.Fatal(err)
		}
		formula, err := book.GetCellFormula("rows", cell)
		if err != nil || formula != "" || rows[1][at] != want {
			t.Errorf("%s is %q with the formula %q, want %q; %v", column, rows[1][at], formula, want, err)
		}
	}

	g.put("folder/entities.csv", strings.Replace(entities, "00123456789012345678", strings.Repeat("x", mostCellText+1), 1))
	load()
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, err := g.command("report", "leavers_with_access", "--database", g.database, "-o", path).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "a value of column username has more; use csv, json or parquet") {
		t.Errorf("%v: %.300s", err, out)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(was) {
		t.Errorf("the workbook of before was changed: %v", err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}
