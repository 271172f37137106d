package transform

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// What a rejected record is about still exists at the vendor, so its rows must not
// be taken for gone. Therefore a reject lists the keys of the rows that its record
// would have become. If a key, or whether there is a row at all, depends on what
// could not be read, the keys are not known: then the reject names the table, of
// which no row may be closed.

// naming is what an emitter needs to find the keys of the rows of rejects.
type naming struct {
	decide map[string]bool // columns that decide whether there is a row
	ways   []keyWay        // in the order in which they are tried; none for a table without key
}

// keyWay is one way to make the key of a row.
type keyWay struct {
	columns    map[string]bool
	readsPrint bool // it reads the fingerprint of the record
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

// dependsOn reports whether any of the faults of a record is in one of the columns.
func dependsOn(faults []string, columns map[string]bool) bool {
	return slices.ContainsFunc(faults, func(f string) bool { return columns[columnOf(f)] })
}

// columnOf is the column of a field, which may name a path into it.
func columnOf(field string) string {
	if i := strings.IndexAny(field, ".["); i >= 0 {
		return field[:i]
	}
	return field
}

// unname notes that a reject may have rows in the table whose keys are not known.
func (b *run) unname(row int32, table string) {
	if b.unnamed == nil {
		b.unnamed = map[int32][]string{}
	}
	if !slices.Contains(b.unnamed[row], table) {
		b.unnamed[row] = append(b.unnamed[row], table)
	}
}

// unnameDecided calls unname for each rejected record of which it is not known
// whether e would have made rows of it.
func (b *run) unnameDecided(e *emitter) {
	for row, faults := range b.faults {
		if _, rejected := b.rejected[row]; !rejected {
			continue
		}
		if slices.Contains(faults, "") || dependsOn(faults, e.naming.decide) ||
			slices.Contains(faults, e.table.Name+".when") || slices.Contains(faults, e.table.Name+".each") {
			b.unname(row, e.table.Name)
		}
	}
}

// keepKeys notes the keys of the rows at the given places of m, which are those of
// rejected records, or that the keys are not known.
func (b *run) keepKeys(e *emitter, m *emitted, at []int32) {
	if len(at) == 0 {
		return
	}
	s := m.scope.some(at)
	defer s.release()
	found := b.found.Clone() // the keys are made a second time, which must count nothing twice
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

// certain reports whether the key of the i-th row of s, which is the frame's row r,
// is the one that the record would have had without its faults. values are those of
// the ways to make the key, computed once needed.
func (b *run) certain(e *emitter, s *scope, i int, r int32, values []arrow.Array) bool {
	faults := b.faults[r]
	bad := slices.ContainsFunc(faults, func(f string) bool { return !strings.Contains(f, ".") })
	for w := range e.naming.ways {
		way := &e.naming.ways[w]
		if way.readsPrint && bad || dependsOn(faults, way.columns) {
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

// tablesOf lists the tables in which a reject may have rows of unknown keys.
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

// tablesOfItem lists the tables in which an item of a record may have rows, by the
// field that its reject names: <table>.<column>, or a column of the contract with a
// path.
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

// tables lists the tables of the emits that are wanted, each once.
func (b *run) tables(want func(*emitter) bool) (out []string) {
	for _, e := range b.p.emits {
		if want(e) && !slices.Contains(out, e.table.Name) {
			out = append(out, e.table.Name)
		}
	}
	return out
}
