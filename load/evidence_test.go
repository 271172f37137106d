package load

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/evidence"
	"github.com/accessmart/accessmart/load/ledger"
)

// evidenceRequest is one for a control that asks for grants and for reports that no grant answers.
func evidenceRequest(t *testing.T, at time.Time) evidence.Request {
	t.Helper()
	controls, err := evidence.Choose([]string{"soc2:cc6.1"})
	if err != nil {
		t.Fatal(err)
	}
	return evidence.Request{Controls: controls, AsOf: at, Program: "test", DuckDB: "test", CSV: func(out io.Writer, rows *read.Rows) (n int, err error) {
		w := csv.NewWriter(out)
		header := make([]string, len(rows.Columns))
		for i, c := range rows.Columns {
			header[i] = c.Name
		}
		if err := w.Write(header); err != nil {
			return 0, err
		}
		for row, err := range rows.All() {
			if err != nil {
				return n, err
			}
			cells := make([]string, len(row))
			for i, v := range row {
				cells[i] = v.Text
			}
			if err := w.Write(cells); err != nil {
				return n, err
			}
			n++
		}
		w.Flush()
		return n, w.Error()
	}}
}

// pack is a pack of the file as of a moment; the zero one is its last run.
func (s *site) pack(at time.Time) ([]byte, *evidence.Manifest, error) {
	s.t.Helper()
	f, err := read.Open(s.t.Context(), s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	var out bytes.Buffer
	m, err := evidence.Make(s.t.Context(), f, evidenceRequest(s.t, at), &out)
	if closed := f.Close(); closed != nil {
		s.t.Error(closed)
	}
	return out.Bytes(), m, err
}

func (s *site) mustPack(at time.Time) ([]byte, *evidence.Manifest) {
	s.t.Helper()
	data, m, err := s.pack(at)
	if err != nil {
		s.t.Fatal(err)
	}
	return data, m
}

// found are the findings about a pack, and of the file if compare is true, one a line.
func (s *site) found(data []byte, compare bool) string {
	s.t.Helper()
	p, err := evidence.Verify(s.t.Context(), bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err.Error()
	}
	if compare {
		f, err := read.Open(s.t.Context(), s.path)
		if err != nil {
			s.t.Fatal(err)
		}
		_, err = p.Agrees(s.t.Context(), f, evidenceRequest(s.t, time.Time{}))
		if err := errors.Join(err, f.Close()); err != nil {
			s.t.Fatal(err)
		}
	}
	var lines []string
	for _, found := range p.Findings {
		lines = append(lines, found.Member+" "+found.What)
	}
	return strings.Join(lines, "\n")
}

// remade is a pack with members that change gave, in order of the pack: none for one that is gone.
func remade(t *testing.T, pack []byte, change func(name string, data []byte) map[string][]byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		for name, data := range change(f.Name, data) {
			m, err := w.Create(name)
			if err == nil {
				_, err = m.Write(data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Each way to change a pack is told with the member that it is about.
func TestEvidence_tamperedWith(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a read", "b read"))
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "b read", "c write"))
	pack, m := s.mustPack(time.Time{})
	if again, _ := s.mustPack(time.Time{}); !bytes.Equal(pack, again) {
		t.Error("the same file makes other bytes")
	}
	if got := s.found(pack, true); got != "" {
		t.Errorf("nobody changed it: %s", got)
	}
	keep := func(name string, data []byte) map[string][]byte { return map[string][]byte{name: data} }
	if got := s.found(remade(t, pack, keep), true); got != "" {
		t.Errorf("packed anew: %s", got)
	}
	if got := s.found(slices.Concat([]byte("PK\x03\x04 and more"), pack), false); got != "the archive has bytes before its first member" {
		t.Errorf("bytes before it: %q", got)
	}
	if got := s.found(slices.Concat(pack, []byte("more")), false); got != "the archive has bytes behind its end" {
		t.Errorf("bytes behind it: %q", got)
	}
	names := []string{"manifest.json.sha256"}
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	for _, name := range names {
		about := name
		if name == "manifest.json.sha256" {
			about = "manifest.json"
		}
		got := s.found(remade(t, pack, func(n string, data []byte) map[string][]byte {
			if n == name {
				data[len(data)/2] ^= 1
			}
			return keep(n, data)
		}), false)
		if !strings.HasPrefix(got, about+" was changed") {
			t.Errorf("%s changed: %q", name, got)
		}
		longer := s.found(remade(t, pack, func(n string, data []byte) map[string][]byte {
			if n == name {
				data = append(data, '\n')
			}
			return keep(n, data)
		}), false)
		if !strings.HasPrefix(longer, about+" was changed") {
			t.Errorf("%s with a line more: %q", name, longer)
		}
		got = s.found(remade(t, pack, func(n string, data []byte) map[string][]byte {
			if n == name {
				return nil
			}
			return keep(n, data)
		}), false)
		if !strings.HasPrefix(got, name+" was removed") {
			t.Errorf("%s removed: %q", name, got)
		}
	}
	manifest := func(old, now string) string {
		return s.found(remade(t, pack, func(n string, data []byte) map[string][]byte {
			if n == "manifest.json" {
				data = bytes.Replace(data, []byte(old), []byte(now), 1)
			}
			return keep(n, data)
		}), false)
	}
	for change, want := range map[[2]string]string{
		{`"soc2:cc6.1"`, `"soc2:cc6.2"`}:          "manifest.json was changed",
		{`"chain_hash": "`, `"chain_hash": "f`}:   "manifest.json names another last run, or hash of it, than the ledger has",
		{`"format": 1`, `"format": 2`}:            "format 2",
		{`"format"`, `format`}:                    "not a pack of evidence: manifest.json is not as a manifest is",
		{`"bytes": `, `"bytes": -`}:               "was changed",
		{`"name": "README.md"`, `"name": "x.md"`}: "README.md was added",
	} {
		if got := manifest(change[0], change[1]); !strings.Contains(got, want) {
			t.Errorf("%s: %q", change[1], got)
		}
	}
	added := func(name string) string {
		return s.found(remade(t, pack, func(n string, data []byte) map[string][]byte {
			out := keep(n, data)
			if n == "README.md" {
				out[name] = []byte("more")
			}
			return out
		}), false)
	}
	if got := added("answers/more.csv"); got != "answers/more.csv was added" {
		t.Errorf("added: %q", got)
	}
	if got := added("ledger/runs.csv"); !strings.Contains(got, "ledger/runs.csv is there twice") {
		t.Errorf("twice: %q", got)
	}
	if got := s.found(pack[:len(pack)/2], false); !strings.Contains(got, "not a pack of evidence") {
		t.Errorf("cut off: %q", got)
	}
}

// A file that was changed makes packs whose hashes fit, but whose runs do not; and an older pack
// does not agree with it.
func TestEvidence_fileTamperedWith(t *testing.T) {
	s := newSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a read", "b read"))
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "b read", "c write"))
	pack, _ := s.mustPack(time.Time{})
	direct(t, s.path, "update main.grants set privilege = 'none' where privilege = 'write'", "checkpoint")
	if got := s.found(pack, true); !strings.Contains(got, "answers/grants_as_of/rows.csv is not what the file answers") || strings.Contains(got, "README") {
		t.Errorf("rows: %q", got)
	}
	direct(t, s.path, "update meta.exports set inserted_count = 7 where run_id like '%1'", "checkpoint")
	forged, _ := s.mustPack(time.Time{})
	if got := s.found(forged, false); got != "run 01J00000000000000000000001 has a hash that does not fit its ledger" {
		t.Errorf("ledger: %q", got)
	}
	direct(t, s.path, "delete from meta.runs where run_id like '%1'", "checkpoint")
	forged, _ = s.mustPack(time.Time{})
	if got := s.found(forged, false); !strings.Contains(got, "run 01J00000000000000000000002 follows run 01J00000000000000000000001, not no run: a run was taken out or put in") {
		t.Errorf("run: %q", got)
	}
}

// A pack of a past moment has what was known then. What the file cannot tell of it is not
// answered, and never an empty table.
func TestEvidence_ofThePast(t *testing.T) {
	s := newSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a read", "b read"))
	first := s.clock
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "b read", "c write", "d write"))
	because := func(m *evidence.Manifest, name string) (rows int, why string) {
		t.Helper()
		i := slices.IndexFunc(m.Answers, func(a evidence.Answer) bool { return a.Name == name })
		if i < 0 {
			t.Fatalf("%s was not asked", name)
		}
		return m.Answers[i].Rows, m.Answers[i].Because
	}
	pack, m := s.mustPack(first.Add(time.Minute))
	if rows, why := because(m, "grants_as_of"); rows != 2 || why != "" || m.IsNewest || !m.RunAt.Equal(first) {
		t.Errorf("%d grants, %q, %+v", rows, why, m)
	}
	if _, why := because(m, "coverage"); !strings.Contains(why, "leaves one with 01J00000000000000000000001 in its name") {
		t.Errorf("coverage: %q", why)
	}
	if _, why := because(m, "identities_as_of"); !strings.Contains(why, "no export was loaded that says identities, which ") {
		t.Errorf("identities: %q", why)
	}
	if got := s.found(pack, true); got != "" {
		t.Errorf("verify: %s", got)
	}
	_, m = s.mustPack(time.Time{})
	if rows, why := because(m, "grants_as_of"); rows != 3 || why != "" || !m.IsNewest {
		t.Errorf("%d grants, %q, %+v", rows, why, m)
	}
	if _, why := because(m, "mfa_gaps"); !strings.Contains(why, "no export was loaded that says accounts.has_mfa") {
		t.Errorf("mfa_gaps: %q", why)
	}
	for at, want := range map[time.Time]string{first.Add(-time.Second): "nothing was known at that moment", s.clock.Add(time.Second): "after the last run"} {
		if _, _, err := s.pack(at); !errors.As(err, new(evidence.RequestError)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", at, err)
		}
	}

	// Of another source nothing was loaded at the first moment; and then the first one is erased.
	s.refresh(export("two", dataset), s.grants(nil, "a read"))
	second := s.clock
	s.drop("balkan", ledger.Erased)
	_, m = s.mustPack(first)
	if rows, why := because(m, "grants_as_of"); rows != 0 || !strings.Contains(why, "what said it was erased from the file since: balkanid.entitlements of balkan") {
		t.Errorf("%d grants, %q", rows, why)
	}
	data, m := s.mustPack(second)
	if rows, why := because(m, "grants_as_of"); rows < 1 || why != "" {
		t.Errorf("%d grants, %q", rows, why)
	}
	if about := inPack(t, data, "answers/grants_as_of/about.md"); !strings.Contains(about, "not as it should be: balkanid.entitlements of balkan: erased since, with its history, so that what it said may be missing") {
		t.Errorf("it does not say what was erased: %s", about)
	}
}

// inPack is the text of a member of a pack.
func inPack(t *testing.T, pack []byte, name string) (text string) {
	t.Helper()
	remade(t, pack, func(n string, data []byte) map[string][]byte {
		if n == name {
			text = string(data)
		}
		return nil
	})
	return text
}
