package extract

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/accessmart/accessmart/schemas"
	"github.com/cenkalti/backoff/v5"
)

// Bounds of retrying. A request fails for good after maxTries faults of
// the server or the line, or maxThrottles requests to slow down, or when its
// job's deadline passes.
const (
	maxTries     = 5
	maxThrottles = 20
	retryMin     = 500 * time.Millisecond
	retryMax     = 30 * time.Second
)

// delays grows from a floor to a cap with jitter.
type delays struct {
	b          backoff.ExponentialBackOff
	floor, top time.Duration
}

func newDelays(floor, top time.Duration) *delays {
	d := &delays{floor: floor, top: top, b: backoff.ExponentialBackOff{
		InitialInterval: floor, MaxInterval: top, Multiplier: 1.6, RandomizationFactor: 0.25}}
	d.b.Reset()
	return d
}

// next keeps the floor and the cap true after jitter, which backoff does not.
func (d *delays) next() time.Duration { return min(max(d.b.NextBackOff(), d.floor), d.top) }

// judgeStatus decides for a status of 300 and above whether the request may
// be retried and how long to wait at least. It is the only place that
// decides so.
func judgeStatus(e *Error, h http.Header, now time.Time) {
	switch s := e.Status; {
	case s == http.StatusTooManyRequests:
		e.transient, e.throttled = true, true
	case s == http.StatusServiceUnavailable:
		e.transient, e.throttled = true, h.Get("Retry-After") != ""
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s >= 500 && s != http.StatusNotImplemented:
		e.transient = true
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		e.Failure = schemas.FailureCredentials
	}
	switch e.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.Failure = schemas.FailureUnreachable
	}
	if e.transient {
		e.retryAfter = retryAfter(h.Get("Retry-After"), now)
	}
}

// retryAfter reads both forms of the header (RFC 9110, 10.2.3): seconds, or
// an HTTP date. 0 when there is none or it is past or unreadable.
func retryAfter(v string, now time.Time) time.Duration {
	v = strings.TrimSpace(v)
	if n, err := strconv.ParseFloat(v, 64); err == nil && n >= 0 && n < 1e8 {
		return time.Duration(n * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// A budget is the time that a job has, on the clock of Extractor.Now. It
// travels in the context beside the deadline of real time, so that waiting is
// judged by the injected clock.
type budget struct {
	end   time.Time
	total time.Duration
}

type budgetKey struct{}

// withBudget bounds ctx by d. The returned function frees the timer.
func (c *client) withBudget(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx = context.WithValue(ctx, budgetKey{}, budget{c.now().Add(d), d})
	return context.WithTimeoutCause(ctx, d, errDeadline)
}

// pause waits d, or until the deadline when patient, else gives up at once if
// the deadline comes first.
func (c *client) pause(ctx context.Context, step string, d time.Duration, patient bool) error {
	if b, ok := ctx.Value(budgetKey{}).(budget); ok {
		left := b.end.Sub(c.now())
		if left <= 0 || left < d && !patient {
			return notReady(step, b.total)
		}
		d = min(d, left)
	}
	if err := c.wait(ctx, d); err != nil {
		return ended(ctx, step)
	}
	return nil
}

// ended is the error for a context that is done: the job's deadline, or the
// cancelled run.
func ended(ctx context.Context, step string) error {
	if context.Cause(ctx) == errDeadline {
		b, _ := ctx.Value(budgetKey{}).(budget)
		return notReady(step, b.total)
	}
	return &Error{Step: step, Failure: schemas.FailureInterrupted, What: "interrupted", Err: context.Canceled,
		Hint: "run again; what arrived whole is not asked for again"}
}

// sleep waits in real time.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
