package files

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/accessmart/accessmart/extract"
)

// fileName is what the name of a file says.
type fileName struct {
	plural string            // the dataset; "" for none
	exact  bool              // and nothing that is not understood, but for what stands between dots
	facts  map[string]string // of the request that it answers
	time   stamp
	odd    bool   // there is a time that is not certain
	copies bool   // of another, as browsers and desktops number them
	part   int    // of a delivery in several files, -1 for none
	parts  int    // how many there are, 0 for not known
	words  string // what else
	ext    string // csv, json, zip, …, lower case
	packed bool   // compressed: .gz or .zst
}

// Endings of files that may hold exports. Any other file is left alone.
var endings = []string{"csv", "tsv", "txt", "json", "ndjson", "jsonl", "zip", "xlsx", ""}

// tables are those that hold nothing else.
var tables = []string{"csv", "tsv", "json", "ndjson", "jsonl", workbookEnding}

var (
	packing = regexp.MustCompile(`(?i)\.(gz|zst)$`)
	ending  = regexp.MustCompile(`(?i)\.(csv|tsv|txt|json|ndjson|jsonl|zip|xlsx)$`)
	other   = regexp.MustCompile(`\.([A-Za-z][A-Za-z0-9]{0,9}|[0-9]{1,3}|7z)$|~$`)
	uuid    = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

	copied = regexp.MustCompile(`(?i)^(copy|kopie|copie|copia) (\(\d+\) )?(of|von|de|di) |[ _-]*\(\d{1,3}\)$|[ _-]+(copy|kopie|copie|copia)([ _-]?\(?\d{1,3}\)?)?$`)
	parted = regexp.MustCompile(`(?i)(?:^|[^a-z0-9])(?:part|page|chunk|pt)[ ._-]?(\d{1,5})(?:[ ._-]?of[ ._-]?(\d{1,5}))?(?:$|[^a-z0-9])|(?:^|[^a-z0-9])(\d{1,5})[ ._-]?of[ ._-]?(\d{1,5})(?:$|[^a-z0-9])`)
)

// noise are words that say nothing about which dataset it is.
var noise = []string{"export", "exports", "exported", "download", "bulk", "report", "full", "all", "data", "list", "latest", "of"}

// readName reads the path of a file below the folder, or in an archive. A time
// may stand in the name or in that of a folder.
func (f *Folder) readName(name string, now time.Time) (fileName, error) {
	n := fileName{part: -1}
	dir, stem := path.Split(name)
	if m := packing.FindString(stem); m != "" {
		n.packed, stem = true, strings.TrimSuffix(stem, m)
	}
	n.takeCopy(&stem)                                                        // requests.csv (1), or Copy of
	for m := ending.FindString(stem); m != ""; m = ending.FindString(stem) { // requests.csv.txt is a CSV to its bytes
		if n.ext == "" {
			n.ext = strings.ToLower(m[1:])
		}
		stem = strings.TrimSuffix(stem, m)
	}
	if n.ext == "" {
		if m := other.FindString(stem); m != "" && !strings.Contains(m, "=") {
			n.ext = strings.ToLower(strings.TrimPrefix(m, "."))
		}
	}
	n.takeCopy(&stem) // before what may stand at the end of a fact
	stem, err := n.takeFacts(stem)
	stem = uuid.ReplaceAllString(stem, " ")
	n.time, stem, n.odd = nameStamp(stem, now)
	if !n.time.known() && !n.odd {
		n.time, n.odd = folderStamp(dir, now)
	}
	n.takeCopy(&stem)
	n.takePart(&stem)
	f.takePlural(&n, stem)
	return n, err
}

// folderStamp finds the time in the names of folders, of which the innermost counts that
// has one. odd: there is a time that is not certain.
func folderStamp(dir string, now time.Time) (s stamp, odd bool) {
	for !s.known() && !odd && dir != "" {
		dir = strings.TrimSuffix(dir, "/")
		i := strings.LastIndexByte(dir, '/') + 1
		s, _, odd = nameStamp(dir[i:], now)
		dir = dir[:i]
	}
	return s, odd
}

