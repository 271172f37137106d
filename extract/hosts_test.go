package extract_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/internal/scripted"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/extract/vendorsim/faultline"
	"github.com/accessmart/accessmart/schemas"
)

// hosts are those that an export of each vendor needs, with a dataset that
// does, the step at which the vendor's own is met first, and the one at which
// the storage is.
var hosts = []struct{ vendor, dataset, own, storage string }{
	{"oleria", "employees", "token", "download"},
	{"sailpoint", "config_objects", "token", ""},
	{"balkanid", "employees", "submit", "poll"},
}

// point makes all of a vendor's own URLs, or those of the storage, lead to
// another address.
func (w *world) point(vendor, to string) {
	for host, urls := range map[string][]*string{
		"oleria": {&w.server.OleriaURL, &w.server.OleriaTokenURL}, "sailpoint": {&w.server.SailPointURL},
		"balkanid": {&w.server.BalkanIDURL}, "storage": {&w.server.StorageURL},
	} {
		for _, u := range urls {
			if host == vendor {
				_, path, _ := strings.Cut(strings.TrimPrefix(*u, "http://"), "/")
				*u = strings.TrimSuffix(to+"/"+path, "/")
			}
		}
	}
}

func (w *world) address(vendor string) string {
	return strings.TrimPrefix(map[string]string{"oleria": w.server.OleriaURL, "sailpoint": w.server.SailPointURL,
		"balkanid": w.server.BalkanIDURL, "storage": w.server.StorageURL}[vendor], "http://")
}

// names is a transport whose resolver knows no name, or is silent.
func names(t *testing.T, silent bool) *http.Transport {
	t.Helper()
	known := map[string]netip.Addr{}
	if silent {
		known = nil
	}
	return &http.Transport{DialContext: (&net.Dialer{Resolver: scripted.Names(t, known)}).DialContext}
}

func TestHosts_names(t *testing.T) {
	for _, h := range hosts {
		for want, silent := range map[string]bool{"no such host": false, "no byte arrived in time": true} {
			t.Run(h.vendor+": "+want, func(t *testing.T) {
				t.Parallel()
				for _, host := range []string{h.vendor, "storage"} {
					at := h.own
					if host == "storage" {
						at = h.storage
					}
					if at == "" {
						continue
					}
					w := newWorld(t, vendorsim.Config{})
					w.idle = 100 * time.Millisecond
					w.line = names(t, silent)
					w.point(host, "https://files.vendor.invalid")
					got := w.run(h.vendor, h.dataset)
					failedAt(t, step{h.vendor, at, nil, vendorsim.Rule{}, false}, schemas.FailureUnreachable, got)
					if e := got[0].Error; !strings.Contains(e, want) || !strings.Contains(e, "check the network") {
						t.Error(e)
					}
				}
			})
		}
	}
}

