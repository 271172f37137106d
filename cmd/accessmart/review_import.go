package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load/review"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform"
)

// packTypes are the endings of packs that are read, with their media types.
var packTypes = map[string]string{".csv": "text/csv", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

func newReviewImport(c *console, g *globals) *cobra.Command {
	var o runOptions
	var source, data string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Read the decisions of a filled review pack into the database file",
		Long: `Reads a pack that 'accessmart review -o' wrote and a reviewer filled, .csv or .xlsx. Each row
with a decision becomes a row of reviews, under a source of your own; rows without one are
counted. The columns may stand in another order. The file is kept in the data folder, so that
'rebuild' has the decisions, too.

A pack is taken as a whole or not at all: where a decision is another word than approve, revoke
or modify, a row is no longer as the pack had it, a row is there twice and says different things,
or a day is not written like 2026-03-31, each such row is named with its number and what is wrong,
nothing is loaded, and the exit code is 2.

A pack may be read again when more of it is filled. What was decided before stays unless the
file has another decision for the row; emptying a cell takes nothing back. The person is found by
person_email. No account is named, as the keys in a pack are those of the moment at which it
was made; they are kept in attributes.`,
		Example: "  accessmart review import github.xlsx\n  accessmart review import team.csv --source access-board",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.summed(cmd, g, func(o runOptions) error { return importReview(cmd.Context(), c, g, o, args[0], source, data) })
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&source, "source", "my-reviews", "the `NAME` of the source in the file and in its keys")
	cmd.Flags().StringVar(&data, "data", "", "data `FOLDER` (default: the configuration's, else <database>.data)")
	return cmd
}

// importReview checks a filled pack and loads it in a run of its own.
func importReview(ctx context.Context, c *console, g *globals, o runOptions, path, source, data string) error {
	if err := config.CheckName(source); err != nil {
		return usageError{fmt.Errorf("review import: --source: %w", err)}
	}
	cfg, set, err := importSettings(g, data)
	if err != nil {
		return err
	}
	contract, err := set.Contract(review.Dataset)
	if err != nil {
		return err
	}
	pack, err := readPack(path)
	if err != nil {
		return usageError{fmt.Errorf("review import: %w", err)}
	}
	filled, err := pack.check(ctx, contract, set)
	if err != nil {
		return usageError{fmt.Errorf("review import: %s: %w", filepath.Base(path), err)}
	}
	if len(filled.Wrong) > 0 {
		return usageError{fmt.Errorf("review import: %s: nothing was loaded, as %s cannot be taken (the heading is row 1); correct what is named, or write a pack anew:%s",
			filepath.Base(path), count(len(filled.Wrong), "row"), wrongRows(filled.Wrong))}
	}
	if filled.Decided() == 0 {
		c.say("Nothing to load: no row of %s has a decision, of %s.", filepath.Base(path), count(filled.Undecided, "row"))
		return nil
	}
	w, err := newWorker(c, cfg, set, o)
	if err != nil {
		return err
	}
	defer w.progress.finish()
	out, err := w.Refresh(ctx, []run.Target{{Source: extract.Source{Name: source}, Vendor: pack, Contracts: []*schemas.Contract{contract}}})
	if err != nil {
		return err
	}
	err = w.report(o, out)
	c.say("%s: %s (%s), %s without one.", filepath.Base(path), count(filled.Decided(), "decision"), filled, count(filled.Undecided, "row"))
	return err
}

// importSettings are the configuration, if it is about the database file, else those of the
// file that --database names.
func importSettings(g *globals, data string) (*config.Config, *schemas.Set, error) {
	path, err := databasePath(g)
	if err == nil {
		err = checkDatabase(path)
	}
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, nil, usageError{fmt.Errorf("review import: the database file: %w; name with --database the one that the pack was made of", err)}
	}
	cfg, err := config.Read(configPath(g.config))
	switch {
	case err == nil && sameFile(cfg.Database, path), g.database == "":
		var set *schemas.Set
		if cfg, set, err = settings(g); err == nil && data != "" {
			cfg.Data = data
		}
		return cfg, set, err
	case data == "":
		if data, err = dataBeside(path); err != nil {
			return nil, nil, err
		}
	}
	set, err := contractSet(g)
	if err != nil {
		return nil, nil, err
	}
	cfg = config.New(path, data)
	return cfg, set, takeLinks(cfg, g)
}

// wrongRows lists the first rows that are wrong, one a line.
func wrongRows(wrong []review.Wrong) string {
	const most = 20
	var b strings.Builder
	for i, w := range wrong {
		if i == most {
			fmt.Fprintf(&b, "\n  and %d more", len(wrong)-most)
			break
		}
		fmt.Fprintf(&b, "\n  row %d: %s", w.Number, w.Why)
	}
	return b.String()
}

