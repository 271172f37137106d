package diff

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/sql"
)

// ErrNotComparable is wrapped where a file keeps no fingerprints of its rows.
var ErrNotComparable = errors.New("was made by a version that kept no fingerprints of rows, so that it cannot be compared with another file")

// Compared is what two files say otherwise.
type Compared struct {
	Before  time.Time `json:"before"` // of the runs that made the files
	After   time.Time `json:"after"`
	IsLater bool      `json:"is_later"` // the second file goes on from the first, so that it knows why things changed
	Notes   []string  `json:"notes"`    // what cannot be compared
	Changes []Change  `json:"changes"`
}

// tables are those of main that are compared, with what tells their rows apart. Keys of
// things stay the same from run to run.
var tables = []struct{ name, key database.SQL }{
	{"accounts", "account_key"}, {"applications", "application_key"}, {"entitlements", "entitlement_key"}, {"grants", "grant_key"}, {"groups", "group_key"},
	{"identities", "identity_key"}, {"identity_accounts", "identity_key || ' ' || account_key || ' ' || coalesce(relation, '')"}, {"resources", "resource_key"}, {"roles", "role_key"},
}

// Files compares what is in two files, of which before is the earlier one.
//
// Errors: what wraps [ErrNotComparable], or what DuckDB says.
func Files(ctx context.Context, before, after *read.File) (*Compared, error) {
	c := &Compared{Notes: []string{}, Changes: []Change{}}
	if err := c.begin(ctx, before, after); err != nil {
		return nil, err
	}
	causes, err := c.causes(ctx, after)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		found, err := differing(ctx, before, after, t.name, t.key)
		if err != nil {
			return nil, err
		}
		for keys := range slices.Chunk(found, 500) {
			if err := c.tell(ctx, before, after, t.name, t.key, keys, causes); err != nil {
				return nil, err
			}
		}
	}
	// Of what is gone only the file before may know the names, as of the person whose account
	// something was.
	var gone, here []Change
	for _, x := range c.Changes {
		if x.Change == "removed" {
			gone = append(gone, x)
		} else {
			here = append(here, x)
		}
	}
	if err := errors.Join(name(ctx, gone, before), name(ctx, here, after, before)); err != nil {
		return nil, err
	}
	c.Changes = append(gone, here...)
	slices.SortStableFunc(c.Changes, func(a, b Change) int { return strings.Compare(a.Table, b.Table) })
	return c, nil
}

const exportsOf = `select source, dataset, contract from meta.exports e
where status = 'loaded' and as_of = (select max(as_of) from meta.exports x where x.source = e.source and x.dataset = e.dataset and x.status in ('loaded', 'dropped', 'erased'))`

// begin reads what the two files are made of.
func (c *Compared) begin(ctx context.Context, before, after *read.File) error {
	for f, at := range map[*read.File]*time.Time{before: &c.Before, after: &c.After} {
		has := false
		err := f.Each(ctx, "select count(*) > 0 from duckdb_columns() where database_name = current_database() and schema_name = 'main' and table_name = 'grants' and column_name = '_hash'",
			func(row []read.Value) { has = row[0].Bool() })
		if err == nil && !has {
			err = &database.FileError{Path: f.Path(), Err: ErrNotComparable}
		}
		if err == nil {
			err = f.Each(ctx, "select max(as_of) from meta.runs", func(row []read.Value) { *at = row[0].Time() })
		}
		if err != nil {
			return err
		}
	}
	var last string
	err := before.Each(ctx, "select arg_max(run_id, as_of) from meta.runs", func(row []read.Value) { last = row[0].Text })
	if err == nil {
		err = after.Each(ctx, "select count(*) > 0 from meta.runs where run_id = "+string(database.Text(last)), func(row []read.Value) { c.IsLater = row[0].Bool() })
	}
	if err != nil {
		return err
	}
	if !c.IsLater {
		c.Notes = append(c.Notes, "the later file does not have the last run of the earlier one: why things changed is not known, and one that was joined with another, or split, may be told as one that is gone and one that came")
	}
	contracts := [2]map[string]string{{}, {}}
	for i, f := range []*read.File{before, after} {
		err := f.Each(ctx, exportsOf, func(row []read.Value) { contracts[i][row[1].Text+" of "+row[0].Text] = row[2].Text })
		if err != nil {
			return err
		}
	}
	c.compare(contracts[0], contracts[1])
	return nil
}

