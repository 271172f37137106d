package extract

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/accessmart/accessmart/extract/internal/scripted"
)

// Over TLS too, bytes beyond the announced end are seen, and a good body is not.
func TestDownload_overTLS(t *testing.T) {
	const text = "a,b\n1,2\n3,4\n"
	var answers atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answers.Add(1) == 1 {
			scripted.Sized(8, text)(w, r)
			return
		}
		if r.ProtoMajor != 1 {
			t.Error("not HTTP/1.1")
		}
		scripted.Body(200, "text/csv", text)(w, r)
	}))
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	srv.StartTLS()
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	c, _ := newClient(t, Access{BaseURL: srv.URL}, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}})
	s := newStore(t)
	got, err := c.download(context.Background(), s, Fetch{URL: NewSecret(srv.URL + "/a")}, func(int64) {})
	if err != nil || got.Bytes != int64(len(text)) || answers.Load() != 2 {
		t.Errorf("%+v %v after %d answers", got, err, answers.Load())
	}
}

func TestDownload_contentEncoding(t *testing.T) {
	const text = "a,b\n1,2\n"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, text)
	z.Close()
	for name, tc := range map[string]struct{ encoding, wire, want, err string }{
		"gzip by the transport is undone":   {"gzip", packed.String(), text, ""},
		"gzip by itself stays":              {"", packed.String(), packed.String(), ""},
		"a header that claims gzip falsely": {"gzip", text, text, ""},
		"an encoding nobody asked for":      {"br", text, "", "content encoding"},
		"a gzip that breaks":                {"gzip", packed.String()[:packed.Len()-9] + "123456789", "", "corrupt"},
	} {
		t.Run(name, func(t *testing.T) {
			s := scripted.New(t)
			answer := func(w http.ResponseWriter, r *http.Request) {
				if tc.encoding != "" {
					w.Header().Set("Content-Encoding", tc.encoding)
				}
				scripted.Body(200, "text/csv", tc.wire)(w, r)
			}
			times := 1
			if name == "a gzip that breaks" {
				times = maxTries
			}
			s.On("GET /f", scripted.Times(times, answer)...)
			c, _ := newClient(t, Access{BaseURL: s.URL}, nil)
			store := newStore(t)
			got, err := c.download(context.Background(), store, Fetch{Request: Request{Method: "GET", Path: "/f", Accept: "text/csv"}}, func(int64) {})
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("got %v", err)
				}
				return
			}
			data, _ := store.read(got.SHA, 1<<20)
			if err != nil || string(data) != tc.want {
				t.Errorf("%q %v", data, err)
			}
		})
	}
}

func TestDownload_gzipBomb(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.Copy(z, io.LimitReader(zeros{}, 64<<20))
	z.Close()
	s := scripted.New(t)
	s.On("GET /f", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		scripted.Body(200, "text/csv", packed.String())(w, r)
	})
	c, _ := newClient(t, Access{BaseURL: s.URL, Limits: Limits{MaxBytes: 1 << 20}}, nil)
	if _, err := c.download(context.Background(), newStore(t), Fetch{Request: Request{Method: "GET", Path: "/f"}}, func(int64) {}); err == nil || !strings.Contains(err.Error(), "max_bytes") {
		t.Errorf("got %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); p[0] = 'a'; return len(p), nil }
