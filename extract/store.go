package extract

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/gofrs/flock"
)

// Store keeps what vendors delivered, below one data folder:
//
//	artifacts/<aa>/<sha256>.zst          the bytes, zstd-compressed, named by the SHA-256 of the plain bytes
//	runs/<run>/<source>.<plural>.json    the manifests
//	runs/<run>/run.json                  the record of a run that was published
//	journal/<source>.<job>.json          what an unfinished job has already got
//	tmp/                                 files being written; swept at the start of a run
//
// A file appears under its name only when it is whole and synced. Files have
// mode 0600, folders 0700. A Store may be used by several processes at once.
type Store struct{ dir string }

// Artifact tells of stored bytes.
type Artifact struct {
	SHA         string // of the bytes as delivered, hex
	Bytes       int64  // as delivered; 0 in a listing, where only the manifests know it
	StoredBytes int64  // on disk
}

// errStore marks a fault of the disk, not of what was read.
var errStore = errors.New("the data folder")

// ErrNoArtifact is returned by Open and Verify for bytes that are not stored.
var ErrNoArtifact = errors.New("artifact is not in the store")

// ErrCorrupt is returned by Verify for stored bytes that no longer have their
// hash, and by reading what [Store.Open] opened.
var ErrCorrupt = errors.New("artifact is damaged")

// OpenStore opens the data folder, making it where it is missing.
func OpenStore(dir string) (*Store, error) {
	s := &Store{dir}
	for _, d := range []string{"", "artifacts", "runs", "journal", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return nil, fmt.Errorf("data folder: %w; choose a folder that can be written to", err)
		}
	}
	return s, nil
}

// Dir is the data folder.
func (s *Store) Dir() string { return s.dir }

func (s *Store) artifact(sha string) string {
	return filepath.Join(s.dir, "artifacts", sha[:2], sha+".zst")
}

var shaForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Put stores all of r. Bytes that are there already are not written twice.
// On any error, one of r or of ctx included, nothing is left.
func (s *Store) Put(ctx context.Context, r io.Reader) (Artifact, error) {
	var a Artifact
	err := s.write(true, func(f *os.File) (string, error) {
		hash := sha256.New()
		n, err := pack(f, readerWithContext{ctx, r}, func(b []byte) { hash.Write(b) }, runtime.GOMAXPROCS(0))
		if err != nil {
			return "", err
		}
		a.SHA, a.Bytes = hex.EncodeToString(hash.Sum(nil)), n
		return s.artifact(a.SHA), nil
	})
	if err != nil {
		return Artifact{}, err
	}
	info, err := os.Stat(s.artifact(a.SHA))
	if err != nil {
		return Artifact{}, fmt.Errorf("%w: %w", errStore, err)
	}
	a.StoredBytes = info.Size()
	return a, nil
}

type readerWithContext struct {
	ctx context.Context
	r   io.Reader
}

func (r readerWithContext) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}

// write makes a file by way of a locked temporary one: fill writes it and
// names its final place, then it is synced, renamed, and the folder synced.
func (s *Store) write(durable bool, fill func(*os.File) (string, error)) (err error) {
	f, lock, err := s.temporary()
	if err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	defer func() {
		f.Close()
		lock.Close()
		os.Remove(f.Name()) // gone already where it was renamed
	}()
	name, err := fill(f)
	if err != nil {
		return err
	}
	if err := place(f, name, durable); err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	return nil
}

