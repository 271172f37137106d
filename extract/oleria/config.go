package oleria

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// Config is one Oleria tenant. All values are shown in Oleria under
// Settings, Manage APIs, for an OAuth application.
type Config struct {
	APIURL       string         `yaml:"api_url"`   // 'API URL', such as https://devx.example.oleria.io
	TokenURL     string         `yaml:"token_url"` // 'Authentication URL'
	Audience     string         `yaml:"audience"`
	Scope        string         `yaml:"scope"`
	ClientID     string         `yaml:"client_id"`
	ClientSecret extract.Secret `yaml:"client_secret"`
	// Credentials tells how id and secret go to the token endpoint: form
	// (default) or basic.
	Credentials string `yaml:"credentials"`
	// Filters narrow or sort single datasets, by plural.
	Filters map[string]Filter `yaml:"filters"`

	extract.Limits `yaml:",inline"`
}

// Filter is the params object of a download request, as the vendor spells it.
type Filter struct {
	FilterBy []Condition `yaml:"filterBy" json:"filterBy,omitempty"`
	SortBy   []Order     `yaml:"sortBy" json:"sortBy,omitempty"`
}

// Condition is one entry of filterBy; entries are combined with AND.
type Condition struct {
	DataType   string `yaml:"dataType" json:"dataType"`
	Field      string `yaml:"field" json:"field"`
	FilterType string `yaml:"filterType" json:"filterType"`
	Values     []any  `yaml:"values" json:"values"`
}

// Order is one entry of sortBy.
type Order struct {
	Field    string `yaml:"field" json:"field"`
	SortType string `yaml:"sortType" json:"sortType"`
}

// Validate names the first key that is missing or wrong and what to set.
func (c *Config) Validate() error {
	if err := extract.CheckURL("api_url", c.APIURL); err != nil {
		return err
	}
	if err := extract.CheckURL("token_url", c.TokenURL); err != nil {
		return err
	}
	if err := extract.Require("audience", c.Audience, "scope", c.Scope, "client_id", c.ClientID, "client_secret", c.ClientSecret.Reveal()); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "form", "basic"}, c.Credentials) {
		return fmt.Errorf("credentials: %q is not one of form, basic", c.Credentials)
	}
	plurals := make([]string, 0, len(c.Filters))
	for p := range c.Filters {
		plurals = append(plurals, p)
	}
	slices.Sort(plurals)
	for _, p := range plurals {
		if !slices.ContainsFunc(contexts, func(ctx string) bool { return schemas.ColumnName(ctx) == p }) {
			return fmt.Errorf("filters.%s: no such dataset; use the part of its name after the dot, such as employees", p)
		}
		if err := c.Filters[p].validate("filters." + p); err != nil {
			return err
		}
	}
	return c.Limits.Validate()
}

// contexts are the documented values of the field context.
var contexts = strings.Fields(`
accessInventoryIdentitiesV2 accessInventoryEmployeesV2 accessInventoryNhiV2 accessInventoryAccounts
accessInventoryApplicationAccountsV2 accessInventoryApplicationInstancesV2 accessInventoryGroupsV2
accessInventoryRolesV2 accessInventoryResourceInstancesV2
identities employees employeeAccessInsights oleriaUsers
accountUtilization groupUtilizationAccounts
risks risksV2 riskMonitoringDetail activityAnalysis
identityAssessmentRiskDownload identityAssessmentEntitlementUtilization
identityAssessmentResourceInstanceUtilization identityAssessmentSimilarGroups
ilmEmployeeEvents ilmWorkflowEmployeeEvents ilmEventAccountActions ilmEventApplicationActions ilmEventGroupActions
externalAccessUsers externalAnonymousAccess externalSharedAssets
accessRequests
resourceInstances unmanagedApplications applicationAccounts userGroup`)
