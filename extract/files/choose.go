package files

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zip"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// choice is which files of a dataset are read.
type choice struct {
	read  []*found
	left  []schemas.File // of the dataset too, and why they are not read
	notes []string
}

func (c *choice) leave(x *found, plural, why string, args ...any) {
	c.left = append(c.left, schemas.File{Name: x.label(), Dataset: plural, How: x.how, Time: x.time.at, Reason: fmt.Sprintf(why, args...)})
}

// choose decides which files of a dataset are the delivery to read: the newest,
// where that is certain, in all its parts. Two deliveries are joined only where
// the configuration says so.
func (f *Folder) choose(ctx context.Context, root *os.Root, plural string, all []*found) (*choice, error) {
	c := &choice{}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b *found) int { return strings.Compare(a.label(), b.label()) })
	if f.conf.Join {
		c.read = all
		return c, sameTenant(all)
	}
	all, err := f.withoutCopies(ctx, root, plural, all, c)
	if err != nil {
		return nil, err
	}
	groups := map[string][]*found{} // by the facts that the files answer
	var order []string
	for _, x := range all {
		key := factsKey(x.called.facts)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], x)
	}
	if len(all) > 0 && !slices.ContainsFunc(all, func(x *found) bool { return x.record == "" }) {
		return c, f.chooseSingles(plural, all, c)
	}
	if len(order) > 1 && groups[""] != nil {
		return c, unclear(all, "some say in their names what they answer (key=value), some do not")
	}
	for _, key := range order {
		newest, err := f.newest(plural, groups[key], c)
		if err == nil {
			err = f.oneDelivery(ctx, root, plural, newest)
		}
		if err != nil {
			return c, err
		}
		c.read = append(c.read, newest...)
	}
	if len(order) > 1 && f.strange(plural, all) {
		if err := f.apart(ctx, root, plural, c.read); err != nil {
			return c, err
		}
	}
	c.note()
	slices.SortFunc(c.read, func(a, b *found) int { return strings.Compare(a.label(), b.label()) })
	return c, sameTenant(c.read)
}

// note says that the parts are of several times.
func (c *choice) note() {
	var times []string
	for _, x := range c.read {
		if t := x.time.text(); !slices.Contains(times, t) {
			times = append(times, t)
		}
	}
	if slices.Sort(times); len(times) > 1 {
		c.notes = append(c.notes, "its parts are of several times: "+strings.Join(times, ", "))
	}
}

func factsKey(facts map[string]string) string {
	v := url.Values{}
	for k, x := range facts {
		v.Set(k, x)
	}
	return v.Encode()
}

// withoutCopies leaves out what has the same bytes as another file for the same
// question: browsers number what is fetched twice.
func (f *Folder) withoutCopies(ctx context.Context, root *os.Root, plural string, all []*found, c *choice) ([]*found, error) {
	sizes := map[string]int{}
	kind := func(x *found) string {
		return fmt.Sprintf("%d %d %s", x.size, x.called.part, factsKey(x.called.facts))
	}
	for _, x := range all {
		sizes[kind(x)]++
	}
	// The one to keep comes first: the newest, and the original.
	byWorth := slices.Clone(all)
	slices.SortStableFunc(byWorth, func(a, b *found) int {
		n, _ := b.time.order(a.time)
		if a.time.known() != b.time.known() {
			n = less(a.time.known())
		}
		if n == 0 && a.called.copies != b.called.copies {
			n = less(b.called.copies)
		}
		return cmp.Or(n, cmp.Compare(len(a.name), len(b.name)))
	})
	kept := map[string]*found{}
	gone := map[*found]bool{}
	for _, x := range byWorth {
		if sizes[kind(x)] < 2 || x.err != nil {
			continue
		}
		sum, err := digest(ctx, root, x)
		if err != nil {
			return nil, err
		}
		key := kind(x) + " " + sum
		if first := kept[key]; first != nil {
			gone[x] = true
			c.leave(x, plural, "it has the same bytes as %s", first.label())
			continue
		}
		kept[key] = x
	}
	return slices.DeleteFunc(all, func(x *found) bool { return gone[x] }), nil
}

func less(is bool) int {
	if is {
		return -1
	}
	return 1
}

// digest is the hash of a file or of a member.
func digest(ctx context.Context, root *os.Root, x *found) (string, error) {
	r, err := open(root, x)
	if err != nil {
		return "", err
	}
	defer r.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return "", unreadable(x, err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), context.Cause(ctx)
}

func unreadable(x *found, err error) error {
	return extract.Unusable(extract.StepRead, "check the file and its rights", "the file %s: %v", x.label(), reason(err))
}

// opened is a file, or what is read of it.
type opened struct {
	io.Reader
	file *os.File
}

func (o opened) Close() error { return o.file.Close() }

// open opens a file or a member.
func open(root *os.Root, x *found) (_ io.ReadCloser, err error) {
	file, err := root.Open(x.name)
	if err != nil {
		return nil, unreadable(x, err)
	}
	if x.member == "" {
		return file, nil
	}
	defer func() {
		if err != nil {
			file.Close()
			err = unreadable(x, err)
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(z.File, func(m *zip.File) bool { return m.Name == x.member })
	if i < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	m, err := z.File[i].Open()
	if err != nil {
		return nil, err
	}
	return opened{io.LimitReader(m, x.size+1), file}, nil
}

// newest leaves out all but the newest of the files that answer one question.
func (f *Folder) newest(plural string, all []*found, c *choice) ([]*found, error) {
	top := all[0]
	for _, x := range all {
		if x.time.known() != top.time.known() {
			return nil, unclear(all, "some say of when they are, some do not")
		}
		if n, _ := x.time.order(top.time); n > 0 || n == 0 && x.time.unit < top.time.unit {
			top = x
		}
	}
	if !top.time.known() {
		return all, nil
	}
	var newest []*found
	for _, x := range all {
		n, certain := x.time.order(top.time)
		switch {
		case !certain:
			return nil, unclear(all, "which is the newest is not certain")
		case n == 0:
			newest = append(newest, x)
		default:
			c.leave(x, plural, "it is older, of %s, than %s, of %s", x.time.text(), top.label(), top.time.text())
		}
	}
	return newest, nil
}

// sameTenant refuses documents that say that they are of two tenants.
func sameTenant(all []*found) error {
	var first *found
	for _, x := range all {
		switch {
		case x.tenant == "":
		case first == nil:
			first = x
		case first.tenant != x.tenant:
			return extract.Unusable(extract.StepRead, "load each tenant as a source of its own", "%s and %s are of two tenants", first.label(), x.label())
		}
	}
	return nil
}

func unclear(all []*found, why string) error {
	return extract.Unusable(extract.StepRead,
		"keep only the latest, or put its date into its name, such as 2026-11-28; parts of one delivery are called .part1, .part2, …; --join (join: true in the configuration) reads them all as one",
		"%s may be several deliveries: %s", labels(all), why)
}

func labels(all []*found) string {
	var out []string
	for i, x := range all {
		if i == 20 {
			out = append(out, fmt.Sprintf("%d more", len(all)-i))
			break
		}
		out = append(out, x.label())
	}
	return strings.Join(out, ", ")
}
