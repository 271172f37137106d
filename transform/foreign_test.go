package transform

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// contractOf is a contract as it is delivered.
func contractOf(t *testing.T, dataset string) (*schemas.Contract, *schemas.Common) {
	t.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract(dataset)
	if err != nil {
		t.Fatal(err)
	}
	return c, set.Common
}

const (
	peopleHeader   = "Employee ID,Full Name,Work Email,Department,Title,Start Date,End Date,Manager\n"
	accountsHeader = "accountName,email,accountType,userId,userName,userStatus,application,applicationInstance,applicationRole,isAdmin\n"
)

func peopleRows(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%d,Ann Lee%c,a%d@x.com,IT,Dev,2020-01-13,,Bo Roe", 100+i, 'a'+i, i))
	}
	return out
}

func accountRows(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("Ann Lee,a%d@x.com,user,u%d,ann%d,active,Okta,okta-1,,false", i, i, i))
	}
	return out
}

// widened fills a line up to the width of a header.
func widened(header, line string) string {
	return line + strings.Repeat(",", strings.Count(header, ",")-strings.Count(line, ","))
}

// TestForeign_lines puts lines of reports, as wide as the header, among records:
// none becomes a row, and every record stays one.
func TestForeign_lines(t *testing.T) {
	lines := []string{
		"Summe,19", "Gesamt,19", "Somme,19", "Totale,19,,,4", "Итого,19", "合计,19", "Total,19,,,,,,3", "Total général,19", "Celkový počet,19", "Headcount,19,4",
		"Printed on,2026-11-01", "Gedruckt am,01.11.2026", "19 rows,ok", "Filter: Status = Active", "Filter,active,all", "Date from,2026-10-01,to,", "Data as of 2026-11-01",
		"More rows available", "Internal use only", "Nur für internen Gebrauch", "Confidential,do not share", "Limit reached", "x y", "Row count,20",
		"Example,Jane Doe", "Prepared by,Jane Doe", ",Jane Doe", ",,,Sales,7", "Department,Headcount", "IT,2", "Sales,7",
		"2026-11-01,Printed", "Q1,500", "2026-01,4", "As of: 1,Sales", "Prepared by,Jane Doe,jane@x.com",
	}
	for dataset, of := range map[string]struct {
		header string
		rows   func(int) []string
	}{"balkanid.employees": {peopleHeader, peopleRows}, "oleria.access_inventory_application_accounts_v2": {accountsHeader, accountRows}} {
		c, common := contractOf(t, dataset)
		for _, n := range []int{2, 3, 19} {
			for _, line := range lines {
				for where, file := range map[string][]string{
					"last":                slices.Concat(of.rows(n), []string{widened(of.header, line)}),
					"behind a blank line": slices.Concat(of.rows(n), []string{"", widened(of.header, line)}),
					"twice":               slices.Concat(of.rows(n), []string{widened(of.header, ""), widened(of.header, line), widened(of.header, line+" ")}),
				} {
					r, err := transformedBy(t, c, common, Options{}, input(of.header+strings.Join(file, "\n")+"\n"))
					if err != nil {
						t.Errorf("%s, %d, %s: %q: %v", dataset, n, where, line, err)
					} else if r.counts.Loaded != int64(n) {
						t.Errorf("%s, %d, %s: %q: %d rows", dataset, n, where, line, r.counts.Loaded)
					}
				}
			}
		}
	}
}

