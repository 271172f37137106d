package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// summary is what a run did, for a scheduler or a monitor to read. Its keys are
// a public contract: add, never rename. A nil one takes no notes.
type summary struct {
	Command    string          `json:"command"`
	Version    string          `json:"version"`
	Database   string          `json:"database,omitempty"`
	StartedAt  time.Time       `json:"started_at"`
	FinishedAt time.Time       `json:"finished_at"`
	Run        string          `json:"run,omitempty"`   // the newest that was published, else the newest there was
	Published  bool            `json:"published"`       // whether a new database file is in place
	ExitCode   int             `json:"exit_code"`       // of the command
	Error      string          `json:"error,omitempty"` // why the run as a whole ended early
	Exports    []exportSummary `json:"exports"`
	Checks     []checkSummary  `json:"checks"` // those that found something
}

// exportSummary is one export of a run.
type exportSummary struct {
	Run         string `json:"run"`
	Source      string `json:"source"`
	Dataset     string `json:"dataset"`
	Status      string `json:"status"`
	Failure     string `json:"failure,omitempty"` // class of the error
	Error       string `json:"error,omitempty"`   // why the export was not loaded; of a held one, what fell
	Records     int64  `json:"records"`
	Loaded      int64  `json:"loaded"`
	Rejected    int64  `json:"rejected"`
	ItemRejects int64  `json:"item_rejects"`
	Inserted    int64  `json:"inserted"`
	Closed      int64  `json:"closed"`
	Unchanged   int64  `json:"unchanged"`

	Findings []findingSummary `json:"findings,omitempty"`
}

type findingSummary struct {
	Rule   string `json:"rule"`
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail,omitempty"`
	Count  int64  `json:"record_count"`
}

type checkSummary struct {
	Name     string `json:"name"`
	Severity string `json:"severity"`
	Findings int64  `json:"finding_count"`
}

// summed runs a command and writes its summary where one is wanted.
func (o *runOptions) summed(cmd *cobra.Command, g *globals, do func(runOptions) error) error {
	if o.summaryFile == "" {
		return do(*o)
	}
	if err := checkSummaryFile(o.summaryFile); err != nil {
		return err
	}
	o.summary = &summary{Command: commandName(cmd), Version: version, Database: g.database, StartedAt: time.Now().UTC(),
		Exports: []exportSummary{}, Checks: []checkSummary{}}
	err := do(*o)
	o.summary.ExitCode, o.summary.FinishedAt = exitCode(cmd.Context(), err), time.Now().UTC()
	if err != nil && !errors.Is(err, errQuiet) {
		o.summary.Error = err.Error()
	}
	if written := o.summary.write(o.summaryFile); written != nil {
		written = fmt.Errorf("--summary: %w", written)
		if err == nil || errors.Is(err, errQuiet) {
			return written
		}
		return errors.Join(err, written)
	}
	return err
}

// commandName is the name of a command without that of the program.
func commandName(cmd *cobra.Command) string {
	if p := cmd.Parent(); p != nil && p.HasParent() {
		return commandName(p) + " " + cmd.Name()
	}
	return cmd.Name()
}

// checkSummaryFile refuses a place for the summary before anything is done.
func checkSummaryFile(path string) error {
	info, err := os.Stat(filepath.Dir(path))
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: filepath.Dir(path), Err: errors.New("not a folder")}
	}
	if err == nil {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return usageError{fmt.Errorf("--summary %s: a folder; name a file", path)}
		}
		return nil
	}
	return usageError{fmt.Errorf("--summary: %w; make that folder, or name another file", err)}
}

// of notes the database file that the run is for.
func (s *summary) of(database string) {
	if s != nil {
		s.Database = database
	}
}

// export notes what became of an export.
func (s *summary) export(id string, r run.Export) {
	if s == nil {
		return
	}
	e := exportSummary{Run: id, Source: r.Source, Dataset: r.Dataset, Status: string(r.Status), Failure: r.Failure, Error: r.Error,
		Records: r.Records, Loaded: r.Loaded, Rejected: r.Rejected, ItemRejects: r.ItemRejected,
		Inserted: r.Inserted, Closed: r.Closed, Unchanged: r.Unchanged}
	for _, f := range r.Findings {
		e.Findings = append(e.Findings, findingOf(f))
	}
	s.Run = id
	s.Exports = append(s.Exports, e)
}

func findingOf(f schemas.Finding) findingSummary {
	return findingSummary{Rule: f.Rule, Field: f.Field, Detail: f.Detail, Count: f.Count}
}

// published notes that a run is in place, with what its checks found.
func (s *summary) published(run string, checks []ledger.CheckResult) {
	if s == nil {
		return
	}
	s.Run, s.Published = run, true
	s.Checks = []checkSummary{}
	for _, k := range checks {
		if k.Findings > 0 {
			s.Checks = append(s.Checks, checkSummary{k.Name, k.Severity, k.Findings})
		}
	}
}

// write puts the summary in place whole: who reads it meanwhile sees the one
// before.
func (s *summary) write(path string) (err error) {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(append(data, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
