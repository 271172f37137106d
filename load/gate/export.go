package gate

import (
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// Export is an export that was read, and of which nothing is loaded yet. Whoever reads it
// sets the exported fields. The gate adds to Findings.
type Export struct {
	*schemas.Export
	Contract *schemas.Contract
	Stream   *schemas.Stream // at its end
	Common   *schemas.Common
	DB       *database.DB // has the rows of the last load, and what is staged

	Limits   Gate
	Rejects  RejectLimit
	Accepted bool   // a person lets it through
	Accept   string // command line that lets it through, for errors
	// Before is what was decided about the export in the run that is repeated; nil if
	// none is.
	Before *schemas.RunExport

	Last      ledger.LastLoad
	LastParts []ledger.Part
	Arrived   Arrived
	Unasked   int64 // rows that stay because the export was not asked for them
	Findings  []schemas.Finding

	unlisted []string      // new columns, if the contract names none
	weighed  []ledger.Fall // found by Weigh
}

// ID names the export within the run.
func (x *Export) ID() schemas.ExportID {
	return schemas.ExportID{Source: x.Source, Dataset: x.Dataset}
}

// IsFiltered reports whether the export does not have all that the source holds: because
// only a selection was asked for, or because it says so itself.
func (x *Export) IsFiltered() bool { return x.Filtered || x.Stream.Partial != "" }

// first reports whether nothing of the source and dataset was loaded before.
func (x *Export) first() bool { return x.Last.Run == "" }

// Find adds a finding. The slice of the stream is not written to.
func (x *Export) Find(f schemas.Finding) {
	x.Findings = append(x.Findings[:len(x.Findings):len(x.Findings)], f)
}

// vendorName is the vendor's table, with its schema.
func (x *Export) vendorName() string { return x.Stream.Vendor.Schema + "." + x.Stream.Vendor.Name }

// vendorRows is the relation of the rows of the last load in the vendor's table.
func (x *Export) vendorRows() database.SQL {
	return vendorRows.Fill(database.Values{"table": database.Name(x.Stream.Vendor.Schema, x.Stream.Vendor.Name), "source": x.Source, "dataset": x.Dataset})
}

var vendorRows = database.Parse(`(from {{.table}} where _source = {{.source}} and _dataset = {{.dataset}})`)
