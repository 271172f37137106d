// Package scripted is a server for tests that answers by a script and fails
// the test on any request that the script does not expect. It shares nothing
// with the production code.
package scripted

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
)

// Server holds, for each 'METHOD /path', the answers in their order.
type Server struct {
	URL string

	t    testing.TB
	http *httptest.Server

	mu     sync.Mutex
	script map[string][]http.HandlerFunc
	got    []Request
}

// Request is one that arrived.
type Request struct {
	Route  string // METHOD /path
	Query  string
	Header http.Header
	Body   string
}

// New starts a server. At the end of the test, answers that nobody asked for
// are an error too.
func New(t testing.TB) *Server {
	s := &Server{t: t, script: map[string][]http.HandlerFunc{}}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.http.Config.ErrorLog = nil
	s.URL = s.http.URL
	t.Cleanup(func() {
		s.http.Close()
		if t.Failed() {
			return
		}
		for route, left := range s.script {
			if len(left) > 0 {
				t.Errorf("%d answers to %s were not asked for", len(left), route)
			}
		}
	})
	return s
}

// On adds answers for a route, each given once.
func (s *Server) On(route string, answers ...http.HandlerFunc) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script[route] = append(s.script[route], answers...)
	return s
}

// Times repeats an answer.
func Times(n int, h http.HandlerFunc) []http.HandlerFunc {
	out := make([]http.HandlerFunc, n)
	for i := range out {
		out[i] = h
	}
	return out
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	route := r.Method + " " + r.URL.EscapedPath()
	s.mu.Lock()
	s.got = append(s.got, Request{route, r.URL.RawQuery, r.Header.Clone(), string(body)})
	var answer http.HandlerFunc
	if left := s.script[route]; len(left) > 0 {
		answer, s.script[route] = left[0], left[1:]
	}
	s.mu.Unlock()
	if answer == nil {
		s.t.Errorf("unexpected request %s?%s", route, r.URL.RawQuery)
		w.WriteHeader(http.StatusTeapot) // 4xx: nobody tries again
		return
	}
	answer(w, r)
}

// Requests are those that arrived, of one route or of all for "".
func (s *Server) Requests(route string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Request
	for _, r := range s.got {
		if route == "" || r.Route == route {
			out = append(out, r)
		}
	}
	return out
}

// JSON answers with a value, or with a text that is JSON already.
func JSON(status int, v any) http.HandlerFunc {
	text, ok := v.(string)
	if !ok {
		data, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		text = string(data)
	}
	return Body(status, "application/json", text)
}

// Body answers with bytes.
func Body(status int, contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
}

// Status answers without a body; headers in pairs.
func Status(status int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
	}
}

// Raw answers with these bytes on the wire and hangs up.
func Raw(wire string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		io.WriteString(conn, wire)
	}
}

// Sized answers 200 with a body under a Content-Length that may be wrong.
func Sized(length int, body string) http.HandlerFunc {
	return Raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n%s", length, body))
}

// Reset cuts the connection without an answer.
func Reset(w http.ResponseWriter, r *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset instead of a clean end
	}
	conn.Close()
}

// Token answers as a token endpoint.
func Token(token string, seconds int) http.HandlerFunc {
	return JSON(200, map[string]any{"access_token": token, "token_type": "bearer", "expires_in": seconds})
}

// Drop forgets the answers to a route that are left, but for the last keep.
func (s *Server) Drop(route string, keep int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.script[route]
	s.script[route] = left[max(0, len(left)-keep):]
}
