package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
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

// links is what the configuration says of links, nil where there is no configuration.
func (c *config) links() *run.Links {
	if c.file == "" {
		return nil
	}
	return &run.Links{File: c.Links, Domains: c.Aliases}
}

// takeLinks takes what a configuration says of links, where there is one, into the
// settings of a command that needs none.
func (c *config) takeLinks(g *globals) error {
	path := configPath(g.config)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && g.config == "" {
		return nil
	}
	of, err := readConfig(path)
	if err == nil {
		err = of.need("links", "domain_aliases")
	}
	if err == nil {
		c.file, c.Links, c.Aliases = of.file, of.Links, of.Aliases
	}
	return err
}
