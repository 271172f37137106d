package database

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func TestMebibytes(t *testing.T) {
	for limit, want := range map[string]float64{"244.1 MiB": 244.1, "1.5 GiB": 1536, "2.0 TiB": 2 << 20, "512.0 KiB": 0.5, "0 bytes": 0} {
		if got, err := mebibytes(limit); err != nil || got != want {
			t.Errorf("%s is %v MiB, %v, want %v", limit, got, err, want)
		}
	}
	if got, err := mebibytes("unlimited"); err == nil {
		t.Errorf("a limit that is no number is %v MiB", got)
	}
}

// A lower limit holds while something is done, and the one before afterwards, also after an
// error; a limit that is lower already stays.
func TestLimits_Within(t *testing.T) {
	f := opened(t, filepath.Join(t.TempDir(), "access.duckdb")).DB()
	now := func() float64 {
		n, err := mebibytes(limitNow(t, f))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	m, err := LimitsOf(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	before, failed := now(), errors.New("failed")
	for limit, want := range map[float64]float64{100: 100, before: before, 1 << 20: before} {
		var during float64
		err := m.Within(t.Context(), limit, func() error { during = now(); return failed })
		if !errors.Is(err, failed) {
			t.Errorf("under %v MiB the error is %v", limit, err)
		}
		if math.Abs(during-want) > 0.1 || math.Abs(now()-before) > 0.1 {
			t.Errorf("under %v MiB the limit is %v, want %v, and in the end %v, was %v", limit, during, want, now(), before)
		}
	}
}

// What needs more memory is done again with the least higher limit that does, which stays. What
// fails otherwise is done once.
func TestLimits_OrMore(t *testing.T) {
	f := opened(t, filepath.Join(t.TempDir(), "access.duckdb")).DB()
	if err := f.Memory(t.Context(), "24MB"); err != nil {
		t.Fatal(err)
	}
	m, err := LimitsOf(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	var tried []string
	needMuch := func() error {
		tried = append(tried, m.limit)
		_, err := f.Exec(t.Context(), "create or replace temp table much as select list(i) as i from range(4_000_000) t(i)")
		return err
	}
	if err := m.OrMore(t.Context(), nil, needMuch); !IsOutOfMemory(err) {
		t.Fatalf("got %v", err)
	}
	if err := m.OrMore(t.Context(), []string{"16MB", "28MB", "1GB", "2GB"}, needMuch); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tried, ", "); got != "22.8 MiB, 22.8 MiB, 26.7 MiB, 953.6 MiB" {
		t.Errorf("tried with %s", got)
	}
	if got := limitNow(t, f); got != "953.6 MiB" || m.limit != got {
		t.Errorf("%s are left, %s are kept", got, m.limit)
	}
	failed := errors.New("failed")
	times := 0
	if err := m.OrMore(t.Context(), []string{"2GB"}, func() error { times++; return failed }); !errors.Is(err, failed) || times != 1 {
		t.Errorf("%v after %d times", err, times)
	}
}

func limitNow(t *testing.T, db *DB) (limit string) {
	t.Helper()
	if err := db.Row(t.Context(), "select current_setting('memory_limit')").Scan(&limit); err != nil {
		t.Fatal(err)
	}
	return limit
}
