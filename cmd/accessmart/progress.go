package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/schollz/progressbar/v3"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// told tells of runs: a person by progress, a scheduler by the summary.
type told struct {
	progress *progress
	summary  *summary
}

func (t told) Expect(exports int)         { t.progress.expect(exports) }
func (t told) Fetched(e extract.Event)    { t.progress.fetched(e) }
func (t told) Loading(e *schemas.Export)  { t.progress.loading(e) }
func (t told) Step(what string)           { t.progress.step("%s", what) }
func (t told) Note(what string)           { t.progress.warn("note     %s", what) }
func (t told) Published(p load.Published) { t.summary.published(p.RunID, p.Checks) }

func (t told) Loaded(id string, x run.Export) {
	t.progress.loaded(x)
	t.summary.export(id, x)
}

// progress tells a person who waits: a bar on a terminal, else one line for
// each step that ended.
type progress struct {
	mu       sync.Mutex
	out      io.Writer
	hinted   func(text string) string   // see [globals.hinted]
	width    func() (width, height int) // of the terminal, where there is a bar
	bar      *progressbar.ProgressBar   // nil without a terminal
	quiet    bool
	told     map[schemas.ExportID]bool // exports whose failure was told already
	repeated map[schemas.ExportID]bool // exports that failed for what another of their source failed for
}

func newProgress(c *console, quiet bool) *progress {
	p := &progress{out: c.err, hinted: c.hinted, width: c.errSize, quiet: quiet, told: map[schemas.ExportID]bool{}, repeated: map[schemas.ExportID]bool{}}
	if c.errTTY && !quiet {
		p.bar = progressbar.NewOptions(-1,
			progressbar.OptionSetWriter(c.bar), progressbar.OptionShowCount(), progressbar.OptionSetWidth(20),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(true), progressbar.OptionSetPredictTime(false))
	}
	return p
}

// expect starts the count of n exports.
func (p *progress) expect(n int) {
	if p.bar != nil {
		p.bar.Reset()
		p.bar.ChangeMax(n)
	}
}

func (p *progress) line(format string, args ...any) {
	if p.quiet {
		return
	}
	text := p.hinted(visible(fmt.Sprintf(format, args...)))
	if p.bar != nil {
		text = cut(text, p.room(0))
	}
	p.write(text)
}

// warn writes a line that is no progress, also where none is wanted.
func (p *progress) warn(format string, args ...any) {
	p.write(p.hinted(visible(fmt.Sprintf(format, args...))))
}

// write writes a line beside the bar.
func (p *progress) write(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	fmt.Fprintln(p.out, line)
	if p.bar != nil {
		_ = p.bar.RenderBlank()
	}
}

// room is how wide a line may be that has so much beside it. What wraps, the
// bar cannot take away again, and lines of progress are to be glanced at.
func (p *progress) room(beside int) int {
	width, _ := p.width()
	return max(leastText, width-1-beside)
}

// besideBar is the width of all but the description: percentage, bar, counts
// and time.
const besideBar = 52

// done tells of what went as it should: without a terminal a line; with one the
// bar moves on, and the table in the end has the figures.
func (p *progress) done(format string, args ...any) {
	if p.bar == nil {
		p.line(format, args...)
	}
}

func (p *progress) describe(format string, args ...any) {
	if p.bar != nil {
		p.bar.Describe(cut(visible(fmt.Sprintf(format, args...)), p.room(besideBar)))
	}
}

// step tells of a step of the program itself.
func (p *progress) step(format string, args ...any) {
	if p.bar != nil {
		p.describe(format, args...)
		return
	}
	p.line(format, args...)
}

// failed tells of exports that cannot be loaded, once.
func (p *progress) failed(what, source, note string, datasets ...string) {
	line := fmt.Sprintf("failed   %s: %s", what, run.Reason(note, source, datasets...))
	p.line("%s", line)
	whole := !p.quiet && (p.bar == nil || textWidth(line) <= p.room(0)) // else the end has it in full
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, dataset := range datasets {
		p.told[schemas.ExportID{Source: source, Dataset: dataset}] = whole
	}
}

