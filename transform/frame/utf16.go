package frame

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Reader turns UTF-16 into UTF-8. A half of a surrogate pair becomes a byte
// that is never part of UTF-8, so that the record it is in becomes a reject:
// the replacement character would hide that something was lost.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    [8 << 10]byte
	n     int // bytes of in that are not decoded yet
	out   []byte
	at    int // in out
	high  rune
	err   error
}

func newUTF16Reader(r io.Reader, wrap Wrap) *utf16Reader {
	u := &utf16Reader{r: r, order: binary.LittleEndian}
	if wrap == UTF16BE {
		u.order = binary.BigEndian
	}
	return u
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for u.at == len(u.out) {
		if u.err != nil {
			return 0, u.err
		}
		u.fill()
	}
	n := copy(p, u.out[u.at:])
	u.at += n
	return n, nil
}

// fill decodes what one read gives.
func (u *utf16Reader) fill() {
	n, err := u.r.Read(u.in[u.n:])
	u.n += n
	u.out, u.at, u.err = u.out[:0], 0, err
	i := 0
	for ; i+2 <= u.n; i += 2 {
		u.unit(rune(u.order.Uint16(u.in[i:])))
	}
	u.n = copy(u.in[:], u.in[i:u.n])
	if err == io.EOF {
		u.lone()
		if u.n > 0 {
			u.err = Fault(KindTruncated, "fetch it again", "the text is UTF-16 and ends within a character")
		}
	}
}

func (u *utf16Reader) unit(c rune) {
	switch {
	case u.high != 0 && c >= 0xDC00 && c < 0xE000:
		u.out = utf8.AppendRune(u.out, utf16.DecodeRune(u.high, c))
		u.high = 0
	case c >= 0xD800 && c < 0xDC00:
		u.lone()
		u.high = c
	case utf16.IsSurrogate(c):
		u.lone()
		u.out = append(u.out, 0xFF)
	default:
		u.lone()
		u.out = utf8.AppendRune(u.out, c)
	}
}

// lone gives up a first half that no second one followed.
func (u *utf16Reader) lone() {
	if u.high != 0 {
		u.out = append(u.out, 0xFF)
		u.high = 0
	}
}
