package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/extract/vendorsim"
)

func newSimulate(c *console) *cobra.Command {
	var listen, files string
	var forms bool
	cfg := vendorsim.Config{}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run the vendor simulator, or write its exports as files",
		Long: `Serves the APIs of the three vendors on loopback, over an invented company, until it is
interrupted, and prints the configuration that refreshes from it. With --files it writes the
same exports as files instead and ends, one folder for each vendor. With --forms the folder of
SailPoint has the CSV files that people make by hand, in place of what its API delivers.`,
		Example: `  accessmart simulate > sim.yaml &
  accessmart refresh --config sim.yaml
  accessmart simulate --files exports --people 500
  accessmart load exports --database access.duckdb`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if forms && files == "" {
				return usageError{errors.New("--forms says which files are written: add --files FOLDER")}
			}
			sim := vendorsim.New(cfg)
			if files != "" {
				return writeSimulated(c, sim, files, forms)
			}
			server, err := sim.Listen(listen)
			if err != nil {
				return usageError{fmt.Errorf("simulate: %w", err)}
			}
			defer server.Close()
			fmt.Fprint(c.out, simulatedConfig(server))
			c.say("Serving a company of %d people. Interrupt to end.", cfg.People)
			<-cmd.Context().Done()
			return nil
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "`ADDRESS` on loopback; port 0 takes a free one")
	cmd.Flags().StringVar(&files, "files", "", "write the exports below this `FOLDER` and end")
	cmd.Flags().BoolVar(&forms, "forms", false, "with --files: of SailPoint, the CSV files that people make by hand")
	cmd.Flags().IntVar(&cfg.People, "people", 2000, "`N`, how many people the company has")
	cmd.Flags().Var(&cfg.Headers, "headers", "call the columns of exports otherwise: snake, label, or odd as a tenant might")
	cmd.Flags().Int64Var(&cfg.Seed, "seed", 1, "`SEED` of the company")
	return cmd
}

func writeSimulated(c *console, sim *vendorsim.Sim, dir string, forms bool) error {
	for _, vendor := range config.Vendors() {
		write := func(folder string) error { return sim.WriteFiles(folder, vendor) }
		if forms && vendor == "sailpoint" {
			write = sim.WriteForms
		}
		if err := write(dir + "/" + vendor); err != nil {
			return err
		}
	}
	c.say("Wrote the exports of %d vendors below %s. Next: accessmart load %s --database access.duckdb", len(config.Vendors()), dir, shellWord(dir))
	return nil
}

// simulatedConfig is the configuration that refreshes from a simulator. Its
// credentials are the simulator's own and open nothing else.
func simulatedConfig(s *vendorsim.Server) string {
	return fmt.Sprintf(`database: access.duckdb
data: data
sources:
  oleria:
    vendor: oleria
    api_url: %q
    token_url: %q
    audience: %q
    scope: %q
    client_id: %q
    client_secret: %q
    rate: 1000
    poll: {min: 20ms, max: 200ms}
  sailpoint:
    vendor: sailpoint
    base_url: %q
    client_id: %q
    client_secret: %q
    rate: 1000
    poll: {min: 20ms, max: 200ms}
  balkanid:
    vendor: balkanid
    base_url: %q
    key_id: %q
    key_secret: %q
    rate: 1000
    poll: {min: 20ms, max: 200ms}
`, s.OleriaURL, s.OleriaTokenURL, s.Audience, s.Scope, s.OleriaClientID, s.OleriaClientSecret,
		s.SailPointURL, s.SailPointClientID, s.SailPointClientSecret,
		s.BalkanIDURL, s.BalkanIDKeyID, s.BalkanIDKeySecret)
}
