package transform

import "github.com/accessmart/accessmart/schemas"

// Unfit is why a record cannot be taken, which no contract can say.
type Unfit struct {
	Field   string // column at fault; "" for the record as a whole
	Message string // holds no value of a cell
}

// rejectUnfit makes rejects of the records that [Options.Unfit] has.
func (b *run) rejectUnfit() {
	of := b.p.o.Unfit[b.f.text.input.Part]
	if len(of) == 0 {
		return
	}
	for i := range b.n {
		if u, ok := of[b.f.Rows[i].Ordinal]; ok {
			b.reject(int32(i), u.Field, schemas.RuleUnfit, u.Message)
		}
	}
}
