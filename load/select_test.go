package load_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/schemas"
)

func ident(name string) string { return `"` + name + `"` }

// inMemory is a database of one connection, so that temporary macros stay.
func inMemory(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%v in\n%s", err, statement)
	}
}

// makeEmpty makes a table as the loader would, of provenance with _source alone.
func makeEmpty(t *testing.T, db *sql.DB, table *schemas.Table, name string) {
	t.Helper()
	columns := []string{"_source VARCHAR DEFAULT 'demo'"}
	for _, f := range table.Fields {
		columns = append(columns, ident(f.Name)+" "+f.Type.SQL())
	}
	run(t, db, "create table "+name+" ("+strings.Join(columns, ", ")+")")
}

// What 'datasets NAME --sql' prints is SQL that DuckDB takes, for every contract.
func TestSelects_areSQL(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	db := inMemory(t)
	for _, vendor := range []string{"oleria", "sailpoint", "balkanid", "own"} {
		run(t, db, "create schema "+vendor)
	}
	for _, c := range set.All() {
		makeEmpty(t, db, c.VendorTable(), c.Vendor()+"."+ident(c.Plural()))
		text := c.SQL(set.Common)
		run(t, db, text)
		for _, s := range c.Selects(set.Common) {
			if !strings.Contains(text, s.Text+";") {
				t.Errorf("%s: the statement for %s is not printed", c.Dataset, s.Table)
			}
			for column, reason := range s.NotInSQL {
				if !strings.Contains(s.Text, " AS "+column+", -- not in SQL: "+reason) && !strings.Contains(s.Text, " AS "+column+" -- not in SQL: "+reason) {
					t.Errorf("%s: %s.%s is not what is loaded, and the text does not say so:\n%s", c.Dataset, s.Table, column, s.Text)
				}
			}
		}
	}
}

// goldenRows is what the program makes of an input; see transform's golden tests.
type goldenRows struct {
	Vendor []map[string]json.RawMessage
	Common map[string][]map[string]json.RawMessage
}

// Over the vendor's table of each fixture the statements give the rows that
// the program made, in all columns that they say they can give.
func TestSelects_giveWhatIsLoaded(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, c := range set.All() {
		files, err := filepath.Glob(filepath.Join("..", "testdata", c.Vendor(), c.Plural(), "*.golden.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if len(c.Emit) == 0 {
				continue
			}
			t.Run(c.Dataset+"/"+filepath.Base(file), func(t *testing.T) { compared += compareSelects(t, c, set.Common, file) })
		}
	}
	if compared < 100 {
		t.Errorf("only %d rows were compared", compared)
	}
}

func compareSelects(t *testing.T, c *schemas.Contract, common *schemas.Common, file string) (compared int) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var golden goldenRows
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	db := inMemory(t)
	run(t, db, "create schema "+c.Vendor())
	run(t, db, schemas.SelectMacros)
	vendor := c.Vendor() + "." + ident(c.Plural())
	makeEmpty(t, db, c.VendorTable(), vendor)
	golden.leaveOut(c)
	insert(t, db, c.VendorTable(), vendor, golden.Vendor)
	byTable := map[string][]schemas.Select{}
	for _, s := range c.Selects(common) {
		byTable[s.Table] = append(byTable[s.Table], s)
	}
	for _, table := range slices.Sorted(maps.Keys(byTable)) {
		makeEmpty(t, db, common.Table(table), "golden_"+table)
		insert(t, db, common.Table(table), "golden_"+table, golden.Common[table])
		compared += compareTable(t, db, common.Table(table), byTable[table])
	}
	return compared
}

// leaveOut removes the records that have a placeholder somewhere, or no address where one
// should be, and the rows made of them: the statements know nothing of that.
func (g *goldenRows) leaveOut(c *schemas.Contract) {
	out := map[string]bool{} // part and record
	of := func(row map[string]json.RawMessage) string {
		return string(row["_part"]) + " " + string(row["_record"])
	}
	for _, row := range g.Vendor {
		for column, value := range row {
			c := c.Column(column)
			if c != nil && (hasPlaceholder(value) || c.Type == schemas.Email && !isAddress(value)) {
				out[of(row)] = true
			}
		}
	}
	left := func(row map[string]json.RawMessage) bool { return out[of(row)] }
	g.Vendor = slices.DeleteFunc(g.Vendor, left)
	for table := range g.Common {
		g.Common[table] = slices.DeleteFunc(g.Common[table], left)
	}
}

