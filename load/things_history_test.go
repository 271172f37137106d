package load

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/schemas"
)

// past is what a file says of things at the end of one run, and what a change of them is
// explained by.
type past struct {
	at      time.Time
	things  map[thingID]string              // content, as JSON
	stated  map[statementID]map[string]bool // versions of a statement, by hash
	granted map[statedGrant]map[string]bool // likewise of grants
	owned   map[statedOwner]map[string]bool // and of who has an account
	links   map[statementID]string          // key of the thing
	means   map[string]string               // kind and statement key -> key of the thing that a reference means
	causes  map[schemas.ExportID]string     // of the exports that the run loaded
	unseen  map[schemas.ExportID]bool       // those that failed
	moved   map[thingID]map[string][]string // key changes of the run: reason -> other keys
}

type thingID struct{ table, key string }

type statementID struct{ kind, source, dataset, key, part string }

type statedGrant struct{ source, dataset, key, principalKind, principal, targetKind, target, privilege string }

type statedOwner struct{ source, dataset, identity, account string }

// thingTables are the tables of main with one row for each thing or edge, with what tells
// rows apart.
func thingTables() map[string]string {
	out := map[string]string{}
	for _, t := range contracts().Common.Tables {
		if t.Thing != "" {
			out[t.Name] = cmp.Or(t.Key, "concat_ws(' ', identity_key, account_key, relation)")
		}
	}
	return out
}

// pastOf reads main, observed and meta.links, but nothing of history: what history must say
// is remembered.
func pastOf(t *testing.T, db *database.DB) past {
	t.Helper()
	p := past{things: map[thingID]string{}, stated: map[statementID]map[string]bool{}, granted: map[statedGrant]map[string]bool{}, owned: map[statedOwner]map[string]bool{}, links: map[statementID]string{}, means: map[string]string{}, moved: map[thingID]map[string][]string{}}
	each := func(query string, n int, f func(cells []string)) {
		t.Helper()
		for _, cells := range textRows(t, db, query, n) {
			f(cells)
		}
	}
	add := func(m map[string]bool, hash string) map[string]bool {
		if m == nil {
			m = map[string]bool{}
		}
		m[hash] = true
		return m
	}
	for table, key := range thingTables() {
		each(fmt.Sprintf("select %s, to_json(x) from (select * exclude (_valid_from, _hash) from main.%s) x", key, table), 2, func(c []string) { p.things[thingID{table, c[0]}] = c[1] })
		if schemas.IsThing(table) {
			each(fmt.Sprintf("select _source, _dataset, %s, native_id, _hash from observed.%s", key, table), 5, func(c []string) {
				id := statementID{table, c[0], c[1], c[2], c[3]}
				p.stated[id] = add(p.stated[id], c[4])
			})
		}
	}
	each("select _source, _dataset, grant_key, principal_kind, principal_key, target_kind, target_key, lower(trim(privilege)), _hash from observed.grants", 9, func(c []string) {
		id := statedGrant{c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]}
		p.granted[id] = add(p.granted[id], c[8])
	})
	each("select _source, _dataset, identity_key, account_key, _hash from observed.identity_accounts", 5, func(c []string) {
		id := statedOwner{c[0], c[1], c[2], c[3]}
		p.owned[id] = add(p.owned[id], c[4])
	})
	each("select kind, source, dataset, statement_key, part, key, is_reference from meta.links", 7, func(c []string) {
		p.links[statementID{c[0], c[1], c[2], c[3], c[4]}] = c[5]
		if c[6] == "true" {
			p.means[c[0]+" "+c[3]] = c[5]
		}
	})
	each("select kind, old_key, new_key, reason from meta.key_changes where run_id = (select arg_max(run_id, as_of) from meta.runs)", 4, func(c []string) {
		for _, ends := range [][2]string{{c[1], c[2]}, {c[2], c[1]}} {
			id := thingID{c[0], ends[0]}
			if p.moved[id] == nil {
				p.moved[id] = map[string][]string{}
			}
			p.moved[id][c[3]] = append(p.moved[id][c[3]], ends[1])
		}
	})
	return p
}

// told is a statement that came, went or says something else, for one thing.
type told struct {
	source, dataset, cause string
	stays                  bool
}

// both has the keys of two maps.
func both[K comparable, V any](a, b map[K]V) map[K]bool {
	out := map[K]bool{}
	for _, m := range []map[K]V{a, b} {
		for k := range m {
			out[k] = true
		}
	}
	return out
}

// turned tells whether versions of a statement began or ended, and whether others stay.
func turned(before, after map[string]bool) (touched, stays bool) {
	begins, ends := false, false
	for h := range after {
		begins = begins || !before[h]
	}
	for h := range before {
		ends = ends || !after[h]
	}
	return begins || ends, begins && ends
}

