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
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/spf13/cobra"

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
'rejects' for the records that could not become rows. A count of all goes to stderr.`,
		Example: `  accessmart decode requests.csv
  accessmart decode export.csv --dataset balkanid.employees --table identities
  accessmart decode zip.bin --dataset sailpoint.potential_role_identities --context potential_role_id=42`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := contractSet(g)
			if err != nil {
				return err
			}
			contract, err := contractFor(set, dataset, args[0])
			if err != nil {
				return usageError{err}
			}
			return decode(cmd.Context(), c, set, contract, args[0], table, limit, facts, format)
		},
	}
	cmd.Flags().StringVar(&dataset, "dataset", "", "the `NAME` of the dataset (default: from the file's name)")
	cmd.Flags().StringVar(&table, "table", "", "print the rows of this `TABLE` of the common model, or rejects")
	cmd.Flags().IntVar(&limit, "limit", 20, "at most `N` rows; 0 for all")
	cmd.Flags().StringToStringVar(&facts, "context", nil, "facts of the request, as `KEY=VALUE`")
	formatFlag(cmd, &format)
	return cmd
}

// contractFor finds the contract by name, or by a file name that begins with
// the plural of exactly one dataset.
func contractFor(set *schemas.Set, dataset, path string) (*schemas.Contract, error) {
	if dataset != "" {
		return set.Contract(dataset)
	}
	plural, _, _ := strings.Cut(filepath.Base(path), ".")
	var found []*schemas.Contract
	var names []string
	for _, c := range set.All() {
		if c.Plural() == plural {
			found = append(found, c)
			names = append(names, c.Dataset)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("decode: no dataset is called %q; name one with --dataset ('accessmart datasets' lists them)", plural)
	}
	return nil, fmt.Errorf("decode: choose one with --dataset: %s", strings.Join(names, ", "))
}

func decode(ctx context.Context, c *console, set *schemas.Set, contract *schemas.Contract, path, table string, limit int, facts map[string]string, format string) error {
	input, err := fileInput(path, facts)
	if err != nil {
		return err
	}
	stream, err := transform.Open(ctx, contract, set.Common, []transform.Input{input}, transform.Options{Source: "decode", Log: c.log})
	if err != nil {
		return err
	}
	want, err := tableOf(stream, table)
	if err != nil {
		return usageError{err}
	}
	l := &listing{columns: []string{schemas.RecordColumn}}
	for _, f := range want.Fields {
		l.columns = append(l.columns, f.Name)
	}
	for batch, err := range stream.Batches {
		if err != nil {
			return err
		}
		if batch.Table.Name == want.Name && batch.Table.Schema == want.Schema {
			appendRows(l, want, batch.Rows, limit)
		}
	}
	if err := c.print(format, l); err != nil {
		return err
	}
	n := stream.Counts()
	if stream.Dialect != "" {
		c.say("read as %s", stream.Dialect)
	}
	for _, d := range stream.Drift {
		c.say("%s: %s %s", d.Change, d.Column, d.Detail)
	}
	for _, f := range stream.Findings {
		c.say("%s", finding(f))
	}
	c.say("%s: %s, %d loaded, %d rejected", contract.Dataset, count(int(n.Framed), "record"), n.Loaded, n.Rejected)
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

// appendRows adds the rows of a batch, up to limit rows in all.
func appendRows(l *listing, t *schemas.Table, rows arrow.RecordBatch, limit int) {
	record := columnOf(rows, schemas.RecordColumn)
	for i := range int(rows.NumRows()) {
		if limit > 0 && len(l.rows) == limit {
			return
		}
		row := []any{record.ValueStr(i)}
		for _, f := range t.Fields {
			col := columnOf(rows, f.Name)
			if col.IsNull(i) {
				row = append(row, nil)
			} else {
				row = append(row, strings.Clone(col.ValueStr(i))) // the batch is only lent
			}
		}
		l.rows = append(l.rows, row)
	}
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
	return transform.Input{
		Artifact: hex.EncodeToString(hash.Sum(nil)), Name: filepath.Base(path), Context: facts, Size: info.Size(),
		Open: func() (io.ReadCloser, error) { return os.Open(path) },
	}, nil
}
