package things

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/merge"
	"github.com/accessmart/accessmart/schemas"
)

// reading reads the rows of observed that speak of things, or edges, of a table.
type reading struct {
	*maker
	table      *schemas.Table
	part       part
	fields     []*schemas.Field
	mean       *meanings
	population *population    // nil for edges
	former     map[int64]bool // rows that say nothing, by their number in observed
	edges      *edgeKeys      // nil for things
	things     *merge.Things
	known      []merge.Value    // of the numbers of keys that statements mean
	strong     map[string]uint8 // of edges, by dataset
	// unplaced are the rows of which it is not known what they are about.
	unplaced int64
}

// Columns of a batch that come before the fields.
const (
	rowColumn = iota
	sourceColumn
	datasetColumn
	keyColumn
	partColumn
	sinceColumn
	hashColumn
	firstField
)

var readStatements = database.Parse(`select rowid, source, _dataset, {{.key}} as statement_key, {{.part}} as part, coalesce(epoch_us(_valid_from), 0) as since, _hash::blob as hash{{.columns}} from {{.stated}} o where {{.which}}`)

// found is a batch with what its rows are about: of each row the thing, and for each field that
// is a key the number of what it means. 0 is none.
type found struct {
	arrow.RecordBatch
	things   []uint32
	strength []uint8
	keys     [][]uint32 // by field; nil for one that is no key
}

// aheadFound is how many batches are looked up ahead.
const aheadFound = 8

// read reads the statements of a slice. What the rows of a batch are about is looked up while
// the statements of the one before are added.
//
// Errors: [UnlinkedError]; otherwise those of the database.
func (r *reading) read(ctx context.Context) error {
	r.things = merge.New(r.table, r.fields, r.names)
	r.known = make([]merge.Value, r.mean.keys.Len())
	r.unplaced = 0
	v := r.query()
	g, ctx := errgroup.WithContext(ctx)
	ahead := make(chan *found, aheadFound)
	g.Go(func() error {
		defer close(ahead)
		return r.db.Slices(ctx, r.part.stated, func(which database.SQL) database.SQL {
			v["which"] = which
			return readStatements.Fill(v)
		}, func(b arrow.RecordBatch) error {
			f := r.find(b)
			b.Retain()
			select {
			case ahead <- f:
				return nil
			case <-ctx.Done():
				b.Release()
				return context.Cause(ctx)
			}
		})
	})
	g.Go(func() error {
		for f := range ahead {
			err := r.add(f)
			f.Release()
			if err != nil {
				return err
			}
		}
		return nil
	})
	err := g.Wait()
	for f := range ahead {
		f.Release()
	}
	if err == nil && r.population != nil && r.unplaced > 0 {
		return &UnlinkedError{r.table.Name, r.unplaced}
	}
	return err
}

// query are the values of [readStatements].
func (r *reading) query() database.Values {
	v := database.Values{"stated": r.part.stated, "key": database.SQL("''"), "part": database.SQL("''")}
	if r.population != nil {
		v["key"], v["part"] = "o."+database.Ident(r.table.Key), partOf(r.table)
	}
	var columns database.SQL
	for _, f := range r.fields {
		columns += ", o." + database.Ident(f.Name)
		if f.Type == schemas.JSON {
			columns += "::varchar"
		}
	}
	v["columns"] = columns
	return v
}

// find looks up what the rows of a batch are about.
func (r *reading) find(b arrow.RecordBatch) *found {
	rows := int(b.NumRows())
	f := &found{RecordBatch: b, things: make([]uint32, rows), strength: make([]uint8, rows), keys: make([][]uint32, len(r.fields))}
	source, dataset, key, part := textsOf(b, sourceColumn), textsOf(b, datasetColumn), textsOf(b, keyColumn), textsOf(b, partColumn)
	for i := range rows {
		if r.population != nil {
			f.things[i], f.strength[i] = r.population.of(source.Value(i), dataset.Value(i), key.Value(i), part.Value(i))
			continue
		}
		strength, ok := r.strong[dataset.Value(i)]
		if !ok {
			strength = strengthOf("")
		}
		f.strength[i] = strength
	}
	for n, of := range r.fields {
		if !isReference(of) {
			continue
		}
		f.keys[n] = make([]uint32, rows)
		values, kind, words := textsOf(b, firstField+n), of.Refers, (*array.String)(nil)
		if kind == "" {
			words = textsOf(b, firstField+r.nth(of.RefersBy))
		}
		for i := range rows {
			if values.IsNull(i) || words != nil && words.IsNull(i) {
				continue
			}
			if words != nil {
				kind = schemas.RefersTo(words.Value(i))
			}
			f.keys[n][i] = r.mean.find(kind, values.Value(i))
		}
	}
	return f
}

