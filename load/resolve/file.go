package resolve

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// linkColumns is the header of a links file. Further columns, such as a note, are
// passed over.
var linkColumns = []string{"action", "kind", "left", "right"}

// ReadLinks reads a links file: CSV with a header that names action, kind, left
// and right. All errors are told at once, each with its line; a line that is wrong
// is no link, and neither is one that another line contradicts.
func ReadLinks(in io.Reader) ([]UserLink, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comment = -1, true, '#'
	head, err := r.Read()
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("links file: %w", err)
	}
	var at [4]int
	for i := range head {
		head[i] = lower(strings.TrimSpace(strings.TrimPrefix(head[i], "\ufeff")))
	}
	for i, name := range linkColumns {
		if at[i] = slices.Index(head, name); at[i] < 0 {
			return nil, fmt.Errorf("links file: no column %s: the header must name %s", name, strings.Join(linkColumns, ", "))
		}
	}
	var out []UserLink
	var errs []error
	for {
		rec, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("links file: %w", err)
		}
		line, _ := r.FieldPos(0)
		u := UserLink{Line: line}
		for i, to := range []*string{(*string)(&u.Action), &u.Kind, &u.Left, &u.Right} {
			if at[i] < len(rec) {
				*to = strings.TrimSpace(rec[at[i]])
			}
		}
		u.Action, u.Kind = Action(lower(string(u.Action))), lower(u.Kind)
		if err := u.check(); err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, u)
	}
	out, err = contradictions(out)
	return out, errors.Join(append(errs, err)...)
}

func (u UserLink) check() error {
	_, known := kindPrefix[u.Kind]
	switch {
	case !slices.Contains([]Action{SameAs, NotSameAs, LinkTo, UnlinkOf}, u.Action):
		return fmt.Errorf("links file, line %d: %q is none of same as, not same as, link, unlink", u.Line, u.Action)
	case !known:
		return fmt.Errorf("links file, line %d: %q is no kind of thing", u.Line, u.Kind)
	case (u.Action == LinkTo || u.Action == UnlinkOf) && u.Kind != "accounts":
		return fmt.Errorf("links file, line %d: %s is for accounts, found %q", u.Line, u.Action, u.Kind)
	case u.Left == "" || u.Right == "":
		return fmt.Errorf("links file, line %d: left and right must each name a statement, as meta.links does", u.Line)
	case u.Left == u.Right && (u.Action == SameAs || u.Action == NotSameAs):
		return fmt.Errorf("links file, line %d: left and right are one statement", u.Line)
	}
	return nil
}

// contradictions drops lines of which one says what another denies, and tells
// them.
func contradictions(list []UserLink) ([]UserLink, error) {
	denies := map[Action]Action{SameAs: NotSameAs, NotSameAs: SameAs, LinkTo: UnlinkOf, UnlinkOf: LinkTo}
	type said struct {
		action            Action
		kind, left, right string
	}
	name := func(u UserLink, a Action) said {
		if u.Action == SameAs || u.Action == NotSameAs {
			return said{a, u.Kind, min(u.Left, u.Right), max(u.Left, u.Right)}
		}
		return said{a, u.Kind, u.Left, u.Right}
	}
	lines := map[said]int{}
	for _, u := range list {
		lines[name(u, u.Action)] = u.Line
	}
	var errs []error
	out := slices.DeleteFunc(list, func(u UserLink) bool {
		other, ok := lines[name(u, denies[u.Action])]
		if ok && u.Line < other {
			errs = append(errs, fmt.Errorf("links file, lines %d and %d contradict each other", u.Line, other))
		}
		return ok
	})
	return out, errors.Join(errs...)
}

// Idle are the lines of the links file that did nothing, as a key that they name
// is in no statement.
func (res *Result) Idle() (out []UserLink) {
	r := res.r
	for _, u := range r.user {
		left, right := r.population(u.Kind), r.population(u.Kind)
		if u.Action == LinkTo || u.Action == UnlinkOf {
			right = r.population("identities")
		}
		if len(r.statements(left, u.Left)) == 0 || len(r.statements(right, u.Right)) == 0 {
			out = append(out, u)
		}
	}
	return out
}
