package resolve

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// linkColumns is the header of a links file. Further columns, such as a note, are
// passed over.
var linkColumns = []string{"action", "kind", "left", "right"}

// ReadLinks reads a links file: CSV in UTF-8 with a header that names action, kind,
// left and right; its separator is a comma, a semicolon or a tab, whichever the header
// has. All errors are told at once, each with its line; a line that is wrong is no link,
// and neither is one that another line contradicts. A file without a header is an error:
// one that was cut off would undo all links.
func ReadLinks(in io.Reader) ([]UserLink, error) {
	r, skipped, err := linesOf(in)
	if err != nil {
		return nil, fmt.Errorf("links file: %w", err)
	}
	head, err := r.Read()
	if err == io.EOF {
		return nil, errors.New("links file: it is empty: not even a header says that there are no links")
	}
	if err != nil {
		return nil, fmt.Errorf("links file: %w", err)
	}
	var at [4]int
	for i := range head {
		head[i] = lower(strings.TrimSpace(head[i]))
	}
	for i, name := range linkColumns {
		if at[i] = slices.Index(head, name); at[i] < 0 {
			return nil, fmt.Errorf("links file: no column %s: the header must name %s; it is %s", name, strings.Join(linkColumns, ", "), strings.Join(head, ", "))
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
		if !slices.ContainsFunc(rec, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			continue // a spreadsheet leaves rows of separators
		}
		line, _ := r.FieldPos(0)
		u := UserLink{Line: line + skipped}
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

// linesOf is a reader of the records of a links file, behind a byte order mark and a line
// that names the separator, and how many lines are before it.
func linesOf(in io.Reader) (r *csv.Reader, skipped int, err error) {
	whole, err := io.ReadAll(in)
	if err != nil {
		return nil, 0, err
	}
	if bytes.HasPrefix(whole, []byte("\xff\xfe")) || bytes.HasPrefix(whole, []byte("\xfe\xff")) {
		return nil, 0, errors.New("it is UTF-16: save it as CSV UTF-8")
	}
	whole = bytes.TrimPrefix(whole, []byte("\ufeff"))
	if line, rest, ok := bytes.Cut(whole, []byte("\n")); ok && len(bytes.TrimSpace(line)) == len("sep=;") && bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) {
		whole, skipped = rest, 1
	}
	comma := ','
	for line := range bytes.Lines(whole) {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		for _, other := range []rune{';', '\t'} {
			if bytes.ContainsRune(line, other) && !bytes.ContainsRune(line, comma) {
				comma = other
			}
		}
		break
	}
	r = csv.NewReader(bytes.NewReader(whole))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace, r.Comment = comma, -1, comma != '\t', '#'
	return r, skipped, nil
}

// aThing is the form of the key of a thing.
var aThing = regexp.MustCompile(`^[a-z]+:[a-z0-9]{16}$`)

func (u UserLink) check() error {
	_, known := kindPrefix[u.Kind]
	for _, key := range []string{u.Left, u.Right} {
		if aThing.MatchString(key) {
			return fmt.Errorf("links file, line %d: %s is the key of a thing; name one of its statements: select statement_key, part from meta.links where key = '%[2]s'", u.Line, key)
		}
	}
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
	linked, wrong := map[string]UserLink{}, map[string]bool{}
	for _, u := range list {
		switch had, ok := linked[u.Left]; {
		case u.Action != LinkTo:
		case ok && had.Right != u.Right:
			wrong[u.Left] = true
			errs = append(errs, fmt.Errorf("links file, lines %d and %d contradict each other: one account is linked to two identities", had.Line, u.Line))
		default:
			linked[u.Left] = u
		}
	}
	out := slices.DeleteFunc(list, func(u UserLink) bool {
		other, ok := lines[name(u, denies[u.Action])]
		if ok && u.Line < other {
			errs = append(errs, fmt.Errorf("links file, lines %d and %d contradict each other", u.Line, other))
		}
		return ok || u.Action == LinkTo && wrong[u.Left]
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
