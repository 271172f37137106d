package load

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

var (
	modelSeed  = flag.Uint64("model.seed", 1, "seed of the random refreshes")
	modelSteps = flag.Int("model.steps", 0, "number of random refreshes (default 50, 200 when tortured)")
)

// model is the plainest description of what refreshes do to the tables: a list
// of versions, each true from one run until before another.
type model struct {
	versions []version
	vendor   map[place]int // rows of the vendor table at the last load
	runs     []time.Time   // as_of of each run
	unseen   []unseen
	known    map[string]time.Time // by table: the run that first loaded an export that fills it; "" for any
}

// unseen is an export that a run did not get, or held.
type unseen struct {
	at              time.Time
	source, dataset string
	held            bool
}

// place is where rows of a table are compared with each other.
type place struct{ table, source, dataset string }

type version struct {
	place
	key, content string
	from, to     time.Time // to is zero while the version is current
}

func (v version) at(ts time.Time) bool {
	return !v.from.After(ts) && (v.to.IsZero() || v.to.After(ts))
}

func (v version) String() string {
	return strings.Join([]string{v.table, v.source, v.dataset, v.key, v.content}, "|")
}

// item is one row that an export delivers.
type item struct{ table, key, content string }

// delivery is one export of the model.
type delivery struct {
	source, dataset string
	items           []item
	filtered        bool
	events          bool // the contract's mode is append
	accepted        bool
	broken          int // batch before which the stream fails, -1 for a whole one
}

// modelTables are those whose past is asked for, with the column that stands
// for the content.
var modelTables = []struct{ name, key, content string }{
	{"grants", "grant_key", "privilege"},
	{"accounts", "account_key", "username"},
	{"identities", "identity_key", "display_name"},
}

var modelGate = gate.Gate{Share: 0.5, Rows: 3}

// apply does to the model what a load must do; it reports whether the export
// is loaded or held.
func (m *model) apply(d delivery, at time.Time) bool {
	if d.broken >= 0 {
		return false
	}
	staged := map[item]bool{}
	for _, it := range d.items {
		staged[it] = true
	}
	current := m.current(d)
	if !d.events && !d.filtered && !d.accepted && m.tooShort(d, staged, current) {
		return false
	}
	m.vendor[place{source: d.source, dataset: d.dataset}] = len(d.items)
	m.learn("", at)
	for it := range staged {
		m.learn(it.table, at)
	}
	for _, e := range contract(d.dataset).Emit {
		m.learn(e.Table, at)
	}
	for _, i := range current {
		v := &m.versions[i]
		it := item{v.table, v.key, v.content}
		if staged[it] {
			delete(staged, it) // unchanged
			continue
		}
		again := slices.ContainsFunc(d.items, func(o item) bool { return o.table == it.table && o.key == it.key })
		if !d.events && (!d.filtered || again) {
			v.to = at
		}
	}
	for it := range staged {
		m.versions = append(m.versions, version{place: place{it.table, d.source, d.dataset}, key: it.key, content: it.content, from: at})
	}
	return true
}

func (m *model) learn(table string, at time.Time) {
	if _, ok := m.known[table]; !ok {
		m.known[table] = at
	}
}

// knows reports whether all tables that are asked for were loaded at a moment.
func (m *model) knows(ts time.Time, tables ...string) bool {
	return !slices.ContainsFunc(tables, func(t string) bool {
		at, ok := m.known[t]
		return !ok || ts.Before(at)
	})
}

// current are the indices of the versions that the delivery is compared with.
func (m *model) current(d delivery) (out []int) {
	for i, v := range m.versions {
		if v.source == d.source && v.dataset == d.dataset && v.to.IsZero() {
			out = append(out, i)
		}
	}
	return out
}

func (m *model) tooShort(d delivery, staged map[item]bool, current []int) bool {
	before, after := map[string]int{}, map[string]int{}
	for _, i := range current {
		before[m.versions[i].table]++
	}
	for it := range staged {
		after[it.table]++
	}
	before[""], after[""] = m.vendor[place{source: d.source, dataset: d.dataset}], len(d.items) // the vendor table
	for table, n := range before {
		fall := n - after[table]
		if n > 0 && after[table] == 0 || fall > 3 && 2*fall > n {
			return true
		}
	}
	return false
}

