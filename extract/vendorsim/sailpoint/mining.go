package sailpoint

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/accessmart/accessmart/extract/vendorsim/api"
)

// roleMining answers below /role-mining-sessions.
func (sv *API) roleMining(c *api.Call, seg []string) *api.Answer {
	view := sv.Now
	if len(seg) == 0 && c.Method == http.MethodGet {
		return sv.page(c, sessionGrammar, view.sessions)
	}
	if len(seg) == 0 {
		return notAllowed()
	}
	session := find(view.sessions, seg[0])
	if session == nil {
		return missing()
	}
	if len(seg) >= 3 && seg[1] == "potential-roles" {
		return sv.potentialRole(c, session.Key, seg[2], seg[3:])
	}
	if c.Method != http.MethodGet {
		return notAllowed()
	}
	switch {
	case len(seg) == 1:
		return one(session)
	case len(seg) == 2 && seg[1] == "status":
		var s spSession
		json.Unmarshal(session.json, &s)
		return api.JSON(200, s.Status)
	case len(seg) == 2 && seg[1] == "potential-role-summaries":
		return sv.page(c, summaryGrammar, only(view.Summaries, session.Key))
	case len(seg) == 3 && seg[1] == "potential-role-summaries":
		return one(find(only(view.details, session.Key), seg[2]))
	}
	return missing()
}

func notAllowed() *api.Answer {
	return Error(405, "405 Method Not Allowed", "The method is not allowed here.")
}

// potentialRole answers below …/potential-roles/{R}.
func (sv *API) potentialRole(c *api.Call, session, role string, seg []string) *api.Answer {
	view := sv.Now
	if len(seg) >= 1 && seg[0] == "export-async" && !(len(seg) == 1 && c.Method != http.MethodPost) {
		return sv.roleExport(c, session, role, seg[1:])
	}
	if find(only(view.Summaries, session), role) == nil || len(seg) != 1 {
		return missing()
	}
	if c.Method != http.MethodGet {
		return notAllowed()
	}
	switch seg[0] {
	case "identities":
		return sv.page(c, identityGrammar, only(view.identities, role))
	case "entitlement-popularities":
		list := only(view.popularity, role)
		if c.URL.Query().Get("includeCommonAccess") == "false" {
			list = slices.DeleteFunc(list, func(o object) bool {
				var p spPopularity
				json.Unmarshal(o.json, &p)
				return p.PopularityInOrg > 50
			})
		}
		return sv.page(c, popularityGrammar, list)
	case "excluded-entitlements":
		return sv.page(c, popularityGrammar, nil)
	case "entitlement-popularity-distribution":
		return api.JSON(200, distribution(only(view.popularity, role)))
	case "export":
		return api.Respond(200, "application/zip", string(sv.Now.archive(role, 0, true)))
	}
	return missing()
}

func distribution(list []object) map[string]int {
	out := map[string]int{}
	for _, o := range list {
		var p spPopularity
		json.Unmarshal(o.json, &p)
		out[strconv.Itoa(int(p.Popularity))]++
	}
	return out
}

type exportBody struct {
	Popularity *int  `json:"minEntitlementPopularity"`
	Common     *bool `json:"includeCommonAccess"`
}

type exportStatus struct {
	Popularity int    `json:"minEntitlementPopularity"`
	Common     bool   `json:"includeCommonAccess"`
	ExportID   string `json:"exportId"`
	Status     string `json:"status"`
}

// roleOrder is what an export job of a potential role delivers.
type roleOrder struct {
	now        *Export
	role       string
	popularity int
	common     bool
}

// roleJob is a job of this kind, nil when there is none.
func (sv *API) roleJob(id string) (*api.Job, *roleOrder) {
	j := sv.JobByID("sailpoint", id)
	if j == nil {
		return nil, nil
	}
	order, _ := j.Order.(*roleOrder)
	return j, order
}

