package main

import (
	"context"
	"errors"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/report"
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
or files that may hold some could not be opened
4 credentials refused and nothing arrived · 5 nothing was ready in time
6 checks found something (--strict), or a report has not what it needs
7 another refresh holds the lock
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
	case errors.As(err, &usage), errors.As(err, new(*config.Error)), errors.As(err, new(*run.RequestError)), isUnknownCommand(err):
		return exitUsage
	case errors.Is(err, database.ErrLocked):
		return exitLocked
	case errors.As(err, new(*report.MissingError)):
		return exitChecks
	case errors.As(err, &incomplete):
		return incomplete.code
	}
	return exitFailed
}

// outcome decides the exit of a run from its exports: nil when every export
// arrived and had no rejects.
func outcome(exports []run.Export) error {
	if code := codeOf(run.Count(exports)); code != exitDone {
		return incompleteError{code: code}
	}
	return nil
}

// codeOf is what a scheduler is told: first what a person must mend, then what
// needs a look, then what may pass by itself.
func codeOf(n run.Tally) int {
	switch {
	case n.Nothing() && n.Credentials == n.Failed:
		return exitCredentials
	case n.Nothing() && n.NotReady == n.Failed:
		return exitNotReady
	case n.Credentials > 0:
		return exitRefused
	case n.Failed > n.Unreachable, n.Unopened > 0:
		return exitIncomplete
	case n.Unreachable > 0:
		return exitUnreachable
	case n.Held > 0:
		return exitHeld
	case n.Rejects > 0:
		return exitRejects
	}
	return exitDone
}
