package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// refreshed is what loading a second delivery took, beside the first load of
// the same round.
type refreshed struct {
	name        string
	first, then []figures
	earlier     []figures // the second load by the earlier program, if there is one
}

// How the second delivery differs from the first.
const (
	sameBytes  = "same bytes"
	sameRows   = "other bytes, same rows"
	fewChanged = "1 % of rows changed"
)

// refreshes measures the second load of one million entitlements.
func (o *options) refreshes(ctx context.Context) ([]*refreshed, error) {
	s, n := shapes[0], million
	if o.records != nil {
		n = o.records[0]
	}
	folders := map[variant]string{first: "in", rotated: "rotated", changed: "changed"}
	for v, name := range folders {
		folders[v] = filepath.Join(o.dir, name)
		if _, _, err := s.deliver(folders[v], n, v); err != nil {
			return nil, err
		}
		defer os.RemoveAll(folders[v])
	}
	out := []*refreshed{{name: sameBytes}, {name: sameRows}, {name: fewChanged}}
	then := []variant{first, rotated, changed}
	for range o.repeats {
		for i, r := range out {
			if o.earlier != "" {
				_, t, err := o.twice(ctx, o.earlier, s, folders[first], folders[then[i]])
				if err != nil {
					return nil, err
				}
				r.earlier = append(r.earlier, t)
			}
			f, t, err := o.twice(ctx, o.program, s, folders[first], folders[then[i]])
			if err != nil {
				return nil, err
			}
			r.first, r.then = append(r.first, f), append(r.then, t)
			fmt.Fprintf(os.Stderr, "refresh, %s: %.2f s after %.2f s\n", r.name, t.wall, f.wall)
		}
	}
	o.clear()
	return out, nil
}

// twice loads two deliveries of a shape one after the other into a new file.
func (o *options) twice(ctx context.Context, program string, s *shape, one, two string) (f, t figures, err error) {
	o.clear()
	if f, err = o.load(ctx, program, s.vendor, one); err != nil {
		return f, t, err
	}
	t, err = o.load(ctx, program, s.vendor, two)
	return f, t, err
}
