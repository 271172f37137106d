package links

import (
	"errors"
	"math"
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
func TestLimits_within(t *testing.T) {
	f := newFile(t)
	now := func() float64 {
		n, err := mebibytes(f.one("select current_setting('memory_limit')"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	m, err := limitsOf(f.Context(), f.DB)
	if err != nil {
		t.Fatal(err)
	}
	before, failed := now(), errors.New("failed")
	for limit, want := range map[float64]float64{100: 100, before: before, 1 << 20: before} {
		var during float64
		err := m.within(f.Context(), limit, func() error { during = now(); return failed })
		if !errors.Is(err, failed) {
			t.Errorf("under %v MiB the error is %v", limit, err)
		}
		if math.Abs(during-want) > 0.1 || math.Abs(now()-before) > 0.1 {
			t.Errorf("under %v MiB the limit is %v, want %v, and in the end %v, was %v", limit, during, want, now(), before)
		}
	}
}