// takeCopy takes off how browsers and desktops mark copies.
func (n *fileName) takeCopy(stem *string) {
	for {
		s := strings.TrimRight(*stem, " _-.")
		bare := copied.ReplaceAllString(s, "")
		if bare == s {
			return
		}
		n.copies, *stem = true, bare
	}
}

// takeFacts reads the pieces key=value.
func (n *fileName) takeFacts(stem string) (rest string, err error) {
	var left []string
	for _, piece := range strings.Split(stem, ".") {
		key, value, ok := strings.Cut(piece, "=")
		if !ok {
			left = append(left, piece)
			continue
		}
		value, bad := url.PathUnescape(value)
		if bad != nil || key == "" || value == "" {
			err = extract.Unusable(extract.StepRead, "write it as key=value, with %2F for a slash", "its name holds a piece that is no key=value")
			continue
		}
		if n.facts == nil {
			n.facts = map[string]string{}
		}
		n.facts[key] = value
	}
	return strings.Join(left, "."), err
}

func (n *fileName) takePart(stem *string) {
	m := parted.FindStringSubmatchIndex(*stem)
	if m == nil {
		return
	}
	number := func(i int) int {
		if m[i] < 0 {
			return 0
		}
		v, _ := strconv.Atoi((*stem)[m[i]:m[i+1]]) // digits, by the pattern
		return v
	}
	if m[2] >= 0 {
		n.part, n.parts = number(2), number(4)
	} else {
		n.part, n.parts = number(6), number(8)
	}
	*stem = (*stem)[:m[0]] + " " + (*stem)[m[1]:]
}

// takePlural finds the dataset at the beginning of what is left of a name, behind
// the vendor and words that say nothing, where no dataset begins with these.
func (f *Folder) takePlural(n *fileName, stem string) {
	words, dots := split(stem)
	taken := 0
	for {
		if n.plural, taken = f.pluralOf(words); taken > 0 {
			break
		}
		skip := 0
		switch {
		case len(words) > 0 && (words[0] == f.vendor || slices.Contains(noise, words[0])):
			skip = 1
		case len(words) > 1 && words[0]+words[1] == f.vendor: // BalkanID
			skip = 2
		}
		if skip == 0 {
			break
		}
		words, dots = words[skip:], dots[skip:]
	}
	// Oleria's names are written together in some of its products.
	n.exact = n.plural != ""
	for i := taken; i < len(words) && !dots[i]; i++ {
		if strings.ContainsFunc(words[i], unicode.IsLetter) && !slices.Contains(noise, words[i]) && words[i] != f.vendor {
			n.exact = false
		}
	}
	n.words = strings.Join(words[taken:], " ")
}

// pluralOf is the dataset whose name the first words are, the longest, and how
// many they are.
func (f *Folder) pluralOf(words []string) (plural string, taken int) {
	for known := range f.known {
		if p := strings.Split(known, "_"); len(p) > taken && len(p) <= len(words) && slices.Equal(p, words[:len(p)]) {
			plural, taken = known, len(p)
		}
	}
	return plural, taken
}

// split cuts a name into lower-case words, also where writing changes from
// small letters to capitals. dots tells which words follow a dot, or a word that
// does.
func split(s string) (words []string, dots []bool) {
	var word []rune
	dot := false
	end := func() {
		if len(word) > 0 {
			words, dots = append(words, strings.ToLower(string(word))), append(dots, dot)
			word = nil
		}
	}
	var last rune
	for _, r := range s {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end()
			dot = dot || r == '.'
		case unicode.IsUpper(r) && unicode.IsLower(last):
			end()
			fallthrough
		default:
			word = append(word, r)
		}
		last = r
	}
	end()
	return words, dots
}
