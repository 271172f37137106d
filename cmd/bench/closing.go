package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// closing is what the closure of a million grants of usual shape takes, which is more to close
// than the simulated company has: medians, but the peak, which is the highest.
type closing struct{ wall, cpu, peak float64 } // seconds, seconds, MB

// A line of the benchmark: its name, how often it ran, and figures with their units.
var closeLine = regexp.MustCompile(`(?m)^BenchmarkCloseGrants\S*\s+\d+\s+(.*)$`)

// closes runs the benchmark of package load/closure.
func (o *options) closes(ctx context.Context) (closing, error) {
	out, err := exec.CommandContext(ctx, "go", "test", "-tags", "duckdb_arrow", "-run", "^$", "-bench", "^BenchmarkCloseGrants$",
		"-benchtime", "1x", "-count", strconv.Itoa(o.repeats), "./load/closure").CombinedOutput()
	if err != nil {
		return closing{}, fmt.Errorf("go test ./load/closure: %w: %s", err, out)
	}
	return closingOf(string(out))
}

func closingOf(out string) (c closing, err error) {
	figures := map[string][]float64{}
	for _, m := range closeLine.FindAllStringSubmatch(out, -1) {
		words := strings.Fields(m[1])
		for i := 0; i+1 < len(words); i += 2 {
			n, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return c, fmt.Errorf("benchmark of the closure: %w", err)
			}
			figures[words[i+1]] = append(figures[words[i+1]], n)
		}
	}
	for _, unit := range []string{"ns/op", "cpu-s/op", "MB-peak"} {
		if figures[unit] == nil {
			return c, fmt.Errorf("the benchmark of the closure printed no %s: %s", unit, out)
		}
	}
	c.wall, c.cpu = middle(figures["ns/op"])/1e9, middle(figures["cpu-s/op"])
	for _, peak := range figures["MB-peak"] {
		c.peak = max(c.peak, peak)
	}
	return c, nil
}
