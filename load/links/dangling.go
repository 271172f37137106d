package links

import (
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/resolve"
	"github.com/accessmart/accessmart/schemas"
)

// references are rows of one table that refer to things of a kind: those with rowids from
// from, which is among them, to to, which is not.
type references struct {
	schemas.Reference
	from, to int64
}

var (
	referredKeys = database.Parse(`select {{.column}} as key from {{.table}} where {{.rows}}`)
	referredTold = database.Parse(`select {{.column}} as key, source, _dataset as dataset, epoch_us(_valid_from) as first_seen{{.told}} from {{.table}} where {{.rows}}`)
	referredRows = database.Parse(`{{.column}} is not null{{if .kind}} and {{.kind}} = {{.word}}{{end}} and {{.which}}`)
	toldAs       = database.Parse(`, {{.value}} as {{.column}}`)
	member       = database.Parse(`nullif(trim({{.column}} ->> {{.path}}), '')`)
)

// dangling adds a statement for each key of a kind that rows refer to and that no row of
// observed has: it mentions a thing, of which no more is known than what these rows tell. Rows
// about the past make none, as an account that was deleted would stay for as long as a log
// has what was done with it. It counts what it adds. The statements of observed must be there.
//
// Rows are read for their keys alone first, as most keys are known; what they tell is read only
// where one of them has a key that is not.
func (r *reader) dangling(k *schemas.KindRules) (rows int64, err error) {
	parts := r.referring(k.Table)
	unknown := map[string]*mention{}
	var telling [][]references
	last := -1
	var keys []string
	err = r.db.Ahead(r.ctx, queriesOf(parts, keysOf), func(nth int, b arrow.RecordBatch) error {
		column := columns{b}.text("key")
		keys = keys[:0]
		for i := range int(b.NumRows()) {
			if key := column.at(i); len(keys) == 0 || key != keys[len(keys)-1] {
				keys = append(keys, key)
			}
		}
		r.to.Unknown(k.Table, keys, func(i int) {
			if unknown[keys[i]] == nil {
				unknown[strings.Clone(keys[i])] = &mention{}
			}
			if nth != last {
				telling, last = append(telling, parts[nth]), nth
			}
		})
		return nil
	})
	if err != nil || len(unknown) == 0 {
		return 0, err
	}
	err = r.db.Ahead(r.ctx, queriesOf(telling, func(ref references) database.SQL { return r.toldOf(k, ref) }), func(_ int, b arrow.RecordBatch) error {
		t := mentionColumns(b, k)
		for i := range int(b.NumRows()) {
			if m := unknown[t.key.at(i)]; m != nil {
				m.add(t, i)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	s := resolve.Statement{Strength: resolve.Mentions, From: resolve.NoDay, Until: resolve.NoDay}
	for _, key := range slices.Sorted(maps.Keys(unknown)) {
		m := unknown[key]
		s.Source, s.Dataset, s.Key, s.FirstSeen, s.Name = m.source, m.dataset, key, m.first, m.told[0].agreed()
		s.Identifiers = s.Identifiers[:0]
		for n, space := range k.Namespaces {
			if value := m.told[n+1].agreed(); value != "" {
				s.Identifiers = append(s.Identifiers, resolve.Identifier{Namespace: space.Name, Value: value})
			}
		}
		if err := r.to.Add(k.Table, &s); err != nil {
			return 0, err
		}
		rows++
	}
	return rows, nil
}

// referring are all rows that refer to things of a kind and are not about the past, in parts of
// which each is so small that it can be read at a time: some rows of a large table, or those of
// several small ones.
func (r *reader) referring(kind string) (parts [][]references) {
	var small []references
	var rows int64
	for _, ref := range r.o.Set.Common.References() {
		end := r.sizes[database.Name(schemas.CommonSchema, ref.Table)].end
		switch {
		case ref.Target != kind || ref.Past || end == 0:
		case end > database.SliceRows:
			for from := int64(0); from < end; from += database.SliceRows {
				parts = append(parts, []references{{ref, from, from + database.SliceRows}})
			}
		default:
			if rows += end; rows > database.SliceRows {
				parts, small, rows = append(parts, small), nil, end
			}
			small = append(small, references{ref, 0, end})
		}
	}
	if small != nil {
		parts = append(parts, small)
	}
	return parts
}

// queriesOf makes a query of each part.
func queriesOf(parts [][]references, query func(references) database.SQL) (out []database.SQL) {
	for _, part := range parts {
		var each []database.SQL
		for _, ref := range part {
			each = append(each, query(ref))
		}
		out = append(out, database.Join(each, " union all "))
	}
	return out
}

// keysOf is the query of the keys to which rows refer.
func keysOf(ref references) database.SQL { return referredKeys.Fill(ref.values()) }

func (ref references) values() database.Values {
	v := database.Values{"table": database.Name(schemas.CommonSchema, ref.Table), "column": database.Ident(ref.Column), "kind": database.SQL(""), "word": ref.Word,
		"which": database.RowsFrom(ref.from, ref.to)}
	if ref.Kind != "" {
		v["kind"] = database.Ident(ref.Kind)
	}
	v["rows"] = referredRows.Fill(v)
	return v
}

// toldColumn is the column of what rows tell of a thing by a namespace; "" is its name.
func toldColumn(namespace string) string { return "told " + namespace }

// toldOf is the query of what rows tell of the things to which they refer, with NULL for what
// they do not.
func (r *reader) toldOf(k *schemas.KindRules, ref references) database.SQL {
	var told schemas.Told
	for _, t := range r.rules.Told {
		if t.Table == ref.Table && t.Column == ref.Column {
			told = t
		}
	}
	var list database.SQL
	add := func(namespace, from string) {
		value := database.SQL("null::varchar")
		column, path, inside := strings.Cut(from, ".")
		switch {
		case inside:
			value = member.Fill(database.Values{"column": database.Ident(column), "path": "$." + path})
		case from != "":
			value = database.Ident(column)
		}
		list += toldAs.Fill(database.Values{"value": value, "column": database.Ident(toldColumn(namespace))})
	}
	add("", told.Name)
	for _, n := range k.Namespaces {
		add(n.Name, told.Identify[n.Name])
	}
	v := ref.values()
	v["told"] = list
	return referredTold.Fill(v)
}

// mentions are the columns of a batch of rows that refer to things.
type mentions struct {
	key, source, dataset texts
	first                []int64
	told                 []texts // the name, then by namespace
}

func mentionColumns(b arrow.RecordBatch, k *schemas.KindRules) *mentions {
	c := columns{b}
	out := &mentions{key: c.text("key"), source: c.text("source"), dataset: c.text("dataset"), first: c.int("first_seen").Int64Values(), told: []texts{c.text(toldColumn(""))}}
	for _, n := range k.Namespaces {
		out.told = append(out.told, c.text(toldColumn(n.Name)))
	}
	return out
}

// mention is what all rows together tell of a thing to which they refer.
type mention struct {
	source, dataset string // the first of each in the order of texts
	first           int64  // the least moment
	told            []hearsay
}

// add adds what a row tells.
func (m *mention) add(t *mentions, row int) {
	if m.told == nil {
		m.told = make([]hearsay, len(t.told))
		m.source, m.dataset, m.first = strings.Clone(t.source.at(row)), strings.Clone(t.dataset.at(row)), t.first[row]
	}
	if s := t.source.at(row); s < m.source {
		m.source = strings.Clone(s)
	}
	if d := t.dataset.at(row); d < m.dataset {
		m.dataset = strings.Clone(d)
	}
	m.first = min(m.first, t.first[row])
	for n := range t.told {
		m.told[n].add(t.told[n], row)
	}
}

// hearsay is a value that several rows may tell.
type hearsay struct {
	value         string
	told, doubted bool
}

func (h *hearsay) add(t texts, row int) {
	switch value, ok := t.find(row); {
	case !ok || h.doubted:
	case !h.told:
		h.value, h.told = strings.Clone(value), true
	default:
		h.doubted = value != h.value
	}
}

// agreed is the value, if all rows that tell one tell the same; "" otherwise.
func (h *hearsay) agreed() string {
	if h.doubted {
		return ""
	}
	return h.value
}
