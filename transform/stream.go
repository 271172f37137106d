package transform

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/accessmart/accessmart/schemas"
)

// stream is one pass over the parts of an export: a goroutine frames ahead,
// workers run the contract, and the consumer's own hands out the batches in
// the order of the records.
type stream struct {
	program *program
	inputs  []Input
	out     *schemas.Stream
	counts  schemas.Counts
	// findings of the frames. What the framing goroutine finds about whole
	// texts comes with a frame, see [frame].found.
	findings findings
	dates    map[textName][]proof // of each text, for each column of the vendor table; nil where no dates can be turned round
	named    map[textName]int     // texts met in the part that is framed
	spoken   spoken
	drift    map[schemas.Drift]bool
	matched  map[int]bool // columns that some JSON key fed
	objects  bool         // JSON records were seen
	// mentioned is what has to wait for the end: of one key only a row counts.
	mentioned mentions
	absent    map[int]*absence
	asked     asked
	told      counts
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
	defer t.mentioned.release()
	workers := t.employ(ctx)
	var framer sync.WaitGroup
	framer.Go(func() { t.deal(ctx, workers) })
	defer func() {
		cancel()
		for _, w := range workers {
			w.dismiss()
		}
		framer.Wait()
	}()
	for i := 0; ; i++ {
		m, ok := <-workers[i%len(workers)].out
		if !ok { // they are dealt to in turn, so that no other has more
			break
		}
		if !t.lend(ctx, m, yield) {
			return
		}
	}
	if !t.mentioned.settle(t.program, &t.findings, yield) {
		return
	}
	if err := ctx.Err(); err != nil {
		yield(schemas.Batch{}, err)
		return
	}
	t.finishDrift()
	t.out.Sparse = t.objects
	if t.out.Partial == "" {
		t.out.Partial = t.told.partial()
	}
	if t.out.Partial != "" {
		t.findings.add(schemas.Finding{Rule: rulePartial, Detail: t.out.Partial, Count: t.counts.Framed})
	}
	t.out.Asked = t.asked.of(t.program.contract)
	t.findings.join(t.program.found)
	t.out.Findings = t.findings.list()
	t.out.Dialect = t.spoken.String()
}

// deal frames all parts and gives the frames to the workers in turn.
func (t *stream) deal(ctx context.Context, workers []*worker) {
	next := 0
	send := func(f framed) error {
		w := workers[next%len(workers)]
		next++
		select {
		case w.in <- f:
			return nil
		case <-ctx.Done():
			f.release(t.program)
			return ctx.Err()
		}
	}
	if err := t.frameAll(ctx, send); err != nil {
		_ = send(framed{err: err}) // which fails only where nobody listens any more
	}
	for _, w := range workers {
		close(w.in)
	}
}

