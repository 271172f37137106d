package vendorsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/accessmart/accessmart/extract/vendorsim/api"
	"github.com/accessmart/accessmart/extract/vendorsim/balkanid"
	"github.com/accessmart/accessmart/extract/vendorsim/company"
	"github.com/accessmart/accessmart/extract/vendorsim/oleria"
	"github.com/accessmart/accessmart/extract/vendorsim/sailpoint"
)

// Server speaks the three vendors' protocols on loopback. Signed URLs point to
// a listener of their own, StorageURL, as they point to another host in life.
// A test may set its fields before clients call: a proxy's address, a secret of
// its own.
type Server struct {
	OleriaURL          string // API URL; calls go to OleriaURL + "/v1/downloads"
	OleriaTokenURL     string
	OleriaClientID     string
	OleriaClientSecret string
	Audience           string // of Oleria's token request
	Scope              string

	SailPointURL          string // base; calls go to SailPointURL + "/v2024/…" or + "/<service>/v1/…"
	SailPointClientID     string
	SailPointClientSecret string

	BalkanIDURL       string // base; calls go to BalkanIDURL + "/api/rest/v0/…"
	BalkanIDKeyID     string
	BalkanIDKeySecret string

	StorageURL string

	sim     *Sim
	desk    *api.Desk
	servers []*http.Server
	serving sync.WaitGroup
}

// Start serves each vendor on a port of its own, chosen by the system.
func (s *Sim) Start() (*Server, error) {
	sv := s.server()
	for vendor, set := range map[string]func(string){
		"oleria":    func(u string) { sv.OleriaURL, sv.OleriaTokenURL = u, u+oleria.TokenPath },
		"sailpoint": func(u string) { sv.SailPointURL = u },
		"balkanid":  func(u string) { sv.BalkanIDURL = u },
		"storage":   func(u string) { sv.StorageURL = u },
	} {
		u, err := sv.serve("127.0.0.1:0", func(*http.Request) string { return vendor })
		if err != nil {
			return nil, errors.Join(err, sv.Close())
		}
		set(u)
	}
	return sv, nil
}

// Listen serves all three vendors on one address, and the signed URLs on a
// port of the same host that the system chooses.
func (s *Sim) Listen(address string) (*Server, error) {
	sv := s.server()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("vendorsim: listen address: %w", err)
	}
	u, err := sv.serve(address, vendorByPath)
	if err != nil {
		return nil, err
	}
	sv.OleriaURL, sv.OleriaTokenURL, sv.SailPointURL, sv.BalkanIDURL = u, u+oleria.TokenPath, u, u
	if sv.StorageURL, err = sv.serve(net.JoinHostPort(host, "0"), func(*http.Request) string { return "storage" }); err != nil {
		return nil, errors.Join(err, sv.Close())
	}
	return sv, nil
}

func (s *Sim) server() *Server {
	sv := &Server{
		OleriaClientID: "oleria-client", OleriaClientSecret: "CANARY-oleria-client-secret",
		Audience: "https://devx.example.oleria.example.com", Scope: "ClientCredentialsReadOnly",
		SailPointClientID: "5f2b9c1e0d3a4e76", SailPointClientSecret: "CANARY-sailpoint-client-secret",
		BalkanIDKeyID: "balkan-key-1", BalkanIDKeySecret: "CANARY-balkanid-key-secret",
		sim: s,
	}
	sv.desk = &api.Desk{
		ID:      func(parts ...string) string { return company.UUID(s.cfg.Seed, parts...) },
		Storage: func() string { return sv.StorageURL },
		Clock:   s.cfg.Clock, Polls: s.cfg.Polls, URLLife: s.cfg.URLLife, TokenLife: s.cfg.TokenLife,
	}
	return sv
}

// ExpireTokens ends the life of every token handed out so far.
func (sv *Server) ExpireTokens() { sv.desk.RevokeAll() }

func (sv *Server) serve(address string, vendor func(*http.Request) string) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("vendorsim: %w", err)
	}
	h := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sv.serving.Add(1)
			defer sv.serving.Done()
			sv.handle(w, r.WithContext(context.WithValue(r.Context(), vendorKey{}, vendor(r))))
		}),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	sv.servers = append(sv.servers, h)
	sv.serving.Add(1)
	go func() {
		defer sv.serving.Done()
		h.Serve(l)
	}()
	return "http://" + reachable(l.Addr().(*net.TCPAddr)), nil
}

