package ledger

// Status is what became of an export.
type Status string

const (
	Loaded     Status = "loaded"
	Unchanged  Status = "unchanged"
	Held       Status = "held"
	Failed     Status = "failed"
	Incomplete Status = "incomplete"
	Skipped    Status = "skipped"
)

// Statuses of a dataset that a person took out of the file. A later load begins as if
// nothing had been loaded before.
const (
	Dropped Status = "dropped" // its rows are in history
	Erased  Status = "erased"  // its history is gone too
)

// RunStatus is how a run as a whole went.
type RunStatus string

const (
	RunDone       RunStatus = "done"
	RunIncomplete RunStatus = "incomplete" // an export failed, was held or had rejects
	RunFailed     RunStatus = "failed"
)

// Classes of failure that loading adds to those of [schemas.Export].
const (
	FailureRejects = "rejects" // too many rejects
	FailureLoad    = "load"    // it could not be read or loaded
	FailureGate    = "gate"    // too few rows
)
