package main

import (
	"context"
	"errors"

	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
)

// Exit codes: a public contract, see exitHelp.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitCredentials = 4
	exitNotReady    = 5
	exitChecks      = 6
	exitLocked      = 7
	exitHeld        = 8
	exitRejects     = 9
	exitRefused     = 10
	exitUnreachable = 11
	exitOld         = 12
	exitInterrupted = 130
)

const exitHelp = `
Exit codes: 0 done · 1 failed · 2 usage · 3 done but incomplete: exports failed
4 credentials refused and nothing arrived · 5 nothing was ready in time
6 checks found something (--strict) · 7 another refresh holds the lock
8 an export is held · 9 all arrived, but some records are rejects
10 credentials of a source refused · 11 vendor unreachable
12 data older than --max-age · 130 interrupted
Where several fit, the first of 130 2 7 1 4 5 12 6 10 3 11 8 9.
`

// usageError is a mistake in the command line or the configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errQuiet marks an outcome that the command has already told in full.
var errQuiet = errors.New("told already")

// incompleteError ends a run that published but did not get everything, or got
// nothing at all.
type incompleteError struct {
	code      int  // to exit with
	published bool // its file is in place, so that it was not interrupted
}

func (e incompleteError) Error() string        { return "not everything could be refreshed" }
func (e incompleteError) Is(target error) bool { return target == errQuiet }

// exitCode is the one place where errors become exit codes.
func exitCode(ctx context.Context, err error) int {
	var usage usageError
	var incomplete incompleteError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &incomplete) && incomplete.published:
		return incomplete.code
	case ctx.Err() != nil || errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &usage), isUnknownCommand(err):
		return exitUsage
	case errors.Is(err, load.ErrLocked):
		return exitLocked
	case errors.As(err, &incomplete):
		return incomplete.code
	}
	return exitFailed
}

// outcome decides the exit of a run from its exports: nil when every export
// arrived and had no rejects. Rejects of an unchanged export count as on the
// day on which it was loaded: they stand, and so does the code.
func outcome(rows []exportRow) error {
	if code := tally(rows).code(); code != exitDone {
		return incompleteError{code: code}
	}
	return nil
}

// counts are how many exports came to each end.
type counts struct {
	good, held, rejects, failed        int
	credentials, unreachable, notReady int // of failed
}

func tally(rows []exportRow) (n counts) {
	for _, r := range rows {
		switch r.Status {
		case load.Loaded, load.Unchanged:
			n.good++
			if r.Rejected+r.ItemRejected > 0 {
				n.rejects++
			}
			continue
		case load.Held:
			n.held++
			continue
		}
		n.failed++
		switch r.Failure {
		case schemas.FailureCredentials:
			n.credentials++
		case schemas.FailureUnreachable:
			n.unreachable++
		case schemas.FailureNotReady:
			n.notReady++
		}
	}
	return n
}

// nothing reports whether nothing at all arrived.
func (n counts) nothing() bool { return n.good+n.held == 0 && n.failed > 0 }

// code is what a scheduler is told: first what a person must mend, then what
// needs a look, then what may pass by itself.
func (n counts) code() int {
	switch {
	case n.nothing() && n.credentials == n.failed:
		return exitCredentials
	case n.nothing() && n.notReady == n.failed:
		return exitNotReady
	case n.credentials > 0:
		return exitRefused
	case n.failed > n.unreachable:
		return exitIncomplete
	case n.unreachable > 0:
		return exitUnreachable
	case n.held > 0:
		return exitHeld
	case n.rejects > 0:
		return exitRejects
	}
	return exitDone
}
