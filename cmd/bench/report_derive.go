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
	fmt.Fprintf(b, "\n## Links, things and closure\n\nExports of a simulated company of %d people (`accessmart simulate --files`), loaded vendor by vendor into one file: each of the three loads derives\n"+
		"links, things and the closure of grants anew from all statements that the file has by then. Times of the parts are those of the log of each run, and passed by the clock.\n"+
		"The refresh loads all three again. In its exports one in a hundred people has another title, and another department for Oleria's identities; one in a hundred of BalkanID's relations is gone.\n\n", d.people)
	b.WriteString("| | load | wall s | CPU s | peak MiB | file MB | links s | things s | closure s | derived, of wall |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	rounds := []struct {
		name string
		of   []round
	}{{"first", d.first}, {"1 % changed", d.then}}
	for _, r := range rounds {
		for i, vendor := range slices.Concat(derivedVendors, []string{"all"}) {
			fmt.Fprintf(b, "| %s | %s | %s |\n", r.name, vendor, roundRow(r.of, i))
		}
	}
	total := func(r round) float64 { return r.total().wall }
	share := middleOf(d.first, func(r round) float64 { return r.derived().sum() / total(r) })
	refresh := make([]float64, len(d.then))
	for i := range d.then {
		refresh[i] = total(d.then[i]) / total(d.first[i])
	}
	top := 0.0
	for _, r := range slices.Concat(d.first, d.then) {
		top = max(top, float64(r.total().peak))
	}
	s := d.answers.Sizes
	fmt.Fprintf(b, "\nAfter the first loads the file has %.0f MB. Its rows in a new file have %.0f MB, those that are not derived %.0f MB.\n", mb(s.File), mb(s.All), mb(s.Rest))
	p.bar("links, things and closure, of the wall time of first loads", atMost(0.5), share)
	p.bar("refresh of all, 1 % of people changed / first load of all", atMost(0.5), middle(refresh))
	p.bar("peak memory of these loads, highest, MiB", atMost(1024), top/(1<<20))
	p.bar("size with what is derived / without", atMost(1.7), float64(s.All)/float64(s.Rest))
	p.analyst(b, d)
	p.questions(b, d)
}

// roundRow is one load of a round in the table, or all of them where i is their number.
func roundRow(of []round, i int) string {
	at := func(get func(figures, parts) float64) float64 {
		return middleOf(of, func(r round) float64 {
			if i == len(r.loads) {
				return get(r.total(), r.derived())
			}
			return get(r.loads[i], r.parts[i])
		})
	}
	return fmt.Sprintf("%.2f | %.2f | %.0f | %.0f | %.2f | %.2f | %.2f | **%.2f**",
		at(func(f figures, _ parts) float64 { return f.wall }), at(func(f figures, _ parts) float64 { return f.cpu }),
		at(func(f figures, _ parts) float64 { return float64(f.peak) / (1 << 20) }), at(func(f figures, _ parts) float64 { return mb(f.size) }),
		at(func(_ figures, p parts) float64 { return p.links }), at(func(_ figures, p parts) float64 { return p.things }),
		at(func(_ figures, p parts) float64 { return p.closure }), at(func(f figures, p parts) float64 { return p.sum() / f.wall }))
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
		ratios[i] = r.parts[len(r.parts)-1].sum() / d.yardstick[i].wall
	}
	last := middleOf(d.first, func(r round) float64 { return r.parts[len(r.parts)-1].sum() })
	fmt.Fprintf(b, "\n### Beside plain SQL\n\n`cmd/bench/yardstick/things.sql` is what plain SQL in DuckDB makes of the same statements: people by number and address, accounts by application and login, grants once, pairs of\n"+
		"holders ten steps deep, in a process and a file of its own. It keeps no reason, no conflict, no history, no key that stays and no disagreement. It took %.2f s (%.2f s of CPU, %.0f MiB);\n"+
		"the derivation of the last of the three loads, which has all statements before it and mostly finds the same rows as before, %.2f s.\n\n",
		median(d.yardstick, wall), median(d.yardstick, cpu), median(d.yardstick, peak)/(1<<20), last)
	p.bar("derivation of the last load / plain SQL, wall", wish{}, middle(ratios))
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
	fmt.Fprintf(b, "\n### Questions\n\nOf the file after the first loads, in one process that has opened it, read to the last row. Reports: `count(*)`, and the first 100 rows in the order of the key;\n"+
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
