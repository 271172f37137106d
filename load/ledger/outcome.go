package ledger

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// Result is what a load did with an export.
// RecordCount = LoadedCount + RejectCount.
type Result struct {
	Status      Status
	RecordCount int64 // records framed
	LoadedCount int64 // records that are rows of the vendor table
	RejectCount int64 // records that are rows of meta.rejects
	// ItemRejectCount is the number of rows of meta.rejects that are about a part of a record.
	ItemRejectCount int64
	Findings        []schemas.Finding // what else was odd about the export
	Dialect         string            // how its files were written
	// RepeatCount is the number of loaded records that say the same as another.
	RepeatCount int64
	// KeptCount is the number of rows of the common model that the export lacks and that
	// are kept, since it has rejects that cannot be matched to rows.
	KeptCount int64
	// Rows of the common model, each content once.
	InsertedCount  int64
	ClosedCount    int64
	UnchangedCount int64
	Tables         map[string]TableCounts // by schema.name
	Seconds        float64
}

// TableCounts are what an export did to one table.
type TableCounts struct {
	Rows      int64 // current rows of the source and dataset afterwards
	Inserted  int64
	Closed    int64
	Unchanged int64
}

// changes reports whether a row of any table came or went.
func (r *Result) changes() bool {
	for _, t := range r.Tables {
		if t.Inserted > 0 || t.Closed > 0 {
			return true
		}
	}
	return false
}

// Outcome is one row of meta.exports with the rows of other tables that belong to it.
type Outcome struct {
	Export   *schemas.Export
	Filtered bool // it does not have all that the source holds
	Result   Result
	Drift    []schemas.Drift
	Mode     string
	Contract string // fingerprint
	Failure  string // class of the error, "" for none
	Error    string
	Gate     *Gate // what the gate found; nil if nothing
	Parts    []Part
}

// Part stands for the parts of an export that have one label.
type Part struct {
	Label   string
	Files   int
	Records int64    // rows of the vendor table
	Absent  []string // columns of the contract that they lack
}

// Gate is what the gate found.
type Gate struct {
	Falls           []Fall
	ContractChanged bool
	ColumnsMissing  []string // contract columns that the last load had and this export lacks
	Accepted        bool     // let through by a person
}

// Filled is a table that an export filled.
type Filled struct {
	Schema, Name string
	Counts       TableCounts
}

// Erased are the exports whose rows this run took out of the file with their history.
func (l *Ledger) Erased() (out []schemas.ExportID) {
	for id, o := range l.exports {
		if o.Result.Status == Erased {
			out = append(out, id)
		}
	}
	return out
}

// ErasedSince reports whether a run after a moment took rows out of the file with their
// history.
func (l *Ledger) ErasedSince(ctx context.Context, moment time.Time) (erased bool, err error) {
	err = l.db.Row(ctx, "select count(*) > 0 from meta.exports where status = ? and as_of > ?", string(Erased), moment.UTC()).Scan(&erased)
	return erased, err
}

// Loaded yields the exports of this run with the tables that they filled, in a
// fixed order.
func (l *Ledger) Loaded() iter.Seq2[schemas.ExportID, []Filled] {
	return func(yield func(schemas.ExportID, []Filled) bool) {
		for _, id := range slices.SortedFunc(maps.Keys(l.exports), func(a, b schemas.ExportID) int {
			return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Dataset, b.Dataset))
		}) {
			var tables []Filled
			for name, n := range l.exports[id].Result.Tables {
				schema, table, _ := strings.Cut(name, ".")
				tables = append(tables, Filled{schema, table, n})
			}
			if !yield(id, tables) {
				return
			}
		}
	}
}
