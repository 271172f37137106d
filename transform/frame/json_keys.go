package frame

import (
	"bytes"
	"slices"

	"github.com/accessmart/accessmart/transform/scan"
)

// What is known of the keys of JSON records: for each object in which columns are
// looked for, which key feeds which columns. A key is normalised once, when it is first
// met. After that the keys of a record are expected in the order of those of the last
// record, which costs one comparison of bytes for each.

// keyNode is an object that is looked into, or the record itself.
type keyNode struct {
	Below    []int                // contract columns that are looked for inside
	leaves   map[string][]keyLeaf // normalised name -> columns
	deeper   map[string]*keyNode  // normalised name -> what is looked for inside
	Children map[string]*Key      // key as delivered
	Order    []*Key               // as in the last record
	prefix   string               // keys that lead here, as delivered, each with a dot
	taken    bool                 // a column has the object itself, so none of its keys is reported as new
}

// keyLeaf is a column that a key feeds. The lower rank wins.
type keyLeaf struct{ Slot, rank int }

// Key is a key of such an object, in one spelling.
type Key struct {
	Name   []byte // between the quotes, as delivered
	Leaves []keyLeaf
	Deeper *keyNode
	Hidden bool   // its value must not be shown
	Alarm  bool   // set by the judge: a record with this key may be an error message
	Number uint64 // of the record in which it was last met
	times  int    // how often it was met in that record
	nth    int    // place among the keys of the object, in the order in which they were met
	many   int    // records that have it
	Marks  Marks  // of the judge
}

// Marks are what a judge remembers of a key. The framer reads none of them.
type Marks struct {
	Kind int8
	Met  uint64 // number of the record in which it was met last; 0: in none
	Kept bool
}

// maxKeys bounds the keys that are remembered of one object. Where keys are data, each
// record has new ones.
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

// Usual are the keys that at least a tenth as many records have as the most common
// one, in the order in which they were met.
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
		own := *deep // spellings of one key share all but the prefix and the keys below
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
