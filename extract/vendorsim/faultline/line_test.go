package faultline

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answering is a host that answers each line it gets, and closes on "bye".
func answering(t *testing.T, answer []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for in := make([]byte, 16); ; {
					n, err := c.Read(in)
					if err != nil {
						return
					}
					c.Write(answer)
					if strings.HasPrefix(string(in[:n]), "bye") {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestLine(t *testing.T) {
	answer := bytes.Repeat([]byte("0123456789"), 400) // 4,000 bytes
	quiet := errors.New("still open")
	for name, c := range map[string]struct {
		fault Fault
		got   int
		err   error // at the end of what is got
		least time.Duration
	}{
		"none":                 {got: 4000},
		"latency":              {fault: Latency(100*time.Millisecond, 0), got: 4000, least: 100 * time.Millisecond},
		"jitter":               {fault: Latency(80*time.Millisecond, 20*time.Millisecond), got: 4000, least: 60 * time.Millisecond},
		"slices":               {fault: Slices(500, 100, 20*time.Millisecond), got: 4000, least: 6 * 20 * time.Millisecond},
		"bandwidth":            {fault: Bandwidth(20), got: 4000, least: 200 * time.Millisecond},
		"slow close":           {fault: SlowClose(100 * time.Millisecond), got: 4000, least: 100 * time.Millisecond},
		"reset":                {fault: Reset(0), err: syscall.ECONNRESET},
		"late reset":           {fault: Reset(80 * time.Millisecond), err: syscall.ECONNRESET, least: 80 * time.Millisecond},
		"black hole":           {fault: Silence(0), err: quiet},
		"black hole, upstream": {fault: Silence(0).Upstream(), err: quiet},
		"half-closed":          {fault: Silence(80 * time.Millisecond), least: 80 * time.Millisecond},
		"nothing":              {fault: Cut(0)},
		"cut":                  {fault: Cut(1234), got: 1234},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := New(answering(t, answer))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			conn, err := net.Dial("tcp", l.Address())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			// A whole answer first: the fault comes to a line that is in use.
			io.WriteString(conn, "hello")
			if _, err := io.ReadFull(conn, make([]byte, len(answer))); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if name != "none" {
				l.Break(c.fault)
				l.Break(Cut(1)) // comes too late
			}
			if c.err == quiet || name == "half-closed" {
				io.WriteString(conn, "hello") // the host must not be the one that closes
			} else {
				io.WriteString(conn, "bye")
			}
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			if c.err == quiet {
				conn.SetReadDeadline(time.Now().Add(150 * time.Millisecond))
			}
			got, err := io.ReadAll(conn)
			if late := net.Error(nil); errors.As(err, &late) && late.Timeout() {
				err = quiet
			}
			if !bytes.Equal(got, answer[:c.got]) || !errors.Is(err, c.err) {
				t.Errorf("got %d bytes, error %v; want %d, %v", len(got), err, c.got, c.err)
			}
			if took := time.Since(start); took < c.least {
				t.Errorf("it took %v, want %v at least", took, c.least)
			}
			l.Mend()
			again, err := net.Dial("tcp", l.Address())
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			io.WriteString(again, "bye")
			if got, err := io.ReadAll(again); err != nil || !bytes.Equal(got, answer) {
				t.Errorf("when it is mended: %d bytes, error %v", len(got), err)
			}
		})
	}
}

// A fault that would take a minute does not keep the line from being mended.
func TestLine_mendEndsWhatHangs(t *testing.T) {
	l, err := New(answering(t, []byte("answer")))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.Break(Latency(time.Minute, 0))
	conn, err := net.Dial("tcp", l.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "bye")
	time.Sleep(20 * time.Millisecond)
	l.Mend()
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if got, err := io.ReadAll(conn); len(got) > 0 || errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("got %q, %v", got, err)
	}
}
