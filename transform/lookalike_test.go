package transform

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

const (
	employeesCSV = "Employee Name,Email,Department,Job Title,Manager,Employee Type,Status,Start Date,Office Location\n" +
		"Ada Marsh,ada@example.com,Sales,Rep,,Full-time,active,2020-01-02,Berlin\n"
	risksCSV = "Risk Description,Recommendation,Risk Severity,Risk Type,Application,Application Instance,Age,Detected On,Email,User Name\n" +
		"Old password,Rotate it,high,identity,Okta,x,53,2026-01-07T05:51:39Z,ada@example.com,ada\n"
	appsCSV        = "Integration ID*,Integration Name,Description,Type,Status,Owner\ni1,Okta,d,t,active,ada@example.com\n"
	notesCSV       = "No,Author,Subject,Tags,Place,Heading,Words,Weight\n1,a,b,c,d,e,f,g\n"
	withOthersCSV  = "Employee Name,Email,Department,Job Title,Manager,Employee Type,Status,Start Date,Grade,Cost Center\n" + "a,b@example.com,c,d,e,f,active,2020-01-02,1,2\n"
	employeesJSON  = `[{"employeeName":"Ada","email":"ada@example.com","department":"Sales","jobTitle":"Rep","manager":"","employeeType":"f","status":"active","startDate":"2020-01-02"}]`
	fewHeadersCSV  = "ID,Name,Type\n1,a,b\n"
	notNamedRisks  = "riskSeverityLevel,who,when\nhigh,ada,now\n"
	sailpointsJSON = `[{"identityName":"Ada","somethingElse":1},{"identityName":"Ben","somethingElse":2}]`
)

const headOfNotes = "{grain: A note, documented: assumed"

// withoutColumns are datasets of a user whose contracts name no columns, beside
// the built-in ones.
func withoutColumns(t *testing.T) *schemas.Set {
	t.Helper()
	files := fstest.MapFS{}
	for _, dataset := range []string{"oleria.risks_v9", "oleria.notes", "oleria.access_inventory_employees_v9", "balkanid.notes"} {
		files[dataset+".yaml"] = &fstest.MapFile{Data: []byte(headOfNotes + ", dataset: " + dataset + "}")}
	}
	set, err := schemas.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// The file of a dataset whose contract knows its columns is not taken for one
// of a dataset whose contract names none.
func TestLookalike(t *testing.T) {
	set := withoutColumns(t)
	for name, tc := range map[string]struct{ dataset, in, like, finding string }{
		"employees as risks":                      {"oleria.risks_v9", employeesCSV, "oleria.employees", ""},
		"employees of another vendor":             {"balkanid.notes", employeesCSV, "oleria.employees", ""},
		"as JSON":                                 {"oleria.risks_v9", employeesJSON, "oleria.employees", ""},
		"risks as notes":                          {"oleria.notes", risksCSV, "oleria.risk_monitoring_detail", ""},
		"with columns of its own":                 {"oleria.risks_v9", withOthersCSV, "", "8 of 10 headers are columns of oleria.employees, of which it may be a file"},
		"a sibling has the same columns":          {"oleria.risks_v9", risksCSV, "", ""},
		"another sibling":                         {"oleria.access_inventory_employees_v9", employeesCSV, "", ""},
		"a header that nobody knows":              {"balkanid.notes", notesCSV, "", ""},
		"few headers, which many have":            {"balkanid.notes", fewHeadersCSV, "", ""},
		"headers of its own":                      {"oleria.risks_v9", notNamedRisks, "", ""},
		"keys of its own":                         {"oleria.notes", sailpointsJSON, "", ""},
		"columns of which few are the contract's": {"balkanid.notes", appsCSV, "", ""},
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
	set := withoutColumns(t)
	c, err := set.Contract("oleria.risks_v9")
	if err != nil {
		t.Fatal(err)
	}
	_, err = transformedBy(t, c, set.Common, Options{Contracts: set.All()}, input(employeesCSV))
	var e *frame.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	_, yaml, _ := strings.Cut(e.Hint, "contract of your own: ")
	mine, err := loadSet(strings.Replace(yaml, "{", headOfNotes+", ", 1))
	if err != nil {
		t.Fatal(yaml, err)
	}
	if c, err = mine.Contract("oleria.risks_v9"); err != nil {
		t.Fatal(err)
	}
	r, err := transformedBy(t, c, mine.Common, Options{Contracts: mine.All()}, input(employeesCSV))
	if err != nil || r.counts.Loaded != 1 || r.rows["oleria.risks_v9"][0]["office_location"] != "Berlin" {
		t.Errorf("%v, %+v", err, r)
	}
}