func place(f *os.File, name string, durable bool) error {
	if durable {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	if !durable {
		return nil
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// temporary makes a file in tmp and holds a lock on it, so that a sweep by
// another process leaves it alone.
func (s *Store) temporary() (*os.File, *flock.Flock, error) {
	for {
		f, err := os.CreateTemp(filepath.Join(s.dir, "tmp"), "*.part") // mode 0600
		if err != nil {
			return nil, nil, err
		}
		lock := flock.New(f.Name())
		if err := lock.Lock(); err != nil {
			f.Close()
			os.Remove(f.Name())
			return nil, nil, err
		}
		// A sweep may have come between; locking then made a new, other file.
		mine, err1 := f.Stat()
		there, err2 := os.Stat(f.Name())
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			return f, lock, nil
		}
		f.Close()
		os.Remove(f.Name())
		lock.Close()
	}
}

// Sweep removes temporary files that no living process writes. It returns how many.
func (s *Store) Sweep() (int, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "tmp"))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errStore, err)
	}
	n := 0
	for _, e := range entries {
		name := filepath.Join(s.dir, "tmp", e.Name())
		lock := flock.New(name)
		if ok, err := lock.TryLock(); err != nil || !ok {
			lock.Close()
			continue
		}
		if os.Remove(name) == nil {
			n++
		}
		lock.Close()
	}
	return n, nil
}

// Open reads the bytes as the vendor delivered them. Damage shows as an error
// of reading, never as an early end. The caller closes it.
func (s *Store) Open(sha string) (io.ReadCloser, error) {
	if !shaForm.MatchString(sha) {
		return nil, fmt.Errorf("%w: %q is not a SHA-256", ErrNoArtifact, sha)
	}
	f, err := os.Open(s.artifact(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoArtifact, sha)
	} else if err != nil {
		return nil, fmt.Errorf("artifact %s: %w", sha, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("artifact %s: %w", sha, err), f.Close())
	}
	o := &opened{f: f, sha: sha}
	if o.u, err = unpack(f, info.Size()); err != nil {
		return nil, errors.Join(o.damaged(err), f.Close())
	}
	return o, nil
}

type opened struct {
	u   *unpacker
	f   *os.File
	sha string
}

// Each frame carries a checksum, which the decoder holds against the bytes.
func (o *opened) Read(p []byte) (int, error) {
	n, err := o.u.Read(p)
	if err != nil && err != io.EOF {
		err = o.damaged(err)
	}
	return n, err
}

// damaged sets the file aside, so that the same bytes are stored anew when
// they come again.
func (o *opened) damaged(err error) error {
	err = fmt.Errorf("%w: %s: %w", ErrCorrupt, o.sha, err)
	if os.Rename(o.f.Name(), o.f.Name()+".damaged") == nil {
		err = fmt.Errorf("%w; it is set aside as %s.zst.damaged: fetch it again with a refresh", err, o.sha)
	}
	return err
}

func (o *opened) Close() error {
	o.u.Close()
	return o.f.Close()
}

// read gives all of an artifact, which must not be over limit bytes.
func (s *Store) read(sha string, limit int64) ([]byte, error) {
	r, err := s.Open(sha)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(&capped{r: r, left: limit})
}

// Verify reads the whole artifact and compares its hash.
func (s *Store) Verify(sha string) error {
	r, err := s.Open(sha)
	if err != nil {
		return err
	}
	defer r.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCorrupt, sha, err)
	}
	if hex.EncodeToString(hash.Sum(nil)) != sha {
		return fmt.Errorf("%w: %s", ErrCorrupt, sha)
	}
	return nil
}

// Has reports whether the artifact is stored.
func (s *Store) Has(sha string) bool {
	if !shaForm.MatchString(sha) {
		return false
	}
	_, err := os.Stat(s.artifact(sha))
	return err == nil
}

// Artifacts lists what is stored, by hash.
func (s *Store) Artifacts() iter.Seq2[Artifact, error] {
	return func(yield func(Artifact, error) bool) {
		err := filepath.WalkDir(filepath.Join(s.dir, "artifacts"), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			sha, ok := strings.CutSuffix(d.Name(), ".zst")
			if !ok || !shaForm.MatchString(sha) {
				return nil
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if !yield(Artifact{SHA: sha, StoredBytes: info.Size()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Artifact{}, err)
		}
	}
}
