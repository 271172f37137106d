package vendorsim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const oleriaTokenPath = "/oauth2/default/token"

// oleriaContexts is the catalogue of POST /v1/downloads.
var oleriaContexts = strings.Fields(`
	accessInventoryAccounts accessInventoryApplicationAccountsV2 accessInventoryApplicationInstancesV2 accessInventoryEmployeesV2
	accessInventoryGroupsV2 accessInventoryIdentitiesV2 accessInventoryNhiV2 accessInventoryResourceInstancesV2 accessInventoryRolesV2
	accessRequests accountUtilization activityAnalysis applicationAccounts employeeAccessInsights employees externalAccessUsers
	externalAnonymousAccess externalSharedAssets groupUtilizationAccounts identities identityAssessmentEntitlementUtilization
	identityAssessmentResourceInstanceUtilization identityAssessmentRiskDownload identityAssessmentSimilarGroups ilmEmployeeEvents
	ilmEventAccountActions ilmEventApplicationActions ilmEventGroupActions ilmWorkflowEmployeeEvents oleriaUsers resourceInstances
	riskMonitoringDetail risks risksV2 unmanagedApplications userGroup`)

var capital = regexp.MustCompile(`[A-Z]`)

// oleriaDataset is the dataset of a context: risksV2 is oleria.risks_v2.
func oleriaDataset(context string) string {
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

func oleriaError(status int, code, message string) *answer {
	return jsonAnswer(status, map[string]string{"code": code, "message": message})
}

// oleriaAPI answers the calls to Oleria in one generation.
type oleriaAPI struct {
	*desk
	now                    *set
	clientID, clientSecret string
	audience, scope        string
	staleURL               bool // every poll of a job answers with the URL of the first
}

// oleriaOrder is what a download delivers.
type oleriaOrder struct {
	table *table
	data  func() []byte
	mu    sync.Mutex
	url   string // of the first poll
}

// classify finds the dataset that a call is about.
func (sv *oleriaAPI) classify(c *call) {
	id, isPoll := strings.CutPrefix(c.URL.Path, "/v1/downloads/")
	switch {
	case isPoll:
		if j := sv.jobByID("oleria", id); j != nil {
			c.dataset = j.dataset
		}
	case c.URL.Path == "/v1/downloads" && c.Method == http.MethodPost:
		var q downloadRequest
		if json.Unmarshal(c.body, &q) == nil && slices.Contains(oleriaContexts, q.Context) {
			c.dataset, c.starts = oleriaDataset(q.Context), true
		}
	}
}

// answer is what Oleria says to a call.
func (sv *oleriaAPI) answer(c *call) *answer {
	id, isPoll := strings.CutPrefix(c.URL.Path, "/v1/downloads/")
	switch {
	case c.URL.Path == oleriaTokenPath:
		return sv.oleriaToken(c)
	case c.URL.Path != "/v1/downloads" && !isPoll:
		return oleriaError(404, "NOT_FOUND", "no such resource")
	case !sv.authorized(c):
		return oleriaError(401, "UNAUTHORIZED", "token missing, expired or malformed")
	case isPoll && c.Method == http.MethodGet:
		return sv.oleriaPoll(id)
	case !isPoll && c.Method == http.MethodPost:
		return sv.oleriaCreate(c)
	}
	return oleriaError(405, "METHOD_NOT_ALLOWED", c.Method+" is not allowed here").with(http.Header{"Allow": {"GET, POST"}})
}

// oleriaToken takes the client's credentials in the form or by HTTP Basic:
// which of them Oleria wants is not documented.
func (sv *oleriaAPI) oleriaToken(c *call) *answer {
	if c.Method != http.MethodPost {
		return oauthError(405, "invalid_request", "use POST")
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil || c.mediaType() != "application/x-www-form-urlencoded" {
		return oauthError(400, "invalid_request", "the body must be a form")
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
		return oauthError(400, "unsupported_grant_type", "only client_credentials")
	case id != sv.clientID || secret != sv.clientSecret:
		return oauthError(401, "invalid_client", "client authentication failed")
	case form.Get("audience") != sv.audience:
		return oauthError(403, "access_denied", "the client is not allowed for this audience")
	case form.Get("scope") != sv.scope:
		return oauthError(400, "invalid_scope", "the scope is not known")
	}
	return jsonAnswer(200, map[string]any{
		"access_token": sv.mint("oleria"), "token_type": "Bearer", "expires_in": int(sv.tokenLife.Seconds()), "scope": sv.scope,
	})
}

func (sv *oleriaAPI) oleriaCreate(c *call) *answer {
	var q downloadRequest
	if c.mediaType() != "application/json" || json.Unmarshal(c.body, &q) != nil {
		return oleriaError(400, "INVALID_BODY", "the body must be a JSON object")
	}
	if !slices.Contains(oleriaContexts, q.Context) {
		return oleriaError(400, "INVALID_CONTEXT", "context is missing or not one of the catalogue")
	}
	if q.Params == nil {
		q.Params = &downloadParams{}
	}
	for _, f := range q.Params.FilterBy {
		if problem := f.problem(); problem != "" {
			return oleriaError(400, "INVALID_FILTER", problem)
		}
	}
	for _, o := range q.Params.SortBy {
		if o.Field == "" || o.SortType != "asc" && o.SortType != "desc" {
			return oleriaError(400, "INVALID_SORT", "sortBy needs a field and asc or desc")
		}
	}
	dataset := oleriaDataset(q.Context)
	order := &oleriaOrder{table: sv.now.tables[dataset], data: func() []byte { return sv.now.payload(dataset, everything) }}
	j := sv.begin(c, dataset, order)
	if len(q.Params.FilterBy)+len(q.Params.SortBy) > 0 {
		document, err := selected(order.table, q.Params)
		if err != nil && !j.failed {
			j.failed, j.failCode, j.failMessage = true, "INVALID_FIELD", err.Error()
		} else if err == nil {
			order.data = func() []byte { return document }
		}
	}
	return jsonAnswer(201, map[string]string{"id": j.id, "status": "accepted"})
}

func (sv *oleriaAPI) oleriaPoll(id string) *answer {
	if !isUUID(id) {
		return oleriaError(400, "INVALID_ID", "id must be a UUID")
	}
	j := sv.jobByID("oleria", id)
	if j == nil {
		return oleriaError(404, "NOT_FOUND", "download request does not exist")
	}
	_, ready := sv.poll(j)
	switch {
	case j.word != "":
		return jsonAnswer(200, map[string]string{"id": id, "status": j.word})
	case !ready:
		return jsonAnswer(200, map[string]string{"id": id, "status": "accepted"})
	case j.failed:
		return jsonAnswer(200, map[string]any{"id": id, "status": "failed", "error": map[string]string{"code": j.failCode, "message": j.failMessage}})
	}
	return jsonAnswer(200, map[string]string{"id": id, "status": "completed", "url": sv.oleriaURL(j)})
}

// oleriaURL signs a new URL at each poll, unless staleURL says that the
// first one is all there is: which of the two Oleria does is not documented.
func (sv *oleriaAPI) oleriaURL(j *job) string {
	order := j.order.(*oleriaOrder)
	order.mu.Lock()
	defer order.mu.Unlock()
	if order.url == "" || !sv.staleURL {
		order.url = sv.sign(&blob{vendor: "oleria", dataset: j.dataset, method: http.MethodGet, mediaType: order.table.mediaType(), data: order.data},
			strings.TrimPrefix(j.dataset, "oleria.")+order.table.extension())
	}
	return order.url
}