// hasPlaceholder reports whether a text anywhere in a value stands for nothing.
func hasPlaceholder(value json.RawMessage) bool {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return false
	}
	var within func(v any) bool
	within = func(v any) bool {
		switch v := v.(type) {
		case string:
			return v != "" && (schemas.IsPlaceholder([]byte(v)) || schemas.IsNobody([]byte(v)))
		case []any:
			return slices.ContainsFunc(v, within)
		case map[string]any:
			return slices.ContainsFunc(slices.Collect(maps.Values(v)), within)
		}
		return false
	}
	return within(v)
}

func isAddress(value json.RawMessage) bool {
	var s string
	return json.Unmarshal(value, &s) != nil || s == "" || strings.Count(s, "@") == 1
}

// insert fills a table with rows as JSON.
func insert(t *testing.T, db *sql.DB, table *schemas.Table, name string, rows []map[string]json.RawMessage) {
	t.Helper()
	var types, columns []string
	for _, f := range table.Fields {
		kind := f.Type.SQL()
		if f.Type == schemas.Duration { // 1h8m0s is no interval to DuckDB
			kind = "VARCHAR"
		}
		types, columns = append(types, fmt.Sprintf("%q: %q", f.Name, kind)), append(columns, ident(f.Name))
	}
	values := slices.Clone(columns)
	for i, f := range table.Fields {
		if f.Type == schemas.Duration {
			values[i] = "CAST(regexp_replace(regexp_replace(regexp_replace(" + values[i] + ", 'h', ' hours '), 'm', ' minutes '), 's$', ' seconds') AS INTERVAL)"
		}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(fmt.Sprintf("insert into %s (%s) select %s from (select unnest(from_json(?::json, '[{%s}]'), recursive := false) as r) q, lateral (select unnest(r)) v",
		name, strings.Join(columns, ", "), strings.Join(values, ", "), strings.Join(types, ", ")), string(text))
	if err != nil {
		t.Fatal(err)
	}
}

func compareTable(t *testing.T, db *sql.DB, table *schemas.Table, selects []schemas.Select) int {
	var said []string
	prints := map[string]bool{} // columns that may hold a fingerprint, where the statement has NULL
	for _, f := range table.Fields {
		reasons := map[string]bool{}
		for _, s := range selects {
			reasons[s.NotInSQL[f.Name]] = true
		}
		delete(reasons, "")
		prints[f.Name] = reasons[schemas.FingerprintNotInSQL]
		delete(reasons, schemas.FingerprintNotInSQL)
		if len(reasons) == 0 {
			said = append(said, f.Name)
		}
	}
	parts := make([]string, len(selects))
	for i, s := range selects {
		columns := make([]string, len(said))
		for k, name := range said {
			columns[k] = "NULL AS " + ident(name)
			if slices.Contains(s.Columns, name) {
				columns[k] = ident(name)
			}
		}
		parts[i] = "select " + strings.Join(columns, ", ") + " from (" + s.Text + ")"
	}
	list := make([]string, len(said))
	for i, name := range said {
		list[i] = ident(name)
		if f := table.Field(name); f != nil && f.Type == schemas.JSON {
			list[i] = "cast(json(" + ident(name) + ") as varchar) as " + ident(name)
		}
	}
	of := strings.Join(list, ", ")
	for i, name := range said {
		if prints[name] {
			list[i] = "nullif(regexp_replace(" + ident(name) + ", '^[^:]*:[^:]*:[0-9a-f]{32}$', ''), '') as " + ident(name)
		}
	}
	run(t, db, "create table made as select "+of+" from ("+strings.Join(parts, " union by name ")+")")
	run(t, db, "create table loaded as select "+strings.Join(list, ", ")+" from golden_"+table.Name)
	defer run(t, db, "drop table made; drop table loaded")
	for _, side := range [][2]string{{"made", "loaded"}, {"loaded", "made"}} {
		rows, err := db.Query(fmt.Sprintf("select to_json(r)::varchar from (from %s except from %s) r order by 1", side[0], side[1]))
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			t.Errorf("%s: only %s: %s", table.Name, side[0], text)
		}
		rows.Close()
	}
	var n int
	if err := db.QueryRow("select count(*) from loaded").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
