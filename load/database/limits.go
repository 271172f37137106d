package database

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// leastMemory, in MiB, keeps no block that no statement is reading.
const leastMemory = 16

// Limits lower the memory limit of DuckDB for a while. DuckDB keeps blocks of the file in memory up
// to its limit, whether or not they are used again.
type Limits struct {
	db    *DB
	limit string // otherwise, as DuckDB writes it: with one digit behind the point
}

// LimitsOf are those of a database.
func LimitsOf(ctx context.Context, db *DB) (l Limits, err error) {
	l.db = db
	err = db.Row(ctx, "select current_setting('memory_limit')").Scan(&l.limit)
	return l, err
}

// Within runs f while the limit is not above so many MiB.
func (l Limits) Within(ctx context.Context, limit float64, f func() error) error {
	had, err := mebibytes(l.limit)
	if err != nil {
		return err
	}
	if had <= limit {
		return f()
	}
	err = l.db.Memory(ctx, fmt.Sprintf("%.0fMiB", limit))
	if IsOutOfMemory(err) { // something that cannot leave takes more: the limit stays
		return f()
	}
	if err != nil {
		return err
	}
	return errors.Join(f(), l.db.Memory(context.WithoutCancel(ctx), l.limit))
}

// OrMore runs f, and again with each of some higher limits while the one before was too low. The
// last one stays.
func (l *Limits) OrMore(ctx context.Context, more []string, f func() error) error {
	err := f()
	for _, limit := range more {
		if !IsOutOfMemory(err) {
			break
		}
		e := l.db.Memory(ctx, limit)
		if IsOutOfMemory(e) { // it is no higher one
			continue
		}
		if e != nil {
			return e
		}
		raised, e := LimitsOf(ctx, l.db)
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

// Forget makes DuckDB let go of all blocks that no statement is reading.
func (l Limits) Forget(ctx context.Context) error {
	return l.Within(ctx, leastMemory, func() error { return nil })
}

// MiB is the limit.
func (l Limits) MiB() (float64, error) { return mebibytes(l.limit) }

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
