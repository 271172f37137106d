package things

import (
	"crypto/md5"
	"slices"
	"strconv"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/merge"
	"github.com/accessmart/accessmart/schemas"
)

// line is a row of main on its way there.
type line struct {
	*reading
	rows    *merge.Reader
	keys    *edgeKeys // nil for things
	columns []lineColumn
	cells   []cell // one for each column
	sources []string
	key     []byte
	// Of the thing:
	described bool
	since     int64  // its first moment, in microseconds since 1970
	owner     uint32 // a number of keys; 0 for nobody
	buf       []byte
	list      []byte
}

// lineColumn is a column of main.
type lineColumn struct {
	database.Column
	hashed bool // counts in the fingerprint
	put    func(l *line, row *merge.Row, to *cell)
}

// Columns that are no merged fields, by name. Those that are not here travel otherwise, or are NULL.
var putColumn = map[string]func(l *line, row *merge.Row, to *cell){
	"source_count": func(l *line, _ *merge.Row, to *cell) { to.number = int64(len(l.sources)) },
	"is_described": func(l *line, _ *merge.Row, to *cell) {
		if l.described {
			to.number = 1
		}
	},
	"disagreements": func(_ *line, row *merge.Row, to *cell) { to.text, to.is = row.Disagreements, row.Disagreements != nil },
	"first_seen_at": func(l *line, _ *merge.Row, to *cell) { to.number = l.since },
	"_valid_from":   func(l *line, _ *merge.Row, to *cell) { to.number = l.Moment.UnixMicro() },
	ownerField: func(l *line, _ *merge.Row, to *cell) {
		if to.is = l.owner != 0; to.is {
			to.text = l.mean.keys.Get(l.owner)
		}
	},
}

func putKey(l *line, _ *merge.Row, to *cell)  { to.text = l.key }
func putNull(_ *line, _ *merge.Row, to *cell) { to.is = false }

// cell is a value of a column: a text, or a number that says the same as in [merge.Values].
type cell struct {
	is     bool // not NULL
	text   []byte
	number int64
}

func newLine(layout *database.Table, r *reading) *line {
	l := &line{reading: r, rows: r.things.Reader(), cells: make([]cell, len(layout.Columns))}
	if r.edges != nil {
		l.keys = newEdgeKeys(r.table, r.fields)
	}
	without := notHashed(determined(r.table))
	for _, c := range layout.Columns {
		field := slices.IndexFunc(r.fields, func(f *schemas.Field) bool { return f.Name == c.Name })
		put := putColumn[c.Name]
		switch {
		case c.Name == r.table.Key:
			put = putKey
		case field >= 0:
			put = putField(field, r.fields[field].Type.IsText())
		case put == nil:
			put = putNull
		}
		l.columns = append(l.columns, lineColumn{c, !slices.Contains(without, c.Name), put})
	}
	return l
}

// stripe is how many things lie side by side that one of several lines makes.
const stripe = 1 << 12

// each makes the row of each thing of the slice, and calls f for it; of several lines the nth
// makes its share.
func (l *line) each(nth, of int, f func(thing uint32) error) error {
	from, to := uint32(1), uint32(0) // number 0 is no thing
	if l.population != nil {
		to = uint32(l.population.keys.Len())
	} else {
		from, to = 0, l.edges.count
	}
	for thing := from; thing < to; thing++ {
		if int(thing/stripe)%of != nth || l.population != nil && !l.part.slice.holds(l.population.keys.Get(thing)) {
			continue
		}
		l.make(thing)
		if err := f(thing); err != nil {
			return err
		}
	}
	return nil
}

// make makes the row of a thing.
func (l *line) make(thing uint32) {
	if l.population == nil {
		l.makeEdge(thing)
		return
	}
	l.makeThing(thing)
}

func (l *line) makeThing(thing uint32) {
	l.key = append(l.key[:0], l.population.keys.Get(thing)...)
	l.sources = l.sources[:0]
	for n, name := range l.names {
		if l.population.sources[thing].has(uint16(n)) {
			l.sources = append(l.sources, name)
		}
	}
	l.described, l.since, l.owner = l.population.described[thing], l.population.founded[thing], 0
	if l.population.owners != nil {
		l.owner = l.population.owners[thing]
	}
	l.fill(l.rows.Row(thing))
}

func (l *line) makeEdge(edge uint32) {
	l.key = l.keys.key(l.things, edge, l.key)
	row := l.rows.Row(edge)
	l.sources = l.sources[:0]
	for _, n := range row.Sources {
		l.sources = append(l.sources, l.names[n])
	}
	l.since = row.Since
	l.fill(row)
}

// fill fills the cells.
func (l *line) fill(row *merge.Row) {
	for i := range l.columns {
		l.cells[i] = cell{is: true}
		l.columns[i].put(l, row, &l.cells[i])
	}
}

// putField puts a merged field, which is a text or a number.
func putField(field int, isText bool) func(*line, *merge.Row, *cell) {
	return func(_ *line, row *merge.Row, to *cell) {
		v := row.Values[field]
		switch to.is = v != nil; {
		case !to.is:
		case isText:
			to.text = v
		default:
			to.number = merge.Number(v)
		}
	}
}

// print makes the fingerprint of the row, as [fingerprint] does.
func (l *line) print() [16]byte {
	b := l.buf[:0]
	for i := range l.columns {
		c, v := &l.columns[i], &l.cells[i]
		list := c.Type == "VARCHAR[]"
		if !c.hashed || !v.is && !list {
			continue
		}
		b = append(append(b, c.Name...), '=')
		switch c.Type {
		case "VARCHAR", "JSON":
			b = append(strconv.AppendInt(b, int64(len(v.text)), 10), ':')
			b = append(b, v.text...)
			continue
		case "VARCHAR[]":
			l.list = merge.AppendTexts(l.list[:0], l.sources)
			b = append(strconv.AppendInt(b, int64(len(l.list)), 10), ':')
			b = append(b, l.list...)
			continue
		case "BOOLEAN":
			b = strconv.AppendBool(b, v.number != 0)
		case "DATE":
			b = merge.AppendDay(b, v.number)
		default:
			b = strconv.AppendInt(b, v.number, 10)
		}
		b = append(b, ';')
	}
	l.buf = b
	return md5.Sum(b)
}

// send sends the row.
func (l *line) send(to *database.Rows) error {
	for i := range l.columns {
		c, v := &l.columns[i], &l.cells[i]
		switch {
		case c.Type == "VARCHAR[]":
			to.List(l.sources)
		case c.Type == "UUID":
			to.UUID(l.print())
		case !v.is:
			to.Null()
		case c.Type == "BOOLEAN":
			to.Flag(v.number != 0)
		case c.Type == "DATE":
			to.Day(int32(v.number))
		case c.Type == "BIGINT":
			to.Int(v.number)
		case c.Type == "TIMESTAMPTZ":
			to.Moment(v.number)
		default:
			to.Bytes(v.text)
		}
	}
	return to.End()
}
