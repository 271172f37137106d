package oleria

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/accessmart/accessmart/extract/vendorsim/api"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// TokenPath is where a client gets a token.
const TokenPath = "/oauth2/default/token"

// Contexts is the catalogue of POST /v1/downloads.
var Contexts = strings.Fields(`
	accessInventoryAccounts accessInventoryApplicationAccountsV2 accessInventoryApplicationInstancesV2 accessInventoryEmployeesV2
	accessInventoryGroupsV2 accessInventoryIdentitiesV2 accessInventoryNhiV2 accessInventoryResourceInstancesV2 accessInventoryRolesV2
	accessRequests accountUtilization activityAnalysis applicationAccounts employeeAccessInsights employees externalAccessUsers
	externalAnonymousAccess externalSharedAssets groupUtilizationAccounts identities identityAssessmentEntitlementUtilization
	identityAssessmentResourceInstanceUtilization identityAssessmentRiskDownload identityAssessmentSimilarGroups ilmEmployeeEvents
	ilmEventAccountActions ilmEventApplicationActions ilmEventGroupActions ilmWorkflowEmployeeEvents oleriaUsers resourceInstances
	riskMonitoringDetail risks risksV2 unmanagedApplications userGroup`)

var capital = regexp.MustCompile(`[A-Z]`)

// Dataset is the dataset of a context: risksV2 is oleria.risks_v2.
func Dataset(context string) string {
	return "oleria." + capital.ReplaceAllStringFunc(context, func(s string) string { return "_" + strings.ToLower(s) })
}

type downloadRequest struct {
	Context string          `json:"context"`
	Params  *downloadParams `json:"params"`
}

type downloadParams struct {
	FilterBy []filterBy `json:"filterBy"`
	SortBy   []sortBy   `json:"sortBy"`
}

type filterBy struct {
	DataType   string `json:"dataType"`
	Field      string `json:"field"`
	FilterType string `json:"filterType"`
	Values     []any  `json:"values"`
}

type sortBy struct {
	Field    string `json:"field"`
	SortType string `json:"sortType"`
}

func refuse(status int, code, message string) *api.Answer {
	return api.JSON(status, map[string]string{"code": code, "message": message})
}

// API answers the calls to Oleria in one generation.
type API struct {
	*api.Desk
	Now                    *export.Set
	ClientID, ClientSecret string
	Audience, Scope        string
	StaleURL               bool // every poll of a job answers with the URL of the first
}

// order is what a download delivers.
type order struct {
	table *export.Table
	data  func() []byte
	mu    sync.Mutex
	url   string // of the first poll
}

// Classify finds the dataset that a call is about.
func (sv *API) Classify(c *api.Call) {
	id, isPoll := strings.CutPrefix(c.URL.Path, "/v1/downloads/")
	switch {
	case isPoll:
		if j := sv.JobByID("oleria", id); j != nil {
			c.Dataset = j.Dataset
		}
	case c.URL.Path == "/v1/downloads" && c.Method == http.MethodPost:
		var q downloadRequest
		if json.Unmarshal(c.Body, &q) == nil && slices.Contains(Contexts, q.Context) {
			c.Dataset, c.Starts = Dataset(q.Context), true
		}
	}
}

// Answer is what Oleria says to a call.
func (sv *API) Answer(c *api.Call) *api.Answer {
	id, isPoll := strings.CutPrefix(c.URL.Path, "/v1/downloads/")
	switch {
	case c.URL.Path == TokenPath:
		return sv.token(c)
	case c.URL.Path != "/v1/downloads" && !isPoll:
		return refuse(404, "NOT_FOUND", "no such resource")
	case !sv.Authorized(c):
		return refuse(401, "UNAUTHORIZED", "token missing, expired or malformed")
	case isPoll && c.Method == http.MethodGet:
		return sv.poll(id)
	case !isPoll && c.Method == http.MethodPost:
		return sv.create(c)
	}
	return refuse(405, "METHOD_NOT_ALLOWED", c.Method+" is not allowed here").With(http.Header{"Allow": {"GET, POST"}})
}

