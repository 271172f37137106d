package files

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

func isLetter(r rune) bool { return unicode.IsLetter(r) }

const unknownRecords = "whether they have records in common is not known"

// compared is how many records of files are compared at most.
const compared = 1_000_000

// comparison looks for records that files have in common: the same line, but
// for the times in it, or the same key, id or address where it tells the lines
// of each file apart. Any other column may happen to do so in a small file.
type comparison struct {
	seed    maphash.Seed
	header  []string
	skip    []bool           // columns of times, and those that are no texts
	lines   map[uint64]int   // the file
	ways    [][]int          // columns that tell records apart together
	unique  []map[uint64]int // by way; nil where two lines of a file have one value
	common  []bool           // by way
	records []int            // by file
	always  [][]string       // by file and column, in lower case: what stands in every line; "" for several things
	total   int
	same    bool // a line is in two files
}

// shared tells why files are not certain to have no record in common; "" where
// they are. A file of which offices has a word must have it in every record.
func (f *Folder) shared(ctx context.Context, root *os.Root, plural string, all []*found, offices map[int]string) (string, error) {
	c := &comparison{seed: maphash.MakeSeed(), lines: map[uint64]int{}, records: make([]int, len(all)), always: make([][]string, len(all))}
	for i, x := range all {
		if len(x.shape.lines) == 0 || x.err != nil {
			return unknownRecords, nil
		}
		why, err := c.add(ctx, f.known[plural], &x.shape, i, func() (io.ReadCloser, error) { return open(root, x) })
		switch {
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case err != nil:
			return "", unreadable(x, err)
		case why != "":
			return why, nil
		}
	}
	for way, shared := range c.common {
		if shared && c.unique[way] != nil && slices.Min(c.records) > 1 {
			names := make([]string, len(c.ways[way]))
			for i, column := range c.ways[way] {
				names[i] = c.header[column]
			}
			return "they have records of one " + strings.Join(names, " and "), nil
		}
	}
	if c.same {
		return "they have records in common", nil
	}
	for i := range all {
		if word := offices[i]; word != "" && !slices.Contains(c.always[i], word) {
			return mayBeVersion(word), nil
		}
	}
	return "", context.Cause(ctx)
}

// Bounds of a file that is compared, in bytes: of all of it after decompression, and of one
// record.
const (
	comparedText   = 1 << 40
	comparedRecord = 1 << 20
)

// incomparable is why files cannot be compared, and ends the reading of one.
type incomparable string

func (why incomparable) Error() string { return string(why) }

// add reads one file, of the shape s. why says why it cannot be compared with the others.
func (c *comparison) add(ctx context.Context, d *dataset, s *shape, file int, open func() (io.ReadCloser, error)) (why string, err error) {
	first := true
	header, err := frame.Records(ctx, open, comparedText, comparedRecord, d.isHeader(s), func(r *frame.Record) error {
		if first {
			first = false
			if err := c.compare(d, r.Header); err != nil {
				return err
			}
		}
		if r.None {
			return nil
		}
		if c.total++; c.total > compared {
			return incomparable("they are too long to look for records that they have in common")
		}
		c.records[file]++
		c.take(file, cellsOf(r))
		return nil
	})
	if err == nil && first {
		err = c.compare(d, header)
	}
	var fault *frame.Error
	var stop incomparable
	switch {
	case errors.As(err, &stop):
		return string(stop), nil
	case errors.As(err, &fault) && fault.Kind != frame.KindRead && fault.Kind != frame.KindTruncated:
		return unknownRecords, nil
	}
	return "", err
}

// isHeader tells the header of a file from a title above it; nil for a file in which no
// line is known to be the header.
func (d *dataset) isHeader(s *shape) func(header []string) bool {
	if !d.fit(s).good() {
		return nil
	}
	return func(header []string) bool { return d.fit(&shape{lines: [][]string{header}}).good() }
}

// compare starts with the header of the first file, and refuses another one.
func (c *comparison) compare(d *dataset, header []string) error {
	if c.header == nil {
		c.start(d, slices.Clone(header))
		return nil
	}
	if !slices.EqualFunc(header, c.header, func(a, b string) bool { return schemas.NormalHeader(a) == schemas.NormalHeader(b) }) {
		return incomparable("their headers differ")
	}
	return nil
}

