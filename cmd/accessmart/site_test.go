//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
)

// site is a folder in which the program runs as a process, again and again.
type site struct {
	t        *testing.T
	dir      string
	program  string
	expected []string // names in the folder, besides the program's own
	began    time.Time
	seen     map[string][]string // runs of the files that were looked at, by digest

	// The sources may deliver something else between a kill and the next run
	// that comes to its end. What the killed one had stored, whole, but not yet
	// noted, stays then as an artifact that no export names.
	changes bool

	// A folder of exports tells by itself what must be there.
	folder     *generations
	generation int

	// Beside a site with vendors there is a twin with the same vendors, in
	// which nothing goes wrong: what it holds is what the site must hold.
	sim    *vendorsim.Sim
	server *vendorsim.Server
	twin   *site
	want   map[string]string // what the twin holds
	cost   cost              // of its last refresh
}

// cost is what a refresh asks of the vendors: jobs begun, and files and pages
// delivered.
type cost struct{ jobs, deliveries int }

func newSite(t *testing.T) *site {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &site{t: t, dir: t.TempDir(), program: program, expected: []string{"accessmart.yaml"}, began: time.Now(), seen: map[string][]string{}}
}

// newFolderSite is a site whose source is a folder of exports.
func newFolderSite(t *testing.T) *site {
	g := newGenerations(t)
	g.put("accessmart.yaml", "data: data\nsources:\n  hr: {vendor: balkanid, files: "+filepath.Join(g.dir, "exports")+"}\n")
	s := newSite(t)
	s.dir, s.expected, s.folder = g.dir, append(s.expected, "exports"), g
	return s
}

// newVendorSite is a site with all three vendors, simulated. Its datasets are
// few, but of every kind: jobs with ids and without, signed URLs, lists in
// pages, archives, downloads at once.
func newVendorSite(t *testing.T, cfg vendorsim.Config) *site {
	t.Helper()
	s := newSite(t)
	cfg.Now = time.Now()
	s.sim = vendorsim.New(cfg)
	server, err := s.sim.Start()
	if err != nil {
		t.Fatal(err)
	}
	s.server = server
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	s.configure(map[string]string{
		"oleria":    "employees",
		"sailpoint": "role_mining_sessions, potential_roles, potential_role_identities, config_objects, role_insights, entitlement_changes",
		"balkanid":  "apps, integrations, entitlements",
	})
	return s
}

// configure chooses the datasets of each vendor, none for one that is not named.
func (s *site) configure(datasets map[string]string) {
	head, sources, _ := strings.Cut(simulatedConfig(s.server), "sources:\n")
	text := head + "sources:\n"
	for i, part := range strings.Split("\n"+sources, "    vendor: ") {
		if i == 0 {
			continue
		}
		vendor, keys, _ := strings.Cut(part, "\n")
		if datasets[vendor] == "" {
			continue
		}
		lines := strings.Split(strings.TrimRight(keys, "\n"), "\n")
		lines = slices.DeleteFunc(lines, func(l string) bool { return !strings.HasPrefix(l, "    ") }) // the name of the next source
		text += fmt.Sprintf("  %s:\n    vendor: %[1]s\n    datasets: [%s]\n%s\n", vendor, datasets[vendor], strings.Join(lines, "\n"))
	}
	s.twin = newSite(s.t)
	s.put("accessmart.yaml", text)
	s.twin.put("accessmart.yaml", text)
}

func (s *site) put(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }
func (s *site) database() string        { return s.path("access.duckdb") }

// command is the program as a process of its own, with a trap set where the
// trap is not zero.
func (s *site) command(p trap, args ...string) *exec.Cmd {
	cmd := exec.Command(s.program)
	cmd.Args = append([]string{"accessmart"}, args...)
	if p != (trap{}) {
		cmd.Args[0] = asTrapped
		cmd.Env = append(os.Environ(), trapVariable+"="+p.String())
	}
	cmd.Dir = s.dir
	return cmd
}

func (s *site) run(p trap, args ...string) ended {
	s.t.Helper()
	return finish(s.t, s.command(p, args...))
}

// renew lets the sources deliver something else.
func (s *site) renew() {
	s.t.Helper()
	s.generation++
	if s.folder != nil {
		s.folder.deliver(s.generation)
		return
	}
	s.sim.Advance()
	s.forget()
	if e := s.twin.run(trap{}, "refresh"); !finished(e.code) {
		s.t.Fatalf("the twin: exit %d\n%s", e.code, e.stderr)
	}
	s.cost, s.want = s.asked(), s.twin.look().rows()
}

func (s *site) forget() {
	if s.sim != nil {
		s.sim.ForgetRequests()
	}
}

// asked is what the requests to the simulator cost.
func (s *site) asked() (c cost) {
	if s.sim == nil {
		return c
	}
	for _, r := range s.sim.Requests() {
		switch {
		case r.Method == "POST" && !strings.Contains(r.Path, "token"):
			c.jobs++
		case r.Status/100 == 3: // the file is elsewhere
		case r.Method == "GET" && (r.Vendor == "storage" || strings.HasSuffix(r.Path, "/download") || strings.Contains(r.Query, "offset=")):
			c.deliveries++
		}
	}
	return c
}

// noted is what the data folder holds of an unfinished run: what the next run
// need not ask for.
func (s *site) noted() (c cost) {
	s.t.Helper()
	names, err := filepath.Glob(s.path("data/journal/*.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			s.t.Fatal(err)
		}
		type entry struct {
			JobID   string        `json:"job_id"`
			Arrived *schemas.Part `json:"arrived"`
		}
		parts := map[string]entry{}
		for line := range bytes.Lines(data) {
			var note struct {
				Key   string
				Entry *entry
			}
			if !bytes.HasSuffix(line, []byte("\n")) {
				break // the program was killed while it wrote this
			}
			if err := json.Unmarshal(line, &note); err != nil {
				s.t.Fatalf("%s: %v", name, err)
			}
			switch {
			case note.Entry != nil:
				parts[note.Key] = *note.Entry
			case note.Key != "":
				delete(parts, note.Key)
			}
		}
		for key, p := range parts {
			if p.Arrived != nil {
				c.deliveries++
				if strings.Contains(string(p.Arrived.Request), `"POST"`) {
					c.jobs++
				}
			} else if p.JobID != "" {
				c.jobs++
			} else {
				s.t.Errorf("%s: %s: neither a job nor a part", name, key)
			}
		}
	}
	return c
}

// finished reports whether a run published, whatever of the exports it did not
// get, held or rejected records of.
func finished(code int) bool {
	switch code {
	case exitDone, exitIncomplete, exitHeld, exitRejects, exitRefused, exitUnreachable:
		return true
	}
	return false
}
