package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/review"
)

// formerSource is what the source of a folder was called by default before it
// had the vendor's name.
const formerSource = "files"

// defaultSource is the name of a folder's source where none is given: the
// vendor's, but where the file knows this vendor's folder under the former one.
func defaultSource(ctx context.Context, path, vendor string) (string, error) {
	known, err := read.Sources(ctx, path)
	if err != nil {
		return "", err
	}
	former, had := known[formerSource]
	if _, has := known[vendor]; had && !has && former.Vendor == vendor && !strings.Contains(former.Origin, "://") {
		return formerSource, nil
	}
	return vendor, nil
}

// sourcesSQL: the sources whose rows the file holds.
const sourcesSQL = `
select s.source, s.Vendor, s.tenant, s.base_url, (select count(distinct e.dataset) from meta.exports e where e.source = s.source) as datasets,
    strftime((select arg_max(coalesce(e.data_at, e.as_of), e.as_of) from meta.exports e where e.source = s.source and e.status in ('loaded', 'unchanged')) at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as data_of
from meta.sources s order by s.source`

func newSources(c *console, g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "sources",
		Short: "List the sources that the database file knows, or drop one",
		Long: `One line for each source of which the file has rows: vendor, tenant, base URL or folder, number of
datasets, the moment that its newest rows describe (data_of) and whether the configuration has it
(state: configured, renamed or gone; imported: by 'review import', without a configuration). Rows
of a source that was renamed or is gone stay as they are, beside those under the new name, until
'sources drop' takes them out.`,
		Example: "  accessmart sources\n  accessmart sources drop old-name --yes",
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			query := sourcesSQL
			err = withFile(cmd.Context(), path, func(f *read.File) error {
				has, err := read.HasColumn(cmd.Context(), f, "exports", "data_at")
				if !has {
					query = strings.ReplaceAll(query, "e.data_at", "e.fetched_at")
				}
				return err
			})
			if err != nil {
				return err
			}
			l, err := ask(cmd.Context(), path, query)
			if err != nil {
				return err
			}
			known, err := read.Sources(cmd.Context(), path)
			if err != nil {
				return err
			}
			conf := configuredSources(g, path, known)
			l.columns = append(l.columns, "state")
			for i, r := range l.rows {
				state, _ := conf.state(known[display(r[0])])
				l.rows[i] = append(r, nullable(state))
			}
			return c.print(format, l)
		},
	}
	formatFlag(cmd, &format)
	cmd.AddCommand(newDrop(c, g))
	return cmd
}

// listedSources is the sources of a configuration; nil where there is none for the
// file.
type listedSources struct {
	sources []read.Source
	asked   []config.Source // those of an API
}

// configuredSources are those of the configuration of a database file. Where an
// API is that they ask, the file knows.
func configuredSources(g *globals, path string, known map[string]read.Source) *listedSources {
	cfg, err := config.Read(configPath(g.config))
	if err != nil || g.database != "" && !sameFile(cfg.Database, path) {
		return nil
	}
	conf := &listedSources{}
	for _, s := range cfg.Sources {
		k := read.Source{Name: s.Name, Vendor: s.Vendor, Origin: known[s.Name].Origin}
		if s.Files != "" {
			if k.Origin, err = filepath.Abs(s.Files); err != nil {
				k.Origin = s.Files
			}
		} else {
			conf.asked = append(conf.asked, s)
		}
		conf.sources = append(conf.sources, k)
	}
	return conf
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// Whether a configuration has a source that a file knows.
const (
	stateConfigured = "configured"
	stateRenamed    = "renamed" // the same folder or address has another name
	stateGone       = "gone"
	stateImported   = "imported" // it has decisions of review packs, which no configuration names
)

func (c *listedSources) state(k read.Source) (state, name string) {
	if c == nil {
		return "", ""
	}
	if vendor, _, _ := strings.Cut(review.Dataset, "."); k.Vendor == vendor {
		return stateImported, ""
	}
	for _, s := range c.sources {
		if s.Name == k.Name {
			return stateConfigured, s.Name
		}
	}
	for _, s := range c.sources {
		if s.Vendor == k.Vendor && s.Origin != "" && s.Origin == k.Origin {
			return stateRenamed, s.Name
		}
	}
	return stateGone, ""
}

// tellStrangers tells of sources whose rows are in the file and that the
// configuration does not have, or no longer.
func tellStrangers(ctx context.Context, c *console, g *globals, path string) (err error) {
	f, err := read.Open(ctx, path)
	if errors.Is(err, database.ErrNoDatabase) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	known, err := f.Sources(ctx)
	if err != nil {
		return err
	}
	conf := configuredSources(g, path, known)
	if conf == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		switch state, now := conf.state(known[name]); state {
		case stateRenamed:
			c.say("source   %s: renamed: the configuration has the same place as %s. The rows under the old name stay beside the new ones until: accessmart sources drop %s", name, now, name)
		case stateGone:
			c.say("source   %s: not in %s: its rows stay as they are until: accessmart sources drop %s", name, configPath(g.config), name)
		}
	}
	return tellUnasked(ctx, c, g, f, conf.asked)
}

// tellUnasked tells of datasets whose rows are in the file and that a refresh of their source
// does not ask for.
func tellUnasked(ctx context.Context, c *console, g *globals, f *read.File, sources []config.Source) error {
	if len(sources) == 0 {
		return nil
	}
	held, err := f.HeldDatasets(ctx)
	if err != nil {
		return err
	}
	set, err := contractSet(g)
	if err != nil {
		return nil // told by the commands that need it
	}
	for i := range sources {
		s := &sources[i]
		asked, err := s.Asks(set)
		if err != nil {
			continue // likewise; or it holds references, which nobody resolves to look at a file
		}
		var left []string
		for _, dataset := range held[s.Name] {
			if vendor, plural, _ := strings.Cut(dataset, "."); vendor == s.Vendor && !slices.Contains(asked, plural) {
				left = append(left, plural)
			}
		}
		if len(left) > 0 {
			c.say("source   %s: a refresh does not ask for %s: the rows stay as they are until a command names it, such as 'accessmart refresh %[1]s.%[3]s', or takes them out: accessmart sources drop %[1]s.%[3]s",
				s.Name, strings.Join(left, ", "), left[0])
		}
	}
	return nil
}
