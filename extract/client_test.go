package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/schemas"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "0": 0, "5": 5 * time.Second, " 120 ": 2 * time.Minute, "1.5": 1500 * time.Millisecond, "-3": 0, "soon": 0, "NaN": 0, "Inf": 0, "1e300": 0,
		"Sun, 01 Mar 2026 02:01:00 GMT": time.Minute, "Sun, 01 Mar 2026 01:59:00 GMT": 0,
		"Sunday, 01-Mar-26 02:01:00 GMT": time.Minute, "2026-03-01T02:01:00Z": 0,
	} {
		if got := retryAfter(v, now); got != want {
			t.Errorf("retryAfter(%q) = %v, want %v", v, got, want)
		}
	}
}

func TestDelays_keepFloorAndCap(t *testing.T) {
	d := newDelays(2*time.Second, 30*time.Second)
	var last time.Duration
	for range 200 {
		last = d.next()
		if last < 2*time.Second || last > 30*time.Second {
			t.Fatalf("delay %v", last)
		}
	}
	if last < 20*time.Second {
		t.Errorf("delays do not grow: %v", last)
	}
}

func TestJudgeStatus(t *testing.T) {
	for status, want := range map[int]struct {
		transient, throttled bool
		failure              string
	}{
		400: {}, 401: {failure: schemas.FailureCredentials}, 403: {failure: schemas.FailureCredentials}, 404: {}, 408: {transient: true}, 409: {},
		410: {}, 422: {}, 425: {transient: true}, 429: {true, true, ""}, 500: {transient: true}, 501: {}, 502: {true, false, schemas.FailureUnreachable},
		503: {true, false, schemas.FailureUnreachable}, 504: {true, false, schemas.FailureUnreachable}, 520: {transient: true},
	} {
		e := &Error{Status: status}
		judgeStatus(e, http.Header{}, time.Now())
		if e.transient != want.transient || e.throttled != want.throttled || e.Failure != want.failure {
			t.Errorf("%d: %+v", status, e)
		}
	}
}

// newClient is a client of one API at url, on a clock that only waiting moves.
func newClient(t *testing.T, a Access, tr *http.Transport) (*client, *scripted.Clock) {
	t.Helper()
	clock := scripted.NewClock()
	x := &Extractor{Now: clock.Now, Wait: clock.Wait, Transport: tr, Idle: 5 * time.Second}
	a.Limits = a.Limits.withDefaults()
	c, err := x.client(a, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c, clock
}

func TestTokens_noConnectionSaysWhatToDo(t *testing.T) {
	var e *Error
	if err := (&tokens{}).explain(errors.New("connection refused")); !errors.As(err, &e) || !strings.Contains(e.Hint, "token_url") {
		t.Errorf("got %v", err)
	}
}

// What no header can hold is a mistake in the configuration, and no vendor that is not there.
func TestClient_credentialsThatCannotBeSent(t *testing.T) {
	s := scripted.New(t)
	for value, why := range map[string]string{
		"one\ntwo": "holds a line break", "one\r\ntwo": "holds a line break", "\xff\xfeo\x00n\x00e\x00": "is UTF-16 text", "o\x00n\x00": "is UTF-16 text",
		"na\xefve": "is not UTF-8 text", "a\x1bb": "holds a control character", "\ufeffa": "begins with a byte-order mark",
	} {
		for setting, access := range map[string]Access{
			"key_secret":    {BaseURL: s.URL, Keys: map[string]Key{"X-Key": {"key_secret", NewSecret(value)}}},
			"client_secret": {BaseURL: s.URL, OAuth: &OAuth{TokenURL: s.URL + "/token", ClientID: "a", ClientSecret: NewSecret(value)}},
			"client_id":     {BaseURL: s.URL, OAuth: &OAuth{TokenURL: s.URL + "/token", ClientID: value, ClientSecret: NewSecret("b")}},
		} {
			c, _ := newClient(t, access, nil)
			var out struct{}
			var e *Error
			err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/x"}, &out)
			if !errors.As(err, &e) || e.Failure != schemas.FailureCredentials || e.What != setting+" "+why || e.Hint == "" || strings.Contains(err.Error(), value) {
				t.Errorf("%s, %q: %v", setting, value, err)
			}
		}
	}
}

func TestTokens_oneFetchForMany(t *testing.T) {
	s := scripted.New(t)
	s.On("POST /token", scripted.Token("one", 3600)).On("GET /x", scripted.Times(40, scripted.JSON(200, `{}`))...)
	c, _ := newClient(t, Access{BaseURL: s.URL, OAuth: &OAuth{TokenURL: s.URL + "/token", ClientID: "a", ClientSecret: NewSecret("b")}}, nil)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			var out struct{}
			if err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/x"}, &out); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestTokens_manyRefusalsOneNewToken(t *testing.T) {
	var fetched atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			scripted.Token(fmt.Sprint("t", fetched.Add(1)), 3600)(w, r)
		case r.Header.Get("Authorization") == "Bearer t1":
			w.WriteHeader(401)
		default:
			io.WriteString(w, "{}")
		}
	}))
	defer srv.Close()
	c, _ := newClient(t, Access{BaseURL: srv.URL, OAuth: &OAuth{TokenURL: srv.URL + "/token", ClientID: "a", ClientSecret: NewSecret("b")}}, nil)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			var out struct{}
			if err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/x"}, &out); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := fetched.Load(); n != 2 {
		t.Errorf("%d tokens were fetched", n)
	}
}

