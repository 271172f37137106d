package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
)

// knownSource is a source as a database file or a run knows it.
type knownSource struct {
	name, vendor string
	tenant       string // "" where it is not known
	origin       string // base URL, or a folder
}

// knownSources are those whose rows a database file holds, by name; none where
// there is no file.
func knownSources(ctx context.Context, path string) (map[string]knownSource, error) {
	l, err := ask(ctx, path, "select source, vendor, tenant, base_url from meta.sources")
	if errors.Is(err, load.ErrNoDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known := map[string]knownSource{}
	for _, r := range l.rows {
		k := knownSource{display(r[0]), display(r[1]), display(r[2]), display(r[3])}
		known[k.name] = k
	}
	return known, nil
}

// differs says how another source of the same name is another one, "" where it
// may be the same. One folder may follow another, and an API a folder.
func (k knownSource) differs(other knownSource) string {
	switch {
	case k.vendor != other.vendor:
		return fmt.Sprintf("of %s, not of %s", k.vendor, other.vendor)
	case k.tenant != "" && other.tenant != "" && k.tenant != other.tenant:
		return fmt.Sprintf("of the tenant %s, not of %s", visible(k.tenant), visible(other.tenant))
	case isURL(k.origin) && isURL(other.origin) && tenantHost(k.origin) != tenantHost(other.origin):
		return fmt.Sprintf("of %s, not of %s", k.origin, other.origin)
	}
	return ""
}

func isURL(origin string) bool { return strings.Contains(origin, "://") }

// tenantHost is a base URL as tenants are told apart by it. The port of this machine
// is any that was free.
func tenantHost(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return origin
	}
	host := strings.ToLower(u.Hostname())
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return "localhost" + u.Path
	}
	return strings.ToLower(u.Host) + strings.TrimRight(u.Path, "/")
}

// checkSources refuses exports of one vendor or tenant under a name that the
// file has for another: the rows of the other would be closed, as if they were
// gone.
func (p *pipeline) checkSources(ctx context.Context, claims []knownSource) error {
	known, err := knownSources(ctx, p.database)
	if err != nil {
		return err
	}
	seen := map[string]knownSource{}
	for _, c := range claims {
		k, ok := known[c.name]
		if !ok {
			k, ok = seen[c.name]
		}
		if how := k.differs(c); ok && how != "" {
			return usageError{fmt.Errorf("the source %s in %s is %s: nothing was loaded; give this one a name of its own, such as %s (load --source NAME, or its key below sources: in the configuration), or drop the other first: accessmart sources drop %s",
				c.name, p.database, how, freeName(known, c.vendor), c.name)}
		}
		c.tenant = cmp.Or(c.tenant, seen[c.name].tenant)
		seen[c.name] = c
	}
	return nil
}

// freeName is a name for a source that the file does not know.
func freeName(known map[string]knownSource, vendor string) string {
	name := vendor
	for n := 2; known[name].name != ""; n++ {
		name = fmt.Sprintf("%s-%d", vendor, n)
	}
	return name
}

// claims are what targets say of their sources before they are asked.
func claims(targets []target) []knownSource {
	var out []knownSource
	for _, t := range targets {
		if len(t.contracts) > 0 {
			out = append(out, knownSource{name: t.source.Name, vendor: t.contracts[0].Vendor(), tenant: t.source.Tenant, origin: t.vendor.Origin()})
		}
	}
	return out
}

// claimsOf are what exports say of their sources.
func claimsOf(exports []*schemas.Export) []knownSource {
	var out []knownSource
	for _, e := range exports {
		out = append(out, knownSource{e.Source, e.Vendor, e.Tenant, e.BaseURL})
	}
	return out
}

// formerSource is what the source of a folder was called by default before it
// had the vendor's name.
const formerSource = "files"

// defaultSource is the name of a folder's source where none is given: the
// vendor's, but where the file knows this vendor's folder under the former one.
func defaultSource(ctx context.Context, path, vendor string) (string, error) {
	known, err := knownSources(ctx, path)
	if err != nil {
		return "", err
	}
	former, had := known[formerSource]
	if _, has := known[vendor]; had && !has && former.vendor == vendor && !isURL(former.origin) {
		return formerSource, nil
	}
	return vendor, nil
}

// sourcesSQL: the sources whose rows the file holds.
const sourcesSQL = `
select s.source, s.vendor, s.tenant, s.base_url, (select count(distinct e.dataset) from meta.exports e where e.source = s.source) as datasets,
    strftime((select arg_max(coalesce(e.data_at, e.as_of), e.as_of) from meta.exports e where e.source = s.source and e.status in ('loaded', 'unchanged')) at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as data_of
from meta.sources s order by s.source`

func newSources(c *console, g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "sources",
		Short: "List the sources that the database file knows, or drop one",
		Long: `One line per source of which the file holds rows: vendor, tenant, base URL or folder, how many
datasets, the time that its newest rows are of (data_of) and whether the configuration has it
(state: configured, renamed, or gone). Rows of a source that was renamed or is gone stay as they
are, beside those under the new name, until 'sources drop' takes them out.`,
		Example: "  accessmart sources\n  accessmart sources drop old-name --yes",
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := databasePath(g)
			if err != nil {
				return err
			}
			query := sourcesSQL
			if has, err := hasColumn(cmd.Context(), path, "exports", "data_at"); err != nil {
				return err
			} else if !has {
				query = strings.ReplaceAll(query, "e.data_at", "e.fetched_at")
			}
			l, err := ask(cmd.Context(), path, query)
			if err != nil {
				return err
			}
			known, err := knownSources(cmd.Context(), path)
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
type listedSources struct{ sources []knownSource }

// configuredSources are those of the configuration of a database file. Where an
// API is that they ask, the file knows.
func configuredSources(g *globals, path string, known map[string]knownSource) *listedSources {
	cfg, err := readConfig(configPath(g.config))
	if err != nil || g.database != "" && !sameFile(cfg.Database, path) {
		return nil
	}
	conf := &listedSources{}
	for _, s := range cfg.Sources {
		k := knownSource{name: s.name, vendor: s.vendor, origin: known[s.name].origin}
		if s.files != "" {
			if k.origin, err = filepath.Abs(s.files); err != nil {
				k.origin = s.files
			}
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
)

func (c *listedSources) state(k knownSource) (state, name string) {
	if c == nil {
		return "", ""
	}
	for _, s := range c.sources {
		if s.name == k.name {
			return stateConfigured, s.name
		}
	}
	for _, s := range c.sources {
		if s.vendor == k.vendor && s.origin != "" && s.origin == k.origin {
			return stateRenamed, s.name
		}
	}
	return stateGone, ""
}

// tellStrangers tells of sources whose rows are in the file and that the
// configuration does not have, or no longer.
func tellStrangers(ctx context.Context, c *console, g *globals, path string) error {
	known, err := knownSources(ctx, path)
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
	return nil
}
