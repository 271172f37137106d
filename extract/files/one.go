package files

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// Guess is a dataset that a file may be of.
type Guess struct {
	Dataset string
	How     string            // it was recognised: name, header, or name and header
	Note    string            // what speaks against it
	Facts   map[string]string // of the request that it answers, by its name
	Members []string          // of an archive

	known   int  // headers of the dataset that it has
	own     bool // the name of the file itself is the dataset's, not only that of a member
	archive bool // an archive whose members the contract knows
}

// Recognise tells which datasets one file may be of, of whatever vendor, as the
// folder of a source would have it. The best comes first, and alone where it is
// certain.
func Recognise(path string, known []*schemas.Contract) ([]Guess, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	byVendor := map[string][]*schemas.Contract{}
	for _, c := range known {
		byVendor[c.Vendor()] = append(byVendor[c.Vendor()], c)
	}
	var all []Guess
	for _, contracts := range byVendor {
		if _, err := file.Seek(0, io.SeekStart); err != nil { // each vendor looks from the beginning
			return nil, err
		}
		f, err := New(Config{Folder: filepath.Dir(path)}, contracts)
		if err != nil {
			return nil, err
		}
		all = append(all, f.guesses(file, info)...)
	}
	slices.SortFunc(all, func(a, b Guess) int {
		return cmp.Or(b.certainty()-a.certainty(), b.known-a.known)
	})
	if len(all) > 1 && !slices.ContainsFunc(all[1:], all[0].rivalled) {
		all = all[:1]
	}
	return all, nil
}

func (g Guess) certainty() int {
	switch {
	case g.How == byBoth:
		return 3
	case g.How == byHeader:
		return 2
	case g.own:
		return 1
	}
	return 0
}

// rivalled tells whether another guess is nearly as good. One header more is
// enough where the name speaks for it too.
func (g Guess) rivalled(other Guess) bool {
	margin := 2
	if g.How == byBoth {
		margin = 1
	}
	return other.certainty() >= g.certainty() || g.How != byName && (other.archive || g.known-other.known < margin)
}

// guesses are the datasets of one vendor.
func (f *Folder) guesses(file *os.File, info os.FileInfo) (out []Guess) {
	l := &listing{of: map[string][]*found{}}
	x := &found{name: info.Name(), size: info.Size(), modified: info.ModTime()}
	x.called, x.err = f.readName(x.name, time.Now())
	if x.size == 0 {
		f.place(l, x)
	} else {
		f.lookInto(l, file, x)
	}
	for _, plural := range l.plurals() {
		d := f.known[plural]
		g := Guess{Dataset: d.contract.Dataset, own: x.called.plural == plural}
		for _, x := range l.of[plural] {
			g.How, g.Note, g.Facts = x.how, x.note, x.called.facts
			g.known = max(g.known, d.fit(&x.shape).known)
			g.archive = g.archive || x.member == "" && x.shape.zip
			if x.member != "" {
				g.Members = append(g.Members, x.member)
			}
		}
		out = append(out, g)
	}
	return out
}
