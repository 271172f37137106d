package extract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/accessmart/accessmart/schemas"
)

// ErrNoRun is returned for a run that has no manifests.
var ErrNoRun = errors.New("no such run")

// plainName is what may stand in a file name: run ids, sources, jobs.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// SaveExport writes the manifest of an export, in place of an older one of
// the same run, source and dataset.
func (s *Store) SaveExport(e *schemas.Export) error {
	_, plural, _ := strings.Cut(e.Dataset, ".")
	for _, n := range []string{e.Run, e.Source, plural} {
		if !plainName.MatchString(n) {
			return fmt.Errorf("manifest of %s %s: %q cannot stand in a file name", e.Source, e.Dataset, n)
		}
	}
	return s.writeJSON(filepath.Join("runs", e.Run, e.Source+"."+plural+".json"), e, true)
}

// writeJSON replaces a file below the data folder at once. What need not
// survive a loss of power is not synced.
func (s *Store) writeJSON(name string, v any, durable bool) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return s.write(durable, func(f *os.File) (string, error) {
		if _, err := f.Write(append(data, '\n')); err != nil {
			return "", fmt.Errorf("%w: %w", errStore, err)
		}
		return filepath.Join(s.dir, name), nil
	})
}

// recordName is the file of a run's record, beside the manifests.
const recordName = "run.json"

// SaveRun keeps the record of a published run. The first one stays: a run is
// published once.
func (s *Store) SaveRun(r schemas.Run) error {
	if !plainName.MatchString(r.ID) {
		return fmt.Errorf("record of run %q: that cannot stand in a file name", r.ID)
	}
	if s.HasRun(r.ID) {
		return nil
	}
	return s.writeJSON(filepath.Join("runs", r.ID, recordName), r, true)
}

// HasRun reports whether the run has a record, which means that it was published.
func (s *Store) HasRun(run string) bool {
	if !plainName.MatchString(run) {
		return false
	}
	_, err := os.Stat(filepath.Join(s.dir, "runs", run, recordName))
	return err == nil
}

// Run reads the record of a published run. Errors: [ErrNoRun].
func (s *Store) Run(run string) (r schemas.Run, err error) {
	if !s.HasRun(run) {
		return r, fmt.Errorf("%w: %s has no record", ErrNoRun, run)
	}
	data, err := os.ReadFile(filepath.Join(s.dir, "runs", run, recordName))
	if err != nil {
		return r, fmt.Errorf("%w: %w", errStore, err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("record of run %s: %w", run, err)
	}
	return r, nil
}

// Runs lists the ids of all runs that left manifests or a record, oldest first.
func (s *Store) Runs() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "runs"))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStore, err)
	}
	var runs []string
	for _, e := range entries {
		if e.IsDir() && plainName.MatchString(e.Name()) {
			runs = append(runs, e.Name())
		}
	}
	slices.Sort(runs) // ULIDs sort by time
	return runs, nil
}

// NewRun is the id of a run that begins at a time, for who alone uses the data
// folder. It sorts after those of all runs that the folder holds, also when the
// clock was set back: by it is told what is newer.
func (s *Store) NewRun(at time.Time) (string, error) {
	runs, err := s.Runs()
	if err != nil {
		return "", err
	}
	ms := ulid.Timestamp(at)
	if n := len(runs); n > 0 {
		if last, err := ulid.ParseStrict(runs[n-1]); err == nil && last.Time() >= ms {
			ms = last.Time() + 1
		}
	}
	id, err := ulid.New(ms, ulid.DefaultEntropy())
	return id.String(), err
}

// Exports reads the manifests of a run, by source and dataset.
func (s *Store) Exports(run string) ([]*schemas.Export, error) {
	if !plainName.MatchString(run) {
		return nil, fmt.Errorf("%w: %q", ErrNoRun, run)
	}
	dir := filepath.Join(s.dir, "runs", run)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoRun, run)
	} else if err != nil {
		return nil, fmt.Errorf("%w: %w", errStore, err)
	}
	var out []*schemas.Export
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" || e.Name() == recordName {
			continue
		}
		x, err := readManifest(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func readManifest(name string) (*schemas.Export, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStore, err)
	}
	var x schemas.Export
	if err := json.Unmarshal(data, &x); err != nil {
		return nil, fmt.Errorf("manifest %s of run %s: %w", filepath.Base(name), filepath.Base(filepath.Dir(name)), err)
	}
	return &x, nil
}
