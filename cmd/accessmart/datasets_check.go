package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/schemas"
)

func newDatasetsCheck(c *console, g *globals) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "check [FOLDER]",
		Short: "Say what your own contracts do, and what in them is wrong",
		Long: `Reads the contracts of a folder, that of the configuration unless one is named, together with the
built-in ones, and changes nothing. It prints a line for each thing that a file does. The column state
says whether that is in order (ok), allowed but perhaps not meant (look), or wrong: then no command
takes the folder, and this one ends with exit code 6.`,
		Example: "  accessmart datasets check\n  accessmart datasets check contracts --format csv",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			folder, err := folderToCheck(g, args)
			if err != nil {
				return err
			}
			return checkDatasets(c, format, folder)
		},
	}
	formatFlag(cmd, &format)
	return cmd
}

// folderToCheck is the folder of contracts that is named.
func folderToCheck(g *globals, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	cfg, err := config.Read(configPath(g.config))
	if err == nil {
		err = cfg.Need("contracts")
	}
	if err == nil && cfg.Contracts == "" {
		err = usageError{fmt.Errorf("datasets check: %s names no folder of contracts; name one here, or with contracts: FOLDER there", cfg.File())}
	}
	if err != nil {
		return "", err
	}
	return cfg.Contracts, nil
}

// States of what 'datasets check' tells.
const (
	stateOK    = "ok"
	stateLook  = "look"
	stateWrong = "wrong"
)

func checkDatasets(c *console, format, folder string) error {
	if err := isFolder(folder); err != nil {
		return err
	}
	notes, mistakes, err := schemas.Check(os.DirFS(folder))
	if err != nil {
		return usageError{err}
	}
	if len(notes)+len(mistakes) == 0 {
		return usageError{errors.New("datasets check: there is no contract in " + folder + "; contracts are files whose names end in .yaml")}
	}
	l := &listing{columns: []string{"file", "line", "dataset", "state", "what"}, order: []string{"file", "line", "state", "what"}, wrap: []string{"what"}, lines: 80}
	for _, n := range notes {
		state := stateOK
		if n.Odd {
			state = stateLook
		}
		l.add(n.File, nullable(n.Line), nullable(n.Dataset), state, n.What)
	}
	for _, p := range mistakes {
		l.add(p.File, nullable(p.Line), nil, stateWrong, p.What)
	}
	slices.SortStableFunc(l.rows, func(a, b []any) int {
		return cmp.Or(cmp.Compare(a[0].(string), b[0].(string)), cmp.Compare(lineOf(a[1]), lineOf(b[1])))
	})
	if err := c.print(format, l); err != nil {
		return err
	}
	if len(mistakes) > 0 {
		c.say("accessmart: %s in %s", count(len(mistakes), "mistake"), folder)
		return incompleteError{code: exitChecks}
	}
	return nil
}

// lineOf is a line of a listing, 0 for none.
func lineOf(v any) int {
	n, _ := v.(int)
	return n
}
