package run

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Drop takes the rows of a source, or of one dataset of it, out of the file, as a run of its
// own: to history, or with their history. dataset is <vendor>.<plural> or the plural, "" for all. confirm is asked before, with the datasets
// that would go; its error ends the run before it begins.
//
// Errors: [database.ErrLocked], [database.ErrNoDatabase], [*RequestError] where the file
// has no rows of the source.
func (r *Runner) Drop(ctx context.Context, source, dataset string, history bool, confirm func(datasets []string) error) (out Outcome, err error) {
	unlock, err := r.lock(ctx)
	if err != nil {
		return out, err
	}
	defer unlock()
	datasets, err := r.datasetsOf(ctx, source)
	if err != nil {
		return out, err
	}
	if len(datasets) == 0 {
		return out, mistake("sources drop: %s has no rows of a source %s; 'accessmart sources' lists those that it has", r.Into.Path, source)
	}
	if dataset != "" {
		all := strings.Join(datasets, ", ")
		datasets = slices.DeleteFunc(datasets, func(d string) bool { return d != dataset && !strings.HasSuffix(d, "."+dataset) })
		if len(datasets) == 0 {
			return out, mistake("sources drop: %s has no rows of a dataset %s of %s; it has those of %s", r.Into.Path, dataset, source, all)
		}
	}
	if err := confirm(datasets); err != nil {
		return out, err
	}
	run, err := r.now("sources drop")
	if err != nil {
		return out, err
	}
	work, err := r.begin(ctx, run)
	if err != nil {
		return out, err
	}
	status := ledger.Dropped
	if history {
		status = ledger.Erased
	}
	for _, dataset := range datasets {
		result, err := work.Drop(ctx, dropped(run.ID, source, dataset), status)
		if err != nil {
			return out, errors.Join(err, work.Discard())
		}
		row := Export{Source: source, Dataset: dataset}
		row.take(result)
		out.Exports = append(out.Exports, row)
	}
	return out, r.end(ctx, work, ledger.RunDone, &out)
}

func (r *Runner) datasetsOf(ctx context.Context, source string) ([]string, error) {
	file, err := read.Open(ctx, r.Into.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return read.Datasets(ctx, file, source)
}

// dropped is a dataset that a run takes out of the file, as load knows exports.
func dropped(run, source, dataset string) *schemas.Export {
	vendor, _, _ := strings.Cut(dataset, ".")
	return &schemas.Export{Run: run, Source: source, Vendor: vendor, Dataset: dataset, Parts: []schemas.Part{}}
}

// wasDropped reports whether a run took the dataset out of the file.
func wasDropped(d *schemas.RunExport) bool {
	return d.Status == string(ledger.Dropped) || d.Status == string(ledger.Erased)
}
