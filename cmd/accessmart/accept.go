package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// acceptance names exports, as SOURCE.DATASET, that the gate lets through in
// this run although their rows fell.
type acceptance []string

func (o *runOptions) acceptFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar((*[]string)(&o.accept), "accept", nil,
		"load this export although its rows fell: `SOURCE.DATASET`; may be repeated")
}

// has reports whether an export of the dataset, <vendor>.<plural>, is accepted.
func (a acceptance) has(source, dataset string) bool {
	_, plural, _ := strings.Cut(dataset, ".")
	return slices.Contains(a, source+"."+plural)
}

// check refuses what is no export of the run: a misspelt name would look like
// an acceptance that did not help.
func (a acceptance) check(targets []target) error {
	for _, name := range a {
		known := slices.ContainsFunc(targets, func(t target) bool {
			source, plural, _ := strings.Cut(name, ".")
			if t.source.Name != source {
				return false
			}
			for _, c := range t.contracts {
				if c.Plural() == plural {
					return true
				}
			}
			return false
		})
		if !known {
			return fmt.Errorf("--accept %s: this run has no such export; want SOURCE.DATASET as 'status' and the message of the held export name them", name)
		}
	}
	return nil
}
