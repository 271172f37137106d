package extract

import "time"

// State is how far an export or one of its parts is.
type State string

const (
	Started     State = "started"     // the job of the dataset begins
	Submitted   State = "submitted"   // the vendor took the job
	Resumed     State = "resumed"     // a job or a part of an interrupted run is taken up
	Pending     State = "pending"     // the vendor says: not yet
	Downloading State = "downloading" // Bytes so far
	Arrived     State = "arrived"     // one part is whole
	Read        State = "read"        // a file of a folder is a part of the export, recognised by How
	Unread      State = "unread"      // a file of a folder is not read; Note says why
	Warned      State = "warned"      // Note says what a person should know
	Finished    State = "finished"    // the export is complete
	Failed      State = "failed"      // the export failed; Note says why
)

// Event tells of progress, for a person who waits.
type Event struct {
	At       time.Time
	Run      string
	Source   string
	Datasets []string // <vendor>.<plural>; several where one job or part serves several
	State    State
	Part     string // which part, "" for the export
	Bytes    int64  // of the part, or of the export when finished
	Parts    int    // arrived so far, of the job
	Note     string
	How      string // a file was recognised, see [schemas.File]
	Repeated bool   // another export of the source failed for the same reason before; Note names that one
}

// Keys of log attributes.
const (
	keyRun      = "run"
	keySource   = "source"
	keyDataset  = "dataset"
	keyArtifact = "artifact"
	keyJob      = "job"
	keyPart     = "part"
	keyBytes    = "bytes"
	keyTook     = "took"
	keyError    = "error"
)
