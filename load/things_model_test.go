package load

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/load/links"
	"github.com/accessmart/accessmart/load/resolve"
	"github.com/accessmart/accessmart/schemas"
)

// region is one random history of each of its towns, in one file: of a few people, accounts and
// grants, as two sources state them. Nothing that is stated in one town is about another one.
// The towns have in common which exports a run gets, but not what these say.
type region struct {
	*site
	r      *rand.Rand
	towns  int
	people int                         // of each town, and accounts of each of its sources
	states map[stated][]statedRow      // what was delivered last
	print  map[schemas.ExportID]string // fingerprint of the contract then
	lines  []resolve.UserLink          // of the links file
	plans  []plan
	pasts  []past
}

// stated is what an export delivers of a town.
type stated struct {
	schemas.ExportID
	town int
}

// plan is what one run does, so that it can be done again.
type plan struct {
	at      time.Time
	exports []planned
	lines   []resolve.UserLink
	publish bool // the run is the last of its working copy
}

type planned struct {
	id     schemas.ExportID
	print  string
	rows   []statedRow
	failed bool
}

// statedRow is a row of a common table.
type statedRow struct {
	table  string
	values row
}

// townDatasets are those of each source, with what they state.
var townDatasets = []string{"balkanid.employees", "balkanid.entities", "balkanid.entity_relations"}

