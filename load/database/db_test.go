package database

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// A statement that has ended does not wait for one that another goroutine began on the
// same connection: that one may wait for batches that the first goroutine is to send.
func TestDB_execWaitsForNoOther(t *testing.T) {
	c := opened(t, site(t))
	db := c.DB()
	exec(t, c, "create table took (n bigint)")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // only if it fails
	defer cancel()
	// One connection is left, which Take waits for while Exec has it, and gets at once.
	db.db.SetMaxOpenConns(2)
	taken, err := db.db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	for range 1000 {
		feed, done := NewFeed(ctx, schema), make(chan error, 1)
		var over atomic.Bool
		go func() {
			for db.db.Stats().InUse < 2 && !over.Load() {
				runtime.Gosched()
			}
			_, err := db.Take(ctx, feed, func(feed SQL) SQL { return "insert into took from " + feed })
			done <- err
		}()
		if _, err := db.Exec(ctx, "create or replace table t as select 1 as n"); err != nil {
			t.Fatal(err)
		}
		over.Store(true)
		feed.End()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// A limit that is too low is told from other errors.
func TestDB_memory(t *testing.T) {
	c := opened(t, site(t))
	sorted := SQL("create or replace table t as select list(i order by hash(i)) as l from range(3000000) r(i)")
	if err := c.DB().Memory(t.Context(), "20MB"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DB().Exec(t.Context(), sorted); !IsOutOfMemory(err) {
		t.Errorf("with 20 MB: %v", err)
	}
	if _, err := c.DB().Exec(t.Context(), "select no_such_column"); err == nil || IsOutOfMemory(err) {
		t.Errorf("another error: %v", err)
	}
	if err := c.DB().Memory(t.Context(), "1GB"); err != nil {
		t.Fatal(err)
	}
	exec(t, c, sorted)
}
