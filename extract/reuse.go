package extract

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/accessmart/accessmart/schemas"
)

// reuse tells whether r, from where it stands, has the bytes that the same
// part had in the newest run before: a file that nobody has touched is hashed,
// but not compressed once more. Where not, r is put back to where it stood.
func (t *Task) reuse(ctx context.Context, p Part, r io.ReadSeeker) (received, bool, error) {
	size, err := left(r)
	if err != nil {
		return received{}, false, err
	}
	before, err := t.before(p)
	if err != nil || before == nil || before.Bytes != size || size > t.s.client.access.Limits.MaxBytes {
		return received{}, false, err
	}
	at, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return received{}, false, err
	}
	same, err := t.s.x.Store.same(ctx, r, before)
	if err == nil && same {
		a := Artifact{SHA: before.Artifact, Bytes: before.Bytes, StoredBytes: before.StoredBytes}
		return received{Artifact: a, at: before.FetchedAt}, true, nil
	}
	_, back := r.Seek(at, io.SeekStart)
	return received{}, false, errors.Join(err, back)
}

// beginning is how much of a file is compared before all of it is hashed: rows
// in another order give a file of the same length.
const beginning = 64 << 10

// same reports whether r has the bytes of a part that is stored. A file that
// turns out shorter than it was said to be has not.
func (s *Store) same(ctx context.Context, r io.Reader, p *schemas.Part) (bool, error) {
	r = readerWithContext{ctx, r}
	head := make([]byte, min(beginning, p.Bytes))
	switch _, err := io.ReadFull(r, head); {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return false, nil
	case err != nil:
		return false, err
	case !s.begins(p.Artifact, head):
		return false, nil
	}
	hash := sha256.New()
	hash.Write(head)
	_, err := io.CopyBuffer(hash, r, make([]byte, 256<<10))
	return hex.EncodeToString(hash.Sum(nil)) == p.Artifact, err
}

// left is how many bytes r has from where it stands.
func left(r io.Seeker) (int64, error) {
	at, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	end, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	_, err = r.Seek(at, io.SeekStart)
	return end - at, err
}

// before is the part of the same name in the newest earlier run that has the
// first of the part's datasets, nil for none.
func (t *Task) before(p Part) (*schemas.Part, error) {
	if len(p.Datasets) == 0 {
		return nil, nil
	}
	e, err := t.s.x.Store.newest(t.s.src.Name, p.Datasets[0])
	if err != nil || e == nil {
		return nil, err
	}
	for i := range e.Parts {
		if e.Parts[i].Name == p.Name {
			return &e.Parts[i], nil
		}
	}
	return nil, nil
}

// newest is the newest manifest of a source's dataset, nil for none.
func (s *Store) newest(source, plural string) (*schemas.Export, error) {
	runs, err := s.Runs()
	if err != nil {
		return nil, err
	}
	for i := len(runs) - 1; i >= 0; i-- {
		e, err := readManifest(filepath.Join(s.dir, "runs", runs[i], source+"."+plural+".json"))
		if !errors.Is(err, fs.ErrNotExist) {
			return e, err
		}
	}
	return nil, nil
}

// begins reports whether the artifact is stored, ends as it should and begins
// with these bytes. It does not read all of it, as Verify does.
func (s *Store) begins(sha string, head []byte) bool {
	if !s.Has(sha) {
		return false
	}
	f, err := os.Open(s.artifact(sha))
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false
	}
	u, err := unpack(f, info.Size())
	if err != nil {
		return false
	}
	defer u.Close()
	stored := make([]byte, len(head))
	_, err = io.ReadFull(u, stored)
	return err == nil && bytes.Equal(stored, head)
}

// keep stores what is not stored yet.
func (t *Task) keep(ctx context.Context, p Part, r io.ReadSeeker) (received, error) {
	got, ok, err := t.reuse(ctx, p, r)
	if err != nil {
		return got, fmt.Errorf("compare with the last run: %w", err)
	}
	if ok {
		return got, nil
	}
	a, err := t.s.x.Store.Put(ctx, &capped{r: r, left: t.s.client.access.Limits.MaxBytes})
	return received{Artifact: a}, err
}