// roleExport is the export job of a potential role. A job outlives the
// generation it was started in.
func (sv *API) roleExport(c *api.Call, session, role string, seg []string) *api.Answer {
	if len(seg) == 0 {
		if find(only(sv.Now.Summaries, session), role) == nil {
			return missing()
		}
		var body exportBody
		if len(c.Body) > 0 && json.Unmarshal(c.Body, &body) != nil || body.Popularity != nil && (*body.Popularity < 0 || *body.Popularity > 100) {
			return Bad("The request was syntactically correct but its content is semantically invalid.")
		}
		order := &roleOrder{now: sv.Now, role: role, common: body.Common == nil || *body.Common}
		if body.Popularity != nil {
			order.popularity = *body.Popularity
		}
		return api.JSON(202, exportStatus{order.popularity, order.common, sv.Begin(c, c.Dataset, order).ID, "QUEUED"})
	}
	j, order := sv.roleJob(seg[0])
	switch {
	case !api.IsUUID(seg[0]):
		return Bad("exportId must be a UUID.")
	case order == nil || order.role != role:
		return missing()
	case c.Method != http.MethodGet:
		return notAllowed()
	case len(seg) == 1:
		return api.JSON(200, exportStatus{order.popularity, order.common, j.ID, sv.stage(j, "QUEUED", "IN_PROGRESS", "ERROR", "SUCCESS")})
	case len(seg) == 2 && seg[1] == "download":
		return sv.roleArchive(j, order)
	}
	return missing()
}

// stage counts a poll and gives the word for where the job stands.
func (sv *API) stage(j *api.Job, queued, running, failed, finished string) string {
	nth, ready := sv.Poll(j)
	switch {
	case j.Word != "":
		return j.Word
	case !ready && nth == 1 && j.Pending > 1:
		return queued
	case !ready:
		return running
	case j.Failed:
		return failed
	}
	return finished
}

// roleArchive answers with the bytes or with a redirect to storage; which of
// the two SailPoint does is not documented, so it depends on the role.
func (sv *API) roleArchive(j *api.Job, order *roleOrder) *api.Answer {
	if j.Failed || !sv.Done(j) {
		return missing()
	}
	data := func() []byte { return order.now.archive(order.role, order.popularity, order.common) }
	if order.role[0]%2 == 0 {
		return api.Respond(200, "application/zip", string(data()))
	}
	u := sv.Sign(&api.Blob{Vendor: "sailpoint", Dataset: j.Dataset, Method: http.MethodGet, MediaType: "application/zip", Data: data}, "potential-role.zip")
	return &api.Answer{Status: 302, Header: http.Header{"Location": {u}}}
}

// allPotentialRoles answers below /role-mining-potential-roles.
func (sv *API) allPotentialRoles(c *api.Call, seg []string) *api.Answer {
	switch {
	case c.Method != http.MethodGet:
		return notAllowed()
	case len(seg) == 0:
		return sv.page(c, summaryGrammar, sv.Now.Summaries)
	case len(seg) == 1:
		return one(find(sv.Now.details, seg[0]))
	}
	return missing()
}

// roleInsights answers below /role-insights.
func (sv *API) roleInsights(c *api.Call, seg []string) *api.Answer {
	view := sv.Now
	switch {
	case c.Method != http.MethodGet:
		return notAllowed()
	case len(seg) == 0:
		return sv.page(c, insightGrammar, view.insights)
	case len(seg) == 1 && seg[0] == "summary":
		return api.JSON(200, map[string]any{
			"numberOfUpdates": len(view.changes), "lastGenerated": view.exportedAt, "entitlementsIncludedInRoles": 45,
			"totalNumberOfEntitlements": 60, "identitiesWithAccessViaRoles": 550, "totalNumberOfIdentities": view.people,
		})
	}
	insight := find(view.insights, seg[0])
	switch {
	case insight == nil:
		return missing()
	case len(seg) == 1:
		return one(insight)
	case len(seg) == 2 && seg[1] == "entitlement-changes":
		return api.Respond(200, "application/json", string(listJSON(only(view.changes, insight.Key))))
	case len(seg) == 2 && seg[1] == "current-entitlements":
		return api.Respond(200, "application/json", "[]")
	case len(seg) == 3 && seg[1] == "entitlement-changes" && seg[2] == "download":
		return api.Respond(200, "text/csv", string(sv.Now.Payload("sailpoint.entitlement_changes", insight.Key)))
	}
	return missing()
}