// reachable is an address to call: a listener on all interfaces is called by
// loopback.
func reachable(a *net.TCPAddr) string {
	if a.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", a.Port)
	}
	return a.String()
}

// Close ends all listeners and connections and waits for what was in progress.
func (sv *Server) Close() error {
	var err error
	for _, h := range sv.servers {
		err = errors.Join(err, h.Close())
	}
	sv.serving.Wait()
	return err
}

// Secrets are the credentials of this server, and every token and signature
// that it has handed out: none may appear in a client's output.
func (sv *Server) Secrets() []string {
	return append([]string{sv.OleriaClientSecret, sv.SailPointClientSecret, sv.BalkanIDKeySecret}, sv.desk.Secrets()...)
}

type vendorKey struct{}

func vendorOf(r *http.Request) string {
	v, _ := r.Context().Value(vendorKey{}).(string)
	return v
}

// handle lets the vendor answer, unless a fault comes between.
func (sv *Server) handle(w http.ResponseWriter, r *http.Request) {
	c := &api.Call{Request: r, Vendor: vendorOf(r)}
	c.Body, _ = io.ReadAll(io.LimitReader(r.Body, 1<<20))
	vendor := sv.vendor(c.Vendor)
	vendor.Classify(c)
	onJob, fault := sv.sim.faults.hits(c.Vendor, r.Method, r.URL.Path, c.Dataset, c.Starts)
	n := sv.sim.log.arrive(logLine(c))
	name := ""
	if onJob != nil {
		name, c.OnJob = onJob.name, onJob.job
	}
	if fault != nil {
		name = fault.name
		if fault.before != nil {
			sv.sim.log.finish(n, 0, 0, name)
			if a := fault.before(sv, w, r); a != nil {
				sv.sim.log.finish(n, a.Status, len(a.Body), name)
				a.Send(w, r)
				return
			}
		}
	}
	a := vendor.Answer(c)
	sv.sim.log.finish(n, a.Status, len(a.Body), name)
	if fault != nil && fault.send != nil {
		fault.send(w, r, a)
		return
	}
	a.Send(w, r)
}

func logLine(c *api.Call) Request {
	h := c.Header
	line := Request{
		Vendor: c.Vendor, Method: c.Method, Path: c.URL.Path, Dataset: c.Dataset,
		Authorization: h.Get("Authorization") != "", APIKey: h.Get("X-Api-Key-ID") != "" && h.Get("X-Api-Key-Secret") != "",
		Experimental: h.Get("X-SailPoint-Experimental") == "true",
	}
	if c.Vendor != "storage" && c.URL.Path != sailpoint.TokenPath {
		line.Query = c.URL.RawQuery
	}
	return line
}

// vendor is who answers a call.
type vendor interface {
	Classify(*api.Call) // finds the dataset that a call is about, for rules and the log
	Answer(*api.Call) *api.Answer
}

// vendor is one of the three, or the storage that signed URLs point to, in the
// current generation.
func (sv *Server) vendor(name string) vendor {
	now := sv.sim.now()
	switch name {
	case "oleria":
		return &oleria.API{
			Desk: sv.desk, Now: now.oleria, ClientID: sv.OleriaClientID, ClientSecret: sv.OleriaClientSecret,
			Audience: sv.Audience, Scope: sv.Scope, StaleURL: sv.sim.cfg.StaleURL,
		}
	case "sailpoint":
		return &sailpoint.API{
			Desk: sv.desk, Now: now.sailpoint, URL: sv.SailPointURL, ClientID: sv.SailPointClientID, ClientSecret: sv.SailPointClientSecret,
			PastEnd: sv.sim.cfg.PastEnd,
		}
	case "balkanid":
		return &balkanid.API{Desk: sv.desk, Now: now.balkanid, KeyID: sv.BalkanIDKeyID, KeySecret: sv.BalkanIDKeySecret}
	}
	return api.Storage{Desk: sv.desk}
}

// vendorByPath tells the vendors apart where they share an address.
func vendorByPath(r *http.Request) string {
	p := r.URL.Path
	switch {
	case strings.HasPrefix(p, "/v1/downloads"), p == oleria.TokenPath:
		return "oleria"
	case strings.HasPrefix(p, balkanid.Prefix):
		return "balkanid"
	}
	return "sailpoint"
}