// tell tells why an export was not loaded, if that was not told yet.
func (p *progress) tell(c *console, r run.Export) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id := r.ID(); r.Error != "" && !p.told[id] && !p.repeated[id] {
		c.say("%s: %s", id, r.Error)
	}
	if r.Rejected > 0 && r.Status != ledger.Failed {
		c.say("%s %s: %s rejected; see why with: accessmart rejects --dataset %[2]s", r.Source, r.Dataset, count(int(r.Rejected), "record"))
	}
	if r.ItemRejected > 0 {
		c.say("%s %s: %s of records became no row: accessmart rejects", r.Source, r.Dataset, count(int(r.ItemRejected), "item"))
	}
	tellFindings(c, r.Source+" "+r.Dataset+": ", r.Findings, 10)
}

// tellFindings tells of what was odd, the most frequent first, and how to see
// the rest.
func tellFindings(c *console, before string, findings []schemas.Finding, most int) {
	sorted := slices.SortedStableFunc(slices.Values(findings), func(a, b schemas.Finding) int { return cmp.Compare(b.Count, a.Count) })
	for i, f := range sorted {
		if i == most {
			c.say("%s%s; see them with: accessmart query \"from meta.findings\"", before, count(len(sorted)-most, "more finding"))
			return
		}
		c.say("%s%s", before, finding(f))
	}
}

// finding is a line about something odd in an export.
func finding(f schemas.Finding) string {
	s := "found " + strings.ReplaceAll(f.Rule, "_", " ")
	if f.Field != "" {
		s += " in " + f.Field
	}
	s += ": " + count(int(f.Count), "record")
	if f.Detail != "" {
		s += "; " + f.Detail
	}
	return s
}

// tellAgain tells of how many exports of a source a reason is told only once.
func (p *progress) tellAgain(c *console) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sources := map[string]int{}
	for id := range p.repeated {
		sources[id.Source]++
	}
	for _, source := range slices.Sorted(maps.Keys(sources)) {
		c.say("%s: %s failed for the same reason", source, count(sources[source], "other dataset"))
	}
}

// fetched is told of what happens while exports are fetched.
func (p *progress) fetched(e extract.Event) {
	what := e.Source
	if len(e.Datasets) > 0 {
		what += " " + strings.Join(e.Datasets, ", ")
	}
	switch e.State {
	case extract.Finished:
		p.done("fetched  %s: %s, %s", what, count(e.Parts, "part"), size(e.Bytes))
		p.add(len(e.Datasets))
	case extract.Failed:
		if e.Repeated {
			p.mu.Lock()
			for _, dataset := range e.Datasets {
				p.repeated[schemas.ExportID{Source: e.Source, Dataset: dataset}] = true
			}
			p.mu.Unlock()
		} else {
			p.failed(what, e.Source, e.Note, e.Datasets...)
		}
		p.add(len(e.Datasets))
	case extract.Read:
		p.line("read     %s: %s as %s, by %s", e.Source, visible(e.Part), strings.Join(e.Datasets, ", "), e.How)
		if e.Note != "" {
			p.warn("note     %s: %s: %s", e.Source, visible(e.Part), visible(e.Note))
		}
	case extract.Unread:
		p.warn("unread   %s", unread(e.Source, e.Part, e.Note))
	case extract.Warned:
		p.warn("note     %s: %s", what, e.Note) // whole and always, as nothing else says it
	case extract.Resumed:
		p.line("resumed  %s %s", what, e.Part)
	case extract.Downloading:
		p.describe("%s %s", what, size(e.Bytes))
	default:
		p.describe("%s: %s", what, e.State)
	}
}

func (p *progress) loading(e *schemas.Export) {
	p.describe("%s %s: loading %s", e.Source, e.Dataset, size(e.Bytes()))
}

func (p *progress) loaded(r run.Export) {
	switch {
	case r.Error != "" && r.Arrived && r.Status == ledger.Failed:
		p.failed(r.ID().String(), r.Source, r.Error, r.Dataset)
	case r.Status == ledger.Loaded:
		p.done("loaded   %s %s: %s, %d rejected, %d inserted, %d closed", r.Source, r.Dataset,
			count(int(r.Records), "record"), r.Rejected, r.Inserted, r.Closed)
	case r.Status == ledger.Unchanged:
		p.done("same     %s %s: the bytes did not change", r.Source, r.Dataset)
	default:
		p.line("%-8s %s: not loaded", r.Status, r.ID())
	}
	p.add(1)
}

func (p *progress) add(n int) {
	if p.bar != nil {
		_ = p.bar.Add(n)
	}
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

func size(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	div, exp := int64(unit), 0
	for m := n / unit; m >= unit; m /= unit {
		div *= unit
		exp++
	}
	return fmt.Sprintf("%.1f %cB", float64(n)/float64(div), "kMGTPE"[exp])
}
