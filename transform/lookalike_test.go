package transform

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

const (
	employeesCSV = "Employee Name,Email,Department,Job Title,Manager,Employee Type,Status,Start Date,Office Location\n" +
		"Ada Marsh,ada@example.com,Sales,Rep,,Full-time,active,2020-01-02,Berlin\n"
	risksCSV = "Risk Description,Recommendation,Risk Severity,Risk Type,Application,Application Instance,Age,Detected On,Email,User Name\n" +
		"Old password,Rotate it,high,identity,Okta,x,53,2026-01-07T05:51:39Z,ada@example.com,ada\n"
	appsCSV        = "Integration ID*,Integration Name,Description,Type,Status,Owner\ni1,Okta,d,t,active,ada@example.com\n"
	findingsCSV    = "ID,Employee,Identity,Labels,Integration,Name,Description,Value\n1,a,b,c,d,e,f,g\n"
	withOthersCSV  = "Employee Name,Email,Department,Job Title,Manager,Employee Type,Status,Start Date,Grade,Cost Center\n" + "a,b@example.com,c,d,e,f,active,2020-01-02,1,2\n"
	employeesJSON  = `[{"employeeName":"Ada","email":"ada@example.com","department":"Sales","jobTitle":"Rep","manager":"","employeeType":"f","status":"active","startDate":"2020-01-02"}]`
	fewHeadersCSV  = "ID,Name,Type\n1,a,b\n"
	notNamedRisks  = "riskSeverityLevel,who,when\nhigh,ada,now\n"
	sailpointsJSON = `[{"identityName":"Ada","somethingElse":1},{"identityName":"Ben","somethingElse":2}]`
)

// The file of a dataset whose contract knows its columns is not taken for one
// of a dataset whose contract names none.
func TestLookalike(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ dataset, in, like, finding string }{
		"employees as risks":                      {"oleria.risks", employeesCSV, "oleria.employees", ""},
		"employees of another vendor":             {"balkanid.findings", employeesCSV, "oleria.employees", ""},
		"as JSON":                                 {"oleria.risks", employeesJSON, "oleria.employees", ""},
		"risks as roles":                          {"oleria.access_inventory_roles_v2", risksCSV, "oleria.risks_v2", ""},
		"with columns of its own":                 {"oleria.risks", withOthersCSV, "", "8 of 10 headers are columns of oleria.employees, of which it may be a file"},
		"a sibling has the same columns":          {"oleria.risks", risksCSV, "", ""},
		"another sibling":                         {"oleria.access_inventory_employees_v2", employeesCSV, "", ""},
		"a header that nobody knows":              {"balkanid.findings", findingsCSV, "", ""},
		"few headers, which many have":            {"balkanid.privileged", fewHeadersCSV, "", ""},
		"headers of its own":                      {"oleria.risks", notNamedRisks, "", ""},
		"keys of its own":                         {"oleria.identities", sailpointsJSON, "", ""},
		"columns of which few are the contract's": {"balkanid.filters", appsCSV, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := set.Contract(tc.dataset)
			if err != nil {
				t.Fatal(err)
			}
			r, err := transformedBy(t, c, set.Common, Options{Contracts: set.All()}, input(tc.in))
			var e *frame.Error
			switch {
			case tc.like == "" && err != nil, tc.like != "" && !errors.As(err, &e):
				t.Fatal(err)
			case tc.like != "":
				_, plural, _ := strings.Cut(tc.like, ".")
				if !strings.Contains(err.Error(), "it looks like "+tc.like) || !strings.Contains(e.Hint, "give it the name "+plural) ||
					!strings.Contains(e.Hint, "{dataset: "+tc.dataset+", columns: {") {
					t.Error(err)
				}
				return
			}
			var found []string
			for _, f := range r.stream.Findings {
				if f.Rule == ruleLookalike {
					found = append(found, f.Detail)
				}
			}
			if want := slices.DeleteFunc([]string{tc.finding}, func(s string) bool { return s == "" }); !slices.Equal(found, want) {
				t.Errorf("%q, want %q", found, want)
			}
		})
	}
}

// The contract that the refusal advises reads the file.
func TestLookalike_adviceHelps(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract("oleria.risks")
	if err != nil {
		t.Fatal(err)
	}
	_, err = transformedBy(t, c, set.Common, Options{Contracts: set.All()}, input(employeesCSV))
	var e *frame.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	_, yaml, _ := strings.Cut(e.Hint, "contract of your own: ")
	mine, err := loadSet(yaml)
	if err != nil {
		t.Fatal(yaml, err)
	}
	if c, err = mine.Contract("oleria.risks"); err != nil {
		t.Fatal(err)
	}
	r, err := transformedBy(t, c, mine.Common, Options{Contracts: mine.All()}, input(employeesCSV))
	if err != nil || r.counts.Loaded != 1 || r.rows["oleria.risks"][0]["office_location"] != "Berlin" {
		t.Errorf("%v, %+v", err, r)
	}
}
