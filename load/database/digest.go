package database

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"sync/atomic"
)

// digest is the SHA-256 of a file, made beside other work. A file cannot hold
// its own hash, so the next one does.
type digest struct {
	sum  func() (string, error) // in hex; waits for it
	stop func()                 // ends that early, and waits
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

// stopper fails when it is told to, and with it the copy.
type stopper struct{ stop *atomic.Bool }

func (s stopper) Write(p []byte) (int, error) {
	if s.stop.Load() {
		return 0, errors.New("stopped")
	}
	return len(p), nil
}
