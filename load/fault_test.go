package load

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// A cancelled load ends, wherever its statements are, and changes nothing.
func TestLoad_cancelled(t *testing.T) {
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x", "b x", "c x", "d x"))
	for n := range 5 {
		t.Run(fmt.Sprintf("before batch %d", n), func(t *testing.T) {
			s.t = t
			w := s.begin()
			ctx, cancel := context.WithCancel(t.Context())
			st := s.grants(nil, "a x", "b y", "c y", "d y", "e y", "f y")
			batches := st.Batches
			st.Batches = func(yield func(schemas.Batch, error) bool) {
				i := 0
				for b, err := range batches {
					if i == n {
						cancel()
					}
					i++
					if !yield(b, err) {
						return
					}
				}
				cancel()
			}
			if _, err := w.Load(ctx, export("balkan", dataset, "a1"), contract(dataset), st); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			s.publish(w)
			s.want("select grant_key, privilege from observed.grants order by 1", "a|x", "b|x", "c|x", "d|x")
		})
	}
}

// A statement that fails while others wait for batches stops all of them, and
// the next export finds nothing of it.
func TestLoad_statementFails(t *testing.T) {
	few(t, 0)
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	w := s.begin()
	mustExec(t, w, "create unique index trap on observed.grants (grant_key)")
	for _, source := range []string{"balkan", "other"} { // staged, straight
		var edges []string
		for i := range 40 {
			edges = append(edges, fmt.Sprintf("k%d x", i%30), fmt.Sprintf("k%d y", i%30))
		}
		_, err := w.Load(t.Context(), export(source, dataset, "a1"), contract(dataset), s.grants(nil, edges...))
		var x *ExportError
		if !errors.As(err, &x) {
			t.Fatalf("%s: got %v", source, err)
		}
	}
	mustExec(t, w, "drop index observed.trap")
	s.want("select count(*) from observed.grants", "1")
	if _, err := w.Load(t.Context(), export("balkan", dataset, "a2"), contract(dataset), s.grants(nil, "z x")); err != nil {
		t.Errorf("the next export: %v", err)
	}
	s.publish(w)
	s.want("select grant_key from observed.grants", "z")
	s.want("select source, status, failure from meta.exports where run_id like '%2' order by 1", "balkan|loaded|NULL", "other|failed|load")
}

// After a broken commit the work refuses everything and publishes nothing.
func TestWork_broken(t *testing.T) {
	s := newPlainSite(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	w := s.begin()
	w.db.Break(errors.New("disk full"))
	if _, err := w.Load(t.Context(), export("balkan", dataset, "a1"), contract(dataset), s.grants(nil, "b x")); !errors.Is(err, database.ErrBroken) {
		t.Errorf("got %v", err)
	}
	if err := w.Ledger().Record(t.Context(), export("balkan", dataset), ledger.Failed, "x"); !errors.Is(err, database.ErrBroken) {
		t.Errorf("got %v", err)
	}
	if _, err := w.Publish(t.Context(), ledger.RunDone); !errors.Is(err, database.ErrBroken) {
		t.Errorf("got %v", err)
	}
	s.want("select grant_key from observed.grants", "a")
	s.publish(s.begin())
}
