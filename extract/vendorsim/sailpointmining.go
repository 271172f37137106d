package vendorsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// roleMining answers below /role-mining-sessions.
func (sv *sailpointAPI) roleMining(c *call, seg []string) *answer {
	view := sv.now
	if len(seg) == 0 && c.Method == http.MethodGet {
		return sv.page(c, sessionGrammar, view.sessions)
	}
	if len(seg) == 0 {
		return notAllowed()
	}
	session := find(view.sessions, seg[0])
	if session == nil {
		return spMissing()
	}
	if len(seg) >= 3 && seg[1] == "potential-roles" {
		return sv.potentialRole(c, session.key, seg[2], seg[3:])
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
		return jsonAnswer(200, s.Status)
	case len(seg) == 2 && seg[1] == "potential-role-summaries":
		return sv.page(c, summaryGrammar, only(view.summaries, session.key))
	case len(seg) == 3 && seg[1] == "potential-role-summaries":
		return one(find(only(view.details, session.key), seg[2]))
	}
	return spMissing()
}

func notAllowed() *answer {
	return spError(405, "405 Method Not Allowed", "The method is not allowed here.")
}

// potentialRole answers below …/potential-roles/{R}.
func (sv *sailpointAPI) potentialRole(c *call, session, role string, seg []string) *answer {
	view := sv.now
	if len(seg) >= 1 && seg[0] == "export-async" && !(len(seg) == 1 && c.Method != http.MethodPost) {
		return sv.roleExport(c, session, role, seg[1:])
	}
	if find(only(view.summaries, session), role) == nil || len(seg) != 1 {
		return spMissing()
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
		return jsonAnswer(200, distribution(only(view.popularity, role)))
	case "export":
		return respond(200, "application/zip", string(sv.now.archive(role, 0, true)))
	}
	return spMissing()
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
	now        *sailpointExport
	role       string
	popularity int
	common     bool
}

// roleJob is a job of this kind, nil when there is none.
func (sv *sailpointAPI) roleJob(id string) (*job, *roleOrder) {
	j := sv.jobByID("sailpoint", id)
	if j == nil {
		return nil, nil
	}
	order, _ := j.order.(*roleOrder)
	return j, order
}

// roleExport is the export job of a potential role. A job outlives the
// generation it was started in.
func (sv *sailpointAPI) roleExport(c *call, session, role string, seg []string) *answer {
	if len(seg) == 0 {
		if find(only(sv.now.summaries, session), role) == nil {
			return spMissing()
		}
		var body exportBody
		if len(c.body) > 0 && json.Unmarshal(c.body, &body) != nil || body.Popularity != nil && (*body.Popularity < 0 || *body.Popularity > 100) {
			return spBad("The request was syntactically correct but its content is semantically invalid.")
		}
		order := &roleOrder{now: sv.now, role: role, common: body.Common == nil || *body.Common}
		if body.Popularity != nil {
			order.popularity = *body.Popularity
		}
		return jsonAnswer(202, exportStatus{order.popularity, order.common, sv.begin(c, c.dataset, order).id, "QUEUED"})
	}
	j, order := sv.roleJob(seg[0])
	switch {
	case !isUUID(seg[0]):
		return spBad("exportId must be a UUID.")
	case order == nil || order.role != role:
		return spMissing()
	case c.Method != http.MethodGet:
		return notAllowed()
	case len(seg) == 1:
		return jsonAnswer(200, exportStatus{order.popularity, order.common, j.id, sv.stage(j, "QUEUED", "IN_PROGRESS", "ERROR", "SUCCESS")})
	case len(seg) == 2 && seg[1] == "download":
		return sv.roleArchive(j, order)
	}
	return spMissing()
}

// stage counts a poll and gives the word for where the job stands.
func (sv *sailpointAPI) stage(j *job, queued, running, failed, finished string) string {
	nth, ready := sv.poll(j)
	switch {
	case j.word != "":
		return j.word
	case !ready && nth == 1 && j.pending > 1:
		return queued
	case !ready:
		return running
	case j.failed:
		return failed
	}
	return finished
}

// roleArchive answers with the bytes or with a redirect to storage; which of
// the two SailPoint does is not documented, so it depends on the role.
func (sv *sailpointAPI) roleArchive(j *job, order *roleOrder) *answer {
	if j.failed || !sv.done(j) {
		return spMissing()
	}
	data := func() []byte { return order.now.archive(order.role, order.popularity, order.common) }
	if order.role[0]%2 == 0 {
		return respond(200, "application/zip", string(data()))
	}
	u := sv.sign(&blob{vendor: "sailpoint", dataset: j.dataset, method: http.MethodGet, mediaType: "application/zip", data: data}, "potential-role.zip")
	return &answer{status: 302, header: http.Header{"Location": {u}}}
}

// allPotentialRoles answers below /role-mining-potential-roles.
func (sv *sailpointAPI) allPotentialRoles(c *call, seg []string) *answer {
	switch {
	case c.Method != http.MethodGet:
		return notAllowed()
	case len(seg) == 0:
		return sv.page(c, summaryGrammar, sv.now.summaries)
	case len(seg) == 1:
		return one(find(sv.now.details, seg[0]))
	}
	return spMissing()
}

// roleInsights answers below /role-insights.
func (sv *sailpointAPI) roleInsights(c *call, seg []string) *answer {
	view := sv.now
	switch {
	case c.Method != http.MethodGet:
		return notAllowed()
	case len(seg) == 0:
		return sv.page(c, insightGrammar, view.insights)
	case len(seg) == 1 && seg[0] == "summary":
		return jsonAnswer(200, map[string]any{
			"numberOfUpdates": len(view.changes), "lastGenerated": view.exportedAt, "entitlementsIncludedInRoles": 45,
			"totalNumberOfEntitlements": 60, "identitiesWithAccessViaRoles": 550, "totalNumberOfIdentities": view.people,
		})
	}
	insight := find(view.insights, seg[0])
	switch {
	case insight == nil:
		return spMissing()
	case len(seg) == 1:
		return one(insight)
	case len(seg) == 2 && seg[1] == "entitlement-changes":
		return respond(200, "application/json", string(listJSON(only(view.changes, insight.key))))
	case len(seg) == 2 && seg[1] == "current-entitlements":
		return respond(200, "application/json", "[]")
	case len(seg) == 3 && seg[1] == "entitlement-changes" && seg[2] == "download":
		return respond(200, "text/csv", string(sv.now.payload("sailpoint.entitlement_changes", insight.key)))
	}
	return spMissing()
}
