package extract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/accessmart/accessmart/schemas"
	"golang.org/x/time/rate"
)

// Source is one configured tenant of a vendor, or a folder of its files.
type Source struct {
	Name   string // letters, digits, '_' and '-'
	Tenant string // as the user calls it; may be empty
}

// Vendor is one vendor's protocol. Package extract/<vendor> has one each.
type Vendor interface {
	// Access tells where and how the vendor is reached. The zero Access is
	// for a vendor that needs no network.
	Access() Access
	// Origin stands in the manifests: scheme and host, or a folder.
	Origin() string
	// Jobs says in which jobs the datasets are fetched: each contract in
	// exactly one job. A contract that the vendor cannot serve gets a job
	// that fails.
	Jobs(contracts []*schemas.Contract) []Job
}

// Checker is a [Vendor] whose configuration names datasets: Check refuses those
// of which none of the vendor's contracts is.
type Checker interface {
	Check(known []*schemas.Contract) error
}

// Scoper is a [Vendor] who documents which right a dataset needs: Scope is that in
// the vendor's words, "" where it is not known.
type Scoper interface {
	Scope(c *schemas.Contract) string
}

// Estimator is a [Vendor] who knows what a dataset costs before it was ever fetched.
type Estimator interface {
	Cost(c *schemas.Contract) Cost
}

// Cost is what the protocol alone says of how a dataset is fetched. The zero Cost is a list
// of at least one page.
type Cost struct {
	Export bool   // the vendor makes an export, and does not answer with a page or a file
	Each   string // the plural of the dataset for each of whose records it is asked once more; "" for none
	Some   bool   // only for those of the records that meet a condition, so that nobody knows for how many
}

// Job fetches one dataset, or several that come out of the same export.
type Job struct {
	Name      string // stable for the same datasets; stands in a file name
	Contracts []*schemas.Contract
	// Fetch gets the parts by the methods of Task. When it returns nil, all
	// datasets of the job are complete; else those are that it marked with
	// Task.Done before.
	Fetch func(context.Context, *Task) error
}

// Extractor runs jobs and leaves artifacts and manifests. Only Store is
// needed. It is safe to use for several sources at once.
type Extractor struct {
	Store    *Store
	Log      *slog.Logger
	Progress func(Event) // called by one goroutine at a time
	Version  string      // of the program, for User-Agent

	Now  func() time.Time                           // default time.Now
	Wait func(context.Context, time.Duration) error // default: in real time

	// Transport overrides the HTTP transport, for tests of broken lines.
	Transport *http.Transport
	// Idle is how long a connection may give no byte; default 1m.
	Idle time.Duration
	// Resume is how old what an interrupted run left may be to be used
	// again; default 12h, so that a nightly refresh never mixes two nights.
	// Negative: never.
	Resume time.Duration
	// Hold keeps what complete jobs have got for the next run to use until
	// [Store.Release] is called: when their exports are loaded. Without it, a
	// Run that was not interrupted releases at its end.
	Hold bool

	mu sync.Mutex // for Progress
}

// Run fetches the datasets of the contracts from one source. It returns and
// saves one manifest for each contract, in their order, whatever happened:
// why an export failed stands in its manifest. The error is not nil only when
// ctx ended or manifests cannot be kept.
func (x *Extractor) Run(ctx context.Context, run string, src Source, v Vendor, contracts []*schemas.Contract) ([]*schemas.Export, error) {
	if !plainName.MatchString(src.Name) || !plainName.MatchString(run) {
		return nil, fmt.Errorf("source %q, run %q: names have letters, digits, '_' and '-' only", src.Name, run)
	}
	if _, err := x.Store.Sweep(); err != nil {
		return nil, err
	}
	s := &session{x: x, run: run, src: src, vendor: v, log: x.logger().With(keyRun, run, keySource, src.Name), faults: map[string]string{}}
	access := v.Access()
	access.Limits = access.Limits.withDefaults()
	s.slots = make(chan struct{}, access.Limits.Parallel)
	var err error
	if s.client, err = x.client(access, s.log); err != nil {
		return nil, err
	}
	defer s.client.close()

	jobs := v.Jobs(contracts)
	var wg sync.WaitGroup
	results := make([][]*schemas.Export, len(jobs))
	for i, job := range jobs {
		wg.Go(func() { results[i] = s.job(ctx, job) })
	}
	wg.Wait()
	return s.settle(ctx, contracts, slices.Concat(results...))
}

