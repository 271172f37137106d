// Command accessmart turns the exports of three access-governance vendors into
// one DuckDB file. This package is wiring only: it reads flags, the
// environment, the configuration and the terminal, and hands the work to
// extract, transform and load. One file per command.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
)

// version is set by the linker; see the Makefile.
var version = "dev"

func main() {
	keepPrivate()
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// execute is main with its surroundings passed in, and returns the exit code.
func execute(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := newConsole(in, out, errOut)
	root := newRoot(c)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	code := exitCode(ctx, err)
	switch {
	case code == exitInterrupted:
		c.say("accessmart: %s", interrupted(cmd))
	case err != nil && !errors.Is(err, errQuiet):
		c.say("accessmart: %s", plain(err.Error()))
		if code == exitUsage {
			c.say("Run 'accessmart help' or add --help to the command for its use.")
		} else if what := run.Advice(err); what != "" {
			c.say("accessmart: %s", what)
		}
	}
	return code
}

// interrupted is what to say of a command that was asked to end. One that only
// reads leaves nothing to wonder about.
func interrupted(cmd *cobra.Command) string {
	switch commandName(cmd) {
	case "refresh", "load", "rebuild", "rejects replay":
		return "interrupted: the database file is whole, and without what this run had not published. Run again to go on; what was fetched is kept."
	case "extract":
		return "interrupted: what was fetched is kept. Run again to go on."
	}
	return "interrupted"
}

// globals are the flags that every command knows.
type globals struct {
	config   string
	database string
	verbose  bool
	commands []string // names of all that there are
}

func newRoot(c *console) *cobra.Command {
	g := &globals{}
	c.hinted = g.hinted
	root := &cobra.Command{
		Use:   "accessmart",
		Short: "Who has access to what, from the exports of Oleria, SailPoint and BalkanID, in one DuckDB file",
		Long: `accessmart fetches the exports of access-governance products, brings them into one
common schema and keeps them, with their history, in one DuckDB file.

New here? 'accessmart demo' shows it all with simulated vendors, without credentials. Then 'accessmart init' writes a configuration and 'accessmart refresh' fills the file.`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(*cobra.Command, []string) {
			c.setVerbose(g.verbose)
		},
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", helpWidth)) + exitHelp)
	flags := root.PersistentFlags()
	flags.StringVar(&g.config, "config", "", "configuration `FILE` (default $ACCESSMART_CONFIG, else accessmart.yaml)")
	flags.StringVar(&g.database, "database", "", "database `FILE` (default: the configuration's)")
	flags.BoolVarP(&g.verbose, "verbose", "v", false, "log each request and step to stderr")

	root.AddCommand(
		newDemo(c), newInit(c),
		newDoctor(c, g), newPlan(c, g), newRefresh(c, g), newExtract(c, g), newLoad(c, g), newRebuild(c, g),
		newStatus(c, g), newSources(c, g), newLinks(c, g), newSod(c, g), newExplain(c, g), newDiff(c, g), newQuery(c, g), newReport(c, g), newReview(c, g), newEvidence(c, g), newDatasets(c, g), newRejects(c, g), newArtifacts(c, g),
		newDecode(c, g), newConnect(c, g), newSchema(c), newSimulate(c), newVersion(c),
	)
	for _, cmd := range root.Commands() {
		g.commands = append(g.commands, cmd.Name())
		wrapArgs(cmd)
	}
	wrapHelp(root)
	return root
}

const helpWidth = 80

// wrapHelp breaks the long texts of a command where a narrow terminal ends.
func wrapHelp(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		wrapHelp(sub)
	}
	paragraphs := strings.Split(cmd.Long, "\n\n")
	for i, p := range paragraphs {
		if !strings.Contains(p, "\n ") { // not lines that stand as they are
			lines := strings.Split(text.WrapSoft(strings.Join(strings.Fields(p), " "), helpWidth), "\n")
			for l := range lines {
				lines[l] = strings.TrimRight(lines[l], " ")
			}
			paragraphs[i] = strings.Join(lines, "\n")
		}
	}
	cmd.Long = strings.Join(paragraphs, "\n\n")
}

// wrapArgs makes a wrong number of arguments a usage error.
func wrapArgs(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
	check := cmd.Args
	if check == nil {
		check = cobra.NoArgs
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%s: %w", cmd.CommandPath(), err)}
		}
		return nil
	}
}

// plain takes the name of the program out of a message that begins with it.
func plain(text string) string { return strings.TrimPrefix(text, "accessmart ") }

func isUnknownCommand(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "unknown command")
}
