package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// Doctor tries sources before anything is loaded from them. It leaves nothing in
// a data folder or in a database file.
type Doctor struct {
	Set     *schemas.Set
	Version string // of the program
	Log     *slog.Logger
	Exports func(source string, c *schemas.Contract) bool // whether an export of a dataset may be asked for
}

// Diagnosis is what a doctor found out about one source.
type Diagnosis struct {
	Source   string
	Vendor   string
	Hosts    []extract.Reached
	Token    error // why none was given
	Granted  bool  // a token was
	Datasets []Finding
}

// Finding is what a doctor found out about one dataset.
type Finding struct {
	Source   string
	Contract *schemas.Contract
	State    State
	Err      error  // why it could not be had, or could not be read
	Needs    string // the right that the vendor documents for it, "" where it documents none
	Delivery        // of what arrived
}

// State is how far a dataset came.
type State string

const (
	Ready       State = "ready"       // it arrived and reads as the contract says
	NoRecords   State = "no records"  // it arrived, and has none to judge by
	SomeRejects State = "rejects"     // likewise, but for some of its records
	Differs     State = "differs"     // it arrived, and is not as the contract says
	NotAsked    State = "not tried"   // it would be an export, or nothing to try it with was found
	Forbidden   State = "forbidden"   // the vendor refused the credentials, or what they may do
	Unreachable State = "unreachable" // no answer came
	NotReady    State = "not ready"   // an export did not come in time
	Broken      State = "failed"      // the vendor, or a file, failed otherwise
)

// Examine tries the targets, one after the other.
func (d *Doctor) Examine(ctx context.Context, targets []Target) ([]Diagnosis, error) {
	dir, err := os.MkdirTemp("", "accessmart-doctor-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	store, err := extract.OpenStore(dir)
	if err != nil {
		return nil, err
	}
	x := &extract.Extractor{Store: store, Log: d.Log, Version: d.Version, Resume: -1}
	var out []Diagnosis
	for _, t := range targets {
		one := Diagnosis{Source: t.Source.Name}
		if len(t.Contracts) > 0 {
			one.Vendor = t.Contracts[0].Vendor()
		}
		if t.Refused != nil {
			one.Datasets = append(one.Datasets, Finding{Source: t.Source.Name, State: Broken, Err: t.Refused})
			out = append(out, one)
			continue
		}
		contact, err := x.Probe(ctx, t.Source, t.Vendor, t.Contracts, func(c *schemas.Contract) bool { return d.Exports(t.Source.Name, c) })
		if err != nil {
			return out, err
		}
		one.Hosts, one.Token, one.Granted = contact.Hosts, contact.Token, contact.Granted
		for _, tried := range contact.Datasets {
			f := Finding{Source: t.Source.Name, Contract: tried.Contract, Err: tried.Err}
			if s, ok := t.Vendor.(extract.Scoper); ok {
				f.Needs = s.Scope(tried.Contract)
			}
			if f.State = stateOf(tried.Err); tried.Err == nil {
				if err := d.read(ctx, store, &f, tried.Parts); err != nil {
					return out, err
				}
			}
			one.Datasets = append(one.Datasets, f)
		}
		out = append(out, one)
	}
	return out, nil
}

// stateOf classes why a dataset did not arrive.
func stateOf(err error) State {
	switch {
	case err == nil:
		return Ready
	case errors.Is(err, extract.ErrNotAsked):
		return NotAsked
	}
	switch extract.FailureOf(err) {
	case schemas.FailureCredentials:
		return Forbidden
	case schemas.FailureUnreachable:
		return Unreachable
	case schemas.FailureNotReady:
		return NotReady
	}
	return Broken
}

// TallyOf counts findings as exports of a refresh, for the exit code; differs are
// those that a refresh would not read as they are.
func TallyOf(all []Diagnosis) (n Tally, differs int) {
	for _, f := range Findings(all) {
		switch f.State {
		case Ready, NoRecords:
			n.Good++
		case SomeRejects:
			n.Good++
			n.Rejects++
		case Differs:
			n.Good++
			differs++
		case NotAsked:
		default:
			n.Failed++
			switch f.State {
			case Forbidden:
				n.Credentials++
			case Unreachable:
				n.Unreachable++
			case NotReady:
				n.NotReady++
			}
		}
	}
	return n, differs
}

// Findings are those of all sources.
func Findings(all []Diagnosis) (out []Finding) {
	for _, d := range all {
		out = append(out, d.Datasets...)
	}
	return out
}

// Next says what to do about a finding, in a sentence; "" for nothing.
func (f *Finding) Next() string {
	var e *extract.Error
	switch {
	case f.State == NotAsked && errors.Is(f.Err, extract.ErrNotAsked):
		return "an export, which costs the vendor time: name it, or --exports"
	case f.State == NotAsked:
		return "the list that it depends on has no record to try it with"
	case f.State == Forbidden && f.Needs != "" && errors.As(f.Err, &e) && e.LacksRight():
		return "give the client the scope " + f.Needs
	case errors.As(f.Err, &e) && e.Hint != "":
		return e.Hint
	case f.State == Differs && f.Draft.Text != "":
		return "complete the contract below, and put it into the folder of contracts"
	case len(f.Types) > 0:
		return "look at such records with decode; if all are written so, say it in a contract of your own (type, layouts)"
	case f.State == NoRecords:
		return "nothing, if it is empty at the vendor; else look at what the credentials may see"
	}
	return ""
}

// Refusal says what the vendor asks for, where it refused: status and code alone,
// without the vendor's words.
func (f *Finding) Refusal() string {
	var e *extract.Error
	if !errors.As(f.Err, &e) {
		return ""
	}
	var parts []string
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.Code != "" {
		parts = append(parts, e.Code)
	}
	if e.TrackingID != "" {
		parts = append(parts, "tracking id "+e.TrackingID)
	}
	return strings.Join(slices.Compact(parts), ", ")
}
