package gate

import "github.com/accessmart/accessmart/load/ledger"

// RejectLimit is how many records of an export may be rejects: up to the higher of Share
// and Min. If both are negative, none may.
type RejectLimit struct {
	Share float64 // of all records, 0 to 1
	Min   int64
}

// Limits for small exports, in which a few rejects are a large share.
const (
	smallRejectShare = 0.2
	smallRejectMin   = 3
)

// TooManyRejects is an error if an export has too many rejects, or nothing but rejects. In
// a run that is repeated it decides as it did then, whatever the limit and the contract are
// now.
//
// Errors: [RejectLimitError].
func (x *Export) TooManyRejects() error {
	n := x.Stream.Counts()
	rejected, framed := n.Rejected-n.NotRecords, n.Framed-n.NotRecords
	most := x.Rejects.most(framed, x.Before == nil)
	if rejected <= most && (x.Before == nil || x.Before.Failure != ledger.FailureRejects) {
		return nil
	}
	return &RejectLimitError{x.Source, x.Dataset, rejected, framed, most, x.first()}
}

// most is how many rejects an export of so many records may have; with small, the limits
// for small exports count too.
func (r RejectLimit) most(framed int64, small bool) int64 {
	most := max(0, r.Min, int64(r.Share*float64(framed)))
	if !small || framed == 0 {
		return most
	}
	few := max(smallRejectMin-1, int64(max(smallRejectShare, r.Share)*float64(framed)))
	return min(most, few, framed-1)
}
