//go:build linux

package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/accessmart/accessmart/extract/vendorsim"
)

// delivered tells of the requests to the simulator, but for tokens and polls
// that anything else came of.
func (s *site) delivered() (out []string) {
	idle := false
	for _, r := range s.sim.Requests() {
		line := r.Method + " " + r.Vendor
		if _, offset, ok := strings.Cut(r.Query, "offset="); ok {
			offset, _, _ = strings.Cut(offset, "&")
			line += " from " + offset
		}
		file := strings.HasSuffix(r.Path, "/download")
		if file {
			line += " download"
		}
		switch {
		case strings.Contains(r.Path, "token"), r.Method == "HEAD",
			r.Method == "GET" && !file && (strings.Contains(r.Path, "/v1/downloads/") || strings.Contains(r.Path, "/sp-config/export/")):
			idle = true
		default:
			out = append(out, line)
		}
	}
	if idle && out == nil {
		out = append(out, "tokens or polls")
	}
	return out
}

// A refresh that is killed takes up, when it is run again, what the vendor has
// done for it: a job by its id, a list at its page, and what arrived without a
// word to the vendor.
func TestResume_afterAKill(t *testing.T) {
	t.Parallel()
	const pages = 3
	cases := []struct {
		name     string
		datasets map[string]string
		slow     vendorsim.Rule
		step     string
		nth      int
		want     []string // requests after the restart, but for polls
	}{
		{"Oleria, while the job runs", map[string]string{"oleria": "employees"}, vendorsim.Rule{Vendor: "oleria"}, "request poll", 2,
			[]string{"GET storage"}},
		{"SailPoint, while the job runs", map[string]string{"sailpoint": "config_objects"}, vendorsim.Rule{Vendor: "sailpoint"}, "request poll", 3,
			[]string{"GET sailpoint download"}},
		// Its jobs have no ids, only signed URLs, which are never written down.
		{"BalkanID, while the job runs", map[string]string{"balkanid": "apps"}, vendorsim.Rule{Vendor: "balkanid"}, "request poll", 2,
			[]string{"POST balkanid", "GET storage"}},
		{"a list, before its first page is kept", map[string]string{"sailpoint": "role_insights"}, vendorsim.Rule{}, "request list", 1,
			[]string{"GET sailpoint from 0", "GET sailpoint from 250", "GET sailpoint from 500"}},
		{"a list, after its first page", map[string]string{"sailpoint": "role_insights"}, vendorsim.Rule{}, "part arrived", 1,
			[]string{"GET sailpoint from 250", "GET sailpoint from 500"}},
		{"a list, after its second page", map[string]string{"sailpoint": "role_insights"}, vendorsim.Rule{}, "part arrived", 2,
			[]string{"GET sailpoint from 500"}},
		{"a list, after its last page", map[string]string{"sailpoint": "role_insights"}, vendorsim.Rule{}, "part arrived", pages, nil},
		{"a file, after the download", map[string]string{"balkanid": "apps"}, vendorsim.Rule{}, "part arrived", 1, nil},
		{"all, before loading", map[string]string{"balkanid": "apps", "oleria": "employees", "sailpoint": "config_objects"}, vendorsim.Rule{}, "framed", 1, nil},
		{"all, before publishing", map[string]string{"balkanid": "apps", "oleria": "employees", "sailpoint": "config_objects"}, vendorsim.Rule{}, "copy synced", 1, nil},
		{"all, after publishing", map[string]string{"balkanid": "apps", "oleria": "employees", "sailpoint": "config_objects"}, vendorsim.Rule{}, "published", 1, nil},
	}
	s := newVendorSite(t, vendorsim.Config{Seed: 11, People: 30, RoleInsights: 600, PotentialRoles: -1})
	total, resumed := 0, 0
	for i, c := range cases {
		if !*torture && i%2 == 1 {
			continue
		}
		resumed++
		s.configure(c.datasets)
		s.sim.Advance()
		if c.slow.Vendor != "" {
			c.slow.Fault = vendorsim.SlowJob(5)
			s.sim.Faults(c.slow)
		}
		e := s.run(trap{step: c.step, nth: c.nth, signal: syscall.SIGKILL}, "refresh", "--verbose")
		if !e.killed {
			t.Fatalf("%s: the refresh was not killed: exit %d\n%s", c.name, e.code, e.stderr)
		}
		s.sim.ClearFaults()
		s.look()
		s.forget()
		if e := s.run(trap{}, "refresh"); !finished(e.code) {
			t.Errorf("%s: the next refresh: exit %d\n%s", c.name, e.code, e.stderr)
		}
		got := s.delivered()
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: the next refresh asked for %q, want %q", c.name, got, c.want)
		}
		total += len(got)
		for _, row := range s.ask("select dataset, status from meta.exports where run_id = (select arg_max(run_id, as_of) from meta.runs) and status not in ('loaded', 'unchanged')") {
			t.Errorf("%s: %s was %s", c.name, row[0], row[1])
		}
		if left := s.leftovers(); len(left) > 0 {
			t.Errorf("%s: left behind: %v", c.name, left)
		}
	}
	figure(t, "resumed after a kill", "%d moments, %d requests after the restarts besides tokens and polls", resumed, total)
}