// authority makes certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key}
	a.cert, err = x509.ParseCertificate(a.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "Example CA"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) sign(t *testing.T, template *x509.Certificate) []byte {
	t.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// front is a TLS server that passes on what it gets to an address.
func (a *authority) front(t *testing.T, to string, leaf *x509.Certificate) string {
	t.Helper()
	leaf.Subject = pkix.Name{CommonName: "vendor"}
	if leaf.NotAfter.IsZero() {
		leaf.NotBefore, leaf.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	cert := tls.Certificate{Certificate: [][]byte{a.sign(t, leaf)}, PrivateKey: a.key}
	return listen(t, func(c net.Conn) {
		in := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		out, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			io.Copy(out, in)
			out.(*net.TCPConn).CloseWrite()
		}()
		io.Copy(in, out)
		in.Close()
		c.Close()
		<-done
		out.Close()
	})
}

// listen serves connections until the test ends.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

func TestHosts_tls(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	loopback := []net.IP{net.IPv4(127, 0, 0, 1)}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	for _, c := range []struct {
		name  string
		front func(t *testing.T, to string) string
		want  string // "" for an export that is complete
		tries int
	}{
		{"a good certificate", func(t *testing.T, to string) string {
			return ca.front(t, to, &x509.Certificate{IPAddresses: loopback})
		}, "", 0},
		{"wrong host", func(t *testing.T, to string) string {
			return ca.front(t, to, &x509.Certificate{DNSNames: []string{"other.example.com"}})
		}, "the certificate is for another host", 1},
		{"expired", func(t *testing.T, to string) string {
			return ca.front(t, to, &x509.Certificate{IPAddresses: loopback, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)})
		}, "the certificate is not valid at this time", 1},
		{"unknown CA", func(t *testing.T, to string) string {
			return other.front(t, to, &x509.Certificate{IPAddresses: loopback})
		}, "not one that this machine trusts", 1},
		{"plain HTTP on the port", func(t *testing.T, to string) string { return to }, "the port does not speak TLS", 1},
		{"handshake cut", func(t *testing.T, to string) string {
			return listen(t, func(c net.Conn) { io.ReadFull(c, make([]byte, 100)) })
		}, "check the network", 5},
		{"handshake cut in the certificate", func(t *testing.T, to string) string {
			l := newLine(t, ca.front(t, to, &x509.Certificate{IPAddresses: loopback}))
			l.Break(faultline.Cut(300))
			return l.Address()
		}, "check the network", 5},
		{"handshake that is not answered", func(t *testing.T, to string) string {
			return listen(t, func(c net.Conn) { io.Copy(io.Discard, c) })
		}, "no byte arrived in time", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, h := range hosts {
				for _, host := range []string{h.vendor, "storage"} {
					at := h.own
					if host == "storage" {
						at = h.storage
					}
					if at == "" {
						continue
					}
					w := newWorld(t, vendorsim.Config{})
					if c.tries > 1 {
						w.idle = 100 * time.Millisecond
					}
					w.line = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
					w.point(host, "https://"+c.front(t, w.address(host)))
					got := w.run(h.vendor, h.dataset)
					if c.want == "" {
						if !got[0].Complete {
							t.Errorf("%s over TLS at %s: %s", h.vendor, host, got[0].Error)
						}
						continue
					}
					failure := schemas.FailureVendor
					if c.tries > 1 {
						failure = schemas.FailureUnreachable
					}
					failedAt(t, step{h.vendor, at, nil, vendorsim.Rule{}, false}, failure, got)
					if !strings.Contains(got[0].Error, c.want) || strings.Contains(got[0].Error, "X-Amz") {
						t.Errorf("%s at %s: %s", h.vendor, host, got[0].Error)
					}
					again := 0
					for _, d := range w.clock.Waits() {
						if d < 2*time.Second-1 || at != "download" { // others are pauses between polls
							again++
						}
					}
					if again > c.tries-1 {
						t.Errorf("%s at %s: asked again %d times: %v", h.vendor, host, again, w.clock.Waits())
					}
				}
			}
		})
	}
}

// asking is a vendor whose one job only asks.
type asking struct{ access extract.Access }

func (a asking) Access() extract.Access { return a.access }
func (a asking) Origin() string         { return a.access.BaseURL }
func (a asking) Jobs(contracts []*schemas.Contract) []extract.Job {
	return []extract.Job{{Name: "one", Contracts: contracts, Fetch: func(ctx context.Context, t *extract.Task) error {
		var out any
		return t.Call(ctx, extract.Request{Step: extract.StepList, Method: http.MethodGet, Path: "/status"}, &out)
	}}}
}

// A question that belongs to no list or job has the deadline of one.
func TestCall_hasADeadline(t *testing.T) {
	w := newWorld(t, vendorsim.Config{})
	silent := listen(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	c, err := w.set.Contract("sailpoint.role_mining_sessions")
	if err != nil {
		t.Fatal(err)
	}
	x := &extract.Extractor{Store: w.store}
	a := asking{extract.Access{BaseURL: "http://" + silent, Limits: extract.Limits{Deadline: 50 * time.Millisecond}}}
	got, err := x.Run(context.Background(), "01JRUNAAAAAAAAAAAAAAAAAAAA", extract.Source{Name: "s"}, a, []*schemas.Contract{c})
	if err != nil {
		t.Fatal(err)
	}
	if e := got[0]; e.Failure != schemas.FailureNotReady || !strings.Contains(e.Error, "s: sailpoint.role_mining_sessions: list: not ready within 50ms, while waiting for the answer to: GET /status") {
		t.Errorf("%s: %s", e.Failure, e.Error)
	}
}
