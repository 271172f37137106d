package sailpoint

import (
	"context"
	"net/http"

	"github.com/accessmart/accessmart/extract"
)

// exportPayload is the body of POST /sp-config/export.
type exportPayload struct {
	Description   string                   `json:"description"`
	IncludeTypes  []string                 `json:"includeTypes"`
	ExcludeTypes  []string                 `json:"excludeTypes,omitempty"`
	ObjectOptions map[string]ObjectOptions `json:"objectOptions,omitempty"`
}

// configJob is an sp-config job. message is in no schema but in the answers
// of failed jobs.
type configJob struct {
	JobID   string `json:"jobId"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

func (v *vendor) spConfig(ctx context.Context, t *extract.Task) error {
	s := v.conf.SPConfig
	if s.filtered() {
		t.Filtered("config_objects")
	}
	ask := extract.Request{Step: extract.StepSubmit, Method: http.MethodPost, Path: v.path("sp-config", "export"),
		Hint: "sp-config needs a personal access token of an ORG_ADMIN with the scope sp:config:read or sp:config:manage",
		Body: exportPayload{Description: "accessmart", IncludeTypes: s.types(), ExcludeTypes: s.ExcludeTypes, ObjectOptions: s.ObjectOptions}}
	_, err := t.Async(ctx, extract.Async{
		Part: extract.Part{Key: "sp-config", Datasets: []string{"config_objects"}, Request: ask},
		Submit: func(ctx context.Context) (extract.Ticket, error) {
			var j configJob
			if err := t.Call(ctx, ask, &j); err != nil {
				return extract.Ticket{}, err
			}
			if j.JobID == "" {
				return extract.Ticket{}, extract.Broken(extract.StepSubmit, "the answer to an sp-config export has no jobId")
			}
			return extract.Ticket{ID: j.JobID}, nil
		},
		Poll: func(ctx context.Context, k extract.Ticket) (extract.Ticket, bool, error) {
			var j configJob
			err := t.Call(ctx, extract.Request{Step: extract.StepPoll, Method: http.MethodGet, Path: v.path("sp-config", "export", k.ID)}, &j)
			if err != nil {
				return k, false, err
			}
			ready, err := j.state()
			return k, ready, err
		},
		Fetch: func(k extract.Ticket) extract.Fetch {
			return extract.Fetch{Request: extract.Request{Step: extract.StepDownload, Method: http.MethodGet,
				Path: v.path("sp-config", "export", k.ID, "download")}}
		},
		Expired: []int{http.StatusNotFound},
	})
	return err
}

func (j configJob) state() (bool, error) {
	switch j.Status {
	case "NOT_STARTED", "IN_PROGRESS":
		return false, nil
	case "COMPLETE":
		return true, nil
	case "FAILED", "CANCELLED":
		e := extract.Refused(extract.StepPoll, "the sp-config export ended as "+j.Status, "", j.Message)
		e.Hint = "check sp_config.include_types against what the tenant can export (GET sp-config/config-objects), then run again"
		return false, e
	case "":
		return false, extract.Broken(extract.StepPoll, "the answer has no status")
	}
	return false, extract.UnknownStatus(j.Status, "NOT_STARTED, IN_PROGRESS, COMPLETE, CANCELLED, FAILED")
}
