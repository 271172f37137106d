package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/extract"
)

func newArtifacts(c *console, g *globals) *cobra.Command {
	var format, data, source, dataset string
	cmd := &cobra.Command{
		Use:   "artifacts [SHA256]",
		Short: "List what vendors delivered, or write the bytes of one",
		Long: `Each row of the database names the artifact (_artifact) and the record in it (_record) that
it comes from. With the artifact's hash, or a beginning of it that is unique, its bytes are
written to stdout as the vendor delivered them. Without a configuration name the data folder,
such as that of the demo or of a database made by 'load FOLDER'.`,
		Example: "  accessmart artifacts\n  accessmart artifacts 3fa4c1 | head -3\n  accessmart artifacts --data demo/data",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if data == "" {
				cfg, err := config.Read(configPath(g.config))
				if err == nil {
					err = cfg.Need("data")
				}
				if err != nil {
					return err
				}
				data = cfg.Data
			}
			if _, err := os.Stat(data); err != nil { // to open a store makes it
				return usageError{fmt.Errorf("data folder: %w; name the one that refresh or load used with --data", err)}
			}
			store, err := extract.OpenStore(data)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return writeArtifact(c.out, store, strings.ToLower(args[0]))
			}
			l, err := listArtifacts(store)
			if err != nil {
				return err
			}
			for _, f := range []struct {
				what, name string
				column     int
			}{{"source", source, artifactSource}, {"dataset", dataset, artifactDataset}} {
				if err := l.only(data, f.what, f.name, f.column); err != nil {
					return err
				}
			}
			return c.print(format, l)
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "data `FOLDER` (default: the configuration's)")
	cmd.Flags().StringVar(&source, "source", "", "only of this source `NAME`")
	cmd.Flags().StringVar(&dataset, "dataset", "", "only of this dataset `NAME`")
	formatFlag(cmd, &format)
	return cmd
}

// Columns of the list of artifacts.
const (
	artifactSource  = 2
	artifactDataset = 3
)

// only keeps the rows that have the name in a column, all without a name.
func (l *listing) only(where, what, name string, column int) error {
	if name == "" {
		return nil
	}
	var rows [][]any
	var known []string
	for _, row := range l.rows {
		if at := display(row[column]); at == name {
			rows = append(rows, row)
		} else if at != "" && !slices.Contains(known, at) {
			known = append(known, at)
		}
	}
	if len(rows) == 0 {
		return unknownName(where, what, name, known)
	}
	l.rows = rows
	return nil
}

// listArtifacts lists one line for each use of an artifact in an export, and
// one for each artifact that no manifest names.
func listArtifacts(store *extract.Store) (*listing, error) {
	l := &listing{columns: []string{"artifact", "run", "source", "dataset", "bytes", "stored_bytes", "media_type", "name", "fetched_at"},
		order: []string{"artifact", "source", "dataset", "fetched_at", "name", "bytes"}, wrap: []string{"dataset", "name"}}
	runs, err := store.Runs()
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, run := range runs {
		exports, err := store.Exports(run)
		if err != nil {
			return nil, err
		}
		for _, e := range exports {
			for _, p := range e.Parts {
				used[p.Artifact] = true
				l.add(p.Artifact, run, e.Source, e.Dataset, p.Bytes, p.StoredBytes, nullable(p.MediaType), nullable(p.Name),
					p.FetchedAt.UTC().Format("2006-01-02T15:04:05Z"))
			}
		}
	}
	for a, err := range store.Artifacts() {
		if err != nil {
			return nil, err
		}
		if !used[a.SHA] {
			l.add(a.SHA, nil, nil, nil, nil, a.StoredBytes, nil, nil, nil)
		}
	}
	return l, nil
}

func writeArtifact(w io.Writer, store *extract.Store, prefix string) error {
	var found []string
	for a, err := range store.Artifacts() {
		if err != nil {
			return err
		}
		if strings.HasPrefix(a.SHA, prefix) {
			found = append(found, a.SHA)
		}
	}
	switch len(found) {
	case 0:
		return usageError{errors.New("no artifact with that hash; 'accessmart artifacts' lists them")}
	case 1:
	default:
		return usageError{fmt.Errorf("%d artifacts begin so; give more of the hash", len(found))}
	}
	r, err := store.Open(found[0])
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

// nullable is a value of a listing, NULL where it is not there.
func nullable[T comparable](v T) any {
	var none T
	if v == none {
		return nil
	}
	return v
}
