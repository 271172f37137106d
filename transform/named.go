package transform

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// The vendor still has what a reject is about. So that its rows are not taken
// for gone, a reject tells their keys. Where a key, or whether there is a row
// at all, hangs on what could not be read, the keys are not certain: then the
// reject names the table, in which nothing can be known to be gone.

// naming is what an emitter needs to tell the keys of rows of rejects.
type naming struct {
	decide map[string]bool // columns by which it is decided whether there is a row
	ways   []keyWay        // in the order in which they are tried; none for a table without key
}

// keyWay is one way to make the key of a row.
type keyWay struct {
	columns    map[string]bool
	readsPrint bool // the fingerprint of the record
	value      kernel
}

func (p *program) naming(e *schemas.Emit, table *schemas.Table, n *names) naming {
	out := naming{decide: map[string]bool{}}
	if e.Each != nil {
		reads(e.Each, out.decide)
	}
	readsAll(e.When, out.decide)
	for i := range e.Set {
		a := &e.Set[i]
		if a.Target != table.Key || table.Key == "" {
			continue
		}
		ways := []schemas.Expr{a.Value}
		if a.Value.First != nil && len(a.Value.When) == 0 {
			ways = a.Value.First
		}
		c := compiler{p: p, names: n, field: e.Table + "." + a.Target}
		for k := range ways {
			way := keyWay{columns: map[string]bool{}, value: c.assign(&ways[k], table.Field(table.Key))}
			way.readsPrint = reads(&ways[k], way.columns)
			out.ways = append(out.ways, way)
		}
	}
	return out
}

// reads adds the columns that x reads, and reports whether it may read the
// fingerprint of the whole record.
func reads(x *schemas.Expr, columns map[string]bool) (print bool) {
	if x.Column != "" && x.Column != schemas.Item {
		columns[x.Column] = true
	}
	for _, name := range x.Object {
		columns[name] = true
	}
	for _, xs := range [][]schemas.Expr{x.First, x.Of} {
		for i := range xs {
			print = reads(&xs[i], columns) || print
		}
	}
	readsAll(x.When, columns)
	return print || x.Key != "" && len(x.Of) == 0
}

func readsAll(when []schemas.Condition, columns map[string]bool) {
	for i := range when {
		reads(&when[i].Value, columns)
	}
}

// hangs reports whether any of the faults of a record is in one of the columns.
func hangs(faults []string, columns map[string]bool) bool {
	return slices.ContainsFunc(faults, func(f string) bool { return columns[columnOf(f)] })
}

// columnOf is the column that a fault is in, which may name a path into it.
func columnOf(field string) string {
	if i := strings.IndexAny(field, ".["); i >= 0 {
		return field[:i]
	}
	return field
}

// unname notes that rows of a reject are in the table, with keys that are not
// certain.
func (b *run) unname(row int32, table string) {
	if b.unnamed == nil {
		b.unnamed = map[int32][]string{}
	}
	if !slices.Contains(b.unnamed[row], table) {
		b.unnamed[row] = append(b.unnamed[row], table)
	}
}

// unnameDecided notes each rejected record of which it is not certain whether e
// would have made rows of it.
func (b *run) unnameDecided(e *emitter) {
	for row, faults := range b.faults {
		if _, rejected := b.rejected[row]; !rejected {
			continue
		}
		if slices.Contains(faults, "") || hangs(faults, e.naming.decide) ||
			slices.Contains(faults, e.table.Name+".when") || slices.Contains(faults, e.table.Name+".each") {
			b.unname(row, e.table.Name)
		}
	}
}

// keepKeys notes the keys of the rows at the given places of m, which rejected
// records would have become, or that they are not certain.
func (b *run) keepKeys(e *emitter, m *emitted, at []int32) {
	if len(at) == 0 {
		return
	}
	s := m.scope.some(at)
	defer s.release()
	found := b.found.Clone() // making keys once more finds nothing new
	defer func() { b.found = found }()
	values := make([]arrow.Array, len(e.naming.ways))
	defer func() { release(values) }()
	for i, k := range at {
		r := row(m.scope.rows, int(k))
		if !b.certain(e, s, i, r, values) {
			b.unname(r, e.table.Name)
			continue
		}
		if b.keys == nil {
			b.keys = map[int32][]string{}
		}
		key := strings.Clone(m.cols[e.key].(*array.String).Value(int(k)))
		if named := (rowItem{r, key}); !b.named[named] {
			if b.named == nil {
				b.named = map[rowItem]bool{}
			}
			b.named[named] = true
			b.keys[r] = append(b.keys[r], key)
		}
	}
}

// certain reports whether the key of the i-th row of s, made of the frame's
// row r, is that which the record would have had, could all of it be read.
func (b *run) certain(e *emitter, s *scope, i int, r int32, values []arrow.Array) bool {
	faults := b.faults[r]
	bad := slices.ContainsFunc(faults, func(f string) bool { return !strings.Contains(f, ".") })
	for w := range e.naming.ways {
		way := &e.naming.ways[w]
		if way.readsPrint && bad || hangs(faults, way.columns) {
			return false
		}
		if values[w] == nil {
			values[w] = way.value(s)
		}
		if values[w].IsValid(i) {
			return true
		}
	}
	return false
}

// tablesOf lists the tables in which the rows of a reject cannot be named.
func (b *run) tablesOf(r *rejectRow) []string {
	switch {
	case r.None:
		return nil
	case r.row < 0:
		return b.tables(func(*emitter) bool { return true })
	case r.level == schemas.LevelItem:
		return b.tablesOfItem(r.field)
	}
	return b.unnamed[r.row]
}

// tablesOfItem lists the tables to which an entry of a record belongs, named by
// its field: <table>.<column>, or the contract column with its path.
func (b *run) tablesOfItem(field string) []string {
	head := columnOf(field)
	if out := b.tables(func(e *emitter) bool { return e.table.Name == head }); out != nil {
		return out
	}
	out := b.tables(func(e *emitter) bool {
		return e.naming.decide[head] || len(e.naming.ways) == 0 ||
			slices.ContainsFunc(e.naming.ways, func(w keyWay) bool { return w.columns[head] || w.readsPrint })
	})
	if out == nil {
		out = b.tables(func(*emitter) bool { return true })
	}
	return out
}

func (b *run) tables(want func(*emitter) bool) (out []string) {
	for _, e := range b.p.emits {
		if want(e) && !slices.Contains(out, e.table.Name) {
			out = append(out, e.table.Name)
		}
	}
	return out
}
