package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/accessmart/accessmart/schemas"
	"golang.org/x/sync/errgroup"
)

// Part is what becomes one artifact: what to ask for, and for whom.
type Part struct {
	// Key is stable between runs and unique in its job. Parts of an export
	// are ordered by it.
	Key string
	// Datasets are the plurals that the part belongs to. Those that were not
	// asked for are left out.
	Datasets []string
	Context  map[string]string // facts of the request, for contract columns
	Expect   map[string]int64  // records, at least, that the vendor counts in it, by plural
	Name     string            // file name, for files handed over
	Members  []string          // of an archive: those that belong to the datasets; none: the contract picks
	Request  Request           // what is asked, for the manifest

	FileTime   time.Time // of a file handed over: the time that it is of
	FileTimeOf string    // and where that stands; see the constants of schemas
}

// Task is the work of one job, as a vendor package sees it. Its methods may
// be used by several goroutines.
type Task struct {
	s       *session
	job     string
	order   []string          // plurals, as asked
	names   map[string]string // plural -> dataset
	journal *journal
	log     *slog.Logger

	mu      sync.Mutex
	results map[string]*result
	arrived int
}

type result struct {
	parts    []keyedPart
	done     bool
	filtered bool
	partial  string
	listed   string // dataset whose list told which parts there are
	tenant   string
	files    []schemas.File
	err      error
}

type keyedPart struct {
	key string
	schemas.Part
}

func newTask(s *session, job Job) *Task {
	t := &Task{s: s, job: job.Name, log: s.log.With(keyJob, job.Name), results: map[string]*result{}, names: map[string]string{}}
	for _, c := range job.Contracts {
		t.names[c.Plural()] = c.Dataset
		t.order = append(t.order, c.Plural())
		t.results[c.Plural()] = &result{}
	}
	t.journal = openJournal(s.x, s.src.Name, job.Name, s.vendor.Origin(), t.log)
	return t
}

func (t *Task) plurals() []string { return t.order }

// Log is for what an operator should know besides errors.
func (t *Task) Log() *slog.Logger { return t.log }

// Wants reports whether any of the datasets was asked for.
func (t *Task) Wants(plurals ...string) bool {
	return slices.ContainsFunc(plurals, func(p string) bool { return t.results[p] != nil })
}

// Done marks datasets of the job as complete: all their parts arrived.
func (t *Task) Done(plurals ...string) {
	t.each(plurals, func(r *result) { r.done = r.err == nil })
}

// Fail marks datasets of the job as failed, while others go on.
func (t *Task) Fail(err error, plurals ...string) {
	t.each(plurals, func(r *result) { r.err, r.done = err, false })
}

// Filtered marks datasets as a selection of what the source holds: what they lack
// is not gone.
func (t *Task) Filtered(plurals ...string) {
	t.each(plurals, func(r *result) { r.filtered = true })
}

// Partial marks datasets as lacking some of their parts, which the vendor does
// not have although its own list names them: what is missing is not gone. It
// tells a person too; why must not hold values of cells.
func (t *Task) Partial(why string, plurals ...string) {
	t.each(plurals, func(r *result) { r.partial = why })
	t.Warn(why, plurals...)
}

// Listed notes that the vendor's own list, which the dataset given is made of,
// told which parts these datasets have: a part that is not among them is gone.
// A list of parts that the user chose is not one.
func (t *Task) Listed(list string, plurals ...string) {
	t.each(plurals, func(r *result) { r.listed = list })
}

// Tenant says whose the datasets are, where the export itself states it.
func (t *Task) Tenant(tenant string, plurals ...string) {
	t.each(plurals, func(r *result) { r.tenant = tenant })
}

// Files tells what became of files of a folder, in the manifest of one dataset
// of the job.
func (t *Task) Files(plural string, files ...schemas.File) {
	files = slices.Clone(files)
	for i := range files {
		if files[i].Dataset != "" {
			files[i].Dataset = t.names[plural]
		}
		state := Unread
		if files[i].Read {
			state = Read
		}
		e := Event{State: state, Part: files[i].Name, Note: files[i].Reason, How: files[i].How}
		if files[i].Dataset != "" {
			e.Datasets = []string{files[i].Dataset}
		}
		t.s.x.emit(t.event(e))
	}
	t.each([]string{plural}, func(r *result) { r.files = append(r.files, files...) })
}

