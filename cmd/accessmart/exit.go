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
	exitInterrupted = 130
)

const exitHelp = `
Exit codes: 0 done · 1 failed · 2 usage · 3 done but incomplete (an export failed, was held or had rejects) ·
4 credentials refused · 5 vendor not ready in time · 6 checks found something · 7 another refresh holds the lock ·
130 interrupted
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
// arrived and had no rejects.
func outcome(rows []exportRow) error {
	var good, bad, credentials, notReady int
	for _, r := range rows {
		switch {
		case r.Status == load.Loaded || r.Status == load.Unchanged:
			good++
			if r.Status == load.Loaded && r.Rejected+r.ItemRejected > 0 { // those of an unchanged export were told when it was loaded
				bad++
			}
		default:
			bad++
			switch r.Failure {
			case schemas.FailureCredentials:
				credentials++
			case schemas.FailureNotReady:
				notReady++
			}
		}
	}
	switch {
	case bad == 0:
		return nil
	case good == 0 && credentials == bad:
		return incompleteError{code: exitCredentials}
	case good == 0 && notReady == bad:
		return incompleteError{code: exitNotReady}
	}
	return incompleteError{code: exitIncomplete}
}