// settle brings the manifests into the order of the contracts.
func (s *session) settle(ctx context.Context, contracts []*schemas.Contract, got []*schemas.Export) ([]*schemas.Export, error) {
	var out []*schemas.Export
	var errs []error
	for _, c := range contracts {
		i := slices.IndexFunc(got, func(e *schemas.Export) bool { return e.Dataset == c.Dataset })
		if i < 0 { // a vendor package forgot it: never silently
			e := s.manifest(c, s.x.now())
			e.Error, e.Failure = "no job of the vendor fetches this dataset", schemas.FailureVendor
			got, i = append(got, e), len(got)
			s.save(e)
		}
		out = append(out, got[i])
	}
	errs = append(errs, s.unsaved...)
	switch {
	case ctx.Err() != nil:
		errs = append(errs, context.Cause(ctx))
	case !s.x.Hold:
		errs = append(errs, s.x.Store.Release(s.src.Name))
	}
	return out, errors.Join(errs...)
}

func (x *Extractor) now() time.Time {
	if x.Now == nil {
		return time.Now().UTC()
	}
	return x.Now().UTC()
}

func (x *Extractor) logger() *slog.Logger {
	if x.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return x.Log
}

func (x *Extractor) emit(e Event) {
	if x.Progress == nil {
		return
	}
	e.At = x.now()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.Progress(e)
}

// client makes the client of one source for one run.
func (x *Extractor) client(a Access, log *slog.Logger) (*client, error) {
	base, err := url.Parse(a.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", cause(err))
	}
	c := &client{access: a, base: base, agent: "accessmart/" + cmp.Or(x.Version, "dev"), log: log,
		now: x.now, wait: x.Wait, idle: cmp.Or(x.Idle, time.Minute), down: map[string]bool{}, tries: maxTries}
	if c.wait == nil {
		c.wait = sleep
	}
	t := x.Transport
	if t == nil {
		t = http.DefaultTransport.(*http.Transport)
	}
	api := t.Clone()
	api.DisableCompression = true // Content-Length stays comparable
	api.MaxIdleConnsPerHost = a.Limits.Parallel
	// All that leaves the vendor's own hosts goes by the other one.
	outside := t.Clone()
	newGuard(a, base).install(outside, x.Transport == nil)
	c.api, c.counting = api, newCountingTransport(outside)
	if a.OAuth != nil {
		c.tokens = newTokens(a.OAuth, api, x.now)
	}
	if allowed := cmp.Or(a.Limits.Rate, a.Rate); allowed > 0 {
		c.limiter = rate.NewLimiter(rate.Limit(allowed), max(1, int(allowed)))
	}
	return c, nil
}

func (c *client) close() {
	c.api.CloseIdleConnections()
	c.counting.CloseIdleConnections()
}

// session is one Run.
type session struct {
	x      *Extractor
	run    string
	src    Source
	vendor Vendor
	client *client
	slots  chan struct{}
	log    *slog.Logger
	sample *sample // jobs are only tried; nil for a run

	mu      sync.Mutex
	unsaved []error           // why manifests could not be kept
	faults  map[string]string // of the line to the vendor -> the first dataset that met it
}

