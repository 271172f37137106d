// Package evidence makes packs of evidence of a finished file: who there was, what the saved
// questions that serve a control answer and on what the answers rest, and the ledger of the
// runs from which all that came, each member with its hash. It also says of a pack whether it
// is as it was made. Which questions serve which control is in controls.yaml.
//
// A pack of the same file, moment and controls has the same bytes: nothing in it is of the
// moment or the machine on which it is made.
package evidence

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/report"
	objects "github.com/accessmart/accessmart/sql"
)

// Request says which pack is to be made.
type Request struct {
	Controls []Control
	AsOf     time.Time // zero: the file's last run
	Program  string    // version of this program
	DuckDB   string    // version of DuckDB
	// CSV writes rows as CSV with their header, and says how many there are.
	CSV func(io.Writer, *read.Rows) (int, error)
}

// Manifest is manifest.json: what a pack is of, and what is in it.
type Manifest struct {
	Format   int       `json:"format"`
	AsOf     time.Time `json:"as_of"`
	Run      string    `json:"run_id"` // the last one up to AsOf
	RunAt    time.Time `json:"run_as_of"`
	IsNewest bool      `json:"is_newest"` // the file had no later run
	Chain    string    `json:"chain_hash"`
	Program  string    `json:"accessmart"`
	DuckDB   string    `json:"duckdb"`
	Controls []string  `json:"controls"`
	Answers  []Answer  `json:"answers"`
	Files    []File    `json:"files"` // all but the manifest and its hash, in their order
}

// Answer is what became of one question.
type Answer struct {
	Name    string `json:"name"`
	Folder  string `json:"folder"`
	Rows    int    `json:"rows"`
	Because string `json:"not_answered_because,omitempty"` // "": it was answered

	question string
}

// Unanswered are the questions that were not answered.
func (m *Manifest) Unanswered() (out []Answer) {
	for _, a := range m.Answers {
		if a.Because != "" {
			out = append(out, a)
		}
	}
	return out
}

// Names of members that are told apart from others.
const (
	manifestName = "manifest.json"
	sumName      = "manifest.json.sha256"
	readmeName   = "README.md"
	runsName     = "ledger/runs.parquet"
	exportsName  = "ledger/exports.parquet"
)

// format is the form of a pack; it grows when an older program could misread a newer pack.
const format = 1

// population are the macros that say who and what there was.
var population = []string{"identities_as_of", "accounts_as_of", "applications_as_of"}

// maker makes one pack.
type maker struct {
	Request
	f   *read.File
	zip *archive
	m   Manifest
	dir string // for files that only DuckDB writes
}

// Make writes a pack of the file to out. A question that cannot be answered is in the pack
// with the reason; see [Manifest.Unanswered].
//
// Errors: a [RequestError] for a moment before the first run or after the last, or for a file
// of an earlier version, or what DuckDB says.
func Make(ctx context.Context, f *read.File, r Request, out io.Writer) (_ *Manifest, err error) {
	p := &maker{Request: r, f: f, m: Manifest{Format: format, Program: r.Program, DuckDB: r.DuckDB}}
	if err := p.moment(ctx); err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp("", "accessmart-evidence-*"); err != nil { // mode 0700
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.dir)) }()
	p.zip = &archive{zip: zip.NewWriter(out), at: p.m.RunAt}
	for _, name := range population {
		if err := p.answer(ctx, "population", name); err != nil {
			return nil, err
		}
	}
	for _, name := range p.questions() {
		if err := p.answer(ctx, "answers", name); err != nil {
			return nil, err
		}
	}
	for _, c := range p.Controls {
		p.m.Controls = append(p.m.Controls, c.Name)
	}
	if err := p.ledger(ctx); err != nil {
		return nil, err
	}
	return &p.m, p.close()
}