// Random histories in which statements are taken for one thing and parted again: what was at
// any moment, and each list of changes with its causes, is what was remembered of the runs.
// A file that is made in one go from the same deliveries is the same.
func TestHistory_ofThings(t *testing.T) {
	t.Parallel()
	changes := map[string]int{}
	// To open a file and to plan the statements of a run takes as long as many towns.
	histories := []int{100}
	if *torture {
		histories = append(slices.Repeat([]int{1}, 100), 100, 100)
	}
	for i, towns := range histories {
		h := newRegion(t, *modelSeed+uint64(i), towns, 5)
		runs := often(6, 8)
		for n := range runs {
			h.plans = append(h.plans, h.next(n == runs-1))
		}
		h.replay(true)
		h.compare(changes)
		again := &region{site: newBareSite(t), plans: h.plans}
		again.replay(false)
		for _, table := range remembered() {
			query := "select to_json(x)::varchar from " + table + " x order by all"
			if got, want := again.query(query), h.query(query); !slices.Equal(got, want) {
				t.Fatalf("history %d: %s made in one go:\n  %s\nwant:\n  %s", i, table, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
		}
	}
	for _, what := range []string{"added", "removed", "changed", "unseen", "data", "first load", "contract changed", "links changed", "merge", "split"} {
		if changes[what] == 0 && (*torture || *modelSeed == 1) {
			t.Errorf("no history has %q, so that it was not tried", what)
		}
	}
	figure(t, "history of things", "changes by kind and cause: %v", changes)
}

func newRegion(t *testing.T, seed uint64, towns, people int) *region {
	return &region{site: newSite(t), r: rand.New(rand.NewPCG(seed, 3)), towns: towns, people: people, states: map[stated][]statedRow{}, print: map[schemas.ExportID]string{}}
}

// remembered are the tables that a file made anew must have alike.
func remembered() (out []string) {
	for table := range thingTables() {
		out = append(out, "main."+table, "history."+table)
	}
	return append(out, "meta.links", "history.links", "meta.key_changes")
}

// next plans a run.
func (h *region) next(last bool) plan {
	h.clock = h.clock.Add(time.Duration(1+h.r.IntN(48)) * time.Hour)
	p := plan{at: h.clock, publish: last || h.r.IntN(3) == 0}
	for _, source := range []string{"one", "two"} {
		for _, dataset := range townDatasets {
			id := schemas.ExportID{Source: source, Dataset: dataset}
			if h.r.IntN(3) == 0 {
				continue
			}
			if h.r.IntN(8) == 0 {
				p.exports = append(p.exports, planned{id: id, failed: true})
				continue
			}
			var rows []statedRow
			for town := range h.towns {
				of := stated{id, town}
				if h.towns == 1 || h.r.IntN(3) > 0 {
					h.states[of] = h.changed(of)
				}
				rows = append(rows, h.states[of]...)
			}
			if h.print[id] == "" || h.r.IntN(6) == 0 {
				h.print[id] = fmt.Sprint("contract ", len(h.plans))
			}
			p.exports = append(p.exports, planned{id, h.print[id], rows, false})
		}
	}
	for town := range h.towns {
		if h.r.IntN(2) == 0 {
			h.line(town)
		}
	}
	p.lines = slices.Clone(h.lines)
	return p
}

// changed are the rows of a town with some that are new, gone or other.
func (h *region) changed(of stated) []statedRow {
	rows := slices.Clone(h.states[of])
	for range 1 + h.r.IntN(3) {
		rows = h.with(rows, h.row(of))
	}
	for range h.r.IntN(2) {
		if len(rows) > 1 {
			i := h.r.IntN(len(rows))
			rows = slices.Delete(rows, i, i+1)
		}
	}
	return rows
}

// with puts a row among others, in the place of one of the same key.
func (h *region) with(rows []statedRow, fresh statedRow) []statedRow {
	same := func(o statedRow) bool { return keyOf(o) == keyOf(fresh) }
	if i := slices.IndexFunc(rows, same); i >= 0 {
		rows[i] = fresh
		return rows
	}
	return append(rows, fresh)
}

func keyOf(r statedRow) string {
	t := common(r.table)
	if t.Key == "" {
		return fmt.Sprint(r.table, r.values["identity_key"], r.values["account_key"])
	}
	return fmt.Sprint(r.table, r.values[t.Key])
}

// row is one that an export might state of a town, of few names, addresses and logins.
func (h *region) row(of stated) statedRow {
	s := of.Source
	first := h.first(of.town)
	n := first + h.r.IntN(h.people)
	other := func() int { return first + h.r.IntN(h.people) }
	switch of.Dataset {
	case "balkanid.employees":
		return statedRow{"identities", row{"identity_key": fmt.Sprintf("%s:identity:%d", s, n), "native_id": fmt.Sprint("n", n), "display_name": h.nameOf(of.town, n-first),
			"email": fmt.Sprintf("e%d@example.com", pick(h.r, n, n, n, other())), "title": pick(h.r, "Clerk", "Chief")}}
	case "balkanid.entities":
		return statedRow{"accounts", row{"account_key": fmt.Sprintf("%s:account:%d", s, n), "native_id": fmt.Sprint("a", n), "application_key": fmt.Sprintf("%s:application:%d", s, of.town),
			"username": fmt.Sprint("u", pick(h.r, n, n, other())), "email": fmt.Sprintf("e%d@example.com", pick(h.r, n, n, other())), "status": pick(h.r, "active", "inactive")}}
	}
	if h.r.IntN(4) == 0 {
		return statedRow{"identity_accounts", row{"identity_key": fmt.Sprintf("%s:identity:%d", s, n), "account_key": fmt.Sprintf("%s:account:%d", s, other()), "relation": "owns"}}
	}
	g := h.r.IntN(h.people + 1)
	return statedRow{"grants", row{"grant_key": fmt.Sprintf("%s:grant:%d", s, first+g), "principal_kind": "account", "principal_key": fmt.Sprintf("%s:account:%d", s, pick(h.r, first+g%h.people, first+g%h.people, other())),
		"target_kind": "entitlement", "target_key": fmt.Sprintf("%s:entitlement:%d", s, first+g%2), "privilege": pick(h.r, "read", "Read", "write"), "effect": pick(h.r, "allow", "deny")}}
}

// first is the first number of what only this town has.
func (h *region) first(town int) int { return (h.people + 1) * town }

// nameOf is the name of the nth person of a town; that of the sixth looks like none of the
// first five, and none like one of another town.
func (h *region) nameOf(town, n int) string {
	first, last := []string{"Ann", "Bob", "Cat", "Dan", "Eve"}, []string{"North", "South", "West", "East", "Hill"}
	name := strings.Repeat(first[n%5]+" ", 1+n/25) + last[(n+n/5)%5]
	if h.towns > 1 {
		name += " " + string([]byte{'A' + byte(town/26%26), 'a' + byte(town%26), 'o', 'm'})
	}
	return name
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// line adds a line about a town to the links file, or takes one out: each pair stands there once.
func (h *region) line(town int) {
	if len(h.lines) > 0 && h.r.IntN(3) == 0 {
		i := h.r.IntN(len(h.lines))
		h.lines = slices.Delete(slices.Clone(h.lines), i, i+1)
		return
	}
	kind := pick(h.r, "identity", "account")
	u := resolve.UserLink{Action: pick(h.r, resolve.SameAs, resolve.SameAs, resolve.NotSameAs), Kind: schemas.RefersTo(kind), Line: len(h.lines) + 2,
		Left: fmt.Sprintf("one:%s:%d", kind, h.first(town)+h.r.IntN(h.people)), Right: fmt.Sprintf("two:%s:%d", kind, h.first(town)+h.r.IntN(h.people))}
	if !slices.ContainsFunc(h.lines, func(o resolve.UserLink) bool { return o.Left == u.Left || o.Right == u.Right }) {
		h.lines = append(slices.Clone(h.lines), u)
	}
}

// replay does the runs of the plans: in the working copies that they say, and remembering
// what the file says after each, or all in one.
func (h *region) replay(remember bool) {
	var w *Work
	lines := 0
	set := func(o *Options) {
		o.Links = func(ledger.Run, links.By) (links.User, error) {
			p := h.plans[lines]
			return links.User{Lines: p.lines, File: fmt.Sprint(p.lines)}, nil
		}
	}
	h.pasts = []past{{things: map[thingID]string{}}}
	seen := map[schemas.ExportID]string{}
	for n, p := range h.plans {
		run := ledger.Run{ID: fmt.Sprintf("01J00000000000000000%06d", n+1), Command: "refresh", Version: "test", StartedAt: p.at}
		if w == nil {
			w = h.begin(set, func(o *Options) { o.Run = run })
		} else if err := w.Next(h.t.Context(), ledger.RunDone, run); err != nil {
			h.t.Fatal(err)
		}
		if n > 0 && remember {
			h.remember(w)
		}
		lines = n
		h.run(w, p, seen)
		if n < len(h.plans)-1 {
			w.model.Only = ofMeta // nobody asks this file
		} else if !h.bare {
			w.model.Only = nil
		}
		if p.publish && remember || n == len(h.plans)-1 {
			h.publish(w)
			w = nil
		}
	}
	if !remember {
		return
	}
	w = h.begin()
	h.remember(w)
	if err := w.Discard(); err != nil {
		h.t.Fatal(err)
	}
}

// run does what is planned for one run.
func (h *region) run(w *Work, p plan, seen map[schemas.ExportID]string) {
	next := past{at: w.Ledger().AsOf(), causes: map[schemas.ExportID]string{}, unseen: map[schemas.ExportID]bool{}}
	for _, x := range p.exports {
		e := export(x.id.Source, x.id.Dataset, fmt.Sprint("a", len(h.pasts)))
		if x.failed {
			next.unseen[x.id] = true
			if err := w.Ledger().Record(h.t.Context(), e, ledger.Failed, "planted"); err != nil {
				h.t.Fatal(err)
			}
			continue
		}
		c := *contract(x.id.Dataset)
		c.Fingerprint = x.print
		if _, err := w.Load(h.t.Context(), e, &c, h.deliver(x)); err != nil {
			h.t.Fatal(err)
		}
		switch was, loaded := seen[x.id]; {
		case !loaded:
			next.causes[x.id] = "first load"
		case was != x.print:
			next.causes[x.id] = "contract changed"
		default:
			next.causes[x.id] = "data"
		}
		seen[x.id] = x.print
	}
	h.pasts = append(h.pasts, next)
}

// deliver is the stream of an export.
func (h *region) deliver(x planned) *schemas.Stream {
	vendor := &schemas.Table{Schema: "balkanid", Name: strings.TrimPrefix(x.id.Dataset, "balkanid."), Fields: vendorTable.Fields}
	sets := []rows{{table: vendor}}
	for _, name := range []string{"identities", "accounts", "grants", "identity_accounts"} {
		set := rows{table: common(name)}
		for i, r := range x.rows {
			if r.table == name {
				values := maps.Clone(r.values)
				values["record"] = i
				set.rows = append(set.rows, values)
				sets[0].rows = append(sets[0].rows, row{"name": keyOf(r), "record": i})
			}
		}
		if len(set.rows) > 0 {
			sets = append(sets, set)
		}
	}
	return h.stream(vendor, nil, sets...)
}

// remember completes what is known of the last run.
func (h *region) remember(w *Work) {
	last := &h.pasts[len(h.pasts)-1]
	p := pastOf(h.t, w.db)
	p.at, p.causes, p.unseen = last.at, last.causes, last.unseen
	*last = p
}

// compare asks the file about all moments and spans.
func (h *region) compare(changes map[string]int) {
	f, err := read.Open(h.t.Context(), h.path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	equal := func(what, query string, want []string) {
		h.t.Helper()
		slices.Sort(want)
		if got := sortedLines(h.t, f, query); !slices.Equal(got, want) {
			for _, l := range got {
				if !slices.Contains(want, l) {
					h.t.Errorf("%s: not wanted: %s", what, l)
				}
			}
			for _, l := range want {
				if !slices.Contains(got, l) {
					h.t.Errorf("%s: missing: %s", what, l)
				}
			}
			h.t.FailNow()
		}
	}
	lists := make([][]string, len(h.pasts))
	for i, p := range h.pasts[1:] {
		lists[i+1] = p.changes(h.t, h.pasts[i])
		for _, l := range lists[i+1] {
			cells := strings.Split(l, "|")
			changes[cells[1]]++
			changes[cells[6]]++
			changes[cells[len(cells)-2]]++
		}
	}
	equal("all changes", fmt.Sprintf(thingChangesSQL, "history.changes"), slices.Concat(lists...))
	for i := 1; i < len(h.pasts); i++ {
		from, to := h.pasts[i-1].at, h.pasts[i].at
		if i == 1 {
			from = to.Add(-time.Hour)
		}
		if i%2 > 0 && !*torture { // each question takes a while to plan
			continue
		}
		equal("changes of a run", fmt.Sprintf(thingChangesSQL, "changes_between("+literal(from)+", "+literal(to)+")"), slices.Clone(lists[i]))
		if !h.known(i) {
			continue
		}
		var want []string
		for id, content := range h.pasts[i].things {
			want = append(want, id.table+"|"+content)
		}
		equal("as of "+stamp(to), asOfThingsSQL(to), slices.Clone(want))
		if i+1 < len(h.pasts) {
			equal("before the next run", asOfThingsSQL(h.pasts[i+1].at.Add(-time.Microsecond)), slices.Clone(want))
		}
	}
}

// known tells whether identities, accounts and grants were all loaded by the ith run.
func (h *region) known(i int) bool {
	var got []string
	for _, p := range h.pasts[1 : i+1] {
		for id := range p.causes {
			for _, e := range contract(id.Dataset).Emit {
				got = append(got, e.Table)
			}
		}
	}
	return slices.Contains(got, "identities") && slices.Contains(got, "accounts") && slices.Contains(got, "grants")
}
