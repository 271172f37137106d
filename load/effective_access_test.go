package load

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/schemas"
)

// accessFile is a published file with grants and owners of accounts, which a test gives.
type accessFile struct {
	*site
	w    *Work
	conn *sql.Conn // to the published file, which has one thread
}

func newAccessFile(t *testing.T, unpublished []byte, limits access.Limits) *accessFile {
	t.Helper()
	f := &accessFile{site: newSite(t)}
	f.prepared(unpublished)
	f.w = f.begin()
	f.w.limits = limits
	return f
}

func (f *accessFile) exec(query string) {
	f.t.Helper()
	if _, err := f.w.db.Exec(f.t.Context(), database.SQL(query)); err != nil {
		f.t.Fatalf("%v in\n%.2000s", err, query)
	}
}

// finish publishes the file and opens it for many small questions.
func (f *accessFile) finish() {
	f.t.Helper()
	f.publish(f.w)
	f.conn = attach(f.t, map[string]string{"access": f.path})
	do(f.t, f.conn, "use access")
}

// rows is the answer to a query, one line a row, in the order of their texts.
func (f *accessFile) rows(query string) (out []string) {
	f.t.Helper()
	rows, err := f.conn.QueryContext(f.t.Context(), query)
	if err != nil {
		f.t.Fatalf("%v in\n%s", err, query)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		f.t.Fatal(err)
	}
	cells, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			f.t.Fatal(err)
		}
		texts := make([]string, len(cells))
		for i, c := range cells {
			if texts[i] = c.String; !c.Valid {
				texts[i] = "NULL"
			}
		}
		out = append(out, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		f.t.Fatalf("%v in\n%s", err, query)
	}
	slices.Sort(out)
	return out
}

// graph is grants with texts, and what package access makes of them.
type graph struct {
	*access.Graph
	kinds []string
	edges []access.Edge // the number of an edge is also its grant key
	uses  []access.Use
}

var nodeKinds = []string{"identity", "account", "account", "account", "group", "group", "group", "role", "entitlement", "resource", "application"}

func randomGraph(t *testing.T, seed uint64, nodes, edges int) *graph {
	r := rand.New(rand.NewPCG(seed, 5))
	g := &graph{}
	for range nodes {
		g.kinds = append(g.kinds, nodeKinds[r.IntN(len(nodeKinds))])
	}
	told := map[[3]uint32]bool{}
	for range edges {
		e := access.Edge{From: uint32(r.IntN(nodes)), To: uint32(r.IntN(nodes)), Privilege: uint32(r.IntN(3)), Deny: r.IntN(8) == 0}
		if k := [3]uint32{e.From, e.To, e.Privilege}; !told[k] { // a grant is told once
			told[k] = true
			g.edges = append(g.edges, e)
		}
	}
	for range nodes / 3 {
		u := access.Use{Identity: uint32(r.IntN(nodes)), Account: uint32(r.IntN(nodes))}
		if g.kinds[u.Identity] == "identity" && g.kinds[u.Account] == "account" {
			g.uses = append(g.uses, u)
		}
	}
	kinds := make([]access.Kind, nodes)
	for i, k := range g.kinds {
		kinds[i] = access.KindOf(k)
	}
	var err error
	if g.Graph, err = access.New(kinds, g.edges, g.uses); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *graph) key(n uint32) string { return fmt.Sprintf("%s:%03d", g.kinds[n], n) }

func grantKey(e uint32) string { return fmt.Sprintf("grant:%05d", e) }

// fill writes the graph into a file in an order of the seed.
func (g *graph) fill(f *accessFile, seed uint64) {
	privileges := []string{"null", "'use'", "'member'"}
	var values []string
	for i, e := range g.edges {
		effect := []string{"null", "'allow'"}[i%2]
		if e.Deny {
			effect = "'deny'"
		}
		values = append(values, fmt.Sprintf("('%s', '%s', '%s', '%s', '%s', 'application:%d', %s, %s, %s, '2026-01-01')", grantKey(uint32(i)),
			g.kinds[e.From], g.key(e.From), g.kinds[e.To], g.key(e.To), e.To%3, privileges[e.Privilege], effect, []string{"true", "null", "false"}[i%3]))
	}
	r := rand.New(rand.NewPCG(seed, 6))
	r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	f.exec("insert into main.grants (grant_key, principal_kind, principal_key, target_kind, target_key, application_key, privilege, effect, is_direct, _valid_from) values " + strings.Join(values, ",\n"))
	for i, u := range g.uses {
		f.exec(fmt.Sprintf("insert into main.identity_accounts (identity_key, account_key, relation, _valid_from) values ('%s', '%s', %s, '2026-01-01')", g.key(u.Identity), g.key(u.Account), []string{"'is'", "null"}[i%2]))
	}
	f.exec("insert into main.identity_accounts (identity_key, account_key, relation, _valid_from) values ('identity:owner', 'account:owned', 'owns', '2026-01-01')")
	for n, kind := range g.kinds {
		table := common(schemas.RefersTo(kind))
		f.exec(fmt.Sprintf("insert into main.%s (%s, _valid_from) values ('%s', '2026-01-01')", table.Name, table.Key, g.key(uint32(n))))
	}
}