func TestTokens_replyWithoutLifetime(t *testing.T) {
	s := scripted.New(t)
	s.On("POST /token", scripted.JSON(200, `{"access_token":"one","token_type":"Bearer"}`), scripted.Token("two", 60)).
		On("GET /x", scripted.Times(3, scripted.JSON(200, `{}`))...)
	c, clock := newClient(t, Access{BaseURL: s.URL, OAuth: &OAuth{TokenURL: s.URL + "/token", ClientID: "a", ClientSecret: NewSecret("b")}}, nil)
	for _, pass := range []time.Duration{0, 18 * time.Minute, 2 * time.Minute} {
		clock.Add(pass)
		var out struct{}
		if err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/x"}, &out); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Requests("GET /x")[2].Header.Get("Authorization"); got != "Bearer two" {
		t.Errorf("third request has %s", got)
	}
}

func TestClient_rate(t *testing.T) {
	s := scripted.New(t)
	s.On("GET /x", scripted.Times(29, scripted.JSON(200, `{}`))...)
	c, clock := newClient(t, Access{BaseURL: s.URL, Rate: 9}, nil)
	start := clock.Now()
	for range 29 {
		var out struct{}
		if err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/x"}, &out); err != nil {
			t.Fatal(err)
		}
	}
	// A burst of 9, then 20 at 9 a second.
	if took := clock.Now().Sub(start); took < 2200*time.Millisecond || took > 2300*time.Millisecond {
		t.Errorf("29 requests took %v", took)
	}
}

func TestClient_oneThrottledHoldsAll(t *testing.T) {
	s := scripted.New(t)
	s.On("GET /x", scripted.JSON(200, `{}`))
	c, clock := newClient(t, Access{BaseURL: s.URL}, nil)
	start := clock.Now()
	c.holdUntil(start.Add(40 * time.Second))
	c.holdUntil(start.Add(10 * time.Second)) // an earlier end does not shorten it
	var out struct{}
	if err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/x"}, &out); err != nil {
		t.Fatal(err)
	}
	if took := clock.Now().Sub(start); took != 40*time.Second {
		t.Errorf("the next request went out after %v", took)
	}
}

func TestClient_pathsAreNotMixedUp(t *testing.T) {
	s := scripted.New(t)
	s.On("GET /base/a%2Fb", scripted.JSON(200, `{}`))
	c, _ := newClient(t, Access{BaseURL: s.URL + "/base/"}, nil)
	var out struct{}
	if err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/a%2Fb"}, &out); err != nil {
		t.Error(err)
	}
}

