package extract

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/accessmart/accessmart/schemas"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// defaultLifetime is assumed where a token reply has no expires_in. Oleria
// speaks of 'typically one hour'; well below it costs one more request.
const defaultLifetime = 20 * time.Minute

// tokens gives the current access token to any number of requests at once.
// Whoever finds it missing or about to expire fetches the next one while the
// others wait for it.
type tokens struct {
	conf clientcredentials.Config
	http *http.Client
	now  func() time.Time

	gate chan struct{} // held while fetching; a channel, so that waiting ends with the context

	mu      sync.Mutex
	current string
	expires time.Time
}

func newTokens(o *OAuth, rt http.RoundTripper, now func() time.Time) *tokens {
	t := &tokens{now: now, gate: make(chan struct{}, 1)}
	t.conf = clientcredentials.Config{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), TokenURL: o.TokenURL,
		Scopes: strings.Fields(o.Scope), AuthStyle: oauth2.AuthStyleInParams,
	}
	if o.Basic {
		t.conf.AuthStyle = oauth2.AuthStyleInHeader
	}
	if o.Audience != "" {
		t.conf.EndpointParams = url.Values{"audience": {o.Audience}}
	}
	// A redirected token request would carry the secret elsewhere.
	t.http = &http.Client{Transport: rt, CheckRedirect: noRedirect}
	return t
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// token returns a token that has some life left. It makes one attempt; the
// caller retries as for any request.
func (t *tokens) token(ctx context.Context) (string, error) {
	if tok := t.valid(); tok != "" {
		return tok, nil
	}
	if err := errors.Join(sendable(StepToken, "client_id", t.conf.ClientID), sendable(StepToken, "client_secret", t.conf.ClientSecret)); err != nil {
		return "", err
	}
	select {
	case t.gate <- struct{}{}:
		defer func() { <-t.gate }()
	case <-ctx.Done():
		return "", t.unheard(context.Cause(ctx))
	}
	if tok := t.valid(); tok != "" { // fetched while this one waited
		return tok, nil
	}
	tok, err := t.conf.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	if err != nil {
		if ctx.Err() != nil {
			return "", t.unheard(context.Cause(ctx))
		}
		return "", t.explain(err)
	}
	life := defaultLifetime
	if !tok.Expiry.IsZero() {
		life = time.Until(tok.Expiry) // oauth2 reckons in real time; now may be another clock
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	// The margin covers the way of a request and clocks that drift.
	t.current, t.expires = tok.AccessToken, t.now().Add(life-min(life/10, time.Minute))
	return t.current, nil
}

func (t *tokens) valid() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == "" || !t.now().Before(t.expires) {
		return ""
	}
	return t.current
}

// drop forgets a token that the vendor refused, unless another request has
// replaced it in the meantime.
func (t *tokens) drop(refused string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == refused {
		t.current = ""
	}
}

// secrets are the client's secret, by itself and as HTTP Basic has it.
func (t *tokens) secrets() []string {
	return []string{t.conf.ClientSecret, url.QueryEscape(t.conf.ClientID) + ":" + url.QueryEscape(t.conf.ClientSecret)}
}

// last is the token that was given last, for redaction.
func (t *tokens) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current
}

var oauthCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// unheard is the error where the token endpoint gave no answer.
func (t *tokens) unheard(err error) *Error {
	return silence(&Error{Step: StepToken, Failure: schemas.FailureVendor, What: askingToken, Err: err,
		Hint: "check the network and token_url; without token_url it follows from the source's URL"})
}

const askingToken = "asking for a token"

// explain makes an error of the token endpoint's answer without its body,
// which oauth2's own error text holds.
func (t *tokens) explain(err error) error {
	e := &Error{Step: StepToken, Failure: schemas.FailureVendor, What: askingToken}
	var r *oauth2.RetrieveError
	switch {
	case !errors.As(err, &r):
		if ce := cause(err); strings.Contains(ce.Error(), "server response missing access_token") || strings.Contains(ce.Error(), "cannot parse") {
			e.What = "the token endpoint's answer holds no token"
			e.Hint = "check token_url"
			return e
		}
		return t.unheard(cause(err))
	case r.Response == nil:
		e.What = "the token endpoint answered without a status"
	default:
		e.Status = r.Response.StatusCode
		if oauthCode.MatchString(r.ErrorCode) {
			e.Code = r.ErrorCode
			e.Message = printable(r.ErrorDescription, t.secrets()...)
		}
		judgeStatus(e, r.Response.Header, t.now())
		if e.Status >= 300 && e.Status < 400 {
			e.Hint = "the token endpoint redirects; set token_url to the address itself"
		} else if !e.transient {
			e.Failure = schemas.FailureCredentials
			e.Hint = "check client_id, client_secret, token_url, audience and scope, and that the client was not deleted"
		}
	}
	return e
}
