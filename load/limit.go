package load

import (
	"context"
	"errors"

	"github.com/accessmart/accessmart/schemas"
)

// Small exports are protected too: of a few records, a few rejects are many.
const (
	smallRejectShare = 0.2
	smallRejectMin   = 3
)

// limit stops an export with too many rejects, or of which nothing else is
// left, but keeps those.
func (l *loading) limit(ctx context.Context) error {
	d := l.w.decided(l.e)
	n, most := l.result.RejectCount-l.notRecords, l.mostRejects(d == nil)
	// A run that is done again decides as then, whatever the limit and the
	// contract are now.
	if n <= most && (d == nil || d.Failure != FailureRejects) {
		return nil
	}
	err := &RejectLimitError{l.e.Source, l.e.Dataset, n, l.result.RecordCount - l.notRecords, most, l.last.run == ""}
	return errors.Join(err, l.keepRejects(ctx))
}

// mostRejects is how many rejects an export may have.
func (l *loading) mostRejects(small bool) int64 {
	all, share := l.result.RecordCount-l.notRecords, l.w.opt.RejectShare
	most := max(0, l.w.opt.RejectMin, int64(share*float64(all)))
	if !small || all == 0 {
		return most
	}
	few := max(smallRejectMin-1, int64(max(smallRejectShare, share)*float64(all)))
	return min(most, few, all-1)
}

// keepRejects commits nothing of an export but its rejects.
func (l *loading) keepRejects(ctx context.Context) error {
	l.result.LoadedCount = 0
	if k := l.sinks[schemas.RejectsTable]; k != nil {
		return k.tx.commit(ctx)
	}
	return nil
}
