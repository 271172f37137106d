package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/accessmart/accessmart/load/database/read"
)

// readersPython is a Python with duckdb, whose readers then join in.
var readersPython = flag.String("readers.python", "", "a Python that has the module duckdb, for readers in Python (default: none; made anew when tortured)")

// readersQuestion is about all tables at once. A file that is not wholly that
// of one run gives an answer that no run has.
const readersQuestion = `
with generations as (
	select department as generation from observed.identities
	union all select department from observed_identities_as_of('9999-01-01')
	union all select department from balkanid.employees
	union all select description from balkanid.apps
	union all select privilege from observed.access_requests
)
select concat_ws('|', (select run_id from meta.runs order by as_of desc limit 1), (select count(*) from meta.runs),
	min(generation), max(generation), count(*),
	(select count(*) from observed.identities), (select count(*) from balkanid.apps), (select count(*) from observed.access_requests),
	(select count(*) from observed_history.identities), (select count(*) from observed_history.access_requests),
	(select sum(row_count) from meta.export_tables where table_name like 'observed.%' and run_id = (select max(run_id) from meta.exports)),
	(select count(*) from meta.runs where chain_hash <> meta.chain_hash_of(run_id))) as answer
from generations`

// sizes are how many rows the exports of a generation have.
func sizes(n int) (people, apps, requests int) { return 200 + n, 100 + 2*n, 50 + 3*n }

// deliverGrowing writes the exports of a generation, more rows each time and
// no row as it was.
func (g *generations) deliverGrowing(n int) {
	people, apps, requests := sizes(n)
	var employees, catalogue, asked strings.Builder
	employees.WriteString("Employee ID,Full Name,Work Email*,Department,Start Date*\n")
	for i := range people {
		fmt.Fprintf(&employees, "%d,Ada North,p%d@example.com,generation %d,01/02/2021\n", i, i, n)
	}
	catalogue.WriteString("ID,Name,Description\n")
	for i := range apps {
		fmt.Fprintf(&catalogue, "app%d,App,generation %d\n", i, n)
	}
	asked.WriteString("Request ID*,Requester*,Work Email*,Request Type,App ID,Connection,Connection Type,Resource,Resource Type,Privilege Name\n")
	for i := range requests {
		fmt.Fprintf(&asked, "r%d,p%d@example.com,p%d@example.com,grant,app%d,,,,,generation %d\n", i, i, i, i, n)
	}
	g.put("exports/employees.csv", employees.String())
	g.put("exports/apps.csv", catalogue.String())
	g.put("exports/requests.csv", asked.String())
}

// answerOf is what the run that published a generation must be seen to hold.
func answerOf(run string, n int) string {
	people, apps, requests := sizes(n)
	closedPeople, closedRequests := 0, 0
	for i := range n {
		p, _, r := sizes(i)
		closedPeople += p
		closedRequests += r
	}
	return strings.Join([]string{run, strconv.Itoa(n + 1), fmt.Sprint("generation ", n), fmt.Sprint("generation ", n),
		strconv.Itoa(3*people + apps + requests), strconv.Itoa(people), strconv.Itoa(apps), strconv.Itoa(requests),
		strconv.Itoa(closedPeople), strconv.Itoa(closedRequests), strconv.Itoa(people + requests), "0"}, "|")
}

// readAnswer is one line that a reader prints.
type readAnswer struct {
	Kept   bool   `json:"kept"`   // by a connection that was open before
	Floor  int    `json:"floor"`  // the generation that was surely published when the file was opened
	Answer string `json:"answer"` // to readersQuestion
}

