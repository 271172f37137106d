package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// published is what a run took that changes nothing but the ledger, with a large
// file there, beside what it takes to copy that file and sync the copy.
type published struct {
	size       int64 // of the file, bytes
	ours, copy []figures
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
	if _, err := o.load(ctx, large.vendor, folder); err != nil {
		return nil, err
	}
	database := filepath.Join(o.dir, "access.duckdb")
	again := func() (figures, error) {
		return measured(ctx, o.program, "load", other, "--vendor", small.vendor, "--source", "small", "--database", database, "--quiet")
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
		p.copy, p.ours = append(p.copy, c), append(p.ours, f)
		fmt.Fprintf(os.Stderr, "publish: %.2f s and %.2f s\n", f.wall, c.wall)
	}
	return p, nil
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