// line is a row as the file answers it, for one identity or none.
func (g *graph) line(identity string, a *access.Access) string {
	account := "NULL"
	if g.kinds[a.Start] == "account" {
		account = g.key(a.Start)
	}
	effect := "allow"
	if a.Deny {
		effect = "deny"
	}
	path := make([]string, len(a.Path))
	for i, e := range a.Path {
		path[i] = grantKey(e)
	}
	direct := a.Hops() == 1 && a.Path[0]%3 != 2
	return strings.Join([]string{identity, account, g.kinds[a.Target], g.key(a.Target), fmt.Sprintf("application:%d", a.Target%3),
		[]string{"NULL", "use", "member"}[a.Privilege], effect, fmt.Sprint(direct), fmt.Sprint(a.Hops()), strings.Join(path, ">")}, "|")
}

// lines are the rows of one start for all identities that have them.
func (g *graph) lines(a *access.Access) (out []string) {
	if g.kinds[a.Start] == "identity" {
		return []string{g.line(g.key(a.Start), a)}
	}
	for n := range g.kinds {
		if slices.Contains(g.Accounts(uint32(n)), a.Start) {
			out = append(out, g.line(g.key(uint32(n)), a))
		}
	}
	if out == nil {
		return []string{g.line("NULL", a)}
	}
	return out
}

const accessColumns = "identity_key, account_key, target_kind, target_key, application_key, privilege, effect, is_direct, hops, array_to_string(path, '>')"

func sorted(lines []string) []string { slices.Sort(lines); return lines }

// TestEffectiveAccess_asPackageAccess asks the file by SQL alone, and package
// access, which has a reference of its own, the same.
func TestEffectiveAccess_asPackageAccess(t *testing.T) {
	empty := unpublished(t, everything())
	for seed := range uint64(3) {
		g := randomGraph(t, seed, 24+int(seed)*9, 50+int(seed)*21)
		f := newAccessFile(t, empty, access.DefaultLimits)
		g.fill(f, seed)
		f.finish()
		var all []string
		for _, rows := range g.All() {
			for i := range rows {
				all = append(all, g.lines(&rows[i])...)
			}
		}
		if diff := cmp.Diff(sorted(all), f.rows("select "+accessColumns+" from main.effective_access")); diff != "" {
			t.Fatalf("seed %d: effective_access: %s", seed, diff)
		}
		for n := range g.kinds {
			var of, who []string
			if g.kinds[n] == "identity" {
				for _, a := range g.Of(uint32(n)) {
					of = append(of, g.line(g.key(uint32(n)), &a))
				}
				for _, query := range []string{"access_of('%s')", "access_of((select '%s'))", "access_of_as_of('%s', now())", "main.effective_access where identity_key = '%s'"} {
					if diff := cmp.Diff(sorted(of), f.rows("select "+accessColumns+" from "+fmt.Sprintf(query, g.key(uint32(n))))); diff != "" {
						t.Fatalf("seed %d: %s: %s", seed, fmt.Sprintf(query, g.key(uint32(n))), diff)
					}
				}
			}
			for _, a := range g.Who(uint32(n)) {
				if !a.Deny {
					who = append(who, g.lines(&a)...)
				}
			}
			for _, query := range []string{"who_can('%s')", "main.effective_access where target_key = '%s' and effect = 'allow'"} {
				if diff := cmp.Diff(sorted(who), f.rows("select "+accessColumns+" from "+fmt.Sprintf(query, g.key(uint32(n))))); diff != "" {
					t.Fatalf("seed %d: %s: %s", seed, fmt.Sprintf(query, g.key(uint32(n))), diff)
				}
			}
		}
	}
}

// TestEffectiveAccess_largeRings folds rings of three and more, and keeps few
// paths: who reaches what is as exact as ever, hops and paths are right or NULL.
func TestEffectiveAccess_largeRings(t *testing.T) {
	unknown := 0
	empty := unpublished(t, everything())
	for seed := range uint64(3) {
		g := randomGraph(t, seed+100, 60, 200)
		f := newAccessFile(t, empty, access.Limits{Ring: 2, Steps: 40})
		g.fill(f, seed)
		f.finish()
		right := map[string][]string{}
		for _, rows := range g.All() {
			for i := range rows {
				for _, line := range g.lines(&rows[i]) {
					cells := strings.Split(line, "|")
					right[strings.Join(cells[:8], "|")] = cells[8:]
				}
			}
		}
		got := f.rows("select " + accessColumns + " from main.effective_access")
		if len(got) != len(right) {
			t.Errorf("seed %d: %d rows, want %d", seed, len(got), len(right))
		}
		for _, line := range got {
			cells := strings.Split(line, "|")
			want, ok := right[strings.Join(cells[:8], "|")]
			if !ok || cells[8] != "NULL" && cells[8] != want[0] || cells[9] != "NULL" && cells[9] != want[1] {
				t.Errorf("seed %d: %s, want hops and path %q", seed, line, want)
			}
			if cells[8] == "NULL" {
				unknown++
			}
		}
		for n, k := range g.kinds {
			if k == "identity" {
				all := f.rows("select " + accessColumns + " from main.effective_access where identity_key = '" + g.key(uint32(n)) + "'")
				if diff := cmp.Diff(all, f.rows("select "+accessColumns+" from access_of('"+g.key(uint32(n))+"')")); diff != "" {
					t.Errorf("seed %d: %s", seed, diff)
				}
			}
			all := f.rows("select " + accessColumns + " from main.effective_access where effect = 'allow' and target_key = '" + g.key(uint32(n)) + "'")
			if diff := cmp.Diff(all, f.rows("select "+accessColumns+" from who_can('"+g.key(uint32(n))+"')")); diff != "" {
				t.Errorf("seed %d: %s", seed, diff)
			}
		}
	}
	if unknown == 0 {
		t.Error("no row without hops: nothing was tried")
	}
}
