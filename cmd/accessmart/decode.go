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
	var facts map[string]string
	cmd := &cobra.Command{
		Use:   "decode FILE",
		Short: "Read one export file by a contract and print its rows and rejects",
		Long: `Frames and types a file as 'refresh' would, without a database: what you need to see why a
record is a reject, or whether a contract of your own fits. Without --table the rows of the
dataset itself are printed; name a table of the common model to see what becomes of them, or
'rejects' for the records that could not become rows. A count of all goes to stderr. Which
dataset it is, the name and the header of the file say, as for 'load'.`,
		Example: `  accessmart decode requests.csv
  accessmart decode export.csv --dataset balkanid.employees --table identities
  accessmart decode zip.bin --dataset sailpoint.potential_role_identities \
    --context potential_role_id=42`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
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
			return decode(cmd.Context(), c, set, contract, in, table, limit, format)
		},
	}
	cmd.Flags().StringVar(&dataset, "dataset", "", "the `NAME` of the dataset (default: by the file's name and header)")
	cmd.Flags().StringVar(&table, "table", "", "print the rows of this `TABLE` of the common model, or rejects")
	cmd.Flags().IntVar(&limit, "limit", 20, "at most `N` rows; 0 for all")
	cmd.Flags().StringToStringVar(&facts, "context", nil, "facts of the request, as `KEY=VALUE`")
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

func decode(ctx context.Context, c *console, set *schemas.Set, contract *schemas.Contract, input transform.Input, table string, limit int, format string) error {
	stream, err := transform.Open(ctx, contract, set.Common, []transform.Input{input}, transform.Options{Source: "decode", Contracts: set.All(), Log: c.log})
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
	w := c.sink(format, columns, tableStyle{})
	left := limit
	for batch, err := range stream.Batches {
		if err == nil && batch.Table.Name == want.Name && batch.Table.Schema == want.Schema && (limit == 0 || left > 0) {
			var n int
			n, err = writeRows(w, want, batch.Rows, left)
			left -= n
		}
		if err != nil {
			return errors.Join(err, w.flush())
		}
	}
	if err := w.close(); err != nil {
		return err
	}
	c.tellDropped(w)
	n := stream.Counts()
	if stream.Dialect != "" {
		c.say("read as %s", stream.Dialect)
	}
	for _, d := range stream.Drift {
		c.say("%s: %s %s", d.Change, d.Column, d.Detail)
	}
	tellFindings(c, "", stream.Findings, len(stream.Findings))
	items := ""
	if n.ItemRejects > 0 {
		items = fmt.Sprintf(", %s of records rejected", count(int(n.ItemRejects), "item"))
	}
	c.say("%s: %s, %d loaded, %d rejected%s", contract.Dataset, count(int(n.Framed), "record"), n.Loaded, n.Rejected, items)
	return nil
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
