package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// derivation is what making links, things and the closure of grants took, beside the loads
// that it is a part of.
type derivation struct {
	people      int
	first, then []round // of all vendors in one run; then with a few people changed
	yardstick   []figures
	answers     answers
	closing     closing
}

// answers are what was asked of the file after the first loads. They come from a process of
// their own as JSON: a process that is started begins with the peak memory of the one that
// starts it, so that this one must stay small.
type answers struct {
	Compared  []compared
	Sizes     sizes
	Questions []*question
}

// The words by which the program runs itself to change exports and to ask.
const (
	childChange = "change"
	childAsk    = "ask"
)

// round is one load of all vendors' exports, in one run.
type round struct {
	figures
	parts parts
}

// loads is how long the run took without what it derived, in seconds.
func (r round) loads() float64 { return r.wall - r.parts.sum() }

// parts are how long the steps of a derivation took, by the log, in seconds.
type parts struct{ links, things, closure float64 }

func (p parts) sum() float64 { return p.links + p.things + p.closure }

// derives measures a load of all three vendors' exports of one company, a refresh, the same
// things by plain SQL, questions, and the closure of a million grants.
func (o *options) derives(ctx context.Context) (*derivation, error) {
	d := &derivation{people: o.people}
	one, two := filepath.Join(o.dir, "company"), filepath.Join(o.dir, "company-changed")
	defer os.RemoveAll(one)
	defer os.RemoveAll(two)
	for _, dir := range []string{one, two} {
		if _, err := measured(ctx, o.program, "simulate", "--files", dir, "--people", fmt.Sprint(o.people)); err != nil {
			return nil, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if _, err := measured(ctx, self, childChange, two); err != nil {
		return nil, err
	}
	ours, theirs := filepath.Join(o.dir, "access.duckdb"), filepath.Join(o.dir, "yardstick.duckdb")
	for i := range o.repeats {
		o.clear()
		f, err := o.round(ctx, one)
		if err != nil {
			return nil, err
		}
		d.first = append(d.first, f)
		y, err := measured(ctx, self, childAnalyst, ours, theirs)
		if err != nil {
			return nil, err
		}
		d.yardstick = append(d.yardstick, y)
		if i == o.repeats-1 { // the file is the same each time
			ask := exec.CommandContext(ctx, self, childAsk, ours, theirs, strconv.Itoa(o.repeats))
			ask.Stderr = os.Stderr
			out, err := ask.Output()
			if err == nil {
				err = json.Unmarshal(out, &d.answers)
			}
			if err != nil {
				return nil, fmt.Errorf("ask: %w", err)
			}
		}
		t, err := o.round(ctx, two)
		if err != nil {
			return nil, err
		}
		d.then = append(d.then, t)
		fmt.Fprintf(os.Stderr, "derivation, %d of %d: %.2f of %.2f s, refresh %.2f s, yardstick %.2f s\n", i+1, o.repeats,
			f.parts.sum(), f.wall, t.wall, y.wall)
	}
	if !o.keep {
		o.clear()
	}
	d.closing, err = o.closes(ctx)
	return d, err
}

// runAsk compares rows, takes sizes and asks questions: arguments are our file, the
// yardstick's and how many times a question is asked. It prints [answers].
func runAsk(ctx context.Context, args []string) (err error) {
	if len(args) != 3 {
		return errors.New("ask: want OURS YARDSTICK REPEATS")
	}
	repeats, err := strconv.Atoi(args[2])
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	var a answers
	if a.Compared, err = compareThings(ctx, args[0], args[1]); err != nil {
		return fmt.Errorf("compare with the yardstick: %w", err)
	}
	if a.Sizes, err = sizesOf(ctx, args[0]); err != nil {
		return fmt.Errorf("sizes: %w", err)
	}
	if a.Questions, err = askAll(ctx, args[0], repeats); err != nil {
		return fmt.Errorf("questions: %w", err)
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

// round loads the exports below a folder, which has one for each vendor.
func (o *options) round(ctx context.Context, dir string) (r round, err error) {
	database := filepath.Join(o.dir, "access.duckdb")
	r.figures, err = measured(ctx, o.program, "load", dir, "--database", database, "--quiet", "--verbose")
	if x := (*exec.ExitError)(nil); errors.As(err, &x) && x.ExitCode() == exitRejects {
		err = nil // the invented exports have a few records that are wrong
	}
	if err == nil {
		r.parts, err = partsOf(r.log)
	}
	r.size, r.log = fileSize(database), ""
	return r, err
}

// exitRejects is the program's exit code where all arrived, but some records are rejects.
const exitRejects = 9

// partsOf reads from the log of a run how long its derivation took, from when the last export
// was entered into the ledger. All is zero where nothing was derived, as no row had changed; the
// closure alone may be left as it was.
func partsOf(log string) (p parts, err error) {
	var entered, linked, made, closed time.Time
	for line := range strings.Lines(log) {
		stamp, rest, found := strings.Cut(strings.TrimPrefix(line, "time="), " level=")
		if !found {
			continue
		}
		at, err := time.Parse(time.RFC3339, stamp)
		if err != nil {
			continue // not a line of the log
		}
		switch {
		case strings.HasPrefix(rest, "INFO msg=ledger "):
			entered = at
		case strings.HasPrefix(rest, "INFO msg=linked "):
			linked = at
		case strings.HasPrefix(rest, `INFO msg="things made" `):
			made = at
		case strings.HasPrefix(rest, `DEBUG msg="closure of grants kept" `):
			closed = at
		}
	}
	switch {
	case entered.IsZero():
		return p, errors.New("the log has no export that was entered into the ledger")
	case linked.IsZero() && made.IsZero() && closed.IsZero():
		return p, nil
	case linked.Before(entered) || made.Before(linked):
		return p, errors.New("the log lacks a step of the derivation: want 'linked' and 'things made' after the last 'ledger'")
	}
	p.links, p.things = linked.Sub(entered).Seconds(), made.Sub(linked).Seconds()
	if !closed.IsZero() {
		p.closure = closed.Sub(made).Seconds()
	}
	return p, nil
}
