package extract

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/internal/scripted"
)

// Where a vendor's link or redirect may lead depends on where the vendor is.
func TestTrusted(t *testing.T) {
	for _, c := range []struct{ base, link, want string }{
		{"https://api.example.com", "https://files.example.net/a?b=c", ""},
		{"https://api.example.com", "https://10.0.0.7/a", ""},
		{"https://api.example.com", "http://files.example.net/a", "not https"},
		{"https://api.example.com", "http://api.example.com/a", "not https"},
		{"https://api.example.com", "ftp://files.example.net/a", "not https"},
		{"https://api.example.com", "file:///etc/passwd", "not https"},
		{"https://api.example.com", "https://localhost/a", "points to this machine"},
		{"https://api.example.com", "https://127.0.0.1:8443/a", "points to this machine"},
		{"https://api.example.com", "https://127.9.9.9/a", "points to this machine"},
		{"https://api.example.com", "http://[::1]/a", "points to this machine"},
		{"https://api.example.com", "https://[::1%25lo]/a", "points to this machine"},
		{"https://api.example.com", "https://[::ffff:127.0.0.1]/a", "points to this machine"},
		{"https://api.example.com", "https://0.0.0.0/a", "points to no address"},
		{"https://api.example.com", "https://[::]/a", "points to no address"},
		{"https://api.example.com", "https://LOCALHOST/a", "points to this machine"},
		{"https://api.example.com", "https://user@files.example.net/a", "holds a user name"},
		{"http://127.0.0.1:80", "http://127.0.0.1:81/a", ""},
		{"http://127.0.0.1:80", "https://files.example.net/a", ""},
		{"http://127.0.0.1:80", "http://files.example.net/a", "not https"},
	} {
		cl, _ := newClient(t, Access{BaseURL: c.base}, nil)
		link, err := url.Parse(c.link)
		if err != nil {
			t.Fatal(err)
		}
		err = cl.trusted(link, StepDownload)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), link.Path+"?")) {
			t.Errorf("%s to %s: %v, want %q", c.base, c.link, err, c.want)
		}
	}
}

// A redirect chain that leaves the vendor's host and comes back brings no
// credentials back, and other ports and schemes are other hosts.
func TestFollow_credentialsStayHome(t *testing.T) {
	var home, away *httptest.Server
	seen := map[string]string{}
	handler := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen[name+r.URL.Path] = r.Header.Get("Authorization") + r.Header.Get("X-Key") + r.Header.Get("Referer") + r.Header.Get("Cookie")
			switch name + r.URL.Path {
			case "home/start":
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
				http.Redirect(w, r, home.URL+"/same", http.StatusFound)
			case "home/same":
				http.Redirect(w, r, away.URL+"/out?X-Amz-Signature=s", http.StatusTemporaryRedirect)
			case "away/out":
				http.Redirect(w, r, home.URL+"/back", http.StatusPermanentRedirect)
			case "home/back":
				io.WriteString(w, `{}`)
			}
		})
	}
	home, away = httptest.NewServer(handler("home")), httptest.NewServer(handler("away"))
	defer home.Close()
	defer away.Close()
	c, _ := newClient(t, Access{BaseURL: home.URL, Keys: map[string]Key{"X-Key": {"key", NewSecret("canary")}}}, nil)
	var out struct{}
	if err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/start"}, &out); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]string{"home/start": "canary", "home/same": "canary", "away/out": "", "home/back": ""} {
		if got, ok := seen[place]; !ok || got != want {
			t.Errorf("%s got %q, want %q", place, got, want)
		}
	}
	// A chain without an end has one.
	s := scripted.New(t)
	s.On("GET /loop", scripted.Times(maxRedirects+1, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })...)
	c, _ = newClient(t, Access{BaseURL: s.URL}, nil)
	if err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/loop"}, &out); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("got %v", err)
	}
}

// An answer that is read into memory has a limit.
func TestClient_answerThatIsTooLarge(t *testing.T) {
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = ' '
	}
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	c, _ := newClient(t, Access{BaseURL: srv.URL}, nil)
	var out struct{}
	err := c.json(context.Background(), Request{Step: StepList, Method: "GET", Path: "/x"}, &out)
	srv.CloseClientConnections()
	srv.Close()
	if err == nil || !strings.Contains(err.Error(), "the answer is over 64 MiB") || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
