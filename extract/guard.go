package extract

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// guard decides to which addresses a vendor's links and redirects may lead. A
// name says nothing of that: it is judged when it is resolved, at each dial.
// The vendor's own hosts, which the user configured, may be anywhere.
type guard struct {
	local   bool // the vendor is on this machine, and so may be its files
	private bool // the configuration allows addresses of private networks

	mu     sync.Mutex
	own    map[string]bool  // host:port that is dialled freely: the vendor's own and proxies
	judged map[string]error // names that a proxy was to resolve
}

func newGuard(a Access, base *url.URL) *guard {
	g := &guard{local: loopback(base.Hostname()), private: a.Limits.PrivateAddresses, own: map[string]bool{}, judged: map[string]error{}}
	g.allow(base)
	return g
}

func (g *guard) allow(u *url.URL) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.own[hostPort(u)] = true
}

func (g *guard) allows(address string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.own[strings.ToLower(address)]
}

func hostPort(u *url.URL) string {
	port := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	return strings.ToLower(net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)))
}

// install puts the guard into a transport. standard says that the transport's
// way to dial is the usual one, which can be asked before it connects.
func (g *guard) install(t *http.Transport, standard bool) {
	free := t.DialContext
	if free == nil {
		free = (&net.Dialer{}).DialContext
	}
	guarded := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := free(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if err := g.check(conn.RemoteAddr().String()); err != nil {
			conn.Close()
			return nil, err
		}
		return conn, nil
	}
	if standard {
		guarded = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second,
			ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error { return g.check(address) }}).DialContext
	}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if g.allows(address) {
			return free(ctx, network, address)
		}
		return guarded(ctx, network, address)
	}
	if proxy := t.Proxy; proxy != nil {
		t.Proxy = func(r *http.Request) (*url.URL, error) {
			u, err := proxy(r)
			if err != nil || u == nil {
				return u, err
			}
			g.allow(u)
			return u, g.behind(r.Context(), r.URL)
		}
	}
}

// check judges an address that is about to be connected to.
func (g *guard) check(address string) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return misled("an address that cannot be read", false)
	}
	return g.judge(a.Addr())
}

func (g *guard) judge(a netip.Addr) error {
	what, private := kindOf(a)
	switch {
	case what == "", private && g.private, what == thisMachine && g.local:
		return nil
	}
	return misled(what, private)
}

// behind judges a URL that a proxy is asked for, as well as can be from this
// side: what it says itself, and what its name means here, if anything.
func (g *guard) behind(ctx context.Context, u *url.URL) error {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if g.allows(hostPort(u)) {
		return nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return g.judge(a)
	}
	switch last := host[strings.LastIndexByte(host, '.')+1:]; {
	case host == "localhost" || strings.HasSuffix(host, ".localhost"):
		return g.judge(netip.IPv6Loopback())
	case last == "" || last[0] >= '0' && last[0] <= '9': // 127.1, 0x7f000001, 2130706433
		return misled("an address in a form that is not plain", false)
	}
	g.mu.Lock()
	err, known := g.judged[host]
	g.mu.Unlock()
	if known {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // behind a proxy there may be no names at all
	defer cancel()
	found, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for _, a := range found {
		if err = g.judge(a); err != nil {
			break
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.judged[host] = err
	return err
}

// misled is the error for a link to where none may lead; its step is not known
// yet. It does not say the address.
func misled(what string, private bool) *Error {
	e := &Error{Failure: schemas.FailureVendor, What: "the vendor's link or redirect leads to " + what,
		Hint: "nothing was sent; ask the vendor, and look for who may have changed the name's address"}
	if private {
		e.Hint = "nothing was sent; if the vendor's files are in your own network, set private_addresses: true at the source"
	}
	return e
}

// thisMachine is what loopback addresses are.
const thisMachine = "this machine"

// nowhere are networks to which no link may lead, and inside those that it may
// only where the configuration says so.
var (
	nowhere = networks("0.0.0.0/8 this machine or none", "::/128 this machine or none", "127.0.0.0/8 "+thisMachine, "::1/128 "+thisMachine,
		"169.254.0.0/16 a link-local address", "fe80::/10 a link-local address", "224.0.0.0/4 a multicast address", "ff00::/8 a multicast address",
		"240.0.0.0/4 a reserved address", "2001::/32 a tunnel",
		// Where clouds keep the credentials of their machines, beside 169.254.169.254.
		"fd00:ec2::254/128 a metadata service", "100.100.100.200/32 a metadata service", "192.0.0.192/32 a metadata service", "168.63.129.16/32 a metadata service")
	inside = networks("10.0.0.0/8 a private address", "172.16.0.0/12 a private address", "192.168.0.0/16 a private address", "100.64.0.0/10 a private address",
		"192.0.0.0/24 a private address", "198.18.0.0/15 a private address", "fc00::/7 a private address", "fec0::/10 a private address", "64:ff9b:1::/48 a private address")
)

type network struct {
	netip.Prefix
	what string
}

func networks(lines ...string) (out []network) {
	for _, line := range lines {
		prefix, what, _ := strings.Cut(line, " ")
		out = append(out, network{netip.MustParsePrefix(prefix), what})
	}
	return out
}

// kindOf says what an address is, "" for one of the internet.
func kindOf(a netip.Addr) (what string, private bool) {
	a = plainAddr(a)
	for _, n := range nowhere {
		if n.Contains(a) {
			return n.what, false
		}
	}
	for _, n := range inside {
		if n.Contains(a) {
			return n.what, true
		}
	}
	return "", false
}

// plainAddr is the address that another one leads to: IPv4 in IPv6 (mapped,
// compatible, NAT64, 6to4), without the zone.
func plainAddr(a netip.Addr) netip.Addr {
	a = a.WithZone("").Unmap()
	if !a.Is6() {
		return a
	}
	b := a.As16()
	four := func(at int) netip.Addr { return netip.AddrFrom4([4]byte(b[at : at+4])) }
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a):
		return four(12)
	case netip.MustParsePrefix("2002::/16").Contains(a):
		return four(2)
	case netip.MustParsePrefix("::/96").Contains(a) && (b[12] != 0 || b[13] != 0): // not :: and ::1
		return four(12)
	}
	return a
}
