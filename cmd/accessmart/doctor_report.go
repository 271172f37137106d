package main

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"

	"github.com/accessmart/accessmart/cmd/accessmart/run"
	"github.com/accessmart/accessmart/extract"
)

// doctorReport is what was found, as a text without anything that a vendor wrote
// into cells or messages. Names of columns are in it only where one of them is
// known to be one: a file without a header would give values for names.
func doctorReport(found []run.Diagnosis) string {
	var b strings.Builder
	fmt.Fprintf(&b, "accessmart %s, %s/%s: what doctor found\n", version, runtime.GOOS, runtime.GOARCH)
	b.WriteString("This report holds no value of any cell, no secret and no message of a vendor. It names hosts, sources and columns.\n")
	for _, d := range found {
		fmt.Fprintf(&b, "\nsource %s, %s\n", d.Source, d.Vendor)
		for _, h := range d.Hosts {
			fmt.Fprintf(&b, "  host %s: %s\n", h.Host, outcomeOf(h.Err))
		}
		if len(d.Hosts) > 0 && d.Token != nil {
			fmt.Fprintf(&b, "  token: %s\n", outcomeOf(d.Token))
		}
		for _, f := range d.Datasets {
			reportFinding(&b, f)
		}
	}
	return b.String()
}

// outcomeOf is an error without the vendor's words, and what to do about it in ours.
func outcomeOf(err error) string {
	if err == nil {
		return "reached"
	}
	f := run.Finding{Err: err}
	out := strings.TrimSuffix(fmt.Sprintf("%s (%s)", extract.FailureOf(err), f.Refusal()), " ()")
	if next := f.Next(); next != "" {
		out += "; " + next
	}
	return out
}

func reportFinding(b *strings.Builder, f run.Finding) {
	fmt.Fprintf(b, "  %s: %s\n", cmp.Or(pluralOf(f), "the source"), f.State)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "    %-8s %s\n", name, value)
		}
	}
	line("refusal", f.Refusal())
	line("form", f.Form)
	if f.Contract != nil && f.Form != "" || f.Columns > 0 {
		line("header", fmt.Sprint(headerState(f)))
		line("missing", strings.Join(f.Missing, ", "))
		switch {
		case f.Named:
			line("unknown", strings.Join(f.Unknown, ", "))
		case len(f.Unknown) > 0:
			line("unknown", fmt.Sprintf("%d names, left out: none is known to be one, so that they may be values", len(f.Unknown)))
		}
		line("records", fmt.Sprintf("%d, of which %d are rejects", f.Records, f.Rejected))
	}
	for _, t := range f.Types {
		line("types", fmt.Sprintf("%s: %d not read (%s)", cmp.Or(t.Column, "record"), t.Count, t.Rule))
	}
	for _, x := range f.Findings {
		line("found", strings.TrimSpace(fmt.Sprintf("%s %s", x.Rule, x.Field))+fmt.Sprintf(": %d", x.Count))
	}
	line("keys", strings.Join(f.Keys, ", "))
	next := f.Next()
	if f.Draft.Text != "" { // it is not in the report, as it names headers that may be values
		next = "put a contract of your own into the folder of contracts: doctor and decode print one to complete"
	}
	line("next", next)
}
