package explain

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/accessmart/accessmart/load/access"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/find"
)

// Missing is why a person has not a target.
type Missing struct {
	Accounts   []find.Thing `json:"accounts"`            // of the person in the application of the target
	Denied     []Hop        `json:"denied"`              // grants on the way that deny
	Otherwise  int          `json:"otherwise"`           // hops of the shortest path that would allow it if nothing denied it; 0: none
	Lost       *Lost        `json:"lost"`                // nil: no run saw that the person had it
	Since      time.Time    `json:"known_since"`         // the first run that knew grants: what was before, nobody knows
	Nearest    []Gap        `json:"nearest"`             // the fewest hops first
	MoreGaps   int          `json:"more_gaps,omitempty"` // that are not in Nearest
	HoldByKind []Holders    `json:"holders"`             // what has the target by a grant of its own
}

// Lost is how the person had the target for the last time.
type Lost struct {
	Until  time.Time `json:"until"` // the run that saw that it was over
	Before Path      `json:"path_before"`
	Ended  []Change  `json:"ended"` // what that run changed in the path; nothing if a denial came instead
}

// Change is what one run changed in one grant, or in whose account something is.
type Change struct {
	Table   string `json:"table_name"`
	Key     string `json:"key"`
	Change  string `json:"change"`
	Cause   string `json:"cause"`
	Source  string `json:"source,omitempty"`
	Dataset string `json:"dataset,omitempty"`
	Link    string `json:"link_change,omitempty"`
}

// Gap is one grant that alone would give the target: from something that the person has to
// something that has the target, as things of that kind in that application have it today.
type Gap struct {
	From   find.Thing `json:"from"`
	To     find.Thing `json:"to"`
	Hops   int        `json:"hops"`   // of the whole path that it would make
	Others int64      `json:"others"` // things like From that have it
}

// Holders is how many things of a kind have the target by a grant of their own.
type Holders struct {
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
}

const mostGaps = 10

// forever is the end of what is.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// version is a grant, or the use of an account, during one time.
type version struct {
	grant       string // "" for the use of an account
	from, to    node
	privilege   string
	named       bool // false: the privilege is NULL
	deny        bool
	application string
	since, till time.Time
}

// node is a thing by its kind and key.
type node struct{ kind, key string }

var (
	usesEver = database.Parse(`select account_key, _valid_from, timestamptz '9999-01-01 00:00:00+00' from main.identity_accounts where identity_key = {{.person}} and relation is distinct from 'owns'
union all
select account_key, _valid_from, _valid_to from history.identity_accounts where identity_key = {{.person}} and relation is distinct from 'owns'`)

	// All that ever led to the target, of what the person ever began with and what passes on.
	waysEver = database.Parse(`with recursive grants as materialized (
    select grant_key, principal_kind, principal_key, target_kind, target_key, privilege, effect, application_key, _valid_from, timestamptz '9999-01-01 00:00:00+00' as _valid_to
    from main.grants where principal_kind in ('group', 'role', 'entitlement') or principal_key in {{.starts}}
    union all
    select grant_key, principal_kind, principal_key, target_kind, target_key, privilege, effect, application_key, _valid_from, _valid_to
    from history.grants where principal_kind in ('group', 'role', 'entitlement') or principal_key in {{.starts}}
),
back as (
    select {{.kind}} as kind, {{.target}} as key
    union
    select g.principal_kind, g.principal_key
    from back b
    join grants g on g.target_kind = b.kind and g.target_key = b.key
    where g.principal_kind in ('group', 'role', 'entitlement')
)
select g.grant_key, g.principal_kind, g.principal_key, g.target_kind, g.target_key, g.privilege, g.effect is not distinct from 'deny', g.application_key, g._valid_from, g._valid_to
from grants g
join back b on b.kind = g.target_kind and b.key = g.target_key`)
)

// Not says why a person has not the target of an answer, which [Why] gave.
//
// Errors: what DuckDB says.
func Not(ctx context.Context, f *read.File, a *Answer) error {
	m := &Missing{Denied: []Hop{}, Nearest: []Gap{}, Accounts: []find.Thing{}, HoldByKind: []Holders{}}
	w := &ways{f: f, person: node{"identity", a.Person.Key}, target: node{a.Target.Kind, a.Target.Key}}
	if err := w.read(ctx); err != nil {
		return err
	}
	err := f.Each(ctx, "select min(as_of) from meta.exports where status = 'loaded'", func(row []read.Value) { m.Since = row[0].Time() })
	if err != nil {
		return err
	}
	if err := w.accounts(ctx, a, m); err != nil {
		return err
	}
	if err := w.denied(ctx, a, m); err != nil {
		return err
	}
	if !a.Has() {
		if err := w.lost(ctx, a, m); err != nil {
			return err
		}
	}
	if !a.Has() && m.Otherwise == 0 {
		if err := w.gaps(ctx, a, m); err != nil {
			return err
		}
	}
	a.Missing = m
	return nil
}

