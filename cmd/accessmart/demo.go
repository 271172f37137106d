package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

type demoOptions struct {
	dir    string
	people int
	seed   int64
	quiet  bool
}

func newDemo(c *console) *cobra.Command {
	o := demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show it all with simulated vendors: two refreshes, a file to open",
		Long: `Starts a simulator of the three vendors inside the process, on loopback, and runs two
refreshes of an invented company over real HTTP, OAuth included. Between the two a day
passes: people join, move and leave, and access changes. Prints what the refreshes did and a
few answers, and leaves the database file in the folder. Needs no credentials and no network;
the same seed gives the same company.`,
		Example: "  accessmart demo\n  accessmart demo --people 500 --seed 7 --dir /tmp/demo",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.people < 20 {
				return usageError{fmt.Errorf("demo: --people %d: want 20 or more", o.people)}
			}
			return demo(cmd.Context(), c, o)
		},
	}
	cmd.Flags().StringVar(&o.dir, "dir", "demo", "`FOLDER` for the file; an earlier demo in it is replaced")
	cmd.Flags().IntVar(&o.people, "people", 2000, "`N`, how many people the company has")
	cmd.Flags().Int64Var(&o.seed, "seed", 1, "`SEED` of the company")
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "no progress on stderr")
	return cmd
}

// demoFiles are what an earlier demo left in its folder, and nothing else.
var demoFiles = []string{"access.duckdb", "access.duckdb.lock", "access.duckdb.work", "data"}

func demo(ctx context.Context, c *console, o demoOptions) error {
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	for _, name := range demoFiles {
		if err := os.RemoveAll(filepath.Join(o.dir, name)); err != nil {
			return err
		}
	}
	set, err := schemas.Load(nil)
	if err != nil {
		return err
	}
	sim := vendorsim.New(vendorsim.Config{Seed: o.seed, People: o.people})
	server, err := sim.Start()
	if err != nil {
		return err
	}
	defer server.Close()
	cfg, err := config.Parse([]byte(simulatedConfig(server)), o.dir)
	if err != nil {
		return err
	}
	entropy := ulid.Monotonic(zeros{}, 0)
	for generation := range 2 {
		if generation > 0 {
			sim.Advance()
		}
		// The run begins at six in the morning of the company's day, so that
		// the file tells the same each time; from there the clock goes on.
		at, began := sim.Today().Add(6*time.Hour), time.Now()
		w := &worker{console: c, progress: newProgress(c, o.quiet || !c.errTTY)}
		by := c.options(cfg, set, runOptions{}, w.progress)
		by.Into.Now = func() time.Time { return at.Add(time.Since(began)) }
		by.NewID = func(time.Time) (string, error) {
			id, err := ulid.New(ulid.Timestamp(at), entropy)
			return id.String(), err
		}
		if err := w.open(by); err != nil {
			return err
		}
		if err := w.demoRun(ctx, at, cfg); err != nil {
			return err
		}
	}
	return c.demoAnswers(ctx, cfg.Database)
}

// zeros is the randomness of the demo's run ids: none.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (w *worker) demoRun(ctx context.Context, at time.Time, cfg *config.Config) error {
	targets, err := cfg.Targets(w.Into.Set, nil, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.console.out, "\nRefresh of %s: %d exports of three vendors\n\n", at.Format("2 January 2006"), run.Datasets(targets))
	out, err := w.Refresh(ctx, targets)
	w.progress.finish()
	if err != nil {
		return err
	}
	if err := w.console.print(formatTable, exportListing(out.Exports)); err != nil {
		return err
	}
	for _, x := range out.Exports {
		if x.Status != ledger.Loaded && x.Status != ledger.Unchanged {
			return fmt.Errorf("%s %s: %s: %s", x.Source, x.Dataset, x.Status, x.Error)
		}
	}
	return nil
}

