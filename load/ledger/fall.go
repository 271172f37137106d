package ledger

import (
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// Limit bounds a fall, which is too deep if it exceeds both Share and Rows.
type Limit struct {
	Share float64 // of the current rows, 0 to 1
	Rows  int64
}

// Reasons why the gate holds an export.
const (
	ReasonRows     = "rows"             // too many rows would go
	ReasonPart     = "part missing"     // a part of the last load is not in this export
	ReasonColumn   = "column missing"   // a column that makes keys, or that had values, is not delivered
	ReasonValues   = "values missing"   // a column that had values has none, or far fewer, in rows that are still there
	ReasonReplaced = "replaced"         // most rows would go, and others come in their place
	ReasonShuffled = "shuffled"         // a column has the values that it had before, but in other rows
	ReasonShared   = "shared key"       // rows with many different names have one key
	ReasonTogether = "held with"        // another export, to which it belongs, is held
	ReasonWithout  = "companion failed" // another export, to which its rows refer, failed
)

// Fall is one way in which an export has less than, or something else than, the last load.
type Fall struct {
	Table  string // schema.name
	Before int64  // number of current rows of the source and dataset; for a column, of its values
	After  int64  // the same number after the load
	Reason string
	What   string // the part, column or dataset that Reason is about; "" for a table as a whole
	Limit  Limit  // that it exceeds, if rows fell
}

// String describes the fall for a person.
func (f Fall) String() string {
	switch f.Reason {
	case ReasonPart:
		if f.After > 0 {
			return fmt.Sprintf("part missing: fewer files of %s than at the last load (%d records, %d now)", partName(f.What), f.Before, f.After)
		}
		return fmt.Sprintf("part missing: %s, with %d records at the last load", partName(f.What), f.Before)
	case ReasonColumn:
		if f.Before == 0 {
			return fmt.Sprintf("column missing: %s, of which keys or addresses are made", f.What)
		}
		return fmt.Sprintf("column missing: %s, with %d values at the last load", f.What, f.Before)
	case ReasonValues:
		return fmt.Sprintf("values missing: %s of %s, %d at the last load, %d now", f.What, f.Table, f.Before, f.After)
	case ReasonReplaced:
		return fmt.Sprintf("replaced: %d of %d rows of %s would close and %s come", f.Before-f.After, f.Before, f.Table, f.What)
	case ReasonShuffled:
		return fmt.Sprintf("shuffled: %s of %s: in %d of %d rows stands what another row had", f.What, f.Table, f.Before-f.After, f.Before)
	case ReasonShared:
		return fmt.Sprintf("shared key: rows of %s with %d different names have one %s", f.Table, f.Before, f.What)
	case ReasonTogether:
		return fmt.Sprintf("%s, to which it belongs, is held", f.What)
	case ReasonWithout:
		return fmt.Sprintf("%s, to which its rows refer, could not be loaded in this run", f.What)
	}
	in := ""
	switch {
	case f.What == "":
	case strings.HasPrefix(f.Table, schemas.CommonSchema+"."):
		in = " of the kind " + f.What
	default:
		in = " in the part " + f.What
	}
	return fmt.Sprintf("rows of %s%s fell from %d to %d (%.0f %%)", f.Table, in, f.Before, f.After, 100*float64(f.Before-f.After)/float64(f.Before))
}

// Column is the column that f is about, with its table if that is a common one; "" if f is
// not about a column.
func (f Fall) Column() string {
	switch f.Reason {
	case ReasonColumn:
		return f.What
	case ReasonValues:
		return f.Table + "." + f.What
	}
	return ""
}

func partName(label string) string {
	if label == "" {
		return "the dataset"
	}
	return label
}
