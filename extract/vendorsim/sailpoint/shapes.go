package sailpoint

// The shapes of SailPoint's published schemas, as far as they are served here.

type spRef struct {
	Type string `json:"type,omitempty"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

type spPerson struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

type spScope struct {
	IdentityIDs []string `json:"identityIds"`
	Criteria    *string  `json:"criteria"`
	Attributes  any      `json:"attributeFilterCriteria"`
}

type spState struct {
	State string `json:"state"`
}

type spSession struct {
	Scope          spScope `json:"scope"`
	MinIdentities  *int    `json:"minNumIdentitiesInPotentialRole"`
	ScopingMethod  string  `json:"scopingMethod"`
	Prescribed     *int    `json:"prescribedPruneThreshold"`
	Prune          *int    `json:"pruneThreshold"`
	RoleCount      int     `json:"potentialRoleCount"`
	RolesReady     int     `json:"potentialRolesReadyCount"`
	Status         spState `json:"status"`
	EmailRecipient *string `json:"emailRecipientId"`
	CreatedBy      any     `json:"createdBy"`
	IdentityCount  int     `json:"identityCount"`
	Saved          bool    `json:"saved"`
	Name           *string `json:"name"`
	DataFilePath   *string `json:"dataFilePath"`
	ID             string  `json:"id"`
	CreatedDate    string  `json:"createdDate"`
	ModifiedDate   string  `json:"modifiedDate"`
	Type           string  `json:"type"`
}

type spSessionRef struct {
	ID            string  `json:"id"`
	Name          *string `json:"name"`
	MinIdentities *int    `json:"minNumIdentitiesInPotentialRole"`
	Prune         *int    `json:"pruneThreshold"`
	Saved         bool    `json:"saved"`
	Scope         spScope `json:"scope"`
	Type          string  `json:"type"`
	State         string  `json:"state"`
	ScopingMethod string  `json:"scopingMethod"`
}

type spSummary struct {
	ID                  string       `json:"id"`
	Name                string       `json:"name"`
	Ref                 spRef        `json:"potentialRoleRef"`
	IdentityCount       int          `json:"identityCount"`
	EntitlementCount    int          `json:"entitlementCount"`
	IdentityGroupStatus string       `json:"identityGroupStatus"`
	ProvisionState      string       `json:"provisionState"`
	RoleID              *string      `json:"roleId"`
	Density             int          `json:"density"`
	Freshness           int          `json:"freshness"`
	Quality             int          `json:"quality"`
	Type                string       `json:"type"`
	CreatedBy           any          `json:"createdBy"`
	CreatedDate         string       `json:"createdDate"`
	Saved               bool         `json:"saved"`
	Description         *string      `json:"description"`
	Session             spSessionRef `json:"session"`
}

type spDetail struct {
	spSummary
	Excluded     []string         `json:"excludedEntitlements"`
	Distribution []spDistribution `json:"identityDistribution"`
	IdentityIDs  []string         `json:"identityIds"`
	ModifiedDate string           `json:"modifiedDate"`
}

type spDistribution struct {
	AttributeName string    `json:"attributeName"`
	Distribution  []spCount `json:"distribution"`
}

type spCount struct {
	AttributeValue *string `json:"attributeValue"`
	Count          int     `json:"count"`
}

type spIdentity struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes"`
}

type spEntitlementRef struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description *string `json:"description"`
	Attribute   string  `json:"attribute"`
}

type spPopularity struct {
	Ref             spEntitlementRef `json:"entitlementRef"`
	Name            string           `json:"name"`
	ApplicationName string           `json:"applicationName"`
	IdentityCount   int              `json:"identityCount"`
	Popularity      float64          `json:"popularity"`
	PopularityInOrg float64          `json:"popularityInOrg"`
	SourceID        string           `json:"sourceId"`
	ActivityState   *string          `json:"activitySourceState"`
	UsagePercent    *float64         `json:"sourceUsagePercent"`
}

type spInsight struct {
	ID              string     `json:"id"`
	NumberOfUpdates int        `json:"numberOfUpdates"`
	CreatedDate     string     `json:"createdDate"`
	ModifiedDate    *string    `json:"modifiedDate"`
	Role            spRoleInfo `json:"role"`
	Insight         spAdvice   `json:"insight"`
}

type spRoleInfo struct {
	Name        string `json:"name"`
	ID          string `json:"id"`
	Description string `json:"description"`
	OwnerName   string `json:"ownerName"`
	OwnerID     string `json:"ownerId"`
}

type spAdvice struct {
	Type     string  `json:"type"`
	With     int     `json:"identitiesWithAccess"`
	Impacted int     `json:"identitiesImpacted"`
	Total    int     `json:"totalNumberOfIdentities"`
	Names    *string `json:"impactedIdentityNames"`
}

type spChange struct {
	Name        string   `json:"name"`
	ID          string   `json:"id"`
	Description *string  `json:"description"`
	Attribute   string   `json:"attribute"`
	Value       string   `json:"value"`
	Source      string   `json:"source"`
	Insight     spAdvice `json:"insight"`
}