// ways are all that ever led from a person to a target.
type ways struct {
	f              *read.File
	person, target node
	uses, grants   []version
}

func (w *ways) read(ctx context.Context) error {
	starts := map[string]bool{w.person.key: true}
	err := w.f.Each(ctx, string(usesEver.Fill(database.Values{"person": w.person.key})), func(row []read.Value) {
		starts[row[0].Text] = true
		w.uses = append(w.uses, version{from: w.person, to: node{"account", row[0].Text}, since: row[1].Time(), till: row[2].Time()})
	})
	if err != nil {
		return err
	}
	v := database.Values{"starts": database.OneOf(maps.Keys(starts)), "kind": w.target.kind, "target": w.target.key}
	return w.f.Each(ctx, string(waysEver.Fill(v)), func(row []read.Value) {
		w.grants = append(w.grants, version{grant: row[0].Text, from: node{row[1].Text, row[2].Text}, to: node{row[3].Text, row[4].Text}, privilege: row[5].Text, named: !row[5].Null,
			deny: row[6].Bool(), application: row[7].Text, since: row[8].Time(), till: row[9].Time()})
	})
}

func (v *version) is(at time.Time) bool { return !v.since.After(at) && v.till.After(at) }

// moment is the grants of one moment, ready to be walked.
type moment struct {
	graph   *access.Graph
	numbers map[node]access.Node
	nodes   []node
	grants  []version // by number of the edge
	uses    []version
}

func (w *ways) at(at time.Time) (*moment, error) {
	m := &moment{numbers: map[node]access.Node{}}
	var kinds []access.Kind
	number := func(e node) access.Node {
		n, ok := m.numbers[e]
		if !ok {
			n = access.Node(len(m.nodes))
			m.numbers[e] = n
			m.nodes, kinds = append(m.nodes, e), append(kinds, access.KindOf(e.kind))
		}
		return n
	}
	number(w.person)
	for _, g := range w.grants {
		if g.is(at) {
			m.grants = append(m.grants, g)
		}
	}
	slices.SortFunc(m.grants, func(a, b version) int { return cmp.Compare(a.grant, b.grant) })
	privileges := map[[2]any]uint32{}
	var edges []access.Edge
	for _, g := range m.grants {
		p, ok := privileges[[2]any{g.privilege, g.named}]
		if !ok {
			p = uint32(len(privileges))
			privileges[[2]any{g.privilege, g.named}] = p
		}
		edges = append(edges, access.Edge{From: number(g.from), To: number(g.to), Privilege: p, Deny: g.deny})
	}
	var uses []access.Use
	for _, u := range w.uses {
		if u.is(at) {
			m.uses = append(m.uses, u)
			uses = append(uses, access.Use{Identity: number(u.from), Account: number(u.to)})
		}
	}
	var err error
	m.graph, err = access.New(kinds, edges, uses)
	return m, err
}

// of is what the person has of the target: the nearest that allows, nil if none does.
func (m *moment) of(w *ways) *access.Access {
	target, ok := m.numbers[w.target]
	if !ok {
		return nil
	}
	var best *access.Access
	for _, a := range m.graph.Of(m.numbers[w.person]) {
		if a.Target == target && !a.Deny && (best == nil || a.AllowHops < best.AllowHops) {
			best = &a
		}
	}
	return best
}

// lost finds the last moment at which the person had the target. Between two moments at
// which something on the way began or ended, nothing changed.
func (w *ways) lost(ctx context.Context, a *Answer, m *Missing) error {
	ends := map[time.Time]bool{}
	for _, list := range [][]version{w.uses, w.grants} {
		for _, v := range list {
			ends[v.since] = true
			if v.till.Before(forever) {
				ends[v.till] = true
			}
		}
	}
	moments := slices.SortedFunc(maps.Keys(ends), func(a, b time.Time) int { return b.Compare(a) })
	for i, at := range moments {
		then, err := w.at(at)
		if err != nil {
			return err
		}
		had := then.of(w)
		if had == nil {
			continue
		}
		if i == 0 { // it holds now, which only a file that contradicts itself says
			return nil
		}
		m.Lost = &Lost{Until: moments[i-1]}
		return w.tell(ctx, a, m.Lost, then, had)
	}
	return nil
}

