package transform

import (
	"context"
	"runtime"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// worker runs the contract over the frames that are sent to it, one at a time.
type worker struct {
	p   *program
	in  chan framed
	out chan made
}

// made is what became of a frame.
type made struct {
	batches  []schemas.Batch
	counts   schemas.Counts
	findings frame.Findings
	dialect  *frame.Dialect // of a frame that was Windows-1252
	err      error
}

func (m made) release() {
	for _, b := range m.batches {
		b.Rows.Release()
	}
}

// maxWorkers bounds what is in memory at once, since each worker has up to three
// frames of several megabytes. More would seldom help: DuckDB, which takes the
// batches, is rarely faster than four.
const maxWorkers = 4

// employ starts the workers. Each can hold one finished result, so that it takes
// its next frame while the result before is still waiting to be handed out.
func (t *stream) employ(ctx context.Context) []*worker {
	n := t.program.o.workers
	if n == 0 {
		n = min(runtime.GOMAXPROCS(0), maxWorkers)
	}
	workers := make([]*worker, n)
	for i := range workers {
		workers[i] = &worker{p: t.program.fork(), in: make(chan framed), out: make(chan made, 1)}
		go workers[i].work(ctx)
	}
	return workers
}

func (w *worker) work(ctx context.Context) {
	defer close(w.out)
	for f := range w.in {
		m := made{err: f.err}
		if f.frame != nil && ctx.Err() == nil {
			m = w.p.run(f.frame)
		}
		f.release(w.p)
		select {
		case w.out <- m:
		case <-ctx.Done():
			m.release()
		}
	}
}

// dismiss releases the results of a worker until it has stopped. The context
// must have ended before.
func (w *worker) dismiss() {
	for m := range w.out {
		m.release()
	}
}
