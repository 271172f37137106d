package sailpoint

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
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
	conf.BaseURL = strings.TrimRight(conf.BaseURL, "/")
	return &vendor{conf}, nil
}

func (v *vendor) Origin() string { return v.conf.BaseURL }

func (v *vendor) Access() extract.Access {
	return extract.Access{
		BaseURL: v.conf.BaseURL,
		OAuth: &extract.OAuth{TokenURL: cmp.Or(v.conf.TokenURL, v.conf.BaseURL+"/oauth/token"),
			ClientID: v.conf.ClientID, ClientSecret: v.conf.ClientSecret},
		// Required on the operations marked experimental, harmless on others.
		Header: http.Header{"X-Sailpoint-Experimental": {"true"}},
		// 100 requests in 10 s are allowed for each client id and API version.
		Rate:    9,
		Limits:  v.conf.Limits,
		Explain: explain,
		Rights:  "check the scopes of the client and the level of its user in SailPoint; the scopes needed are listed in the README",
	}
}

const defaultAPI = "v2025"

// path builds a path of the API from segments, in the source's version.
func (v *vendor) path(segments ...string) string {
	return pathIn(cmp.Or(v.conf.API, defaultAPI), segments...)
}

// pathIn builds a path from segments, which it escapes. This is the one place
// that knows how versions are spelt: before the path, or for the per-service
// API after its first segment.
func pathIn(api string, segments ...string) string {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(s)
	}
	if api == "v1" {
		return "/" + strings.Join(append([]string{escaped[0], api}, escaped[1:]...), "/")
	}
	return "/" + api + "/" + strings.Join(escaped, "/")
}

// explain reads the standard error object, and the shapes of a 401 and a 429,
// which differ.
func explain(_ int, body []byte) (code, message, tracking string) {
	var e struct {
		DetailCode string `json:"detailCode"`
		TrackingID string `json:"trackingId"`
		Messages   []struct {
			Text string `json:"text"`
		} `json:"messages"`
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
		Message     string          `json:"message"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", "", ""
	}
	var texts []string
	for _, m := range e.Messages {
		if m.Text != "" {
			texts = append(texts, m.Text)
		}
	}
	var plain string
	_ = json.Unmarshal(e.Error, &plain) // an object there has no text to show
	return e.DetailCode, cmp.Or(strings.Join(texts, "; "), e.Description, e.Message, plain), e.TrackingID
}

// jobs are the values of a contract's `export: {job: …}`, but for list, search
// and download, of which each contract has more to say; see [listed].
func (v *vendor) jobs() map[string]func(context.Context, *extract.Task) error {
	return map[string]func(context.Context, *extract.Task) error{
		"role_mining":   v.roleMining,
		"sp_config":     v.spConfig,
		"role_insights": v.roleInsights,
	}
}

// Jobs puts datasets together that come out of one export, or of a list and
// lists for each of its records.
func (v *vendor) Jobs(contracts []*schemas.Contract) []extract.Job {
	var jobs []extract.Job
	at := map[string]int{}
	add := func(name string, c *schemas.Contract) *extract.Job {
		i, ok := at[name]
		if !ok {
			i, at[name] = len(jobs), len(jobs)
			jobs = append(jobs, extract.Job{Name: name})
		}
		jobs[i].Contracts = append(jobs[i].Contracts, c)
		return &jobs[i]
	}
	for _, c := range contracts {
		name := c.Option("job")
		fetch, ok := v.jobs()[name]
		switch {
		case ok:
			add(name, c).Fetch = fetch
		case name == jobList || name == jobSearch:
			root := c
			if c.Parent != nil {
				root = c.Parent
			}
			job := add(root.Plural(), c)
			members := job.Contracts
			job.Fetch = func(ctx context.Context, t *extract.Task) error { return v.lists(ctx, t, root, members) }
		case name == jobDownload:
			add(c.Plural(), c).Fetch = func(ctx context.Context, t *extract.Task) error { return v.download(ctx, t, c) }
		default:
			add(c.Plural(), c).Fetch = func(context.Context, *extract.Task) error {
				return extract.Unusable(extract.StepPlan, "set export: {job: list, search, download, role_mining, sp_config or role_insights} in it",
					"the contract names no SailPoint job")
			}
		}
	}
	return jobs
}

// list is a request for a paged list.
func (v *vendor) list(sorters string, segments ...string) extract.Request {
	r := extract.Request{Method: http.MethodGet, Path: v.path(segments...), Query: url.Values{}}
	if sorters != "" {
		// Paging by offset over an order that is not fixed would lose rows.
		r.Query.Set("sorters", sorters)
	}
	return r
}
