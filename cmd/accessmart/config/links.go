package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
)

// domainAliases maps a mail domain to the one that it is another name of.
type domainAliases map[string]string

var mailDomain = regexp.MustCompile(`^[^\s@.]+(\.[^\s@.]+)+$`)

func (a domainAliases) check() error {
	known := map[string]bool{}
	for alias := range a {
		known[strings.ToLower(alias)] = true
	}
	for _, alias := range slices.Sorted(maps.Keys(a)) {
		switch domain := a[alias]; {
		case domain == "": // nothing, or a reference that nobody has asked for yet
		case !mailDomain.MatchString(alias), !mailDomain.MatchString(domain):
			return errors.New("domain_aliases: want pairs of two domains, such as old.example.com: example.com")
		case known[strings.ToLower(domain)]:
			return fmt.Errorf("domain_aliases: %s is said to be %s, which is an alias itself; name the domain that it stands for", alias, domain)
		}
	}
	return nil
}

// LinkSettings is what the configuration says of links, nil where it stands in no file.
func (c *Config) LinkSettings() *run.Links {
	if c.file == "" {
		return nil
	}
	return &run.Links{File: c.Links, Domains: c.Aliases}
}

// RuleSettings is what the configuration says of separation of duties, nil where it stands
// in no file.
func (c *Config) RuleSettings() *run.Rules {
	if c.file == "" {
		return nil
	}
	return &run.Rules{File: c.Sod}
}

// TakeLinks takes what the configuration in a file says of links, of separation of
// duties and of the settings of reports, and nothing else of it.
//
// Errors: those of [Read] and [Config.Need].
func (c *Config) TakeLinks(path string) error {
	of, err := Read(path)
	if err == nil {
		err = of.Need("links", "domain_aliases", "sod", "settings")
	}
	if err == nil {
		c.file, c.Links, c.Aliases, c.Sod, c.Settings = of.file, of.Links, of.Aliases, of.Sod, of.Settings
	}
	return err
}
