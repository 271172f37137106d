package extract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/accessmart/accessmart/schemas"
	"golang.org/x/time/rate"
)

// Request is one question to the vendor's own API.
type Request struct {
	Step   string // one of the Step constants
	Method string
	Path   string // below the base URL; ids in it escaped with url.PathEscape
	Query  url.Values
	Body   any    // sent as JSON; nil sends none
	Accept string // default application/json
	Hint   string // what to do when this request is refused, added to the error
}

// asked is the request as a manifest tells it.
func (r Request) asked() json.RawMessage {
	path := r.Path
	if len(r.Query) > 0 {
		path += "?" + r.Query.Encode()
	}
	data, err := json.Marshal(struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Body   any    `json:"body,omitempty"`
	}{r.Method, path, r.Body})
	if err != nil {
		panic("extract: request body is not JSON: " + err.Error()) // a vendor package built it
	}
	return data
}

// maxAnswer bounds the size of a JSON answer that is read into memory.
const maxAnswer = 64 << 20

// client sends requests by the policy of this package: one per source and
// run, safe for concurrent use.
type client struct {
	access   Access
	base     *url.URL
	agent    string
	api      *http.Transport    // connections reused
	counting *countingTransport // for downloads and signed URLs, one connection each
	tokens   *tokens
	limiter  *rate.Limiter
	log      *slog.Logger
	now      func() time.Time
	wait     func(context.Context, time.Duration) error
	idle     time.Duration
	tries    int // of one request

	mu    sync.Mutex
	until time.Time       // the vendor asked all requests to wait until then
	down  map[string]bool // hosts that were silent for a whole call, and since
}

func (c *client) secrets() []string {
	var out []string
	for _, k := range c.access.Keys {
		out = append(out, k.Reveal())
	}
	if c.tokens != nil {
		out = append(append(out, c.tokens.secrets()...), c.tokens.last())
	}
	return out
}

// call is one request in flight, to the vendor or to a signed URL.
type call struct {
	step, method string
	what         string // for errors: method and path, or method and host for a signed URL
	url          *url.URL
	body         []byte
	accept       string
	bare         bool // no credentials, no own headers
	download     bool // the body becomes an artifact
	hint         string
}

func (c *client) vendorCall(r Request) (*call, error) {
	u := *c.base
	u.Path, u.RawPath = "", ""
	full, err := url.Parse(u.String() + strings.TrimSuffix(c.base.EscapedPath(), "/") + r.Path)
	if err != nil {
		return nil, Broken(r.Step, "the path of a request cannot be built from the vendor's id")
	}
	full.RawQuery = r.Query.Encode()
	k := &call{step: r.Step, method: r.Method, what: r.Method + " " + r.Path, url: full, accept: r.Accept, hint: r.Hint}
	if k.accept == "" {
		k.accept = "application/json"
	}
	if r.Body != nil {
		if k.body, err = json.Marshal(r.Body); err != nil {
			return nil, Unusable(r.Step, "check the body in the configuration", "the request body cannot be written as JSON")
		}
	}
	return k, nil
}

// send makes the call, and retries where that may help, until use has taken a 2xx
// answer or an error is final. use may be called more than once. A POST is
// repeated too: at worst the vendor makes an export that nobody fetches.
func (c *client) send(ctx context.Context, k *call, use func(*http.Response) error) error {
	tries, throttles, refreshed := 0, 0, false
	back := newDelays(retryMin, retryMax)
	for {
		token, err := c.attempt(ctx, k, use)
		if err == nil {
			return nil
		}
		var e *Error
		if ctx.Err() != nil {
			return c.late(ctx, k, err)
		}
		if !errors.As(err, &e) {
			return err
		}
		if e.Status == http.StatusUnauthorized && token != "" && !refreshed {
			refreshed = true // expired early or withdrawn: a new one, once
			c.tokens.drop(token)
			continue
		}
		if e.throttled {
			throttles++
		} else {
			tries++
		}
		if !e.transient || tries >= c.tries || throttles >= maxThrottles || e.silent && c.silent(k) {
			c.giveUp(k, e)
			return e
		}
		d := max(back.next(), e.retryAfter)
		c.log.LogAttrs(ctx, slog.LevelDebug, "retrying", slog.String("step", k.step), slog.String("request", k.what),
			slog.Int("status", e.Status), slog.Duration("delay", d), slog.Any("error", e))
		if e.throttled && !k.bare {
			c.holdUntil(c.now().Add(d))
		}
		if err := c.pause(ctx, k.step, d, false); err != nil {
			var late *Error
			if errors.As(err, &late) && late.Failure == schemas.FailureNotReady {
				late.What += "; the last answer was: " + e.Error()
				if e.Failure == schemas.FailureUnreachable && !e.silent {
					late.Failure = e.Failure
				}
			}
			return err
		}
	}
}

