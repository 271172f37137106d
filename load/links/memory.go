package links

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/load/database"
)

// Memory limits of DuckDB, in MiB. It keeps blocks of the file in memory up to its limit, whether
// or not they are used again.
const (
	leastMemory  = 16 // keeps no block that no statement is reading
	scanMemory   = 64 // is enough to read rows, of several tables at a time
	insertMemory = 64 // is enough to insert rows, however many, by one thread
)

// limits lower the memory limit of DuckDB for a while.
type limits struct {
	db    *database.DB
	limit string // otherwise, as DuckDB writes it: with one digit behind the point
}

func limitsOf(ctx context.Context, db *database.DB) (l limits, err error) {
	l.db = db
	err = db.Row(ctx, "select current_setting('memory_limit')").Scan(&l.limit)
	return l, err
}

// within runs f while the limit is not above so many MiB.
func (l limits) within(ctx context.Context, limit float64, f func() error) error {
	had, err := mebibytes(l.limit)
	if err != nil {
		return err
	}
	if had <= limit {
		return f()
	}
	err = l.db.Memory(ctx, fmt.Sprintf("%.0fMiB", limit))
	if database.IsOutOfMemory(err) { // something that cannot leave takes more: the limit stays
		return f()
	}
	if err != nil {
		return err
	}
	return errors.Join(f(), l.db.Memory(context.WithoutCancel(ctx), l.limit))
}

// orMore runs f, and again with each of some higher limits while the one before was too low. The
// last one stays.
func (l *limits) orMore(ctx context.Context, more []string, f func() error) error {
	err := f()
	for _, limit := range more {
		if !database.IsOutOfMemory(err) {
			break
		}
		e := l.db.Memory(ctx, limit)
		if database.IsOutOfMemory(e) { // it is no higher one
			continue
		}
		if e != nil {
			return e
		}
		raised, e := limitsOf(ctx, l.db)
		if e != nil {
			return e
		}
		had, e := mebibytes(l.limit)
		now, e2 := mebibytes(raised.limit)
		if e = errors.Join(e, e2); e != nil {
			return e
		}
		*l = raised
		if now > had {
			err = f()
		}
	}
	return err
}

// forget makes DuckDB let go of all blocks that no statement is reading.
func (l limits) forget(ctx context.Context) error {
	return l.within(ctx, leastMemory, func() error { return nil })
}

// mebibytes reads a memory limit as DuckDB writes it, such as 244.1 MiB.
func mebibytes(limit string) (n float64, err error) {
	var unit string
	if _, err := fmt.Sscanf(limit, "%f %s", &n, &unit); err != nil {
		return 0, fmt.Errorf("DuckDB's memory limit %q is no number with a unit: %w", limit, err)
	}
	power := strings.Index("KMGT", strings.TrimSuffix(unit, "iB"))
	if power < 0 || !strings.HasSuffix(unit, "iB") {
		return n / (1 << 20), nil // bytes
	}
	for range power {
		n *= 1 << 10
	}
	return n / (1 << 10), nil
}
