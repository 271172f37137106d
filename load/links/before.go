package links

import (
	"database/sql"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/resolve"
)

// before is what meta.links had before the run: of each kind the links in the order in which
// the resolver was given them.
type before struct {
	rows int64
	of   map[string]*[]link
}

// link is a row of meta.links.
type link struct {
	print print
	rowid int64 // gone, once it is known that the link stays
}

const struck = -1

// print is the fingerprint of a link.
type print [16]byte

func (b *before) list(kind string) []link {
	if list := b.of[kind]; list != nil {
		return *list
	}
	return nil
}

// stays tells whether the link that was the nth of a kind is as it is now; it is struck
// then. There is none where n is -1, or that of a link of the time before the last run.
func (b *before) stays(kind string, n int, now print) bool {
	list := b.list(kind)
	if n < 0 || n >= len(list) || list[n].print != now {
		return false
	}
	list[n].rowid = struck
	return true
}

// gone are the rowids of the links that were not struck, in order.
func (b *before) gone() (out []int64) {
	for _, list := range b.of {
		for _, l := range *list {
			if l.rowid != struck {
				out = append(out, l.rowid)
			}
		}
	}
	slices.Sort(out)
	return out
}

const pastLinks = `select kind, source, dataset, statement_key, part, key, is_founder, epoch_us(founded_at) as founded, coalesce(epoch_us(first_seen_at), 0) as first_seen`

const presentLinks = pastLinks + `, rowid, _hash::blob as hash from meta.links where `

// goneLinks are the last links of statements that have none now.
const goneLinks = pastLinks + ` from (from history.links h anti join meta.links l using (kind, dataset, statement_key, part)
	qualify row_number() over (partition by kind, dataset, statement_key, part order by _valid_to desc, _valid_from desc) = 1)`

// earlier adds the links of the run before, and the last ones of statements that are gone.
func (r *reader) earlier() (*before, error) {
	b := &before{of: map[string]*[]link{}}
	err := r.db.Each(r.ctx, "select kind, count(*) from meta.links group by kind", func(row *sql.Rows) error {
		var kind string
		var n int
		if err := row.Scan(&kind, &n); err != nil {
			return err
		}
		list := make([]link, 0, n)
		b.of[kind] = &list
		b.rows += int64(n)
		r.to.ExpectEarlier(kind, n)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = r.db.Slices(r.ctx, "meta.links", func(which database.SQL) database.SQL { return presentLinks + which }, func(batch arrow.RecordBatch) error {
		c := columns{batch}
		kind, rowid, hash := c.text("kind"), c.int("rowid"), c.of("hash").(*array.Binary)
		r.past(c, func(i int) {
			l := link{rowid: rowid.Value(i)}
			copy(l.print[:], hash.Value(i))
			list := b.of[kind.at(i)]
			*list = append(*list, l)
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	past, err := r.db.Count(r.ctx, "select count(*) from history.links")
	if err != nil || past == 0 {
		return b, err
	}
	return b, r.db.Batches(r.ctx, goneLinks, func(batch arrow.RecordBatch) error {
		r.past(columns{batch}, func(int) {})
		return nil
	})
}

// past gives the links of a batch to the resolver, and the number of each row to do.
func (r *reader) past(c columns, do func(row int)) {
	kind, source, dataset, key, part, thing := c.text("kind"), c.text("source"), c.text("dataset"), c.text("statement_key"), c.text("part"), c.text("key")
	founder, founded, first := c.of("is_founder").(*array.Boolean), c.int("founded"), c.int("first_seen")
	rows := int(c.b.NumRows())
	list := r.links[:0]
	for i := range rows {
		list = append(list, resolve.Earlier{Source: source.at(i), Dataset: dataset.at(i), Key: key.at(i), Part: part.at(i), Thing: thing.at(i),
			Founder: founder.Value(i), Founded: founded.Value(i), FirstSeen: first.Value(i)})
		do(i)
		if k := kind.at(i); i+1 == rows || kind.at(i+1) != k {
			r.to.Earlier(k, list...)
			list = list[:0]
		}
	}
	r.links = list
}
