package vendorsim

import (
	"slices"
	"sync"
)

// Request is one line of the request log. It holds no credential, no query
// string of a signed URL and no body.
type Request struct {
	N             int    // order of arrival, from 1
	Vendor        string // oleria, sailpoint, balkanid or storage
	Method, Path  string
	Query         string // empty for storage and tokens
	Dataset       string
	Authorization bool // the header was there
	APIKey        bool // both key headers were there
	Experimental  bool // SailPoint's header was 'true'
	Status        int  // 0: the connection was dropped before a status
	Bytes         int  // of the body, as it should have been sent
	Fault         string
}

type requestLog struct {
	mu   sync.Mutex
	list []Request
}

// Requests is the log so far, in order of arrival.
func (s *Sim) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.list)
}

// CountRequests counts the log's lines of a vendor and method whose path
// matches the glob; empty matches any.
func (s *Sim) CountRequests(vendor, method, pathGlob string) int {
	n := 0
	for _, r := range s.Requests() {
		if (vendor == "" || r.Vendor == vendor) && (method == "" || r.Method == method) && glob(pathGlob, r.Path) {
			n++
		}
	}
	return n
}

// ForgetRequests empties the log.
func (s *Sim) ForgetRequests() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.list = nil
}

func (l *requestLog) arrive(r Request) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.N = len(l.list) + 1
	l.list = append(l.list, r)
	return r.N
}

func (l *requestLog) finish(n, status, size int, fault string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > len(l.list) { // the log was emptied meanwhile
		return
	}
	e := &l.list[n-1]
	e.Status, e.Bytes, e.Fault = status, size, fault
}
