package vendorsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Server speaks the three vendors' protocols on loopback. Signed URLs point to
// a listener of their own, StorageURL, as they point to another host in life.
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
	servers []*http.Server
	serving sync.WaitGroup

	mu     sync.Mutex
	tokens map[string]*token
	jobs   map[string]*job
	blobs  map[string]*blob
	issued int
	asked  map[string]int // jobs begun, by request
	spilt  []string       // tokens and signatures handed out
}

// Start serves each vendor on a port of its own, chosen by the system.
func (s *Sim) Start() (*Server, error) {
	sv := s.server()
	for vendor, set := range map[string]func(string){
		"oleria":    func(u string) { sv.OleriaURL, sv.OleriaTokenURL = u, u+oleriaTokenPath },
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
	sv.OleriaURL, sv.OleriaTokenURL, sv.SailPointURL, sv.BalkanIDURL = u, u+oleriaTokenPath, u, u
	if sv.StorageURL, err = sv.serve(net.JoinHostPort(host, "0"), func(*http.Request) string { return "storage" }); err != nil {
		return nil, errors.Join(err, sv.Close())
	}
	return sv, nil
}

func (s *Sim) server() *Server {
	return &Server{
		OleriaClientID: "oleria-client", OleriaClientSecret: "CANARY-oleria-client-secret",
		Audience: "https://devx.example.oleria.example.com", Scope: "ClientCredentialsReadOnly",
		SailPointClientID: "5f2b9c1e0d3a4e76", SailPointClientSecret: "CANARY-sailpoint-client-secret",
		BalkanIDKeyID: "balkan-key-1", BalkanIDKeySecret: "CANARY-balkanid-key-secret",
		sim: s, tokens: map[string]*token{}, jobs: map[string]*job{}, blobs: map[string]*blob{}, asked: map[string]int{},
	}
}

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
	sv.mu.Lock()
	defer sv.mu.Unlock()
	return append([]string{sv.OleriaClientSecret, sv.SailPointClientSecret, sv.BalkanIDKeySecret}, slices.Clone(sv.spilt)...)
}

type vendorKey struct{}

func vendorOf(r *http.Request) string {
	v, _ := r.Context().Value(vendorKey{}).(string)
	return v
}

// call is a request with what the simulator found out about it.
type call struct {
	*http.Request
	vendor  string
	body    []byte
	dataset string
	starts  bool // begins a job
	onJob   *Fault
	now     *snapshot
}

// handle lets the vendor answer, unless a fault comes between.
func (sv *Server) handle(w http.ResponseWriter, r *http.Request) {
	c := &call{Request: r, vendor: vendorOf(r), now: sv.sim.now()}
	c.body, _ = io.ReadAll(io.LimitReader(r.Body, 1<<20))
	sv.classify(c)
	onJob, fault := sv.sim.faults.hits(c.vendor, r.Method, r.URL.Path, c.dataset, c.starts)
	c.onJob = onJob
	n := sv.sim.log.arrive(logLine(c))
	name := ""
	if onJob != nil {
		name = onJob.name
	}
	if fault != nil {
		name = fault.name
		if fault.before != nil {
			sv.sim.log.finish(n, 0, 0, name)
			if a := fault.before(sv, w, r); a != nil {
				sv.sim.log.finish(n, a.status, len(a.body), name)
				a.send(w, r)
				return
			}
		}
	}
	a := sv.answer(c)
	sv.sim.log.finish(n, a.status, len(a.body), name)
	if fault != nil && fault.send != nil {
		fault.send(w, r, a)
		return
	}
	a.send(w, r)
}

func logLine(c *call) Request {
	h := c.Header
	line := Request{
		Vendor: c.vendor, Method: c.Method, Path: c.URL.Path, Dataset: c.dataset,
		Authorization: h.Get("Authorization") != "", APIKey: h.Get("X-Api-Key-ID") != "" && h.Get("X-Api-Key-Secret") != "",
		Experimental: h.Get("X-SailPoint-Experimental") == "true",
	}
	if c.vendor != "storage" && c.URL.Path != sailpointTokenPath {
		line.Query = c.URL.RawQuery
	}
	return line
}

func (sv *Server) answer(c *call) *answer {
	switch c.vendor {
	case "oleria":
		return sv.oleria(c)
	case "sailpoint":
		return sv.sailpoint(c)
	case "balkanid":
		return sv.balkanid(c)
	}
	return sv.storage(c)
}

// classify finds the dataset that a request is about, for rules and the log.
func (sv *Server) classify(c *call) {
	switch c.vendor {
	case "oleria":
		sv.classifyOleria(c)
	case "sailpoint":
		classifySailPoint(c)
	case "balkanid":
		classifyBalkanID(c)
	case "storage":
		if b := sv.blobAt(c.URL.Path); b != nil {
			c.dataset = b.dataset
		}
	}
}

func jsonAnswer(status int, v any) *answer {
	return respond(status, "application/json", string(compactJSON(v)))
}

func (a *answer) with(header http.Header) *answer {
	maps.Copy(a.header, header)
	return a
}

// vendorByPath tells the vendors apart where they share an address.
func vendorByPath(r *http.Request) string {
	p := r.URL.Path
	switch {
	case strings.HasPrefix(p, "/v1/downloads"), p == oleriaTokenPath:
		return "oleria"
	case strings.HasPrefix(p, balkanidPrefix):
		return "balkanid"
	}
	return "sailpoint"
}
