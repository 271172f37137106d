package frame

import (
	"bufio"
	"context"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/text/encoding/charmap"
)

// Windows-1252 and UTF-8 agree in all that frames a CSV text, so a text is
// framed before it matters which of them it is. A stretch that is not UTF-8 has
// the whole text looked through, once: it is Windows-1252 where nothing in it
// speaks against that.

const windows1252 = "windows-1252"

// western tells whether a text is certainly Windows-1252. It is not where a
// sequence of UTF-8 is in it too, where a byte has no meaning, or where the
// characters do not stand where people write them: other 8-bit encodings put
// signs and capitals into the middle of words, or hardly use ASCII at all.
func western(r io.Reader) (bool, error) {
	in := bufio.NewReaderSize(r, 1<<20)
	found := false
	for {
		line, err := in.ReadSlice('\n')
		for i := 0; i < len(line); {
			if line[i] < utf8.RuneSelf {
				i++
				continue
			}
			end := i
			for end < len(line) && line[end] >= utf8.RuneSelf {
				end++
			}
			if !westernRun(line, i, end) {
				return false, nil
			}
			found, i = true, end
		}
		switch {
		case err == io.EOF:
			return found, nil
		case err != nil && err != bufio.ErrBufferFull:
			return false, readFault(err)
		}
	}
}

// westernText decides about a text when it is first asked.
func westernText(ctx context.Context, tx *Text) func() (bool, error) {
	return sync.OnceValues(func() (bool, error) {
		if tx.Encoding != "" {
			return false, nil
		}
		r, err := tx.Open(ctx)
		if err != nil {
			return false, err
		}
		yes, err := western(r)
		if e := r.Close(); err == nil && e != nil {
			err = readFault(e)
		}
		return yes, err
	})
}

// headerText recodes a header that is not UTF-8, or refuses it.
func (tx *Text) headerText(header []string) error {
	if utf8.ValidString(strings.Join(header, "")) {
		return nil
	}
	if yes, err := tx.western(); err != nil {
		return err
	} else if !yes {
		return Fault(KindEncoding, "export it as UTF-8", "the header is neither UTF-8 text nor certainly Windows-1252")
	}
	for i, h := range header {
		header[i] = string(AppendWestern(nil, []byte(h)))
	}
	return nil
}

// longestRun is how many characters beyond ASCII may follow one another.
const longestRun = 3

// westernRun judges the bytes line[i:end], all of which are beyond ASCII.
func westernRun(line []byte, i, end int) bool {
	if end-i > longestRun {
		return false
	}
	for ; i < end; i++ {
		if r, _ := utf8.DecodeRune(line[i:end]); r != utf8.RuneError {
			return false // a mixture
		}
		at := func(k int) rune {
			if k < 0 || k >= len(line) {
				return ' '
			}
			return charmap.Windows1252.DecodeByte(line[k])
		}
		if !plausible(at(i-2), at(i-1), at(i), at(i+1)) {
			return false
		}
	}
	return true
}

// plausible tells whether c, beyond ASCII, can stand between its neighbours in
// a western language.
func plausible(before2, before, c, after rune) bool {
	letterBefore, letterAfter := unicode.IsLetter(before), unicode.IsLetter(after)
	switch {
	case c == utf8.RuneError, unicode.IsControl(c): // no meaning
		return false
	case unicode.IsUpper(c):
		return !letterBefore || unicode.IsUpper(before) && !unicode.IsLower(after)
	case unicode.IsLower(c):
		return !(unicode.IsUpper(before) && unicode.IsUpper(before2) && unicode.IsUpper(after))
	case !letterBefore && !letterAfter:
		return true
	}
	switch c {
	case '’', '‘', '·', '\u00ad', '´':
		return true
	case '–', '—':
		return !(unicode.IsLower(before) && unicode.IsLower(after))
	case '“', '«', '‹', '„', '¿', '¡', '€', '§', '•', '©':
		return !letterBefore
	case '”', '»', '›', '™', '®', '…', 'ª', 'º', '°':
		return !letterAfter
	case '²', '³', '¹':
		return !letterAfter && !unicode.IsLetter(before2)
	}
	return false
}

// Settle recodes a frame of a text that turns out to be Windows-1252.
func (f *Frame) Settle(mem memory.Allocator) error {
	f.valid = utf8.Valid(f.Raw)
	if f.text.western == nil || f.valid {
		return nil
	}
	yes, err := f.text.western()
	if yes {
		f.recode(mem)
	}
	return err
}

// recode turns the cells of a frame from Windows-1252 into UTF-8.
func (f *Frame) recode(mem memory.Allocator) {
	rows := len(f.Rows)
	for i := range f.Cols {
		c := &f.Cols[i]
		high := 0
		for _, b := range c.Values[:c.Used] {
			if b >= utf8.RuneSelf {
				high++
			}
		}
		if high == 0 {
			continue
		}
		wide := mem.Allocate(c.Used + 2*high + 64)
		used, from := 0, int(c.Offsets[0])
		for k := 1; k <= rows; k++ {
			end := int(c.Offsets[k])
			used += len(AppendWestern(wide[used:used], c.Values[from:end]))
			c.Offsets[k], from = int32(used), end
		}
		mem.Free(c.Values)
		c.Values, c.Used = wide, used
	}
	f.Legacy = true
}

// AppendWestern appends a text in Windows-1252 as UTF-8.
func AppendWestern(dst, text []byte) []byte {
	for _, b := range text {
		if b < utf8.RuneSelf {
			dst = append(dst, b)
		} else {
			dst = utf8.AppendRune(dst, charmap.Windows1252.DecodeByte(b))
		}
	}
	return dst
}