// tells lists by things and edges what was told of them in the run of p.
func (p past) tells(before past) map[thingID][]told {
	out := map[thingID][]told{}
	say := func(table, about, source, dataset string, stays bool) {
		if cause, loaded := p.causes[schemas.ExportID{Source: source, Dataset: dataset}]; loaded {
			id := thingID{table, about}
			out[id] = append(out[id], told{source, dataset, cause, stays})
		}
	}
	for _, links := range []map[statementID]string{before.links, p.links} {
		for id, key := range links {
			touched, stays := turned(before.stated[id], p.stated[id])
			_, was := before.links[id]
			_, is := p.links[id]
			if touched || was != is {
				say(id.kind, key, id.source, id.dataset, stays)
			}
		}
	}
	grants := both(before.granted, p.granted)
	for g := range grants {
		touched, stays := turned(before.granted[g], p.granted[g])
		if !touched {
			continue
		}
		for _, who := range []past{before, p} {
			for _, what := range []past{before, p} {
				principal, target := who.means[schemas.RefersTo(g.principalKind)+" "+g.principal], what.means[schemas.RefersTo(g.targetKind)+" "+g.target]
				say("grants", principal+" "+target+" "+g.privilege, g.source, g.dataset, stays)
			}
		}
	}
	owners := both(before.owned, p.owned)
	for o := range owners {
		touched, stays := turned(before.owned[o], p.owned[o])
		if !touched {
			continue
		}
		for _, who := range []past{before, p} {
			for _, what := range []past{before, p} {
				say("identity_accounts", who.means["identities "+o.identity]+" "+what.means["accounts "+o.account], o.source, o.dataset, stays)
			}
		}
	}
	return out
}

// explain chooses the cause of a change.
func explain(change string, said []told) (told, bool) {
	said = slices.DeleteFunc(slices.Clone(said), func(s told) bool { return change != "changed" && s.stays })
	if len(said) == 0 {
		return told{cause: "links changed"}, false
	}
	return slices.MinFunc(said, func(a, b told) int {
		other := func(s told) int {
			if s.cause == "data" {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(other(a), other(b)), cmp.Compare(a.source, b.source), cmp.Compare(a.dataset, b.dataset))
	}), true
}

// changes are the lines of what changed in the run of p.
func (p past) changes(t *testing.T, before past) (out []string) {
	tells := p.tells(before)
	for id := range both(before.things, p.things) {
		was, had := before.things[id]
		is, has := p.things[id]
		if was == is {
			continue
		}
		change := map[bool]string{true: "changed", false: "removed"}[has]
		if !had {
			change = "added"
		}
		about := []thingID{id}
		key, content := id.key, cmp.Or(is, was)
		switch id.table {
		case "grants":
			about[0].key = member(t, content, "principal_key") + " " + member(t, content, "target_key") + " " + strings.ToLower(strings.TrimSpace(member(t, content, "privilege")))
		case "identity_accounts": // what is said of it explains it, else of the account, else of the person
			identity, account := member(t, content, "identity_key"), member(t, content, "account_key")
			key, about = "", []thingID{{id.table, identity + " " + account}, {"accounts", account}, {"identities", identity}}
		}
		var by told
		for i, a := range about {
			as := change
			if i > 0 {
				as = "changed"
			}
			var found bool
			if by, found = explain(as, tells[a]); found || i == len(about)-1 {
				break
			}
		}
		moved := p.moved[thingID{id.table, key}]
		if change != "changed" && moved != nil {
			by = told{cause: "links changed"}
		}
		var others []string
		for _, keys := range moved {
			others = append(others, keys...)
		}
		slices.Sort(others)
		out = append(out, strings.Join([]string{stamp(p.at), change, id.table, key, by.source, by.dataset, by.cause, was, is,
			strings.Join(slices.Sorted(maps.Keys(moved)), ", "), strings.Join(slices.Compact(others), " ")}, "|"))
	}
	for id := range p.unseen {
		out = append(out, strings.Join([]string{stamp(p.at), "unseen", "", "", id.Source, id.Dataset, "export missing", "", "", "", ""}, "|"))
	}
	return out
}

const thingChangesSQL = `select concat_ws('|', epoch_us(changed_at), change, coalesce(table_name, ''), coalesce(key, ''), coalesce(_source, ''), coalesce(_dataset, ''), cause,
	coalesce(before::varchar, ''), coalesce(after::varchar, ''), coalesce(link_change, ''), coalesce(array_to_string(other_keys, ' '), '')) from %s`

// asOfThingsSQL asks for all that was at a moment: by the macros, and by versions where
// there is no macro.
func asOfThingsSQL(ts time.Time) string {
	var parts []string
	for table := range thingTables() {
		from := fmt.Sprintf("%s_as_of(%s)", table, literal(ts))
		if !slices.Contains([]string{"identities", "accounts", "identity_accounts", "grants"}, table) {
			from = fmt.Sprintf("(from main.%[1]s where _valid_from <= %[2]s union all by name select * exclude (_valid_to, _ended_by) from history.%[1]s where _valid_from <= %[2]s and _valid_to > %[2]s)", table, literal(ts))
		}
		parts = append(parts, fmt.Sprintf("select '%s|' || to_json(x)::varchar as line from (select * exclude (_valid_from, _hash) from %s) x", table, from))
	}
	return strings.Join(parts, " union all ")
}

// sortedLines asks a file and sorts in Go, whose order of texts is that of bytes.
func sortedLines(t *testing.T, f *read.File, query string) []string {
	t.Helper()
	got, err := ask(f, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	slices.Sort(got)
	return got
}

// textRows are the rows of an answer as text; of NULL it is empty.
func textRows(t *testing.T, db *database.DB, query string, n int) (out [][]string) {
	t.Helper()
	err := db.Each(t.Context(), database.SQL("select coalesce(columns(*)::varchar, '') from ("+query+")"), func(rows *sql.Rows) error {
		cells, to := make([]string, n), make([]any, n)
		for i := range cells {
			to[i] = &cells[i]
		}
		out = append(out, cells)
		return rows.Scan(to...)
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

// member is the text that an object has under a name; of null it is empty.
func member(t *testing.T, content, name string) string {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(content), &object); err != nil {
		t.Fatal(err)
	}
	text, _ := object[name].(string)
	return text
}
