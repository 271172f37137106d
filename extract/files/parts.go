package files

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract"
)

// oneDelivery reports why files of one time, or of none, are not certain to be
// the parts of one delivery: those that are numbered as such are, and those of
// one day that say in words of what they are, and have no record in common.
func (f *Folder) oneDelivery(ctx context.Context, root *os.Root, plural string, all []*found) error {
	if len(all) == 1 {
		return complete(all)
	}
	names := map[string]bool{}
	numbered, padded, named := false, true, false
	for _, x := range all {
		name := fmt.Sprintf("%s %d", x.called.words, x.called.part)
		switch {
		case names[name] || x.called.copies:
			return unclear(all, "they are called alike")
		case !x.time.known() && x.called.part < 0:
			return unclear(all, "none says of when it is")
		}
		names[name] = true
		numbered = numbered || x.called.part >= 0 || number(x.called.words) >= 0
		padded = padded && (x.called.part >= 0 || serial.MatchString(x.called.words))
		named = named || scheme(x) != scheme(all[0])
	}
	if numbered {
		if err := complete(all); err != nil || padded && !named {
			return err
		}
	}
	return f.apart(ctx, root, plural, all)
}

// serial is a number that a program counts files by: 0001.
var serial = regexp.MustCompile(`(^| )0\d{2,}( |$)`)

// scheme is what the name of a part says but for its number.
func scheme(x *found) string {
	if x.called.part >= 0 {
		return x.called.words
	}
	return digits.ReplaceAllString(x.called.words, "#")
}

var digits = regexp.MustCompile(`\d+`)

// version are words of versions of one list, of times of a day, and of
// installations: files that differ in one of them are not the parts of a list.
var version = regexp.MustCompile(`^(v|ver|version|rev|revision|r)?\d*$|^(draft|entwurf|wip|final|corrected|correction|corr|korrigiert|korrektur|fixed|fix|amended|revised|updated|update|old|new|alt|neu|prev|previous|` +
	`latest|current|before|after|backup|bak|orig|original|rerun|retry|again|tmp|temp|approved|signed|sample|preview|` +
	`morning|noon|midday|afternoon|evening|night|am|pm|\d{1,2}(am|pm|h|uhr)|prod|production|live|test|testing|stage|staging|stg|dev|development|int|qa|uat|preprod|sandbox|demo)\d*$`)

// installation are those of them that are also names of departments and offices.
var installation = regexp.MustCompile(`^(development|qa|production|live|test|testing|int)$`)

// department are those that mean a department rather, where nothing beside them
// is an installation.
var department = regexp.MustCompile(`^(development|qa|production)$`)

func mayBeVersion(word string) string { return fmt.Sprintf("%q may be a version and no part", word) }

// office reports whether a word of a file's name is that of a department, by
// how the others are called: the own words of each file.
func office(word string, own [][]string) bool {
	if !department.MatchString(word) {
		return false
	}
	teams := true // of those that make software, and no place where it runs
	for _, words := range own {
		if !slices.ContainsFunc(words, isVersion) {
			return true
		}
		for _, w := range words {
			teams = teams && (!isVersion(w) || w == "development" || w == "qa")
		}
	}
	return teams
}

func isVersion(w string) bool { return strings.ContainsFunc(w, isLetter) && version.MatchString(w) }

// strange tells whether files say in their names what they answer by a word that
// the contract does not know.
func (f *Folder) strange(plural string, all []*found) bool {
	known := map[string]bool{}
	for _, c := range f.known[plural].contract.Columns {
		known[c.Context] = true
	}
	for _, x := range all {
		for key, value := range x.called.facts {
			if !known[key] && value != all[0].called.facts[key] {
				return true
			}
		}
	}
	return false
}

// apart reports why files whose names differ in words are not certain to be
// parts of one list. The same record in two of them is a sign of two versions.
func (f *Folder) apart(ctx context.Context, root *os.Root, plural string, all []*found) error {
	words, facts := make([][]string, len(all)), map[string]bool{}
	count := map[string]int{}
	for i, x := range all {
		words[i] = strings.Fields(x.called.words)
		for _, v := range x.called.facts {
			w, _ := split(v)
			words[i] = append(words[i], w...)
			for _, w := range w {
				facts[w] = true
			}
		}
		slices.Sort(words[i])
		for _, w := range slices.Compact(slices.Clone(words[i])) {
			count[w]++
		}
	}
	own := make([][]string, len(all))
	for i := range all {
		own[i] = slices.DeleteFunc(words[i], func(w string) bool { return count[w] == len(all) })
	}
	offices := map[int]string{}
	for i, x := range all {
		if len(own[i]) == 0 && x.called.part < 0 {
			return unclear(all, fmt.Sprintf("%s does not say of what part it is", x.label()))
		}
		for _, w := range own[i] {
			switch {
			case !isVersion(w) || !facts[w] && office(w, own):
			case facts[w] || !installation.MatchString(w) || offices[i] != "":
				return unclear(all, mayBeVersion(w))
			default:
				offices[i] = w
			}
		}
	}
	why, err := f.shared(ctx, root, plural, all, offices)
	if err == nil && why != "" {
		err = unclear(all, why)
	}
	return err
}

// number is the number in words that hold one and nothing else that changes, -1
// for none.
func number(words string) int {
	n := -1
	for _, w := range strings.Fields(words) {
		var v int
		if _, err := fmt.Sscanf(w, "%d", &v); err == nil && strings.Trim(w, "0123456789") == "" {
			if n >= 0 {
				return -1
			}
			n = v
		}
	}
	return n
}

// complete reports which part of a numbered delivery is missing.
func complete(all []*found) error {
	at := func(x *found) int {
		if x.called.part >= 0 {
			return x.called.part
		}
		if len(all) == 1 {
			return -1 // a number alone may be anything
		}
		return number(x.called.words)
	}
	parts, first, last := 0, -1, -1
	have := map[int]bool{}
	for _, x := range all {
		n := at(x)
		if n < 0 && len(all) == 1 {
			return nil
		}
		if n < 0 || have[n] || parts > 0 && x.called.parts > 0 && x.called.parts != parts {
			return unclear(all, "not all are numbered as parts of one delivery")
		}
		have[n], parts = true, max(parts, x.called.parts)
		if first < 0 || n < first {
			first = n
		}
		last = max(last, n)
	}
	if parts > 0 && first > 0 {
		last = max(last, parts)
	}
	for n := min(first, 1); n <= last; n++ {
		if !have[n] && (n > 0 || first == 0) {
			return extract.Unusable(extract.StepRead, "put the missing part there, or name the files for what they are: --join (join: true in the configuration) reads what is there",
				"part %d is missing: there are %s", n, labels(all))
		}
	}
	return nil
}