// compare notes the datasets that only one file has, and those that are read by other contracts.
func (c *Compared) compare(before, after map[string]string) {
	for _, dataset := range slices.Sorted(maps.Keys(before)) {
		contract, ok := after[dataset]
		switch {
		case !ok:
			c.Notes = append(c.Notes, dataset+" is in the earlier file only: what it alone told is told as gone")
		case contract != before[dataset]:
			c.Notes = append(c.Notes, dataset+" is read by another contract in each file: what it tells may differ for that reason")
		}
	}
	for _, dataset := range slices.Sorted(maps.Keys(after)) {
		if _, ok := before[dataset]; !ok {
			c.Notes = append(c.Notes, dataset+" is in the later file only: what it alone tells is told as new")
		}
	}
}

// cause is why a row changed since the earlier file.
type cause struct{ cause, link, source, dataset string }

var causesSince = database.Parse(`select table_name, coalesce(key, coalesce(after->>'identity_key', before->>'identity_key') || ' ' || coalesce(after->>'account_key', before->>'account_key') || ' ' || coalesce(after->>'relation', before->>'relation', '')),
    string_agg(distinct cause, ', ' order by cause), coalesce(string_agg(distinct link_change, ', ' order by link_change), ''),
    case when count(distinct _source) = 1 then any_value(_source) else '' end, case when count(distinct _dataset) = 1 then any_value(_dataset) else '' end
from history.changes
where changed_at > {{.from}} and changed_at <= {{.to}} and table_name is not null
group by 1, 2`)

// causes are those that the later file knows, by table and key.
func (c *Compared) causes(ctx context.Context, after *read.File) (map[string]cause, error) {
	out := map[string]cause{}
	if !c.IsLater {
		return out, nil
	}
	err := after.Each(ctx, string(causesSince.Fill(database.Values{"from": c.Before, "to": c.After})), func(row []read.Value) {
		out[row[0].Text+" "+row[1].Text] = cause{row[2].Text, row[3].Text, row[4].Text, row[5].Text}
	})
	return out, err
}

// found is a row that the files say otherwise.
type found struct {
	key    string
	change string
}

var (
	// Rows are spread over many buckets by their keys, so that only those in which something
	// differs are sorted: a file may have millions of rows, of which few have changed.
	bucketsOf = database.Parse(`select (hash({{.key}}) % 65536)::integer as bucket, count(*)::varchar || ' ' || bit_xor(hash({{.key}}, _hash))::varchar from main.{{.table}} group by bucket`)
	rowsOf    = database.Parse(`select {{.key}} as key, _hash::varchar from main.{{.table}} where hash({{.key}}) % 65536 in ({{.buckets}}) order by key`)
)

// differing goes through what differs of a table of both files, in the order of keys.
func differing(ctx context.Context, before, after *read.File, table, key database.SQL) (out []found, err error) {
	v := database.Values{"table": table, "key": key}
	sums := [2]map[int64]string{{}, {}}
	for i, f := range []*read.File{before, after} {
		if err := f.Each(ctx, string(bucketsOf.Fill(v)), func(row []read.Value) { sums[i][row[0].Int()] = row[1].Text }); err != nil {
			return nil, err
		}
	}
	for bucket, sum := range sums[0] {
		if sums[1][bucket] == sum {
			delete(sums[0], bucket)
			delete(sums[1], bucket)
		}
	}
	maps.Copy(sums[0], sums[1])
	if len(sums[0]) == 0 {
		return nil, nil
	}
	var buckets []database.SQL
	for _, bucket := range slices.Sorted(maps.Keys(sums[0])) {
		buckets = append(buckets, database.SQL(strconv.FormatInt(bucket, 10)))
	}
	v["buckets"] = database.Join(buckets, ", ")
	query := string(rowsOf.Fill(v))
	was, closeWas, err := pull(ctx, before, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeWas()) }()
	is, closeIs, err := pull(ctx, after, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeIs()) }()
	a, okA, err := was()
	if err != nil {
		return nil, err
	}
	b, okB, err := is()
	for err == nil && (okA || okB) {
		switch {
		case !okB || okA && a[0] < b[0]:
			out = append(out, found{a[0], "removed"})
			a, okA, err = was()
			continue
		case !okA || b[0] < a[0]:
			out = append(out, found{b[0], "added"})
			b, okB, err = is()
			continue
		case a[1] != b[1]:
			out = append(out, found{a[0], "changed"})
		}
		if a, okA, err = was(); err == nil {
			b, okB, err = is()
		}
	}
	return out, err
}

