package transform

import (
	"context"
	"sync"

	"github.com/accessmart/accessmart/transform/frame"
)

// text is a text of an input (see [frame.Text]), with what the program knows of it.
type text struct {
	*frame.Text
	input *Input
	dates []dateOrder // how the dates of each column of the vendor table are read; nil: as the contract says
}

// stretch is a frame (see [frame.Frame]), with what the program knows of its records.
type stretch struct {
	frame.Frame
	text    *text
	layout  *layout
	shares  []share         // of JSON records, one a row
	most    int32           // columns that have a value, in the fullest record of the text so far
	profile *profile        // what the first records of a CSV text look like
	misfits []misfit        // values of another shape than the contract needs
	held    *sync.WaitGroup // done when the frame is released; the text stays open until then
}

// walk calls fn for each text of an input, in order.
func (p *program) walk(ctx context.Context, in *Input, fn func(*text) error) error {
	pick := frame.Pick{Members: in.Members, Dataset: p.contract.Plural(), Fits: p.fitting()}
	if m := p.contract.Member; m != nil {
		pick.Like = &frame.Like{Fragments: m.Name, Header: m.Header}
	}
	return p.o.limits.Walk(ctx, frame.Packed{Open: in.Open, Size: in.Size, Pick: pick}, func(tx *frame.Text) error {
		return fn(&text{Text: tx, input: in})
	})
}
