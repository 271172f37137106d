package extract

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// Fetch says where the bytes of an export are: behind a pre-signed URL, which
// is asked without credentials, or at the vendor's own API.
type Fetch struct {
	URL     Secret // pre-signed; used when set
	Request Request
}

// isMarkup reports whether a body is HTML or XML, which no vendor delivers as
// data: an error page that came with a friendly status.
func isMarkup(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	return len(body) > 0 && body[0] == '<'
}

// received is what a download left.
type received struct {
	Artifact
	mediaType string
	at        time.Time // when, where that was in an earlier run
}

// download stores the bytes of f as an artifact. A body that is cut, empty,
// an error page or over the limit is never stored.
func (c *client) download(ctx context.Context, s *Store, f Fetch, moved func(int64)) (received, error) {
	var k *call
	var err error
	if !f.URL.IsZero() {
		k, err = c.signedCall(StepDownload, http.MethodGet, f.URL)
	} else {
		k, err = c.vendorCall(f.Request)
	}
	if err != nil {
		return received{}, err
	}
	k.step, k.download = StepDownload, true
	var got received
	err = c.send(ctx, k, func(resp *http.Response) error {
		moved(-1)
		got, err = c.receive(ctx, k, s, resp, moved)
		return err
	})
	return got, err
}

func (c *client) receive(ctx context.Context, k *call, s *Store, resp *http.Response, moved func(int64)) (received, error) {
	refuse := func(what string, transient bool) error {
		return &Error{Step: StepDownload, Failure: schemas.FailureVendor, What: k.what + ": " + what, transient: transient,
			Hint: "run again; if it stays so, the vendor's service is faulty"}
	}
	if resp.StatusCode != http.StatusOK {
		return received{}, refuse(fmt.Sprintf("status %d where 200 with the file is documented", resp.StatusCode), true)
	}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media == "text/html" || media == "application/xhtml+xml" {
		return received{}, refuse("a web page came instead of the file", true)
	}
	wire := &lineReader{r: resp.Body, want: resp.ContentLength, moved: moved}
	plain, err := decoded(wire, resp.Header.Get("Content-Encoding"))
	if err != nil {
		return received{}, broken(err)
	}
	body := bufio.NewReaderSize(&capped{r: plain, left: c.access.Limits.MaxBytes}, 64<<10)
	head, err := body.Peek(512)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return received{}, broken(err)
	case len(head) == 0:
		return received{}, refuse("the file is empty, not even a header line", true)
	case isMarkup(head):
		return received{}, refuse("an error page came instead of the file", true)
	}
	art, err := s.Put(ctx, &closedForm{r: body, kind: head[0], zip: bytes.HasPrefix(head, zipMagic)})
	if err != nil {
		return received{}, broken(err)
	}
	return received{Artifact: art, mediaType: media}, nil
}

var (
	zipMagic = []byte("PK\x03\x04")
	zipEnd   = []byte("PK\x05\x06")
	errForm  = errors.New("the file ends before its form does")
)

// zipTail is how far from the end of an archive its directory's end may be:
// the record and a comment of 64 KiB.
const zipTail = 22 + 64<<10

// closedForm looks at the end of formats that say where they end, JSON and
// ZIP. A server that cuts a file and announces the cut length is found out so
// while there is still time to retry. A CSV does not say where it ends.
type closedForm struct {
	r    io.Reader
	kind byte
	zip  bool
	tail []byte
}

func (c *closedForm) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.zip || c.kind == '{' || c.kind == '[' {
		keep := 64
		if c.zip {
			keep = zipTail
		}
		c.tail = append(c.tail, p[:n]...)
		if over := len(c.tail) - keep; over > keep {
			c.tail = append(c.tail[:0], c.tail[over:]...)
		}
	}
	if err == io.EOF && !c.closed() {
		return n, errForm
	}
	return n, err
}

func (c *closedForm) closed() bool {
	if c.zip {
		i := bytes.LastIndex(c.tail, zipEnd)
		if i < 0 || len(c.tail) < i+22 {
			return false
		}
		comment := int(binary.LittleEndian.Uint16(c.tail[i+20:]))
		return i+22+comment <= len(c.tail)
	}
	if c.kind != '{' && c.kind != '[' {
		return true
	}
	end := bytes.TrimRight(c.tail, " \t\r\n\x00")
	return len(end) == 0 || end[len(end)-1] == '}' || end[len(end)-1] == ']' // all blank: too long a tail of blanks to judge
}

// broken tells a fault of the line, which may be retried, from a limit or
// a fault of this machine's disk, which is final.
func broken(err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		return &Error{Step: StepDownload, Failure: schemas.FailureVendor, What: "the file is over the limit of max_bytes",
			Hint: "raise max_bytes in the source's configuration if the size is right"}
	case errors.Is(err, errStore):
		return &Error{Step: StepStore, Failure: schemas.FailureInput, What: "keeping the file", Err: err,
			Hint: "check free space and rights of the data folder"}
	}
	return err
}

// decoded undoes a Content-Encoding of gzip, which belongs to the transport.
// A file that is gzip by itself, without the header, stays as it is; so does
// one whose header claims gzip but whose bytes are not.
func decoded(r io.Reader, encoding string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return r, nil
	case "gzip", "x-gzip":
	default:
		return nil, &Error{Step: StepDownload, Failure: schemas.FailureVendor,
			What: "the file has a content encoding that was not asked for"}
	}
	b := bufio.NewReader(r)
	if magic, _ := b.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	return gzip.NewReader(b)
}

// lineReader counts the bytes of a body and holds them against Content-Length.
// The server's word is checked here too because the end of a body is where
// silent loss would begin.
type lineReader struct {
	r       io.Reader
	n, want int64 // want is -1 when unknown
	told    int64
	moved   func(int64)
}

func (l *lineReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.n += int64(n)
	if l.n-l.told >= 1<<20 || err == io.EOF {
		l.told = l.n
		l.moved(l.n)
	}
	if err == io.EOF && l.want >= 0 && l.n != l.want {
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

var errTooLarge = errors.New("over the size limit")

// capped fails, instead of ending, when there is more than the limit.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if int64(n) > c.left {
		return 0, errTooLarge
	}
	c.left -= int64(n)
	return n, err
}