// nth is the place of a field.
func (r *reading) nth(name string) int {
	return slices.IndexFunc(r.fields, func(f *schemas.Field) bool { return f.Name == name })
}

// add adds the statements of a batch that are of the slice. Values are found column by column,
// as many texts at a time wait for memory together.
func (r *reading) add(f *found) error {
	rows := r.take(f)
	values := make([][]merge.Value, len(r.fields))
	for n, of := range r.fields {
		var err error
		if values[n], err = r.values(f, n, rows); err != nil {
			return fmt.Errorf("column %s: %w", of.Name, err)
		}
	}
	source, dataset, since, hash := textsOf(f, sourceColumn), textsOf(f, datasetColumn), f.Column(sinceColumn).(*array.Int64), f.Column(hashColumn).(*array.Binary)
	cells := make([]merge.Value, len(r.fields))
	for at, i := range rows {
		for n := range cells {
			cells[n] = values[n][at]
		}
		thing := f.things[i]
		if r.edges != nil {
			thing = r.edges.number(r.things.Values, cells)
		}
		told := r.teller(source.Value(i), dataset.Value(i))
		r.things.Add(thing, merge.Standing{Strength: f.strength[i], Source: told.source, Weight: told.weight, Since: since.Value(i)}, [16]byte(hash.Value(i)), cells)
	}
	return nil
}

// take are the rows of a batch that say something of a thing of the slice.
func (r *reading) take(f *found) (rows []int) {
	row := f.Column(rowColumn).(*array.Int64)
	for i := range row.Len() {
		var key []byte
		if r.edges == nil {
			if f.things[i] != 0 {
				key = r.population.keys.Get(f.things[i])
			}
		} else if !slices.ContainsFunc(r.edges.ends, func(end int) bool { return f.keys[end][i] == 0 }) {
			key = r.mean.keys.Get(f.keys[r.edges.hub()][i])
		}
		switch {
		case key == nil:
			r.unplaced++
		case r.part.slice.holds(key) && !r.former[row.Value(i)]:
			rows = append(rows, i)
		}
	}
	return rows
}

// values are those of a field in some rows of a batch.
func (r *reading) values(f *found, field int, rows []int) ([]merge.Value, error) {
	out := make([]merge.Value, len(rows))
	if keys := f.keys[field]; keys != nil {
		for at, i := range rows {
			if key := keys[i]; key != 0 {
				if r.known[key] == 0 {
					r.known[key] = r.things.Text(r.mean.keys.String(key))
				}
				out[at] = r.known[key]
			}
		}
		return out, nil
	}
	column := f.Column(firstField + field)
	var number func(i int) int64
	switch a := column.(type) {
	case *array.String:
		r.things.Texts(out, func(at int) (string, bool) {
			i := rows[at]
			return a.Value(i), a.IsValid(i)
		})
		return out, nil
	case *array.Boolean:
		number = func(i int) int64 {
			if a.Value(i) {
				return 1
			}
			return 0
		}
	case *array.Int64:
		number = a.Value
	case *array.Date32:
		number = func(i int) int64 { return int64(a.Value(i)) }
	case *array.Timestamp:
		number = func(i int) int64 { return int64(a.Value(i)) }
	default:
		return nil, fmt.Errorf("its values are %s, of which things have none", a.DataType())
	}
	for at, i := range rows {
		if column.IsValid(i) {
			out[at] = r.things.Number(number(i))
		}
	}
	return out, nil
}