// late is the error of a call whose context ended before an answer.
func (c *client) late(ctx context.Context, k *call, err error) error {
	step, what := k.step, k.what
	var e *Error
	if errors.As(err, &e) {
		if e.Failure == schemas.FailureNotReady || e.Failure == schemas.FailureInterrupted {
			return err
		}
		step, what = e.Step, e.What
		c.giveUp(k, e)
	}
	out := ended(ctx, step)
	if errors.As(out, &e) && e.Failure == schemas.FailureNotReady {
		e.What += ", while waiting for the answer to: " + what
	}
	return out
}

// giveUp notes that a host was silent for all the time that a call had. Until
// it answers something, other calls to it end when it is silent once: a source
// that is down must not keep the refresh for the sum of its exports' patience.
// Refused connections do not count. They cost no time, and an outage of
// seconds must not fail exports that could be asked for after it.
func (c *client) giveUp(k *call, e *Error) {
	if e.silent {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.down[k.url.Host] = true
	}
}

func (c *client) silent(k *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down[k.url.Host]
}

func (c *client) heard(k *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.down, k.url.Host)
}

func (c *client) holdUntil(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.until) {
		c.until = t
	}
}

// turn waits until the vendor's limits allow one more request.
func (c *client) turn(ctx context.Context, step string) error {
	for {
		c.mu.Lock()
		d := c.until.Sub(c.now())
		c.mu.Unlock()
		if d <= 0 {
			break
		}
		if err := c.pause(ctx, step, d, false); err != nil {
			return err
		}
	}
	if c.limiter == nil {
		return nil
	}
	now := c.now()
	if d := c.limiter.ReserveN(now, 1).DelayFrom(now); d > 0 {
		return c.pause(ctx, step, d, false)
	}
	return nil
}

// attempt makes the call once, redirects included. It returns the token used.
func (c *client) attempt(ctx context.Context, k *call, use func(*http.Response) error) (token string, err error) {
	if !k.bare {
		if err := c.turn(ctx, k.step); err != nil {
			return "", err
		}
	}
	start := c.now()
	ctx, watch := newWatch(ctx, c.idle)
	defer watch.stop()
	if !k.bare && c.tokens != nil {
		if token, err = c.tokens.token(ctx); err != nil {
			return "", c.lineError(ctx, k, err)
		}
	}
	resp, err := c.follow(ctx, k, token)
	if err != nil {
		return token, c.lineError(ctx, k, err)
	}
	defer resp.Body.Close()
	c.heard(k)
	watch.guard(resp)
	c.log.LogAttrs(ctx, slog.LevelDebug, "request", slog.String("step", k.step), slog.String("request", k.what),
		slog.Int("status", resp.StatusCode), slog.Duration("took", c.now().Sub(start)))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return token, c.statusError(k, resp)
	}
	if err := use(resp); err != nil {
		var e *Error
		if errors.As(err, &e) {
			return token, err
		}
		err = c.lineError(ctx, k, err)
		if errors.As(err, &e) {
			e.silent = false
		}
		return token, err
	}
	return token, nil
}

// json makes a request whose answer is JSON, into out.
func (c *client) json(ctx context.Context, r Request, out any) error {
	_, _, err := c.body(ctx, r, func(body []byte) error {
		if err := json.Unmarshal(body, out); err != nil {
			return notJSON(r, body, err)
		}
		return nil
	})
	return err
}

// body makes a request and hands the whole answer to check, which may refuse
// it. An empty answer is an error, never 'nothing yet'.
func (c *client) body(ctx context.Context, r Request, check func([]byte) error) ([]byte, http.Header, error) {
	k, err := c.vendorCall(r)
	if err != nil {
		return nil, nil, err
	}
	var body []byte
	var header http.Header
	err = c.send(ctx, k, func(resp *http.Response) error {
		header = resp.Header
		var err error
		if body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1)); err != nil {
			return err
		}
		switch {
		case len(body) > maxAnswer:
			return Broken(r.Step, "%s %s: the answer is over %d MiB", r.Method, r.Path, maxAnswer>>20)
		case len(bytes.TrimSpace(body)) == 0:
			return Broken(r.Step, "%s %s: the answer is empty (HTTP %d)", r.Method, r.Path, resp.StatusCode)
		}
		return check(body)
	})
	return body, header, err
}
