package things

import (
	"context"
	"database/sql"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/intern"
	"github.com/accessmart/accessmart/schemas"
)

// population are the things of a table, by numbers, and which statement is about which.
type population struct {
	keys      *intern.Texts // of the things; 0 is none
	described []bool        // some statement describes it
	founded   []int64       // its first moment, in microseconds since 1970
	sources   []bits        // those that speak of it
	links     *intern.Prints
	owners    []uint32 // of accounts to whom they belong, a number of meanings.keys; 0 for nobody
}

// bits are numbers of sources.
type bits []uint64

func (b bits) has(n uint16) bool { return b[n/64]&(1<<(n%64)) != 0 }
func (b bits) add(n uint16)      { b[n/64] |= 1 << (n % 64) }

var (
	countLinks = database.Parse(`select count(*) from {{.links}} where kind = {{.kind}}`)
	readLinks  = database.Parse(`select dataset, statement_key, part, source, key, strength, is_described, epoch_us(founded_at) as founded from {{.links}} where kind = {{.kind}} and {{.which}}`)
	readOwners = database.Parse(`select account_key, identity_key from meta.account_owners where {{.which}}`)
)

// populate reads the links of a table of things.
func (m *maker) populate(ctx context.Context, t *schemas.Table, p part, mean *meanings) (*population, error) {
	v := database.Values{"links": p.links, "kind": t.Name}
	n, err := m.db.Count(ctx, countLinks.Fill(v))
	if err != nil {
		return nil, err
	}
	out := &population{keys: intern.New(), described: []bool{false}, founded: []int64{0}, sources: []bits{nil}, links: intern.NewPrints(int(n))}
	err = m.db.Slices(ctx, p.links, func(which database.SQL) database.SQL {
		v["which"] = which
		return readLinks.Fill(v)
	}, func(b arrow.RecordBatch) error {
		out.add(m, b)
		return nil
	})
	if err != nil || t.Name != "accounts" {
		return out, err
	}
	out.owners = make([]uint32, out.keys.Len())
	return out, m.db.Slices(ctx, "meta.account_owners", func(which database.SQL) database.SQL {
		return readOwners.Fill(database.Values{"which": which})
	}, func(b arrow.RecordBatch) error {
		account, identity := textsOf(b, 0), textsOf(b, 1)
		for i := range int(b.NumRows()) {
			if n, ok := out.keys.Find(account.Value(i)); ok {
				out.owners[n] = mean.keys.ID(identity.Value(i))
			}
		}
		return nil
	})
}

func textsOf(b arrow.RecordBatch, column int) *array.String { return b.Column(column).(*array.String) }

// add adds the links of a batch.
func (p *population) add(m *maker, b arrow.RecordBatch) {
	dataset, statement, part, source, key, strength := textsOf(b, 0), textsOf(b, 1), textsOf(b, 2), textsOf(b, 3), textsOf(b, 4), textsOf(b, 5)
	described, founded := b.Column(6).(*array.Boolean), b.Column(7).(*array.Int64)
	for i := range int(b.NumRows()) {
		n := p.keys.ID(key.Value(i))
		if int(n) == len(p.founded) {
			p.described, p.founded, p.sources = append(p.described, false), append(p.founded, founded.Value(i)), append(p.sources, make(bits, (len(m.names)+63)/64))
		}
		p.described[n] = p.described[n] || described.Value(i)
		p.founded[n] = min(p.founded[n], founded.Value(i))
		p.sources[n].add(m.teller(source.Value(i), dataset.Value(i)).source)
		p.links.Add(n<<2|uint32(strengthOf(strength.Value(i))), source.Value(i), dataset.Value(i), statement.Value(i), part.Value(i))
	}
}

// of is the thing that a statement is about, 0 for none, and how strong the statement is.
func (p *population) of(source, dataset, key, part string) (thing uint32, strength uint8) {
	n, ok := p.links.Find(source, dataset, key, part)
	if !ok {
		return 0, 0
	}
	return n >> 2, uint8(n & 3)
}

// strengthOf is how strong a statement is, by the word for it; without one it mentions.
func strengthOf(word string) uint8 {
	switch word {
	case "describes":
		return 3
	case "supplements":
		return 2
	}
	return 1
}

// meanings are the things that the keys of statements mean, by the kind of thing.
type meanings struct {
	keys *intern.Texts
	of   map[string]*intern.Prints // the number of the thing's key, by the statement's
}

var (
	countMeanings = database.Parse(`select kind, count(*) from {{.references}} where kind in ({{.kinds}}) group by kind`)
	readMeanings  = database.Parse(`select kind, statement_key, key from {{.references}} where kind in ({{.kinds}}){{.some}} and {{.which}}`)
	onlyNamed     = database.Parse(` and statement_key in ({{.named}})`)
	namedIn       = database.Parse(`select {{.column}} from {{.stated}}`)
)

// mean reads what the keys mean that rows of a table may have; of a part of the table, those that its rows have.
func (m *maker) mean(ctx context.Context, t *schemas.Table, p part) (*meanings, error) {
	out := &meanings{intern.New(), map[string]*intern.Prints{}}
	var kinds, named []database.SQL
	for _, f := range mergedFields(t) {
		if !isReference(f) {
			continue
		}
		for _, kind := range kindsOf(t, f) {
			kinds = append(kinds, database.Text(kind))
		}
		named = append(named, namedIn.Fill(database.Values{"column": database.Ident(f.Name), "stated": p.stated}))
	}
	if kinds == nil {
		return out, nil
	}
	v := database.Values{"references": references, "kinds": database.Join(kinds, ", "), "some": database.SQL("")}
	if p.scope != everything {
		v["some"] = onlyNamed.Fill(database.Values{"named": database.Join(named, " union ")})
	}
	err := m.db.Each(ctx, countMeanings.Fill(v), func(rows *sql.Rows) error {
		var kind string
		var n int
		err := rows.Scan(&kind, &n)
		if p.scope != everything {
			n = 0
		}
		out.of[kind] = intern.NewPrints(n)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, m.db.Slices(ctx, references, func(which database.SQL) database.SQL {
		v["which"] = which
		return readMeanings.Fill(v)
	}, func(b arrow.RecordBatch) error {
		kind, statement, key := textsOf(b, 0), textsOf(b, 1), textsOf(b, 2)
		for i := range int(b.NumRows()) {
			out.of[kind.Value(i)].Add(out.keys.ID(key.Value(i)), statement.Value(i))
		}
		return nil
	})
}

// kindsOf are the tables whose things a field of a row of t may mean.
func kindsOf(t *schemas.Table, f *schemas.Field) (out []string) {
	if f.Refers != "" {
		return []string{f.Refers}
	}
	for _, word := range t.Field(f.RefersBy).Enum {
		if word != "unknown" {
			out = append(out, schemas.RefersTo(word))
		}
	}
	return out
}

// find is the number of the key of the thing that a key of a statement means, 0 for none.
func (m *meanings) find(kind, key string) uint32 {
	of := m.of[kind]
	if of == nil {
		return 0
	}
	n, ok := of.Find(key)
	if !ok {
		return 0
	}
	return n
}
