package main

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/load/ledger"
)

func (o *runOptions) strictFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.strict, "strict", false, "exit with 6 when a check of severity error found something")
}

// tellChecks writes a line for each check that found something.
func tellChecks(c *console, checks []ledger.CheckResult) {
	for _, k := range checks {
		if k.Findings > 0 {
			c.say("check    %s (%s): %s. %s", k.Name, k.Severity, count(int(k.Findings), "finding"), k.Why)
		}
	}
}

// strictly is the outcome of a published run, in which findings may count. A run
// that got nothing at all, for want of credentials or time, says that instead.
func strictly(strict bool, checks []ledger.CheckResult, outcome error) error {
	found := slices.ContainsFunc(checks, func(k ledger.CheckResult) bool { return k.Severity == "error" && k.Findings > 0 })
	i := incompleteError{published: true}
	if incomplete := (incompleteError{}); errors.As(outcome, &incomplete) {
		i.code = incomplete.code
	}
	if strict && found && i.code != exitCredentials && i.code != exitNotReady {
		i.code = exitChecks
	}
	if i.code == exitDone {
		return nil
	}
	return i
}
