package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/schemas"
)

func TestKindOf(t *testing.T) {
	for what, addresses := range map[string]string{
		"":                     "93.184.216.34 8.8.8.8 172.32.0.1 100.128.0.1 2606:2800:220:1::1 64:ff9b::808:808 2002:808:808::1 ::ffff:8.8.8.8",
		thisMachine:            "127.0.0.1 127.9.9.9 ::1 ::1%lo ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::",
		"this machine or none": "0.0.0.0 0.0.0.1 :: ::ffff:0.0.0.0",
		"a link-local address": "169.254.169.254 fe80::1 fe80::1%eth0 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe",
		"a multicast address":  "224.0.0.1 239.255.255.250 ff02::1 ff01::1",
		"a reserved address":   "255.255.255.255 240.0.0.1",
		"a metadata service":   "fd00:ec2::254 100.100.100.200 168.63.129.16",
		"a tunnel":             "2001:0:53aa:64c:0:fbff:80ff:fffe",
		"a private address":    "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.255.255 fc00::1 fd12::1 fec0::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: 198.18.0.1 192.0.0.1 64:ff9b:1::1",
	} {
		for _, text := range strings.Fields(addresses) {
			got, private := kindOf(netip.MustParseAddr(text))
			if got != what || private != (what == "a private address") {
				t.Errorf("%s is %q, private %v; want %q", text, got, private, what)
			}
		}
	}
}

// names makes the names of this process resolve by a server that knows one
// address for each name.
func names(t *testing.T, known map[string]netip.Addr) {
	t.Helper()
	before := net.DefaultResolver
	net.DefaultResolver = scripted.Names(t, known)
	t.Cleanup(func() { net.DefaultResolver = before })
}

