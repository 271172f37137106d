package transform

import (
	"cmp"
	"context"
	"io"
	"sync"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
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
	findings frame.Findings
	dates    map[textName][]proof // of each text, for each column of the vendor table; nil where no dates can be turned round
	texts    map[textName]int     // texts met in the part that is framed, to number those of one name
	dialects frame.Dialects
	drift    map[schemas.Drift]bool
	matched  map[int]bool // columns that some JSON key fed
	objects  bool         // JSON records were seen
	// mentioned is what has to wait for the end: of one key only a row counts.
	mentioned mentions
	absent    map[int]*absence
	asked     asked
	stated    counts
}

// framed is what the framing goroutine hands over.
type framed struct {
	frame *stretch
	err   error
}

func (t *stream) run(ctx context.Context, yield func(schemas.Batch, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	if pool := t.program.o.pool; pool != nil {
		pool.Open()
		defer pool.Close()
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
	t.findLikely()
	t.out.Sparse = t.objects
	if t.out.Partial == "" {
		t.out.Partial = t.stated.partial()
	}
	if t.out.Partial != "" {
		t.findings.Add(schemas.Finding{Rule: rulePartial, Detail: t.out.Partial, Count: t.counts.Framed})
	}
	t.out.Asked = t.asked.of(t.program.contract)
	t.findings.Join(t.program.found)
	t.out.Findings = t.findings.List()
	t.out.Dialect = t.dialects.String()
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
	t.findings.Join(m.findings)
	if m.dialect != nil {
		t.dialects.Western(m.dialect)
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
	f.frame.Release(p.o.Mem, p.buffers)
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
		t.texts = map[textName]int{}
		in := &t.inputs[i]
		ordinal := int64(0)
		err := p.walk(ctx, in, func(tx *text) error {
			return t.frameText(ctx, tx, &ordinal, func(f *stretch) error { return send(framed{frame: f}) })
		})
		if err != nil {
			return about(err, p.contract, in)
		}
	}
	return nil
}

// frameText frames one text and hands its frames to send.
func (t *stream) frameText(ctx context.Context, tx *text, ordinal *int64, send func(*stretch) error) error {
	p := t.program
	t.order(tx, t.texts)
	part := tx.input.Part
	source, err := p.frame(ctx, tx, ordinal, func(drift ...schemas.Drift) { t.noteHeader(part, drift) })
	if err != nil {
		return err
	}
	defer source.close()
	t.dialects.Add(source.dialect, 1)
	from := *ordinal
	defer func() {
		p.o.Log.DebugContext(ctx, "framed", "dataset", p.contract.Dataset, "artifact", tx.input.Artifact,
			"member", frame.Clip(tx.Member, 100), "format", string(tx.Format), "records", *ordinal-from)
	}()
	// An archive is closed when its last text was framed; until then a frame
	// may want to look at its text once more.
	var held sync.WaitGroup
	defer held.Wait()
	for {
		f := &stretch{}
		err := source.next(f)
		if j := source.json; j != nil && err == nil {
			if err = t.noteKeys(j); err != nil {
				err = cmp.Or(p.around(ctx, tx), err)
			}
		}
		switch {
		case err == nil:
			f.Found.Join(tx.Found)
			tx.Found = frame.Findings{}
			if tx.Member != "" {
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
		if tx.EncodedTwice() {
			t.dialects.Twice(source.dialect)
		}
		if t.out.Partial == "" {
			t.out.Partial = p.partial(source.json)
		}
		if source.json != nil {
			t.stated.add(source.json.stated, *ordinal-from)
			t.asked.read(&source.json.signs)
			t.lackKeys(part, source.json)
		}
		return nil
	}
}

// source is a text being framed.
type source struct {
	framer  func(*frame.Frame) error
	text    *text
	rows    *layout
	json    *jsonJudge // nil for CSV
	layout  *layout    // nil for JSON
	profile *profile   // of the first records of a CSV text
	dialect string
	close   func() error
}

// next frames a stretch; io.EOF when there is no more. It owns memory even when
// next fails.
func (s *source) next(f *stretch) error {
	f.text, f.layout = s.text, s.rows
	if s.json != nil {
		s.json.out = f
	}
	err := s.framer(&f.Frame)
	if s.layout != nil {
		if s.profile == nil {
			s.profile = newProfile(f, f.Near)
		}
		f.profile = s.profile
	}
	return err
}

// look shows each frame of a text to f, and closes it.
func (s *source) look(p *program, f func(*stretch)) error {
	defer s.close()
	for {
		next := &stretch{}
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
	err = p.mistakenText(tx, s.layout.Header)
	if err == nil && len(s.layout.contested) > 0 {
		err = p.settleContested(ctx, tx, s.layout)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open opens a text for framing by what its header says alone.
func (p *program) open(ctx context.Context, tx *text, ordinal *int64, note func(...schemas.Drift)) (*source, error) {
	if tx.Format != schemas.CSV {
		s, err := p.o.limits.Look(ctx, tx.Text, p.document(), &jsonJudge{p: p})
		if err != nil {
			return nil, err
		}
		j, err := p.judged(ctx, tx, s, ordinal)
		if err != nil {
			return nil, err
		}
		j.Notice = func(key string) { note(added(key)) }
		return &source{framer: j.Next, text: tx, rows: j.layout, json: j, dialect: frame.JSONDialect(s.Lines, tx.Encoding), close: j.Close}, nil
	}
	t, err := p.o.limits.OpenCSV(ctx, tx.Text, p.o.chunk, p.fitting())
	if err != nil {
		return nil, err
	}
	l, drift, err := p.csvLayout(t.Framing(), tx.input)
	if err != nil {
		t.Close()
		return nil, err
	}
	note(drift...)
	return &source{framer: t.Frames(&l.Layout, ordinal, p.buffers).Next, text: tx, rows: l, layout: l, dialect: l.Dialect.String(), close: t.Close}, nil
}
