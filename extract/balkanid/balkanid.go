package balkanid

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

type vendor struct{ conf Config }

// New makes the vendor of one tenant. The error is that of [Config.Validate].
func New(conf Config) (extract.Vendor, error) {
	if err := conf.Validate(); err != nil {
		return nil, err
	}
	conf.BaseURL = strings.TrimRight(cmp.Or(conf.BaseURL, defaultBase), "/")
	return &vendor{conf}, nil
}

func (v *vendor) Origin() string { return v.conf.BaseURL }

func (v *vendor) Access() extract.Access {
	return extract.Access{
		BaseURL: v.conf.BaseURL + "/api/rest/v0",
		Keys:    map[string]extract.Key{"X-Api-Key-Id": {Setting: "key_id", Secret: extract.NewSecret(v.conf.KeyID)}, "X-Api-Key-Secret": {Setting: "key_secret", Secret: v.conf.KeySecret}},
		Rate:    10, // nothing is documented
		Limits:  v.conf.Limits,
		Explain: explain,
		Rights:  "check key_id and key_secret (BalkanID: profile menu, API Keys) and the role of the key's owner",
	}
}

// explain reads what it can: error bodies are not documented.
func explain(_ int, body []byte) (code, message, tracking string) {
	var e struct {
		Code    string          `json:"code"`
		Message string          `json:"message"`
		Error   json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", "", ""
	}
	var plain string
	_ = json.Unmarshal(e.Error, &plain) // an object there has no documented text
	return e.Code, cmp.Or(e.Message, plain), ""
}

// Datasets that belong together: entitlements are asked for by integration.
const (
	integrations = "integrations"
	entitlements = "entitlements"
)

// Jobs has one job for each dataset, but one for integrations and the
// datasets that are fetched per integration.
func (v *vendor) Jobs(contracts []*schemas.Contract) []extract.Job {
	var jobs []extract.Job
	shared := extract.Job{Name: integrations}
	list, per := integrationsContract, map[string]*schemas.Contract{}
	for _, c := range contracts {
		if c.Plural() != integrations && c.Option("per") == "" {
			jobs = append(jobs, extract.Job{Name: c.Plural(), Contracts: []*schemas.Contract{c},
				Fetch: func(ctx context.Context, t *extract.Task) error {
					_, err := v.fetch(ctx, t, part{contract: c, key: c.Plural()})
					return err
				}})
			continue
		}
		shared.Contracts = append(shared.Contracts, c)
		if c.Plural() == integrations {
			list = c
		} else {
			per[c.Plural()] = c
		}
	}
	if len(shared.Contracts) > 0 {
		shared.Fetch = func(ctx context.Context, t *extract.Task) error { return v.byIntegration(ctx, t, list, per) }
		jobs = append(jobs, shared)
	}
	return jobs
}

// Cost is part of [extract.Estimator].
func (v *vendor) Cost(c *schemas.Contract) extract.Cost {
	if c.Option("per") != "" {
		return extract.Cost{Export: true, Each: integrations}
	}
	return extract.Cost{Export: true}
}

// downloadURL is what a path must look like: the sibling paths that end in
// /upload-url change the tenant.
var downloadURL = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*/download-url$`)

// part is one download.
type part struct {
	contract    *schemas.Contract
	key         string
	integration string // "" for all
}

// links is the vendor's answer to a download request.
type links struct {
	PollingURL string `json:"pollingUrl"`
	URL        string `json:"url"`
}

func (v *vendor) fetch(ctx context.Context, t *extract.Task, p part) (extract.Artifact, error) {
	path := p.contract.Option("path")
	if !downloadURL.MatchString(path) {
		return extract.Artifact{}, extract.Unusable(extract.StepPlan, "set export: {path: <name>/download-url} in it",
			"the contract's path is not one of BalkanID's download paths; no other path is ever called")
	}
	body := v.body(t, p)
	ask := extract.Request{Step: extract.StepSubmit, Method: http.MethodPost, Path: "/" + path, Body: body}
	spec := extract.Part{Key: p.key, Datasets: []string{p.contract.Plural()}, Request: ask}
	if p.integration != "" {
		spec.Context = map[string]string{"integration_id": p.integration}
	}
	return t.Async(ctx, extract.Async{
		Part: spec,
		Submit: func(ctx context.Context) (extract.Ticket, error) {
			var l links
			if err := t.Call(ctx, ask, &l); err != nil {
				return extract.Ticket{}, err
			}
			if l.PollingURL == "" || l.URL == "" {
				return extract.Ticket{}, extract.Broken(extract.StepSubmit, "the answer lacks pollingUrl or url")
			}
			return extract.Ticket{PollURL: extract.NewSecret(l.PollingURL), URL: extract.NewSecret(l.URL)}, nil
		},
		Poll: func(ctx context.Context, k extract.Ticket) (extract.Ticket, bool, error) {
			ready, err := t.Present(ctx, k.PollURL)
			return k, ready, err
		},
		Fetch:   func(k extract.Ticket) extract.Fetch { return extract.Fetch{URL: k.URL} },
		Expired: []int{http.StatusForbidden},
	})
}

// body is the contract's body, or the user's instead of it. What a body that
// the user changed leaves out is not known, so rows that the export lacks do
// not count as gone.
func (v *vendor) body(t *extract.Task, p part) map[string]any {
	body := map[string]any{}
	if b, ok := p.contract.Export["body"].(map[string]any); ok {
		maps.Copy(body, b)
	}
	if own, ok := v.conf.Bodies[p.contract.Plural()]; ok {
		if !sameJSON(own, body) {
			t.Filtered(p.contract.Plural())
		}
		body = maps.Clone(own)
		if body == nil {
			body = map[string]any{}
		}
	}
	if p.integration != "" {
		body[cmp.Or(v.conf.EntitlementsBodyField, "integrationId")] = p.integration
	}
	return body
}

// sameJSON compares as JSON, in which YAML's kinds of numbers are one.
func sameJSON(a, b any) bool {
	var x, y any
	ja, err1 := json.Marshal(a)
	jb, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && json.Unmarshal(ja, &x) == nil && json.Unmarshal(jb, &y) == nil && reflect.DeepEqual(x, y)
}