// TestForeign_tables puts a second table under the records.
func TestForeign_tables(t *testing.T) {
	c, common := contractOf(t, "balkanid.employees")
	for _, table := range [][]string{
		{"Department,Headcount", "Sales,7", "People,3", "IT,9", "Legal,1"},
		{"Department,Headcount,Leavers,Joiners,Budget", "Sales,7,1,0,500", "People,3,1,1,200"},
		{"Month,Leavers", "2026-01,4", "2026-02,5"},
	} {
		for _, gap := range []string{"", widened(peopleHeader, "")} {
			file := append(peopleRows(9), gap)
			for _, line := range table {
				file = append(file, widened(peopleHeader, line))
			}
			r, err := transformedBy(t, c, common, Options{}, input(peopleHeader+strings.Join(file, "\n")+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if r.counts.Loaded != 9 {
				t.Errorf("%q: %d rows", table, r.counts.Loaded)
			}
		}
	}
}

// TestForeign_records leaves records alone that have few values.
func TestForeign_records(t *testing.T) {
	for name, tc := range map[string]struct{ dataset, header, line string }{
		"a number and a name":           {"balkanid.employees", peopleHeader, "150,Cy Doe"},
		"a number":                      {"balkanid.employees", peopleHeader, "150"},
		"an address":                    {"balkanid.employees", peopleHeader, ",,cy@x.com"},
		"a new one":                     {"balkanid.employees", peopleHeader, "150,Cy Doe,,IT,Dev,2026-11-01"},
		"one that has left":             {"balkanid.employees", peopleHeader, "150,Cy Doe,,,,,2026-11-01"},
		"an account":                    {"oleria.access_inventory_application_accounts_v2", accountsHeader, ",,,,ann99,,Okta,okta-1"},
		"an account without a digit":    {"oleria.access_inventory_application_accounts_v2", accountsHeader, "svc-backup,,,,,,Okta,okta-1"},
		"one that has a login":          {"oleria.access_inventory_application_accounts_v2", accountsHeader, "root,,,,root,,Okta"},
		"one called by a number":        {"oleria.access_inventory_application_accounts_v2", accountsHeader, "10023,,,,,,Okta,okta-1"},
		"one called like a total":       {"oleria.access_inventory_application_accounts_v2", accountsHeader, "total,,,,total,,Okta"},
		"one whose login is an address": {"oleria.access_inventory_application_accounts_v2", accountsHeader, ",,,,svc@x.com,,Okta,okta-1"},
		"one with an id in letters":     {"oleria.access_inventory_application_accounts_v2", accountsHeader, "daemon,,,root,,,Okta"},
		"an id of another form":         {"balkanid.employees", peopleHeader, "C20,Cy Doe"},
		"one with a stroke":             {"balkanid.employees", peopleHeader, "EXT-20,Cy Doe,,IT"},
		"one name only":                 {"balkanid.employees", peopleHeader, "150,Madonna"},
		"a number in the name":          {"balkanid.employees", peopleHeader, "C20,Agent 7"},
		"an address and a number":       {"balkanid.employees", peopleHeader, ",Page 1 Printing,p1@x.com"},
		"an id without a digit":         {"balkanid.employees", peopleHeader, "ext,Cy,cy@x.com"},
		"called total":                  {"balkanid.employees", peopleHeader, "109,Total,t@x.com"},
		"an account of a program":       {"oleria.access_inventory_application_accounts_v2", accountsHeader, "bot,,,,svc-bot,active,Okta,okta-1"},
	} {
		t.Run(name, func(t *testing.T) {
			c, common := contractOf(t, tc.dataset)
			rows := peopleRows(9)
			if tc.header == accountsHeader {
				rows = accountRows(9)
			}
			for _, at := range []int{0, 5, 9} {
				file := slices.Insert(slices.Clone(rows), at, widened(tc.header, tc.line))
				r, err := transformedBy(t, c, common, Options{}, input(tc.header+strings.Join(file, "\n")+"\n"))
				if err != nil || r.counts.Loaded != 10 {
					t.Errorf("at %d: %v %v", at, err, r.rejects)
				}
			}
		})
	}
	t.Run("a file in which many have few", func(t *testing.T) {
		c, common := contractOf(t, "balkanid.employees")
		file := peopleRows(8)
		for i := range 5 {
			file = slices.Insert(file, 1+i, widened(peopleHeader, fmt.Sprintf("temp%c,Contractor", 'a'+i)))
		}
		r, err := transformedBy(t, c, common, Options{}, input(peopleHeader+strings.Join(file, "\n")+"\n"))
		if err != nil || r.counts.Loaded != 13 {
			t.Error(err, r.rejects)
		}
	})
}
