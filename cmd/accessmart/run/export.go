package run

import (
	"context"
	"errors"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// take fills in what load says of an export.
func (x *Export) take(r ledger.Result) {
	x.Status = r.Status
	x.Records, x.Loaded, x.Rejected = r.RecordCount, r.LoadedCount, r.RejectCount
	x.ItemRejected, x.Findings = r.ItemRejectCount, r.Findings
	x.Inserted, x.Closed, x.Unchanged = r.InsertedCount, r.ClosedCount, r.UnchangedCount
}

// settle makes an error of an export its status. It returns an error that ends
// the run.
func (x *Export) settle(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, database.ErrBroken) || errors.As(err, new(unsettled)) {
		return err
	}
	x.Error = Reason(err.Error(), x.Source, x.Dataset)
	if what := Advice(err); what != "" {
		x.Error += "; " + what
	}
	if x.Failure = failureOf(err); x.Status != ledger.Held && x.Status != ledger.Incomplete {
		x.Status = ledger.Failed
	}
	return nil
}

// unsettled is an error that ends the run, whatever it is about.
type unsettled struct{ error }

func (u unsettled) Unwrap() error { return u.error }

func unsettle(err error) error {
	if err == nil {
		return nil
	}
	return unsettled{err}
}

// failureOf is the class of an error of reading or loading an export, as
// meta.exports has it.
func failureOf(err error) string {
	var held *gate.HeldError
	var limit *gate.RejectLimitError
	var short *gate.ShortError
	switch {
	case errors.As(err, &short):
		return schemas.FailureVendor
	case errors.As(err, &held):
		return ledger.FailureGate
	case errors.As(err, &limit):
		return ledger.FailureRejects
	}
	return ledger.FailureLoad
}

// Reason is the text of an error without the names of the source and the
// datasets, for where they stand before it.
func Reason(text, source string, datasets ...string) string {
	for _, dataset := range datasets {
		text = strings.TrimPrefix(text, source+": ")
		text = strings.ReplaceAll(text, "source "+source+", dataset "+dataset+": ", "")
		text = strings.ReplaceAll(text, dataset+": ", "")
	}
	return text
}

// Tally is how many exports came to each end.
type Tally struct {
	Good, Rejects                      int // arrived whole; of these, with rejects
	Held, Failed                       int
	Unopened                           int // files that may hold exports and could not be looked into
	Credentials, Unreachable, NotReady int // of Failed
}

// Count counts exports. Rejects of an unchanged export count as on the day on
// which it was loaded: they stand.
func Count(exports []Export) (n Tally) {
	for _, x := range exports {
		n.Unopened += x.Unopened
		switch x.Status {
		case ledger.Loaded, ledger.Unchanged:
			n.Good++
			if x.Rejected+x.ItemRejected > 0 {
				n.Rejects++
			}
			continue
		case ledger.Held:
			n.Held++
			continue
		}
		n.Failed++
		switch x.Failure {
		case schemas.FailureCredentials:
			n.Credentials++
		case schemas.FailureUnreachable:
			n.Unreachable++
		case schemas.FailureNotReady:
			n.NotReady++
		}
	}
	return n
}

// Nothing reports whether nothing at all arrived.
func (n Tally) Nothing() bool { return n.Good+n.Held == 0 && n.Failed > 0 }

// complete reports whether every export arrived and had no rejects, and every file was opened.
func (n Tally) complete() bool { return n.Held+n.Failed+n.Rejects+n.Unopened == 0 }

// Unopened counts the files of an export, or beside it, that may hold exports and could not be
// looked into.
func Unopened(e *schemas.Export) (n int) {
	for _, f := range e.Files {
		if f.Unopened {
			n++
		}
	}
	return n
}
