package sailpoint

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/extract/vendorsim/api"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

// governed is a list of what SailPoint governs.
type governed struct {
	dataset string
	grammar
	most         int  // records of a page; 0 is 250
	experimental bool // needs the header
	perService   bool // is in v2026 and the per-service API alone
	uncounted    bool // refuses count
}

// governedLists are the endpoints by path; {id} is the record of a list that has
// lists of its own, of which the first word is the list.
var governedLists = map[string]governed{
	"access-request-status":              {dataset: "access_request_status", grammar: grammar{"accessRequestId:eq,sw accountActivityItemId:eq created:ge,gt,le,lt", "created modified accountActivityItemId name"}},
	"access-request-administration":      {dataset: "access_request_administration", grammar: grammar{"accessRequestId:eq,sw accountActivityItemId:eq created:ge,gt,le,lt", "created modified accountActivityItemId name accessRequestId"}, experimental: true},
	"campaigns":                          {dataset: "campaigns", grammar: grammar{"id:eq name:eq,sw status:eq", "name created"}},
	"certifications":                     {dataset: "certifications", grammar: grammar{"id:eq campaign.id:eq phase:eq completed:eq", "name due signed"}},
	"certifications/access-review-items": {dataset: "access_review_items", grammar: grammar{"id:eq", "identitySummary.name access.name access.type"}},
	"sod-policies":                       {dataset: "sod_policies", grammar: grammar{"id:eq name:eq state:eq", "id name created modified description"}},
	"violations":                         {dataset: "sod_violations", grammar: grammar{"status:eq level:eq policyId:eq ownerId:eq targetId:eq", "level"}, experimental: true, perService: true},
	"workgroups":                         {dataset: "workgroups", grammar: grammar{"id:eq,sw name:eq,sw", "name created modified id description"}},
	"workgroups/members":                 {dataset: "workgroup_members", grammar: grammar{"", "name created modified"}, most: 50},
	"segments":                           {dataset: "segments"},
	"identity-profiles":                  {dataset: "identity_profiles", grammar: grammar{"id:eq,sw name:eq,sw priority:eq", "id name priority created modified"}},
	"identity-profiles/lifecycle-states": {dataset: "lifecycle_states", grammar: grammar{"", "name priority created modified"}},
	"account-activities":                 {dataset: "account_activities", grammar: grammar{"type:eq,sw created:ge,gt,le,lt modified:ge,gt,le,lt", "type created modified"}},
	"historical-identities":              {dataset: "historical_identities", experimental: true, uncounted: true},
}

const outliersPath = "outliers/export"

// governedList is the list that a path below the version means, with the record
// that it belongs to.
func governedList(seg []string) (e governed, parent string, ok bool) {
	path := strings.Join(seg, "/")
	if len(seg) == 3 {
		path, parent = seg[0]+"/"+seg[2], seg[1]
	}
	e, ok = governedLists[path]
	return e, parent, ok && (len(seg) == 1 || len(seg) == 3)
}

// governedAnswer answers a call about what SailPoint governs; ok is false for all others.
func (sv *API) governedAnswer(c *api.Call, seg []string) (a *api.Answer, ok bool) {
	e, parent, ok := governedList(seg)
	if outliers := strings.Join(seg, "/") == outliersPath; !ok && !outliers {
		return nil, false
	} else if outliers {
		e.experimental = true
	}
	q := c.URL.Query()
	limit, err := number(q.Get("limit"), 0)
	switch {
	case c.Method != http.MethodGet:
		return notAllowed(), true
	case e.experimental && c.Header.Get("X-SailPoint-Experimental") != "true":
		return Bad("The X-SailPoint-Experimental header must be true to use this endpoint."), true
	case e.perService && !strings.HasPrefix(c.URL.Path, "/v2026/") && !strings.HasPrefix(c.URL.Path, "/"+seg[0]+"/v1"):
		return missing(), true
	case !ok:
		return api.Respond(200, "application/zip", string(sv.Now.outliers())), true
	case e.uncounted && q.Get("count") != "":
		return Bad("count is not supported."), true
	case e.most > 0 && (err != nil || limit > e.most):
		return Bad("limit must be between 0 and " + strconv.Itoa(e.most) + "."), true
	}
	list := sv.Now.governed[e.dataset]
	if parent == "" {
		return sv.page(c, e.grammar, list), true
	}
	parents := sv.Now.governed[governedLists[seg[0]].dataset]
	if !slices.ContainsFunc(parents, func(o object) bool { return o.Key == parent }) {
		return missing(), true
	}
	return sv.page(c, e.grammar, only(list, parent)), true
}

// partFacts are the lists that are asked for each record of another one, with the
// fact by which their files are told apart.
var partFacts = map[string]string{"access_review_items": "certification_id", "workgroup_members": "workgroup_id", "lifecycle_states": "identity_profile_id"}

// governedFiles are the files of a list: one for each record that it belongs to.
func (s *Export) governedFiles(name string, out map[string][]byte) {
	if s.governed[name] == nil {
		return
	}
	if fact, ok := partFacts[name]; ok {
		for _, o := range s.governed[name] {
			file := export.PartName(name, fact, o.Part) + ".json"
			if out[file] == nil {
				out[file] = listJSON(only(s.governed[name], o.Part))
			}
		}
		return
	}
	out[name+".json"] = listJSON(s.governed[name])
}
