package transform

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/fingerprint"
)

// Most exports say the same thing again and again: each entitlement of an
// account names the account. What an emit makes of a record depends only on
// the columns that it reads, so a record that is alike in these to one before
// it makes the same rows once more, which count once. repeats finds such
// records before anything is computed for them.
//
// A record that becomes a reject makes no rows, and one that is alike to it may
// be a reject too or have to make them instead. So only frames without rejects
// are shortened, and only they are remembered; see run.emits.
type repeats struct {
	columns    []int // of the vendor table that the emit reads; nil: do not look
	hasher     *hasher
	past       fingerprint.Set // of earlier frames, unless near
	near       bool            // repeats stand close together: looking into the past does not pay
	frame      fingerprint.Set // of this frame, used again
	fresh      [][16]byte      // of this frame, not in past
	readsPrint bool            // the emit may read the fingerprint of the whole record
	tried      int             // records looked at
	kept       int             // of them, those that were new
	old        int             // of them, those that were in the past
}

const (
	// Whether looking pays is judged after so many records.
	triedFirst, triedSoon, triedLong = 1 << 16, 1 << 18, 1 << 20
	// mostPast bounds what is remembered, for each emit and worker: 7 to 9 MiB.
	mostPast = 1 << 19
)

// newRepeats prepares for an emit. One that makes the key of each record out
// of the whole of it has nothing to find; one that does so where all else
// fails is tried, see run.emits.
func newRepeats(e *schemas.Emit, n *names, fields []schemas.Field) (*repeats, error) {
	r := &repeats{}
	u := usage{names: n, columns: map[int]bool{}}
	if e.Each != nil {
		u.expr(e.Each)
	}
	u.conditions(e.When)
	for _, name := range e.Needs {
		u.column(name)
	}
	for i := range e.Set {
		u.expr(&e.Set[i].Value)
	}
	if r.readsPrint = u.readsPrint; u.always {
		return r, nil
	}
	var used []schemas.Field
	for c := range u.columns {
		r.columns = append(r.columns, c)
	}
	slices.Sort(r.columns)
	for _, c := range r.columns {
		used = append(used, fields[c])
	}
	var err error
	if r.hasher, err = newHasher(used); err == nil {
		r.hasher.asWritten()
	}
	return r, err
}

// usage gathers the columns that expressions read.
type usage struct {
	names      *names
	columns    map[int]bool
	readsPrint bool // the fingerprint of the record is read somewhere
	always     bool // and for each record
}

func (u *usage) expr(x *schemas.Expr) {
	u.column(x.Column)
	for _, name := range x.Object {
		u.column(name)
	}
	for i := range x.First {
		always := u.always
		if u.expr(&x.First[i]); i > 0 {
			u.always = always
		}
	}
	for i := range x.Of {
		u.expr(&x.Of[i])
	}
	u.conditions(x.When)
	u.readsPrint = u.readsPrint || x.Key != "" && len(x.Of) == 0
	u.always = u.always || x.Key != "" && len(x.Of) == 0 && len(x.When) == 0
}

func (u *usage) conditions(when []schemas.Condition) {
	for i := range when {
		u.expr(&when[i].Value)
	}
}

func (u *usage) column(name string) {
	if name == "" || name == schemas.Item {
		return
	}
	k, _ := u.names.at(name)
	u.columns[k] = true
}

// only is the scope of the records of a frame that are not repeats.
func (r *repeats) only(b *run, s *scope) *scope {
	r.fresh = r.fresh[:0]
	if r.columns == nil {
		return s
	}
	cols := make([]arrow.Array, len(r.columns))
	for i, c := range r.columns {
		cols[i] = b.base[c]
	}
	sel := make([]int32, 0, s.n)
	r.frame.Clear(s.n)
	for i, h := range r.hasher.rows(cols, s.n) {
		switch {
		case r.past.Has(h):
			r.old++
		case r.frame.Add(h):
			sel = append(sel, int32(i))
			r.fresh = append(r.fresh, h)
		}
	}
	r.tried += s.n
	r.kept += len(sel)
	if len(sel) == s.n {
		return s
	}
	return s.filter(sel)
}

// remember makes the frame a part of the past.
func (r *repeats) remember() {
	if r.tried >= triedSoon && r.old < r.tried/100 {
		r.near, r.past = true, fingerprint.Set{}
	}
	for _, h := range r.fresh {
		if !r.near && r.past.Len() < mostPast {
			r.past.Add(h)
		}
	}
	r.fresh = r.fresh[:0]
	if r.tried >= triedFirst && r.kept > r.tried/100*99 ||
		r.tried >= triedSoon && r.kept > r.tried/10*9 || r.tried >= triedLong && r.kept > r.tried/2 {
		r.giveUp()
	}
}

// giveUp ends the search.
func (r *repeats) giveUp() {
	r.columns, r.past, r.frame, r.fresh = nil, fingerprint.Set{}, fingerprint.Set{}, nil
}

// fork looks for the same in the frames of another goroutine, and has seen none.
func (r *repeats) fork() *repeats {
	f := &repeats{columns: r.columns, readsPrint: r.readsPrint}
	if r.hasher != nil {
		f.hasher = r.hasher.fork()
	}
	return f
}
