package extract

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

func packed(t *testing.T, plain []byte) []byte {
	t.Helper()
	var b, seen bytes.Buffer
	// One byte too few at a time: frames must not depend on how reads end.
	n, err := pack(&b, iotest.HalfReader(bytes.NewReader(plain)), func(p []byte) { seen.Write(p) }, 2)
	if err != nil || n != int64(len(plain)) || !bytes.Equal(seen.Bytes(), plain) {
		t.Fatalf("packed %d of %d bytes, showed %d: %v", n, len(plain), seen.Len(), err)
	}
	return b.Bytes()
}

func unpacked(stored []byte) ([]byte, error) {
	u, err := unpack(bytes.NewReader(stored), int64(len(stored)))
	if err != nil {
		return nil, err
	}
	defer u.Close()
	return io.ReadAll(u)
}

// noise has frames of different content that compress a little.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	block := make([]byte, 64<<10)
	for i := range block {
		block[i] = "abcdefgh"[r.IntN(8)]
	}
	b := bytes.Repeat(block, n/len(block)+1)[:n]
	for i := 0; i+8 <= n; i += len(block) {
		binary.LittleEndian.PutUint64(b[i:], uint64(i))
	}
	return b
}

func TestFrames_roundTrip(t *testing.T) {
	for _, n := range []int{0, 1, frameBytes - 1, frameBytes, frameBytes + 1, 3*frameBytes + 17} {
		plain := noise(n)
		stored := packed(t, plain)
		if got, err := unpacked(stored); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d came back: %v", n, len(got), err)
		}
		z, err := zstd.NewReader(bytes.NewReader(stored))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: any zstd program should read the file; %d came back: %v", n, len(got), err)
		}
		z.Close()
	}
}

// What was stored by earlier versions is one frame and no more.
func TestFrames_oneFrameOnly(t *testing.T) {
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	plain := noise(2 * frameBytes)
	z.Write(plain)
	z.Close()
	if got, err := unpacked(b.Bytes()); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%d bytes came back: %v", len(got), err)
	}
}

// A file that ends early must never read as a short one, wherever it ends.
func TestFrames_cutOff(t *testing.T) {
	stored := packed(t, noise(2*frameBytes+100))
	frameEnds := []int{}
	for i := 4; i < len(stored)-4; i++ { // where a frame of data begins
		if binary.LittleEndian.Uint32(stored[i:]) == 0xFD2FB528 {
			frameEnds = append(frameEnds, i)
		}
	}
	if len(frameEnds) < 3 {
		t.Fatalf("%d frames", len(frameEnds))
	}
	cuts := append(frameEnds, len(opening), len(opening)+trailer, len(stored)-trailer, len(stored)-1, len(stored)/2)
	for _, cut := range cuts {
		if got, err := unpacked(stored[:cut]); err == nil {
			t.Errorf("cut at %d of %d: %d bytes and no error", cut, len(stored), len(got))
		}
	}
	// A frame lost from the middle.
	lost := append(append([]byte{}, stored[:frameEnds[1]]...), stored[frameEnds[2]:]...)
	if _, err := unpacked(lost); !errors.Is(err, errShort) {
		t.Errorf("a lost frame: %v", err)
	}
}

func TestFrames_errors(t *testing.T) {
	broken := errors.New("broken")
	_, err := pack(io.Discard, io.MultiReader(bytes.NewReader(noise(frameBytes+1)), iotest.ErrReader(io.ErrUnexpectedEOF)), func([]byte) {}, 2)
	if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errStore) {
		t.Errorf("a body that was cut off: %v", err)
	}
	for _, room := range []int{0, len(opening), len(opening) + 1000} {
		_, err = pack(&full{room, broken}, bytes.NewReader(noise(8*frameBytes)), func([]byte) {}, 2)
		if !errors.Is(err, broken) || !errors.Is(err, errStore) {
			t.Errorf("a disk with room for %d bytes: %v", room, err)
		}
	}
}

type full struct {
	room int
	err  error
}

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return f.room, f.err
	}
	f.room -= len(p)
	return len(p), nil
}
