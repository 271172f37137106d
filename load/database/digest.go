package database

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"sync/atomic"
)

// digest computes the SHA-256 of a file while other work goes on. A file cannot contain its
// own hash, so the next one does.
type digest struct {
	sum  func() (string, error) // waits for the hash, in hex
	stop func()                 // ends the work early, and waits for that
}

func startDigest(path string) (*digest, error) {
	f, err := os.Open(path) // stays this file, even when renamed over
	if err != nil {
		return nil, err
	}
	var stop atomic.Bool
	done := make(chan struct{})
	h := sha256.New()
	go func() {
		defer close(done)
		_, err = io.Copy(h, io.TeeReader(f, stopper{&stop}))
		err = errors.Join(err, f.Close())
	}()
	return &digest{
		sum: func() (string, error) {
			<-done
			return hex.EncodeToString(h.Sum(nil)), err
		},
		stop: func() {
			stop.Store(true)
			<-done
		},
	}, nil
}

// stopper is a writer that fails once stop is set, which ends the copying.
type stopper struct{ stop *atomic.Bool }

func (s stopper) Write(p []byte) (int, error) {
	if s.stop.Load() {
		return 0, errors.New("stopped")
	}
	return len(p), nil
}
