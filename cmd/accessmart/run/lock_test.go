package run

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/database"
)

func TestLockData(t *testing.T) {
	dir := t.TempDir()
	// A free folder is taken whatever little time there is to wait for it.
	for _, wait := range []time.Duration{0, 1} {
		unlock, err := lockFolder(context.Background(), dir, wait)
		if err != nil {
			t.Fatalf("a free folder, wait %v: %v", wait, err)
		}
		unlock()
	}
	unlock, err := lockFolder(context.Background(), dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	for _, wait := range []time.Duration{0, time.Millisecond} {
		if _, err := lockFolder(context.Background(), dir, wait); !errors.Is(err, database.ErrLocked) {
			t.Errorf("a folder in use, wait %v: %v", wait, err)
		}
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := lockFolder(cancelled, dir, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that was cancelled: %v", err)
	}
}
