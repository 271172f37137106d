package extract

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
)

// signedCall is a call to a URL that the vendor handed out. Plain http, and
// loopback at all, is accepted only from a vendor that is itself on loopback:
// a vendor elsewhere has no business pointing into this machine. That is what
// the URL says; where its name leads is for the guard to see.
func (c *client) signedCall(step, method string, signed Secret) (*call, error) {
	u, err := url.Parse(signed.Reveal())
	if err != nil || u.Host == "" {
		return nil, Broken(step, "the vendor's link is not a URL")
	}
	if err := c.trusted(u, step); err != nil {
		return nil, err
	}
	return &call{step: step, method: method, what: method + " the signed URL at " + u.Hostname(), url: u, bare: true, accept: "*/*"}, nil
}

func (c *client) trusted(u *url.URL, step string) error {
	local := loopback(c.base.Hostname())
	switch {
	case u.User != nil:
		return Broken(step, "the vendor's link holds a user name")
	case loopback(u.Hostname()) && !local:
		return Broken(step, "the vendor's link points to this machine")
	case unspecified(u.Hostname()):
		return Broken(step, "the vendor's link points to no address")
	case u.Scheme == "https", u.Scheme == "http" && local && loopback(u.Hostname()):
		return nil
	}
	return Broken(step, "the vendor's link is not https")
}

// maxRedirects bounds a chain of redirects.
const maxRedirects = 5

// follow sends the request and follows redirects of GET and HEAD by hand:
// credentials stay with the vendor's own scheme, host and port, and no
// Referer tells a signed URL to another host.
func (c *client) follow(ctx context.Context, k *call, token string) (*http.Response, error) {
	u, bare := k.url, k.bare
	for range maxRedirects + 1 {
		resp, err := c.roundTrip(ctx, k, u, bare, token)
		if err != nil {
			return nil, err
		}
		location := resp.Header.Get("Location")
		if resp.StatusCode < 301 || resp.StatusCode > 308 || location == "" || k.method != http.MethodGet && k.method != http.MethodHead {
			return resp, nil
		}
		resp.Body.Close()
		next, err := u.Parse(location)
		if err != nil || next.Host == "" {
			return nil, Broken(k.step, "%s: the redirect's address is not a URL", k.what)
		}
		if err := c.trusted(next, k.step); err != nil {
			return nil, err
		}
		// Once outside, nothing leads back in with credentials.
		bare = bare || next.Scheme != c.base.Scheme || next.Host != c.base.Host
		u = next
	}
	return nil, Broken(k.step, "%s: more than %d redirects", k.what, maxRedirects)
}

func (c *client) roundTrip(ctx context.Context, k *call, u *url.URL, bare bool, token string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, k.method, u.String(), bytes.NewReader(k.body))
	if err != nil {
		return nil, Broken(k.step, "%s: not a valid request", k.what)
	}
	if len(k.body) == 0 {
		req.Body, req.GetBody = http.NoBody, nil
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept", k.accept)
	var rt http.RoundTripper = c.api
	if k.download || bare {
		rt, req.Close = c.counting, true
	}
	if !bare {
		for name, values := range c.access.Header {
			req.Header[name] = values
		}
		for name, key := range c.access.Keys {
			if err := sendable(k.step, key.Setting, key.Reveal()); err != nil {
				return nil, err
			}
			req.Header.Set(name, key.Reveal())
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
	}
	if len(k.body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	return rt.RoundTrip(req)
}
