package review

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Dataset is the name of filled packs among the contracts.
const Dataset = "own.review_decisions"

// decisions are the words that a reviewer may write.
var decisions = []string{"approve", "revoke", "modify"}

// Row is a row of a filled pack: which record it is, and its cells by the columns of [Dataset].
type Row struct {
	Record  int64 // from 0, without the heading
	Cells   map[string]string
	Decided time.Time // first moment of the day in decided_on, in UTC; zero for none
}

// Wrong is a row of a filled pack that cannot be taken. It holds no value of a cell.
type Wrong struct {
	Record int64
	Field  string // column at fault; "" for the row as a whole
	Why    string
}

// String names the row as a spreadsheet numbers it, and says what is wrong.
func (w Wrong) String() string {
	return fmt.Sprintf("row %d: %s%s", rowNumber(w.Record), strings.TrimPrefix(w.Field+": ", ": "), w.Why)
}

// rowNumber is the row of a table, from 1 with its heading, on which a record stands.
func rowNumber(record int64) int64 { return record + 2 }

// Filled is what a filled pack says.
type Filled struct {
	Decisions map[string]int // how many there are of each word
	Undecided int            // rows without a decision
	Wrong     []Wrong        // by record
	ToCome    int            // rows that are wrong as their day is still to come
	rows      int
	changed   int // rows that are not as the pack had them
}

// Decided is the number of decisions.
func (f *Filled) Decided() (n int) {
	for _, of := range f.Decisions {
		n += of
	}
	return n
}

// String tells the decisions by their words.
func (f *Filled) String() string {
	var words []string
	for _, word := range slices.Sorted(maps.Keys(f.Decisions)) {
		words = append(words, fmt.Sprintf("%s %d", word, f.Decisions[word]))
	}
	return strings.Join(words, ", ")
}

// Whole is an error if so many rows are no longer as the pack had them that the others cannot
// be trusted either: more than a fifth and at least three, or all. Then columns were sorted
// apart from others, and a decision may stand beside another person or target of its own pack.
func (f *Filled) Whole() error {
	if f.changed == 0 || f.changed < f.rows && (f.changed < 3 || 5*f.changed <= f.rows) {
		return nil
	}
	return fmt.Errorf("nothing was loaded, as %d of %d rows are not as the pack had them: some columns were sorted or replaced without the others, so that a decision may stand beside another row; undo that, or fill a pack that is written anew", f.changed, f.rows)
}

// Check counts the decisions of a filled pack and tells which of its rows cannot be taken:
// those with another word, those that are not as the pack had them, those with a day that had
// not begun anywhere when the pack was read, and all rows of an item that say different things.
// An item that is there several times and says the same counts once. Of a pack of which readAt
// is zero, no day is to come.
func Check(rows []Row, readAt time.Time) *Filled {
	out := &Filled{Decisions: map[string]int{}, rows: len(rows)}
	wrong := func(r Row, field, why string, args ...any) {
		out.Wrong = append(out.Wrong, Wrong{r.Record, field, fmt.Sprintf(why, args...)})
	}
	var order []string
	items := map[string][]Row{}
	for _, r := range rows {
		item := r.Cells["fingerprint"]
		if item != fingerprint(r.Cells) {
			out.changed++
			wrong(r, "fingerprint", "the row is not as the pack had it: a key, the target, its kind, the privilege or the address of the person was changed, as by sorting only some of the columns; take the row from the pack again")
			continue
		}
		if items[item] == nil {
			order = append(order, item)
		}
		items[item] = append(items[item], r)
	}
	for _, item := range order {
		same := items[item]
		first := same[0]
		decision := strings.ToLower(first.Cells["decision"])
		switch {
		case slices.ContainsFunc(same[1:], func(r Row) bool { return !saysSame(r, first) }):
			for i, r := range same {
				other := first
				if i == 0 {
					other = same[1]
				}
				wrong(r, "decision", "the same item is on row %d, too, and the rows of it say different decisions, comments, days or reviewers; leave one", rowNumber(other.Record))
			}
		case decision != "" && !slices.Contains(decisions, decision):
			for _, r := range same {
				wrong(r, "decision", "it is none of %s", strings.Join(decisions, ", "))
			}
		case decision == "":
			out.Undecided++
		case !readAt.IsZero() && first.Decided.After(readAt.Add(earliestDay)):
			for _, r := range same {
				out.ToCome++
				wrong(r, "decided_on", "the day is still to come, and nothing is decided then yet; correct it")
			}
		default:
			out.Decisions[decision]++
		}
	}
	slices.SortStableFunc(out.Wrong, func(a, b Wrong) int { return cmp.Compare(a.Record, b.Record) })
	return out
}

// earliestDay is how long before its first moment in UTC a day begins somewhere.
const earliestDay = 14 * time.Hour

// saysSame reports whether two rows of one item say the same.
func saysSame(a, b Row) bool {
	for _, column := range []string{"comment", "decided_on", "reviewer", "reviewer_email"} {
		if a.Cells[column] != b.Cells[column] {
			return false
		}
	}
	return strings.EqualFold(a.Cells["decision"], b.Cells["decision"])
}

// fingerprint is the item of a row, as the SQL of a pack makes it.
func fingerprint(cells map[string]string) string {
	var parts []string
	for _, column := range []string{"pack", "identity_key", "account_key", "target_kind", "about_key", "privilege", "target", "person_email"} {
		parts = append(parts, cells[column])
	}
	sum := md5.Sum([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:])
}
