package vendorsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
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
func (sv *sailpointAPI) configJob(id string) (*job, *configOrder) {
	j := sv.jobByID("sailpoint", id)
	if j == nil {
		return nil, nil
	}
	order, _ := j.order.(*configOrder)
	return j, order
}

// spConfig answers below /sp-config.
func (sv *sailpointAPI) spConfig(c *call, seg []string) *answer {
	switch {
	case len(seg) == 1 && seg[0] == "config-objects" && c.Method == http.MethodGet:
		return configTypes()
	case len(seg) == 1 && seg[0] == "export" && c.Method == http.MethodPost:
		return sv.configStart(c)
	case len(seg) < 2 || seg[0] != "export":
		return spMissing()
	case c.Method != http.MethodGet:
		return notAllowed()
	}
	j, order := sv.configJob(seg[1])
	switch {
	case order == nil:
		return spMissing()
	case len(seg) == 2:
		return sv.configPoll(j, order)
	case len(seg) == 3 && seg[2] == "download":
		if j.failed || !sv.done(j) {
			return spMissing()
		}
		return respond(200, "application/json", string(order.document))
	}
	return spMissing()
}

func configTypes() *answer {
	var out []map[string]any
	for _, t := range sailpointTypes {
		out = append(out, map[string]any{
			"objectType": t, "referenceExtractors": []string{"$.owner"}, "signatureRequired": t == "RULE", "alwaysResolveById": false, "legacyObject": false,
			"onePerTenant": t == "AUTH_ORG", "exportable": true, "rules": map[string]any{"takeFromTargetRules": []any{}, "defaultRules": []any{}, "editable": false},
		})
	}
	return jsonAnswer(200, out)
}

// configStart accepts any type; an unknown one makes the job fail, as the
// service does.
func (sv *sailpointAPI) configStart(c *call) *answer {
	var q configRequest
	if json.Unmarshal(c.body, &q) != nil || c.mediaType() != "application/json" {
		return spBad("The request was syntactically correct but its content is semantically invalid.")
	}
	order := &configOrder{document: sv.now.configDocument(q)}
	j := sv.begin(c, "sailpoint.config_objects", order)
	for _, t := range append(slices.Clone(q.IncludeTypes), q.ExcludeTypes...) {
		if !slices.Contains(sailpointTypes, t) && !j.failed {
			j.failed, j.failMessage = true, "Unsupported object type: "+t
		}
	}
	created := j.created.Format(millis)
	order.status = map[string]any{
		"jobId": j.id, "status": "NOT_STARTED", "type": "EXPORT", "created": created, "modified": created,
		"expiration": j.created.Add(7 * 24 * time.Hour).Format(millis), "description": q.Description,
	}
	return jsonAnswer(202, order.status)
}

func (sv *sailpointAPI) configPoll(j *job, order *configOrder) *answer {
	status := sv.stage(j, "NOT_STARTED", "IN_PROGRESS", "FAILED", "COMPLETE")
	out := map[string]any{}
	for k, v := range order.status {
		out[k] = v
	}
	out["status"], out["message"] = status, nil
	switch status {
	case "COMPLETE":
		out["completed"] = j.created.Add(3 * time.Second).Format(millis)
	case "FAILED":
		out["message"] = j.failMessage
	}
	return jsonAnswer(200, out)
}

// configDocument is the export's result: all types, those included, or all but
// those excluded.
func (s *sailpointExport) configDocument(q configRequest) []byte {
	var chosen []object
	for _, o := range s.config {
		if len(q.IncludeTypes) > 0 && !slices.Contains(q.IncludeTypes, o.part) || len(q.IncludeTypes) == 0 && slices.Contains(q.ExcludeTypes, o.part) {
			continue
		}
		if opt := q.ObjectOptions[o.part]; opt != nil && slices.Contains(importable, o.part) && !opt.names(o) {
			continue
		}
		chosen = append(chosen, o)
	}
	options := compactJSON(map[string]any{"includeTypes": orEmpty(q.IncludeTypes), "excludeTypes": orEmpty(q.ExcludeTypes), "objectOptions": q.ObjectOptions})
	return fmt.Appendf(nil, `{"version":1,"timestamp":%q,"tenant":%q,"description":%s,"options":%s,"objects":%s}`,
		s.exportedAt, s.tenant, quote(q.Description), options, listJSON(chosen))
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
