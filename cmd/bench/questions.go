package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	objects "github.com/accessmart/accessmart/sql"
)

// question is one that is asked of the loaded file.
type question struct {
	Name   string
	Query  string
	First  string // a report's first rows, "" for others
	Bar    float64
	Rows   int64   // what the first query counted or answered
	Whole  float64 // seconds
	Begin  float64 // seconds of First; 0 for others
	Reason string  // why there was no answer, "" where there was
}

// longest is how long a question may take before it counts as unanswered.
const longest = 60 * time.Second

// ofOne are reports that are as large as the product of all people and what they reach: they
// are made to be asked about one person, by this column.
var ofOne = map[string]string{"person": "identity_key", "who_has_access": "identity_key"}

// askAll asks the reports of a file and what one person reaches and who reaches one
// entitlement: medians of some repetitions, after DuckDB has opened the file.
func askAll(ctx context.Context, database string, repeats int) (all []*question, err error) {
	db, err := attached(database, "(read_only)")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	most, err := asked(ctx, db, mostAccess+" limit 1")
	if err != nil {
		return nil, err
	}
	usual, err := asked(ctx, db, mostAccess+" limit 1 offset (select count(distinct identity_key) // 2 from closure.starts where identity_key is not null)")
	if err != nil {
		return nil, err
	}
	target, err := asked(ctx, db, mostReached)
	if err != nil {
		return nil, err
	}
	for _, r := range objects.All(objects.Report) {
		q := &question{Name: "report." + r.Name, Bar: 1}
		from := "from report." + r.Name
		if column := ofOne[r.Name]; column != "" {
			q.Name += ", one person"
			from += " where " + column + " = " + most
		}
		q.Query, q.First = "select count(*) "+from, "select * "+from+" order by "+r.Key+" limit 100"
		all = append(all, q)
	}
	all = append(all,
		&question{Name: "access_of, the person with the most access", Query: "from access_of(" + most + ")", Bar: 0.2},
		&question{Name: "access_of, a person in the middle", Query: "from access_of(" + usual + ")", Bar: 0.2},
		&question{Name: "who_can, the entitlement that most reach", Query: "from who_can(" + target + ")", Bar: 0.5})
	for _, q := range all {
		if err := q.ask(ctx, db, repeats, longest); err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "%s: %.3f s, %.3f s %s\n", q.Name, q.Whole, q.Begin, q.Reason)
	}
	return all, nil
}

// mostAccess lists identities, first those who reach most, in ways through holders.
const mostAccess = `with ways as (
    select holder, count(*) as n from (select r.holder from closure.reach r join closure.edges l on l.holder = r.via) group by holder
)
select s.identity_key
from closure.starts s
join closure.edges e on e.principal = s.start
left join ways w on w.holder = e.opens
where s.identity_key is not null
group by s.identity_key
order by sum(1 + coalesce(w.n, 0)) desc, s.identity_key`

// mostReached is the entitlement that most principals reach, directly or through holders.
const mostReached = `with members as (
    select r.via, count(*) as n from closure.edges f join closure.reach r on r.holder = f.opens where f.holder is null group by r.via
)
select t.key
from closure.edges l
join closure.nodes t on t.node = l.target
left join members m on m.via = l.holder
where t.kind = 'entitlement'
group by t.key
order by sum(coalesce(m.n, 1)) desc, t.key
limit 1`

// asked is the answer to a query of one text, as a literal.
func asked(ctx context.Context, db *sql.DB, query string) (string, error) {
	var text string
	if err := db.QueryRowContext(ctx, query).Scan(&text); err != nil {
		return "", err
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'", nil
}

// ask measures a question. One that is not answered within a limit, or with an error, is no
// error of the benchmark.
func (q *question) ask(ctx context.Context, db *sql.DB, repeats int, limit time.Duration) error {
	var whole, begin []float64
	for range repeats {
		rows, took, err := read(ctx, db, q.Query, limit)
		if err == nil {
			q.Rows = rows
			whole = append(whole, took)
			if q.First != "" {
				_, took, err = read(ctx, db, q.First, limit)
				begin = append(begin, took)
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			q.Reason = reasonOf(err, limit)
			return nil
		}
	}
	q.Whole = middle(whole)
	if q.First != "" {
		q.Begin = middle(begin)
	}
	return nil
}

// reasonOf is the first line of an error, for a cell of a table.
func reasonOf(err error, limit time.Duration) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %g s", limit.Seconds())
	}
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return strings.ReplaceAll(line, "|", "\\|")
}

// read asks a query and reads its rows to the end. The number of rows is the one that the
// query counted, if it is a count.
func read(ctx context.Context, db *sql.DB, query string, limit time.Duration) (n int64, took float64, err error) {
	inTime, end := context.WithTimeout(ctx, limit)
	defer end()
	start := time.Now()
	rows, err := db.QueryContext(inTime, query)
	if err != nil {
		return 0, 0, errors.Join(err, inTime.Err())
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return 0, 0, err
	}
	cells, at := make([]any, len(names)), make([]any, len(names))
	for i := range cells {
		at[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(at...); err != nil {
			return 0, 0, err
		}
		n++
	}
	if err := errors.Join(rows.Err(), inTime.Err()); err != nil {
		return 0, 0, err
	}
	took = time.Since(start).Seconds()
	if strings.HasPrefix(query, "select count(*)") {
		n = cells[0].(int64)
	}
	return n, took, nil
}

// sizes are what a file takes on disk, in bytes, and two new files with the same rows, of
// which one has no table that was derived.
type sizes struct{ File, All, Rest int64 }

// derivedTable holds for the tables that are made of observed at the end of a run.
const derivedTable = `(schema_name in ('main', 'closure', 'history') or
    schema_name = 'meta' and table_name in ('links', 'account_owners', 'addresses', 'key_changes', 'link_conflicts', 'link_suggestions', 'link_runs'))`

// sizesOf copies the tables of a file into new ones, since a file that grew by runs has room
// that is not used.
func sizesOf(ctx context.Context, database string) (s sizes, err error) {
	s.File = fileSize(database)
	for _, of := range []struct {
		size  *int64
		where string
	}{{&s.Rest, "not " + derivedTable}, {&s.All, "true"}} {
		if *of.size, err = copiedTables(ctx, database, database+".sized", of.where); err != nil {
			return s, err
		}
	}
	return s, nil
}

// copiedTables is the size of a new file with some of the tables of another. The file is removed.
func copiedTables(ctx context.Context, from, to, where string) (size int64, err error) {
	defer os.Remove(to)
	db, err := attached(from, "(read_only)")
	if err != nil {
		return 0, err
	}
	db.SetMaxOpenConns(1)
	err = func() error {
		if _, err := db.ExecContext(ctx, "attach '"+to+"' as sized; set preserve_insertion_order = true"); err != nil {
			return err
		}
		statements, err := column(ctx, db, `select format('create schema if not exists sized."{0}"; create table sized."{0}"."{1}" as from access."{0}"."{1}"', schema_name, table_name)
			from duckdb_tables() where database_name = 'access' and `+where+` order by schema_name, table_name`)
		if err != nil {
			return err
		}
		for _, s := range statements {
			if _, err := db.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		_, err = db.ExecContext(ctx, "checkpoint sized; detach sized")
		return err
	}()
	if err := errors.Join(err, db.Close()); err != nil {
		return 0, err
	}
	return fileSize(to), nil
}

// column reads a query of one text column.
func column(ctx context.Context, db *sql.DB, query string) (out []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, rows.Err()
}
