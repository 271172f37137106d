package transform

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zip"

	"github.com/accessmart/accessmart/schemas"
)

// spoolInMemory is how large an archive may be to be held in memory instead
// of in a temporary file.
const spoolInMemory = 4 << 20

// walkArchive calls fn for each member of the archive that the contract
// wants, in the archive's order, or for the sheet of a workbook. A member never
// touches the file system under its name.
func (p *program) walkArchive(ctx context.Context, in *Input, r io.ReadCloser, fn func(*text) error) (err error) {
	return p.o.withArchive(in, r, func(z *zip.Reader, at io.ReaderAt, size int64) error {
		if isWorkbook(z) {
			return p.walkWorkbook(in, z, at, size, fn)
		}
		members, err := p.o.chooseMembers(ctx, p.contract, in.Members, z)
		if err != nil {
			return err
		}
		for _, m := range members {
			if err := p.walkMember(ctx, in, m, fn); err != nil {
				return inMember(err, m.Name)
			}
		}
		return nil
	})
}

// walkMember calls fn for a member of an archive, which may be a workbook.
func (p *program) walkMember(ctx context.Context, in *Input, m *zip.File, fn func(*text) error) error {
	r, format, err := p.o.unpackMember(ctx, m)
	if err != nil {
		return err
	}
	if format == schemas.ZIP {
		return p.o.withArchive(in, r, func(z *zip.Reader, at io.ReaderAt, size int64) error {
			if !isWorkbook(z) {
				return archiveInside()
			}
			return p.walkWorkbook(in, z, at, size, func(tx *text) error {
				tx.member = m.Name
				return fn(tx)
			})
		})
	}
	if err := r.Close(); err != nil {
		return err
	}
	return fn(&text{input: in, member: m.Name, format: format, encoding: r.encoding, open: func(ctx context.Context) (io.ReadCloser, error) {
		r, _, err := p.o.openMember(ctx, m)
		return r, err
	}})
}

// withArchive opens an archive that is read from r, and closes it behind fn.
func (o *Options) withArchive(in *Input, r io.ReadCloser, fn func(*zip.Reader, io.ReaderAt, int64) error) (err error) {
	at, size, done, err := o.spool(in, r)
	if err != nil {
		return err
	}
	defer func() {
		if e := done(); err == nil && e != nil {
			err = fault(KindRead, "", "temporary file: %w", e)
		}
	}()
	z, err := zip.NewReader(at, size)
	if err != nil {
		return fault(KindArchive, "the archive is cut off or damaged; fetch it again", "broken ZIP: %w", err)
	}
	if err := o.checkArchive(z, size); err != nil {
		return err
	}
	return fn(z, at, size)
}

// spool makes an archive readable at any place: as it is where the input
// allows that, in memory if small, else through a temporary file that is gone
// at the end whatever happens.
func (o *Options) spool(in *Input, r io.ReadCloser) (at io.ReaderAt, size int64, done func() error, err error) {
	if raw, ok := r.(*opened); ok && len(raw.closers) == 1 && in.Size > 0 {
		if at, ok := raw.raw.(io.ReaderAt); ok {
			return at, in.Size, r.Close, nil
		}
	}
	defer r.Close()
	var small bytes.Buffer
	n, err := io.CopyN(&small, r, spoolInMemory)
	if err == io.EOF {
		return bytes.NewReader(small.Bytes()), n, func() error { return nil }, nil
	}
	if err != nil {
		return nil, 0, nil, readFault(err)
	}
	f, err := os.CreateTemp(o.TempDir, "archive-*") // mode 0600
	if err != nil {
		return nil, 0, nil, fault(KindRead, "", "temporary file: %w", err)
	}
	// Unlinked while open where the system allows it: nothing stays behind
	// even if the process is killed.
	early := os.Remove(f.Name()) == nil
	done = func() error {
		err := f.Close()
		if !early {
			if e := os.Remove(f.Name()); err == nil {
				err = e
			}
		}
		return err
	}
	if _, err = f.Write(small.Bytes()); err == nil {
		var more int64
		more, err = io.Copy(f, r)
		n += more
	}
	if err != nil {
		done()
		return nil, 0, nil, readFault(err)
	}
	return f, n, done, nil
}

