package resolve_test

import (
	"database/sql"
	"fmt"
	"testing"
	"unsafe"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/accessmart/accessmart/load/resolve"
	"github.com/accessmart/accessmart/schemas"
)

// The view of identifiers is SQL that an analyst can read: it runs over tables of
// the common model, and shows what the contracts say.
func TestIdentifiersView(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(text string) {
		t.Helper()
		if _, err := db.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	exec("create schema observed")
	for _, table := range set.Common.Tables {
		if !schemas.IsThing(table.Name) {
			continue
		}
		columns := "source varchar, _dataset varchar, _valid_from timestamptz"
		for _, f := range table.Fields {
			columns += fmt.Sprintf(", %s varchar", f.Name)
		}
		exec(fmt.Sprintf("create table observed.%s (%s)", table.Name, columns))
	}
	exec("create view observed.identifiers as " + set.IdentifiersSQL("observed"))
	exec(`insert into observed.identities (identity_key, source, _dataset, native_id, employee_number, email, username) values
		('b:identity:x', 'b', 'balkanid.employees', '7', '100', 'ann@example.com', 'no login here'),
		('s:identity:1', 's', 'sailpoint.config_objects', '1', null, null, 'alee')`)
	exec(`insert into observed.applications (application_key, source, _dataset, name, instance) values ('o:application:Zoho|a', 'o', 'oleria.access_inventory_application_instances_v2', 'Zoho', 'a')`)
	for _, table := range set.Common.Tables {
		if schemas.IsThing(table.Name) {
			exec(set.StatementsSQL(table.Name, "observed"))
		}
	}
	rows, err := db.Query("select kind || ' ' || statement_key || ' ' || source || ' ' || dataset || ' ' || namespace || '=' || value from observed.identifiers order by all")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := ""
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		got += line + "\n"
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	const want = `applications o:application:Zoho|a o oleria.access_inventory_application_instances_v2 instance=a
applications o:application:Zoho|a o oleria.access_inventory_application_instances_v2 product=Zoho
identities b:identity:x b balkanid.employees email=ann@example.com
identities b:identity:x b balkanid.employees employee_number=100
identities b:identity:x b balkanid.employees native_id=7
identities s:identity:1 s sailpoint.config_objects login=alee
identities s:identity:1 s sailpoint.config_objects native_id=1
`
	if got != want {
		t.Errorf("the view shows\n%s, want\n%s", got, want)
	}
}

// Texts of a statement are lent: what is remembered of them must not change with their memory.
func TestAdd_keepsNoLentText(t *testing.T) {
	rules, err := schemas.LoadResolution()
	if err != nil {
		t.Fatal(err)
	}
	r := resolve.New(rules, resolve.Options{})
	for range 3 {
		lent := []byte("n/a")
		s := resolve.Statement{Source: "one", Dataset: "d", Key: "one:identity:1", From: resolve.NoDay, Until: resolve.NoDay,
			Identifiers: []resolve.Identifier{{Namespace: "email", Value: unsafe.String(&lent[0], len(lent))}}}
		if err := r.Add("identities", &s); err != nil {
			t.Fatal(err)
		}
		copy(lent, "\xc2\xc2\xc2")
	}
	if got := r.Resolve().Unlinkable("identities"); len(got) != 1 || got[0].Value != "n/a" || got[0].Count != 3 {
		t.Errorf("got %v", got)
	}
}
