package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// page is what is written at the end.
type page struct {
	options    *options
	loads      []*comparison
	refreshes  []*refreshed
	published  *published
	framers    []framer
	derivation *derivation
	bars       []bar
}

func (p *page) write() error {
	var b strings.Builder
	p.head(&b)
	p.first(&b)
	p.second(&b)
	p.third(&b)
	p.fourth(&b)
	p.fifth(&b)
	p.earlier(&b)
	p.last(&b)
	if p.options.output == "" {
		_, err := fmt.Print(b.String())
		return err
	}
	return os.WriteFile(p.options.output, []byte(b.String()), 0o644)
}

func (p *page) head(b *strings.Builder) {
	fmt.Fprintf(b, "# Benchmarks\n\nMade by `make bench`; do not edit. Commit %s, %s, %d cores, %s, %d repetitions; medians, also of the ratios within each repetition.\n\n",
		commit(), machine(), runtime.NumCPU(), runtime.Version(), p.options.repeats)
	if p.loads != nil {
		b.WriteString(about)
	}
}

const about = "**Ours** is `accessmart load` from a folder into a new database file: the delivered file kept in the store (hashed, compressed, synced),\n" +
	"vendor table, common tables with provenance and fingerprints, ledger, reports, checks, published and synced. **Yardstick** is a process of the\n" +
	"same program that uses nothing but DuckDB of the same version: `read_csv(all_varchar)` or `read_json` into the same vendor table, then SQL into\n" +
	"the same common tables with the same types, keys and provenance, each content once (`group by all`, which is what our tables promise),\n" +
	"checkpoint, sync, rename. It still does less: it keeps no copy of the delivered file and does not hash it, its fingerprints have 64 bits, in\n" +
	"common tables only, its keys escape nothing, and there is no ledger, no report and no check. All fields of all rows, `_source`, `_dataset` and\n" +
	"`_record` were held against each other by hash, in both directions.\n" +
	"The two run in turn, each in a process of its own.\n\n"

func (p *page) first(b *strings.Builder) {
	if p.loads == nil {
		return
	}
	b.WriteString("## First load\n\n| shape | records | MB | side | wall s | CPU s | peak MiB | rows/s | MB/s | file MB | ours / yardstick |\n| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, c := range p.loads {
		for _, side := range []struct {
			name string
			of   []figures
		}{{"ours", c.ours}, {"yardstick", c.yardstick}} {
			w := median(side.of, wall)
			share := ""
			if side.name == "ours" {
				share = fmt.Sprintf("**%.2f**", ratio(c.ours, c.yardstick))
			}
			fmt.Fprintf(b, "| %s | %d | %.0f | %s | %.2f | %.2f | %.0f | %.0f | %.0f | %.0f | %s |\n", c.shape.name, c.records, float64(c.bytes)/1e6, side.name,
				w, median(side.of, cpu), median(side.of, peak)/(1<<20), float64(c.records)/w, float64(c.bytes)/1e6/w, median(side.of, size)/1e6, share)
		}
	}
	p.loadBars()
	b.WriteString("\nRows compared:\n\n")
	for _, c := range p.loads {
		fmt.Fprintf(b, "- %s, %d records: %s", c.shape.name, c.records, c.tables)
		if c.shape.also != "" {
			b.WriteString(" (" + c.shape.also + ")")
		}
		b.WriteString("\n")
	}
}

func (p *page) second(b *strings.Builder) {
	if p.refreshes == nil {
		return
	}
	b.WriteString("\n## Refresh\n\nThe second load of entitlements, as a share of the first load in the same round.\n\n| second delivery | first s | second s | share |\n| --- | ---: | ---: | ---: |\n")
	for _, r := range p.refreshes {
		f, t := median(r.first, wall), median(r.then, wall)
		fmt.Fprintf(b, "| %s | %.2f | %.2f | **%.3f** |\n", r.name, f, t, ratio(r.then, r.first))
		p.bar("refresh, "+r.name, atMost(map[string]float64{sameBytes: 0.02, sameRows: 0.5, fewChanged: 0.6}[r.name]), ratio(r.then, r.first))
	}
}

func (p *page) third(b *strings.Builder) {
	if p.published == nil {
		return
	}
	o := p.published
	fmt.Fprintf(b, "\n## Publish\n\nA run in which nothing changed but the ledger, beside copying the file and syncing the copy (%.0f MB). 'Publishing' is, of that run, the copying of\n"+
		"the file and what follows when all is entered: checkpoint, opening the result and counting, sync, rename, removal of the old file. The rest is the\n"+
		"program's start, views, ledger, and waiting for the hash of the old file.\n\n"+
		"| | s | ratio |\n| --- | ---: | ---: |\n| copy and sync | %.2f | |\n| the whole run | %.2f | **%.2f** |\n| publishing | %.2f | **%.2f** |\n",
		float64(o.size)/1e6, median(o.copy, wall), median(o.ours, wall), ratio(o.ours, o.copy), median(o.parts, wall), ratio(o.parts, o.copy))
	p.bar("publish of a large file / copy and sync, the whole run", atMost(1.3), ratio(o.ours, o.copy))
	p.bar("the same, publishing alone", atMost(1.3), ratio(o.parts, o.copy))
}

func (p *page) fourth(b *strings.Builder) {
	if p.framers == nil {
		return
	}
	b.WriteString("\n## Framers\n\nAlone, on one core, by `go test -bench Frame ./transform`.\n\n| form | MB/s |\n| --- | ---: |\n")
	for _, f := range p.framers {
		fmt.Fprintf(b, "| %s | %.0f |\n", f.form, f.speed)
		least := 200.0
		if f.form == "CSV" {
			least = 400
		}
		p.bar("framer alone, "+f.form+", MB/s", atLeast(least), f.speed)
	}
}

func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// machine is the model of the processor.
func machine() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOOS + "/" + runtime.GOARCH
	}
	for line := range strings.Lines(string(data)) {
		if _, model, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(line, "model name") {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

// earlier shows what the measured program took beside an earlier build of it.
func (p *page) earlier(b *strings.Builder) {
	if p.options.earlier == "" {
		return
	}
	fmt.Fprintf(b, "\n## Beside an earlier build\n\nBoth builds in the same rounds, in turn; medians of the ratios within each round, this build / %s.\n\n"+
		"| what | records | wall | CPU | peak memory | file |\n| --- | ---: | ---: | ---: | ---: | ---: |\n", filepath.Base(p.options.earlier))
	row := func(name, records string, now, then []figures) {
		fmt.Fprintf(b, "| %s | %s | %.2f | %.2f | %.2f | %.2f |\n", name, records,
			ratioOf(now, then, wall), ratioOf(now, then, cpu), ratioOf(now, then, peak), ratioOf(now, then, size))
	}
	for _, c := range p.loads {
		row(c.shape.name, strconv.Itoa(c.records), c.ours, c.earlier)
	}
	for _, r := range p.refreshes {
		row("refresh, "+r.name, "", r.then, r.earlier)
	}
}