// filledPack is the file of a filled pack. As an [extract.Vendor] it hands over the bytes that
// were checked, whatever becomes of the file meanwhile.
type filledPack struct {
	path, media string
	bytes       []byte
}

// readPack reads a file that may be a pack.
func readPack(path string) (*filledPack, error) {
	media := packTypes[strings.ToLower(filepath.Ext(path))]
	if media == "" {
		return nil, fmt.Errorf("%s: want a pack as .csv or .xlsx", path)
	}
	const most = 256 << 20
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", path)
	case info.Size() > most:
		return nil, fmt.Errorf("%s is larger than %d MiB", path, most>>20)
	}
	data, err := os.ReadFile(path)
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return &filledPack{path, media, data}, err
}

func (p *filledPack) Access() extract.Access { return extract.Access{} }

// Origin is the folder of the file.
func (p *filledPack) Origin() string { return filepath.Dir(p.path) }

// Jobs has one job, which keeps the file. What it lacks is not gone.
func (p *filledPack) Jobs(contracts []*schemas.Contract) []extract.Job {
	name, plural := filepath.Base(p.path), contracts[0].Plural()
	return []extract.Job{{Name: plural, Contracts: contracts, Fetch: func(ctx context.Context, t *extract.Task) error {
		t.Filtered(plural)
		a, err := t.Keep(ctx, extract.Part{Key: name, Name: name, Datasets: []string{plural}}, p.media, bytes.NewReader(p.bytes))
		if err == nil {
			t.Files(plural, schemas.File{Name: name, Dataset: plural, How: "header", Read: true, Artifact: a.SHA})
		}
		return err
	}}}
}

// check reads the rows as a run would and tells what they say. Rows that a run would reject
// are wrong, too.
func (p *filledPack) check(ctx context.Context, c *schemas.Contract, set *schemas.Set) (*review.Filled, error) {
	in := []transform.Input{{Name: filepath.Base(p.path), Size: int64(len(p.bytes)), Open: func() (io.ReadCloser, error) {
		return struct {
			*bytes.Reader
			io.Closer
		}{bytes.NewReader(p.bytes), io.NopCloser(nil)}, nil
	}}}
	o := transform.Options{Source: "review", Contracts: set.All()}
	header, err := transform.ReadHeader(ctx, c, set.Common, in, o)
	if err != nil {
		return nil, err
	}
	for _, column := range []string{"decision", "pack", "fingerprint"} {
		if slices.Contains(header.Missing, column) {
			return nil, errors.New("it is no pack that 'accessmart review -o' wrote: want the columns decision, pack and item, and all others as they were")
		}
	}
	stream, err := transform.Open(ctx, c, set.Common, in, o)
	if err != nil {
		return nil, err
	}
	var rows []review.Row
	var rejected []review.Wrong
	for batch, err := range stream.Batches {
		if err != nil {
			return nil, err
		}
		switch batch.Table {
		case stream.Vendor:
			rows = append(rows, packRows(batch)...)
		case schemas.RejectsTable:
			number, field, why := columnOf(batch.Rows, schemas.RecordColumn).(*array.Int64), columnOf(batch.Rows, "field"), columnOf(batch.Rows, "message")
			for i := range int(batch.Rows.NumRows()) {
				rejected = append(rejected, review.Wrong{Number: recordRow(number.Value(i)), Why: strings.TrimPrefix(field.ValueStr(i)+": ", "(null): ") + why.ValueStr(i)})
			}
		}
	}
	filled := review.Check(rows)
	filled.Wrong = append(filled.Wrong, rejected...)
	slices.SortStableFunc(filled.Wrong, func(a, b review.Wrong) int { return int(a.Number - b.Number) })
	return filled, nil
}

// recordRow is the row of a table, from 1 with its heading, on which a record stands that is
// counted from 0.
func recordRow(record int64) int64 { return record + 2 }

// packRows are the rows of a batch. What the program put before a text so that no spreadsheet
// takes it for a formula is taken away.
func packRows(batch schemas.Batch) (rows []review.Row) {
	records := columnOf(batch.Rows, schemas.RecordColumn).(*array.Int64)
	for i := range int(batch.Rows.NumRows()) {
		r := review.Row{Number: recordRow(records.Value(i)), Cells: map[string]string{}}
		for _, f := range batch.Table.Fields {
			if cells := columnOf(batch.Rows, f.Name); !cells.IsNull(i) {
				text := strings.Clone(cells.ValueStr(i)) // the batch is only lent
				if plain, ok := strings.CutPrefix(text, "'"); ok && guarded(plain) == text {
					text = plain
				}
				r.Cells[f.Name] = text
			}
		}
		rows = append(rows, r)
	}
	return rows
}
