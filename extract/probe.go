package extract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// ErrNotAsked is why a dataset was not tried: the vendor makes an export for it,
// which costs both sides, and nobody allowed that.
var ErrNotAsked = errors.New("the vendor would have to make an export")

// Contact is what came of a first, careful talk to a source.
type Contact struct {
	Hosts    []Reached
	Token    error // why none was given; nil where one was, or where the source needs none
	Granted  bool  // a token was given
	Datasets []Tried
}

// Reached is a host of a source.
type Reached struct {
	Host string // scheme, host and port
	Took time.Duration
	Err  error // *[Error]; nil where it answered, whatever it said
}

// Tried is one dataset that was asked for, or was not.
type Tried struct {
	Contract *schemas.Contract
	Parts    []schemas.Part // that arrived, in the order of their keys
	Err      error          // why the dataset cannot be had: mostly *[Error]; [ErrNotAsked]
}

// impatient is how often a request of a probe is made. Who waits at a terminal
// runs it again.
const impatient = 2

// reachIn is how long a host may take to answer at all.
const reachIn = 20 * time.Second

// Probe tries a source with as little as its vendor allows: the hosts without
// credentials, a token, and of each dataset one record of its list, of the first
// record that it depends on. A dataset that is an export is asked for in whole
// where exports says so, since no vendor makes a part of one; else it is not tried.
// The bytes are in the store, and no manifest is: nobody can load them.
func (x *Extractor) Probe(ctx context.Context, src Source, v Vendor, contracts []*schemas.Contract, exports func(*schemas.Contract) bool) (*Contact, error) {
	s := &session{x: x, run: "probe", src: src, vendor: v, log: x.logger().With(keySource, src.Name), faults: map[string]string{}}
	access := v.Access()
	access.Limits = access.Limits.withDefaults()
	s.slots = make(chan struct{}, access.Limits.Parallel)
	var err error
	if s.client, err = x.client(access, s.log); err != nil {
		return nil, err
	}
	defer s.client.close()
	s.client.tries = impatient
	out := &Contact{}
	if access.BaseURL != "" {
		if err := s.client.contact(ctx, out); err != nil {
			for _, c := range contracts {
				out.Datasets = append(out.Datasets, Tried{Contract: c, Err: err})
			}
			return out, ctx.Err()
		}
	}
	for _, allowed := range []bool{false, true} {
		some := slices.DeleteFunc(slices.Clone(contracts), func(c *schemas.Contract) bool { return exports(c) != allowed })
		s.sample = &sample{exports: allowed}
		for _, job := range v.Jobs(some) {
			out.Datasets = append(out.Datasets, s.try(ctx, job)...)
		}
	}
	slices.SortStableFunc(out.Datasets, func(a, b Tried) int {
		return slices.Index(contracts, a.Contract) - slices.Index(contracts, b.Contract)
	})
	return out, ctx.Err()
}

// sample says that jobs only try what they would fetch.
type sample struct{ exports bool }

// Sampled reports whether the job is only tried: of each list it has one record,
// so that what is not among them may well be there.
func (t *Task) Sampled() bool { return t.s.sample != nil }

func (s *session) try(ctx context.Context, job Job) (out []Tried) {
	t := newTask(s, job)
	err := t.fetch(ctx, job.Fetch)
	if err == nil {
		t.Done(t.plurals()...)
	}
	for _, c := range job.Contracts {
		r := t.results[c.Plural()]
		slices.SortStableFunc(r.parts, func(a, b keyedPart) int { return strings.Compare(a.key, b.key) })
		tried := Tried{Contract: c}
		for _, p := range r.parts {
			tried.Parts = append(tried.Parts, p.Part)
		}
		if tried.Err = r.err; tried.Err == nil && !r.done {
			tried.Err = err
		}
		out = append(out, tried)
	}
	t.journal.end(true)
	return out
}

// one asks for one record of a list.
func (t *Task) one(ctx context.Context, l List) ([]json.RawMessage, error) {
	p := l.Part
	p.Request.Step = StepList
	p.Request.Query = maps.Clone(p.Request.Query)
	if p.Request.Query == nil {
		p.Request.Query = url.Values{}
	}
	if !l.Unpaged {
		p.Request.Query.Set("limit", "1")
	}
	var items []json.RawMessage
	body, _, err := t.s.client.body(ctx, p.Request, func(body []byte) (err error) {
		items, err = array(p.Request, body)
		return err
	})
	if err != nil {
		return nil, absent(err)
	}
	art, err := t.s.x.Store.Put(ctx, bytes.NewReader(body))
	if err != nil {
		return nil, broken(err)
	}
	t.add(p, t.stored(p, received{Artifact: art, mediaType: "application/json"}, ""))
	return items, nil
}

// contact reaches the hosts and gets a token. The error is why nothing can be
// asked.
func (c *client) contact(ctx context.Context, out *Contact) error {
	hosts := []*url.URL{c.base}
	if o := c.access.OAuth; o != nil {
		if u, err := url.Parse(o.TokenURL); err == nil && u.Host != c.base.Host {
			hosts = append(hosts, u)
		}
	}
	var failed error
	for _, u := range hosts {
		r := c.reach(ctx, u)
		out.Hosts = append(out.Hosts, r)
		failed = errors.Join(failed, r.Err)
	}
	if failed != nil || c.tokens == nil {
		return failed
	}
	ctx, cancel := context.WithTimeout(ctx, reachIn)
	defer cancel()
	if _, err := c.tokens.token(ctx); err != nil {
		out.Token = c.clean(err)
	}
	out.Granted = out.Token == nil
	return out.Token
}

// reach asks a host for anything, without credentials. That it answers is all
// that is wanted.
func (c *client) reach(ctx context.Context, u *url.URL) Reached {
	root := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
	out := Reached{Host: u.Scheme + "://" + u.Host}
	k := &call{step: StepReach, method: http.MethodHead, what: "reaching " + u.Hostname(), url: root, bare: true, accept: "*/*"}
	ctx, cancel := context.WithTimeout(ctx, reachIn)
	defer cancel()
	start := c.now()
	req, err := http.NewRequestWithContext(ctx, k.method, root.String(), http.NoBody)
	if err != nil {
		out.Err = Broken(StepReach, "%s: not a URL to call", k.what)
		return out
	}
	req.Header.Set("User-Agent", c.agent)
	resp, err := c.api.RoundTrip(req)
	out.Took = c.now().Sub(start)
	if err != nil {
		out.Err = c.lineError(ctx, k, err)
		return out
	}
	resp.Body.Close()
	return out
}
