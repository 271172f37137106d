package transform

import (
	"context"
	"io"
	"sync"

	"github.com/accessmart/accessmart/schemas"
)

// framesAhead is how many frames may wait for the consumer.
const framesAhead = 2

// stream is one pass over the parts of an export: a goroutine frames ahead
// while the consumer's own runs the contract and hands out batches.
type stream struct {
	program *program
	inputs  []Input
	out     *schemas.Stream
	counts  schemas.Counts
	drift   map[schemas.Drift]bool
	matched map[int]bool // columns that some JSON key fed
	objects bool         // JSON records were seen
}

// framed is what the framing goroutine hands over.
type framed struct {
	frame *frame
	err   error
}

func (t *stream) run(ctx context.Context, yield func(schemas.Batch, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	if pool := t.program.o.pool; pool != nil {
		pool.open()
		defer pool.close()
	}
	for _, e := range t.program.emits {
		e.again.forget()
	}
	frames := make(chan framed, framesAhead)
	var framer sync.WaitGroup
	framer.Go(func() {
		defer close(frames)
		if err := t.frameAll(ctx, frames); err != nil {
			select {
			case frames <- framed{err: err}:
			case <-ctx.Done():
			}
		}
	})
	defer func() {
		cancel()
		for f := range frames {
			f.release(t.program)
		}
		framer.Wait()
	}()
	for f := range frames {
		if f.err != nil {
			yield(schemas.Batch{}, f.err)
			return
		}
		if !t.emit(ctx, f, yield) {
			return
		}
	}
	if err := ctx.Err(); err != nil {
		yield(schemas.Batch{}, err)
		return
	}
	t.finishDrift()
}

// emit runs the contract over one frame and lends its batches.
func (t *stream) emit(ctx context.Context, f framed, yield func(schemas.Batch, error) bool) bool {
	batches, counts, err := t.program.run(f.frame)
	f.release(t.program)
	defer func() {
		for _, b := range batches {
			b.Rows.Release()
		}
	}()
	if err != nil {
		yield(schemas.Batch{}, err)
		return false
	}
	t.counts.Framed += counts.Framed
	t.counts.Loaded += counts.Loaded
	t.counts.Rejected += counts.Rejected
	for _, b := range batches {
		if err := ctx.Err(); err != nil {
			yield(schemas.Batch{}, err)
			return false
		}
		if !yield(b, nil) {
			return false
		}
	}
	return true
}

func (f framed) release(p *program) {
	if f.frame == nil {
		return
	}
	for i := range f.frame.cols {
		f.frame.cols[i].release(p.o.Mem)
	}
	if raw := f.frame.raw; cap(raw) > 0 {
		p.buffers.put(raw[:cap(raw)])
	}
}

// frameAll frames every text of every part, in order.
func (t *stream) frameAll(ctx context.Context, frames chan<- framed) error {
	p := t.program
	for i := range t.inputs {
		in := &t.inputs[i]
		ordinal := int64(0)
		err := p.o.walk(ctx, p.contract, in, func(tx *text) error {
			return t.frameText(ctx, tx, &ordinal, func(f *frame) error {
				select {
				case frames <- framed{frame: f}:
					return nil
				case <-ctx.Done():
					framed{frame: f}.release(p)
					return ctx.Err()
				}
			})
		})
		if err != nil {
			return about(err, p.contract, in)
		}
	}
	return nil
}

// frameText frames one text and hands its frames to send.
func (t *stream) frameText(ctx context.Context, tx *text, ordinal *int64, send func(*frame) error) error {
	p := t.program
	source, err := p.frame(ctx, tx, ordinal, t.note)
	if err != nil {
		return err
	}
	defer source.close()
	from := *ordinal
	defer func() {
		p.o.Log.DebugContext(ctx, "framed", "dataset", p.contract.Dataset, "artifact", tx.input.Artifact,
			"member", clip(tx.member, 100), "format", string(tx.format), "records", *ordinal-from)
	}()
	for {
		f := &frame{}
		err := source.next(f)
		if j := source.json; j != nil && err == nil {
			err = t.noteKeys(j)
		}
		switch {
		case err == nil:
			if err := send(f); err != nil {
				return err
			}
			continue
		case err != io.EOF:
			framed{frame: f}.release(p)
			return err
		}
		framed{frame: f}.release(p)
		return nil
	}
}

// source is a text being framed.
type source struct {
	next  func(*frame) error
	json  *jsonFramer // nil for CSV
	close func() error
}

// frame opens a text for framing.
func (p *program) frame(ctx context.Context, tx *text, ordinal *int64, note func(...schemas.Drift)) (*source, error) {
	var s shape
	if tx.format != schemas.CSV {
		r, err := tx.open(ctx)
		if err != nil {
			return nil, err
		}
		s, err = p.look(r)
		if e := r.Close(); err == nil && e != nil {
			err = readFault(e)
		}
		if err != nil {
			return nil, err
		}
	}
	r, err := tx.open(ctx)
	if err != nil {
		return nil, err
	}
	c := cutter{o: p.o, mem: p.o.Mem, text: tx, ordinal: ordinal, get: p.buffers.get, w: newWindow(r, p.o.chunk)}
	if tx.format != schemas.CSV {
		c.layout = p.jsonLayout(tx.input, s.document)
		j := newJSONFramer(c, p, s.lines, s.path)
		j.notice = func(key string) { note(added(key)) }
		return &source{next: j.next, json: j, close: r.Close}, nil
	}
	header, _, err := p.o.readHeader(c.w)
	if err == nil {
		var drift []schemas.Drift
		if c.layout, drift, err = p.csvLayout(header, tx.input); err == nil {
			note(drift...)
		}
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	f := newCSVFramer(c)
	return &source{next: f.next, close: r.Close}, nil
}
