package faultline

import (
	"math/rand/v2"
	"net"
	"time"
)

// Fault is what a line does to what comes from the host.
type Fault struct {
	upstream bool // to what goes to the host instead
	closes   time.Duration
	passes   func(*pipe, chunk) bool // false ends the connection
	ends     func(*pipe)             // when the host ended it
}

// Upstream is the same fault on the way to the host.
func (f Fault) Upstream() Fault {
	f.upstream = true
	return f
}

// Latency delivers later, by up to jitter more or less.
func Latency(by, jitter time.Duration) Fault {
	return Fault{passes: func(p *pipe, c chunk) bool {
		d := by
		if jitter > 0 {
			d += rand.N(2*jitter) - jitter
		}
		return p.wait(time.Until(c.at.Add(d))) && p.put(c.data)
	}}
}

// Slices delivers in slices of about so many bytes, with a pause after each.
func Slices(size, variation int, pause time.Duration) Fault {
	return Fault{passes: func(p *pipe, c chunk) bool {
		for rest := c.data; len(rest) > 0; {
			n := min(len(rest), size-variation+rand.IntN(2*variation))
			if !p.put(rest[:n]) || !p.wait(pause) {
				return false
			}
			rest = rest[n:]
		}
		return true
	}}
}

// Bandwidth delivers so many kilobytes a second.
func Bandwidth(rate int) Fault {
	return Fault{passes: func(p *pipe, c chunk) bool {
		for rest := c.data; len(rest) > 0; {
			n := min(len(rest), rate*100)
			if !p.wait(time.Duration(n)*time.Millisecond/time.Duration(rate)) || !p.put(rest[:n]) {
				return false
			}
			rest = rest[n:]
		}
		return true
	}}
}

// SlowClose says later that the host ended the connection.
func SlowClose(by time.Duration) Fault {
	return Fault{ends: func(p *pipe) { p.wait(by) }}
}

// Reset resets the connection instead of the first bytes.
func Reset(after time.Duration) Fault {
	reset := func(p *pipe) {
		p.wait(after)
		if to, ok := p.to.(*net.TCPConn); ok {
			to.SetLinger(0)
		}
	}
	return Fault{passes: func(p *pipe, _ chunk) bool { reset(p); return false }, ends: reset}
}

// Silence delivers nothing, and closes the connection after a while of that; 0
// keeps it open.
func Silence(until time.Duration) Fault {
	return Fault{closes: until, passes: func(*pipe, chunk) bool { return true }}
}

// Cut delivers so many bytes and then closes the connection.
func Cut(after int) Fault {
	return Fault{passes: func(p *pipe, c chunk) bool {
		n := max(0, min(len(c.data), after-p.passed))
		return p.put(c.data[:n]) && p.passed < after
	}}
}