// pull reads an answer row by row.
func pull(ctx context.Context, f *read.File, query string) (next func() ([2]string, bool, error), end func() error, err error) {
	rows, err := f.Query(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	row, stop := iter.Pull2(rows.All())
	next = func() ([2]string, bool, error) {
		cells, err, ok := row()
		if !ok || err != nil {
			return [2]string{}, false, err
		}
		return [2]string{strings.Clone(cells[0].Text), strings.Clone(cells[1].Text)}, true, nil
	}
	return next, func() error { stop(); return rows.Close() }, nil
}

var (
	contents = database.Parse(`select key, to_json(t) from (select {{.key}} as key, t from (select * exclude (_valid_from, _hash) from main.{{.table}}) t where {{.key}} in {{.keys}})`)
	meanings = database.Parse(`select nth, before, after, {{.event}} as event
from (values {{.rows}}) v(nth, table_name, change, before, after, changed_at, cause, link_change) order by nth`)
	meaning = database.Parse(`({{.nth}}, {{.table}}, {{.change}}, {{.before}}, {{.after}}, {{.at}}, {{.cause}}, {{.link}})`)
)

// tell adds the changes of some rows of a table.
func (c *Compared) tell(ctx context.Context, before, after *read.File, table, key database.SQL, rows []found, causes map[string]cause) error {
	var texts [2]map[string]string
	keys := func(yield func(string) bool) {
		for _, r := range rows {
			if !yield(r.key) {
				return
			}
		}
	}
	for i, f := range []*read.File{before, after} {
		texts[i] = map[string]string{}
		query := contents.Fill(database.Values{"key": key, "table": table, "keys": database.OneOf(keys)})
		if err := f.Each(ctx, string(query), func(row []read.Value) { texts[i][row[0].Text] = row[1].Text }); err != nil {
			return err
		}
	}
	var values []database.SQL
	said := func(text string, ok bool) database.SQL {
		if !ok {
			return "null::json"
		}
		return database.Text(text) + "::json"
	}
	for i, r := range rows {
		x := causes[string(table)+" "+r.key]
		was, hasWas := texts[0][r.key]
		is, hasIs := texts[1][r.key]
		values = append(values, meaning.Fill(database.Values{"nth": i, "table": string(table), "change": r.change, "before": said(was, hasWas && r.change != "added"), "after": said(is, hasIs && r.change != "removed"),
			"at": c.After, "cause": x.cause, "link": x.link}))
	}
	return after.Each(ctx, string(meanings.Fill(database.Values{"event": database.SQL(sql.Event), "rows": database.Join(values, ",\n")})), func(row []read.Value) {
		r := rows[row[0].Int()]
		x := causes[string(table)+" "+r.key]
		if x.cause == "" {
			x.cause = "not known"
		}
		y := Change{At: c.After, Change: r.change, Event: row[3].Text, Table: string(table), Key: r.key, Cause: x.cause, Link: x.link, Source: x.source, Dataset: x.dataset}
		if table == "identity_accounts" { // its two keys are no key of a thing
			y.Key = ""
		}
		y.fill(row[1], row[2])
		c.Changes = append(c.Changes, y)
	})
}
