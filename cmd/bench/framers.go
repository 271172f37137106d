package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

// framer is how fast one form of text is cut into records and cells.
type framer struct {
	form  string
	speed float64 // MB/s on one core, median
}

// A line of a benchmark, such as 'BenchmarkFrameJSON/array-2  10  96 ns/op  555.09 MB/s'.
var frameLine = regexp.MustCompile(`(?m)^BenchmarkFrame(\S*?)(?:-\d+)?\s.*?([\d.]+) MB/s`)

// framers runs the benchmarks of package transform.
func (o *options) framers(ctx context.Context) ([]framer, error) {
	out, err := exec.CommandContext(ctx, "go", "test", "-tags", "duckdb_arrow", "-run", "^$", "-bench", "^BenchmarkFrame", "-cpu", "1",
		"-count", strconv.Itoa(o.repeats), "./transform").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go test: %w: %s", err, out)
	}
	var forms []string
	speeds := map[string][]float64{}
	for _, m := range frameLine.FindAllStringSubmatch(string(out), -1) {
		speed, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return nil, err
		}
		if speeds[m[1]] == nil {
			forms = append(forms, m[1])
		}
		speeds[m[1]] = append(speeds[m[1]], speed)
	}
	if forms == nil {
		return nil, fmt.Errorf("go test printed no figures: %s", out)
	}
	framers := make([]framer, len(forms))
	for i, form := range forms {
		framers[i] = framer{form, middle(speeds[form])}
	}
	return framers, nil
}
