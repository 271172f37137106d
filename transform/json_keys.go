package transform

import (
	"bytes"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// What is known of the keys of JSON records: for each object that the
// contract looks into, which key feeds which columns. Keys are compared once,
// by schemas.NormalHeader; after that a record's keys are expected in the
// order of the last record's, which costs one comparison of bytes each.

type keyNode struct {
	below    []int                // contract columns that are looked for inside
	leaves   map[string][]keyLeaf // normalised name -> columns
	deeper   map[string]*keyNode  // normalised name -> what is looked for inside
	children map[string]*keyChild // key as delivered
	order    []*keyChild          // as in the last record
	prefix   string               // keys that lead here, as delivered, each with a dot
	taken    bool                 // a column has the object as a whole, so no member of it is new
}

// keyLeaf is a column that a key feeds. The lower rank wins.
type keyLeaf struct{ slot, rank int }

type keyChild struct {
	key    []byte // between the quotes, as delivered
	leaves []keyLeaf
	deeper *keyNode
	hidden bool
	alarm  bool   // an error message has such a key, and no column reads it
	record uint64 // in which it was last met
	times  int    // in that record
	kind   keyKind
	judged uint64 // record in which a survey met it last; 0: in none
	nth    int    // of the keys of the object, as they were met
	many   int    // records that have it
	noted  bool   // a survey made a column of it
}

// maxKeys bounds the keys that are remembered of one object. Records whose
// keys are data would fill the memory otherwise.
const maxKeys = 1 << 14

func newKeyNode(prefix string) *keyNode {
	return &keyNode{leaves: map[string][]keyLeaf{}, deeper: map[string]*keyNode{}, children: map[string]*keyChild{}, prefix: prefix}
}

// keyTree puts the columns of a contract into a tree: under the whole name,
// with dots ignored, and under the path that the dots make.
func (p *program) keyTree(l *layout) *keyNode {
	root := newKeyNode("")
	for c := range p.cols {
		if l.column[c] < 0 {
			continue
		}
		for rank, from := range p.cols[c].From {
			if strings.HasPrefix(from, documentPrefix) {
				continue
			}
			leaf := keyLeaf{slot: l.column[c], rank: rank}
			name := p.headerKey(from)
			root.leaves[name] = append(root.leaves[name], leaf)
			path := schemas.ParsePath(from)
			if p.text || len(path) < 2 {
				continue
			}
			n := root
			for _, step := range path[:len(path)-1] {
				key := schemas.NormalHeader(step)
				if n.deeper[key] == nil {
					n.deeper[key] = newKeyNode("")
				}
				n = n.deeper[key]
				n.below = append(n.below, c)
			}
			last := schemas.NormalHeader(path[len(path)-1])
			n.leaves[last] = append(n.leaves[last], leaf)
		}
	}
	return root
}

// child is what is known of the k-th key of an object.
func (f *jsonFramer) child(n *keyNode, key []byte, k int) *keyChild {
	if k < len(n.order) && bytes.Equal(n.order[k].key, key) {
		return n.order[k]
	}
	ch, ok := n.children[string(key)]
	if !ok {
		ch = f.learn(n, key)
	}
	if k < len(n.order) {
		n.order[k] = ch
	} else if k == len(n.order) && k < maxKeys {
		n.order = append(n.order, ch)
	}
	return ch
}

// usual are the keys that records have, as they were met: without those of a few
// records only, which say nothing of the others.
func (n *keyNode) usual() (keys []*keyChild) {
	most := 0
	for _, ch := range n.children {
		most = max(most, ch.many)
	}
	for _, ch := range n.children {
		if 10*ch.many >= most {
			keys = append(keys, ch)
		}
	}
	slices.SortFunc(keys, func(a, b *keyChild) int { return a.nth - b.nth })
	return keys
}

func (f *jsonFramer) learn(n *keyNode, key []byte) *keyChild {
	plain := key
	if bytes.IndexByte(key, '\\') >= 0 {
		plain = unescape(nil, key)
	}
	ch := &keyChild{key: bytes.Clone(key), nth: len(n.children)}
	name := schemas.NormalHeader(string(plain))
	if f.p.text {
		name = textKey(f.p.headerKey(string(plain)), 1)
	}
	ch.leaves = n.leaves[name]
	ch.hidden = n == f.keys && f.p.hidden[name]
	if deep := n.deeper[name]; deep != nil {
		own := *deep // shared by keys that differ in spelling, but for the prefix
		own.prefix = n.prefix + string(ch.key) + "."
		own.children, own.order = map[string]*keyChild{}, nil
		own.taken = n.taken || len(ch.leaves) > 0
		ch.deeper = &own
	}
	ch.alarm = n == f.keys && alarming[schemas.NormalHeader(string(plain))] && f.p.alarmed(ch)
	ch.kind = kindOfKey(schemas.NormalHeader(string(plain)))
	for _, leaf := range ch.leaves {
		f.met[leaf.slot] = true
		ch.hidden = ch.hidden || f.masked[leaf.slot]
	}
	if len(n.children) < maxKeys {
		n.children[string(ch.key)] = ch
		if len(ch.leaves) == 0 && ch.deeper == nil && !n.taken {
			f.added(n.prefix + string(plain))
		}
	}
	return ch
}
