package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/schemas"
)

// formatFlag adds --format and its check.
func formatFlag(cmd *cobra.Command, format *string) {
	cmd.Flags().StringVar(format, "format", formatTable, "table, record (one line for each column), json or csv")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{formatTable, formatRecord, formatJSON, formatCSV}, cobra.ShellCompDirectiveNoFileComp))
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if err := checkFormat(*format); err != nil {
			return err
		}
		if check != nil {
			return check(cmd, args)
		}
		return nil
	}
}

const defaultConfig = "accessmart.yaml"

// configPath is the configuration file that the flag, the environment or the
// default names.
func configPath(flag string) string {
	if flag != "" {
		return flag
	}
	if env := os.Getenv("ACCESSMART_CONFIG"); env != "" {
		return env
	}
	return defaultConfig
}

// takeLinks takes what a configuration says of links, where there is one, into the
// settings of a command that needs none.
func takeLinks(cfg *config.Config, g *globals) error {
	path := configPath(g.config)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && g.config == "" {
		return nil
	}
	return cfg.TakeLinks(path)
}

// databasePath is the file that --database or the configuration names.
func databasePath(g *globals) (string, error) {
	if g.database != "" {
		return g.database, nil
	}
	c, err := config.Read(configPath(g.config))
	if err != nil {
		return "", err
	}
	return c.Database, c.Need("database")
}

// catalogs are the names that a database file cannot have without its ending:
// DuckDB calls the file by it, and could not tell it from a schema in it.
var catalogs = append([]string{"main", "observed", "meta", "history", "observed_history", "report", schemas.Own, "temp", "system", "memory"}, config.Vendors()...)

// checkDatabase refuses a path at which no database file can be made or used.
func checkDatabase(path string) error {
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	if slices.Contains(catalogs, strings.ToLower(name)) {
		return usageError{fmt.Errorf("database %s: a file called %s cannot be told from a schema in it; choose another name, such as access.duckdb", path, name)}
	}
	// DuckDB puts the log of such a file elsewhere, and could not publish.
	if whole, err := filepath.Abs(path); err == nil && strings.Contains(whole, "?") {
		return usageError{fmt.Errorf("database %s: DuckDB cannot keep a file at a path with a ? in it; choose a path without one", path)}
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return usageError{fmt.Errorf("database: %w; make that folder, or choose another file", err)}
	}
	return nil
}

// contractSet loads the contracts, with the folder of the configuration where
// there is a configuration. Commands that only look need none.
func contractSet(g *globals) (*schemas.Set, error) {
	path := configPath(g.config)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && g.config == "" {
		return loadContracts("")
	}
	c, err := config.Read(path)
	if err == nil {
		err = c.Need("contracts")
	}
	if err != nil {
		return nil, err
	}
	return loadContracts(c.Contracts)
}

func loadContracts(folder string) (*schemas.Set, error) {
	if folder == "" {
		return schemas.Load(nil)
	}
	if err := isFolder(folder); err != nil {
		return nil, err
	}
	set, err := schemas.Load(os.DirFS(folder))
	if err != nil {
		return nil, usageError{err}
	}
	return set, nil
}

// isFolder refuses what is no folder of contracts.
func isFolder(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usageError{fmt.Errorf("contracts: the folder %s does not exist", folder)}
	case err != nil:
		return usageError{fmt.Errorf("contracts: %w", err)}
	case !info.IsDir():
		return usageError{&fs.PathError{Op: "contracts", Path: folder, Err: errors.New("not a folder")}}
	}
	return nil
}
