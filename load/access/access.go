// Package access answers who reaches what over grants, and derives the closure
// that the database file keeps so that SQL can answer it too.
//
//	account ──▶ group ──▶ group ──▶ role ──▶ entitlement
//	  start     holder    holder    holder    target
//
// A walk goes from a start (an account or identity) to a target. Every edge of
// it but the last allows and leads into a holder: a node of a kind that passes on
// what it has (see [Kind.PassesOn]), and that has something. The last edge has
// the privilege, and allows or denies it. Deny wins for that privilege and target,
// and cuts nothing else: a denied membership is not walked, other ways into
// the same group are.
//
// Nodes, privileges and edges are numbers that the caller gives; the number of
// an edge is its place in the order of grant keys. By that order the path of an
// answer is one and the same however the edges came: the shortest walk and,
// of walks as short, that whose grant keys come first, compared step by step.
//
// The package knows neither texts nor databases.
package access

import (
	"fmt"
	"math"
	"slices"
)

// Node is a principal or target: its place in the list of kinds given to [New].
type Node = uint32

// Kind is the sort of a node.
type Kind uint8

const (
	Other Kind = iota // neither starts a walk nor passes on what it has
	Identity
	Account
	Group
	Role // business role, access profile, role of an application
	Entitlement
	Resource
	Application
)

var kinds = map[string]Kind{
	"identity": Identity, "account": Account, "group": Group, "role": Role,
	"entitlement": Entitlement, "resource": Resource, "application": Application,
}

// KindOf is the kind that principal_kind and target_kind name by a word.
func KindOf(word string) Kind { return kinds[word] }

// PassesOn reports whether who has a node of this kind has what the node has.
// Who may use an account, administers an identity, or can open a resource or an
// application does not thereby hold what these hold.
func (k Kind) PassesOn() bool { return k == Group || k == Role || k == Entitlement }

// Starts reports whether walks start at nodes of this kind.
func (k Kind) Starts() bool { return k == Account || k == Identity }

// Edge is one grant: From has To.
type Edge struct {
	From, To  Node
	Privilege uint32 // the caller numbers privileges; NULL is one of them
	Deny      bool
}

// Use says that an identity uses an account, so that it reaches what the account reaches.
type Use struct{ Identity, Account Node }

// Graph is grants made ready to be walked. It is not changed after [New], and
// may be read by several goroutines at once.
type Graph struct {
	kinds  []Kind
	edges  []Edge
	out    index    // edges by From, in the order of their numbers
	in     index    // edges by To
	uses   []Use    // by identity, then account
	holder []uint32 // place of a node among holders; none
	nodes  []Node   // the holders, ascending
}

const none = math.MaxUint32

// New makes a graph of nodes of the given kinds. The edges stand in ascending
// order of their grant keys; the graph keeps the slices. The error is that an
// edge or use names no node.
func New(kinds []Kind, edges []Edge, uses []Use) (*Graph, error) {
	if len(kinds) >= none || len(edges) >= none {
		return nil, fmt.Errorf("access: %d nodes and %d edges, each must be less than %d", len(kinds), len(edges), uint32(none))
	}
	for i, e := range edges {
		if int(e.From) >= len(kinds) || int(e.To) >= len(kinds) {
			return nil, fmt.Errorf("access: edge %d leads from node %d to %d, there are %d nodes", i, e.From, e.To, len(kinds))
		}
	}
	for _, u := range uses {
		if int(u.Identity) >= len(kinds) || int(u.Account) >= len(kinds) {
			return nil, fmt.Errorf("access: identity %d uses account %d, there are %d nodes", u.Identity, u.Account, len(kinds))
		}
	}
	g := &Graph{kinds: kinds, edges: edges}
	g.out = newIndex(len(kinds), edges, func(e *Edge) Node { return e.From })
	g.in = newIndex(len(kinds), edges, func(e *Edge) Node { return e.To })
	g.uses = slices.Clone(uses)
	slices.SortFunc(g.uses, compareUses)
	g.uses = slices.Compact(g.uses)
	g.holder = make([]uint32, len(kinds))
	for n := range kinds {
		g.holder[n] = none
		if kinds[n].PassesOn() && len(g.out.of(Node(n))) > 0 {
			g.holder[n] = uint32(len(g.nodes))
			g.nodes = append(g.nodes, Node(n))
		}
	}
	return g, nil
}

func compareUses(a, b Use) int {
	if a.Identity != b.Identity {
		return int(int64(a.Identity) - int64(b.Identity))
	}
	return int(int64(a.Account) - int64(b.Account))
}

// Accounts lists the accounts that an identity uses, ascending.
func (g *Graph) Accounts(identity Node) (out []Node) {
	i, _ := slices.BinarySearchFunc(g.uses, Use{Identity: identity}, compareUses)
	for ; i < len(g.uses) && g.uses[i].Identity == identity; i++ {
		out = append(out, g.uses[i].Account)
	}
	return out
}

// opens is the place of the holder that an edge leads into for those who walk
// it; none where it denies or leads to something that passes nothing on.
func (g *Graph) opens(edge uint32) uint32 {
	if e := &g.edges[edge]; !e.Deny {
		return g.holder[e.To]
	}
	return none
}

// index lists numbers of edges by one of their ends.
type index struct{ first, edges []uint32 }

func newIndex(nodes int, edges []Edge, end func(*Edge) Node) index {
	x := index{make([]uint32, nodes+1), make([]uint32, len(edges))}
	for i := range edges {
		x.first[end(&edges[i])+1]++
	}
	for n := range nodes {
		x.first[n+1] += x.first[n]
	}
	next := slices.Clone(x.first)
	for i := range edges {
		n := end(&edges[i])
		x.edges[next[n]] = uint32(i)
		next[n]++
	}
	return x
}

func (x *index) of(n Node) []uint32 { return x.edges[x.first[n]:x.first[n+1]] }
