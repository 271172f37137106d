package explain

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/find"
)

var (
	holdersOf = database.Parse(`select target_kind, target_key, principal_kind, count(*)
from main.grants where target_key in {{.targets}} and effect is distinct from 'deny'
group by all order by all`)
	heldBy = database.Parse(`select target_kind, target_key, coalesce(min(hops), 1000)
from access_of({{.person}})
where effect = 'allow' and target_kind in ('group', 'role')
group by all`)
)

// gaps finds the single grants that are missing, by what others have.
func (w *ways) gaps(ctx context.Context, a *Answer, m *Missing) error {
	now, err := w.at(forever.Add(-time.Hour))
	if err != nil {
		return err
	}
	ahead := w.ahead(now)
	targets := map[string]bool{}
	for e := range ahead {
		targets[e.key] = true
	}
	direct := map[node]map[string]int64{} // by what is held: how many of a kind hold it
	err = w.f.Each(ctx, string(holdersOf.Fill(database.Values{"targets": database.OneOf(maps.Keys(targets))})), func(row []read.Value) {
		e := node{row[0].Text, row[1].Text}
		if direct[e] == nil {
			direct[e] = map[string]int64{}
		}
		direct[e][row[2].Text] += row[3].Int()
	})
	if err != nil {
		return err
	}
	for _, kind := range slices.Sorted(maps.Keys(direct[w.target])) {
		m.HoldByKind = append(m.HoldByKind, Holders{kind, direct[w.target][kind]})
	}
	held := map[node]int{}
	err = w.f.Each(ctx, string(heldBy.Fill(database.Values{"person": w.person.key})), func(row []read.Value) { held[node{row[0].Text, row[1].Text}] = int(row[2].Int()) })
	if err != nil {
		return err
	}
	n := find.NewNames()
	n.Want("identity", w.person.key)
	for e := range ahead {
		n.Want(e.kind, e.key)
	}
	for e := range held {
		n.Want(e.kind, e.key)
	}
	for _, u := range now.uses {
		n.Want("account", u.to.key)
	}
	if err := n.Read(ctx, w.f); err != nil {
		return err
	}
	var found []Gap
	for e, hops := range ahead {
		found = append(found, w.gapsTo(now, n, held, direct[e], e, hops)...)
	}
	found = slices.DeleteFunc(found, func(g Gap) bool { // what is denied is not given by another grant
		return slices.ContainsFunc(now.grants, func(v version) bool { return v.deny && v.from.key == g.From.Key && v.to.key == g.To.Key })
	})
	slices.SortFunc(found, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.Hops, b.Hops), -cmp.Compare(a.Others, b.Others), cmp.Compare(a.From.Name, b.From.Name), cmp.Compare(a.To.Name, b.To.Name), cmp.Compare(a.From.Key+a.To.Key, b.From.Key+b.To.Key))
	})
	m.MoreGaps = max(0, len(found)-mostGaps)
	m.Nearest = append(m.Nearest, found[:min(len(found), mostGaps)]...)
	return nil
}

// ahead is the target and what leads to it now, each with the fewest hops from there to the
// target.
func (w *ways) ahead(now *moment) map[node]int {
	hops := map[node]int{w.target: 0}
	for more := true; more; {
		more = false
		for _, g := range now.grants {
			to, ok := hops[g.to]
			if !ok || g.deny || g.from.kind == "account" || g.from.kind == "identity" {
				continue
			}
			if from, ok := hops[g.from]; !ok || from > to+1 {
				hops[g.from], more = to+1, true
			}
		}
	}
	return hops
}

// gapsTo are the grants that lead into one thing ahead, from what the person has.
func (w *ways) gapsTo(now *moment, n *find.Names, held map[node]int, direct map[string]int64, to node, ahead int) (out []Gap) {
	thing := n.Of(to.kind, to.key)
	if direct["account"] > 0 {
		for _, u := range now.uses {
			if account := n.Of("account", u.to.key); account.ApplicationKey == thing.ApplicationKey && account.ApplicationKey != "" {
				out = append(out, Gap{From: account, To: thing, Hops: 1 + ahead, Others: direct["account"]})
			}
		}
	}
	if direct["identity"] > 0 {
		out = append(out, Gap{From: n.Of("identity", w.person.key), To: thing, Hops: 1 + ahead, Others: direct["identity"]})
	}
	like := map[[2]string]int64{} // kind and application of the things that hold it
	for _, g := range now.grants {
		if g.to == to && !g.deny && g.from.kind != "account" && g.from.kind != "identity" {
			like[[2]string{g.from.kind, n.Of(g.from.kind, g.from.key).ApplicationKey}]++
		}
	}
	for e, hops := range held {
		t := n.Of(e.kind, e.key)
		if others := like[[2]string{e.kind, t.ApplicationKey}]; others > 0 && e != to {
			out = append(out, Gap{From: t, To: thing, Hops: hops + 1 + ahead, Others: others})
		}
	}
	return out
}
