package links

import (
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
)

func TestEffect(t *testing.T) {
	owners := map[string]string{"account:x": "identity:a"}
	for _, c := range []struct {
		action      resolve.Action
		left, right []string
		isNew       bool
		what        string
	}{
		{resolve.SameAs, []string{"identity:a"}, []string{"identity:b"}, true, "joins identity:a with identity:b"},
		{resolve.SameAs, []string{"identity:a"}, []string{"identity:a"}, false, "is so already: they are identity:a"},
		{resolve.SameAs, []string{"identity:a", "identity:b"}, []string{"identity:a"}, true, "joins identity:a and identity:b with identity:a"},
		{resolve.NotSameAs, []string{"identity:a"}, []string{"identity:a"}, true, "parts identity:a"},
		{resolve.NotSameAs, []string{"identity:a"}, []string{"identity:b"}, false, "is so already: they are identity:a and identity:b"},
		{resolve.LinkTo, []string{"account:x"}, []string{"identity:a"}, false, "is so already: account:x belongs to identity:a"},
		{resolve.LinkTo, []string{"account:x"}, []string{"identity:b"}, true, "gives account:x to identity:b in place of identity:a"},
		{resolve.LinkTo, []string{"account:y"}, []string{"identity:b"}, true, "gives account:y to identity:b"},
		{resolve.UnlinkOf, []string{"account:x"}, []string{"identity:a"}, true, "takes account:x from identity:a"},
		{resolve.UnlinkOf, []string{"account:y"}, []string{"identity:a"}, false, "is so already: account:y does not belong to identity:a"},
		{resolve.SameAs, nil, []string{"identity:a"}, false, "does nothing: no statement has the key l"},
		{resolve.LinkTo, nil, nil, false, "does nothing: no statement has the key l, nor r"},
	} {
		e := effect(resolve.UserLink{Action: c.action, Left: "l", Right: "r"}, c.left, c.right, owners)
		if e.New != c.isNew || e.What != c.what {
			t.Errorf("%s %v %v: %v, %q; want %v, %q", c.action, c.left, c.right, e.New, e.What, c.isNew, c.what)
		}
	}
}
