package extract

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/accessmart/accessmart/schemas"
)

// Ticket is what a vendor gives for a job: an id that a later run can ask
// for, signed URLs, or both.
type Ticket struct {
	ID      string
	PollURL Secret
	URL     Secret
}

// ErrExpired is returned by Async.Poll when the ticket is no longer good and
// the job has to be asked for anew.
var ErrExpired = errors.New("the vendor no longer knows the job")

// Async is an export that the vendor makes in its own time.
type Async struct {
	Part
	// Submit asks for the export.
	Submit func(context.Context) (Ticket, error)
	// Poll asks whether it is ready. Only statuses that are listed as pending
	// give false without an error. The ticket may gain a URL.
	Poll func(context.Context, Ticket) (Ticket, bool, error)
	// Fetch says where the bytes of a ready job are.
	Fetch func(Ticket) Fetch
	// Expired are the statuses of a download that mean: too late.
	Expired []int
	// Renew: a poll of a ready job gives a new URL.
	Renew bool
}

// Async asks for an export, waits for it and downloads it, within the
// source's deadline. A job that an interrupted run had asked for is taken up.
// An expired download is asked for again, once by a poll where the vendor
// renews URLs so, and once by a new job.
func (t *Task) Async(ctx context.Context, a Async) (Artifact, error) {
	if t.Sampled() && !t.s.sample.exports {
		return Artifact{}, ErrNotAsked
	}
	if art, ok := t.resumed(a.Part); ok {
		return art, nil
	}
	ctx, end, err := t.begin(ctx, StepSubmit)
	if err != nil {
		return Artifact{}, err
	}
	defer end()
	f := &flight{Task: t, Async: a}
	got, err := f.fly(ctx)
	if err != nil {
		return Artifact{}, err
	}
	t.took(a.Part, got, f.ticket.ID)
	return got.Artifact, nil
}

// flight is one Async on its way.
type flight struct {
	*Task
	Async
	ticket  Ticket
	resumed bool // the ticket is of an earlier run
	renewed bool // the one new job after an expired download was spent
}

func (f *flight) fly(ctx context.Context) (received, error) {
	if id, ok := f.journal.job(f.Part); ok {
		f.ticket, f.resumed = Ticket{ID: id}, true
		f.log.Info("job of an interrupted run is taken up", keyPart, f.Key, "id", id)
		f.tell(f.Part, Resumed, 0)
	}
	for {
		if err := f.ask(ctx); err != nil {
			return received{}, err
		}
		got, err := f.land(ctx)
		switch {
		case err == nil:
			return got, nil
		case passing(err):
			return got, err // the job may still run: its id stays in the journal
		case f.resumed:
			// Whatever became of the earlier run's job, it was not this run's.
			f.log.Info("job of an interrupted run is of no use, asking anew", keyPart, f.Key, keyError, err)
		case f.expired(err) && !f.renewed:
			f.renewed = true
			f.log.Info("download expired, asking anew", keyPart, f.Key)
		default:
			f.journal.forget(f.Part)
			return got, err
		}
		f.journal.forget(f.Part)
		f.ticket, f.resumed = Ticket{}, false
	}
}

// passing reports whether an error says nothing of the job itself: time was
// up, the run was cancelled, the line or the server failed.
func passing(err error) bool {
	var e *Error
	return errors.Is(err, errDeadline) || errors.Is(err, context.Canceled) || errors.Is(err, errStore) || errors.As(err, &e) && e.transient
}

// ask submits the job where there is none.
func (f *flight) ask(ctx context.Context) (err error) {
	if f.resumed {
		return nil
	}
	if f.ticket, err = f.Submit(ctx); err != nil {
		return err
	}
	f.journal.started(f.Part, f.ticket.ID)
	f.log.Debug("job submitted", keyPart, f.Key, "id", f.ticket.ID)
	f.tell(f.Part, Submitted, 0)
	return nil
}

// land waits for the job and downloads its result.
func (f *flight) land(ctx context.Context) (received, error) {
	if err := f.await(ctx); err != nil {
		return received{}, err
	}
	got, err := f.receive(ctx, f.Part, f.Fetch(f.ticket))
	if !f.Renew || !f.expired(err) {
		return got, err
	}
	f.log.Info("download link expired, polling for a new one", keyPart, f.Key)
	if err := f.await(ctx); err != nil {
		return received{}, err
	}
	return f.receive(ctx, f.Part, f.Fetch(f.ticket))
}

// await polls until the job is ready, has failed, or time is up.
func (f *flight) await(ctx context.Context) error {
	l := f.s.client.access.Limits
	back := newDelays(l.Poll.Min, l.Poll.Max)
	for {
		ticket, ready, err := f.Poll(ctx, f.ticket)
		if err != nil {
			return f.s.client.clean(err)
		}
		if ready {
			f.ticket = ticket
			return nil
		}
		f.tell(f.Part, Pending, 0)
		if err := f.s.client.pause(ctx, StepPoll, back.next(), true); err != nil {
			return err
		}
	}
}

func (f *flight) expired(err error) bool {
	var e *Error
	if errors.Is(err, ErrExpired) {
		return true
	}
	return errors.As(err, &e) && e.Step == StepDownload && slices.Contains(f.Expired, e.Status)
}

// Present asks a signed URL, by HEAD, whether the file behind it is there:
// 200 yes, 404 not yet, 403 the link expired ([ErrExpired]).
func (t *Task) Present(ctx context.Context, signed Secret) (bool, error) {
	k, err := t.s.client.signedCall(StepPoll, http.MethodHead, signed)
	if err != nil {
		return false, err
	}
	err = t.s.client.send(ctx, k, func(*http.Response) error { return nil })
	var e *Error
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &e):
		return false, err
	case e.Status == http.StatusNotFound:
		return false, nil
	case e.Status == http.StatusForbidden:
		return false, &Error{Step: StepPoll, Failure: schemas.FailureVendor, What: k.what, Status: e.Status, Err: ErrExpired}
	}
	return false, err
}
