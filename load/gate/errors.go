package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/ledger"
)

// HeldError is an export that the gate held. Nothing of it was loaded except its rejects,
// in meta.rejects; the rows of the last load stay. The figures are in meta.gates.
type HeldError struct {
	Source  string
	Dataset string
	Gate    Gate
	Falls   []ledger.Fall // by reason and table
	// What else is different from the last load, and may explain the fall.
	ContractChanged bool
	ColumnsMissing  []string // contract columns that arrived then and do not now
	Unknown         []string // delivered columns that the contract does not know, where one is missing
	Override        string   // contract to lay over the dataset's so that a missing column is read under its new name

	accept   string            // command line that lets it through
	headers  map[string]string // by missing column: the headers that may deliver it, or what its values are made of
	first    bool              // nothing of the source and dataset was loaded before
	unlisted bool              // the contract names no columns: those of the last load count
}

// maybe are possible causes of falls, by reason, the harmless ones first.
var maybe = []struct{ reason, causes string }{
	{ledger.ReasonValues, "either they were taken back at the source, or the column or member is no longer delivered as at the last load (empty, or under another name)"},
	{ledger.ReasonShuffled, "mostly one column of a spreadsheet was sorted without the others; or values changed places at the source"},
	{ledger.ReasonShared, "either the column that tells them apart is empty, or all have the value of one (the address of a mailbox), or they are one thing under many names"},
	{ledger.ReasonReplaced, "either what their keys are made of was renamed (a mail domain, a role, an application) or is written otherwise, or it is the file of another tenant"},
}

// Error says what is held and why, and what to do.
func (e *HeldError) Error() string {
	falls := make([]string, len(e.Falls))
	var limits []string
	for i, f := range e.Falls {
		falls[i] = f.String()
		if h := e.headers[f.Column()]; h != "" {
			falls[i] = strings.Replace(falls[i], ": "+f.What, ": "+f.What+" ("+h+")", 1)
		}
		if limit := fmt.Sprintf("%g %% and %d rows", 100*f.Limit.Share, f.Limit.Rows); f.Reason == ledger.ReasonRows && !slices.Contains(limits, limit) {
			limits = append(limits, limit)
		}
	}
	s := fmt.Sprintf("source %s, dataset %s: held: %s", e.Source, e.Dataset, strings.Join(falls, ", "))
	if limits != nil {
		s += "; limits: " + strings.Join(limits, ", ")
	}
	for _, m := range maybe {
		if slices.ContainsFunc(e.Falls, func(f ledger.Fall) bool { return f.Reason == m.reason }) {
			s += ": " + m.causes
		}
	}
	s += ": " + notLoaded(e.first)
	if e.ContractChanged {
		s += "; the contract changed since the last load"
	}
	if len(e.ColumnsMissing) > 0 {
		s += "; columns no longer delivered: " + strings.Join(e.ColumnsMissing, ", ")
	}
	if len(e.Unknown) > 0 {
		s += "; delivered and not known: " + strings.Join(e.Unknown, ", ")
	}
	if e.unlisted {
		s += "; the contract names no columns, so this may be a file of another dataset: look at it"
	}
	if e.Override != "" {
		s += "; where a column has another name now, put this into a file of the contracts folder (contracts: in the configuration): " + e.Override
	}
	if !slices.ContainsFunc(e.Falls, func(f ledger.Fall) bool { return f.Reason != ledger.ReasonWithout }) {
		return s + "; mend that, or leave it out where it never comes (datasets: in the configuration), and run again; to load this one all the same: " + e.accept
	}
	return s + "; if it is real: " + e.accept
}

// ShortError is an export of which a part has fewer records than the vendor counts for
// it. Nothing of it was loaded, and the rows of the last load stay.
type ShortError struct {
	Source  string
	Dataset string
	Parts   int   // how many are short
	Got     int64 // records of the first of them
	Want    int64 // as the vendor counts

	accept string // the command that loads it all the same
	first  bool   // nothing of the source and dataset was loaded before
}

func (e *ShortError) Error() string {
	what := "a part of it has"
	if e.Parts > 1 {
		what = fmt.Sprintf("%d parts of it are short: one has", e.Parts)
	}
	return fmt.Sprintf("source %s, dataset %s: incomplete: %s %d of the %d records that the vendor counts: %s; "+
		"run again, and if it stays so ask the vendor; where the count is wrong: %s",
		e.Source, e.Dataset, what, e.Got, e.Want, notLoaded(e.first), e.accept)
}

// RejectLimitError is an export with too many rejects. Nothing of it was loaded except
// these, in meta.rejects.
type RejectLimitError struct {
	Source   string
	Dataset  string
	Rejected int64
	Framed   int64
	Limit    int64 // most rejects that would have been accepted

	first bool // nothing of the source and dataset was loaded before
}

func (e *RejectLimitError) Error() string {
	return fmt.Sprintf("source %s, dataset %s: %d of %d records rejected, limit %d: %s; see them with: accessmart rejects --dataset %s",
		e.Source, e.Dataset, e.Rejected, e.Framed, e.Limit, notLoaded(e.first), e.Dataset)
}

// notLoaded is what messages say about the rows of an export that is not loaded.
func notLoaded(first bool) string {
	if first {
		return "not loaded, and there are no rows of an earlier load"
	}
	return "not loaded, last time's rows stay"
}
