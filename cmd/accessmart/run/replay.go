package run

import (
	"context"
	"strings"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/schemas"
)

// Replay reads the newest export of each dataset that has rejects, or that had
// too many to be loaded, once more from the stored bytes, by the contracts of
// now. Names, SOURCE or SOURCE.DATASET, choose among them; none means all. It
// also returns how many rejects each export of the outcome had before. An
// outcome without exports: none has rejects.
//
// Errors: [database.ErrLocked], [*RequestError] for a name that fits none.
func (r *Runner) Replay(ctx context.Context, names []string) (out Outcome, before []int64, err error) {
	unlock, err := r.lock(ctx)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	exports, before, err := r.withRejects(ctx, names)
	if err != nil {
		return out, nil, err
	}
	ids := make([]schemas.ExportID, len(exports))
	for i, e := range exports {
		ids[i] = e.ID()
	}
	if err := r.Accept.Resolve(ids); err != nil {
		return out, nil, &RequestError{err}
	}
	if len(exports) == 0 {
		return out, nil, nil
	}
	whole := *r // what r does next is no replay
	whole.reread = true
	return out, before, whole.reload(ctx, exports, "rejects replay", &out)
}

// withRejects finds the exports to reload, by source and dataset: those
// whose rows the file holds, or that were newer and had too many rejects.
func (r *Runner) withRejects(ctx context.Context, names []string) (exports []*schemas.Export, rejects []int64, err error) {
	file, err := read.Open(ctx, r.Into.Path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	newest, err := read.Rejected(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	used := map[string]bool{}
	for _, n := range newest {
		_, plural, _ := strings.Cut(n.Dataset, ".")
		wanted := len(names) == 0
		for _, name := range names {
			if name == n.Source || name == n.Source+"."+plural {
				wanted, used[name] = true, true
			}
		}
		if !wanted {
			continue
		}
		e, err := r.manifest(n)
		if err != nil {
			return nil, nil, err
		}
		exports, rejects = append(exports, e), append(rejects, n.Rejects)
	}
	for _, name := range names {
		if !used[name] {
			return nil, nil, mistake("%s: no export of that name has rejects; 'accessmart rejects --group' lists them", name)
		}
	}
	return exports, rejects, nil
}
