package schemas

import (
	"encoding/json"
	"iter"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// Export is the manifest of one export of one dataset: what extract leaves on
// disk beside the artifacts and all that transform and load need to know of
// it. It never holds a secret, a signed URL or a vendor's cell value.
type Export struct {
	Run     string `json:"run"`
	Source  string `json:"source"`
	Vendor  string `json:"vendor"`
	Dataset string `json:"dataset"`
	Tenant  string `json:"tenant,omitempty"`
	BaseURL string `json:"base_url,omitempty"` // scheme and host, or the folder of a files source

	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`

	// Complete is true when all parts arrived whole. Only a complete export
	// is loaded.
	Complete bool `json:"complete"`
	// Filtered is true when the request asked for a selection of what the source
	// holds. Rows that a filtered export lacks are not gone.
	Filtered bool `json:"filtered,omitempty"`
	// Partial says why parts are missing that the vendor's own list names, "" where none
	// is. Rows that such an export lacks are not gone.
	Partial string `json:"partial,omitempty"`
	// Error says why an export is not complete, fit for a person to read.
	Error string `json:"error,omitempty"`
	// Failure classifies Error; see the Failure constants.
	Failure string `json:"failure,omitempty"`

	Parts []Part `json:"parts"`
	// PartsListed names the vendor's own list that told which parts there are,
	// such as balkanid.integrations; "" where none did. A part of the last load
	// that is not among Parts is gone where a list says so, else it is missing.
	PartsListed string `json:"parts_listed,omitempty"`

	// Files is what became of the files of a folder: those that are of the
	// dataset, read or not, and in one export of each source those that are of
	// none.
	Files []File `json:"files,omitempty"`
}

// ExportID names an export within a run.
type ExportID struct{ Source, Dataset string }

// String is the source and the dataset, or the source alone where the dataset is not known.
func (id ExportID) String() string { return strings.TrimSpace(id.Source + " " + id.Dataset) }

// ID names the export within its run.
func (e *Export) ID() ExportID { return ExportID{e.Source, e.Dataset} }

// File is one file of a folder, or one member of an archive in it, and what
// became of it.
type File struct {
	Name     string    `json:"name"`               // below the folder, with slashes; archive.zip!name for a member
	Dataset  string    `json:"dataset,omitempty"`  // that it is of; "" where that is not known
	How      string    `json:"how,omitempty"`      // by what it was recognised: name, header, or both
	Reason   string    `json:"reason,omitempty"`   // why it was not read, or not as its name says
	Read     bool      `json:"read,omitempty"`     // whether it is a part of the export
	Unopened bool      `json:"unopened,omitempty"` // it may hold exports, and could not be looked into
	Artifact string    `json:"artifact,omitempty"` // where it was read
	Time     time.Time `json:"time,omitzero"`      // that the file itself is of
}

// Classes of a failed export, which decide the exit code.
const (
	FailureVendor      = "vendor"      // the vendor refused, failed or broke its protocol
	FailureCredentials = "credentials" // the vendor refused the credentials
	FailureUnreachable = "unreachable" // no answer of the vendor came, or none that was whole
	FailureNotReady    = "not_ready"   // the deadline of a job passed
	FailureInput       = "input"       // a file cannot be read or is not what its name says
	FailureInterrupted = "interrupted" // the run was cancelled
)

// Part is one artifact of an export with the circumstances of its delivery.
// An artifact may be a part of several exports: a ZIP that feeds two datasets.
type Part struct {
	Artifact    string            `json:"artifact"` // SHA-256 of the bytes as delivered, hex
	Bytes       int64             `json:"bytes"`
	StoredBytes int64             `json:"stored_bytes"`
	MediaType   string            `json:"media_type,omitempty"`
	Name        string            `json:"name,omitempty"`           // file name, for files handed over
	Members     []string          `json:"members,omitempty"`        // of an archive; none: those that the contract picks
	FetchedAt   time.Time         `json:"fetched_at"`               // when these bytes were first fetched, or read from a folder
	FileTime    time.Time         `json:"file_time,omitzero"`       // of a file handed over: the time that it is of
	FileTimeOf  string            `json:"file_time_from,omitempty"` // where that time stands; see the FileTime constants
	JobID       string            `json:"job_id,omitempty"`
	Request     json.RawMessage   `json:"request,omitempty"`  // what was asked: method, path, body; no credentials
	Expected    int64             `json:"expected,omitempty"` // records of this export in it, at least, as the vendor counts them elsewhere; 0 where it does not
	Context     map[string]string `json:"context,omitempty"`  // facts of the request that contract columns read by `context`
}

// Where the time of a file that was handed over stands.
const (
	FileTimeDocument = "document" // in the export itself
	FileTimeName     = "name"     // in the name of the file, or of its folder
	FileTimeModified = "modified" // nowhere else but with the file
)

// Bytes is the size of all parts as delivered.
func (e *Export) Bytes() (n int64) {
	for _, p := range e.Parts {
		n += p.Bytes
	}
	return n
}

// Asked is the earliest moment of which the export may tell: when it was asked
// for, or when a part of it came that an interrupted run had asked for.
func (e *Export) Asked() time.Time {
	at := e.StartedAt
	for _, p := range e.Parts {
		if len(p.Request) > 0 && p.FetchedAt.Before(at) {
			at = p.FetchedAt
		}
	}
	return at
}

// Fetched is when the last of its bytes arrived; bytes that were there already
// arrived when they first did.
func (e *Export) Fetched() (at time.Time) {
	for _, p := range e.Parts {
		if p.FetchedAt.After(at) {
			at = p.FetchedAt
		}
	}
	if at.IsZero() {
		return e.FinishedAt
	}
	return at
}

// DataAt is the time that the export is of: of files the time that they state,
// else when they were fetched; of several parts the earliest. It is zero for an
// export that is not complete.
func (e *Export) DataAt() (at time.Time) {
	if !e.Complete {
		return at
	}
	for _, p := range e.Parts {
		of := p.FetchedAt
		if !p.FileTime.IsZero() && p.FileTime.Before(of) {
			of = p.FileTime
		}
		if at.IsZero() || of.Before(at) {
			at = of
		}
	}
	if at.IsZero() {
		return e.FinishedAt
	}
	return at
}

// Batch is rows of one table in flight. Rows is lent: it is valid until the
// next iteration and the producer releases it; who needs it longer retains it.
// Its buffers live outside the Go heap, as DuckDB's Arrow import demands.
type Batch struct {
	Table *Table
	Rows  arrow.RecordBatch
}

// Stream is what transform makes of an export and load consumes.
type Stream struct {
	Vendor  *Table                  // table of the dataset itself
	Common  []*Table                // common tables that the contract emits, each once
	Drift   []Drift                 // how the delivered columns differ from the contract; complete after Batches ended
	Batches iter.Seq2[Batch, error] // may be ranged over once; the first error ends it
	Counts  func() Counts           // valid after Batches ended
	// Partial is why what was read says of itself that it is not complete, "" where
	// it does not: then what it lacks is not gone. Complete after Batches ended.
	Partial string

	// Asked tells which rows the export was asked for, where that is not all:
	// others are not gone. Complete after Batches ended.
	Asked []Asked

	// Dialect is how the texts were written: format, encoding, separator, line
	// end, and where the header stands; each way once. Complete after Batches ended.
	Dialect string

	// Absent is the columns of the contract that a part lacks, by part; complete
	// after Batches ended.
	Absent map[int]Absence

	// Sparse tells that JSON records were read, which may leave out keys that
	// say nothing. Complete after Batches ended.
	Sparse bool

	// Findings is what was odd about what was read, one for each rule, field
	// and detail; complete after Batches ended.
	Findings []Finding
}

// Absence is the columns of the contract that a part of an export lacks.
type Absence struct {
	Headers []string // that a header of it lacks
	Keys    []string // that none of its JSON records has
}

// Counts close: Framed = Loaded + Rejected.
type Counts struct {
	Framed   int64
	Loaded   int64
	Rejected int64
	// NotRecords counts those of Rejected that certainly are no records: lines
	// without a value, the header once more, totals. They say nothing against the rest.
	NotRecords int64 `json:",omitempty"`
	// ItemRejects counts the rejects of level [LevelItem]. Their records are
	// among Loaded or, where the record became a reject as well, Rejected.
	ItemRejects int64
}

// Finding is something in a delivery that was read but is not trusted, or
// that the reader of the rows should know: a placeholder where an address
// should be, a JSON key that came twice. It never holds a value of a cell.
type Finding struct {
	Rule   string // what kind of thing it is, in snake_case
	Field  string // contract column or path; "" where it is about the whole export
	Detail string // what is known about it, fit for a person; part of what tells findings apart
	Count  int64  // records that show it
}

// Drift is one difference between a contract and what was delivered.
type Drift struct {
	Change string // column_added, column_missing or type_changed
	Column string
	Detail string
}