// asOf is what was true at a moment, one line a row.
func (m *model) asOf(ts time.Time) (out []string) {
	for _, v := range m.versions {
		if v.at(ts) {
			out = append(out, v.String())
		}
	}
	sort.Strings(out)
	return out
}

// changes are the beginnings and ends of versions after from and up to to. A
// beginning and an end of one key in one run are one change.
func (m *model) changes(from, to time.Time) (out []string) {
	within := func(t time.Time) bool { return t.After(from) && !t.After(to) }
	type event struct {
		place
		key string
		at  time.Time
	}
	starts, ends := map[event]int{}, map[event]int{}
	for _, v := range m.versions {
		if within(v.from) {
			out = append(out, "begins|"+stamp(v.from)+"|"+v.String())
			starts[event{v.place, v.key, v.from}]++
		}
		if !v.to.IsZero() && within(v.to) {
			out = append(out, "ends|"+stamp(v.to)+"|"+v.String())
			ends[event{v.place, v.key, v.to}]++
		}
	}
	for _, u := range m.unseen {
		if within(u.at) {
			out = append(out, fmt.Sprintf("unseen|%s|%s|%s|%v", stamp(u.at), u.source, u.dataset, u.held))
		}
	}
	for e, n := range starts {
		if both := min(n, ends[e]); both > 0 {
			out = append(out, fmt.Sprintf("changed|%s|%s|%s|%s|%s|%d", stamp(e.at), e.table, e.source, e.dataset, e.key, both))
		}
	}
	sort.Strings(out)
	return out
}

func stamp(t time.Time) string { return fmt.Sprint(t.UnixMicro()) }

func literal(t time.Time) string { return "make_timestamptz(" + stamp(t) + ")" }

// asOfSQL asks the macros what model.asOf tells.
func asOfSQL(ts time.Time) string {
	var parts []string
	for _, t := range modelTables {
		parts = append(parts, fmt.Sprintf("select concat_ws('|', '%s', source, _dataset, %s, %s) as line from observed_%s_as_of(%s)",
			t.name, t.key, t.content, t.name, literal(ts)))
	}
	return strings.Join(parts, " union all ") + " order by line collate c"
}

// changesSQL asks the macro what model.changes tells.
func changesSQL(from, to time.Time) string {
	content := func(side string) string {
		var paths []string
		for _, t := range modelTables {
			paths = append(paths, side+"->>'"+t.content+"'")
		}
		return "coalesce(" + strings.Join(paths, ", ") + ")"
	}
	return fmt.Sprintf(`with c as (select *, concat_ws('|', epoch_us(changed_at), table_name, _source, _dataset, key) as what from observed_changes_between(%s, %s))
		select line from (
			select concat_ws('|', 'begins', what, %s) as line from c where after is not null
			union all select concat_ws('|', 'ends', what, %s) from c where before is not null
			union all select concat_ws('|', 'changed', what, count(*)) from c where change = 'changed' group by what
			union all select concat_ws('|', 'unseen', epoch_us(changed_at), _source, _dataset, cause = 'export held') from c where change = 'unseen')
		order by line collate c`, literal(from), literal(to), content("after"), content("before"))
}

// modelled runs random refreshes on a real file and on the model.
type modelled struct {
	*site
	model
	seed    uint64
	steps   int
	r       *rand.Rand
	n       int
	last    map[place][]item // what each export delivered last
	accepts map[string]bool  // source and dataset that this load lets through
}

// Random refreshes against the model: every answer about the past, before, at,
// between and after all runs, and every list of changes, is the model's.
func TestHistory_agreesWithModel(t *testing.T) {
	most := knownRows
	t.Cleanup(func() { knownRows = most })
	steps := cmp.Or(*modelSteps, often(50, 200))
	for i := range often(1, 5) {
		agreesWithModel(t, *modelSeed+uint64(i), steps)
	}
}

