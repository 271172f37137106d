package files

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/accessmart/accessmart/schemas"
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
		why, err := func() (string, error) {
			r, err := open(root, x)
			if err != nil {
				return "", err
			}
			defer r.Close()
			why, err := c.add(ctx, f.known[plural], i, r)
			if err != nil {
				err = unreadable(x, err)
			}
			return why, err
		}()
		if err != nil || why != "" {
			return why, err
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

// add reads one file.
func (c *comparison) add(ctx context.Context, d *dataset, file int, r io.Reader) (why string, err error) {
	text, done := unpacked(bufio.NewReaderSize(r, looked))
	if text == nil {
		return unknownRecords, nil
	}
	defer done()
	if head, _ := text.Peek(len(magicZIP)); bytes.Equal(head, magicZIP) {
		return unknownRecords, nil
	}
	lines := newTable(text)
	header, err := lines.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	header = slices.Clone(header)
	if file == 0 {
		c.start(d, header)
	} else if !slices.EqualFunc(header, c.header, func(a, b string) bool { return schemas.NormalHeader(a) == schemas.NormalHeader(b) }) {
		return "their headers differ", nil
	}
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if c.total++; c.total > compared {
			return "they are too long to look for records that they have in common", nil
		}
		if c.total%1024 == 0 && ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		c.records[file]++
		c.take(file, line)
	}
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

// newTable reads lines by the separator that the first has most of.
func newTable(text *bufio.Reader) *csv.Reader {
	head, _ := text.Peek(looked)
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = text.Discard(3)
		head = head[3:]
	}
	first, _, _ := strings.Cut(string(head), "\n")
	sep, most := ',', 0
	if len(first) > 4 && strings.EqualFold(first[:4], "sep=") {
		_, _ = text.Discard(len(first) + 1)
		sep, _ = utf8.DecodeRuneInString(first[4:])
	} else {
		for _, s := range separators {
			if n := strings.Count(first, string(s)); n > most {
				sep, most = s, n
			}
		}
	}
	r := csv.NewReader(text)
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = sep, -1, true, true
	return r
}
