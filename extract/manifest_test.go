package extract

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/schemas"
)

func TestStore_recordOfARun(t *testing.T) {
	s, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run("r1"); !errors.Is(err, ErrNoRun) || s.HasRun("r1") || s.HasRun("../r1") {
		t.Errorf("a run that was never published: %v", err)
	}
	e := &schemas.Export{Run: "r1", Source: "run", Vendor: "balkanid", Dataset: "balkanid.apps", Complete: true, Parts: []schemas.Part{}}
	if err := s.SaveExport(e); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 8, 0, 0, 123456000, time.UTC)
	want := schemas.Run{ID: "r1", Command: "refresh", Version: "v1", Status: "incomplete", StartedAt: at, FinishedAt: at.Add(time.Minute), AsOf: at,
		Exports: []schemas.RunExport{{Source: "run", Dataset: "balkanid.apps", Status: "held", Failure: "gate", Error: "e",
			Gates: []schemas.RunGate{{Table: "observed.grants", Before: 10, After: 0, Share: 0.2, Rows: 100, ContractChanged: true, ColumnsMissing: []string{"c"}}}}}}
	if err := s.SaveRun(want); err != nil {
		t.Fatal(err)
	}
	other := want
	other.Status = "done"
	if err := s.SaveRun(other); err != nil {
		t.Fatal(err)
	}
	got, err := s.Run("r1")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("the first record did not stay: %v %s", err, diff)
	}
	exports, err := s.Exports("r1")
	if err != nil || len(exports) != 1 || exports[0].Dataset != "balkanid.apps" {
		t.Errorf("manifests beside the record: %v, %v", exports, err)
	}
	info, err := os.Stat(filepath.Join(s.Dir(), "runs", "r1", "run.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := s.SaveRun(schemas.Run{ID: "../r2"}); err == nil {
		t.Error("a run id left its folder")
	}
}
