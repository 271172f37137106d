package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
)

func newInit(c *console) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "init [VENDOR…]",
		Short: "Write a commented configuration for the vendors named",
		Example: `  accessmart init oleria balkanid
  accessmart init --output /etc/accessmart.yaml sailpoint`,
		ValidArgs: config.Vendors(),
		Args:      cobra.OnlyValidArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = config.Vendors()
			}
			return initConfig(c, output, args)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", defaultConfig, "`FILE` to write; it must not exist; - for stdout")
	return cmd
}

func initConfig(c *console, output string, names []string) error {
	if output == "-" {
		_, err := fmt.Fprint(c.out, config.Template(names))
		return err
	}
	f, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usageError{fmt.Errorf("%s exists: remove it, or choose another file with --output", output)}
	}
	if err != nil {
		return err
	}
	if _, err := f.WriteString(config.Template(names)); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	c.say("Wrote %s. Next: fill in the values, set the variables that it names, then 'accessmart refresh'.", output)
	return nil
}
