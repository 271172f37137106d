package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/schemas"
)

func newSchema(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "schema contracts|config",
		Short: "Print the JSON Schema of contracts or of the configuration",
		Long: `The JSON Schema (draft 2020-12) by which an editor completes and checks contracts, with the tables
and columns of the common model, or the configuration. In a file, for editors with a YAML language
server, the first line names it: # yaml-language-server: $schema=./contract.schema.json`,
		Example:   "  accessmart schema contracts > contracts/contract.schema.json\n  accessmart schema config > accessmart.schema.json",
		ValidArgs: []string{"contracts", "config"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != "contracts" && args[0] != "config" {
				return usageError{errors.New("say of what: 'accessmart schema contracts' or 'accessmart schema config'")}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text := config.Schema
			if args[0] == "contracts" {
				set, err := schemas.Load(nil)
				if err != nil {
					return err
				}
				if text, err = schemas.EditorSchema(set.Common); err != nil {
					return err
				}
			}
			_, err := c.out.Write(text)
			return err
		},
	}
}
