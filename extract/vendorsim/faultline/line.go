// Package faultline is a line between a program and a host that can be slow or
// broken: a proxy for TCP that delays, slices, cuts and swallows what it passes
// on. It is for tests.
package faultline

import (
	"net"
	"sync"
	"time"
)

// Line is a proxy in front of one address.
type Line struct {
	upstream string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	fault   *Fault
	changed chan struct{} // closed when the fault becomes another one
	links   map[*link]bool
}

// New puts a line in front of an address.
func New(upstream string) (*Line, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Line{upstream: upstream, listener: listener, changed: make(chan struct{}), links: map[*link]bool{}}
	l.running.Go(l.accept)
	return l, nil
}

// Address is where the line begins.
func (l *Line) Address() string { return l.listener.Addr().String() }

// Break makes the line faulty, connections that are open included. A line that
// is faulty already stays as it is.
func (l *Line) Break(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil {
		l.set(&f)
	}
}

// Mend ends the fault, and the connections that had it.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault != nil {
		l.set(nil)
		l.hangUp()
	}
}

// Close ends the line and all its connections, and waits for them.
func (l *Line) Close() {
	l.mu.Lock()
	l.closed = true
	l.listener.Close()
	l.hangUp()
	l.mu.Unlock()
	l.running.Wait()
}

func (l *Line) set(f *Fault) {
	l.fault = f
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *Line) hangUp() {
	for k := range l.links {
		k.hangUp()
	}
	clear(l.links)
}

// now is the fault that the line has in a direction.
func (l *Line) now(up bool) (f *Fault, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault != nil && l.fault.upstream == up {
		return l.fault, l.changed
	}
	return nil, l.changed
}

func (l *Line) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.running.Go(func() { l.connect(client) })
	}
}

// connect serves one connection to its end.
func (l *Line) connect(client net.Conn) {
	defer client.Close()
	host, err := net.Dial("tcp", l.upstream)
	if err != nil {
		return
	}
	defer host.Close()
	k := &link{client: client, host: host, over: make(chan struct{})}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.links[k] = true
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.links, k)
		l.mu.Unlock()
	}()
	var both sync.WaitGroup
	for _, p := range []*pipe{{from: client, to: host, up: true}, {from: host, to: client}} {
		p.line, p.over, p.chunks, p.done = l, k.over, make(chan chunk, 64), make(chan struct{})
		both.Go(p.read)
		both.Go(p.write)
	}
	both.Wait()
}

// link is one connection from end to end.
type link struct {
	client, host net.Conn
	over         chan struct{} // closed when the line hung up
}

func (k *link) hangUp() {
	close(k.over)
	k.client.Close()
	k.host.Close()
}

// pipe is one direction of a connection.
type pipe struct {
	line     *Line
	from, to net.Conn
	up       bool
	chunks   chan chunk
	over     <-chan struct{} // of the link
	done     chan struct{}   // closed when nothing is passed on any more

	fault  *Fault
	passed int // bytes since the line had this fault
}

// chunk is what one reading got, and when.
type chunk struct {
	data []byte
	at   time.Time
}

func (p *pipe) read() {
	defer close(p.chunks)
	for {
		data := make([]byte, 32<<10)
		n, err := p.from.Read(data)
		if n > 0 {
			select {
			case p.chunks <- chunk{data[:n], time.Now()}:
			case <-p.done:
			}
		}
		if err != nil {
			return
		}
	}
}

// write passes on what was read, as the fault of the moment says, and closes
// the other end: its own reader then ends as well.
func (p *pipe) write() {
	defer p.to.Close()
	defer close(p.done)
	for {
		f, changed := p.line.now(p.up)
		var end <-chan time.Time
		if f != nil && f.closes > 0 {
			end = time.After(f.closes)
		}
		select {
		case c, open := <-p.chunks:
			if f, _ = p.line.now(p.up); f != p.fault {
				p.fault, p.passed = f, 0
			}
			switch {
			case f != nil && !open && f.ends != nil:
				f.ends(p)
				return
			case !open:
				return
			case f != nil && f.passes != nil:
				if !f.passes(p, c) {
					return
				}
			case !p.put(c.data):
				return
			}
		case <-changed:
		case <-end:
			return
		case <-p.over:
			return
		}
	}
}

// put passes bytes on.
func (p *pipe) put(data []byte) bool {
	n, err := p.to.Write(data)
	p.passed += n
	return err == nil
}

// wait reports whether the connection still is there after a while.
func (p *pipe) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.over:
		return false
	}
}