// Share books bytes that another job of the same run has stored.
func (t *Task) Share(p Part, a Artifact, mediaType string) {
	got := received{Artifact: a, mediaType: mediaType}
	if before, err := t.before(p); err == nil && before != nil && before.Artifact == a.SHA {
		got.at = before.FetchedAt
	}
	t.took(p, got, "")
}

func (t *Task) each(plurals []string, f func(*result)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range plurals {
		if r := t.results[p]; r != nil {
			f(r)
		}
	}
}

// Warn tells a person something that does not fail the export. note must not
// hold values of cells.
func (t *Task) Warn(note string, plurals ...string) {
	t.log.Warn(note)
	t.s.x.emit(t.event(Event{State: Warned, Note: note, Datasets: t.named(plurals)}))
}

func (t *Task) named(plurals []string) []string {
	var out []string
	for _, p := range plurals {
		if n := t.names[p]; n != "" {
			out = append(out, n)
		}
	}
	return out
}

func (t *Task) event(e Event) Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Run, e.Source = t.s.run, t.s.src.Name
	if e.Parts == 0 {
		e.Parts = t.arrived
	}
	return e
}

// tell emits an event about a part.
func (t *Task) tell(p Part, state State, bytes int64) {
	t.s.x.emit(t.event(Event{State: state, Part: p.Key, Bytes: bytes, Datasets: t.named(p.Datasets)}))
}

// add books an artifact as a part of its datasets.
func (t *Task) add(p Part, sp schemas.Part) {
	t.mu.Lock()
	t.arrived++
	for _, d := range p.Datasets {
		if r := t.results[d]; r != nil {
			sp.Expected = p.Expect[d]
			r.parts = append(r.parts, keyedPart{p.Key, sp})
		}
	}
	t.mu.Unlock()
}

// took books what arrived, in the journal too.
func (t *Task) took(p Part, got received, jobID string) {
	sp := t.stored(p, got, jobID)
	t.log.Debug("part stored", keyPart, p.Key, keyArtifact, got.SHA)
	t.add(p, sp)
	t.journal.arrived(p, sp)
	t.log.Debug("part arrived", keyPart, p.Key, keyArtifact, got.SHA, keyBytes, got.Bytes)
	t.tell(p, Arrived, got.Bytes)
}

// stored is how a manifest tells of an artifact that arrived.
func (t *Task) stored(p Part, got received, jobID string) schemas.Part {
	sp := schemas.Part{Artifact: got.SHA, Bytes: got.Bytes, StoredBytes: got.StoredBytes, MediaType: got.mediaType,
		Name: p.Name, Members: p.Members, FetchedAt: t.s.x.now(), FileTime: p.FileTime, FileTimeOf: p.FileTimeOf,
		JobID: jobID, Context: maps.Clone(p.Context)}
	if !got.at.IsZero() {
		sp.FetchedAt = got.at
	}
	if p.Request.Method != "" {
		sp.Request = p.Request.asked()
	}
	return sp
}

// resumed takes a part that arrived in an interrupted run.
func (t *Task) resumed(p Part) (Artifact, bool) {
	sp, _, ok := t.journal.part(p)
	if !ok || !t.s.x.Store.Has(sp.Artifact) {
		return Artifact{}, false
	}
	sp.Context = maps.Clone(p.Context)
	t.add(p, sp)
	t.log.Info("part of an interrupted run is used", keyPart, p.Key, keyArtifact, sp.Artifact, "fetched_at", sp.FetchedAt)
	t.tell(p, Resumed, sp.Bytes)
	return Artifact{SHA: sp.Artifact, Bytes: sp.Bytes, StoredBytes: sp.StoredBytes}, true
}

