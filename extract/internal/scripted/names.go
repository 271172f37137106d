package scripted

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Names is a resolver that asks one DNS server of this machine. The server knows an IPv4
// address for each of these names and no other name; if known is nil it is silent. It ends
// with the test.
func Names(t testing.TB, known map[string]netip.Addr) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return // the test ended
			}
			if known == nil {
				continue
			}
			a, err := answer(b[:n], known)
			if err == nil {
				_, err = server.WriteTo(a, from)
			}
			if err != nil {
				t.Errorf("DNS: %v", err)
			}
		}
	}()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// answer answers a query for an IPv4 address by that, others by no records, and for names that
// are not known by NXDOMAIN.
func answer(query []byte, known map[string]netip.Addr) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	m.Response, m.Additionals = true, nil
	q := m.Questions[0]
	switch address, ok := known[strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))]; {
	case !ok:
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: address.As4()}}}
	}
	return m.Pack()
}
