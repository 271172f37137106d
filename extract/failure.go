package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// Steps of an export, as errors name them.
const (
	StepToken    = "token"
	StepList     = "list"
	StepSubmit   = "submit"
	StepPoll     = "poll"
	StepDownload = "download"
	StepStore    = "store"
	StepRead     = "read"
	StepPlan     = "plan"
	StepReach    = "reach"
)

// Error tells why an export, or a step of it, failed. It never holds a
// secret, a signed URL or a body. Extractor.Run does not return it: it stands
// in the manifest as text, with Failure beside it.
type Error struct {
	Step    string
	Source  string
	Dataset string // <vendor>.<plural>, "" when the step serves several
	Failure string // one of the Failure constants of package schemas
	What    string // what was being done or is wrong; no URL, no values
	Status  int    // HTTP status, 0 when there was none

	// The vendor's own words, made printable.
	Code, Message, TrackingID string

	Hint string // what to do
	Err  error  // the cause, without URLs; may be nil

	transient  bool          // may be retried
	throttled  bool          // the vendor asks for less
	silent     bool          // no answer came in time
	absent     bool          // what is asked for does not exist; see [IsAbsent]
	line       string        // what was wrong with the line to the vendor, the same for each request; "" for all else
	retryAfter time.Duration // as the vendor asked; 0 when it did not
}

func (e *Error) Error() string {
	var b strings.Builder
	for _, p := range []string{e.Source, e.Dataset, e.Step} {
		if p != "" {
			b.WriteString(p + ": ")
		}
	}
	b.WriteString(e.What)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
		if s := http.StatusText(e.Status); s != "" {
			b.WriteString(" " + s)
		}
	}
	switch {
	case e.Code != "" && e.Message != "":
		fmt.Fprintf(&b, ": %s: %s", e.Code, e.Message)
	case e.Code+e.Message != "":
		b.WriteString(": " + e.Code + e.Message)
	}
	if e.TrackingID != "" {
		fmt.Fprintf(&b, " (tracking id %s)", e.TrackingID)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// LacksRight reports whether the vendor knows who asks, and refuses what was asked for.
func (e *Error) LacksRight() bool { return e.Status == http.StatusForbidden }

// Broken is the error for an answer that breaks the vendor's protocol: an
// unknown status word, a missing id. What must not quote values.
func Broken(step, format string, args ...any) *Error {
	return &Error{Step: step, Failure: schemas.FailureVendor, What: fmt.Sprintf(format, args...),
		Hint: "the vendor's API may have changed; if it stays so, report it"}
}

// Refused is the error for a job that the vendor ended without a result.
// Code and message are the vendor's own words.
func Refused(step, what, code, message string) *Error {
	return &Error{Step: step, Failure: schemas.FailureVendor, What: what,
		Code: printable(code), Message: printable(message),
		Hint: "run again; if it stays so, ask the vendor's support with the text above"}
}

// Unusable is the error for a file or a setting that cannot be worked with.
func Unusable(step, hint, format string, args ...any) *Error {
	return &Error{Step: step, Failure: schemas.FailureInput, What: fmt.Sprintf(format, args...), Hint: hint}
}

// errDeadline is the cause of a context that ended because a job's time was
// up, which tells it from a run that was cancelled.
var errDeadline = errors.New("deadline passed")

// errStalled is the cause when a connection gave no byte for too long.
var errStalled = errors.New("no byte arrived in time")

// notReady is the error for a deadline that passed.
func notReady(step string, deadline time.Duration) *Error {
	return &Error{Step: step, Failure: schemas.FailureNotReady, Err: errDeadline,
		What: fmt.Sprintf("not ready within %s", deadline),
		Hint: "raise deadline in the source's configuration, or run again: a job that still runs is taken up where the vendor allows"}
}

// FailureOf classifies any error of a fetch for the manifest.
func FailureOf(err error) string {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return schemas.FailureInterrupted
	case errors.As(err, &e) && e.Failure == schemas.FailureUnreachable: // until the deadline
		return e.Failure
	case errors.Is(err, errDeadline):
		return schemas.FailureNotReady
	case errors.As(err, &e) && e.Failure != "":
		return e.Failure
	default:
		return schemas.FailureVendor
	}
}

// UnknownStatus is the error for a status word that is not documented. It is
// never taken for 'still pending'.
func UnknownStatus(status, known string) *Error {
	if !statusWord.MatchString(status) {
		status = "an unreadable text"
	}
	return Broken(StepPoll, "the job has the unknown status %s; known are %s", status, known)
}

var statusWord = regexp.MustCompile(`^[A-Za-z0-9 _-]{1,40}$`)
