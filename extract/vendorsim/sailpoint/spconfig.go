package sailpoint

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim/api"
	"github.com/accessmart/accessmart/extract/vendorsim/export"
)

type configRequest struct {
	Description   string                    `json:"description"`
	IncludeTypes  []string                  `json:"includeTypes"`
	ExcludeTypes  []string                  `json:"excludeTypes"`
	ObjectOptions map[string]*objectOptions `json:"objectOptions"`
}

type objectOptions struct {
	IncludedIDs   []string `json:"includedIds"`
	IncludedNames []string `json:"includedNames"`
}

// configOrder is what an export job of configuration delivers.
type configOrder struct {
	status   map[string]any // at the beginning
	document []byte
}

// configJob is a job of this kind, nil when there is none.
func (sv *API) configJob(id string) (*api.Job, *configOrder) {
	j := sv.JobByID("sailpoint", id)
	if j == nil {
		return nil, nil
	}
	order, _ := j.Order.(*configOrder)
	return j, order
}

// spConfig answers below /sp-config.
func (sv *API) spConfig(c *api.Call, seg []string) *api.Answer {
	switch {
	case len(seg) == 1 && seg[0] == "config-objects" && c.Method == http.MethodGet:
		return configTypes()
	case len(seg) == 1 && seg[0] == "export" && c.Method == http.MethodPost:
		return sv.configStart(c)
	case len(seg) < 2 || seg[0] != "export":
		return missing()
	case c.Method != http.MethodGet:
		return notAllowed()
	}
	j, order := sv.configJob(seg[1])
	switch {
	case order == nil:
		return missing()
	case len(seg) == 2:
		return sv.configPoll(j, order)
	case len(seg) == 3 && seg[2] == "download":
		if j.Failed || !sv.Done(j) {
			return missing()
		}
		return api.Respond(200, "application/json", string(order.document))
	}
	return missing()
}

func configTypes() *api.Answer {
	var out []map[string]any
	for _, t := range configTypeNames {
		out = append(out, map[string]any{
			"objectType": t, "referenceExtractors": []string{"$.owner"}, "signatureRequired": t == "RULE", "alwaysResolveById": false, "legacyObject": false,
			"onePerTenant": t == "AUTH_ORG", "exportable": true, "rules": map[string]any{"takeFromTargetRules": []any{}, "defaultRules": []any{}, "editable": false},
		})
	}
	return api.JSON(200, out)
}

// configStart accepts any type; an unknown one makes the job fail, as the
// service does.
func (sv *API) configStart(c *api.Call) *api.Answer {
	var q configRequest
	if json.Unmarshal(c.Body, &q) != nil || c.MediaType() != "application/json" {
		return Bad("The request was syntactically correct but its content is semantically invalid.")
	}
	order := &configOrder{document: sv.Now.configDocument(q)}
	j := sv.Begin(c, "sailpoint.config_objects", order)
	for _, t := range append(slices.Clone(q.IncludeTypes), q.ExcludeTypes...) {
		if !slices.Contains(configTypeNames, t) && !j.Failed {
			j.Failed, j.FailMessage = true, "Unsupported object type: "+t
		}
	}
	created := j.Created.Format(millis)
	order.status = map[string]any{
		"jobId": j.ID, "status": "NOT_STARTED", "type": "EXPORT", "created": created, "modified": created,
		"expiration": j.Created.Add(7 * 24 * time.Hour).Format(millis), "description": q.Description,
	}
	return api.JSON(202, order.status)
}

func (sv *API) configPoll(j *api.Job, order *configOrder) *api.Answer {
	status := sv.stage(j, "NOT_STARTED", "IN_PROGRESS", "FAILED", "COMPLETE")
	out := map[string]any{}
	for k, v := range order.status {
		out[k] = v
	}
	out["status"], out["message"] = status, nil
	switch status {
	case "COMPLETE":
		out["completed"] = j.Created.Add(3 * time.Second).Format(millis)
	case "FAILED":
		out["message"] = j.FailMessage
	}
	return api.JSON(200, out)
}

// configDocument is the export's result: all types, those included, or all but
// those excluded.
func (s *Export) configDocument(q configRequest) []byte {
	var chosen []object
	for _, o := range s.config {
		if len(q.IncludeTypes) > 0 && !slices.Contains(q.IncludeTypes, o.Part) || len(q.IncludeTypes) == 0 && slices.Contains(q.ExcludeTypes, o.Part) {
			continue
		}
		if opt := q.ObjectOptions[o.Part]; opt != nil && slices.Contains(importable, o.Part) && !opt.names(o) {
			continue
		}
		chosen = append(chosen, o)
	}
	options := export.CompactJSON(map[string]any{"includeTypes": orEmpty(q.IncludeTypes), "excludeTypes": orEmpty(q.ExcludeTypes), "objectOptions": q.ObjectOptions})
	return fmt.Appendf(nil, `{"version":1,"timestamp":%q,"tenant":%q,"description":%s,"options":%s,"objects":%s}`,
		s.exportedAt, s.tenant, export.Quote(q.Description), options, listJSON(chosen))
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// names: the options ask for this object.
func (opt *objectOptions) names(o object) bool {
	var v spConfigObject
	json.Unmarshal(o.json, &v)
	return slices.Contains(opt.IncludedIDs, v.Self.ID) || slices.Contains(opt.IncludedNames, v.Self.Name)
}
