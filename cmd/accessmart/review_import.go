package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

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

A row is a reject if its decision is another word than approve, revoke or modify, if it is no
longer as the pack had it, if its day is not written like 2026-03-31 or is still to come, or if its
item is there twice and the rows say different things. Each is named with its number and what is wrong and stands in
meta.rejects, all other rows are read, and the exit code is 9. If three rows or more, and over a
fifth, are no longer as the pack had them, columns were sorted without the others: then nothing is
loaded, and the exit code is 2, as for a file that is no pack.

A pack may be read again when more of it is filled. What was decided before stays unless the
file has another decision for the row; emptying a cell takes nothing back. The person is found by
person_email, the account by the key that the pack has of it, or the one that it has become.`,
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
	now := time.Now().UTC()
	filled, err := run.Filled(ctx, contract, set, pack.inputs(), now)
	if err != nil {
		return usageError{fmt.Errorf("review import: %s: %w", filepath.Base(path), err)}
	}
	if filled.ToCome > 0 {
		pack.context = map[string]string{run.ReadAt: now.Format(time.RFC3339)}
	}
	if filled.Decided() == 0 && len(filled.Wrong) == 0 {
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
	c.tellFilled(filepath.Base(path), filled)
	return err
}

// tellFilled tells what a pack said, and the first rows of it that are rejects.
func (c *console) tellFilled(name string, filled *review.Filled) {
	const most = 20
	decided := count(filled.Decided(), "decision")
	if filled.Decided() > 0 {
		decided += fmt.Sprintf(" (%s)", filled)
	}
	if len(filled.Wrong) == 0 {
		c.say("%s: %s, %s without one.", name, decided, count(filled.Undecided, "row"))
		return
	}
	c.say("%s: %s, %s without one, %s not read (the heading is row 1); correct what is named and import the file again:", name, decided, count(filled.Undecided, "row"), count(len(filled.Wrong), "row"))
	for _, w := range filled.Wrong[:min(most, len(filled.Wrong))] {
		c.say("  %s", w)
	}
	if more := len(filled.Wrong) - most; more > 0 {
		c.say("  and %d more: 'accessmart rejects --dataset %s' lists them", more, review.Dataset)
	}
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

// filledPack is the file of a filled pack. As an [extract.Vendor] it hands over the bytes that
// were checked, whatever becomes of the file meanwhile.
type filledPack struct {
	path, media string
	bytes       []byte
	context     map[string]string // of its part; nil for none
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
	return &filledPack{path: path, media: media, bytes: data}, err
}

func (p *filledPack) Access() extract.Access { return extract.Access{} }

// Origin is the folder of the file.
func (p *filledPack) Origin() string { return filepath.Dir(p.path) }

// Jobs has one job, which keeps the file. What it lacks is not gone.
func (p *filledPack) Jobs(contracts []*schemas.Contract) []extract.Job {
	name, plural := filepath.Base(p.path), contracts[0].Plural()
	return []extract.Job{{Name: plural, Contracts: contracts, Fetch: func(ctx context.Context, t *extract.Task) error {
		t.Filtered(plural)
		a, err := t.Keep(ctx, extract.Part{Key: name, Name: name, Datasets: []string{plural}, Context: p.context}, p.media, bytes.NewReader(p.bytes))
		if err == nil {
			t.Files(plural, schemas.File{Name: name, Dataset: plural, How: "header", Read: true, Artifact: a.SHA})
		}
		return err
	}}}
}

// inputs is the pack as the only part of an export.
func (p *filledPack) inputs() []transform.Input {
	return []transform.Input{{Name: filepath.Base(p.path), Size: int64(len(p.bytes)), Open: func() (io.ReadCloser, error) {
		return struct {
			*bytes.Reader
			io.Closer
		}{bytes.NewReader(p.bytes), io.NopCloser(nil)}, nil
	}}}
}
