package database

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// Statements runs all that it is given; where one fails, those before it are undone with the
// transaction, which cannot be committed any more.
func TestTx_statements(t *testing.T) {
	db := opened(t, site(t)).DB()
	run := func(ctx context.Context, all SQL) error {
		return db.InTx(t.Context(), func(tx *Tx) error {
			_ = tx.Statements(ctx, all) // the commit tells
			return nil
		})
	}
	rows := func(want int64) {
		t.Helper()
		if n, err := db.Count(t.Context(), "select count(*) from t"); err != nil || n != want {
			t.Errorf("%d rows, %v; want %d", n, err, want)
		}
	}
	if err := run(t.Context(), "create table t (a int);\ninsert into t values (1);\ncomment on column t.a is 'x; y';\n"); err != nil {
		t.Fatal(err)
	}
	rows(1)
	for _, bad := range []SQL{"insert into t values (2); insert into t values ('x'); insert into t values (3)", "insert into t values (2); insert into t values ('x')"} {
		if err := run(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "Could not convert") {
			t.Errorf("%s: %v", bad, err)
		}
		rows(1)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(stopped, "insert into t values (2); insert into t values (3)"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	rows(1)
}
