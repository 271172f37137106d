package transform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
)

// accountRecords is a JSON list of accounts with a record before, and one behind.
func accountRecords(before string, n int, behind string) string {
	var records []string
	if before != "" {
		records = append(records, before)
	}
	for i := range n {
		records = append(records, fmt.Sprintf(`{"accountName":"A%d","email":"a%d@x.com","userId":"%d","userName":"a%d","userStatus":"enabled","application":"Okta","applicationInstance":"i"}`, i, i, i+1, i))
	}
	if behind != "" {
		records = append(records, behind)
	}
	return "[" + strings.Join(records, ",\n") + "]"
}

// TestOtherKind_amongRecords has records with members of a tenant's own, and records of
// something else.
func TestOtherKind_amongRecords(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	const (
		accounts = "oleria.access_inventory_application_accounts_v2"
		foreign  = `{"invoice":1,"amount":2,"currency":"EUR","vat":3,"due":"2026-01-01","email":"a@x.com"}`
		custom   = `"c1":1,"c2":1,"c3":1,"c4":1,"c5":1,"c6":1,"c7":1,"c8":1`
		keyed    = `{"accountName":"Z","application":"Okta","applicationInstance":"i",` + custom + `}`
		person   = `{"employeeId":"1","name":"A B","email":"a@x.com","department":"IT","jobTitle":"Dev","manager":"C","status":"active","location":"Oslo"}`
		people   = "oleria.employees"
	)
	for name, tc := range map[string]struct {
		dataset, in, refused string
		loaded, rejected     int64
	}{
		"a foreign record behind":          {accounts, accountRecords("", 20, foreign), "", 20, 1},
		"a foreign record before":          {accounts, accountRecords(foreign, 20, ""), "", 20, 1},
		"one of ours behind foreign ones":  {accounts, "[" + strings.Repeat(foreign+",", 20) + strings.Trim(accountRecords("", 1, ""), "[]") + "]", "keys of the records are columns", 0, 0},
		"a key and custom members behind":  {accounts, accountRecords("", 20, keyed), "", 21, 0},
		"a key and custom members before":  {accounts, accountRecords(keyed, 20, ""), "", 21, 0},
		"half a key":                       {accounts, accountRecords("", 20, `{"accountName":"Z",`+custom+`}`), "", 20, 1},
		"a person of id, address and more": {people, "[" + person + `,{"employeeId":"2","email":"b@x.com",` + custom + "}]", "", 2, 0},
		"an address and more":              {people, "[" + person + `,{"email":"b@x.com",` + custom + "}]", "", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c, common := contractOf(t, tc.dataset)
			r, err := transformedBy(t, c, common, Options{Contracts: set.All()}, input(tc.in))
			if tc.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tc.refused) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || r.counts.Loaded != tc.loaded || r.counts.Rejected != tc.rejected {
				t.Errorf("%v, %+v", err, r)
			}
		})
	}
}

// TestIdentify has headers with columns of a tenant's own beside those that tell
// what a record is about.
func TestIdentify(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	const (
		accounts = "oleria.access_inventory_application_accounts_v2"
		people   = "oleria.employees"
		known    = "Account Name,Email,User ID,User Name,User Status,Application,Application Instance,"
	)
	for name, tc := range map[string]struct {
		dataset, header string
		known           bool
	}{
		"accounts and more":                 {accounts, known + own(11), true},
		"people and more":                   {people, "Employee ID,Employee Name,Email,Department," + own(8), true},
		"people of balkanid, and more":      {"balkanid.employees", "Employee ID,Full Name,Work Email,Department," + own(8), true},
		"four of far too many":              {people, "Employee ID,Employee Name,Email,Department," + own(16), false},
		"people without address":            {people, "Employee ID,Employee Name,Department,Job Title,Manager," + own(8), false},
		"people without id":                 {people, "Employee Name,Email,Department,Job Title,Manager," + own(8), false},
		"accounts without login":            {accounts, strings.Replace(known, "User Name,", "", 1) + own(11), false},
		"an id, a name and next to nothing": {"sailpoint.potential_roles", "id,name,description,status,createdDate,type," + own(14), false},
	} {
		t.Run(name, func(t *testing.T) {
			c, common := contractOf(t, tc.dataset)
			row := strings.Repeat("1,", strings.Count(tc.header, ",")) + "1\n"
			list := `[{"` + strings.ReplaceAll(tc.header, ",", `":"1","`) + `":"1"}]`
			for _, in := range []string{tc.header + "\n" + row, list} {
				_, err := transformedBy(t, c, common, Options{Contracts: set.All()}, input(in))
				if (err == nil) != tc.known {
					t.Errorf("%.20s: %v", in, err)
				}
			}
		})
	}
}

// own is a header of n columns that no contract knows.
func own(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("Of Ours %c", 'A'+i)
	}
	return strings.Join(names, ",")
}
