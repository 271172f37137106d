package run

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform"
)

// Delivery is what arrived of a dataset, held against its contract. It holds no
// value of a cell.
type Delivery struct {
	Form     string // such as "gzip: csv, utf-8, comma, lf"
	Columns  int    // of the contract that were found
	Missing  []string
	Unknown  []string // names that no column reads
	Named    bool     // the names are surely no values
	Keys     []string // columns without which keys cannot be made
	Types    []TypeFault
	Findings []schemas.Finding // rule, field and count alone
	Records  int64
	Rejected int64
	Draft    schemas.Draft
}

// TypeFault is a rule that cells of a column broke.
type TypeFault struct {
	Column, Rule string
	Count        int64
}

// read reads what arrived of a dataset.
func (d *Doctor) read(ctx context.Context, store *extract.Store, f *Finding, parts []schemas.Part) error {
	if len(parts) == 0 {
		f.State = NotAsked
		return nil
	}
	c := f.Contract
	inputs := make([]transform.Input, len(parts))
	for i, p := range parts {
		inputs[i] = transform.Input{Part: i, Artifact: p.Artifact, Name: p.Name, Context: p.Context, Members: p.Members, Size: p.Bytes,
			Open: func() (io.ReadCloser, error) { return store.Open(p.Artifact) }}
	}
	o := transform.Options{Source: f.Source, Contracts: d.Set.All(), Log: d.Log}
	h, _ := transform.ReadHeader(ctx, c, d.Set.Common, inputs, o) // why it cannot be read is told by what follows
	f.Columns, f.Missing, f.Unknown = len(h.Read), h.Missing, h.Unknown
	f.Named = named(d.Set.Vendor(c.Vendor()), h.Names)
	f.Err = d.drain(ctx, f, inputs, o)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.Form = form(store, parts[0].Artifact, f.Form)
	if c.Typed() {
		f.Keys = c.Lacks(d.Set.Common, f.Missing)
	}
	switch {
	case f.Err != nil, len(f.Keys) > 0 && f.Records > 0, f.Rejected > 0 && 2*f.Rejected >= f.Records:
		f.State = Differs
	case f.Rejected > 0:
		f.State = SomeRejects
	case f.Records == 0:
		f.State = NoRecords
	}
	if len(f.Missing) > 0 && len(f.Unknown) > 0 && (f.Err != nil || len(f.Keys) > 0) {
		f.Draft = c.Draft(d.Set.Common, f.Missing, f.Unknown, h.Fits)
	}
	return nil
}

// drain reads all records and keeps what is odd about them.
func (d *Doctor) drain(ctx context.Context, f *Finding, inputs []transform.Input, o transform.Options) error {
	s, err := transform.Open(ctx, f.Contract, d.Set.Common, inputs, o)
	if err != nil {
		return err
	}
	faults := map[[2]string]int64{}
	for batch, err := range s.Batches {
		if err != nil {
			return err
		}
		if batch.Table != schemas.RejectsTable {
			continue
		}
		fields := batch.Rows.Column(batch.Rows.Schema().FieldIndices("field")[0]).(*array.String)
		rules := batch.Rows.Column(batch.Rows.Schema().FieldIndices("rule")[0]).(*array.String)
		for i := range int(batch.Rows.NumRows()) {
			field := ""
			if fields.IsValid(i) {
				field = columnOf(f.Contract, fields.Value(i))
			}
			faults[[2]string{field, strings.Clone(rules.Value(i))}]++
		}
	}
	n := s.Counts()
	f.Records, f.Rejected, f.Form = n.Framed, n.Rejected, s.Dialect
	for k, count := range faults {
		f.Types = append(f.Types, TypeFault{k[0], k[1], count})
	}
	slices.SortFunc(f.Types, func(a, b TypeFault) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule))
	})
	for _, x := range s.Findings {
		f.Findings = append(f.Findings, schemas.Finding{Rule: x.Rule, Field: columnOf(f.Contract, x.Field), Count: x.Count})
	}
	return nil
}

// columnOf is the contract's column of a field, without the keys of JSON, which may be
// data; "" where the columns are whatever header came, which may be values.
func columnOf(c *schemas.Contract, field string) string {
	name := strings.FieldsFunc(field, func(r rune) bool { return r == '[' || r == '.' })
	if len(name) == 0 || c.Column(name[0]) == nil {
		return ""
	}
	return strings.Clone(name[0]) // batches are only lent
}

// named reports whether the names are surely no values: two and a third of them
// are columns' in contracts of the vendor, and each looks like a name.
func named(contracts []*schemas.Contract, names []string) bool {
	known := map[string]bool{}
	for _, c := range contracts {
		for i := range c.Columns {
			for _, from := range c.Columns[i].From {
				known[schemas.NormalHeader(from)] = true
			}
		}
	}
	n := 0
	for _, name := range names {
		letters, digits := 0, 0
		for _, r := range name {
			switch {
			case unicode.IsLetter(r):
				letters++
			case unicode.IsDigit(r):
				digits++
			}
		}
		if letters <= digits || len(name) > 64 || strings.ContainsAny(name, "@/:") {
			return false
		}
		if known[schemas.NormalHeader(name)] {
			n++
		}
	}
	return n >= 2 && 3*n >= len(names)
}

// packings are how a delivery may be packed, by its first bytes.
var packings = []struct{ magic, name string }{{"\x1f\x8b", "gzip"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"PK\x03\x04", "zip"}}

// form is how an artifact is written: how it is packed, and dialect or, where it could
// not be read so far, what its first byte says.
func form(store *extract.Store, artifact, dialect string) string {
	r, err := store.Open(artifact)
	if err != nil {
		return dialect
	}
	defer r.Close()
	head := make([]byte, 4)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return dialect
	}
	for _, p := range packings {
		if bytes.HasPrefix(head, []byte(p.magic)) {
			return strings.TrimSuffix(p.name+": "+dialect, ": ")
		}
	}
	switch {
	case dialect != "":
		return dialect
	case bytes.ContainsAny(head[:n], "[{"):
		return "json"
	case bytes.ContainsAny(head[:n], "<"):
		return "a web page"
	}
	return "csv"
}
