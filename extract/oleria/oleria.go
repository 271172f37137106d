package oleria

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

type vendor struct{ conf Config }

// New makes the vendor of one tenant. The error is that of [Config.Validate].
func New(conf Config) (extract.Vendor, error) {
	if err := conf.Validate(); err != nil {
		return nil, err
	}
	return &vendor{conf}, nil
}

func (v *vendor) Origin() string { return v.conf.APIURL }

func (v *vendor) Access() extract.Access {
	return extract.Access{
		BaseURL: v.conf.APIURL,
		OAuth: &extract.OAuth{TokenURL: v.conf.TokenURL, ClientID: v.conf.ClientID, ClientSecret: v.conf.ClientSecret,
			Audience: v.conf.Audience, Scope: v.conf.Scope, Basic: v.conf.Credentials == "basic"},
		Rate:    10, // no number is documented; the limit is shared by the whole tenant
		Limits:  v.conf.Limits,
		Explain: explain,
		Rights:  "the OAuth application may not read this; check it in Oleria under Settings, Manage APIs",
	}
}

// explain reads code and message, which the documentation shows without
// saying whether they stand at the top or below error.
func explain(_ int, body []byte) (code, message, tracking string) {
	var e struct {
		fault
		Error fault `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", "", ""
	}
	if e.Error.Code != "" || e.Error.Message != "" {
		return e.Error.Code, e.Error.Message, ""
	}
	return e.Code, e.Message, ""
}

type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Cost is part of [extract.Estimator]: all datasets are exports.
func (v *vendor) Cost(*schemas.Contract) extract.Cost { return extract.Cost{Export: true} }

// Jobs has one job for each dataset: a context is exported by itself.
func (v *vendor) Jobs(contracts []*schemas.Contract) []extract.Job {
	var jobs []extract.Job
	for _, c := range contracts {
		jobs = append(jobs, extract.Job{Name: c.Plural(), Contracts: []*schemas.Contract{c},
			Fetch: func(ctx context.Context, t *extract.Task) error { return v.fetch(ctx, t, c) }})
	}
	return jobs
}

// request is the body of POST /v1/downloads.
type request struct {
	Context string  `json:"context"`
	Params  *Filter `json:"params,omitempty"`
}

// download is the vendor's DownloadRequest.
type download struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	URL    string `json:"url"`
	Error  *fault `json:"error"`
}

func (v *vendor) fetch(ctx context.Context, t *extract.Task, c *schemas.Contract) error {
	name := c.Option("context")
	if name == "" {
		return extract.Unusable(extract.StepPlan, "set export: {context: …} in it", "the contract names no Oleria context")
	}
	body := request{Context: name}
	if f, ok := v.conf.Filters[c.Plural()]; ok {
		for i := range f.FilterBy {
			if f.FilterBy[i].Values == nil {
				f.FilterBy[i].Values = []any{} // the field is documented as an array
			}
		}
		body.Params = &f
		if len(f.FilterBy) > 0 {
			t.Filtered(c.Plural())
		}
	}
	ask := extract.Request{Step: extract.StepSubmit, Method: http.MethodPost, Path: "/v1/downloads", Body: body}
	_, err := t.Async(ctx, extract.Async{
		Part: extract.Part{Key: name, Datasets: []string{c.Plural()}, Request: ask},
		Submit: func(ctx context.Context) (extract.Ticket, error) {
			var d download
			if err := t.Call(ctx, ask, &d); err != nil {
				return extract.Ticket{}, err
			}
			if d.ID == "" {
				return extract.Ticket{}, extract.Broken(extract.StepSubmit, "the answer to a download request has no id")
			}
			// The status may be missing here: the documentation's sample lacks it.
			return extract.Ticket{ID: d.ID}, nil
		},
		Poll: func(ctx context.Context, k extract.Ticket) (extract.Ticket, bool, error) {
			var d download
			err := t.Call(ctx, extract.Request{Step: extract.StepPoll, Method: http.MethodGet, Path: "/v1/downloads/" + url.PathEscape(k.ID)}, &d)
			if err != nil {
				return k, false, err
			}
			return d.state(k)
		},
		Fetch:   func(k extract.Ticket) extract.Fetch { return extract.Fetch{URL: k.URL} },
		Expired: []int{http.StatusForbidden},
		Renew:   true,
	})
	return err
}

// state reads a status. Only accepted is pending.
func (d download) state(k extract.Ticket) (extract.Ticket, bool, error) {
	switch d.Status {
	case "accepted":
		return k, false, nil
	case "completed":
		if d.URL == "" {
			return k, false, extract.Broken(extract.StepPoll, "the job is completed but has no url")
		}
		k.URL = extract.NewSecret(d.URL)
		return k, true, nil
	case "failed":
		var f fault
		if d.Error != nil {
			f = *d.Error
		}
		return k, false, extract.Refused(extract.StepPoll, "Oleria says the export failed", f.Code, f.Message)
	case "":
		return k, false, extract.Broken(extract.StepPoll, "the answer has no status")
	}
	return k, false, extract.UnknownStatus(d.Status, "accepted, completed, failed")
}