func agreesWithModel(t *testing.T, seed uint64, steps int) {
	m := &modelled{site: newSite(t), model: model{vendor: map[place]int{}, known: map[string]time.Time{}}, seed: seed, steps: steps,
		r: rand.New(rand.NewPCG(seed, 2)), last: map[place][]item{}}
	for m.n < steps {
		m.refreshes(min(1+m.r.IntN(12), steps-m.n))
	}
	reader, err := read.Open(t.Context(), m.path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	moments := m.moments()
	for _, ts := range moments {
		m.compare(reader, "as of "+stamp(ts), asOfSQL(ts), m.knows(ts, "grants", "accounts", "identities"), m.asOf(ts))
	}
	for range 40 {
		from, to := moments[m.r.IntN(len(moments))], moments[m.r.IntN(len(moments))]
		if to.Before(from) {
			from, to = to, from
		}
		m.compare(reader, "changes "+stamp(from)+" to "+stamp(to), changesSQL(from, to), m.knows(to, ""), m.changes(from, to))
	}
	m.compare(reader, "all changes", changesSQL(moments[0], moments[len(moments)-1]), true, m.changes(moments[0], moments[len(moments)-1]))
	figure(t, "history", "seed %d: %d refreshes, %d versions of rows, %d as-of answers and 41 lists of changes equal to the model's",
		seed, len(m.model.runs), len(m.versions), len(moments))
}

// moments are before, at, between and after all runs.
func (m *model) moments() (out []time.Time) {
	for i, at := range m.runs {
		if i == 0 {
			out = append(out, at.Add(-time.Hour))
		}
		out = append(out, at.Add(-time.Microsecond), at)
		if i+1 < len(m.runs) {
			out = append(out, at.Add(m.runs[i+1].Sub(at)/2).Truncate(time.Microsecond))
		}
	}
	return append(out, m.runs[len(m.runs)-1].Add(24*time.Hour))
}

// compare asks for what must be an error where nothing is known yet.
func (m *modelled) compare(r *read.File, what, query string, known bool, want []string) {
	m.t.Helper()
	got, err := ask(r, query)
	if !known {
		if err == nil || !strings.Contains(err.Error(), "nothing was known at that moment") && !strings.Contains(err.Error(), "cannot tell") {
			m.t.Fatalf("seed %d: %s, before the first load: %v, error %v", m.seed, what, got, err)
		}
		return
	}
	if err != nil {
		m.t.Fatalf("%s: %v", what, err)
	}
	if !slices.Equal(got, want) {
		m.t.Fatalf("seed %d: %s:\n%s\ngot:\n  %s\nwant:\n  %s", m.seed, what, query, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// refreshes does n runs in one working copy and publishes the last.
func (m *modelled) refreshes(n int) {
	m.jump()
	w := m.begin(func(o *Options) {
		o.Gate = func(string) gate.Gate { return modelGate }
		o.StatementsOnly = m.n+n < m.steps
		o.Accept = func(source, dataset string) bool { return m.accepts[source+dataset] }
	})
	for i := range n {
		if i > 0 {
			m.jump()
			if err := w.Next(m.t.Context(), ledger.RunDone, m.options().Run); err != nil {
				m.t.Fatal(err)
			}
		}
		if k := len(m.model.runs); k > 0 && !w.Ledger().AsOf().After(m.model.runs[k-1]) {
			m.t.Fatalf("run %d is not later than the one before", m.n)
		}
		m.model.runs = append(m.model.runs, w.Ledger().AsOf())
		m.n++
		m.run(w)
	}
	for _, c := range m.publish(w).Checks {
		if c.Severity == "error" && c.Findings > 0 {
			m.t.Errorf("seed %d: %d findings of check %s", m.seed, c.Findings, c.Name)
		}
	}
}

// jump moves the clock: mostly on, sometimes not at all, sometimes back.
func (m *modelled) jump() {
	m.clock = m.clock.Add([]time.Duration{0, time.Nanosecond, time.Second, 24 * time.Hour, -time.Hour, -240 * time.Hour}[m.r.IntN(6)])
}

// run is up to three exports of two sources and two datasets.
func (m *modelled) run(w *Work) {
	seen := map[string]bool{}
	for range m.r.IntN(5) {
		d := m.delivery()
		if seen[d.source+d.dataset] {
			continue
		}
		seen[d.source+d.dataset] = true
		knownRows = []int{0, 3, mostKnown}[m.r.IntN(3)]
		e := export(d.source, d.dataset, fmt.Sprint("a", m.n, d.accepted, m.r.IntN(2)))
		e.Filtered = d.filtered
		switch m.r.IntN(12) {
		case 0:
			m.record(w, e, ledger.Failed)
			continue
		case 1:
			m.record(w, e, ledger.Incomplete)
			continue
		case 2:
			m.record(w, e, ledger.Unchanged)
			continue
		}
		m.load(w, e, d)
	}
}

func (m *modelled) record(w *Work, e *schemas.Export, status ledger.Status) {
	if err := w.Ledger().Record(m.t.Context(), e, status, "planted"); err != nil {
		m.t.Fatal(err)
	}
	if status != ledger.Unchanged {
		m.unseen = append(m.unseen, unseen{at: w.Ledger().AsOf(), source: e.Source, dataset: e.Dataset})
	}
}

func (m *modelled) load(w *Work, e *schemas.Export, d delivery) {
	c := *contract(dataset)
	if c.Dataset = d.dataset; d.events {
		c.Mode = schemas.Append
	}
	m.accepts = map[string]bool{d.source + d.dataset: d.accepted}
	_, err := w.Load(context.Background(), e, &c, m.deliver(d))
	loaded := m.apply(d, w.Ledger().AsOf())
	if !loaded {
		m.unseen = append(m.unseen, unseen{w.Ledger().AsOf(), d.source, d.dataset, d.broken < 0})
	}
	switch {
	case err == nil && loaded, d.broken >= 0 && errors.Is(err, errPlanted):
	case !loaded && errors.As(err, new(*gate.HeldError)) && d.broken < 0:
	default:
		m.t.Fatalf("seed %d, run %d, %+v: model says loaded %v, got %v", m.seed, m.n, d, loaded, err)
	}
}

var errPlanted = errors.New("planted")

// delivery makes an export out of what the same export delivered last.
func (m *modelled) delivery() delivery {
	d := delivery{source: []string{"one", "two"}[m.r.IntN(2)], dataset: []string{dataset, "balkanid.entity_relations"}[m.r.IntN(2)], broken: -1}
	d.events = d.source == "two" && d.dataset != dataset
	d.filtered = m.r.IntN(5) == 0
	d.accepted = m.r.IntN(6) == 0
	at := place{source: d.source, dataset: d.dataset}
	items := slices.Clone(m.last[at])
	for range m.r.IntN(8) { // changes and inserts
		it := item{modelTables[m.r.IntN(3)].name, fmt.Sprint("k", m.r.IntN(8)), []string{"x", "y", "z"}[m.r.IntN(3)]}
		if i := slices.IndexFunc(items, func(o item) bool { return o.table == it.table && o.key == it.key }); i >= 0 && m.r.IntN(3) > 0 {
			items[i] = it
			continue
		}
		items = append(items, it) // now and then a second row of the key, or a row twice
	}
	for range m.r.IntN(5) { // closes
		if len(items) > 0 {
			i := m.r.IntN(len(items))
			items = slices.Delete(items, i, i+1)
		}
	}
	if m.r.IntN(10) == 0 { // all, or all but the first
		items = items[:min(len(items), m.r.IntN(2))]
	}
	m.r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	if m.r.IntN(8) == 0 {
		d.broken = m.r.IntN(3)
	} else {
		m.last[at] = items
	}
	d.items = items
	return d
}

// deliver is the stream of a delivery; its vendor table has one row an item.
func (m *modelled) deliver(d delivery) *schemas.Stream {
	vendor := &schemas.Table{Schema: "balkanid", Name: strings.TrimPrefix(d.dataset, "balkanid."), Fields: vendorTable.Fields}
	sets := []rows{{table: vendor}}
	for i, it := range d.items {
		sets[0].rows = append(sets[0].rows, row{"name": it.key, "record": i})
	}
	for _, t := range modelTables {
		set := rows{table: common(t.name)}
		for i, it := range d.items {
			if it.table == t.name {
				set.rows = append(set.rows, row{t.key: it.key, t.content: it.content, "record": i})
			}
		}
		sets = append(sets, set)
	}
	if d.broken >= 0 {
		return m.stream(vendor, errPlanted, sets[:1+d.broken]...)
	}
	return m.stream(vendor, nil, sets...)
}
