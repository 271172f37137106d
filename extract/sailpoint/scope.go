package sailpoint

import (
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// scopes are those of which a client needs one, by job and by the first segment of
// a list's path, as the security blocks of the vendor's specification have them.
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
	"sod-violations":                "idn:sod-violation:read",
	"segments":                      "idn:segment:read",
	"workgroups":                    "idn:workgroup:read",
	"identity-profiles":             "idn:identity-profile:read",
	"machine-identities":            "idn:mis-identity:read",
	jobSearch:                       "sp:search:read",
	"outliers":                      "iai:outliers:read",
}

// Scope is part of [extract.Scoper].
func (v *vendor) Scope(c *schemas.Contract) string {
	if c.Option("job") == jobList {
		first, _, _ := strings.Cut(c.Option("path"), "/")
		return scopes[first]
	}
	return scopes[c.Option("job")]
}
