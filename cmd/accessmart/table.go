package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/accessmart/accessmart/load/database/read"
)

// tableWriter writes rows as a table, as they come. Widths are those of the
// first rows; a later cell that is wider moves its row, or is cut on a
// terminal, where no line may be longer than the screen.
type tableWriter struct {
	out   *bufio.Writer
	style tableStyle
	names []string

	first   [][]string // rows that wait for the widths
	size    int        // of their text
	numeric []bool     // by column, of the first rows; a number is never cut
	textual []bool     // columns that have a value that is no number

	laid    bool
	columns []tableColumn // those that are shown
	rows    int
	dropped []string // columns for which there is no room
}

// tableStyle is how a table fits its place.
type tableStyle struct {
	width int      // of the terminal; 0 for as wide as the rows are
	most  int      // rows to show; 0 for all
	order []string // columns, the most important first; others come after them
	wrap  []string // columns whose cells break into lines instead of being cut
	lines int      // width at which they, but for the first, do so without a terminal; 0 for never
}

type tableColumn struct {
	at, width int
	wrap      bool
}

const (
	firstRows = 1000    // that decide the widths
	firstText = 1 << 20 // bytes of them
	wideCell  = 60      // on a terminal, while there is no need for less
	paddedTo  = 120     // wider cells without a terminal pad no others
	leastText = 10      // of a column that is cut
)

func newTableWriter(out io.Writer, columns []string, style tableStyle) *tableWriter {
	t := &tableWriter{out: bufio.NewWriterSize(out, 1<<16), style: style, numeric: make([]bool, len(columns)), textual: make([]bool, len(columns))}
	for _, name := range columns {
		t.names = append(t.names, visible(name))
	}
	return t
}

func (t *tableWriter) row(values []any) error {
	t.rows++
	if t.style.most > 0 && t.rows > t.style.most {
		return nil // counted all the same
	}
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = visible(display(v))
		t.size += len(cells[i])
	}
	if t.laid {
		return t.write(cells)
	}
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case int, int64, float64:
			t.numeric[i] = true
		case read.Value:
			t.numeric[i], t.textual[i] = true, t.textual[i] || !v.IsNumber()
		default:
			t.textual[i] = true
		}
	}
	if t.first = append(t.first, cells); len(t.first) == firstRows || t.size > firstText {
		return t.begin()
	}
	return nil
}

// begin writes the heading and the rows that waited for it.
func (t *tableWriter) begin() error {
	t.layOut()
	t.laid = true
	heads := make([]string, len(t.names))
	copy(heads, t.names)
	if err := t.write(heads); err != nil {
		return err
	}
	for i, c := range t.columns {
		if i > 0 {
			_, _ = t.out.WriteString("┼")
		}
		_, _ = t.out.WriteString(strings.Repeat("─", c.width+2-t.edge(i)))
	}
	_ = t.out.WriteByte('\n')
	for _, cells := range t.first {
		if err := t.write(cells); err != nil {
			return err
		}
	}
	t.first = nil
	return nil
}

// edge is 1 for the last column on a terminal, which needs no blank after it.
func (t *tableWriter) edge(i int) int {
	if t.style.width > 0 && i == len(t.columns)-1 {
		return 1
	}
	return 0
}

