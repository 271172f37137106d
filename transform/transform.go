package transform

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/columns"
	"github.com/accessmart/accessmart/transform/frame"
)

// Input is one part of an export.
type Input struct {
	Part     int               // index into [schemas.Export].Parts
	Artifact string            // SHA-256 of the bytes, for messages
	Name     string            // file name, where it is known
	Context  map[string]string // facts of the request, see [schemas.Part].Context
	Members  []string          // of an archive: those to read; none: those that the contract picks
	// Open gives the vendor's bytes. It is called more than once, because some
	// questions (which headers, in which order dates are) must be answered before
	// the first row. If the result is an io.ReaderAt, an archive of Size bytes is
	// read in place; otherwise it is copied to a temporary file first.
	Open func() (io.ReadCloser, error)
	Size int64 // in bytes; 0 when unknown
}

// Options say whose export it is and limit memory and sizes. Source must be set;
// the zero value of every other field means its default.
type Options struct {
	Source string // name of the source, the first part of every key
	// Contracts are those of all datasets. With them a file of another dataset
	// is recognised and refused; without them only by what its own contract lacks.
	Contracts []*schemas.Contract
	// Unfit are records, by part and place in it, that become rejects although they can be
	// read: whoever has them compared with each other, or with what they were made of, says so.
	Unfit map[int]map[int64]Unfit

	Mem       memory.Allocator // of batches; default: memory outside of Go's heap
	BatchRows int              // records in a batch at most; default 122880, a row group of DuckDB
	MaxRecord int64            // bytes of one record; default 64 MiB
	// MaxColumns bounds the columns of a header; default 4096.
	MaxColumns int
	MaxDepth   int    // nesting of JSON; default 512
	MaxMembers int    // of an archive; default 10000
	MaxExpand  int64  // bytes of one text after decompression; default 1 TiB
	MaxRatio   int64  // of those to the compressed ones; default 500
	TempDir    string // for archives; default os.TempDir()
	Log        *slog.Logger

	pool   *columns.Pool // the default for Mem; nil where the caller gave one
	chunk  int           // bytes framed at a time
	floor  int64         // bytes of text from which on MaxRatio is checked
	inFull bool          // for tests: run the emits for every record, repeats too

	limits *frame.Limits // those of the options above that package frame needs

	workers int // that run the contract; 0: as many as cores, see maxWorkers
}

func (o Options) withDefaults() *Options {
	if o.Mem == nil {
		o.pool = columns.NewPool()
		o.Mem = o.pool
	}
	set := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	set64 := func(p *int64, v int64) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&o.BatchRows, 122880)
	set64(&o.MaxRecord, 64<<20)
	set(&o.MaxColumns, 4096)
	set(&o.MaxDepth, 512)
	set(&o.MaxMembers, 10000)
	set64(&o.MaxExpand, 1<<40)
	set64(&o.MaxRatio, 500)
	set(&o.chunk, 2<<20)
	set64(&o.floor, 64<<20)
	if o.MaxRecord > 1<<30 { // an Arrow text column holds 2 GiB
		o.MaxRecord = 1 << 30
	}
	if o.TempDir == "" {
		o.TempDir = os.TempDir()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.limits = &frame.Limits{Mem: o.Mem, BatchRows: o.BatchRows, MaxRecord: o.MaxRecord, MaxColumns: o.MaxColumns, MaxDepth: o.MaxDepth,
		MaxMembers: o.MaxMembers, MaxExpand: o.MaxExpand, MaxRatio: o.MaxRatio, TempDir: o.TempDir, Chunk: o.chunk, Floor: o.floor}
	return &o
}

// Open makes the stream of an export out of its parts.
//
// If the contract names columns, the parts are read only while the stream is
// ranged over. If it names none, Open reads them all once to learn the columns.
// So an error may come from Open or from the stream; one that the bytes are to
// blame for is an *[frame.Error]. What the stream says of the export as a whole
// (Drift, Findings, Counts, Dialect, …) is complete when it has ended.
func Open(ctx context.Context, c *schemas.Contract, common *schemas.Common, inputs []Input, o Options) (*schemas.Stream, error) {
	opts := o.withDefaults()
	p, err := newProgram(ctx, c, common, inputs, opts)
	if err != nil {
		return nil, about(err, c, &Input{})
	}
	s := &schemas.Stream{Vendor: p.vendor, Common: p.common}
	t := &stream{program: p, inputs: inputs, out: s, asked: asked{}}
	s.Batches = func(yield func(schemas.Batch, error) bool) { t.run(ctx, yield) }
	s.Counts = func() schemas.Counts { return t.counts }
	return s, nil
}

// about fills in dataset, artifact and file of an error where they are missing.
func about(err error, c *schemas.Contract, in *Input) error {
	var e *frame.Error
	if errors.As(err, &e) {
		if e.Dataset == "" {
			e.Dataset = c.Dataset
		}
		if e.Artifact == "" {
			e.Artifact, e.File = in.Artifact, in.Name
		}
	}
	return err
}
