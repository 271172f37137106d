package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/extract/files"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform"
)

func newDecode(c *console, g *globals) *cobra.Command {
	var format, dataset, table string
	var limit int
	var draft bool
	var facts map[string]string
	cmd := &cobra.Command{
		Use:   "decode FILE",
		Short: "Read one export file by a contract and print its rows and rejects",
		Long: `Frames and types a file as 'refresh' would, without a database: what you need to see why a
record is a reject, or whether a contract of your own fits. Without --table the rows of the
dataset itself are printed; name a table of the common model to see what becomes of them, or
'rejects' for the records that could not become rows. A count of all goes to stderr. Which
dataset it is, the name and the header of the file say, as for 'load'.

Where the header is not that of the contract, or lacks columns of it, a contract to lay over the
built-in one is printed after that: a draft, in which names that are likely are filled in. With
--override it is all that is printed, to be kept as a file of the contracts folder.`,
		Example: `  accessmart decode requests.csv
  accessmart decode export.csv --dataset balkanid.employees --table identities
  accessmart decode zip.bin --dataset sailpoint.potential_role_identities \
    --context potential_role_id=42
  accessmart decode export.csv --dataset oleria.employees --override \
    > contracts/employees.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if draft && (cmd.Flags().Changed("table") || cmd.Flags().Changed("format")) {
				return usageError{errors.New("--override prints a contract; leave out --table and --format")}
			}
			set, err := contractSet(g)
			if err != nil {
				return err
			}
			if _, err := os.Stat(args[0]); err != nil { // before its name is taken for a dataset's
				return usageError{fmt.Errorf("decode: %w", err)}
			}
			in, err := fileInput(args[0], facts)
			if err != nil {
				return err
			}
			contract, err := contractFor(set, dataset, args[0], &in)
			if err != nil {
				return usageError{err}
			}
			d := decoding{console: c, set: set, contract: contract, in: in}
			if draft {
				return d.printDraft(cmd.Context())
			}
			return d.decode(cmd.Context(), table, limit, format)
		},
	}
	cmd.Flags().StringVar(&dataset, "dataset", "", "the `NAME` of the dataset (default: by the file's name and header)")
	cmd.Flags().StringVar(&table, "table", "", "print the rows of this `TABLE` of the common model, or rejects")
	cmd.Flags().IntVar(&limit, "limit", 20, "at most `N` rows; 0 for all")
	cmd.Flags().StringToStringVar(&facts, "context", nil, "facts of the request, as `KEY=VALUE`")
	cmd.Flags().BoolVar(&draft, "override", false, "print a contract that reads the file's headers, in place of rows")
	formatFlag(cmd, &format)
	return cmd
}

// contractFor finds the contract of a file, and fills in what the file says of
// itself: which members of an archive are of the dataset, which request it
// answers. Without a name it is that which 'load' would take, where that is certain.
func contractFor(set *schemas.Set, dataset, path string, in *transform.Input) (*schemas.Contract, error) {
	guesses, err := files.Recognise(path, set.All())
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if dataset != "" {
		c, err := set.Contract(dataset)
		if err != nil {
			return nil, err
		}
		dataset = c.Dataset
		guesses = slices.DeleteFunc(guesses, func(g files.Guess) bool { return g.Dataset != dataset })
	}
	switch {
	case len(guesses) == 0 && dataset == "":
		return nil, fmt.Errorf("decode: neither the name of %s nor its header is that of a dataset; name one with --dataset ('accessmart datasets' lists them)", filepath.Base(path))
	case len(guesses) > 1:
		var names []string
		for _, g := range guesses {
			names = append(names, g.Dataset)
		}
		slices.Sort(names)
		return nil, fmt.Errorf("decode: %s may be of several datasets; choose one with --dataset: %s", filepath.Base(path), strings.Join(names, ", "))
	case len(guesses) == 1:
		dataset, in.Members = guesses[0].Dataset, guesses[0].Members
		for k, v := range guesses[0].Facts {
			if _, said := in.Context[k]; !said {
				in.Context[k] = v
			}
		}
	}
	return set.Contract(dataset)
}

// decoding is one file with its contract.
type decoding struct {
	*console
	set      *schemas.Set
	contract *schemas.Contract
	in       transform.Input
}

func (d *decoding) inputs() []transform.Input { return []transform.Input{d.in} }

func (d *decoding) options() transform.Options {
	return transform.Options{Source: "decode", Contracts: d.set.All(), Log: d.log}
}

// decode prints the rows of a table, and after them what was odd and what to do.
func (d *decoding) decode(ctx context.Context, table string, limit int, format string) error {
	stream, err := transform.Open(ctx, d.contract, d.set.Common, d.inputs(), d.options())
	if err != nil {
		return err
	}
	want, err := tableOf(stream, table)
	if err != nil {
		return usageError{err}
	}
	columns := []string{schemas.RecordColumn}
	for _, f := range want.Fields {
		columns = append(columns, f.Name)
	}
	w := d.sink(format, columns, tableStyle{})
	left := limit
	for batch, err := range stream.Batches {
		if err == nil && batch.Table.Name == want.Name && batch.Table.Schema == want.Schema && (limit == 0 || left > 0) {
			var n int
			n, err = writeRows(w, want, batch.Rows, left)
			left -= n
		}
		if err != nil {
			return errors.Join(err, w.flush(), d.suggest(ctx))
		}
	}
	if err := w.close(); err != nil {
		return err
	}
	d.tellDropped(w)
	d.tell(stream)
	return d.suggest(ctx)
}

// tell tells how a file was read.
func (d *decoding) tell(stream *schemas.Stream) {
	n := stream.Counts()
	if stream.Dialect != "" {
		d.say("read as %s", stream.Dialect)
	}
	for _, x := range stream.Drift {
		d.say("%s: %s %s", x.Change, x.Column, x.Detail)
	}
	tellFindings(d.console, "", stream.Findings, len(stream.Findings))
	items := ""
	if n.ItemRejects > 0 {
		items = fmt.Sprintf(", %s of records rejected", count(int(n.ItemRejects), "item"))
	}
	d.say("%s: %s, %d loaded, %d rejected%s", d.contract.Dataset, count(int(n.Framed), "record"), n.Loaded, n.Rejected, items)
}

func tableOf(s *schemas.Stream, name string) (*schemas.Table, error) {
	switch name {
	case "":
		return s.Vendor, nil
	case schemas.RejectsTable.Name:
		return schemas.RejectsTable, nil
	}
	names := []string{schemas.RejectsTable.Name}
	for _, t := range s.Common {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return nil, fmt.Errorf("decode: the dataset has no table %s; it has %s", name, strings.Join(names, ", "))
}

// writeRows writes the rows of a batch, at most so many unless most is 0, and
// returns how many they were.
func writeRows(w rowSink, t *schemas.Table, rows arrow.RecordBatch, most int) (int, error) {
	columns := []arrow.Array{columnOf(rows, schemas.RecordColumn)}
	for _, f := range t.Fields {
		columns = append(columns, columnOf(rows, f.Name))
	}
	n := int(rows.NumRows())
	if most > 0 {
		n = min(n, most)
	}
	row := make([]any, len(columns))
	for i := range n {
		for j, col := range columns {
			row[j] = nil
			if !col.IsNull(i) {
				row[j] = strings.Clone(col.ValueStr(i)) // the batch is only lent
			}
		}
		if err := w.row(row); err != nil {
			return i, err
		}
	}
	return n, nil
}

func columnOf(rows arrow.RecordBatch, name string) arrow.Array {
	return rows.Column(rows.Schema().FieldIndices(name)[0])
}

// fileInput is a file as the only part of an export.
func fileInput(path string, facts map[string]string) (transform.Input, error) {
	f, err := os.Open(path)
	if err != nil {
		return transform.Input{}, usageError{err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return transform.Input{}, err
	}
	if !info.Mode().IsRegular() {
		return transform.Input{}, usageError{errors.New(path + " is not a file")}
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return transform.Input{}, err
	}
	if facts == nil {
		facts = map[string]string{}
	}
	return transform.Input{
		Artifact: hex.EncodeToString(hash.Sum(nil)), Name: filepath.Base(path), Context: facts, Size: info.Size(),
		Open: func() (io.ReadCloser, error) { return os.Open(path) },
	}, nil
}
