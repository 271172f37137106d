package main

import (
	"fmt"
	"math"
	"strings"
)

// bar is a figure that was wished for, beside the one that was measured.
type bar struct {
	figure string
	wish   wish
	value  float64
}

// wish is a bound from above or from below, and where it is one from above maybe a lower one
// that is aimed at.
type wish struct {
	bound float64
	least bool
	aim   float64 // 0 for none
}

func atMost(bound float64) wish  { return wish{bound: bound} }
func atLeast(bound float64) wish { return wish{bound: bound, least: true} }

func (w wish) goal(aim float64) wish {
	w.aim = aim
	return w
}

func (w wish) String() string {
	switch {
	case w.least:
		return fmt.Sprintf("≥ %g", w.bound)
	case w.aim > 0:
		return fmt.Sprintf("≤ %g, goal %g", w.bound, w.aim)
	}
	return fmt.Sprintf("≤ %g", w.bound)
}

func (w wish) holds(value float64) bool {
	if w.least {
		return value >= w.bound
	}
	return value <= w.bound
}

func (p *page) bar(figure string, w wish, value float64) {
	p.bars = append(p.bars, bar{figure, w, value})
}

// loadBars are those of first loads, and of a large one against a small one.
func (p *page) loadBars() {
	small := map[string]*comparison{}
	for _, c := range p.loads {
		p.bar(fmt.Sprintf("ours / yardstick, wall, %s, %d", c.shape.name, c.records), atMost(1), ratio(c.ours, c.yardstick))
		if c.records == million {
			small[c.shape.name] = c
		}
		s := small[c.shape.name]
		if c.records != 10*million || s == nil {
			continue
		}
		p.bar("peak memory, 10 M records, MiB", atMost(1024), median(c.ours, peak)/(1<<20))
		p.bar("peak memory, 10 M against 1 M", atMost(1.2), median(c.ours, peak)/median(s.ours, peak))
		p.bar("rows/s, 10 M against 1 M", atLeast(0.9), 10*median(s.ours, wall)/median(c.ours, wall))
		p.bar("rows/s of the yardstick, 10 M against 1 M", wish{}, 10*median(s.yardstick, wall)/median(c.yardstick, wall))
	}
}

func (p *page) last(b *strings.Builder) {
	b.WriteString("\n## The bars\n\n| figure | bar | now | |\n| --- | --- | ---: | --- |\n")
	for _, x := range p.bars {
		bound, verdict := x.wish.String(), "reached"
		switch {
		case x.wish == wish{}:
			bound, verdict = "", "to compare"
		case !x.wish.holds(x.value):
			verdict = "**not reached**"
		case x.wish.aim > 0 && x.value <= x.wish.aim:
			verdict = "goal reached"
		}
		value := fmt.Sprintf("%.2f", x.value)
		if math.IsInf(x.value, 1) {
			value = "no answer"
		} else if x.value >= 10 {
			value = fmt.Sprintf("%.0f", x.value)
		} else if x.value < 0.2 {
			value = fmt.Sprintf("%.3f", x.value)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", x.figure, bound, value, verdict)
	}
}
