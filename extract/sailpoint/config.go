package sailpoint

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract"
)

// Config is one SailPoint tenant.
type Config struct {
	BaseURL      string         `yaml:"base_url"`  // such as https://example.api.identitynow.com
	API          string         `yaml:"api"`       // v2024, v2025 (default), v2026, or v1 for per-service paths
	TokenURL     string         `yaml:"token_url"` // default base_url/oauth/token
	ClientID     string         `yaml:"client_id"`
	ClientSecret extract.Secret `yaml:"client_secret"`

	RoleMining RoleMining `yaml:"role_mining"`
	SPConfig   SPConfig   `yaml:"sp_config"`

	extract.Limits `yaml:",inline"`
}

// RoleMining narrows and steers the job role_mining.
type RoleMining struct {
	Sessions       []string `yaml:"sessions"`        // ids or names; empty takes all
	PotentialRoles []string `yaml:"potential_roles"` // ids or names; empty takes all
	// Route is export (default: a ZIP for each potential role, needs the
	// scope iai:access-modeling:manage) or lists (read-only JSON lists).
	Route                    string `yaml:"route"`
	MinEntitlementPopularity int    `yaml:"min_entitlement_popularity"` // percent inside the role, default 0
	IncludeCommonAccess      *bool  `yaml:"include_common_access"`      // default true
}

func (r RoleMining) common() bool { return r.IncludeCommonAccess == nil || *r.IncludeCommonAccess }

// SPConfig narrows the job sp_config.
type SPConfig struct {
	IncludeTypes  []string                 `yaml:"include_types"` // default: the types with access meaning
	ExcludeTypes  []string                 `yaml:"exclude_types"`
	ObjectOptions map[string]ObjectOptions `yaml:"object_options"` // by type
}

// ObjectOptions picks objects of one type, as the vendor spells it.
type ObjectOptions struct {
	IncludedIDs   []string `yaml:"includedIds" json:"includedIds,omitempty"`
	IncludedNames []string `yaml:"includedNames" json:"includedNames,omitempty"`
}

// accessTypes are the sp-config types that say who may get what.
var accessTypes = []string{"ROLE", "ACCESS_PROFILE", "SOURCE", "SOD_POLICY", "GOVERNANCE_GROUP", "IDENTITY_PROFILE",
	"LIFECYCLE_STATE", "SEGMENT", "TAG", "CAMPAIGN_FILTER", "ACCESS_REQUEST_CONFIG"}

// types is what to ask for. The vendor lets include win over exclude, so an
// exclude list alone takes types out of the default.
func (s SPConfig) types() []string {
	if len(s.IncludeTypes) > 0 {
		return s.IncludeTypes
	}
	return slices.DeleteFunc(slices.Clone(accessTypes), func(t string) bool { return slices.Contains(s.ExcludeTypes, t) })
}

func (s SPConfig) filtered() bool {
	types := slices.Sorted(slices.Values(s.types()))
	return !slices.Equal(types, slices.Sorted(slices.Values(accessTypes))) || len(s.ObjectOptions) > 0
}

var typeName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// Validate names the first key that is missing or wrong and what to set.
func (c *Config) Validate() error {
	if err := extract.CheckURL("base_url", c.BaseURL); err != nil {
		return err
	}
	if u, err := url.Parse(c.BaseURL); err == nil && slices.ContainsFunc(strings.Split(u.Path, "/"), version.MatchString) {
		return fmt.Errorf("base_url: must end before the version (%s); set the version at api", u.Path)
	}
	if !slices.Contains([]string{"", "v2024", "v2025", "v2026", "v1"}, c.API) {
		return errors.New("api: want v2024, v2025, v2026 or v1")
	}
	if c.TokenURL != "" {
		if err := extract.CheckURL("token_url", c.TokenURL); err != nil {
			return err
		}
	}
	if err := extract.Require("client_id", c.ClientID, "client_secret", c.ClientSecret.Reveal()); err != nil {
		return err
	}
	if err := c.RoleMining.validate(); err != nil {
		return err
	}
	if err := c.SPConfig.validate(); err != nil {
		return err
	}
	return c.Limits.Validate()
}

var version = regexp.MustCompile(`^(v[0-9]+|beta)$`)

func (r RoleMining) validate() error {
	switch {
	case !slices.Contains([]string{"", "export", "lists"}, r.Route):
		return errors.New("role_mining.route: want export or lists")
	case r.MinEntitlementPopularity < 0 || r.MinEntitlementPopularity > 100:
		return fmt.Errorf("role_mining.min_entitlement_popularity: %d is not a percentage (0 to 100)", r.MinEntitlementPopularity)
	case r.Route == "lists" && r.MinEntitlementPopularity != 0:
		return fmt.Errorf("role_mining.min_entitlement_popularity: the lists route cannot filter so; leave it out or set route: export")
	}
	for key, names := range map[string][]string{"sessions": r.Sessions, "potential_roles": r.PotentialRoles} {
		if slices.ContainsFunc(names, func(s string) bool { return strings.TrimSpace(s) == "" }) {
			return fmt.Errorf("role_mining.%s: holds an empty name", key)
		}
	}
	return nil
}

func (s SPConfig) validate() error {
	for key, types := range map[string][]string{"include_types": s.IncludeTypes, "exclude_types": s.ExcludeTypes} {
		for _, t := range types {
			if !typeName.MatchString(t) {
				return fmt.Errorf("sp_config.%s: %q is not an object type; they are written like ACCESS_PROFILE", key, t)
			}
			if key == "exclude_types" && slices.Contains(s.IncludeTypes, t) {
				return fmt.Errorf("sp_config.exclude_types: %s is in include_types too, and the vendor lets that win", t)
			}
		}
	}
	if len(s.types()) == 0 {
		return fmt.Errorf("sp_config.exclude_types: nothing is left to export; list the types at include_types")
	}
	for t, o := range s.ObjectOptions {
		if !slices.Contains(s.types(), t) {
			return fmt.Errorf("sp_config.object_options.%s: the type is not among those exported; add it to include_types", t)
		}
		if len(o.IncludedIDs)+len(o.IncludedNames) == 0 {
			return fmt.Errorf("sp_config.object_options.%s: set includedIds or includedNames", t)
		}
	}
	return nil
}