// token takes the client's credentials in the form or by HTTP Basic:
// which of them Oleria wants is not documented.
func (sv *API) token(c *api.Call) *api.Answer {
	if c.Method != http.MethodPost {
		return api.OAuthError(405, "invalid_request", "use POST")
	}
	form, err := url.ParseQuery(string(c.Body))
	if err != nil || c.MediaType() != "application/x-www-form-urlencoded" {
		return api.OAuthError(400, "invalid_request", "the body must be a form")
	}
	id, secret, basic := c.BasicAuth()
	if basic { // RFC 6749 2.3.1: both are form-encoded first
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	switch {
	case form.Get("grant_type") != "client_credentials":
		return api.OAuthError(400, "unsupported_grant_type", "only client_credentials")
	case id != sv.ClientID || secret != sv.ClientSecret:
		return api.OAuthError(401, "invalid_client", "client authentication failed")
	case form.Get("audience") != sv.Audience:
		return api.OAuthError(403, "access_denied", "the client is not allowed for this audience")
	case form.Get("scope") != sv.Scope:
		return api.OAuthError(400, "invalid_scope", "the scope is not known")
	}
	return api.JSON(200, map[string]any{
		"access_token": sv.Mint("oleria"), "token_type": "Bearer", "expires_in": int(sv.TokenLife.Seconds()), "scope": sv.Scope,
	})
}

func (sv *API) create(c *api.Call) *api.Answer {
	var q downloadRequest
	if c.MediaType() != "application/json" || json.Unmarshal(c.Body, &q) != nil {
		return refuse(400, "INVALID_BODY", "the body must be a JSON object")
	}
	if !slices.Contains(Contexts, q.Context) {
		return refuse(400, "INVALID_CONTEXT", "context is missing or not one of the catalogue")
	}
	if q.Params == nil {
		q.Params = &downloadParams{}
	}
	for _, f := range q.Params.FilterBy {
		if problem := f.problem(); problem != "" {
			return refuse(400, "INVALID_FILTER", problem)
		}
	}
	for _, o := range q.Params.SortBy {
		if o.Field == "" || o.SortType != "asc" && o.SortType != "desc" {
			return refuse(400, "INVALID_SORT", "sortBy needs a field and asc or desc")
		}
	}
	dataset := Dataset(q.Context)
	order := &order{table: sv.Now.Tables[dataset], data: func() []byte { return sv.Now.Payload(dataset, export.Everything) }}
	j := sv.Begin(c, dataset, order)
	if len(q.Params.FilterBy)+len(q.Params.SortBy) > 0 {
		document, err := selected(order.table, q.Params)
		if err != nil && !j.Failed {
			j.Failed, j.FailCode, j.FailMessage = true, "INVALID_FIELD", err.Error()
		} else if err == nil {
			order.data = func() []byte { return document }
		}
	}
	return api.JSON(201, map[string]string{"id": j.ID, "status": "accepted"})
}

func (sv *API) poll(id string) *api.Answer {
	if !api.IsUUID(id) {
		return refuse(400, "INVALID_ID", "id must be a UUID")
	}
	j := sv.JobByID("oleria", id)
	if j == nil {
		return refuse(404, "NOT_FOUND", "download request does not exist")
	}
	_, ready := sv.Poll(j)
	switch {
	case j.Word != "":
		return api.JSON(200, map[string]string{"id": id, "status": j.Word})
	case !ready:
		return api.JSON(200, map[string]string{"id": id, "status": "accepted"})
	case j.Failed:
		return api.JSON(200, map[string]any{"id": id, "status": "failed", "error": map[string]string{"code": j.FailCode, "message": j.FailMessage}})
	}
	return api.JSON(200, map[string]string{"id": id, "status": "completed", "url": sv.url(j)})
}

// url signs a new URL at each poll, unless staleURL says that the
// first one is all there is: which of the two Oleria does is not documented.
func (sv *API) url(j *api.Job) string {
	order := j.Order.(*order)
	order.mu.Lock()
	defer order.mu.Unlock()
	if order.url == "" || !sv.StaleURL {
		order.url = sv.Sign(&api.Blob{Vendor: "oleria", Dataset: j.Dataset, Method: http.MethodGet, MediaType: order.table.MediaType(), Data: order.data},
			strings.TrimPrefix(j.Dataset, "oleria.")+order.table.Extension())
	}
	return order.url
}