// lend hands out the batches of a frame, which it releases.
func (t *stream) lend(ctx context.Context, m made, yield func(schemas.Batch, error) bool) bool {
	defer m.release()
	if m.err != nil {
		yield(schemas.Batch{}, m.err)
		return false
	}
	t.counts.Framed += m.counts.Framed
	t.counts.Loaded += m.counts.Loaded
	t.counts.Rejected += m.counts.Rejected
	t.counts.NotRecords += m.counts.NotRecords
	t.counts.ItemRejects += m.counts.ItemRejects
	t.findings.join(m.findings)
	if m.dialect != nil {
		t.spoken.western(m.dialect)
	}
	for _, b := range m.batches {
		if err := ctx.Err(); err != nil {
			yield(schemas.Batch{}, err)
			return false
		}
		if t.program.mentions[b.Table] {
			t.mentioned.keep(b)
			continue
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
	if held := f.frame.held; held != nil {
		f.frame.held = nil
		held.Done()
	}
}

// frameAll frames every text of every part, in order.
func (t *stream) frameAll(ctx context.Context, send func(framed) error) error {
	p := t.program
	if err := t.proofs(ctx); err != nil {
		return err
	}
	for i := range t.inputs {
		t.named = map[textName]int{}
		in := &t.inputs[i]
		ordinal := int64(0)
		err := p.walk(ctx, in, func(tx *text) error {
			return t.frameText(ctx, tx, &ordinal, func(f *frame) error { return send(framed{frame: f}) })
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
	t.order(tx, t.named)
	part := tx.input.Part
	source, err := p.frame(ctx, tx, ordinal, func(drift ...schemas.Drift) {
		t.note(drift...)
		t.lack(part, drift)
	})
	if err != nil {
		return err
	}
	defer source.close()
	t.spoken.add(source.dialect, 1)
	from := *ordinal
	defer func() {
		p.o.Log.DebugContext(ctx, "framed", "dataset", p.contract.Dataset, "artifact", tx.input.Artifact,
			"member", clip(tx.member, 100), "format", string(tx.format), "records", *ordinal-from)
	}()
	// An archive is closed when its last text was framed; until then a frame
	// may want to look at its text once more.
	var held sync.WaitGroup
	defer held.Wait()
	for {
		f := &frame{}
		err := source.next(f)
		if j := source.json; j != nil && err == nil {
			err = t.noteKeys(j)
		}
		switch {
		case err == nil:
			f.found.join(tx.found)
			tx.found = findings{}
			if tx.member != "" {
				held.Add(1)
				f.held = &held
			}
			if err := send(f); err != nil {
				return err
			}
			continue
		case err != io.EOF:
			framed{frame: f}.release(p)
			return err
		}
		framed{frame: f}.release(p)
		if t.out.Partial == "" {
			t.out.Partial = p.partial(source.json)
		}
		if source.json != nil {
			t.told.add(source.json.told, *ordinal-from)
			t.asked.read(&source.json.signs)
			t.lackKeys(part, source.json)
		}
		return nil
	}
}

// source is a text being framed.
type source struct {
	next    func(*frame) error
	json    *jsonFramer // nil for CSV
	layout  *layout     // nil for JSON
	dialect string
	close   func() error
}

// look shows each frame of a text to f, and closes it.
func (s *source) look(p *program, f func(*frame)) error {
	defer s.close()
	for {
		next := &frame{}
		err := s.next(next)
		if err == nil {
			f(next)
		}
		framed{frame: next}.release(p)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// frame opens a text for framing, once it is certain which headers deliver what.
func (p *program) frame(ctx context.Context, tx *text, ordinal *int64, note func(...schemas.Drift)) (*source, error) {
	s, err := p.open(ctx, tx, ordinal, note)
	if err != nil || s.layout == nil || p.text {
		return s, err
	}
	err = p.mistakenText(tx, s.layout.header)
	if err == nil && len(s.layout.twice) > 0 {
		err = p.settleTwice(ctx, tx, s.layout)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open opens a text for framing by what its header says alone.
func (p *program) open(ctx context.Context, tx *text, ordinal *int64, note func(...schemas.Drift)) (*source, error) {
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
		return &source{next: j.next, json: j, dialect: jsonDialect(s.lines, tx.encoding), close: r.Close}, nil
	}
	tx.western = westernText(ctx, tx)
	b, err := p.o.readHeader(c.w, p.fitting())
	if err == nil {
		err = tx.headerText(b.header)
	}
	if err == nil {
		b.from = tx.encoding
		var drift []schemas.Drift
		if c.layout, drift, err = p.csvLayout(b, tx.input); err == nil {
			note(drift...)
		}
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	f := newCSVFramer(c)
	f.header = bytes.TrimPrefix(b.raw, bom)
	f.body, f.bodyLine = c.w.base+int64(c.w.pos), c.w.line+c.w.lines(c.w.pos)
	f.again = func() (io.ReadCloser, error) { return tx.open(ctx) }
	return &source{next: f.next, layout: c.layout, dialect: b.dialect.String(), close: r.Close}, nil
}
