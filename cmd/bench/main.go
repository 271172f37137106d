// Command bench measures accessmart against DuckDB alone.
//
// It makes exports of the vendors' real shapes, brings each into a new
// database file once by 'accessmart load' and once by plain SQL in the same
// version of DuckDB, alternating, each time in a process of its own, holds the
// rows of both against each other, and writes the medians as a page of
// Markdown. 'make bench' runs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
)

// options are what the command line sets.
type options struct {
	program string // accessmart
	earlier string // another build of it, measured in the same rounds; "" for none
	dir     string // for everything that is made; emptied of what is not needed
	output  string // page to write; "" for standard output
	shapes  []string
	records []int // of each shape
	most    int   // leave out sizes above; 0 for none
	repeats int
	refresh bool
	derive  bool
	people  int // of the company whose exports are derived from
	keep    bool
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == childYardstick {
		exit(runYardstick(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == childSame {
		exit(runSame(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == childAnalyst {
		exit(runAnalyst(os.Args[2:]))
	}
	if len(os.Args) == 3 && os.Args[1] == childChange {
		exit(changePeople(os.Args[2]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == childAsk {
		exit(runAsk(ctx, os.Args[2:]))
	}
	o, err := parse(os.Args[1:])
	if err == nil {
		err = bench(ctx, o)
	}
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func parse(args []string) (*options, error) {
	o := &options{}
	var shapes, records string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.program, "program", "bin/accessmart", "the `FILE` to measure")
	f.StringVar(&o.earlier, "earlier", "", "another `FILE` of the program to measure in the same rounds, such as the build of an earlier commit")
	f.StringVar(&o.dir, "dir", "", "`FOLDER` to work in (default: a temporary one)")
	f.StringVar(&o.output, "output", "", "`FILE` for the page (default: standard output)")
	f.StringVar(&shapes, "shapes", strings.Join(shapeNames(), ","), "`NAMES` of the shapes, with commas; empty for none")
	f.StringVar(&records, "records", "", "`NUMBERS` of records, with commas (default: those of each shape)")
	f.IntVar(&o.most, "most", 0, "leave out what has more than `NUMBER` records")
	f.IntVar(&o.repeats, "repeats", 5, "how many times each is measured")
	f.BoolVar(&o.refresh, "refresh", true, "measure refreshes, publishing and framers too")
	f.BoolVar(&o.derive, "derive", true, "measure links, things and closure, and questions, too")
	f.IntVar(&o.people, "people", 100_000, "`NUMBER` of people whose exports links, things and closure are measured on")
	f.BoolVar(&o.keep, "keep", false, "leave the last database files in the folder")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if o.repeats < 1 || o.people < 1 {
		return nil, fmt.Errorf("--repeats and --people: want numbers of at least 1, not %d and %d", o.repeats, o.people)
	}
	if shapes != "" {
		o.shapes = strings.Split(shapes, ",")
	}
	for _, s := range strings.Split(records, ",") {
		if s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("--records: %q is no number of records", s)
		}
		o.records = append(o.records, n)
	}
	return o, nil
}

// bench measures all that the options ask for and writes the page.
func bench(ctx context.Context, o *options) error {
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "accessmart-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	p := &page{options: o}
	for _, name := range o.shapes {
		s := shapeNamed(name)
		if s == nil {
			return fmt.Errorf("--shapes: no shape %q; there are %s", name, strings.Join(shapeNames(), ", "))
		}
		records := o.records
		if records == nil {
			records = s.records
		}
		for _, n := range records {
			if o.most > 0 && n > o.most {
				continue
			}
			r, err := o.compare(ctx, s, n)
			if err != nil {
				return fmt.Errorf("%s, %d records: %w", name, n, err)
			}
			p.loads = append(p.loads, r)
		}
	}
	if o.refresh {
		var err error
		if p.refreshes, err = o.refreshes(ctx); err != nil {
			return fmt.Errorf("refresh: %w", err)
		}
		if p.published, err = o.publishes(ctx); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		if p.framers, err = o.framers(ctx); err != nil {
			return fmt.Errorf("framers: %w", err)
		}
	}
	if o.derive {
		var err error
		if p.derivation, err = o.derives(ctx); err != nil {
			return fmt.Errorf("derivation: %w", err)
		}
	}
	return p.write()
}
