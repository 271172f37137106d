package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

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
