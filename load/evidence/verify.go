package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/accessmart/accessmart/load/database/read"
)

// Finding is something of a pack that is not as it was made.
type Finding struct {
	Member string `json:"member"` // or run
	What   string `json:"what"`
}

// Pack is a pack that was looked at.
type Pack struct {
	Manifest Manifest
	SHA256   string // of the pack as a whole
	Runs     int    // bound to one another
	Findings []Finding

	members map[string]*zip.File
}

func (p *Pack) find(member, format string, args ...any) {
	p.Findings = append(p.Findings, Finding{member, fmt.Sprintf(format, args...)})
}

// ErrNotPack is wrapped where a file is no pack, or one of a later form.
var ErrNotPack = errors.New("not a pack of evidence")

// most is the size up to which a manifest is read.
const most = 64 << 20

// Verify computes the hashes of a pack anew, and those by which its runs are bound to one
// another. What is not as it was made is in the findings. Errors: what wraps [ErrNotPack], or
// what reading says.
func Verify(ctx context.Context, in io.ReaderAt, size int64) (*Pack, error) {
	p := &Pack{members: map[string]*zip.File{}}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(in, 0, size)); err != nil {
		return nil, err
	}
	p.SHA256 = hex.EncodeToString(sum.Sum(nil))
	z, err := zip.NewReader(in, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotPack, err)
	}
	for _, f := range z.File {
		if p.members[f.Name] != nil {
			p.find(f.Name, "is there twice")
		}
		p.members[f.Name] = f
	}
	if err := p.manifest(); err != nil {
		return nil, err
	}
	for _, f := range p.Manifest.Files {
		p.compare(f)
	}
	for _, f := range z.File {
		if f.Name != manifestName && f.Name != sumName && !slices.ContainsFunc(p.Manifest.Files, func(m File) bool { return m.Name == f.Name }) {
			p.find(f.Name, "was added")
		}
	}
	if z.Comment != "" {
		p.find("the archive", "has a comment, which packs have not")
	}
	if err := p.beside(in, size, z); err != nil {
		return nil, err
	}
	return p, p.chain(ctx)
}

// beside tells of bytes before the first member and behind the end of the archive, which
// programs that unpack it pass over.
func (p *Pack) beside(in io.ReaderAt, size int64, z *zip.Reader) error {
	const (
		header = 30 // of a member, before its name and what else is told of it
		end    = 22 // of an archive without a comment
	)
	first, last := make([]byte, header), make([]byte, end) // an archive that was read has both
	if _, err := in.ReadAt(first, 0); err != nil {
		return err
	}
	if _, err := in.ReadAt(last, size-end); err != nil {
		return err
	}
	begin := header + int64(binary.LittleEndian.Uint16(first[26:])) + int64(binary.LittleEndian.Uint16(first[28:]))
	begins := slices.ContainsFunc(z.File, func(f *zip.File) bool {
		at, err := f.DataOffset()
		return err == nil && at == begin
	})
	if !bytes.HasPrefix(first, []byte("PK\x03\x04")) || !begins {
		p.find("the archive", "has bytes before its first member")
	}
	if z.Comment == "" && !bytes.HasPrefix(last, []byte("PK\x05\x06")) {
		p.find("the archive", "has bytes behind its end")
	}
	return nil
}

// manifest reads the manifest and holds it against its hash.
func (p *Pack) manifest() error {
	f := p.members[manifestName]
	if f == nil {
		return fmt.Errorf("%w: it has no %s", ErrNotPack, manifestName)
	}
	data, err := content(f)
	if err != nil {
		return fmt.Errorf("%w: %s cannot be read: %w", ErrNotPack, manifestName, err)
	}
	if err := json.Unmarshal(data, &p.Manifest); err != nil {
		return fmt.Errorf("%w: %s is not as a manifest is: %w", ErrNotPack, manifestName, err)
	}
	if p.Manifest.Format != format {
		return fmt.Errorf("%w that this version can check: it is of format %d, and this version knows %d", ErrNotPack, p.Manifest.Format, format)
	}
	sum := p.members[sumName]
	if sum == nil {
		p.find(sumName, "was removed")
		return nil
	}
	hash := sha256.Sum256(data)
	want := hex.EncodeToString(hash[:]) + "  " + manifestName + "\n"
	if said, err := content(sum); err != nil || string(said) != want {
		p.find(manifestName, "was changed, or %s was: they do not fit", sumName)
	}
	return nil
}

