package files

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// dataset is one dataset of the vendor, with what its exports are known by.
type dataset struct {
	contract *schemas.Contract
	headers  map[string]bool // of columns, normalised
	keys     map[string]bool // at the top of a JSON record
}

func newDataset(c *schemas.Contract) *dataset {
	d := &dataset{contract: c, headers: map[string]bool{}, keys: map[string]bool{}}
	for i := range c.Columns {
		for _, from := range c.Columns[i].From {
			if strings.HasPrefix(from, "$.") { // of the document, not of a record
				continue
			}
			d.headers[schemas.NormalHeader(from)] = true
			d.keys[schemas.NormalHeader(schemas.ParsePath(from)[0])] = true
		}
	}
	for header := range c.LeftOut {
		d.headers[schemas.NormalHeader(header)] = true
	}
	return d
}

// fit is how well a header is that of a dataset. whole: it has all columns of the dataset, and
// nothing else.
type fit struct {
	known, of int
	whole     bool
}

// good reports whether a header has enough of a dataset's columns to be its
// header, and little else.
func (f fit) good() bool { return f.known >= 3 && 2*f.known >= f.of }

// better reports whether a header is rather of this dataset than of another.
func (f fit) better(other fit) bool {
	return f.known > other.known || f.known == other.known && f.whole && !other.whole
}

// clear reports whether it is so beyond doubt: by two columns, or as the header is that of
// this dataset, no more and no less.
func (f fit) clear(next fit) bool { return f.known-next.known >= 2 || f.whole && !next.whole }

// fit compares the shape of a file with the columns of the dataset.
func (d *dataset) fit(s *shape) (best fit) {
	count := func(names []string, known map[string]bool) {
		f := fit{}
		for _, n := range names {
			if n = schemas.NormalHeader(n); n == "" {
				continue
			}
			f.of++
			if known[n] {
				f.known++
			}
		}
		if f.known > best.known {
			best = f
		}
	}
	for _, line := range s.lines { // a title may stand above the header
		count(line, d.headers)
		best.whole = best.whole || d.isWhole(line)
	}
	switch {
	case len(d.contract.Records) > 0 && s.list == d.contract.Records[0]:
		count(s.inner, d.keys)
	default:
		count(s.keys, d.keys)
	}
	return best
}

// isWhole reports whether a line of a CSV has all columns of the dataset, but for those that
// the request tells, and no header that the dataset does not know.
func (d *dataset) isWhole(line []string) bool {
	has := map[string]bool{}
	for _, n := range line {
		if n = schemas.NormalHeader(n); n != "" {
			has[n] = true
		}
	}
	for i := range d.contract.Columns {
		c := &d.contract.Columns[i]
		if c.Context == "" && !slices.ContainsFunc(c.From, func(from string) bool { return has[schemas.NormalHeader(from)] }) {
			return false
		}
	}
	for n := range has {
		if !d.headers[n] {
			return false
		}
	}
	return len(has) > 0
}

// inArchive reports whether a dataset comes as an archive, whose members have the columns
// of several datasets.
func (d *dataset) inArchive() bool { return d.contract.Format == schemas.ZIP }

// byHeader is the one dataset whose header a file has: nil where none is, where
// another is nearly as likely, or where what its header is like is assumed.
func (f *Folder) byHeader(s *shape) *dataset {
	var best, next fit
	var found *dataset
	for _, d := range f.known {
		if d.contract.IsSingle(s.keys) {
			return d
		}
	}
	for _, archives := range []bool{false, true} {
		for _, d := range f.known {
			x := d.fit(s)
			switch {
			case d.inArchive() != archives:
			case x.better(best):
				best, next, found = x, best, d
			case archives && found != nil && !found.inArchive():
				// Unpacked, its members may as well be what the other delivers.
			case x.better(next):
				next = x
			}
		}
	}
	if found == nil || found.contract.Documented == schemas.DocumentedNot || !best.good() || !best.clear(next) {
		return nil
	}
	return found
}

// How a file was recognised.
const (
	byName   = "name"
	byHeader = "header"
	byBoth   = "name and header"
)

// instead says what to do with files of kinds that exports come in and that are not read.
var instead = map[string]string{
	"xls": asSheet, "xlsb": asSheet, "xlsm": asSheet, "ods": asSheet, "numbers": asSheet,
	"rar": unpackIt, "7z": unpackIt, "tar": unpackIt, "tgz": unpackIt, "bz2": unpackIt, "xz": unpackIt,
}

const (
	asSheet  = "save it as .xlsx or .csv"
	unpackIt = "unpack it"
)

// recognise decides which dataset a file is of: "" for none, and why.
func (f *Folder) recognise(n *fileName, s *shape) (plural, how, note string) {
	if !slices.Contains(endings, n.ext) {
		note := fmt.Sprintf("files of the kind .%s are not read", n.ext)
		if step := instead[n.ext]; step != "" {
			note += "; if it is an export, " + step
		}
		return "", "", note
	}
	header := f.byHeader(s)
	named := f.known[n.plural]
	switch {
	case named == nil && header == nil:
		return "", "", fmt.Sprintf("neither its name nor its header is that of one dataset of %s; if it is an export, name it <dataset>.%s: 'accessmart datasets' lists the names", f.vendor, orCSV(n.ext))
	case named == nil:
		return header.contract.Plural(), byHeader, ""
	case header == named:
		return n.plural, byBoth, ""
	case header != nil && named.contract.Typed() && 2*named.fit(s).known < header.fit(s).known:
		return header.contract.Plural(), byHeader, fmt.Sprintf("its name says %s, its header %s", n.plural, header.contract.Plural())
	case !n.exact && !named.fit(s).good():
		return "", "", fmt.Sprintf("its name begins like %s, and its header is not that of one; if it is one, name it %s.%s", n.plural, n.plural, orCSV(n.ext))
	}
	return n.plural, byName, ""
}

func orCSV(ext string) string {
	if ext == "" {
		return "csv"
	}
	return ext
}
