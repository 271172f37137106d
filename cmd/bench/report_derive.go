package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// fifth shows what links, things and closure take, and what questions to them.
func (p *page) fifth(b *strings.Builder) {
	d := p.derivation
	if d == nil {
		return
	}
	fmt.Fprintf(b, "\n## Links, things and closure\n\nExports of a simulated company of %d people (`accessmart simulate --files`), those of its three vendors loaded in one run into a new file (`accessmart load FOLDER`).\n"+
		"Times of links, things and closure are those of the run's log, and passed by the clock; 'loading' is the rest of the run, from its start to the file in place. The peak is that of the whole\n"+
		"process. The refresh loads all again: one in a hundred people has another title, and another department for Oleria's identities; one in a hundred of BalkanID's relations is gone.\n\n", d.people)
	b.WriteString("| run | wall s | CPU s | peak MiB | file MB | loading s | links s | things s | closure s | derived / loading |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	fmt.Fprintf(b, "| first | %s |\n| 1 %% changed | %s |\n", roundRow(d.first), roundRow(d.then))
	refresh := make([]float64, len(d.then))
	for i := range d.then {
		refresh[i] = d.then[i].wall / d.first[i].wall
	}
	top := 0.0
	for _, r := range slices.Concat(d.first, d.then) {
		top = max(top, float64(r.peak))
	}
	s := d.answers.Sizes
	fmt.Fprintf(b, "\nAfter the first load the file has %.0f MB. Its rows in a new file have %.0f MB, those that are not derived %.0f MB.\n", mb(s.File), mb(s.All), mb(s.Rest))
	fmt.Fprintf(b, "\nThe closure of a million grants of a larger and deeper company, alone (`go test -bench CloseGrants ./load/closure`): %.1f s, %.1f s of CPU, %.0f MB at most.\n",
		d.closing.wall, d.closing.cpu, d.closing.peak)
	p.bar("first load: links, things and closure / loading", atMost(0.5).goal(0.3), middleOf(d.first, func(r round) float64 { return r.parts.sum() / r.loads() }))
	p.bar("refresh, 1 % of people changed / first load, all included", atMost(0.5), middle(refresh))
	p.bar("peak memory of these runs, highest, MiB", atMost(1024).goal(512), top/(1<<20))
	p.bar("size with what is derived / without", atMost(1.7), float64(s.All)/float64(s.Rest))
	p.bar("closure of a million grants, s", atMost(20).goal(5), d.closing.wall)
	p.analyst(b, d)
	p.questions(b, d)
}

// roundRow is a run of several rounds in the table, by its medians.
func roundRow(of []round) string {
	at := func(get func(round) float64) float64 { return middleOf(of, get) }
	return fmt.Sprintf("%.2f | %.2f | %.0f | %.0f | %.2f | %.2f | %.2f | %.2f | **%.2f**",
		at(func(r round) float64 { return r.wall }), at(func(r round) float64 { return r.cpu }),
		at(func(r round) float64 { return float64(r.peak) / (1 << 20) }), at(func(r round) float64 { return mb(r.size) }), at(round.loads),
		at(func(r round) float64 { return r.parts.links }), at(func(r round) float64 { return r.parts.things }),
		at(func(r round) float64 { return r.parts.closure }), at(func(r round) float64 { return r.parts.sum() / r.loads() }))
}

// middleOf is the median of a figure of rounds.
func middleOf(of []round, get func(round) float64) float64 {
	values := make([]float64, len(of))
	for i, r := range of {
		values[i] = get(r)
	}
	return middle(values)
}

func mb(bytes int64) float64 { return float64(bytes) / 1e6 }

// analyst shows the yardstick of the derivation, which is given no bar.
func (p *page) analyst(b *strings.Builder, d *derivation) {
	ratios := make([]float64, len(d.first))
	for i, r := range d.first {
		ratios[i] = r.parts.sum() / d.yardstick[i].wall
	}
	ours := middleOf(d.first, func(r round) float64 { return r.parts.sum() })
	fmt.Fprintf(b, "\n### Beside plain SQL\n\n`cmd/bench/yardstick/things.sql` is what plain SQL in DuckDB makes of the same statements: people by number and address, accounts by application and login, grants once, pairs of\n"+
		"holders ten steps deep, in a process and a file of its own. It keeps no reason, no conflict, no history, no key that stays and no disagreement. It took %.2f s (%.2f s of CPU, %.0f MiB);\n"+
		"the derivation of the first load %.2f s.\n\n",
		median(d.yardstick, wall), median(d.yardstick, cpu), median(d.yardstick, peak)/(1<<20), ours)
	p.bar("derivation of the first load / plain SQL, wall", wish{}, middle(ratios))
	b.WriteString("A row is the same if it is made of the same statements. 'Parted' are rows of the yardstick that are several of ours, 'joined' those of which ours has several in one row.\n\n" +
		"| rows of | ours | only named | yardstick | same | parted | joined | both | what differs, in ours |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
	for _, c := range d.answers.Compared {
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %d | %d | %s |\n", c.Name, c.Ours, c.Mentioned, c.Theirs, c.Same, c.Apart, c.Joined, c.Partly, c.How)
	}
	b.WriteString("\nThe last column counts our rows that differ by the rules that linked their statements, of grants by the kinds of their ends. Where the rules are not the same:\n\n")
	for _, c := range d.answers.Compared {
		fmt.Fprintf(b, "- %s: %s\n", c.Name, c.Rules)
	}
}

func (p *page) questions(b *strings.Builder, d *derivation) {
	fmt.Fprintf(b, "\n### Questions\n\nOf the file after the first load, in one process that has opened it, read to the last row. Reports: `count(*)`, and the first 100 rows in the order of the key;\n"+
		"`person` and `who_has_access`, which are as large as the product of people and what they reach, are asked about the person with the most access. After %.0f s a question is given up.\n\n"+
		"| question | rows | whole s | first 100 s | |\n| --- | ---: | ---: | ---: | --- |\n", longest.Seconds())
	for _, q := range d.answers.Questions {
		if q.Reason != "" {
			fmt.Fprintf(b, "| %s | | | | %s |\n", q.Name, q.Reason)
			p.bar(q.Name+", s", atMost(q.Bar), math.Inf(1))
			continue
		}
		begin := ""
		if q.First != "" {
			begin = fmt.Sprintf("%.3f", q.Begin)
		}
		fmt.Fprintf(b, "| %s | %d | %.3f | %s | |\n", q.Name, q.Rows, q.Whole, begin)
		p.bar(q.Name+", s", atMost(q.Bar), max(q.Whole, q.Begin))
	}
}
