package resolve_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/accessmart/accessmart/load/resolve"
)

// Statements that are added together are what they are one by one.
func TestAdd_manyAtATime(t *testing.T) {
	var list []stated
	company(60, func(kind string, s *resolve.Statement) {
		own := *s
		own.Identifiers = slices.Clone(s.Identifiers)
		own.Name, own.Title = own.Name+" Ångström", "HEAD of ẞales"
		for i := range own.Identifiers {
			if own.Identifiers[i].Namespace == "email" {
				own.Identifiers[i].Value = "P" + own.Identifiers[i].Value[1:]
			}
		}
		list = append(list, stated{kind, own})
	})
	told := func(r *resolve.Resolver) (out []string) {
		res := r.Resolve()
		for _, kind := range []string{"applications", "accounts", "identities"} {
			for l := range res.Links(kind) {
				out = append(out, fmt.Sprint(l))
			}
		}
		for o := range res.Owners() {
			out = append(out, fmt.Sprint(o))
		}
		return append(out, fmt.Sprint(slices.Collect(func(yield func(string) bool) {
			for email, key := range res.Addresses() {
				if !yield(email + " " + key) {
					return
				}
			}
		})))
	}
	one := newResolver(t, resolve.Options{})
	add(t, one, list)
	many := newResolver(t, resolve.Options{})
	kinds := map[string][]*resolve.Statement{}
	for i := range list {
		kinds[list[i].kind] = append(kinds[list[i].kind], &list[i].s)
	}
	for kind, some := range kinds {
		if err := many.Add(kind, some...); err != nil {
			t.Fatal(err)
		}
	}
	want := told(one)
	if got := told(many); len(want) < 500 || !slices.Equal(got, want) {
		t.Errorf("%d links and owners, of which some are others than the %d of statements added one by one", len(got), len(want))
	}
}

// Unknown are the keys that no statement has: not what is a text of another sort.
func TestResolver_Unknown(t *testing.T) {
	r := newResolver(t, resolve.Options{})
	var keys []string
	var want []int
	for i := range 200 {
		key := fmt.Sprintf("a:identity:%d", i)
		keys = append(keys, key)
		if i%3 == 0 {
			want = append(want, i)
			continue
		}
		if err := r.Add("identities", &resolve.Statement{Source: "a", Dataset: "d", Key: key, Part: fmt.Sprintf("a:identity:%d", i/3*3), From: resolve.NoDay, Until: resolve.NoDay}); err != nil {
			t.Fatal(err)
		}
	}
	want, keys = append(want, len(keys)), append(keys, "")
	var got []int
	r.Unknown("identities", keys, func(nth int) { got = append(got, nth) })
	if !slices.Equal(got, want) {
		t.Errorf("unknown are %v, want %v", got, want)
	}
}
