package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed init/head.yaml
var initHead string

//go:embed init/oleria.yaml
var initOleria string

//go:embed init/sailpoint.yaml
var initSailPoint string

//go:embed init/balkanid.yaml
var initBalkanID string

func newInit(c *console) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "init [VENDOR…]",
		Short: "Write a commented configuration for the vendors named",
		Example: `  accessmart init oleria balkanid
  accessmart init --output /etc/accessmart.yaml sailpoint`,
		ValidArgs: vendors,
		Args:      cobra.OnlyValidArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = vendors
			}
			return initConfig(c, output, args)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", defaultConfig, "`FILE` to write; it must not exist; - for stdout")
	return cmd
}

func initConfig(c *console, output string, names []string) error {
	var b strings.Builder
	b.WriteString(initHead)
	for _, k := range vendorKinds {
		if slices.Contains(names, k.name) {
			b.WriteString(k.init)
		}
	}
	if output == "-" {
		_, err := fmt.Fprint(c.out, b.String())
		return err
	}
	f, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usageError{fmt.Errorf("%s exists: remove it, or choose another file with --output", output)}
	}
	if err != nil {
		return err
	}
	if _, err := f.WriteString(b.String()); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	c.say("Wrote %s. Next: fill in the values, set the variables that it names, then 'accessmart refresh'.", output)
	return nil
}
