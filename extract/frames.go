package extract

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// A stored artifact is a run of zstd frames of frameBytes of the delivered
// bytes each, compressed side by side, so that storing is as fast as all cores
// and not one. A frame knows its own length and checksum, but not how many
// there are: so the first thing in the file is a skippable frame that says
// that the last one tells the length of all. Any zstd program reads the file
// as it is (RFC 8878, 3.1.2: skippable frames).
//
// A file that begins with a frame of data is one frame, as they were written
// before.
const (
	frameBytes = 4 << 20

	skippable = 0x184D2A50 // first of sixteen magic numbers
	trailer   = 16         // bytes: magic, size, length
)

var (
	opening = skipFrame([]byte("accessmart 1")) // the file ends with a trailer

	// encoder compresses whole frames, for any number of goroutines. The
	// fastest level stores 3 % more bytes than the next and takes three
	// quarters of its time.
	encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	})

	frames = sync.Pool{New: func() any { return &frame{plain: make([]byte, frameBytes)} }}
)

type frame struct {
	plain, packed []byte
	n             int // of plain, used
	done          chan struct{}
}

func skipFrame(content []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, skippable)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	return append(b, content...)
}

// pack writes all of r to w, compressed, and returns how many bytes r had.
// each sees them in order before they are compressed. Errors of w are marked
// with errStore.
func pack(w io.Writer, r io.Reader, each func([]byte), cores int) (total int64, err error) {
	z, err := encoder()
	if err != nil {
		return 0, err
	}
	queue := make(chan *frame, cores) // in order; one more is being read
	written := make(chan error, 1)
	stop := make(chan struct{})
	go func() { written <- writeFrames(w, queue, stop) }()
	for err == nil {
		f := frames.Get().(*frame)
		f.n, err = fill(r, f.plain)
		if f.n == 0 || err != nil && err != io.EOF {
			frames.Put(f)
			break
		}
		total += int64(f.n)
		each(f.plain[:f.n])
		f.done = make(chan struct{})
		go func() {
			f.packed = z.EncodeAll(f.plain[:f.n], f.packed[:0])
			close(f.done)
		}()
		select {
		case queue <- f:
		case <-stop:
			err = errStore // writeFrames tells what it was
			<-f.done
			frames.Put(f)
		}
	}
	close(queue)
	if failed := <-written; failed != nil {
		return 0, fmt.Errorf("%w: %w", errStore, failed)
	}
	if err != io.EOF {
		return 0, err
	}
	end := skipFrame(binary.LittleEndian.AppendUint64(nil, uint64(total)))
	if _, err := w.Write(end); err != nil {
		return 0, fmt.Errorf("%w: %w", errStore, err)
	}
	return total, nil
}

// fill reads until p is full or r ends. Unlike io.ReadFull it passes the error
// of r on as it is: a body that was cut off is no short last frame.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// writeFrames writes frames in the order of the queue, until it is closed. It
// closes stop at the first error, and then only waits for what is under way.
func writeFrames(w io.Writer, queue <-chan *frame, stop chan<- struct{}) error {
	_, err := w.Write(opening)
	if err != nil {
		close(stop)
	}
	for f := range queue {
		<-f.done
		if err == nil {
			if _, err = w.Write(f.packed); err != nil {
				close(stop)
			}
		}
		frames.Put(f)
	}
	return err
}

// errShort marks stored bytes that end before their trailer does.
var errShort = errors.New("it ends too early")

// unpacker reads what pack wrote, and what was written before pack was.
type unpacker struct {
	z    *zstd.Decoder
	want int64 // length by the trailer, -1 where there is none
	read int64
}

// unpack reads file, of the given size, from its beginning.
func unpack(file io.ReadSeeker, size int64) (*unpacker, error) {
	u := &unpacker{want: -1}
	head := make([]byte, len(opening))
	if _, err := io.ReadFull(file, head); err == nil && string(head) == string(opening) {
		if size < int64(len(opening)+trailer) {
			return nil, errShort
		}
		tail := make([]byte, trailer)
		if _, err := file.Seek(size-trailer, io.SeekStart); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(file, tail); err != nil {
			return nil, err
		}
		if binary.LittleEndian.Uint32(tail) != skippable || binary.LittleEndian.Uint32(tail[4:]) != trailer-8 {
			return nil, errShort
		}
		u.want = int64(binary.LittleEndian.Uint64(tail[8:]))
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var err error
	u.z, err = zstd.NewReader(file)
	return u, err
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	u.read += int64(n)
	if errors.Is(err, io.EOF) && u.want >= 0 && u.read != u.want {
		return n, errShort
	}
	return n, err
}

func (u *unpacker) Close() { u.z.Close() }