// A link is followed to the internet only, whatever its name says; nothing
// connects to what is refused.
func TestGuard_links(t *testing.T) {
	var connected atomic.Int32
	l, err := net.Listen("tcp", "[::]:0") // all addresses of this machine
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.NotFoundHandler(), ConnState: func(net.Conn, http.ConnState) { connected.Add(1) }}
	go srv.Serve(l)
	defer srv.Close()
	port := l.Addr().(*net.TCPAddr).Port
	names(t, map[string]netip.Addr{
		"rebound.example.com": netip.MustParseAddr("127.0.0.1"), "none.example.com": netip.MustParseAddr("0.0.0.0"),
		"meta.example.com": netip.MustParseAddr("169.254.169.254"), "inside.example.com": netip.MustParseAddr("10.255.255.1"),
	})
	hosts := map[string]string{
		"127.0.0.1": thisMachine, "[::1]": thisMachine, "[::ffff:127.0.0.1]": thisMachine, "[::1%25lo]": thisMachine, "localhost": thisMachine,
		"0.0.0.0": "no address", "[::]": "no address", "[::ffff:0.0.0.0]": "no address",
		"rebound.example.com": thisMachine, "none.example.com": "this machine or none", "meta.example.com": "a link-local address",
		"169.254.169.254": "a link-local address", "[fe80::1%25lo]": "a link-local address", "10.255.255.1": "a private address",
		"inside.example.com": "a private address", "[fd00:ec2::254]": "a metadata service", "unknown.example.com": "no such host",
	}
	// As it is first, and then one of a test, which connects before it looks.
	for _, tr := range []*http.Transport{nil, {DialContext: (&net.Dialer{}).DialContext}} {
		for host, want := range hosts {
			if tr != nil && want != thisMachine {
				continue
			}
			c, clock := newClient(t, Access{BaseURL: "https://api.example.com"}, tr)
			link := fmt.Sprintf("https://%s:%d/a?X-Amz-Signature=canary", host, port)
			before := connected.Load()
			_, err := c.download(context.Background(), newStore(t), Fetch{URL: NewSecret(link)}, func(int64) {})
			var e *Error
			if !errors.As(err, &e) || e.Step != StepDownload || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %v, want %s", host, err, want)
			}
			if n := connected.Load() - before; tr == nil && n != 0 {
				t.Errorf("%s: %d connections", host, n)
			}
			if tries := len(clock.Waits()); tries > 0 && want != "no such host" {
				t.Errorf("%s: tried again %d times", host, tries)
			}
			if strings.Contains(want, "private") != strings.Contains(fmt.Sprint(err), "private_addresses: true") {
				t.Errorf("%s: %v", host, err)
			}
		}
	}
	// Where the configuration says so, only into private networks.
	g := newGuard(Access{Limits: Limits{PrivateAddresses: true}}, &url.URL{Scheme: "https", Host: "api.example.com"})
	for address, ok := range map[string]bool{"10.0.0.1:443": true, "[fd12::1]:443": true, "8.8.8.8:443": true, "127.0.0.1:443": false,
		"169.254.169.254:80": false, "[fd00:ec2::254]:80": false, "no address": false} {
		if err := g.check(address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A redirect leads no further than a link does, and a vendor on this machine
// is free to lead there, and there alone.
func TestGuard_redirects(t *testing.T) {
	files := scripted.New(t)
	files.On("GET /f", scripted.Body(200, "text/csv", "a\n1\n"))
	for location, want := range map[string]string{
		files.URL + "/f":                 "",
		"https://169.254.169.254/latest": "a link-local address",
		"https://[::ffff:10.0.0.1]/f":    "a private address",
		"http://0.0.0.0:" + "1/f":        "no address",
		"https://255.255.255.255/f":      "a reserved address",
	} {
		s := scripted.New(t)
		s.On("GET /x", scripted.Status(302, "Location", location))
		c, _ := newClient(t, Access{BaseURL: s.URL}, nil)
		_, err := c.download(context.Background(), newStore(t), Fetch{Request: Request{Method: "GET", Path: "/x"}}, func(int64) {})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", location, err, want)
		}
	}
}

// With a proxy it is the proxy that connects: what the URL says is judged, and
// what its name means here.
func TestGuard_behindAProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.Host)
		http.Error(w, "no way", http.StatusBadGateway)
	}))
	defer proxy.Close()
	to, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	names(t, map[string]netip.Addr{"rebound.example.com": netip.MustParseAddr("127.0.0.1"), "public.example.com": netip.MustParseAddr("93.184.216.34")})
	for host, want := range map[string]string{
		"127.0.0.1": thisMachine, "localhost.": thisMachine, "x.localhost": thisMachine, "rebound.example.com": thisMachine, "169.254.169.254": "a link-local address",
		"10.0.0.1": "a private address", "2130706433": "not plain", "127.1": "not plain", "0x7f000001": "not plain",
		"public.example.com": "", "unknown.example.com": "", "8.8.8.8": "", "api.example.com": "",
	} {
		asked = nil
		c, _ := newClient(t, Access{BaseURL: "https://api.example.com"}, &http.Transport{Proxy: http.ProxyURL(to)})
		_, err := c.download(context.Background(), newStore(t), Fetch{URL: NewSecret("https://" + host + "/a?sig=canary")}, func(int64) {})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Fatalf("%s: %v", host, err)
		}
		if want != "" && (len(asked) > 0 || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: the proxy was asked %v; %v, want %q", host, asked, err, want)
		}
		if want == "" && (len(asked) == 0 || asked[0] != "CONNECT "+host+":443") {
			t.Errorf("%s: the proxy was asked %v; %v", host, asked, err)
		}
	}
	// The vendor's own host goes by the proxy wherever it is.
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "a\n1\n") }))
	defer inside.Close()
	c, _ := newClient(t, Access{BaseURL: "http://10.9.8.7"}, &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: strings.TrimPrefix(inside.URL, "http://")})})
	if _, err := c.download(context.Background(), newStore(t), Fetch{Request: Request{Method: "GET", Path: "/x"}}, func(int64) {}); err != nil {
		t.Error(err)
	}
	var e *Error
	if err := misled("a private address", true); !errors.As(err, &e) || e.Failure != schemas.FailureVendor {
		t.Errorf("got %v", err)
	}
}
