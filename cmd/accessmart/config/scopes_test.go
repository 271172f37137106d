package config

import (
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/sailpoint"
	"github.com/accessmart/accessmart/schemas"
)

// Each dataset of SailPoint has the scope that it needs, and what init writes lists it: doctor
// and the user know no other.
func TestInit_listsTheScopesOfSailPoint(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := sailpoint.New(sailpoint.Config{BaseURL: "https://tenant.api.example.com", ClientID: "c", ClientSecret: extract.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range set.Vendor("sailpoint") {
		if c.Option("job") == "" { // of files alone
			continue
		}
		scope, _, _ := strings.Cut(v.(extract.Scoper).Scope(c), ",")
		scope, _, _ = strings.Cut(scope, " ")
		switch known := c.Option("path") != "account-activities"; { // of which the specification names none
		case scope == "" && known:
			t.Errorf("%s: no scope", c.Dataset)
		case !known && scope != "":
			t.Errorf("%s: %s, which the specification does not name", c.Dataset, scope)
		case c.ByName(): // who names it learns its scope from doctor
		case !strings.Contains(initSailPoint, strings.TrimSuffix(scope, ":read")):
			t.Errorf("%s: init lists no %s", c.Dataset, scope)
		}
	}
}
