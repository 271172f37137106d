package review

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Dataset is the name of filled packs among the contracts.
const Dataset = "own.review_decisions"

// decisions are the words that a reviewer may write.
var decisions = []string{"approve", "revoke", "modify"}

// Row is a row of a filled pack: where it stands, and its cells by the columns of [Dataset].
type Row struct {
	Number int64 // in the table, whose heading is row 1
	Cells  map[string]string
}

// Wrong is what is wrong with a row of a filled pack. It holds no value of a cell.
type Wrong struct {
	Number int64
	Why    string
}

// Filled is what a filled pack says.
type Filled struct {
	Decisions map[string]int // how many there are of each word
	Undecided int            // rows without a decision
	Wrong     []Wrong        // by number
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

// Check counts the decisions of a filled pack and tells which of its rows cannot be taken:
// those with another word, those that are not as the pack had them, and those of which there
// are two that say different things. A row that is there twice and says the same counts once.
func Check(rows []Row) *Filled {
	out := &Filled{Decisions: map[string]int{}}
	wrong := func(r Row, why string, args ...any) {
		out.Wrong = append(out.Wrong, Wrong{r.Number, fmt.Sprintf(why, args...)})
	}
	first := map[string]Row{}
	for _, r := range rows {
		item, decision := r.Cells["fingerprint"], strings.ToLower(r.Cells["decision"])
		before, again := first[item]
		switch {
		case item != fingerprint(r.Cells):
			wrong(r, "it is not as the pack had it: a key, the target, its kind, the privilege or the address of the person was changed, as by sorting only some of the columns")
		case decision != "" && !slices.Contains(decisions, decision):
			wrong(r, "decision is none of %s", strings.Join(decisions, ", "))
		case again && !same(r, before):
			wrong(r, "it is the same as row %d, and says another decision, comment, day or reviewer", before.Number)
		case again:
		case decision == "":
			out.Undecided++
		default:
			out.Decisions[decision]++
		}
		if !again {
			first[item] = r
		}
	}
	slices.SortStableFunc(out.Wrong, func(a, b Wrong) int { return cmp.Compare(a.Number, b.Number) })
	return out
}

// same reports whether two rows of one item say the same.
func same(a, b Row) bool {
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
