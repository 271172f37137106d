package frame

import (
	"bytes"

	"github.com/accessmart/accessmart/schemas"
)

// Wrap is a compression around a text, or an encoding of it other than UTF-8.
type Wrap string

const (
	Plain   Wrap = ""
	Gzip    Wrap = "gzip"
	Zstd    Wrap = "zstd"
	UTF16LE Wrap = "utf-16le"
	UTF16BE Wrap = "utf-16be"
)

// sniffed is how many bytes [Sniff] wants to see, if there are so many.
const sniffed = 4096

var BOM = []byte("\xef\xbb\xbf")

// marked is the size of the byte-order mark with which a text begins.
func marked(head []byte) int {
	for _, mark := range [][]byte{BOM, twiceBOM} {
		if bytes.HasPrefix(head, mark) {
			return len(mark)
		}
	}
	return 0
}

// refused lists the beginnings of what is not read, with what to say of it.
var refused = []struct {
	magic string
	kind  Kind
	what  string
	hint  string
}{
	{"\xff\xfe\x00\x00", KindEncoding, "the text is UTF-32", "export it as UTF-8"},
	{"\x00\x00\xfe\xff", KindEncoding, "the text is UTF-32", "export it as UTF-8"},
	{"%PDF", KindFormat, "this is a PDF", "export as CSV or JSON"},
	{"\xd0\xcf\x11\xe0", KindFormat, "this is an old Office document, perhaps encrypted", "save it as CSV"},
	{"-----BEGIN PGP", KindFormat, "the file is encrypted (PGP)", "decrypt it first"},
	{"age-encryption.org", KindFormat, "the file is encrypted (age)", "decrypt it first"},
	{"Salted__", KindFormat, "the file is encrypted (OpenSSL)", "decrypt it first"},
	{"BZh", KindFormat, "the file is compressed with bzip2", "use gzip, zstd or none"},
	{"\xfd7zXZ\x00", KindFormat, "the file is compressed with xz", "use gzip, zstd or none"},
	{"7z\xbc\xaf\x27\x1c", KindFormat, "this is a 7-Zip archive", "use ZIP"},
	{"Rar!\x1a\x07", KindFormat, "this is a RAR archive", "use ZIP"},
	{"PAR1", KindFormat, "this is a Parquet file", "export as CSV or JSON"},
}

// Sniff tells what the beginning of some bytes shows: a compression or UTF-16,
// in which cases the format is unknown, or a format. A text that is none of the others is
// taken for CSV; NDJSON is told from JSON only further on. The error is an
// *[Error] for what can never be an export: nothing at all, an HTML or XML
// page, encrypted and unsupported files.
func Sniff(head []byte) (Wrap, schemas.Format, error) {
	switch {
	case len(head) == 0:
		return Plain, "", Fault(KindEmpty, "an export without records still has a header or []; fetch it again", "zero bytes")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return Gzip, "", nil
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return Zstd, "", nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return Plain, schemas.ZIP, nil
	}
	for _, r := range refused {
		if bytes.HasPrefix(head, []byte(r.magic)) {
			return Plain, "", Fault(r.kind, r.hint, "%s", r.what)
		}
	}
	if len(head) > sniffed {
		head = head[:sniffed]
	}
	if wrap := wide(head); wrap != Plain {
		return wrap, "", nil
	}
	text := bytes.TrimLeft(head[marked(head):], " \t\r\n")
	if len(text) == 0 {
		if len(head) < sniffed {
			return Plain, "", Fault(KindEmpty, "fetch it again", "nothing but blanks")
		}
		return Plain, schemas.CSV, nil
	}
	switch text[0] {
	case '<':
		what := "an XML document"
		if low := bytes.ToLower(text); bytes.HasPrefix(low, []byte("<!doctype html")) || bytes.Contains(low, []byte("<html")) {
			what = "an HTML page"
		}
		return Plain, "", Fault(KindMarkup, "mostly an error or login page sent in place of the export; look at the artifact and fetch it again", "%s", what)
	case '[', '{':
		return Plain, schemas.JSONs, nil
	}
	return Plain, schemas.CSV, nil
}

// wide tells whether a text is UTF-16: by its byte-order mark or, without one,
// where every second byte is NUL for a good while.
func wide(head []byte) Wrap {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return UTF16LE
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return UTF16BE
	}
	if len(head) > 64 {
		head = head[:64]
	}
	var at [2]int
	for i, c := range head {
		if c == 0 {
			at[i&1]++
		}
	}
	half := len(head) / 2
	switch {
	case half < 4:
	case at[1] >= half*3/4 && at[0] <= half/8:
		return UTF16LE
	case at[0] >= half*3/4 && at[1] <= half/8:
		return UTF16BE
	}
	return Plain
}