// write writes one row, in as many lines as its longest cell breaks into.
func (t *tableWriter) write(cells []string) error {
	lines := make([][]string, len(t.columns))
	height := 1
	for i, c := range t.columns {
		switch cell := cells[c.at]; {
		case c.wrap:
			lines[i] = broken(cell, c.width)
		case t.style.width > 0:
			lines[i] = []string{cut(cell, c.width)}
		default:
			lines[i] = []string{cell}
		}
		height = max(height, len(lines[i]))
	}
	for l := range height {
		for i, c := range t.columns {
			cell := ""
			if l < len(lines[i]) {
				cell = lines[i][l]
			}
			if i > 0 {
				_, _ = t.out.WriteString("│")
			}
			_ = t.out.WriteByte(' ')
			blanks := max(0, c.width-textWidth(cell))
			if t.numeric[c.at] && !t.textual[c.at] {
				t.blank(blanks)
				blanks = 0
			}
			_, _ = t.out.WriteString(cell)
			t.blank(blanks + 1 - t.edge(i))
		}
		if err := t.out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return nil
}

func (t *tableWriter) blank(n int) {
	for range n {
		_ = t.out.WriteByte(' ')
	}
}

func (t *tableWriter) close() error {
	if !t.laid {
		if err := t.begin(); err != nil {
			return err
		}
	}
	return t.out.Flush()
}

func (t *tableWriter) flush() error { return t.out.Flush() }

// layOut chooses columns and their widths.
func (t *tableWriter) layOut() {
	all := make([]tableColumn, len(t.names))
	least := make([]int, len(t.names))
	for i, name := range t.names {
		c := tableColumn{at: i, width: textWidth(name), wrap: slices.Contains(t.style.wrap, name)}
		head := c.width
		for _, cells := range t.first {
			c.width = max(c.width, textWidth(cells[i]))
		}
		switch {
		case t.style.width > 0 && c.wrap:
			least[i] = min(c.width, max(head, 2*leastText))
		case t.style.width > 0:
			if t.numeric[i] && !t.textual[i] {
				least[i] = c.width
				break
			}
			c.width = max(head, min(c.width, wideCell))
			least[i] = min(c.width, 2*leastText)
		case c.wrap && t.style.lines > 0 && i > 0: // the first is a name, to be copied
			c.width = max(head, min(c.width, t.style.lines))
		default:
			c.width, c.wrap = min(c.width, paddedTo), false
		}
		all[i] = c
	}
	if t.style.width > 0 {
		all = t.fit(all, least)
	}
	t.columns = all
}

// fit drops the least important columns until the others have room at their
// least, then gives them what is left.
func (t *tableWriter) fit(all []tableColumn, least []int) []tableColumn {
	byRank := slices.Clone(all)
	slices.SortStableFunc(byRank, func(a, b tableColumn) int { return t.rank(a) - t.rank(b) })
	need := func(columns []tableColumn) (n int) {
		for _, c := range columns {
			n += least[c.at] + 3
		}
		return n - 2 // a blank before the first, none after the last, and no line beside it
	}
	for len(byRank) > 1 && need(byRank) > t.style.width {
		last := byRank[len(byRank)-1]
		t.dropped = append(t.dropped, t.names[last.at])
		byRank = byRank[:len(byRank)-1]
	}
	spare := t.style.width - need(byRank)
	for i, c := range byRank { // by importance; a column takes what it wants, as long as there is some
		more := max(0, min(c.width-least[c.at], spare))
		byRank[i].width = least[c.at] + more
		spare -= more
	}
	if len(byRank) == 1 {
		byRank[0].width = min(byRank[0].width, max(1, t.style.width-1))
	}
	slices.SortFunc(byRank, func(a, b tableColumn) int { return a.at - b.at })
	slices.Reverse(t.dropped)
	return byRank
}

func (t *tableWriter) rank(c tableColumn) int {
	if at := slices.Index(t.style.order, t.names[c.at]); at >= 0 {
		return at
	}
	return len(t.style.order) + c.at
}

// textWidth is how many columns of a terminal a text takes.
func textWidth(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return text.StringWidthWithoutEscSequences(s)
		}
	}
	return len(s)
}

// cut shortens a text to a width, with a mark where something is missing.
func cut(s string, width int) string {
	if textWidth(s) <= width {
		return s
	}
	n, end := 0, 0
	for i, r := range s {
		if n += text.RuneWidth(r); n > width-1 {
			end = i
			break
		}
	}
	return s[:end] + "…"
}

// broken breaks a text into lines of a width, where words end if it can.
func broken(s string, width int) []string { return brokenBehind(s, width, " _.,;:/-") }

// brokenBehind is broken where only these characters end a word.
func brokenBehind(s string, width int, ends string) (lines []string) {
	for textWidth(s) > width {
		n, end, word := 0, 0, 0
		for i, r := range s {
			if n += text.RuneWidth(r); n > width && end > 0 {
				break
			}
			end = i + len(string(r))
			if strings.ContainsRune(ends, r) {
				word = end
			}
		}
		if word > 0 && word < len(s) {
			end = word
		}
		lines = append(lines, strings.TrimRight(s[:end], " "))
		s = strings.TrimLeft(s[end:], " ")
	}
	return append(lines, s)
}

// recordWriter writes each row as a block with one column a line.
type recordWriter struct {
	out   *bufio.Writer
	names []string // as wide as the widest
	width int      // of the terminal; 0 for as wide as the values are
	most  int      // rows to show; 0 for all
	rows  int
}

func newRecordWriter(out io.Writer, columns []string, width, most int) *recordWriter {
	w := &recordWriter{out: bufio.NewWriterSize(out, 1<<16), width: width, most: most}
	widest := 0
	for _, name := range columns {
		widest = max(widest, textWidth(visible(name)))
	}
	if width > 0 {
		widest = min(widest, width/2)
	}
	for _, name := range columns {
		w.names = append(w.names, text.AlignLeft.Apply(cut(visible(name), widest), widest))
	}
	return w
}

func (w *recordWriter) row(values []any) error {
	w.rows++
	if w.most > 0 && w.rows > w.most {
		return nil
	}
	fmt.Fprintf(w.out, "── row %d ──\n", w.rows) // an error shows with the last write
	for i, v := range values {
		lines := []string{visible(display(v))}
		if w.width > 0 {
			lines = broken(lines[0], max(leastText, w.width-textWidth(w.names[i])-2))
		}
		for l, line := range lines {
			head := w.names[i]
			if l > 0 {
				head = strings.Repeat(" ", textWidth(head))
			}
			if _, err := w.out.WriteString(strings.TrimRight(head+"  "+line, " ") + "\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *recordWriter) close() error { return w.out.Flush() }
func (w *recordWriter) flush() error { return w.out.Flush() }
