package frame

import (
	"bytes"
	"slices"

	"github.com/accessmart/accessmart/transform/scan"
)

// What is known of the keys of JSON records: for each object that the
// layout looks into, which key feeds which columns. Keys are compared once,
// by schemas.NormalHeader; after that a record's keys are expected in the
// order of the last record's, which costs one comparison of bytes each.

// keyNode is an object that is looked into, or the record itself.
type keyNode struct {
	Below    []int                // contract columns that are looked for inside
	leaves   map[string][]keyLeaf // normalised name -> columns
	deeper   map[string]*keyNode  // normalised name -> what is looked for inside
	Children map[string]*Key      // key as delivered
	Order    []*Key               // as in the last record
	prefix   string               // keys that lead here, as delivered, each with a dot
	taken    bool                 // a column has the object as a whole, so no member of it is new
}

// keyLeaf is a column that a key feeds. The lower rank wins.
type keyLeaf struct{ Slot, rank int }

// Key is a key of such an object, in one spelling.
type Key struct {
	Name   []byte // between the quotes, as delivered
	Leaves []keyLeaf
	Deeper *keyNode
	Hidden bool
	Alarm  bool   // the judge says so: a record with it may be an error message
	Number uint64 // of the record in which it was last met
	times  int    // in that record
	nth    int    // of the keys of the object, as they were met
	many   int    // records that have it
	Marks  Marks  // of the judge
}

// Marks are what a judge remembers of a key. The framer reads none of them.
type Marks struct {
	Kind int8
	Met  uint64 // number of the record in which it was met last; 0: in none
	Kept bool
}

// maxKeys bounds the keys that are remembered of one object. Records whose
// keys are data would fill the memory otherwise.
const maxKeys = 1 << 14

func newKeyNode(prefix string) *keyNode {
	return &keyNode{leaves: map[string][]keyLeaf{}, deeper: map[string]*keyNode{}, Children: map[string]*Key{}, prefix: prefix}
}

// tree puts the columns of a contract into a tree: under the whole name, with
// dots ignored, and under the path that the dots make.
func (x *Fields) tree() *keyNode {
	root := newKeyNode("")
	for c := range x.Columns {
		if x.Columns[c].Slot < 0 {
			continue
		}
		for rank, from := range x.Columns[c].From {
			leaf := keyLeaf{Slot: x.Columns[c].Slot, rank: rank}
			root.leaves[from.Name] = append(root.leaves[from.Name], leaf)
			if len(from.Path) < 2 {
				continue
			}
			n := root
			for _, key := range from.Path[:len(from.Path)-1] {
				if n.deeper[key] == nil {
					n.deeper[key] = newKeyNode("")
				}
				n = n.deeper[key]
				n.Below = append(n.Below, c)
			}
			last := from.Path[len(from.Path)-1]
			n.leaves[last] = append(n.leaves[last], leaf)
		}
	}
	return root
}

// child is what is known of the k-th key of an object.
func (f *JSON) child(n *keyNode, key []byte, k int) *Key {
	if k < len(n.Order) && bytes.Equal(n.Order[k].Name, key) {
		return n.Order[k]
	}
	ch, ok := n.Children[string(key)]
	if !ok {
		ch = f.learn(n, key)
	}
	if k < len(n.Order) {
		n.Order[k] = ch
	} else if k == len(n.Order) && k < maxKeys {
		n.Order = append(n.Order, ch)
	}
	return ch
}

// Usual are the keys that records have, as they were met: without those of a few
// records only, which say nothing of the others.
func (n *keyNode) Usual() (keys []*Key) {
	most := 0
	for _, ch := range n.Children {
		most = max(most, ch.many)
	}
	for _, ch := range n.Children {
		if 10*ch.many >= most {
			keys = append(keys, ch)
		}
	}
	slices.SortFunc(keys, func(a, b *Key) int { return a.nth - b.nth })
	return keys
}

func (f *JSON) learn(n *keyNode, key []byte) *Key {
	plain := key
	if bytes.IndexByte(key, '\\') >= 0 {
		plain = scan.Unescape(nil, key)
	}
	ch := &Key{Name: bytes.Clone(key), nth: len(n.Children)}
	name := f.Fields.Key(string(plain))
	ch.Leaves = n.leaves[name]
	if deep := n.deeper[name]; deep != nil {
		own := *deep // shared by keys that differ in spelling, but for the prefix
		own.prefix = n.prefix + string(ch.Name) + "."
		own.Children, own.Order = map[string]*Key{}, nil
		own.taken = n.taken || len(ch.Leaves) > 0
		ch.Deeper = &own
	}
	f.judge.Key(ch, string(plain), n == f.Keys)
	for _, leaf := range ch.Leaves {
		f.Met[leaf.Slot] = true
		ch.Hidden = ch.Hidden || f.masked[leaf.Slot]
	}
	if len(n.Children) < maxKeys {
		n.Children[string(ch.Name)] = ch
		if len(ch.Leaves) == 0 && ch.Deeper == nil && !n.taken {
			f.added(n.prefix + string(plain))
		}
	}
	return ch
}
