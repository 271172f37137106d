package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// acceptance names exports, as SOURCE.DATASET, that the gate lets through in
// this run although they are not what the last ones were.
type acceptance []string

func (o *runOptions) acceptFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar((*[]string)(&o.accept), "accept", nil,
		"load this held export all the same: `SOURCE.DATASET`; may be repeated")
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		o.acceptWith = func(name string) string { return acceptLine(cmd, args, name) }
		if check != nil {
			return check(cmd, args)
		}
		return nil
	}
}

// acceptLine is the command as it was given, but for how it shows its work,
// with the name of an export to accept.
func acceptLine(cmd *cobra.Command, args []string, name string) string {
	words := append(strings.Fields(cmd.CommandPath()), "--accept", name)
	words = append(words, args...)
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case slices.Contains([]string{"accept", "format", "quiet", "verbose", "summary"}, f.Name):
		case f.Value.Type() == "bool" && f.Value.String() == "true":
			words = append(words, "--"+f.Name)
		case f.Value.Type() == "bool":
			words = append(words, "--"+f.Name+"="+f.Value.String())
		default:
			words = append(words, "--"+f.Name, f.Value.String())
		}
	})
	for i, w := range words {
		words[i] = shellWord(w)
	}
	return strings.Join(words, " ")
}

// shellWord quotes a word for a POSIX shell where it must be.
func shellWord(w string) string {
	plain := w != "" && !strings.ContainsFunc(w, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@%+", r))
	})
	if plain {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// has reports whether an export of the dataset, <vendor>.<plural>, is accepted.
func (a acceptance) has(source, dataset string) bool {
	return slices.Contains(a, acceptName(exportID{source, dataset}))
}

func acceptName(id exportID) string {
	_, plural, _ := strings.Cut(id.dataset, ".")
	return id.source + "." + plural
}

// resolve brings the names into the form SOURCE.DATASET. A name may be given as
// any listing shows it: balkan-prod.requests, balkan-prod.balkanid.requests,
// 'balkan-prod balkanid.requests', or without the source where only one has
// such an export. One that is none of the exports is refused: misspelt, it would
// look like an acceptance that did not help.
func (a acceptance) resolve(exports []exportID) error {
	for i, name := range a {
		var found []string
		for _, id := range exports {
			_, plural, _ := strings.Cut(id.dataset, ".")
			whole := []string{id.source + "." + plural, id.source + "." + id.dataset, id.source + " " + id.dataset, id.source + " " + plural}
			if slices.Contains(whole, name) {
				found = []string{acceptName(id)}
				break
			}
			if name == plural || name == id.dataset {
				found = append(found, acceptName(id))
			}
		}
		switch len(found) {
		case 1:
			a[i] = found[0]
		case 0:
			return fmt.Errorf("--accept %s: this run has no such export; want SOURCE.DATASET as 'status' and the message of the held export name them", name)
		default:
			return fmt.Errorf("--accept %s: several sources have it; want one of %s", name, strings.Join(found, ", "))
		}
	}
	return nil
}

// check resolves the names among the exports of the targets.
func (a acceptance) check(targets []target) error {
	var exports []exportID
	for _, t := range targets {
		for _, c := range t.contracts {
			exports = append(exports, exportID{t.source.Name, c.Dataset})
		}
	}
	return a.resolve(exports)
}
