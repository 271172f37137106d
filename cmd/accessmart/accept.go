package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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
	return commandLine(cmd, slices.Concat([]string{"--accept", name}, args), "accept")
}

// commandLine is a command with other words behind its name, and the flags that it was given
// but for those left out and for how it shows its work.
func commandLine(cmd *cobra.Command, args []string, without ...string) string {
	words := append(strings.Fields(cmd.CommandPath()), args...)
	without = append(without, "format", "quiet", "verbose", "summary")
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case slices.Contains(without, f.Name):
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
