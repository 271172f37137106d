package files_test

import (
	"context"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/files"
	"github.com/accessmart/accessmart/schemas"
)

// Two files of one day may happen to have a value of few in one column, once
// each: only a key, an id or an address says that they are of one thing.
func TestFolder_smallFilesOfOneDay(t *testing.T) {
	const (
		people   = "Employee ID,Full Name,Work Email,Department,Manager Work Email\n"
		accounts = "Account Name,Email,User Name,Application Name,Application Instance,Application Role\n"
		edges    = "App,Integration,Parent Entity BRN,Entity BRN,Entity Type\n"
	)
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		dataset, a, b string
		files         [2]string
		says          string
	}{
		"a department each": {"balkanid.employees", people + "1,A,a@x.com,IT,b@x.com\n2,B,b@x.com,HR,\n", people + "3,C,c@x.com,IT,b@x.com\n4,D,d@x.com,Sales,\n", [2]string{"berlin", "munich"}, ""},
		"namesakes":         {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,IT,\n", people + "3,A,c@x.com,IT,\n4,D,d@x.com,HR,\n", [2]string{"berlin", "munich"}, ""},
		"one address":       {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,HR,\n", people + "3,C,a@x.com,HR,\n4,D,d@x.com,IT,\n", [2]string{"berlin", "munich"}, "they have records of one Work Email"},
		"one id":            {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,HR,\n", people + "1,C,c@x.com,HR,\n4,D,d@x.com,IT,\n", [2]string{"berlin", "munich"}, "they have records of one Employee ID"},
		"the same roles": {"oleria.access_inventory_application_accounts_v2", accounts + "A,a@x.com,a,Okta,x,Admin\nB,b@x.com,b,Okta,x,Member\n",
			accounts + "C,c@x.com,c,Okta,x,Admin\nD,d@x.com,d,Okta,x,Member\n", [2]string{"berlin", "munich"}, ""},
		"one account, of another role": {"oleria.access_inventory_application_accounts_v2", accounts + "A,a@x.com,a,Okta,x,Admin\nB,b@x.com,b,Okta,x,Member\n",
			accounts + "A,a@x.com,a,Okta,x,Member\nD,d@x.com,d,Okta,x,Admin\n", [2]string{"berlin", "munich"}, "they have records of one "},
		"edges to the same thing":  {"balkanid.entity_relations", edges + "okta,i,b:1,b:8,resource\nokta,i,b:2,b:9,resource\n", edges + "okta,i,b:3,b:8,resource\nokta,i,b:4,b:9,resource\n", [2]string{"berlin", "munich"}, ""},
		"departments":              {"balkanid.employees", people + "1,A,a@x.com,Dev,\n2,B,b@x.com,Dev,\n", people + "3,C,c@x.com,QA,\n4,D,d@x.com,QA,\n", [2]string{"Development", "QA"}, ""},
		"a department by others":   {"balkanid.employees", people + "1,A,a@x.com,Dev,\n2,B,b@x.com,Dev,\n", people + "3,C,c@x.com,QA,\n4,D,d@x.com,QA,\n", [2]string{"Production", "Sales"}, ""},
		"departments by records":   {"balkanid.employees", people + "1,A,a@x.com,Live,\n2,B,b@x.com,Live,\n", people + "3,C,c@x.com,Test,\n4,D,d@x.com,Test,\n", [2]string{"Live", "Test"}, ""},
		"installations":            {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,IT,\n", people + "3,C,c@x.com,HR,\n4,D,d@x.com,IT,\n", [2]string{"Live", "Test"}, "may be a version and no part"},
		"more installations":       {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,IT,\n", people + "3,C,c@x.com,HR,\n4,D,d@x.com,IT,\n", [2]string{"production", "development"}, "may be a version and no part"},
		"of offices":               {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,IT,\n", people + "3,C,c@x.com,HR,\n4,D,d@x.com,IT,\n", [2]string{"berlin_production", "munich_qa"}, "may be a version and no part"},
		"of another separator":     {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,IT,\n", strings.ReplaceAll(people+"3,C,a@x.com,HR,\n4,D,d@x.com,IT,\n", ",", ";"), [2]string{"berlin", "munich"}, "they have records of one Work Email"},
		"below a title":            {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,IT,\n", "All of Munich\n\n" + people + "3,C,a@x.com,HR,\n4,D,d@x.com,IT,\n", [2]string{"berlin", "munich"}, "they have records of one Work Email"},
		"in UTF-16":                {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,IT,\n", utf16LE(people + "3,C,a@x.com,HR,\n4,D,d@x.com,IT,\n"), [2]string{"berlin", "munich"}, "they have records of one Work Email"},
		"a broken record":          {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,IT,\n", people + "3,C\"C,a@x.com,HR,\n4,D,d@x.com,IT,\n", [2]string{"berlin", "munich"}, "they have records of one Work Email"},
		"no record in one":         {"balkanid.employees", people, people + "3,C,a@x.com,HR,\n4,D,d@x.com,IT,\n", [2]string{"berlin", "munich"}, ""},
		"other columns, no record": {"balkanid.employees", people, "Employee ID,Full Name,Work Email\n", [2]string{"berlin", "munich"}, "their headers differ"},
		"a test beside a part":     {"balkanid.employees", people + "1,A,a@x.com,IT,\n2,B,b@x.com,IT,\n", people + "3,C,c@x.com,HR,\n4,D,d@x.com,IT,\n", [2]string{"eu", "test"}, `"test" may be a version and no part`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			vendor, plural, _ := strings.Cut(tc.dataset, ".")
			b.put(plural+"_2026-11-01_"+tc.files[0]+".csv", tc.a)
			b.put(plural+"_2026-11-01_"+tc.files[1]+".csv", tc.b)
			folder, err := files.New(b.conf, set.Vendor(vendor))
			if err != nil {
				t.Fatal(err)
			}
			c, err := set.Contract(tc.dataset)
			if err != nil {
				t.Fatal(err)
			}
			got, err := (&extract.Extractor{Store: b.store}).Run(context.Background(), run1, extract.Source{Name: "byhand"}, folder, []*schemas.Contract{c})
			if err != nil {
				t.Fatal(err)
			}
			if e := got[0]; e.Complete != (tc.says == "") || !strings.Contains(e.Error, tc.says) {
				t.Errorf("complete %v: %s", e.Complete, e.Error)
			}
		})
	}
}

// utf16LE encodes an ASCII text with its mark.
func utf16LE(text string) string {
	out := []byte("\xff\xfe")
	for _, c := range []byte(text) {
		out = append(out, c, 0)
	}
	return string(out)
}