// questions are those of the controls and those of every pack, each once, by name.
func (p *maker) questions() []string {
	names := readCatalogue().Always
	for _, c := range p.Controls {
		names = append(names, c.Answers...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// moment finds the run that had left the file at the moment.
func (p *maker) moment(ctx context.Context) error {
	var first, last time.Time
	query := "select min(as_of), max(as_of) from meta.runs"
	if err := p.f.Each(ctx, query, func(row []read.Value) { first, last = row[0].Time(), row[1].Time() }); err != nil {
		return err
	}
	at := p.AsOf.UTC()
	if at.IsZero() {
		at = last
	}
	switch {
	case last.IsZero():
		return mistake("%s has no run yet, so there is nothing to prove; run 'accessmart refresh' first", p.f.Path())
	case at.Before(first):
		return mistake("%s: nothing was known at that moment; the first run was at %s", at.Format(time.RFC3339), first.Format(time.RFC3339Nano))
	case at.After(last):
		return mistake("%s is after the last run of the file, at %s, and nothing is known of it; refresh the file, or leave the moment out for the state of that run", at.Format(time.RFC3339), last.Format(time.RFC3339Nano))
	}
	p.m.AsOf, p.m.IsNewest = at, at.Equal(last)
	return p.f.Each(ctx, "select run_id, as_of, coalesce(chain_hash, '') from meta.runs where as_of <= "+p.literal()+" order by as_of desc limit 1", func(row []read.Value) {
		p.m.Run, p.m.RunAt, p.m.Chain = row[0].Text, row[1].Time(), row[2].Text
	})
}

// asked is the report or macro that is asked for a question: of the past the macro that
// answers what the report would have answered then, if there is one.
func (p *maker) asked(name string) string {
	if !p.m.IsNewest && hasPast(name) {
		return objects.Past(name)
	}
	return name
}

// ask asks a question. A reason comes in place of an answer that the file cannot give.
func (p *maker) ask(ctx context.Context, name string) (a *report.Answer, because string, err error) {
	if asked := p.asked(name); isPast(asked) {
		a, err = report.AskPast(ctx, p.f, asked, p.m.AsOf)
	} else if a, because, err = p.askReport(ctx, name); because != "" {
		return nil, because, err
	}
	if unknown := new(report.UnknownError); errors.As(err, unknown) {
		return nil, unknown.Because, nil
	}
	if missing := new(report.MissingError); errors.As(err, &missing) {
		return nil, missing.Because(), nil
	}
	if mistaken := new(report.RequestError); errors.As(err, mistaken) {
		return nil, "", RequestError{err}
	}
	return a, "", err
}

// askReport asks a report that can be asked of the newest state alone.
func (p *maker) askReport(ctx context.Context, name string) (*report.Answer, string, error) {
	r, err := report.Find(ctx, p.f, name)
	if err != nil {
		return nil, "", err
	}
	if !p.m.IsNewest {
		return nil, "this report judges the newest state of a file, which does not keep what it would have answered earlier, and this file has later runs. A file that was kept from that time (keep in the configuration leaves one with " + p.m.Run + " in its name) can answer it", nil
	}
	a, err := r.Ask(ctx, p.f, report.Filter{})
	return a, "", err
}

// answer writes what a question answers, in a folder of its own.
func (p *maker) answer(ctx context.Context, folder, name string) error {
	out := Answer{Name: name, Folder: folder + "/" + name}
	a, because, err := p.ask(ctx, name)
	if err != nil {
		return err
	}
	if because != "" {
		out.Because = because
		p.m.Answers = append(p.m.Answers, out)
		return p.zip.text(out.Folder+"/not-answered.md", fmt.Sprintf("# %s\n\nNot answered, because %s.\n", name, because))
	}
	told, query, object := a.Told(), a.Query, a.Object
	out.question = strings.ReplaceAll(a.Why, "the moment ts", "that moment")
	err = p.zip.add(out.Folder+"/rows.csv", func(w io.Writer) error {
		n, err := p.CSV(w, a.Rows)
		out.Rows = n
		return err
	})
	if err := errors.Join(err, a.Close()); err != nil {
		return err
	}
	if err := p.parquet(ctx, out.Folder+"/rows.parquet", query, told); err != nil {
		return err
	}
	definition, err := p.definition(ctx, p.asked(name))
	if err != nil {
		return err
	}
	p.m.Answers = append(p.m.Answers, out)
	if err := p.zip.text(out.Folder+"/query.sql", "-- What was asked:\n"+query+";\n\n-- What "+p.asked(name)+" is in the file:\n"+definition+"\n"); err != nil {
		return err
	}
	return p.zip.text(out.Folder+"/about.md", aboutOf(out, told, object))
}

// aboutOf says what an answer rests on, and what its columns are.
func aboutOf(out Answer, told [][2]string, object objects.Object) string {
	var about strings.Builder
	fmt.Fprintf(&about, "# %s\n\n- rows: %d\n", out.Name, out.Rows)
	for _, line := range told[1:] {
		fmt.Fprintf(&about, "- %s: %s\n", line[0], line[1])
	}
	if object.Grain != "" {
		fmt.Fprintf(&about, "- one row is: %s\n", object.Grain)
	}
	if len(object.Columns) > 0 {
		about.WriteString("\nColumns:\n\n")
	}
	for _, c := range object.Columns {
		fmt.Fprintf(&about, "- %s: %s\n", c.Name, c.Comment)
	}
	return about.String()
}

// definition is the SQL of a report or a macro as the file has it.
func (p *maker) definition(ctx context.Context, name string) (text string, err error) {
	query := "select sql from duckdb_views() where database_name = current_database() and schema_name = 'report' and view_name = '" + name + "'"
	if isPast(name) {
		query = "select macro_definition from duckdb_functions() where database_name = current_database() and schema_name = 'main' and function_name = '" + name + "'"
	}
	return text, p.f.Each(ctx, query, func(row []read.Value) { text = row[0].Text })
}

// parquet writes the rows of a query as Parquet. DuckDB writes files alone.
func (p *maker) parquet(ctx context.Context, name, query string, about [][2]string) (err error) {
	rows, err := p.f.Query(ctx, query)
	if err != nil {
		return err
	}
	path := filepath.Join(p.dir, "rows.parquet")
	defer func() { err = errors.Join(err, os.Remove(path)) }()
	if err := errors.Join(rows.WriteParquet(ctx, path, about), rows.Close()); err != nil {
		return err
	}
	return p.zip.add(name, func(out io.Writer) error {
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, in.Close())
	})
}

// close writes what says what the pack is.
func (p *maker) close() error {
	slices.SortFunc(p.m.Answers, func(a, b Answer) int { return cmp.Compare(a.Folder, b.Folder) })
	if err := p.zip.text(readmeName, p.readme()); err != nil {
		return err
	}
	p.m.Files = p.zip.files
	data, err := json.MarshalIndent(&p.m, "", "  ")
	if err != nil {
		return err
	}
	if err := p.zip.text(manifestName, string(data)+"\n"); err != nil {
		return err
	}
	sum := p.zip.files[len(p.zip.files)-1].SHA256
	return errors.Join(p.zip.text(sumName, sum+"  "+manifestName+"\n"), p.zip.zip.Close())
}
