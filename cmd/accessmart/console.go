package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"github.com/accessmart/accessmart/load"
)

// console is the terminal of one command: results go to out, progress and
// logs to err.
type console struct {
	in       io.Reader
	out, err io.Writer
	outTTY   bool
	errTTY   bool
	log      *slog.Logger
}

func newConsole(in io.Reader, out, errOut io.Writer) *console {
	c := &console{in: in, out: out, err: &sharedWriter{w: errOut}, outTTY: isTerminal(out), errTTY: isTerminal(errOut)}
	c.setVerbose(false)
	return c
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
	fmt.Fprintln(c.err, visibleLines(fmt.Sprintf(format, args...)))
}

// listing is a result with stable column names. A nil value is NULL.
type listing struct {
	columns []string
	rows    [][]any
	wrap    int // width at which the cells of a table, but for the first column, break into lines; 0 for never
}

func (l *listing) add(values ...any) { l.rows = append(l.rows, values) }

// formats of a listing.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
)

func checkFormat(format string) error {
	switch format {
	case formatTable, formatJSON, formatCSV:
		return nil
	}
	return usageError{fmt.Errorf("--format %q: want table, json or csv", format)}
}

// print writes a listing to out.
func (c *console) print(format string, l *listing) error {
	if format == formatTable {
		return c.printTable(l)
	}
	w := newRowWriter(c.out, format, l.columns)
	for _, row := range l.rows {
		if err := w.row(row); err != nil {
			return err
		}
	}
	return w.close()
}

func (c *console) printTable(l *listing) error {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Options.DrawBorder = false
	style.Options.SeparateColumns = true
	t.SetStyle(style)
	header := make(table.Row, len(l.columns))
	config := make([]table.ColumnConfig, len(l.columns))
	for i, name := range l.columns {
		header[i] = name
		config[i] = table.ColumnConfig{Number: i + 1}
		if numeric(l, i) {
			config[i].Align, config[i].AlignHeader = text.AlignRight, text.AlignRight
		}
		if l.wrap > 0 && i > 0 { // the first column is a name, to be copied
			config[i].WidthMax, config[i].WidthMaxEnforcer = l.wrap, text.WrapSoft
		} else if c.outTTY {
			config[i].WidthMax, config[i].WidthMaxEnforcer = 60, text.Trim
		}
	}
	t.AppendHeader(header)
	t.SetColumnConfigs(config)
	for _, row := range l.rows {
		cells := make(table.Row, len(row))
		for i, v := range row {
			cells[i] = visible(display(v))
		}
		t.AppendRow(cells)
	}
	_, err := fmt.Fprintln(c.out, t.Render())
	return err
}

func numeric(l *listing, column int) bool {
	seen := false
	for _, row := range l.rows {
		switch v := row[column].(type) {
		case nil:
		case int, int64, float64:
			seen = true
		case load.Value:
			if !v.IsNumber() {
				return false
			}
			seen = true
		default:
			return false
		}
	}
	return seen
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
	case load.Value:
		return v.Text
	}
	return fmt.Sprint(v)
}

// visible keeps control characters, which vendors' data may hold, from
// reaching the terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0:
			return '\ufffd'
		}
		return r
	}, s)
}

// visibleLines is [visible] for a text of several lines: messages hold names of
// files, which whoever made the files has chosen.
func visibleLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = visible(line)
	}
	return strings.Join(lines, "\n")
}

// guarded keeps a spreadsheet from running a text cell as a formula, by a
// leading apostrophe. The characters are those of OWASP's page on CSV
// injection; the wide ones are read as the narrow ones in some locales.
func guarded(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	if s == "" || !strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}
