package links

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/load/resolve"
)

// Effect is what a line of a links file would do to a published file.
type Effect struct {
	Line    resolve.UserLink
	Missing []string // of its keys, those that no statement has: then it does nothing
	New     bool     // false: it does nothing, or what it orders is so already
	What    string   // in words
}

// Check tells what lines of a links file would do to a published file as it is, each by
// itself. Which lines contradict each other shows only when all are resolved together.
func Check(ctx context.Context, f *read.File, lines []resolve.UserLink) ([]Effect, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	things, err := namedThings(ctx, f, lines)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	owners, err := ownersOf(ctx, f, things)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	out := make([]Effect, len(lines))
	for n, u := range lines {
		out[n] = effect(u, things[side{n, 0}], things[side{n, 1}], owners)
	}
	return out, nil
}

// side is one end of a line: 0 for left, 1 for right.
type side struct{ line, end int }

var (
	askedRow = database.Parse(`({{.line}}, {{.end}}, {{.whole}}, {{.kind}}, {{.key}}, {{.part}})`)
	askedOf  = database.Parse(`
		select distinct a.line, a."end", a.whole, l.key
		from (values {{.rows}}) a(line, "end", whole, kind, key, part)
		join meta.links l on l.kind = a.kind and l.statement_key = a.key and (a.whole or l.part = a.part)
		order by all`)
	ownersIn = database.Parse(`select account_key, identity_key from meta.account_owners where account_key in ({{.keys}})`)
)

// namedThings finds the keys of the things that each end of each line names, in order. Two
// for one end are those of several statements that bear one key.
func namedThings(ctx context.Context, f *read.File, lines []resolve.UserLink) (map[side][]string, error) {
	var asked []database.SQL
	for n, u := range lines {
		for end, name := range []string{u.Left, u.Right} {
			kind := u.Kind
			if end == 1 && (u.Action == resolve.LinkTo || u.Action == resolve.UnlinkOf) {
				kind = "identities"
			}
			asked = append(asked, askedRow.Fill(database.Values{"line": n, "end": end, "whole": true, "kind": kind, "key": name, "part": ""}))
			if at := strings.LastIndex(name, " #"); at > 0 {
				asked = append(asked, askedRow.Fill(database.Values{"line": n, "end": end, "whole": false, "kind": kind, "key": name[:at], "part": name[at+2:]}))
			}
		}
	}
	parts, wholes := map[side][]string{}, map[side][]string{}
	err := f.Each(ctx, string(askedOf.Fill(database.Values{"rows": database.Join(asked, ", ")})), func(row []read.Value) {
		s := side{int(row[0].Int()), int(row[1].Int())}
		to := parts
		if row[2].Bool() {
			to = wholes
		}
		to[s] = append(to[s], row[3].Text)
	})
	for s, keys := range wholes { // a key that has ' #' in it itself goes before one with a part
		parts[s] = keys
	}
	return parts, err
}

// ownersOf finds to whom the accounts among the things belong.
func ownersOf(ctx context.Context, f *read.File, things map[side][]string) (map[string]string, error) {
	var keys []database.SQL
	for _, list := range things {
		for _, key := range list {
			keys = append(keys, database.Text(key))
		}
	}
	out := map[string]string{}
	if keys == nil {
		return out, nil
	}
	err := f.Each(ctx, string(ownersIn.Fill(database.Values{"keys": database.Join(keys, ", ")})), func(row []read.Value) {
		out[row[0].Text] = row[1].Text
	})
	return out, err
}

func effect(u resolve.UserLink, left, right []string, owners map[string]string) Effect {
	e := Effect{Line: u, New: true}
	if left == nil {
		e.Missing = append(e.Missing, u.Left)
	}
	if right == nil {
		e.Missing = append(e.Missing, u.Right)
	}
	one := len(left) == 1 && slices.Equal(left, right)
	shared := slices.ContainsFunc(left, func(key string) bool { return slices.Contains(right, key) })
	l, r := strings.Join(left, " and "), strings.Join(right, " and ")
	has := ""
	if len(left) > 0 {
		has = owners[left[0]]
	}
	switch {
	case e.Missing != nil:
		e.New, e.What = false, "does nothing: no statement has the key "+strings.Join(e.Missing, ", nor ")
	case u.Action == resolve.SameAs && one:
		e.New, e.What = false, "is so already: they are "+l
	case u.Action == resolve.SameAs:
		e.What = "joins " + l + " with " + r
	case u.Action == resolve.NotSameAs && !shared:
		e.New, e.What = false, "is so already: they are "+l+" and "+r
	case u.Action == resolve.NotSameAs:
		e.What = "parts " + l
	case u.Action == resolve.LinkTo && slices.Contains(right, has):
		e.New, e.What = false, "is so already: "+l+" belongs to "+has
	case u.Action == resolve.LinkTo && has != "":
		e.What = "gives " + l + " to " + r + " in place of " + has
	case u.Action == resolve.LinkTo:
		e.What = "gives " + l + " to " + r
	case slices.Contains(right, has):
		e.What = "takes " + l + " from " + has
	default:
		e.New, e.What = false, "is so already: "+l+" does not belong to "+r
	}
	return e
}
