package oleria_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/schemas"
)

func valid() oleria.Config {
	return oleria.Config{APIURL: "https://devx.example.oleria.io", TokenURL: "https://auth.example.com/token", Audience: "a", Scope: "s",
		ClientID: "c", ClientSecret: extract.NewSecret(secret)}
}

func TestConfig_Validate(t *testing.T) {
	good := valid()
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	filter := func(c oleria.Condition) map[string]oleria.Filter {
		return map[string]oleria.Filter{"risks_v2": {FilterBy: []oleria.Condition{c}}}
	}
	for want, change := range map[string]func(*oleria.Config){
		"api_url: missing":             func(c *oleria.Config) { c.APIURL = "" },
		"api_url: http would send":     func(c *oleria.Config) { c.APIURL = "http://devx.example.oleria.io" },
		"token_url: must have no user": func(c *oleria.Config) { c.TokenURL = "https://a:b@auth.example.com" },
		"audience: missing":            func(c *oleria.Config) { c.Audience = " " },
		"scope: missing":               func(c *oleria.Config) { c.Scope = "" },
		"client_secret: missing":       func(c *oleria.Config) { c.ClientSecret = extract.Secret{} },
		`credentials: want form`:       func(c *oleria.Config) { c.Credentials = "header" },
		"poll.max: 1s is below":        func(c *oleria.Config) { c.Poll = extract.Poll{Min: time.Minute, Max: time.Second} },
		"parallel: 99":                 func(c *oleria.Config) { c.Parallel = 99 },
		"filters.risks_v2.sortBy[0].sortType": func(c *oleria.Config) {
			c.Filters = map[string]oleria.Filter{"risks_v2": {SortBy: []oleria.Order{{Field: "a", SortType: "up"}}}}
		},
		`filterBy[0].dataType: want string`: func(c *oleria.Config) { c.Filters = filter(oleria.Condition{DataType: "text", Field: "f"}) },
		"filterBy[0].field: missing":        func(c *oleria.Config) { c.Filters = filter(oleria.Condition{DataType: "string"}) },
		`filterType: "contains" does not`: func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "enum", Field: "f", FilterType: "contains"})
		},
		`filterType: "last" does not fit`: func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "number", Field: "f", FilterType: "last"})
		},
		"filterType between takes two": func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "number", Field: "f", FilterType: "between", Values: []any{1}})
		},
		"filterType isNull takes no value": func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "number", Field: "f", FilterType: "isNull", Values: []any{1}})
		},
		"filterType in takes at least": func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "enum", Field: "f", FilterType: "in"})
		},
		"values[0]: not a number": func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "number", Field: "f", FilterType: "eq", Values: []any{"x"}})
		},
		"values[0]: not true or false": func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "boolean", Field: "f", FilterType: "eq", Values: []any{"yes"}})
		},
		"values[0]: not a duration such as": func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "timestamp", Field: "f", FilterType: "last", Values: []any{"7 days"}})
		},
		"values[0]: not a time such as": func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "timestamp", Field: "f", FilterType: "gt", Values: []any{"yesterday"}})
		},
		"values[0]: not a text": func(c *oleria.Config) {
			c.Filters = filter(oleria.Condition{DataType: "string", Field: "f", FilterType: "eq", Values: []any{7}})
		},
	} {
		c := good
		change(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("secret in %v", err)
		}
	}
}

// Which datasets there are is told by the contracts, the user's own included.
func TestCheck_filtersNameContracts(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	own := &schemas.Contract{Dataset: "oleria.guests"}
	for plural, want := range map[string]string{"risks_v2": "", "guests": "", "risk": "filters.risk: no such dataset"} {
		conf := valid()
		conf.Filters = map[string]oleria.Filter{plural: {}}
		v, err := oleria.New(conf)
		if err != nil {
			t.Fatal(err)
		}
		err = v.(extract.Checker).Check(append(set.Vendor("oleria"), own))
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %v, want %q", plural, err, want)
		}
	}
}
