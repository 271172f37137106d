package config

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

// Targets opens the sources and datasets of which the arguments have the names, SOURCE or
// SOURCE.DATASET; all sources where there are none. held are the datasets of which the
// database file has rows, by source; it matters to a folder only, see [Config.AsDelivered].
// A folder of which nothing can be read is a target that is refused, unless there is no other
// one.
//
// Errors: [*Error].
func (c *Config) Targets(set *schemas.Set, args []string, held map[string][]string) ([]run.Target, error) {
	targets, err := c.targets(set, args, held)
	if err != nil {
		return nil, &Error{err}
	}
	return targets, nil
}

// AsDelivered reports whether a source is a folder that is read for whatever was delivered
// to it, since no datasets are named.
func (c *Config) AsDelivered() bool {
	return slices.ContainsFunc(c.Sources, func(s Source) bool { return s.Files != "" && len(s.Datasets) == 0 })
}

func (c *Config) targets(set *schemas.Set, args []string, held map[string][]string) ([]run.Target, error) {
	if len(c.Sources) == 0 {
		return nil, fmt.Errorf("%s: %w", c.file, errNoSources)
	}
	wanted := map[string][]string{} // source -> plurals, empty for its usual ones
	for _, arg := range args {
		source, plural, one := strings.Cut(arg, ".")
		if !slices.ContainsFunc(c.Sources, func(s Source) bool { return s.Name == source }) {
			return nil, fmt.Errorf("no source %s in %s; it has %s", source, c.file, c.sourceNames())
		}
		if one {
			wanted[source] = append(wanted[source], plural)
		} else if wanted[source] == nil {
			wanted[source] = []string{}
		}
	}
	var targets []run.Target
	for i := range c.Sources {
		s := &c.Sources[i]
		plurals, named := wanted[s.Name]
		if len(args) > 0 && !named {
			continue
		}
		if err := s.open(c.refs); err != nil {
			return nil, fmt.Errorf("%s: %w", c.file, err)
		}
		t, err := s.target(set, plurals, held[s.Name])
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.Name, err)
		}
		targets = append(targets, t)
	}
	if !slices.ContainsFunc(targets, func(t run.Target) bool { return t.Refused == nil }) {
		return nil, fmt.Errorf("source %s: %w", targets[0].Source.Name, targets[0].Refused)
	}
	return targets, nil
}

func (c *Config) sourceNames() string {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// Target opens a source by itself, for its usual datasets: a source of a configuration, or one
// that is made of a name, a vendor and a folder.
func (s *Source) Target(set *schemas.Set) (run.Target, error) { return s.target(set, nil, nil) }

// target opens a source for the plurals, or for its usual datasets. held are the datasets
// of which the database file has rows of the source.
func (s *Source) target(set *schemas.Set, plurals, held []string) (run.Target, error) {
	if len(plurals) == 0 {
		plurals = s.Datasets
	}
	t := run.Target{Source: extract.Source{Name: s.Name}, Vendor: s.api}
	if c, ok := s.api.(extract.Checker); ok {
		if err := c.Check(set.Vendor(s.Vendor)); err != nil {
			return t, err
		}
	}
	if s.Files != "" {
		folder, err := files.New(files.Config{Folder: s.Files, Join: s.Join, Partial: s.Partial, Beside: s.Beside}, set.Vendor(s.Vendor))
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
		c, err := set.Contract(s.Vendor + "." + plural)
		if err != nil {
			return t, err
		}
		if c.ByHand() && s.Files == "" {
			return t, handed(c)
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
		for _, c := range set.Vendor(s.Vendor) {
			if c.ByHand() {
				t.Handed = append(t.Handed, c)
			}
		}
	}
	return t, nil
}

// Asks are the plurals that a refresh asks a source of an API for. The error is for names
// that the contracts do not have.
func (s *Source) Asks(set *schemas.Set) ([]string, error) {
	if len(s.Datasets) > 0 {
		return s.Datasets, nil
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
func (s *Source) usual(set *schemas.Set) ([]*schemas.Contract, error) {
	var usual []*schemas.Contract
	for _, c := range set.Vendor(s.Vendor) {
		if c.Typed() && !c.ByName() && !c.ByHand() {
			usual = append(usual, c)
		}
	}
	is := func(plural string) func(*schemas.Contract) bool {
		return func(c *schemas.Contract) bool { return c.Plural() == plural }
	}
	for _, plural := range s.without {
		if !slices.ContainsFunc(usual, is(plural)) {
			return nil, fmt.Errorf("without: %s is none of the datasets that it is asked for; 'accessmart plan %s' lists those", plural, s.Name)
		}
	}
	usual = slices.DeleteFunc(usual, func(c *schemas.Contract) bool { return slices.Contains(s.without, c.Plural()) })
	for _, plural := range s.also {
		c, err := set.Contract(s.Vendor + "." + plural)
		switch {
		case err != nil:
			return nil, fmt.Errorf("also: %w", err)
		case slices.Contains(s.without, plural):
			return nil, fmt.Errorf("also: %s stands in without, too", plural)
		case c.ByHand():
			return nil, fmt.Errorf("also: %w", handed(c))
		case !slices.Contains(usual, c):
			usual = append(usual, c)
		}
	}
	if len(usual) == 0 {
		return nil, errors.New("without: nothing is left to ask for")
	}
	return usual, nil
}

// handed says that no API is asked for a dataset, and how it comes.
func handed(c *schemas.Contract) error {
	return fmt.Errorf("%s comes only as a file that somebody hands over, and no API is asked for it; put the file into a folder, and add a source with that folder: {vendor: %s, files: FOLDER}", c.Dataset, c.Vendor())
}

// delivered are the plurals that a folder is read for where nobody names any: those of its
// files, and those of which the database file has rows already, so that one that was not
// delivered this time is a failure and not silence.
func (s *Source) delivered(folder *files.Folder, held []string) ([]string, error) {
	plurals, unread, err := folder.Datasets()
	for _, dataset := range held {
		// A source under whose name another vendor is known is refused before it is asked.
		if vendor, plural, _ := strings.Cut(dataset, "."); vendor == s.Vendor && !slices.Contains(plurals, plural) {
			plurals = append(plurals, plural)
		}
	}
	switch {
	case len(plurals) > 0:
		return plurals, nil // where the folder cannot be read, each of them fails by it
	case err != nil:
		return nil, err
	}
	return nil, fmt.Errorf("no file in %s is an export of %s that can be recognised; 'accessmart datasets' lists the names%s", s.Files, s.Vendor, reasons(unread))
}

// reasons tells of files that were not read, the first of them, one a line.
func reasons(files []schemas.File) string {
	const most = 10
	line := strings.NewReplacer("\n", " ", "\r", " ", "\t", " ")
	var b strings.Builder
	for i, f := range files {
		if i == most {
			fmt.Fprintf(&b, "\n  and %d more", len(files)-most)
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", line.Replace(f.Name), line.Replace(f.Reason))
	}
	return b.String()
}
