package transform

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/accessmart/accessmart/schemas"
)

func readHeader(t *testing.T, dataset, file string) (*schemas.Contract, *Header) {
	t.Helper()
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract(dataset)
	if err != nil {
		t.Fatal(err)
	}
	h, err := ReadHeader(t.Context(), c, set.Common, []Input{input(file)}, Options{Source: "s"})
	if err != nil {
		t.Fatal(err)
	}
	return c, h
}

func TestReadHeader_csv(t *testing.T) {
	// Open refuses this file: too little of the contract is in its header.
	_, h := readHeader(t, "oleria.employees", "Worker,Corporate Mail,Joined,Email Of The Boss,Site,Status,Status\nAda,ada@example.com,2020-01-02,bob@example.com,Oslo,active,active\nEve,eve@example.com,,,Oslo,active,\n")
	if got := strings.Join(h.Unknown, "|"); got != "Worker|Corporate Mail|Joined|Email Of The Boss|Site" {
		t.Errorf("unknown: %s", got)
	}
	if h.Read["status"] != "Status" || len(h.Read) != 1 || !slices.Contains(h.Missing, "email") || slices.Contains(h.Missing, "status") {
		t.Errorf("read %v, missing %v", h.Read, h.Missing)
	}
	for _, tc := range []struct {
		column, name string
		fits         bool
	}{{"email", "Corporate Mail", true}, {"email", "Worker", false}, {"start_date", "Joined", true}, {"start_date", "Site", false}, {"department", "Site", true}} {
		if h.Fits(tc.column, tc.name) != tc.fits {
			t.Errorf("%s under %s fits: %v", tc.column, tc.name, !tc.fits)
		}
	}
}

func TestReadHeader_json(t *testing.T) {
	_, h := readHeader(t, "sailpoint.role_insights", `[{"id":"1","role":{"id":"2","title":"x"},"changes":3}]`)
	if got := strings.Join(h.Unknown, "|"); got != "role.title|changes" {
		t.Errorf("unknown: %s", got)
	}
	if h.Read["role_id"] == "" || h.Read["id"] == "" || !slices.Contains(h.Missing, "number_of_updates") {
		t.Errorf("read %v, missing %v", h.Read, h.Missing)
	}
	if got := strings.Join(h.Names, "|"); got != "id|role|changes" {
		t.Errorf("names: %s", got)
	}
}

// A header without records, and names that only the request gives.
func TestReadHeader_withoutRecords(t *testing.T) {
	_, h := readHeader(t, "oleria.employees", "Email,Shoe Size\n")
	if h.Read["email"] != "Email" || strings.Join(h.Unknown, "|") != "Shoe Size" || !h.Fits("start_date", "Shoe Size") {
		t.Errorf("%+v", h)
	}
}

// What is drafted is a contract, and reads the file.
func TestDraft_readsTheFile(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	file := "Worker,Corporate Mail,Joined,Mail Of The Boss,Job Title,Employee Type,Status\nAda,ada@example.com,2020-01-02,bob@example.com,Clerk,Full-time,active\n"
	c, h := readHeader(t, "oleria.employees", file)
	d := c.Draft(set.Common, h.Missing, h.Unknown, h.Fits)
	for _, want := range []string{"dataset: oleria.employees\n", "\n  email: {from: [Corporate Mail]} # keys are made of it; so far: email | ", "\n  # start_date: {from: [\"\"]} # so far: startDate | hireDate; perhaps: Joined\n", "# Headers that no line above reads: Worker | Joined | Mail Of The Boss\n"} {
		if !strings.Contains(d.Text, want) {
			t.Errorf("no %q in\n%s", want, d.Text)
		}
	}
	if d.Proposed != 1 {
		t.Errorf("%d proposed", d.Proposed)
	}
	over, err := schemas.Load(fstest.MapFS{"mine.yaml": {Data: []byte(d.Text)}})
	if err != nil {
		t.Fatalf("%v\n%s", err, d.Text)
	}
	if got := c.WhereToKeep(); got != "keep this as oleria/employees.yaml in the folder of contracts" {
		t.Error(got)
	}
	c, _ = over.Contract("oleria.employees")
	if got := c.WhereToKeep(); got != "add the lines below columns to mine.yaml in the folder of contracts" {
		t.Error(got)
	}
	if h, err := ReadHeader(t.Context(), c, over.Common, []Input{input(file)}, Options{Source: "s"}); err != nil || h.Read["email"] != "Corporate Mail" {
		t.Errorf("%+v, %v", h, err)
	}
}

// TestLikelyHeader_isTold reads files in which one column is called otherwise. It is lost, so
// that is said; where it is certain, it is read.
func TestLikelyHeader_isTold(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := set.Contract("oleria.employees")
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]struct{ name, finding string }{
		"Employee Name":    {"Ada", ""},
		"Employee Name:":   {"Ada", ""},
		"Employee name * ": {"Ada", ""},
		"Employee Name?":   {"Ada", ""},
		"Name of Employee": {"", "likely_header employee_name 1: nothing delivers it, and no column reads the header Name of Employee, which is called like it; if it is that, " +
			"put this into a contract of your own: {dataset: oleria.employees, columns: {employee_name: {from: [Name of Employee]}}}"},
		"Shoe Size": {"", ""},
	} {
		r, err := transformedBy(t, c, set.Common, Options{}, input(header+",Email,Department,Job Title,Status\nAda,ada@example.com,IT,Dev,active\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := r.rows["observed.identities"][0]["display_name"].(string); got != want.name {
			t.Errorf("%s: name %q", header, got)
		}
		var findings []string
		for _, f := range r.stream.Findings {
			findings = append(findings, fmt.Sprintf("%s %s %d: %s", f.Rule, f.Field, f.Count, f.Detail))
		}
		if got := strings.Join(findings, "\n"); got != want.finding {
			t.Errorf("%s: findings %s", header, got)
		}
	}
}
