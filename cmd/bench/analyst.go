package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
)

// childAnalyst is the word by which the program runs itself as the yardstick of derivations.
const childAnalyst = "analyst"

//go:embed yardstick/things.sql
var thingsSQL string

// runAnalyst makes things of the statements in a file, in a new file, with DuckDB alone.
func runAnalyst(args []string) (err error) {
	if len(args) != 2 {
		return errors.New("analyst: want OURS DATABASE")
	}
	if err := os.RemoveAll(args[1]); err != nil {
		return err
	}
	db, err := attached(args[0], "(read_only)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	_, err = db.Exec("attach '" + args[1] + "' as yardstick; use yardstick; " + thingsSQL + "; checkpoint yardstick")
	return err
}

// compared are the rows that ours and the yardstick have of one kind. Two rows are the same if
// they were made of the same statements, or, of pairs, if they have the same ends.
type compared struct {
	Name                  string
	Ours, Mentioned       int64 // Mentioned: of ours those that no row of observed describes
	Theirs, Same          int64
	Apart, Joined, Partly int64  // of the yardstick's rows: more than one of ours; one of several that ours has in one; both
	How                   string // what the rows that differ have in ours: rules by which they were linked, or kinds of the ends
	Rules                 string // in what the two differ
}

// pairings give, for each kind, each statement with the thing that ours and the yardstick made
// of it, and how ours came to it.
var pairings = []struct{ name, table, query, rules string }{
	{"people", "identities", `select l.key as ours, y.thing as theirs, l.rule as how from yardstick.people_of y
		join meta.links l on l.kind = 'identities' and l.dataset = y.dataset and l.statement_key = y.key and l.part = y.part`,
		"The yardstick goes by number, then address. Ours knows placeholders, conflicts, machines, rehires and accounts that name a person under another address, and has people that are only named."},
	{"accounts", "accounts", `select l.key as ours, y.thing as theirs, l.rule as how from yardstick.accounts_of y
		join meta.links l on l.kind = 'accounts' and l.dataset = y.dataset and l.statement_key = y.key and l.part = y.part`,
		"To the yardstick a product is an application and a login an account. Ours tells instances of a product apart, and goes by native id and address too."},
	{"grants", "grants", `select (p.key, t.key, lower(trim(g.privilege)))::varchar as ours,
			(coalesce(yp.thing, g.principal_key), g.target_kind, coalesce(yt.thing, g.target_key), lower(trim(g.privilege)))::varchar as theirs,
			g.principal_kind || ' has ' || g.target_kind as how
		from observed.grants g
		join meta.links p on p.kind = ` + tableOf("g.principal_kind") + ` and p.statement_key = g.principal_key and p.is_reference
		join meta.links t on t.kind = ` + tableOf("g.target_kind") + ` and t.statement_key = g.target_key and t.is_reference
		left join yardstick.things_of yp on yp.kind = g.principal_kind and yp.key = g.principal_key
		left join yardstick.things_of yt on yt.kind = g.target_kind and yt.key = g.target_key`,
		"They differ where principals or targets do. A key that exports only mention is a thing of its own to the yardstick; ours may link it."},
}

// tableOf is the name of the table of a kind of thing.
func tableOf(kind string) string {
	return "case " + kind + " when 'identity' then 'identities' else " + kind + " || 's' end"
}

// compareThings holds the rows of our file and of the yardstick's against each other.
func compareThings(ctx context.Context, ours, theirs string) (all []compared, err error) {
	db, err := attached(ours, "(read_only)")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "attach '"+theirs+"' as yardstick (read_only)"); err != nil {
		return nil, err
	}
	for _, s := range pairings {
		c := compared{Name: s.name, Rules: s.rules}
		mentioned := "0"
		if s.table != "grants" {
			mentioned = "count(*) filter (not is_described)"
		}
		if err := db.QueryRowContext(ctx, "select count(*), "+mentioned+" from main."+s.table).Scan(&c.Ours, &c.Mentioned); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		query := `with pairs as materialized (select ours, theirs, list(distinct how) as how from (` + s.query + `) group by ours, theirs),
			per_ours as (select ours, count(*) as n from pairs group by ours),
			per_theirs as (select theirs, count(*) as parts, max(o.n) as n from pairs join per_ours o using (ours) group by theirs),
			differ as (
				select how, count(*) as n from (
					select distinct ours, unnest(how) as how from pairs join per_theirs t using (theirs) where t.parts > 1 or t.n > 1
				) where how not in ('founder', 'alone') group by how
			)
			select (select count(*) from yardstick.` + s.name + `), count(*) filter (parts = 1 and n = 1), count(*) filter (parts > 1 and n = 1),
				count(*) filter (parts = 1 and n > 1), count(*) filter (parts > 1 and n > 1),
				coalesce((select string_agg(how || ' ' || n, ', ' order by n desc, how) from differ), '') from per_theirs`
		if err := db.QueryRowContext(ctx, query).Scan(&c.Theirs, &c.Same, &c.Apart, &c.Joined, &c.Partly, &c.How); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		all = append(all, c)
	}
	c := compared{Name: "pairs of holders", Rules: "The yardstick follows ten steps; ours any number. Its pairs are translated to our keys. Left out are a holder with itself and what has nothing itself, which ours does not pair."}
	if err := db.QueryRowContext(ctx, pairsOfHolders).Scan(&c.Ours, &c.Theirs, &c.Same); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return append(all, c), nil
}

var pairsOfHolders = `with keys as (
	select distinct t.kind || ' ' || t.thing as holder, l.key
	from yardstick.things_of t join meta.links l on l.kind = ` + tableOf("t.kind") + ` and l.statement_key = t.key and l.is_reference
), theirs as (
	select distinct h.key as holder, v.key as via
	from yardstick.reach r join keys h on h.holder = r.holder join keys v on v.holder = r.via
	where h.key <> v.key and v.key in (select principal_key from main.grants)
), ours as (
	select a.key as holder, b.key as via
	from closure.reach r join closure.nodes a on a.holder = r.holder join closure.nodes b on b.holder = r.via
	where r.holder <> r.via
)
select (select count(*) from ours), (select count(*) from theirs), (select count(*) from ours semi join theirs using (holder, via))`
