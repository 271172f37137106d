package frame

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

// walkArchive calls fn for each member of the archive that is picked, in the
// archive's order, or for the sheet of a workbook. A member never touches the
// file system under its name.
func (c *container) walkArchive(ctx context.Context, r io.ReadCloser, fn func(*Text) error) (err error) {
	return c.o.withArchive(c.in.Size, r, func(z *zip.Reader, at io.ReaderAt, size int64) error {
		if isWorkbook(z) {
			return c.walkWorkbook(z, at, size, fn)
		}
		members, err := c.chooseMembers(ctx, z)
		if err != nil {
			return err
		}
		for _, m := range members {
			if err := c.walkMember(ctx, m, fn); err != nil {
				return inMember(err, m.Name)
			}
		}
		return nil
	})
}

// walkMember calls fn for a member of an archive, which may be a workbook.
func (c *container) walkMember(ctx context.Context, m *zip.File, fn func(*Text) error) error {
	r, format, err := c.o.unpackMember(ctx, m)
	if err != nil {
		return err
	}
	if format == schemas.ZIP {
		return c.o.withArchive(c.in.Size, r, func(z *zip.Reader, at io.ReaderAt, size int64) error {
			if !isWorkbook(z) {
				return archiveInside()
			}
			return c.walkWorkbook(z, at, size, func(tx *Text) error {
				tx.Member = m.Name
				return fn(tx)
			})
		})
	}
	if err := r.Close(); err != nil {
		return err
	}
	return fn(&Text{Member: m.Name, Format: format, Encoding: r.encoding, Open: func(ctx context.Context) (io.ReadCloser, error) {
		r, _, err := c.o.openMember(ctx, m)
		return r, err
	}})
}

// withArchive opens an archive that is read from r, and closes it behind fn.
func (o *Limits) withArchive(size int64, r io.ReadCloser, fn func(*zip.Reader, io.ReaderAt, int64) error) (err error) {
	at, size, done, err := o.spool(size, r)
	if err != nil {
		return err
	}
	defer func() {
		if e := done(); err == nil && e != nil {
			err = Fault(KindRead, "", "temporary file: %w", e)
		}
	}()
	z, err := zip.NewReader(at, size)
	if err != nil {
		return Fault(KindArchive, "the archive is cut off or damaged; fetch it again", "broken ZIP: %w", err)
	}
	if err := o.checkArchive(z, size); err != nil {
		return err
	}
	return fn(z, at, size)
}

// spool makes an archive readable at any place: as it is where the input
// allows that, in memory if small, else through a temporary file that is gone
// at the end whatever happens.
func (o *Limits) spool(known int64, r io.ReadCloser) (at io.ReaderAt, size int64, done func() error, err error) {
	if raw, ok := r.(*opened); ok && len(raw.closers) == 1 && known > 0 {
		if at, ok := raw.raw.(io.ReaderAt); ok {
			return at, known, r.Close, nil
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
		return nil, 0, nil, Fault(KindRead, "", "temporary file: %w", err)
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
func (o *Limits) checkArchive(z *zip.Reader, size int64) error {
	if len(z.File) > o.MaxMembers {
		return Fault(KindExpand, "if the archive is right, raise the limit", "%d members, more than %d", len(z.File), o.MaxMembers)
	}
	var packed, unpacked uint64
	names := map[string]bool{}
	for _, m := range z.File {
		if unsafeName(m.Name) {
			return inMember(Fault(KindArchive, "do not trust this archive", "a member's name leads out of the archive"), m.Name)
		}
		// Of two members of one name other programs show only one, and not all the same.
		if names[strings.ToLower(path.Clean(m.Name))] {
			return inMember(Fault(KindArchive, "unpack it, see which of them is meant, and pack that one", "two members have the same name"), m.Name)
		}
		names[strings.ToLower(path.Clean(m.Name))] = true
		if m.Name == "[Content_Types].xml" && !isWorkbook(z) {
			return Fault(KindFormat, "save the table as .xlsx or CSV", "this is an Office document that is not read")
		}
		if m.Flags&1 != 0 {
			return inMember(Fault(KindFormat, "export without a password", "the member is encrypted"), m.Name)
		}
		if m.UncompressedSize64 > uint64(o.MaxExpand) {
			return inMember(o.expandFault(o.MaxExpand+1, 1), m.Name)
		}
		packed += m.CompressedSize64
		unpacked += m.UncompressedSize64
	}
	if packed > uint64(size) {
		return Fault(KindExpand, "do not trust this archive", "members overlap")
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
	return Fault(KindFormat, "unzip the archive and load the files, or pack them again with deflate, which ZIP programs use unless told otherwise",
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
func (c *container) chooseMembers(ctx context.Context, z *zip.Reader) ([]*zip.File, error) {
	pick := &c.in.Pick
	if len(pick.Members) > 0 {
		return namedMembers(pick.Members, z)
	}
	var data, byName, byHeader []*zip.File
	var names []string
	for _, m := range z.File {
		if !isData(m) {
			continue
		}
		data, names = append(data, m), append(names, m.Name)
		if pick.Like != nil && hasFragment(path.Base(m.Name), pick.Like.Fragments) {
			byName = append(byName, m)
		}
	}
	switch {
	case len(data) == 0:
		return nil, Fault(KindArchive, "fetch it again", "the archive holds no files")
	case pick.Like == nil:
		return ofDataset(pick.Dataset, data), nil
	case byName != nil:
		return byName, nil
	}
	for _, m := range data {
		ok, err := c.o.headerFits(ctx, m, pick.Like.Header)
		if err != nil {
			return nil, inMember(err, m.Name)
		}
		if ok {
			byHeader = append(byHeader, m)
		}
	}
	if byHeader == nil {
		return nil, Fault(KindArchive, "name a fragment of the right member under `member` in a contract of your own",
			"no member belongs to this dataset; the archive holds %s", Listing(names))
	}
	return byHeader, nil
}

// ofDataset picks the members that bear the name of the dataset, with or without more
// behind it. If there are any, the others belong to other datasets; if not, all are picked.
func ofDataset(name string, members []*zip.File) []*zip.File {
	var named []*zip.File
	for _, m := range members {
		rest, ok := strings.CutPrefix(strings.ToLower(path.Base(m.Name)), name)
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
		return nil, Fault(KindArchive, "load the archive again", "of %d members that belong to this dataset the archive has %d", len(names), len(out))
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

func (o *Limits) headerFits(ctx context.Context, m *zip.File, want []string) (bool, error) {
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
	b, err := o.readHeader(newWindow(r, sniffed*4), func(header []string) Fit {
		if hasAll(header, want) {
			return Likely
		}
		return NoHeader
	})
	return err == nil && hasAll(b.Header, want), err
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
func (o *Limits) openMember(ctx context.Context, m *zip.File) (*opened, schemas.Format, error) {
	r, format, err := o.unpackMember(ctx, m)
	if err == nil && format == schemas.ZIP {
		r.Close()
		return nil, "", archiveInside()
	}
	return r, format, err
}

func archiveInside() error {
	return Fault(KindFormat, "unpack the inner archive", "an archive inside an archive")
}

// unpackMember opens one member, which may be an archive itself.
func (o *Limits) unpackMember(ctx context.Context, m *zip.File) (*opened, schemas.Format, error) {
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
