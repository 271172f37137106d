package balkanid

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract"
)

// Config is one BalkanID tenant; the key decides which. What the owner of
// the key may not see is not in the exports: use an administrator's key.
type Config struct {
	BaseURL   string         `yaml:"base_url"` // default https://app.balkan.id
	KeyID     string         `yaml:"key_id"`   // profile menu, API Keys
	KeySecret extract.Secret `yaml:"key_secret"`

	// Integrations limits the entitlements to these integration ids; empty
	// takes all that the tenant lists.
	Integrations []string `yaml:"integrations"`
	// EntitlementsBodyField names the integration in the body of an
	// entitlements request; default integrationId, which is an assumption.
	EntitlementsBodyField string `yaml:"entitlements_body_field"`
	// Bodies replaces the request body of single datasets, by plural.
	Bodies map[string]map[string]any `yaml:"bodies"`

	extract.Limits `yaml:",inline"`
}

const defaultBase = "https://app.balkan.id"

// Validate names the first key that is missing or wrong and what to set.
func (c *Config) Validate() error {
	if err := extract.CheckURL("base_url", cmp.Or(c.BaseURL, defaultBase)); err != nil {
		return err
	}
	if strings.Contains(c.BaseURL, "/api/") {
		return fmt.Errorf("base_url: set only scheme and host, such as %s", defaultBase)
	}
	if err := extract.Require("key_id", c.KeyID, "key_secret", c.KeySecret.Reveal()); err != nil {
		return err
	}
	if slices.ContainsFunc(c.Integrations, func(s string) bool { return strings.TrimSpace(s) == "" }) {
		return fmt.Errorf("integrations: holds an empty id")
	}
	for plural, body := range c.Bodies {
		if _, err := json.Marshal(body); err != nil {
			return fmt.Errorf("bodies.%s: cannot be written as JSON", plural)
		}
	}
	return c.Limits.Validate()
}