// checkArchive refuses what no vendor sends, by the archive's directory alone.
func (o *Options) checkArchive(z *zip.Reader, size int64) error {
	if len(z.File) > o.MaxMembers {
		return fault(KindExpand, "if the archive is right, raise the limit", "%d members, more than %d", len(z.File), o.MaxMembers)
	}
	var packed, unpacked uint64
	names := map[string]bool{}
	for _, m := range z.File {
		if unsafeName(m.Name) {
			return inMember(fault(KindArchive, "do not trust this archive", "a member's name leads out of the archive"), m.Name)
		}
		// Other programs show one of the two only, some this one, some that.
		if names[strings.ToLower(path.Clean(m.Name))] {
			return inMember(fault(KindArchive, "unpack it, see which of them is meant, and pack that one", "two members have the same name"), m.Name)
		}
		names[strings.ToLower(path.Clean(m.Name))] = true
		if m.Name == "[Content_Types].xml" && !isWorkbook(z) {
			return fault(KindFormat, "save the table as .xlsx or CSV", "this is an Office document that is not read")
		}
		if m.Flags&1 != 0 {
			return inMember(fault(KindFormat, "export without a password", "the member is encrypted"), m.Name)
		}
		if m.UncompressedSize64 > uint64(o.MaxExpand) {
			return inMember(o.expandFault(o.MaxExpand+1, 1), m.Name)
		}
		packed += m.CompressedSize64
		unpacked += m.UncompressedSize64
	}
	if packed > uint64(size) {
		return fault(KindExpand, "do not trust this archive", "members overlap")
	}
	return o.expandFault(int64(min(unpacked, 1<<62)), size)
}