// cellsOf are the cells of a record, of a broken one what stands between its separators.
func cellsOf(r *frame.Record) []string {
	if r.Why != "" {
		return strings.Split(string(r.Text), string(r.Separator))
	}
	cells := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		cells[i] = string(c)
	}
	return cells
}

// start takes the columns: those of times change from list to list, and flags
// or numbers tell nothing apart. Where none of a key is there, any text may.
func (c *comparison) start(d *dataset, header []string) {
	c.header = header
	c.skip = make([]bool, len(header))
	at := map[string]int{}
	var texts [][]int
	for i, name := range header {
		for _, column := range d.columns(name) {
			c.skip[i] = c.skip[i] || column.Type == schemas.Timestamp || column.Type == schemas.Date
			if _, ok := at[column.Name]; !ok {
				at[column.Name] = i
			}
			if column.Type == schemas.Text || column.Type == schemas.Email {
				texts = append(texts, []int{i})
			}
		}
	}
	whole, some := d.waysAt(at)
	for _, ways := range [][][]int{whole, some, texts} {
		if c.ways = ways; len(ways) > 0 {
			break
		}
	}
	c.common, c.unique = make([]bool, len(c.ways)), make([]map[uint64]int, len(c.ways))
	for i := range c.unique {
		c.unique[i] = map[uint64]int{}
	}
}

// waysAt are the ways to tell records apart, with all of their columns and with
// some, by where the columns are. What the request says is in no file.
func (d *dataset) waysAt(at map[string]int) (whole, some [][]int) {
	for _, names := range d.contract.TellsApart() {
		var way []int
		ways := &whole
		for _, name := range names {
			i, ok := at[name]
			switch {
			case ok && !slices.Contains(way, i):
				way = append(way, i)
			case !ok && len(d.contract.Column(name).From) > 0:
				ways = &some
			}
		}
		if slices.Sort(way); len(way) > 0 && !slices.ContainsFunc(*ways, func(w []int) bool { return slices.Equal(w, way) }) {
			*ways = append(*ways, way)
		}
	}
	return whole, some
}

// columns are those that a header delivers.
func (d *dataset) columns(header string) (out []*schemas.Column) {
	name := schemas.NormalHeader(header)
	for i := range d.contract.Columns {
		if slices.ContainsFunc(d.contract.Columns[i].From, func(from string) bool { return schemas.NormalHeader(from) == name }) {
			out = append(out, &d.contract.Columns[i])
		}
	}
	return out
}

func (c *comparison) take(file int, line []string) {
	var whole maphash.Hash
	whole.SetSeed(c.seed)
	if c.always[file] == nil {
		for _, cell := range line {
			c.always[file] = append(c.always[file], strings.ToLower(cell))
		}
	}
	for i := range c.always[file] {
		if i >= len(line) || !strings.EqualFold(line[i], c.always[file][i]) {
			c.always[file][i] = ""
		}
	}
	for i, cell := range line {
		if i >= len(c.skip) || !c.skip[i] {
			whole.WriteString(cell)
		}
		whole.WriteByte(0)
	}
	for i, way := range c.ways {
		if c.unique[i] == nil {
			continue
		}
		sum, ok := c.sum(way, line)
		if !ok {
			continue
		}
		switch before, seen := c.unique[i][sum]; {
		case seen && before == file:
			c.unique[i] = nil
		case seen:
			c.common[i] = true
			fallthrough
		default:
			c.unique[i][sum] = file
		}
	}
	sum := whole.Sum64()
	if before, seen := c.lines[sum]; seen && before != file {
		c.same = true
	}
	c.lines[sum] = file
}

// sum is what a line has in some columns; false where it has nothing there.
func (c *comparison) sum(columns []int, line []string) (sum uint64, ok bool) {
	var h maphash.Hash
	h.SetSeed(c.seed)
	for _, i := range columns {
		if i < len(line) {
			h.WriteString(line[i])
			ok = ok || line[i] != ""
		}
		h.WriteByte(0)
	}
	return h.Sum64(), ok
}
