package links

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/resolve"
	"github.com/accessmart/accessmart/schemas"
)

// identifying says by what statements of a kind identify: by dataset, as the contracts say.
type identifying struct {
	columns int // by which any does; they are the last ones of a batch
	of      map[string]*identified
}

// identified is what statements of one dataset say.
type identified struct {
	strength resolve.Strength
	values   []identifier
	product  []int // columns of the product within which other values count; nil for none
}

// identifier is the first of some columns that is not NULL; partColumn is the part.
type identifier struct {
	namespace     string
	columns       []int
	withinProduct bool
}

const partColumn = -1

var strengths = map[schemas.Strength]resolve.Strength{schemas.Describes: resolve.Describes, schemas.Supplements: resolve.Supplements, schemas.Mentions: resolve.Mentions}

func (r *reader) identifying(kind string) *identifying {
	k := r.rules.Kind(kind)
	columns := r.o.Set.Identifying(kind)
	out := &identifying{columns: len(columns), of: map[string]*identified{}}
	for _, st := range r.o.Set.Statements() {
		if st.Table != kind {
			continue
		}
		said := &identified{strength: strengths[st.Strength]}
		for _, id := range st.Identify {
			value := identifier{namespace: id.Namespace, withinProduct: k.Namespace(id.Namespace).Within == schemas.WithinProduct}
			for _, c := range id.Columns {
				at := partColumn
				if c != schemas.NativeIDColumn {
					at = slices.Index(columns, c)
				}
				value.columns = append(value.columns, at)
			}
			said.values = append(said.values, value)
			if id.Namespace == string(schemas.WithinProduct) {
				said.product = value.columns
			}
		}
		out.of[st.Dataset] = said
	}
	return out
}

// unidentified is what statements of a dataset say that no contract has: they mention things.
var unidentified = &identified{strength: resolve.Mentions}

// told are the columns of a batch of statements.
type told struct {
	source, dataset, key, part, nature, application, name, title texts
	ended                                                        *array.Boolean
	from, until                                                  days
	first                                                        *array.Int64
	columns                                                      []texts
	identify                                                     *identifying
	last                                                         string      // dataset
	said                                                         *identified // of it
}

func statementColumns(b arrow.RecordBatch, identify *identifying) *told {
	c := columns{b}
	t := &told{
		source: c.text("source"), dataset: c.text("dataset"), key: c.text("statement_key"), part: c.text("part"), nature: c.text("nature"),
		application: c.text("application_key"), name: c.text("name"), title: c.text("title"), from: c.days("start_on"), until: c.days("end_on"), first: c.int("first_seen"),
		identify: identify,
	}
	t.ended, _ = c.of("has_ended").(*array.Boolean)
	for i := range identify.columns {
		values, _ := b.Column(int(b.NumCols()) - identify.columns + i).(*array.String)
		t.columns = append(t.columns, texts{values})
	}
	return t
}

var natures = map[string]resolve.Nature{"human": resolve.Human, "non-human": resolve.NonHuman}

// read makes s the statement of a row. Who has an end before today has left.
func (t *told) read(i int, today int32, s *resolve.Statement) {
	*s = resolve.Statement{
		Source: t.source.at(i), Dataset: t.dataset.at(i), Key: t.key.at(i), Part: t.part.at(i), Nature: natures[t.nature.at(i)],
		Application: t.application.at(i), Name: t.name.at(i), Title: t.title.at(i), From: t.from.at(i), Until: t.until.at(i), FirstSeen: t.first.Value(i),
		Identifiers: s.Identifiers[:0],
	}
	s.Ended = t.ended != nil && t.ended.IsValid(i) && t.ended.Value(i) || s.Until != resolve.NoDay && s.Until < today
	if t.said == nil || t.last != s.Dataset {
		t.last, t.said = s.Dataset, t.identify.of[s.Dataset]
		if t.said == nil {
			t.said = unidentified
		}
	}
	s.Strength = t.said.strength
	for n := range t.said.values {
		v := &t.said.values[n]
		id := resolve.Identifier{Namespace: v.namespace, Value: t.value(v.columns, i)}
		if id.Value == "" {
			continue
		}
		if v.withinProduct {
			id.In = t.value(t.said.product, i)
		}
		s.Identifiers = append(s.Identifiers, id)
	}
}

// value is that of the first of some columns which is not NULL; "" for none.
func (t *told) value(columns []int, row int) string {
	for _, c := range columns {
		from := t.part
		if c != partColumn {
			from = t.columns[c]
		}
		if value, ok := from.find(row); ok {
			return value
		}
	}
	return ""
}