var endedOf = database.Parse(`select table_name, coalesce(key, after->>'account_key', before->>'account_key'), change, cause, coalesce(_source, ''), coalesce(_dataset, ''), coalesce(link_change, '')
from history.changes
where changed_at = {{.moment}} and (table_name = 'grants' and key in {{.grants}}
    or table_name = 'identity_accounts' and coalesce(before->>'identity_key', after->>'identity_key') = {{.person}} and coalesce(before->>'account_key', after->>'account_key') = {{.account}})
order by all`)

// tell fills in how it was lost: the path that was, and what the run changed in it.
func (w *ways) tell(ctx context.Context, a *Answer, l *Lost, then *moment, had *access.Access) error {
	n := find.NewNames()
	start := then.nodes[had.Start]
	n.Want(start.kind, start.key)
	var grants []version
	keys := map[string]bool{}
	for _, e := range had.Path {
		g := then.grants[e]
		grants = append(grants, g)
		keys[g.grant] = true
		n.Want(g.from.kind, g.from.key)
		n.Want(g.to.kind, g.to.key)
	}
	if err := n.Read(ctx, w.f); err != nil {
		return err
	}
	l.Before = Path{Effect: "allow", IsDirect: len(grants) == 1, Hops: []Hop{}}
	account := ""
	if start.kind == "account" {
		account = start.key
		t := n.Of(start.kind, start.key)
		l.Before.Account = &t
		l.Before.Hops = append(l.Before.Hops, Hop{From: a.Person, To: t})
	}
	for _, g := range grants {
		l.Before.Privilege = g.said()
		l.Before.Hops = append(l.Before.Hops, Hop{From: n.Of(g.from.kind, g.from.key), To: n.Of(g.to.kind, g.to.key), Grant: g.grant, Privilege: g.said(), Effect: "allow", FirstSeen: g.since})
	}
	l.Ended = []Change{}
	v := database.Values{"moment": l.Until, "grants": database.OneOf(maps.Keys(keys)), "person": w.person.key, "account": account}
	return w.f.Each(ctx, string(endedOf.Fill(v)), func(row []read.Value) {
		l.Ended = append(l.Ended, Change{row[0].Text, row[1].Text, row[2].Text, row[3].Text, row[4].Text, row[5].Text, row[6].Text})
	})
}

func (v *version) said() *string {
	if !v.named {
		return nil
	}
	return &v.privilege
}

func (w *ways) accounts(ctx context.Context, a *Answer, m *Missing) error {
	n := find.NewNames()
	for _, u := range w.uses {
		if u.till.Equal(forever) {
			n.Want("account", u.to.key)
		}
	}
	if err := n.Read(ctx, w.f); err != nil {
		return err
	}
	for _, u := range w.uses {
		if t := n.Of("account", u.to.key); u.till.Equal(forever) && t.ApplicationKey != "" && t.ApplicationKey == a.Target.ApplicationKey {
			m.Accounts = append(m.Accounts, t)
		}
	}
	slices.SortFunc(m.Accounts, func(a, b find.Thing) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key)) })
	return nil
}

// denied are the grants that deny something that the person reaches a way to: the target, or
// what leads to it.
func (w *ways) denied(ctx context.Context, a *Answer, m *Missing) error {
	now, err := w.at(forever.Add(-time.Hour))
	if err != nil {
		return err
	}
	had := map[node]bool{w.person: true}
	for _, u := range now.uses {
		had[u.to] = true
	}
	for _, x := range now.graph.Of(now.numbers[w.person]) {
		if x.AllowHops == 0 {
			continue
		}
		to := now.nodes[x.Target]
		had[to] = true
		if to == w.target && x.Deny && (m.Otherwise == 0 || x.AllowHops < m.Otherwise) {
			m.Otherwise = x.AllowHops
		}
	}
	s := newSteps(w.f, a.Person)
	var keys []string
	for _, g := range now.grants {
		if g.deny && had[g.from] {
			keys = append(keys, g.grant)
		}
	}
	if keys == nil {
		return nil
	}
	s.want("", keys)
	if err := s.read(ctx); err != nil {
		return err
	}
	m.Denied = append(m.Denied, s.hops("", keys)...)
	return nil
}