func TestClient_linesThatFail(t *testing.T) {
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"DNS": func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true}
		},
		"a proxy's address with a password": func(context.Context, string, string) (net.Conn, error) {
			return nil, fmt.Errorf("invalid proxy address %q: parse: http://u:canary@proxy:80 80/", "http://user:can ary@proxy:port")
		},
		"refused": func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, clock := newClient(t, Access{BaseURL: "https://api.example.com"}, &http.Transport{DialContext: dial})
			var out struct{}
			err := c.json(context.Background(), Request{Step: StepSubmit, Method: "POST", Path: "/x", Body: 1}, &out)
			var e *Error
			if !errors.As(err, &e) || e.Failure != schemas.FailureUnreachable || e.Step != StepSubmit || !strings.Contains(err.Error(), "check the network") {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "ary") {
				t.Errorf("the password is in %v", err)
			}
			if n := len(clock.Waits()); n != maxTries-1 {
				t.Errorf("%d waits", n)
			}
		})
	}
}

func TestClient_tlsThatIsNotTrusted(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	srv.StartTLS()
	defer srv.Close()
	c, _ := newClient(t, Access{BaseURL: srv.URL}, nil)
	var out struct{}
	err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/x"}, &out)
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
	s := newStore(t)
	if _, err := c.download(context.Background(), s, Fetch{URL: NewSecret(srv.URL + "/a?sig=canary")}, func(int64) {}); err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}

func TestClosedForm(t *testing.T) {
	long := strings.Repeat(`{"a":1},`, 50_000)
	zipped := "PK\x03\x04" + strings.Repeat("x", 200_000) + "PK\x05\x06" + strings.Repeat("\x00", 16) + "\x03\x00" + "abc"
	for name, tc := range map[string]struct {
		text string
		ok   bool
	}{
		"csv without a newline":   {"a,b\n1,2", true},
		"object":                  {`{"a":1}`, true},
		"array with blanks after": {"[" + long + "{}]\r\n \n", true},
		"cut array":               {"[" + long + `{"a":1},`, false},
		"cut in a text":           {`[{"a":"x`, false},
		"ndjson":                  {"{}\n{}\n", true},
		"zip with a comment":      {zipped, true},
		"cut comment":             {zipped[:len(zipped)-1], false},
		"cut zip":                 {zipped[:len(zipped)-10], false},
		"zip without directory":   {zipped[:100_000], false},
	} {
		t.Run(name, func(t *testing.T) {
			c := &closedForm{r: strings.NewReader(tc.text), kind: tc.text[0], zip: strings.HasPrefix(tc.text, "PK\x03\x04")}
			got, err := io.ReadAll(c)
			if (err == nil) != tc.ok || err != nil && !errors.Is(err, errForm) {
				t.Errorf("got %v", err)
			}
			if string(got) != tc.text {
				t.Error("the bytes changed")
			}
		})
	}
}

func TestSignedCall_trust(t *testing.T) {
	for _, tc := range []struct {
		base, link string
		ok         bool
	}{
		{"https://api.example.com", "https://bucket.example.com/a?sig=1", true},
		{"https://api.example.com", "http://bucket.example.com/a", false},
		{"https://api.example.com", "https://127.0.0.1/a", false},
		{"https://api.example.com", "http://localhost:8080/a", false},
		{"https://api.example.com", "https://user:pw@bucket.example.com/a", false},
		{"https://api.example.com", "file:///etc/passwd", false},
		{"https://api.example.com", "//bucket.example.com/a", false},
		{"https://api.example.com", ":", false},
		{"https://api.example.com", "", false},
		{"http://127.0.0.1:1", "http://127.0.0.1:2/a", true},
		{"http://127.0.0.1:1", "http://[::1]:2/a", true},
		{"http://127.0.0.1:1", "http://10.0.0.1/a", false},
	} {
		c, _ := newClient(t, Access{BaseURL: tc.base}, nil)
		if _, err := c.signedCall(StepDownload, "GET", NewSecret(tc.link)); (err == nil) != tc.ok {
			t.Errorf("%s from %s: %v", tc.link, tc.base, err)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.example.com": "", "https://api.example.com/base": "", "http://localhost:8080": "", "http://127.0.0.1": "", "http://[::1]:1": "",
		"": "missing", "api.example.com": "not a URL", "ftp://x.example.com": "not a URL", "https://": "not a URL", "http://api.example.com": "in the clear",
		"http://127.0.0.1.example.com": "in the clear", "https://x.example.com?a=b": "no user", "https://a@x.example.com": "no user", "https://x.example.com#f": "no user",
	} {
		err := CheckURL("api_url", raw)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "api_url: ")) {
			t.Errorf("CheckURL(%q) = %v, want %q", raw, err, want)
		}
	}
}
