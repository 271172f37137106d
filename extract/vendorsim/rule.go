package vendorsim

import (
	"path"
	"strings"
	"sync"
)

// Rule says which requests a fault hits. An empty field matches anything.
type Rule struct {
	Vendor  string // oleria, sailpoint, balkanid, or storage for signed URLs
	Method  string
	Path    string // glob over the whole path; '*' also crosses slashes
	Dataset string // glob over the dataset asked for: oleria.employees, balkanid.*
	Skip    int    // matching requests let through first
	Times   int    // requests hit after those; 0 means one, negative for ever
	Fault   Fault
}

type faultBook struct {
	mu    sync.Mutex
	rules []*ruleUse
}

type ruleUse struct {
	Rule
	seen int
}

// Faults adds rules. The first rule that hits a request wins, except that a
// fault of a job and a fault of the request that starts it can both apply.
func (s *Sim) Faults(rules ...Rule) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, r := range rules {
		for _, glob := range []string{r.Path, r.Dataset} {
			if _, err := path.Match(flat(glob), ""); err != nil {
				panic("vendorsim: bad glob " + glob)
			}
		}
		s.faults.rules = append(s.faults.rules, &ruleUse{Rule: r})
	}
}

// ClearFaults forgets all rules.
func (s *Sim) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.rules = nil
}

// hits counts the request against each matching rule and gives the faults that
// apply: at most one of the job and one of the request.
func (b *faultBook) hits(vendor, method, urlPath, dataset string, starts bool) (onJob, onRequest *Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, u := range b.rules {
		if u.Fault.job != nil && !starts || !u.matches(vendor, method, urlPath, dataset) {
			continue
		}
		slot := &onRequest
		if u.Fault.job != nil {
			slot = &onJob
		}
		if *slot == nil && u.due() {
			*slot = &u.Fault
		}
	}
	return onJob, onRequest
}

func (u *ruleUse) matches(vendor, method, urlPath, dataset string) bool {
	return (u.Vendor == "" || u.Vendor == vendor) && (u.Method == "" || u.Method == method) &&
		glob(u.Path, urlPath) && glob(u.Dataset, dataset)
}

// due counts one more matching request and says whether it is to be hit.
func (u *ruleUse) due() bool {
	u.seen++
	times := u.Times
	if times == 0 {
		times = 1
	}
	return u.seen > u.Skip && (times < 0 || u.seen <= u.Skip+times)
}

// flat hides slashes from path.Match, so that '*' crosses them.
func flat(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

func glob(pattern, s string) bool {
	if pattern == "" {
		return true
	}
	ok, err := path.Match(flat(pattern), flat(s))
	return ok && err == nil
}
