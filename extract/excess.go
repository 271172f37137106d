package extract

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// errExcess: the server sent more bytes than its Content-Length says. HTTP
// cuts the body there without a word, and a CSV that is cut between two
// records would read as a shorter list.
var errExcess = errors.New("the server sent more bytes than it announced; the file may be cut")

// countingTransport is a transport for bodies that must be known to be whole. Each
// request has its own HTTP/1.1 connection, on which the bytes are counted:
// what follows the announced end of the body is seen instead of dropped.
// Through a proxy for https the count is not possible and left out.
type countingTransport struct{ t *http.Transport }

func newCountingTransport(t *http.Transport) *countingTransport {
	t.DisableCompression = true
	t.DisableKeepAlives = true
	t.ForceAttemptHTTP2 = false
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	dial := t.DialContext
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second}).DialContext
	}
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return counted(dial(ctx, network, addr))
	}
	conf := t.TLSClientConfig
	t.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return counted(dialTLS(ctx, dial, conf, network, addr))
	}
	return &countingTransport{t}
}

func dialTLS(ctx context.Context, dial func(context.Context, string, string) (net.Conn, error), conf *tls.Config, network, addr string) (net.Conn, error) {
	raw, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if conf == nil {
		conf = &tls.Config{}
	}
	conf = conf.Clone()
	conf.NextProtos = []string{"http/1.1"}
	if conf.ServerName == "" {
		conf.ServerName, _, _ = net.SplitHostPort(addr)
	}
	conn := tls.Client(raw, conf)
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

func counted(c net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: c, closed: make(chan struct{})}, nil
}

func (w *countingTransport) CloseIdleConnections() { w.t.CloseIdleConnections() }

func (w *countingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	var conn *countedConn
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { conn, _ = i.Conn.(*countedConn) }})
	resp, err := w.t.RoundTrip(req.WithContext(ctx))
	if err != nil || conn == nil || resp.ContentLength <= 0 || req.Method == http.MethodHead {
		return resp, err
	}
	conn.announce(resp.ContentLength)
	resp.Body = &countedBody{resp.Body, conn}
	return resp, nil
}

type countedBody struct {
	io.ReadCloser
	conn *countedConn
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF && b.conn.excess() {
		return n, errExcess
	}
	return n, err
}

// lastLook is how long a connection is asked for a byte beyond the end. A
// server that was told to close does so at once.
const lastLook = 200 * time.Millisecond

// countedConn counts the bytes of one response.
type countedConn struct {
	net.Conn
	once   sync.Once
	closed chan struct{}

	mu    sync.Mutex
	head  []byte // until the end of the header is found
	body  int64  // bytes after the header
	found bool
	want  int64 // Content-Length, 0 until known
	more  bool
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.mu.Lock()
		c.count(p[:n])
		c.mu.Unlock()
	}
	return n, err
}

func (c *countedConn) count(p []byte) {
	if c.found {
		c.body += int64(len(p))
		return
	}
	c.head = append(c.head, p...)
	for {
		i := bytes.Index(c.head, []byte("\r\n\r\n"))
		if i < 0 {
			return
		}
		informational := bytes.HasPrefix(c.head, []byte("HTTP/1.1 1"))
		c.head = c.head[i+4:]
		if !informational {
			c.found, c.body, c.head = true, int64(len(c.head)), nil
			return
		}
	}
}

func (c *countedConn) announce(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.want = n
}

// Close looks once more before it closes: the transport reads a body to its
// announced end and not one byte further.
func (c *countedConn) Close() error {
	var err error
	c.once.Do(func() {
		defer close(c.closed)
		c.mu.Lock()
		atEnd := c.found && c.want > 0 && c.body == c.want
		c.mu.Unlock()
		if atEnd {
			_ = c.Conn.SetReadDeadline(time.Now().Add(lastLook)) // without it Close comes next anyway
			n, _ := c.Conn.Read(make([]byte, 1))
			c.mu.Lock()
			c.more = n > 0
			c.mu.Unlock()
		}
		err = c.Conn.Close()
	})
	return err
}

// excess reports, after the end of the body, whether more bytes came.
func (c *countedConn) excess() bool {
	select {
	case <-c.closed:
	case <-time.After(5 * lastLook): // the transport kept it open: judge by what came
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.more || c.found && c.want > 0 && c.body > c.want
}
