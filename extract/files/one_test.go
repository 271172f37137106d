package files_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/accessmart/accessmart/extract/files"
	"github.com/accessmart/accessmart/schemas"
)

// One file is what the folder of a source would have it be; of several vendors'
// datasets the header says which, and where it does not, all are told.
func TestRecognise(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	const employees = "Employee ID,Full Name,Work Email*,Start Date*,Manager Work Email\n"
	for name, tc := range map[string]struct {
		file, text string
		want       []string
		members    []string
	}{
		"by its name":                     {"requests.csv", "x\n", []string{"balkanid.requests"}, nil},
		"by its name, though empty":       {"requests.csv", "", []string{"balkanid.requests"}, nil},
		"by its header":                   {"x.csv", employees, []string{"balkanid.employees"}, nil},
		"by a header that two might have": {"employees.csv", employees, []string{"balkanid.employees"}, nil},
		"by a name that two have":         {"employees.csv", "x,y\n", []string{"balkanid.employees", "oleria.employees"}, nil},
		"a member of an archive":          {"all.zip", zipped(t, "employees.csv", employees, "readme.txt", "x"), []string{"balkanid.employees"}, []string{"employees.csv"}},
		"an archive of a dataset":         {"potential_role_identities.zip", zipped(t, "identities.csv", "id\n", "entitlements.csv", "id\n"), []string{"sailpoint.potential_role_identities"}, nil},
		"by nothing":                      {"letters.csv", "x,y\n", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tc.file)
			if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			guesses, err := files.Recognise(path, set.All())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, g := range guesses {
				got = append(got, g.Dataset)
			}
			slices.Sort(got)
			if !slices.Equal(got, tc.want) {
				t.Errorf("%v, want %v", got, tc.want)
			}
			if len(guesses) == 1 && !slices.Equal(guesses[0].Members, tc.members) {
				t.Errorf("members %v, want %v", guesses[0].Members, tc.members)
			}
		})
	}
}
