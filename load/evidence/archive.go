package evidence

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"time"
)

// A File is a member of a pack.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// archive writes members one after the other, each with the same time, and knows their hashes.
type archive struct {
	zip   *zip.Writer
	at    time.Time
	files []File
}

// member is one that is being written.
type member struct {
	out  io.Writer
	hash hash.Hash
	n    int64
}

func (m *member) Write(p []byte) (int, error) {
	n, err := m.out.Write(p)
	m.hash.Write(p[:n]) // never fails
	m.n += int64(n)
	return n, err
}

// add writes the member of that name.
func (a *archive) add(name string, write func(io.Writer) error) error {
	// A time of which ZIP keeps two seconds, in UTC: no zone of the machine shows.
	out, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.at.UTC().Truncate(2 * time.Second)})
	if err != nil {
		return err
	}
	m := &member{out: out, hash: sha256.New()}
	if err := write(m); err != nil {
		return err
	}
	a.files = append(a.files, File{name, m.n, hex.EncodeToString(m.hash.Sum(nil))})
	return nil
}

// text writes a member that is a text.
func (a *archive) text(name, text string) error {
	return a.add(name, func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	})
}