// content is all of a small member.
func content(f *zip.File) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("it is larger than %d bytes", most)
	}
	return data, errors.Join(err, in.Close())
}

// compare holds a member against the manifest.
func (p *Pack) compare(want File) {
	f := p.members[want.Name]
	if f == nil {
		p.find(want.Name, "was removed")
		return
	}
	sum := sha256.New()
	in, err := f.Open()
	if err == nil {
		// One byte more than it had is enough to tell; a bomb is not unpacked.
		_, err = io.Copy(sum, io.LimitReader(in, want.Bytes+1))
		err = errors.Join(err, in.Close())
	}
	switch {
	case err != nil:
		p.find(want.Name, "was changed: it cannot be read (%v)", err)
	case hex.EncodeToString(sum.Sum(nil)) != want.SHA256:
		p.find(want.Name, "was changed")
	}
}

// Agrees compares the pack with a file. If the file has no run after those of the pack, the
// pack is made anew of it and compared member by member; else the runs are compared. It says
// what was compared. Errors: what [Make] says, or DuckDB.
func (p *Pack) Agrees(ctx context.Context, f *read.File, r Request) (compared string, err error) {
	if len(p.Findings) > 0 {
		return "not compared with the file, as the pack is not as it was made", nil
	}
	last, hash, known := "", "", false
	err = f.Each(ctx, "select run_id, coalesce(chain_hash, '') from meta.runs order by as_of", func(row []read.Value) {
		last = row[0].Text
		if last == p.Manifest.Run {
			hash, known = row[1].Text, true
		}
	})
	if err != nil {
		return "", err
	}
	switch {
	case !known:
		p.find("run "+p.Manifest.Run, "is not in the file: the pack was made of another one")
		return "the runs", nil
	case hash != p.Manifest.Chain:
		p.find("run "+p.Manifest.Run, "has another hash in the file: one of the two ledgers is not what it was")
		return "the runs", nil
	case !p.Manifest.IsNewest:
		return "the runs; the pack is of an earlier moment than its file's last run", nil
	case last != p.Manifest.Run:
		return "the runs; the file has later ones, so its answers are others now", nil
	}
	return "each member", p.again(ctx, f, r)
}

// again makes the pack anew and compares.
func (p *Pack) again(ctx context.Context, f *read.File, r Request) (err error) {
	if r.Controls, err = Choose(p.Manifest.Controls); err != nil {
		return err
	}
	r.AsOf = p.Manifest.AsOf
	m, err := Make(ctx, f, r, io.Discard) // its hashes are enough
	if err != nil {
		return err
	}
	hint := ""
	if m.Program != p.Manifest.Program || m.DuckDB != p.Manifest.DuckDB {
		hint = fmt.Sprintf(" (the pack was made by accessmart %s with DuckDB %s, this is %s with %s, which may write the same otherwise)", p.Manifest.Program, p.Manifest.DuckDB, m.Program, m.DuckDB)
	}
	for _, was := range p.Manifest.Files {
		i := slices.IndexFunc(m.Files, func(f File) bool { return f.Name == was.Name })
		switch {
		case i < 0:
			p.find(was.Name, "is not what the file answers: it does not answer it%s", hint)
		case m.Files[i] != was:
			p.find(was.Name, "is not what the file answers%s", hint)
		}
	}
	for _, now := range m.Files {
		if !slices.ContainsFunc(p.Manifest.Files, func(f File) bool { return f.Name == now.Name }) {
			p.find(now.Name, "is not in the pack, but the file answers it%s", hint)
		}
	}
	return nil
}
