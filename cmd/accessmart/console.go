package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/accessmart/accessmart/load/database/read"
)

// console is the terminal of one command: results go to out, progress and
// logs to err. Both are cleaned of what would do something to a terminal.
type console struct {
	in       io.Reader
	out, err io.Writer
	bar      io.Writer // err as it is, for the bar, which moves the cursor
	outTTY   bool
	errTTY   bool
	outSize  func() (width, height int) // of the terminal; now, as it may change
	errSize  func() (width, height int)
	log      *slog.Logger

	// hinted completes the commands that a message proposes; see [globals.hinted].
	hinted func(text string) string
}

func newConsole(in io.Reader, out, errOut io.Writer) *console {
	shared := &sharedWriter{w: errOut}
	c := &console{in: in, out: out, err: &visibleWriter{w: shared}, bar: shared,
		outTTY: isTerminal(out), errTTY: isTerminal(errOut), outSize: sizeOf(out), errSize: sizeOf(errOut)}
	if c.outTTY {
		c.out = &visibleWriter{w: out}
	}
	c.hinted = func(text string) string { return text }
	c.setVerbose(false)
	return c
}

// sizeOf is how to ask for the size of a terminal.
func sizeOf(w io.Writer) func() (width, height int) {
	return func() (width, height int) {
		if f, ok := w.(*os.File); ok {
			if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 && height > 0 {
				return width, height
			}
		}
		return 80, 24
	}
}

// sharedWriter keeps whole what several goroutines write at once: progress and
// logs.
type sharedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *sharedWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (c *console) setVerbose(on bool) {
	level := slog.LevelError + 1 // what went wrong is told by progress and by the end of the command
	if on {
		level = slog.LevelDebug
	}
	c.log = slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: level}))
}

// say writes one line of progress.
func (c *console) say(format string, args ...any) {
	fmt.Fprintln(c.err, c.hinted(fmt.Sprintf(format, args...)))
}

// listing is a result with stable column names. A nil value is NULL.
type listing struct {
	columns []string
	rows    [][]any
	order   []string // columns, the most important first, for a narrow terminal
	wrap    []string // columns whose cells break into lines in a table
	lines   int      // width at which they do so without a terminal; 0 for never
}

func (l *listing) add(values ...any) { l.rows = append(l.rows, values) }

// formats of a listing.
const (
	formatTable  = "table"
	formatRecord = "record"
	formatJSON   = "json"
	formatCSV    = "csv"
)

func checkFormat(format string) error {
	switch format {
	case formatTable, formatRecord, formatJSON, formatCSV:
		return nil
	}
	return usageError{fmt.Errorf("--format %q: want table, json or csv, or record for one column a line", format)}
}

// rowSink takes the rows of a listing one by one, so that it may be larger
// than memory. close ends it, flush only writes what is held back.
type rowSink interface {
	row(values []any) error
	close() error
	flush() error
}

// sink is where rows with these columns are written to. At most so many rows
// of a table or of records are shown; 0 for all.
func (c *console) sink(format string, columns []string, style tableStyle) rowSink {
	if c.outTTY {
		style.width, _ = c.outSize()
	}
	switch format {
	case formatTable:
		return newTableWriter(c.out, columns, style)
	case formatRecord:
		return newRecordWriter(c.out, columns, style.width, style.most)
	}
	return newRowWriter(c.out, format, columns)
}

// print writes a listing to out.
func (c *console) print(format string, l *listing) error {
	w := c.sink(format, l.columns, tableStyle{order: l.order, wrap: l.wrap, lines: l.lines})
	for _, row := range l.rows {
		if err := w.row(row); err != nil {
			return err
		}
	}
	if err := w.close(); err != nil {
		return err
	}
	c.tellDropped(w)
	return nil
}

// tellDropped names the columns of a table for which there was no room.
func (c *console) tellDropped(w rowSink) {
	if t, ok := w.(*tableWriter); ok && len(t.dropped) > 0 {
		told := fmt.Sprintf("Not shown: %s (--format record, or a wider terminal, shows them).", strings.Join(t.dropped, ", "))
		for _, line := range brokenBehind(told, t.style.width, " ") {
			c.say("%s", line)
		}
	}
}

// display is the text of a value in a table or a CSV cell; NULL is empty.
func display(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case read.Value:
		return v.Text
	}
	return fmt.Sprint(v)
}

// warn tells a note, if there is one.
func (c *console) warn(note string) {
	if note != "" {
		c.say("warning: %s.", note)
	}
}
