package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// published is what a run took that changes nothing but the ledger, with a large
// file there, beside what it takes to copy that file and sync the copy.
type published struct {
	size       int64     // of the file, bytes
	ours, copy []figures // whole runs, and copies
	parts      []figures // of each run what publishing took
}

// publishes measures runs with a file of about one gigabyte: six million
// entitlements, and a small export that is delivered again and again.
func (o *options) publishes(ctx context.Context) (*published, error) {
	large, small, n := shapes[0], shapeNamed("role-mining-zip"), 6*million
	if o.records != nil {
		n = o.records[0]
	}
	folder, other := filepath.Join(o.dir, "in"), filepath.Join(o.dir, "other")
	defer os.RemoveAll(folder)
	defer os.RemoveAll(other)
	if _, _, err := large.deliver(folder, n, first); err != nil {
		return nil, err
	}
	if _, _, err := small.deliver(other, 1000, first); err != nil {
		return nil, err
	}
	o.clear()
	defer o.clear()
	if _, err := o.load(ctx, o.program, large.vendor, folder); err != nil {
		return nil, err
	}
	database := filepath.Join(o.dir, "access.duckdb")
	again := func() (figures, error) {
		return measured(ctx, o.program, "load", other, "--vendor", small.vendor, "--source", "small", "--database", database, "--quiet", "--verbose")
	}
	if _, err := again(); err != nil {
		return nil, err
	}
	p := &published{size: fileSize(database)}
	for range o.repeats {
		c, err := copied(database, filepath.Join(o.dir, "copy"))
		if err != nil {
			return nil, err
		}
		f, err := again()
		if err != nil {
			return nil, err
		}
		part, err := publishing(f.log)
		if err != nil {
			return nil, err
		}
		p.copy, p.ours, p.parts = append(p.copy, c), append(p.ours, f), append(p.parts, part)
		fmt.Fprintf(os.Stderr, "publish: %.2f s and %.2f s\n", f.wall, c.wall)
	}
	return p, nil
}

// publishing is what of a run publishing took, by its log: the copying of the
// published file, and all from the last entry in the copy until it is in the
// old one's place.
func publishing(log string) (f figures, err error) {
	at := func(step string) (t time.Time) {
		for line := range strings.Lines(log) {
			if before, _, found := strings.Cut(line, fmt.Sprintf(" level=DEBUG msg=%q", step)); found && err == nil {
				t, err = time.Parse(time.RFC3339, strings.TrimPrefix(before, "time="))
			}
		}
		if t.IsZero() && err == nil {
			err = fmt.Errorf("the log has no step %q", step)
		}
		return t
	}
	f.wall = at("file copied").Sub(at("lock taken")).Seconds() + at("file replaced").Sub(at("run entered")).Seconds()
	return f, err
}

// copied copies a file as cp does, syncs the copy and removes it.
func copied(from, to string) (f figures, err error) {
	start := time.Now()
	in, err := os.Open(from)
	if err != nil {
		return f, err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return f, err
	}
	defer os.Remove(to)
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Sync(), out.Close())
	f.wall = time.Since(start).Seconds()
	return f, err
}
