package files

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
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
// for the times in it, or the same value in a column that tells the lines of
// each file apart.
type comparison struct {
	seed    maphash.Seed
	header  []string
	skip    []bool           // columns of times, and those that are no texts
	lines   map[uint64]int   // the file
	unique  []map[uint64]int // by column; nil where two lines of a file have one value
	common  []bool           // by column
	records []int            // by file
	total   int
	same    bool // a line is in two files
}

// shared tells why files are not certain to have no record in common; "" where
// they are.
func (f *Folder) shared(ctx context.Context, root *os.Root, plural string, all []*found) (string, error) {
	c := &comparison{seed: maphash.MakeSeed(), lines: map[uint64]int{}, records: make([]int, len(all))}
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
	for column, shared := range c.common {
		if shared && c.unique[column] != nil && slices.Min(c.records) > 1 {
			return fmt.Sprintf("they have records of one %s", c.header[column]), nil
		}
	}
	if c.same {
		return "they have records in common", nil
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
// or numbers tell nothing apart.
func (c *comparison) start(d *dataset, header []string) {
	c.header = header
	c.skip, c.common, c.unique = make([]bool, len(header)), make([]bool, len(header)), make([]map[uint64]int, len(header))
	for i, name := range header {
		column := d.column(name)
		c.skip[i] = column != nil && (column.Type == schemas.Timestamp || column.Type == schemas.Date)
		if column != nil && (column.Type == schemas.Text || column.Type == schemas.Email) {
			c.unique[i] = map[uint64]int{}
		}
	}
}

func (d *dataset) column(header string) *schemas.Column {
	for i := range d.contract.Columns {
		for _, from := range d.contract.Columns[i].From {
			if schemas.NormalHeader(from) == schemas.NormalHeader(header) {
				return &d.contract.Columns[i]
			}
		}
	}
	return nil
}

func (c *comparison) take(file int, line []string) {
	var whole maphash.Hash
	whole.SetSeed(c.seed)
	for i, cell := range line {
		if i >= len(c.skip) || !c.skip[i] {
			whole.WriteString(cell)
		}
		whole.WriteByte(0)
		if i >= len(c.unique) || c.unique[i] == nil || cell == "" {
			continue
		}
		sum := maphash.String(c.seed, cell)
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
