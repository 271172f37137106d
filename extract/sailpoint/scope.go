package sailpoint

import (
	"cmp"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// scopes are those of which a client needs one, by job and, of a list or a download, by its
// path or the first segment of that, as the security blocks of the vendor's specification have them.
var scopes = map[string]string{
	"role_mining":   "iai:access-modeling:read, or iai:access-modeling:manage where role_mining.route is export",
	"role_insights": "iai:role-insights",
	"sp_config":     "sp:config:read, with a personal access token of an ORG_ADMIN",

	"public-identities":             "sp:scopes:default",
	"identities":                    "idn:identity:read",
	"accounts":                      "idn:accounts:read",
	"entitlements":                  "idn:entitlement:read",
	"access-profiles":               "idn:access-profile:read",
	"roles":                         "idn:role-unchecked:read",
	"sources":                       "idn:sources:read",
	"access-request-status":         "idn:access-request-status:read",
	"access-request-administration": "idn:access-request-administration:read",
	"campaigns":                     "idn:campaign:read",
	"certifications":                "idn:campaign:read",
	"historical-identities":         "idn:identity-history:read",
	"sod-policies":                  "idn:sod-policy:read",
	"violations":                    "idn:sod-violation:read",
	"segments":                      "idn:segment:read",
	"workgroups":                    "idn:workgroup:read",
	"identity-profiles":             "idn:identity-profile:read",
	"source-apps":                   "idn:app-roles:read",
	"machine-identities":            "idn:mis-identity:read",
	jobSearch:                       "sp:search:read",
	"outliers":                      "iai:outliers:read",

	// A list for each record of another may need a scope of its own.
	"identity-profiles/{id}/lifecycle-states": "idn:identity-profile-lifecycle-state:read",
}

// Scope is part of [extract.Scoper].
func (v *vendor) Scope(c *schemas.Contract) string {
	job, path := c.Option("job"), c.Option("path")
	if job != jobList && job != jobDownload {
		return scopes[job]
	}
	first, _, _ := strings.Cut(path, "/")
	return cmp.Or(scopes[path], scopes[first])
}