// demoQuestions are asked of the finished file and printed with their SQL.
var demoQuestions = []struct{ title, sql string }{
	{"Accounts that nobody has used for more than 90 days, by application",
		`select application_name, count(*) as accounts, max(idle_days) as longest_idle_days, count(*) filter (is_privileged) as privileged
from report.dormant_accounts where idle_days > 90
group by all order by accounts desc, application_name`},
	{"People who left and still have a live account",
		`select display_name, left_on, sources, application_name, username, grant_count
from report.leavers_with_access
order by left_on desc, display_name, application_name, username limit 10`},
	{"What changed between the two refreshes",
		`select table_name, change, count(*) as rows
from report.recent_changes where changed_at = (select max(as_of) from meta.runs)
group by all order by all`},
	{"What one vendor sees and another does not, or says otherwise",
		`select kind, table_name, coalesce(column_name, other_source || ' does not') as what, count(*) as findings
from report.disagreements group by all order by all`},
}

// peopleQuestions are asked after them, of somebody or something that the query about names:
// its one text stands in place of '%s'.
var peopleQuestions = []struct{ title, about, sql string }{
	{title: "One person: who says so, and with which accounts",
		about: furthest,
		sql: `select topic, name, says, sources
from report.person
where email = '%s' and topic in ('identity', 'source', 'account')
order by topic, name, says`},
	{title: "What that person can reach through groups, and how, the longest ways first",
		about: furthest,
		sql: `select name, says, len(path) as grants
from report.person
where email = '%s' and topic = 'access' and len(path) > 1
order by grants desc, name, says limit 12`},
	{title: "Who reaches one privileged entitlement",
		about: `select n.name from effective_access e join entitlements n on n.entitlement_key = e.target_key
where e.effect = 'allow' and (n.is_privileged or n.name ilike '%admin%')
group by n.name order by max(e.hops) desc, count(distinct e.identity_key), n.name limit 1`,
		sql: `select display_name, email, identity_status, username, is_direct, hops
from report.who_has_access
where target_kind = 'entitlement' and target_name = '%s'
order by all limit 10`},
	{title: "What two vendors say otherwise of the accounts in one application",
		about: `select p.name from accounts a join applications p using (application_key) where a.disagreements is not null
group by p.name order by count(*) desc, p.name limit 1`,
		sql: `select i.display_name, a.username, a.disagreements
from accounts a join applications p using (application_key) left join identities i using (identity_key)
where p.name = '%s' and a.disagreements is not null
order by all limit 8`},
}

// furthest is the address of a person to whom some access comes by the longest path.
const furthest = `select i.email from effective_access e join identities i using (identity_key)
where e.effect = 'allow' and i.email is not null
group by i.email order by max(e.hops) desc, count(distinct e.application_key) desc, i.email limit 1`

func (c *console) demoAnswers(ctx context.Context, path string) error {
	for _, q := range demoQuestions {
		if err := c.demoAnswer(ctx, path, q.title, q.sql); err != nil {
			return err
		}
	}
	for _, q := range peopleQuestions {
		l, err := ask(ctx, path, q.about)
		if err != nil {
			return fmt.Errorf("%s: %w", q.title, err)
		}
		if len(l.rows) == 0 {
			continue // the company is small
		}
		about := string(database.Text(l.rows[0][0].(read.Value).Text))
		if err := c.demoAnswer(ctx, path, q.title, strings.Replace(q.sql, "'%s'", about, 1)); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.out, `
The file is %[1]s. Open it with the duckdb shell:

  duckdb -readonly %[1]s

or with Python:

  python3 -c "import duckdb; duckdb.connect('%[1]s', read_only=True).sql('FROM report.leavers_with_access').show()"

or go on here:

  %[2]s report --database %[1]s                    # the questions that it answers
  %[2]s report --database %[1]s privileged_access
  %[2]s diff --database %[1]s                      # what changed between the two refreshes
  %[2]s status --database %[1]s
`, path, os.Args[0])
	return nil
}

// demoAnswer prints a question, its SQL and the answer of the file.
func (c *console) demoAnswer(ctx context.Context, path, title, sql string) error {
	l, err := ask(ctx, path, sql)
	if err != nil {
		return fmt.Errorf("%s: %w", title, err)
	}
	fmt.Fprintf(c.out, "\n%s\n\n%s\n\n", title, sql)
	return c.print(formatTable, l)
}