// begin waits for one of the source's parallel slots and starts the job's clock.
func (t *Task) begin(ctx context.Context, step string) (context.Context, func(), error) {
	select {
	case t.s.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx, func() {}, ended(ctx, step)
	}
	ctx, cancel := t.s.client.withBudget(ctx, t.s.client.access.Limits.Deadline)
	return ctx, func() { cancel(); <-t.s.slots }, nil
}

// Call makes a request of the vendor's API with a JSON answer, into out. It
// has the deadline of the job or list that it is a part of, else one of its own.
func (t *Task) Call(ctx context.Context, r Request, out any) error {
	if _, within := ctx.Value(budgetKey{}).(budget); !within {
		own, end, err := t.begin(ctx, r.Step)
		if err != nil {
			return err
		}
		defer end()
		ctx = own
	}
	return t.s.client.json(ctx, r, out)
}

// Download fetches one part that is there at once.
func (t *Task) Download(ctx context.Context, p Part) (Artifact, error) {
	if a, ok := t.resumed(p); ok {
		return a, nil
	}
	ctx, end, err := t.begin(ctx, StepDownload)
	if err != nil {
		return Artifact{}, err
	}
	defer end()
	got, err := t.receive(ctx, p, Fetch{Request: p.Request})
	if err != nil {
		return Artifact{}, err
	}
	t.took(p, got, "")
	return got.Artifact, nil
}

func (t *Task) receive(ctx context.Context, p Part, f Fetch) (received, error) {
	return t.s.client.download(ctx, t.s.x.Store, f, func(n int64) {
		if n > 0 {
			t.tell(p, Downloading, n)
		}
	})
}

// Keep stores a part whose bytes the vendor package has at hand, such as a file.
func (t *Task) Keep(ctx context.Context, p Part, mediaType string, r io.ReadSeeker) (Artifact, error) {
	got, err := t.keep(ctx, p, r)
	if err != nil {
		if ctx.Err() != nil {
			return got.Artifact, ended(ctx, StepStore)
		}
		return got.Artifact, broken(err)
	}
	got.mediaType = mediaType
	t.took(p, got, "")
	return got.Artifact, nil
}

// Open reads an artifact that this task got.
func (t *Task) Open(a Artifact) (io.ReadCloser, error) { return t.s.x.Store.Open(a.SHA) }

// Each runs f for the numbers 0 to n-1, as many at a time as the source
// allows. (The parts themselves wait for slots; this bounds the goroutines.)
// One that the vendor refuses or breaks does not keep the others from
// arriving: what came whole is not asked for again by the next run. It ends at
// the first error that the others would meet too, and after maxRefused others.
func (t *Task) Each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	if t.Sampled() {
		n = min(n, 1)
	}
	g, each := errgroup.WithContext(ctx)
	g.SetLimit(cap(t.s.slots))
	var mu sync.Mutex
	refused := map[int]error{}
	for i := range n {
		g.Go(func() error {
			if each.Err() != nil {
				return nil
			}
			err := f(each, i)
			if err == nil || !alone(err) {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if refused[i] = err; len(refused) < maxRefused {
				return nil
			}
			return err
		})
	}
	err := g.Wait()
	switch {
	case err == nil && ctx.Err() != nil: // some were not begun
		return ended(ctx, StepPlan)
	case len(refused) == 0 || err != nil && !alone(err):
		return err
	}
	err = refused[slices.Min(slices.Collect(maps.Keys(refused)))]
	var e *Error
	if others := len(refused) - 1; others > 0 && errors.As(err, &e) {
		first := *e
		first.What = fmt.Sprintf("%d of %d parts failed, first: %s", len(refused), n, e.What)
		return &first
	}
	return err
}

// maxRefused is how many parts of one kind may fail, each by itself, before
// the rest is not asked for any more.
const maxRefused = 10

// alone reports whether an error is about one part, not about the vendor, the
// line, the credentials or this machine.
func alone(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Failure == schemas.FailureVendor && !e.transient && e.Status != http.StatusUnauthorized
}
