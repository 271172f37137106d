package links

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
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
}

// all reads everything, and returns what the file has in meta.links.
func (r *reader) all() (*before, error) {
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
	var joins sync.Mutex // one at a time takes memory to look for keys in a table
	var rows atomic.Int64
	for _, k := range r.rules.Kinds {
		g.Go(func() error {
			n, err := beside.statements(k)
			if err != nil {
				return fmt.Errorf("read %s: %w", k.Table, err)
			}
			joins.Lock()
			defer joins.Unlock()
			more, err := beside.dangling(k.Table)
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

// statements adds the rows of observed of one kind, and counts them.
func (r *reader) statements(k *schemas.KindRules) (rows int64, err error) {
	table := r.o.Set.Common.Table(k.Table)
	name := database.Name(table.Schema, table.Name)
	if rows, err = r.db.Count(r.ctx, "select count(*) from "+name); err != nil {
		return 0, err
	}
	r.to.Expect(k.Table, int(rows))
	query := database.SQL(r.o.Set.StatementsSQL(table.Name, table.Schema))
	today := int32(r.o.AsOf.Unix() / (24 * 60 * 60))
	s := resolve.Statement{}
	return rows, r.db.Slices(r.ctx, name, func(which database.SQL) database.SQL {
		return query + " where " + which + " and " + database.Ident(table.Key) + " is not null"
	}, func(b arrow.RecordBatch) error {
		t := statementColumns(b, k)
		for i := range int(b.NumRows()) {
			t.read(i, today, &s)
			if err := r.to.Add(k.Table, &s); err != nil {
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
	if t.a == nil || t.a.IsNull(i) {
		return ""
	}
	return t.a.Value(i)
}

// days is a column of dates, or one that is NULL throughout.
type days struct{ a *array.Date32 }

func (d days) at(i int) int32 {
	if d.a == nil || d.a.IsNull(i) {
		return resolve.NoDay
	}
	return int32(d.a.Value(i))
}

// told are the columns of a batch of statements.
type told struct {
	source, dataset, key, part, strength, nature, application, name, title texts
	ended                                                                  *array.Boolean
	from, until                                                            days
	first                                                                  *array.Int64
	kind                                                                   *schemas.KindRules
	values                                                                 []texts // by namespace
	product                                                                int     // namespace within which another counts, -1 for none
}

func statementColumns(b arrow.RecordBatch, k *schemas.KindRules) *told {
	c := columns{b}
	t := &told{
		source: c.text("source"), dataset: c.text("dataset"), key: c.text("statement_key"), part: c.text("part"), strength: c.text("strength"), nature: c.text("nature"),
		application: c.text("application_key"), name: c.text("name"), title: c.text("title"), from: c.days("start_on"), until: c.days("end_on"), first: c.int("first_seen"),
		kind: k, product: slices.IndexFunc(k.Namespaces, func(n schemas.Namespace) bool { return n.Name == string(schemas.WithinProduct) }),
	}
	t.ended, _ = c.of("has_ended").(*array.Boolean)
	// A namespace may be called like another column; those of namespaces come last.
	for i := range k.Namespaces {
		values, _ := b.Column(int(b.NumCols()) - len(k.Namespaces) + i).(*array.String)
		t.values = append(t.values, texts{values})
	}
	return t
}

var strengths = map[string]resolve.Strength{"describes": resolve.Describes, "supplements": resolve.Supplements, "mentions": resolve.Mentions}

var natures = map[string]resolve.Nature{"human": resolve.Human, "non-human": resolve.NonHuman}

// read makes s the statement of a row. Who has an end before today has left.
func (t *told) read(i int, today int32, s *resolve.Statement) {
	*s = resolve.Statement{
		Source: t.source.at(i), Dataset: t.dataset.at(i), Key: t.key.at(i), Part: t.part.at(i), Strength: strengths[t.strength.at(i)], Nature: natures[t.nature.at(i)],
		Application: t.application.at(i), Name: t.name.at(i), Title: t.title.at(i), From: t.from.at(i), Until: t.until.at(i), FirstSeen: t.first.Value(i),
		Identifiers: s.Identifiers[:0],
	}
	s.Ended = t.ended != nil && t.ended.IsValid(i) && t.ended.Value(i) || s.Until != resolve.NoDay && s.Until < today
	for n, v := range t.values {
		value := v.at(i)
		if value == "" {
			continue
		}
		id := resolve.Identifier{Namespace: t.kind.Namespaces[n].Name, Value: value}
		if t.kind.Namespaces[n].Within == schemas.WithinProduct {
			id.In = t.values[t.product].at(i)
		}
		s.Identifiers = append(s.Identifiers, id)
	}
}

var (
	referring = database.Parse(`select source, _dataset, {{.column}} as key, _valid_from{{.told}} from {{.table}} where {{.column}} is not null{{if .kind}} and {{.kind}} = {{.word}}{{end}}`)
	unstated  = database.Parse(`select min(source) as source, min(_dataset) as dataset, key as statement_key, min(epoch_us(_valid_from)) as first_seen{{.told}}
		from ({{.referring}}) r anti join (select {{.key}} as key from {{.table}}) t using (key) group by key`)
	agreed = database.Parse(`, case when count(distinct {{.column}}) = 1 then min({{.column}}) end as {{.column}}`)
	toldAs = database.Parse(`, {{.value}} as {{.column}}`)
	member = database.Parse(`nullif(trim({{.column}} ->> {{.path}}), '')`)
)

// dangling adds a statement for each key of a kind that rows refer to and that no row of
// observed has: it mentions a thing, of which no more is known than what these rows tell. Rows
// about the past make none, as an account that was deleted would stay for as long as a log
// has what was done with it. It counts what it adds.
func (r *reader) dangling(kind string) (rows int64, err error) {
	k := r.rules.Kind(kind)
	var refs []database.SQL
	for _, ref := range r.o.Set.Common.References() {
		if ref.Target != kind || ref.Past {
			continue
		}
		v := database.Values{"table": database.Name(schemas.CommonSchema, ref.Table), "column": database.Ident(ref.Column), "kind": database.SQL(""), "word": ref.Word, "told": r.toldBy(k, ref)}
		if ref.Kind != "" {
			v["kind"] = database.Ident(ref.Kind)
		}
		refs = append(refs, referring.Fill(v))
	}
	if refs == nil {
		return 0, nil
	}
	target := r.o.Set.Common.Table(kind)
	query := unstated.Fill(database.Values{"referring": database.Join(refs, "\n\t\tunion all "), "key": database.Ident(target.Key), "table": database.Name(target.Schema, target.Name), "told": agreedOf(k)})
	s := resolve.Statement{Strength: resolve.Mentions, From: resolve.NoDay, Until: resolve.NoDay}
	err = r.db.Batches(r.ctx, query, func(b arrow.RecordBatch) error {
		c := columns{b}
		source, dataset, key, first, name := c.text("source"), c.text("dataset"), c.text("statement_key"), c.int("first_seen"), c.text(toldColumn(""))
		for i := range int(b.NumRows()) {
			s.Source, s.Dataset, s.Key, s.FirstSeen, s.Name = source.at(i), dataset.at(i), key.at(i), first.Value(i), name.at(i)
			s.Identifiers = s.Identifiers[:0]
			for _, n := range k.Namespaces {
				if value := c.text(toldColumn(n.Name)).at(i); value != "" {
					s.Identifiers = append(s.Identifiers, resolve.Identifier{Namespace: n.Name, Value: value})
				}
			}
			if err := r.to.Add(kind, &s); err != nil {
				return err
			}
			rows++
		}
		return nil
	})
	return rows, err
}

// toldColumn is the column of what rows tell of a thing by a namespace; "" is its name.
func toldColumn(namespace string) string { return "told " + namespace }

// toldBy are the columns of what the rows of a reference tell of the thing, NULL for what
// they do not.
func (r *reader) toldBy(k *schemas.KindRules, ref schemas.Reference) (out database.SQL) {
	var told schemas.Told
	for _, t := range r.rules.Told {
		if t.Table == ref.Table && t.Column == ref.Column {
			told = t
		}
	}
	add := func(namespace, from string) {
		value := database.SQL("null::varchar")
		column, path, inside := strings.Cut(from, ".")
		switch {
		case inside:
			value = member.Fill(database.Values{"column": database.Ident(column), "path": "$." + path})
		case from != "":
			value = database.Ident(column)
		}
		out += toldAs.Fill(database.Values{"value": value, "column": database.Ident(toldColumn(namespace))})
	}
	add("", told.Name)
	for _, n := range k.Namespaces {
		add(n.Name, told.Identify[n.Name])
	}
	return out
}

// agreedOf are these columns, where all rows that name a key tell the same.
func agreedOf(k *schemas.KindRules) (out database.SQL) {
	names := []string{""}
	for _, n := range k.Namespaces {
		names = append(names, n.Name)
	}
	for _, name := range names {
		out += agreed.Fill(database.Values{"column": database.Ident(toldColumn(name))})
	}
	return out
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
