package oleria

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// Config is one Oleria tenant. All values are shown in Oleria under
// Settings, Manage APIs, for an OAuth application.
type Config struct {
	APIURL       string         `yaml:"api_url"`   // 'API URL', such as https://devx.example.oleria.io
	TokenURL     string         `yaml:"token_url"` // 'Authentication URL'
	Audience     string         `yaml:"audience"`
	Scope        string         `yaml:"scope"`
	ClientID     string         `yaml:"client_id"`
	ClientSecret extract.Secret `yaml:"client_secret"`
	// Credentials tells how id and secret go to the token endpoint: form
	// (default) or basic.
	Credentials string `yaml:"credentials"`
	// Filters narrow or sort single datasets, by plural.
	Filters map[string]Filter `yaml:"filters"`

	extract.Limits `yaml:",inline"`
}

// Filter is the params object of a download request, as the vendor spells it.
type Filter struct {
	FilterBy []Condition `yaml:"filterBy" json:"filterBy,omitempty"`
	SortBy   []Order     `yaml:"sortBy" json:"sortBy,omitempty"`
}

// Condition is one entry of filterBy; entries are combined with AND.
type Condition struct {
	DataType   string `yaml:"dataType" json:"dataType"`
	Field      string `yaml:"field" json:"field"`
	FilterType string `yaml:"filterType" json:"filterType"`
	Values     []any  `yaml:"values" json:"values"`
}

// Order is one entry of sortBy.
type Order struct {
	Field    string `yaml:"field" json:"field"`
	SortType string `yaml:"sortType" json:"sortType"`
}

// Validate names the first key that is missing or wrong and what to set.
func (c *Config) Validate() error {
	if err := extract.CheckURL("api_url", c.APIURL); err != nil {
		return err
	}
	if err := extract.CheckURL("token_url", c.TokenURL); err != nil {
		return err
	}
	if err := extract.Require("audience", c.Audience, "scope", c.Scope, "client_id", c.ClientID, "client_secret", c.ClientSecret.Reveal()); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "form", "basic"}, c.Credentials) {
		return errors.New("credentials: want form or basic")
	}
	for _, p := range slices.Sorted(maps.Keys(c.Filters)) {
		if err := c.Filters[p].validate("filters." + p); err != nil {
			return err
		}
	}
	return c.Limits.Validate()
}

// Check refuses filters of datasets that have no contract: a misspelt one would
// be an export without its filter.
func (v *vendor) Check(known []*schemas.Contract) error {
	for _, p := range slices.Sorted(maps.Keys(v.conf.Filters)) {
		if !slices.ContainsFunc(known, func(c *schemas.Contract) bool { return c.Plural() == p }) {
			return fmt.Errorf("filters.%s: no such dataset; use what its name has after the dot, such as employees", p)
		}
	}
	return nil
}