// packings are the compressions of members that are not read.
var packings = map[uint16]string{1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd"}

// checkPacking refuses a member that is compressed in a way that is not read.
func checkPacking(m *zip.File) error {
	if m.Method == zip.Store || m.Method == zip.Deflate {
		return nil
	}
	how, ok := packings[m.Method]
	if !ok {
		how = fmt.Sprintf("method %d", m.Method)
	}
	return fault(KindFormat, "unzip the archive and load the files, or pack them again with deflate, which ZIP programs use unless told otherwise",
		"the member is compressed with %s, which is not read", how)
}

func unsafeName(name string) bool {
	if name == "" || strings.ContainsAny(name, "\\\x00") || strings.HasPrefix(name, "/") ||
		len(name) > 1 && name[1] == ':' {
		return true
	}
	for _, p := range strings.Split(name, "/") {
		if p == ".." {
			return true
		}
	}
	return false
}

// isData leaves out folders and what archivers and desktops add.
func isData(m *zip.File) bool {
	base := path.Base(m.Name)
	return !strings.HasSuffix(m.Name, "/") && !m.FileInfo().IsDir() &&
		!strings.HasPrefix(m.Name, "__MACOSX/") && !strings.HasPrefix(base, ".") &&
		!strings.EqualFold(base, "thumbs.db") && !strings.EqualFold(base, "desktop.ini")
}

// chooseMembers picks those that are named, else by a fragment of the name, and
// only when no name fits by the header.
func (o *Options) chooseMembers(ctx context.Context, c *schemas.Contract, named []string, z *zip.Reader) ([]*zip.File, error) {
	if len(named) > 0 {
		return namedMembers(named, z)
	}
	var data, byName, byHeader []*zip.File
	var names []string
	for _, m := range z.File {
		if !isData(m) {
			continue
		}
		data, names = append(data, m), append(names, m.Name)
		if c.Member != nil && hasFragment(path.Base(m.Name), c.Member.Name) {
			byName = append(byName, m)
		}
	}
	switch {
	case len(data) == 0:
		return nil, fault(KindArchive, "fetch it again", "the archive holds no files")
	case c.Member == nil:
		return ofDataset(c, data), nil
	case byName != nil:
		return byName, nil
	}
	for _, m := range data {
		ok, err := o.headerFits(ctx, m, c.Member.Header)
		if err != nil {
			return nil, inMember(err, m.Name)
		}
		if ok {
			byHeader = append(byHeader, m)
		}
	}
	if byHeader == nil {
		return nil, fault(KindArchive, "name a fragment of the right member under `member` in a contract of your own",
			"no member belongs to this dataset; the archive holds %s", listing(names))
	}
	return byHeader, nil
}

// ofDataset picks those members that bear the name of the dataset, with or
// without more behind it, where there are such: the others are of others.
func ofDataset(c *schemas.Contract, members []*zip.File) []*zip.File {
	var named []*zip.File
	for _, m := range members {
		rest, ok := strings.CutPrefix(strings.ToLower(path.Base(m.Name)), c.Plural())
		if ok && rest != "" && !(rest[0] >= 'a' && rest[0] <= 'z' || rest[0] == '_') {
			named = append(named, m)
		}
	}
	if named == nil {
		return members
	}
	return named
}

// namedMembers are the members of these names, in the archive's order.
func namedMembers(names []string, z *zip.Reader) ([]*zip.File, error) {
	var out []*zip.File
	for _, m := range z.File {
		if slices.Contains(names, m.Name) {
			out = append(out, m)
		}
	}
	if len(out) != len(names) {
		return nil, fault(KindArchive, "load the archive again", "of %d members that belong to this dataset the archive has %d", len(names), len(out))
	}
	return out, nil
}

func hasFragment(name string, fragments []string) bool {
	name = strings.ToLower(name)
	for _, f := range fragments {
		if strings.Contains(name, f) {
			return true
		}
	}
	return false
}

func (o *Options) headerFits(ctx context.Context, m *zip.File, want []string) (bool, error) {
	if len(want) == 0 {
		return false, nil
	}
	r, format, err := o.openMember(ctx, m)
	if err != nil {
		return false, err
	}
	defer r.Close()
	if format != schemas.CSV {
		return false, nil
	}
	b, err := o.readHeader(newWindow(r, sniffed*4), func(header []string) fit {
		if hasAll(header, want) {
			return likely
		}
		return noHeader
	})
	return err == nil && hasAll(b.header, want), err
}

// hasAll tells whether a header has all of the names.
func hasAll(header, names []string) bool {
	have := map[string]bool{}
	for _, h := range header {
		have[schemas.NormalHeader(h)] = true
	}
	return !slices.ContainsFunc(names, func(n string) bool { return !have[schemas.NormalHeader(n)] })
}

// openMember opens one member as text.
func (o *Options) openMember(ctx context.Context, m *zip.File) (*opened, schemas.Format, error) {
	r, format, err := o.unpackMember(ctx, m)
	if err == nil && format == schemas.ZIP {
		r.Close()
		return nil, "", archiveInside()
	}
	return r, format, err
}

func archiveInside() error {
	return fault(KindFormat, "unpack the inner archive", "an archive inside an archive")
}

// unpackMember opens one member, which may be an archive itself.
func (o *Options) unpackMember(ctx context.Context, m *zip.File) (*opened, schemas.Format, error) {
	if err := checkPacking(m); err != nil {
		return nil, "", err
	}
	return o.unwrap(ctx, func() (io.ReadCloser, error) {
		rc, err := m.Open()
		if err != nil {
			return nil, brokenPack{fmt.Errorf("ZIP: %w", err)}
		}
		in := &counted{n: int64(m.CompressedSize64)}
		return struct {
			io.Reader
			io.Closer
		}{&expanding{r: rc, in: in, o: o}, rc}, nil
	})
}

func inMember(err error, name string) error {
	if e, ok := err.(*Error); ok && e.Member == "" {
		e.Member = name
	}
	return err
}
