package links

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/resolve"
	"github.com/accessmart/accessmart/schemas"
)

// reader gives a resolver what the file knows.
type reader struct {
	ctx   context.Context
	db    *database.DB
	o     Options
	rules *schemas.Resolution
	to    *resolve.Resolver
	sum   *Summary
	sizes map[database.SQL]size // of the tables of schema observed, by their names in SQL
	links []resolve.Earlier     // memory for links of the run before
}

// size is how many rows a table has, and a number above all their rowids.
type size struct{ rows, end int64 }

var sizeOf = database.Parse(`select {{.name}} as name, count(*) as row_count, coalesce(max(rowid) + 1, 0) as row_end from {{.table}}`)

// measure finds the sizes of the tables of schema observed.
func (r *reader) measure() error {
	r.sizes = map[database.SQL]size{}
	var each []database.SQL
	for _, t := range r.o.Set.Common.Tables {
		name := database.Name(t.Schema, t.Name)
		each = append(each, sizeOf.Fill(database.Values{"name": string(name), "table": name}))
	}
	return r.db.Each(r.ctx, database.Join(each, " union all "), func(row *sql.Rows) error {
		var name string
		var s size
		err := row.Scan(&name, &s.rows, &s.end)
		r.sizes[database.SQL(name)] = s
		return err
	})
}

// all reads everything, and returns what the file has in meta.links.
func (r *reader) all() (*before, error) {
	if err := r.measure(); err != nil {
		return nil, fmt.Errorf("count statements: %w", err)
	}
	if err := r.kinds(); err != nil {
		return nil, err
	}
	if err := r.claims(); err != nil {
		return nil, fmt.Errorf("read to whom accounts belong: %w", err)
	}
	for _, u := range r.o.User.Lines {
		if err := r.to.User(u); err != nil {
			return nil, err
		}
	}
	had, err := r.earlier()
	if err != nil {
		return nil, fmt.Errorf("read the links of the run before: %w", err)
	}
	return had, nil
}

// lanes is how many kinds are read at a time.
const lanes = 2

// kinds adds the statements of all kinds, some kinds side by side.
func (r *reader) kinds() error {
	g, ctx := errgroup.WithContext(r.ctx)
	g.SetLimit(lanes)
	beside := *r
	beside.ctx = ctx
	var rows atomic.Int64
	for _, k := range r.rules.Kinds {
		g.Go(func() error {
			n, err := beside.statements(k)
			if err != nil {
				return fmt.Errorf("read %s: %w", k.Table, err)
			}
			more, err := beside.dangling(k)
			if err != nil {
				return fmt.Errorf("read keys of %s that rows refer to: %w", k.Table, err)
			}
			rows.Add(n + more)
			return nil
		})
	}
	err := g.Wait()
	r.sum.Statements = rows.Load()
	return err
}

// addRows is how many statements are given to the resolver at a time.
const addRows = 128

// statements adds the rows of observed of one kind, and counts them.
func (r *reader) statements(k *schemas.KindRules) (rows int64, err error) {
	table := r.o.Set.Common.Table(k.Table)
	name := database.Name(table.Schema, table.Name)
	size := r.sizes[name]
	r.to.Expect(k.Table, int(size.rows))
	query := database.SQL(r.o.Set.StatementsSQL(table.Name, table.Schema))
	today := int32(r.o.AsOf.Unix() / (24 * 60 * 60))
	list := make([]*resolve.Statement, addRows)
	for i := range list {
		list[i] = &resolve.Statement{}
	}
	identify := r.identifying(table.Name)
	return size.rows, r.db.Slices(r.ctx, name, func(which database.SQL) database.SQL {
		return query + " where " + which + " and " + database.Ident(table.Key) + " is not null"
	}, func(b arrow.RecordBatch) error {
		t := statementColumns(b, identify)
		rows := int(b.NumRows())
		for from := 0; from < rows; from += addRows {
			some := list[:min(addRows, rows-from)]
			for i, s := range some {
				t.read(from+i, today, s)
			}
			if err := r.to.Add(k.Table, some...); err != nil {
				return err
			}
		}
		return nil
	})
}

// columns are those of a batch, by name.
type columns struct{ b arrow.RecordBatch }

func (c columns) of(name string) arrow.Array {
	return c.b.Column(c.b.Schema().FieldIndices(name)[0])
}

func (c columns) text(name string) texts { t, _ := c.of(name).(*array.String); return texts{t} }
func (c columns) days(name string) days  { d, _ := c.of(name).(*array.Date32); return days{d} }
func (c columns) int(name string) *array.Int64 {
	return c.of(name).(*array.Int64)
}

// texts is a column of texts, or one that is NULL throughout.
type texts struct{ a *array.String }

// at is the text of a row, "" for NULL. It is lent, as its batch is.
func (t texts) at(i int) string {
	s, _ := t.find(i)
	return s
}

// find tells NULL from "".
func (t texts) find(i int) (s string, ok bool) {
	if t.a == nil || t.a.IsNull(i) {
		return "", false
	}
	return t.a.Value(i), true
}

// days is a column of dates, or one that is NULL throughout.
type days struct{ a *array.Date32 }

func (d days) at(i int) int32 {
	if d.a == nil || d.a.IsNull(i) {
		return resolve.NoDay
	}
	return int32(d.a.Value(i))
}

// claims adds what sources say of whose an account is.
func (r *reader) claims() error {
	take := func(byNativeID bool) func(b arrow.RecordBatch) error {
		return func(b arrow.RecordBatch) error {
			c := columns{b}
			source, account, identity, owns := c.text("source"), c.text("account_key"), c.text("identity_key"), c.of("owns").(*array.Boolean)
			for i := range int(b.NumRows()) {
				r.to.Claim(resolve.Claim{Source: source.at(i), Account: account.at(i), Identity: identity.at(i), Owns: owns.Value(i), ByNativeID: byNativeID})
			}
			return nil
		}
	}
	err := r.db.Slices(r.ctx, "observed.accounts", func(which database.SQL) database.SQL {
		return "select source, account_key, identity_key, false as owns from observed.accounts where identity_key is not null and account_key is not null and " + which
	}, take(false))
	if err != nil {
		return err
	}
	err = r.db.Slices(r.ctx, "observed.identity_accounts", func(which database.SQL) database.SQL {
		return "select source, account_key, identity_key, relation is not distinct from 'owns' as owns from observed.identity_accounts where identity_key is not null and account_key is not null and " + which
	}, take(false))
	for _, m := range r.rules.Mapped {
		if err != nil {
			return err
		}
		err = r.db.Slices(r.ctx, "observed.accounts", func(which database.SQL) database.SQL {
			return hidden.Fill(database.Values{"dataset": m.Dataset, "path": "$." + m.Member, "which": which})
		}, take(true))
	}
	return err
}

var hidden = database.Parse(`select source, account_key, trim(attributes ->> {{.path}}) as identity_key, false as owns from observed.accounts
	where _dataset = {{.dataset}} and account_key is not null and (attributes ->> {{.path}}) is not null and {{.which}}`)
