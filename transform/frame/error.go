package frame

import (
	"fmt"
	"strings"
)

// Kind classifies an [Error].
type Kind string

const (
	KindEmpty     Kind = "empty"     // zero bytes where an export should be
	KindEncoding  Kind = "encoding"  // UTF-16 or UTF-32
	KindMarkup    Kind = "markup"    // an HTML or XML page, mostly an error page
	KindFormat    Kind = "format"    // encrypted, or a format that is not read
	KindArchive   Kind = "archive"   // a ZIP that is broken, unsafe, or lacks the member
	KindExpand    Kind = "expand"    // more bytes after decompression than allowed
	KindHeader    Kind = "header"    // columns missing, unknown or too many
	KindTruncated Kind = "truncated" // the bytes end before the document does
	KindSyntax    Kind = "syntax"    // a document is broken, so what follows is unknown
	KindLimit     Kind = "limit"     // something other than a record is over a size limit
	KindRead      Kind = "read"      // reading the artifact failed
)

// Error is why an export cannot be read as a whole. Faults of one record are
// rejects instead. It never holds a value of a cell.
type Error struct {
	Kind     Kind
	Dataset  string
	Artifact string
	File     string // name of a file that was handed over
	Member   string // of an archive
	Offset   int64  // in the decompressed text, in bytes; -1 when the fault has no place
	Line     int64  // from 1; 0 when unknown
	Hint     string // what to do
	Err      error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Dataset)
	switch {
	case e.File != "":
		fmt.Fprintf(&b, ": file %s", Clip(e.File, 100))
	case e.Artifact != "":
		fmt.Fprintf(&b, ": artifact %.12s", e.Artifact)
	}
	if e.Member != "" {
		fmt.Fprintf(&b, ": member %s", Clip(e.Member, 100))
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, ": line %d", e.Line)
	}
	if e.Offset >= 0 {
		fmt.Fprintf(&b, ": byte %d", e.Offset)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return strings.TrimPrefix(b.String(), ": ")
}

func (e *Error) Unwrap() error { return e.Err }

// Fault makes an error that has no place in the text. Dataset and artifact
// are filled in by who knows them.
func Fault(kind Kind, hint, format string, args ...any) *Error {
	return &Error{Kind: kind, Offset: -1, Hint: hint, Err: fmt.Errorf(format, args...)}
}

// Clip shortens s to at most n bytes and makes it fit for one line of text.
func Clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}

// Listing joins names for a message: at most fifty, each shortened.
func Listing(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i == 50 {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Clip(n, 64))
	}
	return b.String()
}
