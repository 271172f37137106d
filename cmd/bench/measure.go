package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// figures are what one process took.
type figures struct {
	wall, cpu float64 // seconds
	peak      int64   // resident memory, bytes
	size      int64   // of the file it made, bytes
	log       string  // what it wrote
}

// comparison is one shape at one size, measured on both sides.
type comparison struct {
	shape           *shape
	records         int
	bytes           int64 // of the delivered file
	ours, yardstick []figures
	earlier         []figures // of the earlier program, if there is one
	tables          string    // rows of each, as compared
}

// measured runs a command and returns what it took, also where it ended with an error.
func measured(ctx context.Context, name string, args ...string) (figures, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := cmd.Run()
	f := figures{wall: time.Since(start).Seconds(), log: out.String()}
	if s := cmd.ProcessState; s != nil {
		f.cpu = (s.UserTime() + s.SystemTime()).Seconds()
		if u, ok := s.SysUsage().(*syscall.Rusage); ok {
			f.peak = u.Maxrss * 1024 // Linux counts kilobytes
		}
	}
	if err != nil {
		return f, fmt.Errorf("%s %s: %w: %s", filepath.Base(name), args[0], err, strings.TrimSpace(out.String()))
	}
	return f, nil
}

// deliver makes the file of a shape in a folder of its own.
func (s *shape) deliver(dir string, n int, v variant) (path string, size int64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", 0, err
	}
	path = filepath.Join(dir, s.file)
	f, err := os.Create(path)
	if err != nil {
		return "", 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	s.write(w, n, v)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return "", 0, err
	}
	if s.pack != nil {
		if err := s.packed(path); err != nil {
			return "", 0, err
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, err
	}
	return path, info.Size(), nil
}

func (s *shape) packed(path string) error {
	plain, err := os.Open(path)
	if err != nil {
		return err
	}
	defer plain.Close()
	out, err := os.Create(path + ".packed")
	if err != nil {
		return err
	}
	if err := errors.Join(s.pack(out, plain), out.Close()); err != nil {
		return err
	}
	return os.Rename(path+".packed", path)
}

// compare measures a shape on both sides, in turn, and holds the rows of the
// last files against each other.
func (o *options) compare(ctx context.Context, s *shape, n int) (*comparison, error) {
	c := &comparison{shape: s, records: n}
	folder := filepath.Join(o.dir, "in")
	path, size, err := s.deliver(folder, n, first)
	if err != nil {
		return nil, err
	}
	c.bytes = size
	defer os.RemoveAll(folder)
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ours, theirs := filepath.Join(o.dir, "access.duckdb"), filepath.Join(o.dir, "yardstick.duckdb")
	for i := range o.repeats {
		if o.earlier != "" {
			o.clear()
			f, err := o.load(ctx, o.earlier, s.vendor, folder)
			if err != nil {
				return nil, err
			}
			c.earlier = append(c.earlier, f)
		}
		o.clear()
		f, err := o.load(ctx, o.program, s.vendor, folder)
		if err != nil {
			return nil, err
		}
		c.ours = append(c.ours, f)
		y, err := measured(ctx, self, childYardstick, s.name, path, theirs)
		if err != nil {
			return nil, err
		}
		y.size = fileSize(theirs)
		c.yardstick = append(c.yardstick, y)
		fmt.Fprintf(os.Stderr, "%s %d, %d of %d: %.2f s and %.2f s\n", s.name, n, i+1, o.repeats, f.wall, y.wall)
	}
	out, err := exec.CommandContext(ctx, self, childSame, s.name, ours, theirs).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("the rows differ: %s", strings.TrimSpace(string(out)))
	}
	c.tables = strings.Join(strings.Split(strings.TrimSpace(string(out)), "\n"), ", ")
	if !o.keep {
		o.clear()
	}
	return c, nil
}

// load runs 'load' of a build of accessmart on a folder.
func (o *options) load(ctx context.Context, program, vendor, folder string) (figures, error) {
	database := filepath.Join(o.dir, "access.duckdb")
	f, err := measured(ctx, program, "load", folder, "--vendor", vendor, "--source", sourceName, "--database", database, "--quiet")
	f.size, f.log = fileSize(database), ""
	return f, err
}

// clear removes what the runs made.
func (o *options) clear() {
	for _, name := range []string{"access.duckdb", "access.duckdb.data", "access.duckdb.lock", "yardstick.duckdb"} {
		os.RemoveAll(filepath.Join(o.dir, name))
	}
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// median of one figure over the repetitions.
func median(all []figures, of func(figures) float64) float64 {
	values := make([]float64, len(all))
	for i, f := range all {
		values[i] = of(f)
	}
	return middle(values)
}

// ratio is that of wall time.
func ratio(over, under []figures) float64 { return ratioOf(over, under, wall) }

// ratioOf is the median of the ratios of a figure within each repetition: the
// speed of the machine may change from one to the next.
func ratioOf(over, under []figures, of func(figures) float64) float64 {
	values := make([]float64, len(over))
	for i := range over {
		values[i] = of(over[i]) / of(under[i])
	}
	return middle(values)
}

func middle(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

func wall(f figures) float64 { return f.wall }
func cpu(f figures) float64  { return f.cpu }
func peak(f figures) float64 { return float64(f.peak) }
func size(f figures) float64 { return float64(f.size) }