// readerMain is a reader in a process of its own: it keeps the file open that it
// found first, and opens it anew for each question, until stdin closes.
func readerMain() {
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	if err := readUntil(stop, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func readUntil(stop chan struct{}, database, published string) error {
	kept, err := read.Open(context.Background(), database)
	if err != nil {
		return err
	}
	defer kept.Close()
	lines := json.NewEncoder(os.Stdout)
	tell := func(a readAnswer, r *read.File) (err error) {
		rows, err := r.Query(context.Background(), readersQuestion)
		if err != nil {
			return err
		}
		defer rows.Close()
		for row, err := range rows.All() {
			if err != nil {
				return err
			}
			a.Answer = row[0].Text
		}
		return lines.Encode(a)
	}
	for {
		if err := tell(readAnswer{Kept: true}, kept); err != nil {
			return fmt.Errorf("kept: %w", err)
		}
		floor, err := publishedFloor(published)
		if err != nil {
			return err
		}
		anew, err := read.Open(context.Background(), database)
		if err != nil {
			return err
		}
		if err := errors.Join(tell(readAnswer{Floor: floor}, anew), anew.Close()); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}

func publishedFloor(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

// reader is one process, or a chain of them, that reads while refreshes run.
type reader struct {
	name    string
	command func() *exec.Cmd // prints lines of readAnswer
	again   bool             // a new process for each answer
	single  bool             // prints the answer alone, as CSV
	answers []readAnswer
	fault   error
	served  chan int // floor of each answer of a connection made anew
}

// run reads until ctx is done.
func (r *reader) run(ctx context.Context, published string) {
	defer close(r.served)
	for ctx.Err() == nil && r.fault == nil {
		floor, err := publishedFloor(published)
		if err != nil {
			r.fault = err
			return
		}
		r.fault = r.process(ctx, floor)
		if !r.again && r.fault == nil && ctx.Err() == nil {
			r.fault = errors.New("ended by itself")
		}
	}
}

// process runs one process to its end, which is when ctx is done unless it
// answers once only.
func (r *reader) process(ctx context.Context, floor int) error {
	cmd := r.command()
	var said strings.Builder
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	closed := context.AfterFunc(ctx, func() { _ = in.Close() })
	defer closed()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		a := readAnswer{Floor: floor, Answer: lines.Text()}
		if r.single && a.Answer == "answer" {
			continue // the header
		}
		if !r.single {
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				return errors.Join(fmt.Errorf("%s: %w", lines.Text(), err), cmd.Wait())
			}
		}
		r.answers = append(r.answers, a)
		if !a.Kept {
			select {
			case r.served <- a.Floor:
			default: // nobody waits for it
			}
		}
	}
	if err := errors.Join(lines.Err(), cmd.Wait()); err != nil {
		return fmt.Errorf("%w: %s", err, said.String())
	}
	return nil
}

// readers are the processes of the test: with Python at hand ten.
func (g *generations) readers(python string) (all []*reader) {
	add := func(name string, again, single bool, command func() *exec.Cmd) {
		all = append(all, &reader{name: name, command: command, again: again, single: single, served: make(chan int, 1)})
	}
	published := filepath.Join(g.dir, "published")
	for range often(2, 3) {
		add("accessmart query", true, true, func() *exec.Cmd { return g.command("query", "--format", "csv", readersQuestion) })
	}
	for range often(1, 2) {
		add("Go, one kept and one anew", false, false, func() *exec.Cmd {
			cmd := g.command(g.database, published)
			cmd.Args[0] = "reader"
			return cmd
		})
	}
	if python == "" {
		return all
	}
	script, err := filepath.Abs("../../testdata/interop/reader.py")
	if err != nil {
		g.t.Fatal(err)
	}
	for _, way := range []string{"process", "connect", "attach", "attach", "detach"} {
		add("Python, "+way, way == "process", false, func() *exec.Cmd {
			return exec.Command(python, script, way, g.database, published, readersQuestion)
		})
	}
	return all
}

// pythonWithDuckDB is what the flag names. A torture needs one, which is made
// where make interop has its own.
func pythonWithDuckDB(t *testing.T) string {
	t.Helper()
	if *readersPython != "" || !*torture {
		return *readersPython
	}
	venv, err := filepath.Abs("../../.interop/venv-1.5.5")
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(venv, "bin", "python")
	for _, args := range [][]string{
		{"python3", "-m", "venv", venv},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "duckdb==1.5.5"},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return python
}

// While refreshes run, everybody who opens the file gets the whole of one run,
// and none older than the one that was published before; who keeps it open
// goes on with what was opened.
func TestPublish_underReaders(t *testing.T) {
	g := newGenerations(t)
	g.put("accessmart.yaml", "keep: 2\nsources:\n  hr: {vendor: balkanid, files: exports}\n")
	published := filepath.Join(g.dir, "published")
	want := map[string]int{} // by answer, the generation
	refresh := func(n int) {
		g.deliverGrowing(n)
		g.run("refresh")
		l, err := ask(t.Context(), g.database, "select run_id from meta.runs order by as_of desc limit 1")
		if err != nil {
			t.Fatal(err)
		}
		want[answerOf(display(l.rows[0][0]), n)] = n
		g.put("published.new", strconv.Itoa(n))
		if err := os.Rename(published+".new", published); err != nil {
			t.Fatal(err)
		}
	}
	refresh(0)
	readers, refreshes := g.readers(pythonWithDuckDB(t)), often(5, 50)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	for _, r := range readers {
		wg.Go(func() { r.run(ctx, published) })
	}
	for n := 1; n <= refreshes; n++ {
		refresh(n)
	}
	for _, r := range readers { // each opens the last file too
		for floor := range r.served {
			if floor == refreshes {
				break
			}
		}
	}
	stop()
	wg.Wait()
	anew, kept, runs := 0, 0, map[string]bool{}
	for _, r := range readers {
		n, k := r.check(t, want, runs)
		anew += n
		kept += k
	}
	figure(t, "readers", "%d processes, %d refreshes: %d answers from the file opened anew, which were those of %d runs, and %d from files kept open",
		len(readers), refreshes, anew, len(runs), kept)
	if earlier, err := filepath.Glob(filepath.Join(g.dir, "access.*.duckdb")); err != nil || len(earlier) != 2 {
		t.Errorf("kept %v, %v", earlier, err)
	}
}

// check compares what a reader was told with what was published.
func (r *reader) check(t *testing.T, want map[string]int, runs map[string]bool) (anew, kept int) {
	t.Helper()
	if r.fault != nil {
		t.Errorf("%s: %v", r.name, r.fault)
	}
	last, first := 0, ""
	for _, a := range r.answers {
		n, ok := want[a.Answer]
		switch {
		case !ok:
			t.Errorf("%s: an answer that no run gives: %s", r.name, a.Answer)
		case a.Kept && first == "":
			first = a.Answer
			kept++
		case a.Kept && a.Answer != first:
			t.Errorf("%s: the connection kept open saw %s, then %s", r.name, first, a.Answer)
		case a.Kept:
			kept++
		case n < last || n < a.Floor:
			t.Errorf("%s: generation %d, after generation %d was seen and %d published", r.name, n, last, a.Floor)
		default:
			last = n
			runs[a.Answer] = true
			anew++
		}
	}
	figure(t, "reader", "%s: %d answers anew, %d kept", r.name, anew, kept)
	return anew, kept
}
