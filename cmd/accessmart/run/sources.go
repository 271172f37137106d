package run

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/schemas"
)

// differs says how another source of the same name as k is another one, "" where it
// may be the same. One folder may follow another, and an API a folder.
func differs(k, other read.Source) string {
	switch {
	case k.Vendor != other.Vendor:
		return fmt.Sprintf("of %s, not of %s", k.Vendor, other.Vendor)
	case k.Tenant != "" && other.Tenant != "" && k.Tenant != other.Tenant:
		return fmt.Sprintf("of the tenant %s, not of %s", k.Tenant, other.Tenant)
	case isURL(k.Origin) && isURL(other.Origin) && tenantHost(k.Origin) != tenantHost(other.Origin):
		return fmt.Sprintf("of %s, not of %s", k.Origin, other.Origin)
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
// gone. A file of the first edition is refused too.
func (r *Runner) checkSources(ctx context.Context, claims []read.Source) error {
	known, err := read.SourcesOfWork(ctx, r.Into.Path)
	if err != nil {
		return err
	}
	seen := map[string]read.Source{}
	for _, c := range claims {
		k, ok := known[c.Name]
		if !ok {
			k, ok = seen[c.Name]
		}
		if how := differs(k, c); ok && how != "" {
			return mistake("the source %s in %s is %s: nothing was loaded; give this one a name of its own, such as %s (load --source NAME, or its key below sources: in the configuration), or drop the other first: accessmart sources drop %s",
				c.Name, r.Into.Path, how, freeName(known, c.Vendor), c.Name)
		}
		c.Tenant = cmp.Or(c.Tenant, seen[c.Name].Tenant)
		seen[c.Name] = c
	}
	return nil
}

// freeName is a name for a source that the file does not know.
func freeName(known map[string]read.Source, vendor string) string {
	name := vendor
	for n := 2; known[name].Name != ""; n++ {
		name = fmt.Sprintf("%s-%d", vendor, n)
	}
	return name
}

// claims are what targets say of their sources before they are asked.
func claims(targets []Target) []read.Source {
	var out []read.Source
	for _, t := range targets {
		if len(t.Contracts) > 0 {
			out = append(out, read.Source{Name: t.Source.Name, Vendor: t.Contracts[0].Vendor(), Tenant: t.Source.Tenant, Origin: t.Vendor.Origin()})
		}
	}
	return out
}

// claimsOf are what exports say of their sources.
func claimsOf(exports []*schemas.Export) []read.Source {
	var out []read.Source
	for _, e := range exports {
		out = append(out, read.Source{Name: e.Source, Vendor: e.Vendor, Tenant: e.Tenant, Origin: e.BaseURL})
	}
	return out
}
