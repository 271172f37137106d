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
	of   map[string]*kindLinks
}

// kindLinks are the links of a kind.
type kindLinks struct {
	prints []print
	struck []bool // it is known that the link stays
	runs   []run
}

// run is links with rowids one after the other, from the first of the run.
type run struct {
	first int
	rowid int64
}

// print is the fingerprint of a link.
type print [16]byte

func (l *kindLinks) add(p print, rowid int64) {
	n := len(l.prints)
	if last := len(l.runs) - 1; last < 0 || rowid-l.runs[last].rowid != int64(n-l.runs[last].first) {
		l.runs = append(l.runs, run{n, rowid})
	}
	l.prints, l.struck = append(l.prints, p), append(l.struck, false)
}

// gone gives the rowids of those that were not struck.
func (l *kindLinks) gone(out []int64) []int64 {
	for n, r := range l.runs {
		end := len(l.prints)
		if n+1 < len(l.runs) {
			end = l.runs[n+1].first
		}
		for i := r.first; i < end; i++ {
			if !l.struck[i] {
				out = append(out, r.rowid+int64(i-r.first))
			}
		}
	}
	return out
}

// stays tells whether the link that was the nth of a kind is as it is now; it is struck
// then. There is none where n is -1, or that of a link of the time before the last run.
func (b *before) stays(kind string, n int, now print) bool {
	l := b.of[kind]
	if l == nil || n < 0 || n >= len(l.prints) || l.prints[n] != now {
		return false
	}
	l.struck[n] = true
	return true
}

// gone are the rowids of the links that were not struck, in order.
func (b *before) gone() (out []int64) {
	for _, l := range b.of {
		out = l.gone(out)
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
	b := &before{of: map[string]*kindLinks{}}
	err := r.db.Each(r.ctx, "select kind, count(*) from meta.links group by kind", func(row *sql.Rows) error {
		var kind string
		var n int
		if err := row.Scan(&kind, &n); err != nil {
			return err
		}
		b.of[kind] = &kindLinks{prints: make([]print, 0, n), struck: make([]bool, 0, n)}
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
			b.of[kind.at(i)].add(print(hash.Value(i)), rowid.Value(i))
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
