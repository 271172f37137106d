package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/files"
	"github.com/accessmart/accessmart/schemas"
)

// chooseTargets finds the sources and datasets that the arguments name. held are the
// datasets of which the database file has rows, by source. A folder of which nothing can
// be read is a target that is refused, unless there is no other one.
func chooseTargets(cfg *config, set *schemas.Set, args []string, held map[string][]string) ([]run.Target, error) {
	wanted := map[string][]string{} // source -> plurals, empty for its usual ones
	for _, arg := range args {
		source, plural, one := strings.Cut(arg, ".")
		if !slices.ContainsFunc(cfg.Sources, func(s sourceConfig) bool { return s.name == source }) {
			return nil, fmt.Errorf("no source %s in %s; it has %s", source, cfg.file, cfg.sourceNames())
		}
		if one {
			wanted[source] = append(wanted[source], plural)
		} else if wanted[source] == nil {
			wanted[source] = []string{}
		}
	}
	var targets []run.Target
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		plurals, named := wanted[s.name]
		if len(args) > 0 && !named {
			continue
		}
		if err := s.open(cfg.refs); err != nil {
			return nil, fmt.Errorf("%s: %w", cfg.file, err)
		}
		t, err := s.target(set, plurals, held[s.name])
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.name, err)
		}
		targets = append(targets, t)
	}
	if !slices.ContainsFunc(targets, func(t run.Target) bool { return t.Refused == nil }) {
		return nil, fmt.Errorf("source %s: %w", targets[0].Source.Name, targets[0].Refused)
	}
	return targets, nil
}

// looked reads the configuration and the targets of a command that only looks at sources.
// A folder of which nothing can be read is an error, as nothing else would tell of it.
func looked(g *globals, args []string) (*config, *schemas.Set, []run.Target, error) {
	cfg, set, err := settings(g)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(cfg.Sources) == 0 {
		return nil, nil, nil, usageError{fmt.Errorf("%s: sources: none; add one, see 'accessmart init'", cfg.file)}
	}
	targets, err := chooseTargets(cfg, set, args, nil)
	if err != nil {
		return nil, nil, nil, usageError{err}
	}
	for _, t := range targets {
		if t.Refused != nil {
			return nil, nil, nil, usageError{fmt.Errorf("source %s: %w", t.Source.Name, t.Refused)}
		}
	}
	return cfg, set, targets, nil
}

func (c *config) sourceNames() string {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.name
	}
	return strings.Join(names, ", ")
}

// target opens a source for the plurals, or for its usual datasets. held are the datasets
// of which the database file has rows of the source.
func (s *sourceConfig) target(set *schemas.Set, plurals, held []string) (run.Target, error) {
	if len(plurals) == 0 {
		plurals = s.datasets
	}
	t := run.Target{Source: extract.Source{Name: s.name}, Vendor: s.api}
	if c, ok := s.api.(extract.Checker); ok {
		if err := c.Check(set.Vendor(s.vendor)); err != nil {
			return t, err
		}
	}
	if s.files != "" {
		folder, err := files.New(files.Config{Folder: s.files, Join: s.join, Partial: s.partial, Beside: s.beside}, set.Vendor(s.vendor))
		if err != nil {
			return t, err
		}
		if t.Vendor = folder; len(plurals) == 0 {
			if plurals, err = s.delivered(folder, held); err != nil {
				t.Refused = err
				return t, nil
			}
		}
	}
	for _, plural := range plurals {
		c, err := set.Contract(s.vendor + "." + plural)
		if err != nil {
			return t, err
		}
		if !slices.Contains(t.Contracts, c) { // named twice
			t.Contracts = append(t.Contracts, c)
		}
	}
	if len(plurals) == 0 {
		var err error
		if t.Contracts, err = s.usual(set); err != nil {
			return t, err
		}
	}
	return t, nil
}

// asks are the plurals that a refresh asks a source of an API for.
func (s *sourceConfig) asks(set *schemas.Set) ([]string, error) {
	if len(s.datasets) > 0 {
		return s.datasets, nil
	}
	usual, err := s.usual(set)
	out := make([]string, len(usual))
	for i, c := range usual {
		out[i] = c.Plural()
	}
	return out, err
}

// usual are the datasets that a source of an API is asked for where none are listed: all with
// typed columns that need no naming, more by also, and fewer by without. A name there that is
// none of those it could add or take away is refused: misspelt, it would change nothing.
func (s *sourceConfig) usual(set *schemas.Set) ([]*schemas.Contract, error) {
	var usual []*schemas.Contract
	for _, c := range set.Vendor(s.vendor) {
		if c.Typed() && !c.ByName() {
			usual = append(usual, c)
		}
	}
	is := func(plural string) func(*schemas.Contract) bool {
		return func(c *schemas.Contract) bool { return c.Plural() == plural }
	}
	for _, plural := range s.without {
		if !slices.ContainsFunc(usual, is(plural)) {
			return nil, fmt.Errorf("without: %s is none of the datasets that it is asked for; 'accessmart plan %s' lists those", plural, s.name)
		}
	}
	usual = slices.DeleteFunc(usual, func(c *schemas.Contract) bool { return slices.Contains(s.without, c.Plural()) })
	for _, plural := range s.also {
		c, err := set.Contract(s.vendor + "." + plural)
		switch {
		case err != nil:
			return nil, fmt.Errorf("also: %w", err)
		case slices.Contains(s.without, plural):
			return nil, fmt.Errorf("also: %s stands in without, too", plural)
		case !slices.Contains(usual, c):
			usual = append(usual, c)
		}
	}
	if len(usual) == 0 {
		return nil, errors.New("without: nothing is left to ask for")
	}
	return usual, nil
}

// delivered are the plurals that a folder is read for where nobody names any: those of its
// files, and those of which the database file has rows already, so that one that was not
// delivered this time is a failure and not silence.
func (s *sourceConfig) delivered(folder *files.Folder, held []string) ([]string, error) {
	plurals, unread, err := folder.Datasets()
	for _, dataset := range held {
		// A source under whose name another vendor is known is refused before it is asked.
		if vendor, plural, _ := strings.Cut(dataset, "."); vendor == s.vendor && !slices.Contains(plurals, plural) {
			plurals = append(plurals, plural)
		}
	}
	switch {
	case len(plurals) > 0:
		return plurals, nil // where the folder cannot be read, each of them fails by it
	case err != nil:
		return nil, err
	}
	return nil, fmt.Errorf("no file in %s is an export of %s that can be recognised; 'accessmart datasets' lists the names%s", s.files, s.vendor, reasons(unread))
}
