//go:build linux

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load/database/read"
)

// holding is what is in the published file.
type holding struct {
	site   *site
	digest string   // of the file itself, "" where there is none
	runs   []string // oldest first
}

// look opens the published file as a reader does, and checks that its ledger
// fits, once for each content. It is an error of the test when that does not work.
func (s *site) look() holding {
	s.t.Helper()
	h := holding{site: s}
	data, err := os.ReadFile(s.database())
	if os.IsNotExist(err) {
		return h
	}
	if err != nil {
		s.t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	h.digest = hex.EncodeToString(sum[:])
	if runs, seen := s.seen[h.digest]; seen {
		h.runs = runs
		return h
	}
	for _, row := range s.ask("select run_id, chain_hash is distinct from meta.chain_hash_of(run_id) from meta.runs order by as_of") {
		h.runs = append(h.runs, row[0])
		if row[1] != "false" {
			s.t.Errorf("the hash of run %s does not fit", row[0])
		}
	}
	s.seen[h.digest] = h.runs
	return h
}

// ask runs queries of two columns.
func (s *site) ask(queries ...string) (out [][2]string) {
	s.t.Helper()
	r, err := read.Open(s.t.Context(), s.database())
	if err != nil {
		s.t.Fatalf("the published file cannot be opened: %v", err)
	}
	defer r.Close()
	for _, q := range queries {
		a, err := r.Query(s.t.Context(), q)
		if err != nil {
			s.t.Fatalf("the published file cannot be read: %v", err)
		}
		for row, err := range a.All() {
			if err != nil {
				s.t.Fatalf("the published file cannot be read: %v", err)
			}
			out = append(out, [2]string{row[0].Text, row[1].Text})
		}
		a.Close()
	}
	return out
}

// rows tells of each table how many current rows it has and their hash,
// without what tells one run from another.
func (h holding) rows() map[string]string {
	h.site.t.Helper()
	var each []string
	for _, table := range h.site.ask("select schema_name || '.' || table_name, '' from duckdb_tables() where schema_name in ('main', 'observed', 'oleria', 'sailpoint', 'balkanid')") {
		each = append(each, fmt.Sprintf(`select '%s', concat_ws(' ', count(*), sha256(coalesce(string_agg(t::varchar, chr(10) order by t::varchar), '')))
			from (select columns(c -> c not in ('_valid_from', 'first_seen_at', '_artifact', '_record', 'exported_at')) from %[1]s) t`, table[0]))
	}
	out := map[string]string{}
	for _, row := range h.site.ask(each...) {
		out[row[0]] = row[1]
	}
	return out
}

// checkComplete checks that the file holds what the sources deliver, all of it.
func (s *site) checkComplete(what string) {
	s.t.Helper()
	for _, row := range s.ask("select dataset, concat_ws(': ', status, error) from meta.exports where run_id = (select arg_max(run_id, as_of) from meta.runs) and status not in ('loaded', 'unchanged')") {
		s.t.Errorf("%s: %s was %s", what, row[0], row[1])
	}
	if s.folder != nil {
		if n, err := s.folder.state(s.t.Context()); err != nil || n != s.generation {
			s.t.Fatalf("%s: the file holds generation %d, want %d: %v", what, n, s.generation, err)
		}
		return
	}
	got := s.look().rows()
	for _, name := range slices.Sorted(maps.Keys(s.want)) {
		if got[name] != s.want[name] {
			s.t.Errorf("%s: table %s: %s, undisturbed %s", what, name, got[name], s.want[name])
		}
	}
	if len(got) != len(s.want) {
		s.t.Errorf("%s: %d tables, undisturbed %d", what, len(got), len(s.want))
	}
}

// leftovers are the files that a finished refresh must not leave.
func (s *site) leftovers() (out []string) {
	s.t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(append([]string{"access.duckdb", "access.duckdb.lock", "data"}, s.expected...), e.Name()) {
			out = append(out, e.Name())
		}
	}
	store, err := extract.OpenStore(s.path("data"))
	if err != nil {
		s.t.Fatal(err)
	}
	used, arrived := s.used(store), map[string]bool{}
	for a, err := range store.Artifacts() {
		if err != nil {
			s.t.Fatal(err)
		}
		arrived[filepath.Join("data", "artifacts", a.SHA[:2], a.SHA+".zst")] = true
		if !used[a.SHA] && !s.changes {
			out = append(out, "artifact of no export: "+a.SHA)
		}
	}
	err = filepath.WalkDir(s.path("data"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ = filepath.Rel(s.dir, name)
		manifest, _ := filepath.Match("data/runs/*/*.json", name)
		if !arrived[name] && !manifest && name != "data/lock" {
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// used are the artifacts that manifests name.
func (s *site) used(store *extract.Store) map[string]bool {
	s.t.Helper()
	used := map[string]bool{}
	runs, err := store.Runs()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, run := range runs {
		exports, err := store.Exports(run)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range exports {
			for _, p := range e.Parts {
				used[p.Artifact] = true
			}
		}
	}
	return used
}
