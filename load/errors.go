package load

import (
	"errors"
	"fmt"
)

// ErrVerify is wrapped by errors of [Work.Publish] when the finished copy
// does not hold what the ledger says. Nothing was published.
var ErrVerify = errors.New("the finished file does not match its ledger")

// ExportError is an export that could not be loaded. Its changes are undone;
// last time's rows stay.
type ExportError struct {
	Source  string
	Dataset string
	Step    string // read, stage, apply, count, commit, ledger
	Err     error
}

func (e *ExportError) Error() string {
	return fmt.Sprintf("source %s, dataset %s: load: %s: %v", e.Source, e.Dataset, e.Step, e.Err)
}

func (e *ExportError) Unwrap() error { return e.Err }