// repeated reports whether another dataset met the same fault of the line, and
// which.
func (s *session) repeated(err error, dataset string) (first string, ok bool) {
	var e *Error
	if !errors.As(err, &e) || e.line == "" {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if first, ok = s.faults[e.line]; !ok {
		s.faults[e.line] = dataset
	}
	return first, ok
}

// save keeps a manifest at once: a run that is killed later has it.
func (s *session) save(e *schemas.Export) {
	if err := s.x.Store.SaveExport(e); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.unsaved = append(s.unsaved, err)
	}
}

func (s *session) manifest(c *schemas.Contract, started time.Time) *schemas.Export {
	return &schemas.Export{Run: s.run, Source: s.src.Name, Vendor: c.Vendor(), Dataset: c.Dataset, Tenant: s.src.Tenant,
		BaseURL: s.vendor.Origin(), StartedAt: started, FinishedAt: s.x.now(), Parts: []schemas.Part{}}
}

// job runs one job and makes the manifests of its datasets.
func (s *session) job(ctx context.Context, job Job) []*schemas.Export {
	started := s.x.now()
	t := newTask(s, job)
	for _, c := range job.Contracts {
		s.x.emit(t.event(Event{State: Started, Datasets: []string{c.Dataset}}))
	}
	err := t.fetch(ctx, job.Fetch)
	if err == nil {
		t.Done(t.plurals()...)
	}
	var out []*schemas.Export
	for _, c := range job.Contracts {
		e := s.manifest(c, started)
		p := t.results[c.Plural()]
		e.Filtered, e.Partial, e.PartsListed = p.filtered, p.partial, p.listed
		e.Files, e.Tenant = p.files, cmp.Or(p.tenant, e.Tenant)
		slices.SortStableFunc(p.parts, func(a, b keyedPart) int { return strings.Compare(a.key, b.key) })
		for _, k := range p.parts {
			e.Parts = append(e.Parts, k.Part)
		}
		repeated := false
		if e.Complete = p.done; !e.Complete {
			why := cmp.Or(p.err, err)
			e.Error, e.Failure = s.explain(c, why), FailureOf(why)
			var first string
			if first, repeated = s.repeated(why, c.Dataset); repeated {
				var line *Error
				errors.As(why, &line)
				e.Error = fmt.Sprintf("%s: %s: %s: %s; as %s, which says what to do", s.src.Name, c.Dataset, line.Step, line.line, first)
			}
		}
		s.save(e)
		s.report(t, e, repeated)
		out = append(out, e)
	}
	t.journal.end(!slices.ContainsFunc(out, func(e *schemas.Export) bool { return !e.Complete }))
	return out
}

// explain writes source and dataset into an error and makes its text.
func (s *session) explain(c *schemas.Contract, err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return printable(fmt.Sprintf("%s: %s: %v", s.src.Name, c.Dataset, cause(err)), s.client.secrets()...)
	}
	full := *e
	full.Source, full.Dataset = s.src.Name, c.Dataset
	return full.Error()
}

func (s *session) report(t *Task, e *schemas.Export, repeated bool) {
	attrs := []any{keyDataset, e.Dataset, "parts", len(e.Parts), keyBytes, e.Bytes(), keyTook, e.FinishedAt.Sub(e.StartedAt)}
	ev := Event{Datasets: []string{e.Dataset}, Bytes: e.Bytes(), Parts: len(e.Parts), State: Finished}
	if e.Complete {
		s.log.Info("export complete", append(attrs, "filtered", e.Filtered)...)
	} else {
		s.log.Error("export failed", append(attrs, "failure", e.Failure, keyError, e.Error)...)
		ev.State, ev.Note, ev.Repeated = Failed, e.Error, repeated
	}
	s.x.emit(t.event(ev))
}

// fetch runs the vendor's code; a panic there fails this job only.
func (t *Task) fetch(ctx context.Context, f func(context.Context, *Task) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Error{Step: StepPlan, Failure: schemas.FailureVendor, What: fmt.Sprintf("internal fault (%T)", r),
				Hint: "report it with the version of the program"}
		}
	}()
	return f(ctx, t)
}
