package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/files"
	"github.com/accessmart/accessmart/schemas"
)

// chooseTargets finds the sources and datasets that the arguments name.
func chooseTargets(cfg *config, set *schemas.Set, args []string) ([]run.Target, error) {
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
		t, err := s.target(set, plurals)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.name, err)
		}
		targets = append(targets, t)
	}
	return targets, nil
}

func (c *config) sourceNames() string {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.name
	}
	return strings.Join(names, ", ")
}

// target opens a source for the plurals, or for its usual datasets.
func (s *sourceConfig) target(set *schemas.Set, plurals []string) (run.Target, error) {
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
			var unread []schemas.File
			if plurals, unread, err = folder.Datasets(); err != nil {
				return t, err
			}
			if len(plurals) == 0 {
				return t, fmt.Errorf("no file in %s is an export of %s that can be recognised; 'accessmart datasets' lists the names%s", s.files, s.vendor, reasons(unread))
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
		for _, c := range set.Vendor(s.vendor) {
			if c.Typed() && !c.ByName() {
				t.Contracts = append(t.Contracts, c)
			}
		}
	}
	return t, nil
}
