package main

import (
	"context"
	"fmt"
	"io"

	"github.com/accessmart/accessmart/transform"
)

// suggest prints the draft of a contract where columns are missing and headers
// are there that no column reads.
func (d *decoding) suggest(ctx context.Context) error {
	h, _ := transform.ReadHeader(ctx, d.contract, d.set.Common, d.inputs(), d.options()) // why it cannot be read was told
	if ctx.Err() != nil || len(h.Missing) == 0 || len(h.Unknown) == 0 {
		return ctx.Err()
	}
	draft := d.contract.Draft(d.set.Common, h.Missing, h.Unknown, h.Fits)
	if draft.Proposed == 0 && len(d.contract.Lacks(d.set.Common, h.Missing)) == 0 {
		d.say("%s of the contract missing, and %s that it does not know: if some are the same, 'decode --override' prints a contract to fill in",
			count(len(h.Missing), "column"), count(len(h.Unknown), "header"))
		return nil
	}
	d.say("If columns came under other names, %s ('decode --override' prints it alone), then try again:\n", d.contract.WhereToKeep())
	_, err := io.WriteString(d.err, draft.Text)
	return err
}

// printDraft prints a contract in which the columns that are missing stand with
// the headers that may be theirs.
func (d *decoding) printDraft(ctx context.Context) error {
	if !d.contract.Typed() {
		return usageError{fmt.Errorf("decode: %s names no columns, so that whatever headers come are its columns; 'accessmart datasets check' tries a contract that names some", d.contract.Dataset)}
	}
	h, err := transform.ReadHeader(ctx, d.contract, d.set.Common, d.inputs(), d.options())
	switch {
	case err != nil:
		return err
	case len(h.Missing) == 0:
		d.say("%s: all %s of the contract are in %s, so there is nothing to override", d.contract.Dataset, count(len(h.Read), "column"), d.in.Name)
		return nil
	}
	draft := d.contract.Draft(d.set.Common, h.Missing, h.Unknown, h.Fits)
	if _, err := io.WriteString(d.out, draft.Text); err != nil {
		return err
	}
	d.say("%s: %d of its %d columns are in %s; for %d of the %d others a name is proposed. Next: accessmart datasets check FOLDER",
		d.contract.Dataset, len(h.Read), len(h.Read)+len(h.Missing), d.in.Name, draft.Proposed, len(h.Missing))
	return nil
}
