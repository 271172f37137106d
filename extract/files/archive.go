package files

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zip"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// takeArchive finds the places of what an archive holds. The archive itself is
// what is kept: a part of each dataset of which it has members.
func (f *Folder) takeArchive(l *listing, file *os.File, x *found) {
	named := f.known[x.called.plural]
	if named != nil && (named.contract.Member != nil || named.contract.Format == schemas.ZIP) {
		x.how = byName // the contract knows its members
		f.put(l, x.called.plural, x)
		return
	}
	if x.called.packed {
		f.cannot(l, x, extract.Unusable(extract.StepRead, "unpack the outer one", "it is an archive that is compressed once more"))
		return
	}
	z, err := zip.NewReader(file, x.size)
	if err != nil {
		f.cannot(l, x, extract.Unusable(extract.StepRead, "the archive is cut off or damaged; fetch it again", "it is a ZIP that cannot be read"))
		return
	}
	if isOffice(z) {
		f.takeWorkbook(l, file, x.size, x)
		return
	}
	f.takeMembers(l, z, x)
}

// cannot is for an archive whose members stay unknown.
func (f *Folder) cannot(l *listing, x *found, err *extract.Error) {
	x.fail(err)
	if x.called.plural != "" && x.called.exact {
		x.how = byName
		f.put(l, x.called.plural, x)
		return
	}
	l.leaveUnopened(x.label(), err.What+": "+err.Hint)
}

func (f *Folder) takeMembers(l *listing, z *zip.Reader, x *found) {
	inside := &listing{of: map[string][]*found{}}
	seen := map[string]bool{}
	var data []*found
	for _, m := range z.File {
		if hidden(m.Name) || strings.HasPrefix(m.Name, "__MACOSX/") || strings.HasSuffix(m.Name, "/") {
			continue
		}
		if seen[m.Name] || len(seen) >= maxFiles {
			f.cannot(l, x, extract.Unusable(extract.StepRead, "make the archive anew, or unpack it", "it is a ZIP with two members of one name, or very many"))
			return
		}
		seen[m.Name] = true
		if y := f.takeMember(inside, m, x); slices.Contains(tables, y.called.ext) {
			data = append(data, y)
		}
	}
	switch {
	case len(inside.of) == 0 && x.called.plural != "" && x.called.exact && len(data) > 0:
		for _, y := range data { // what its members are called says nothing
			y.how = byName
			f.put(l, x.called.plural, y)
		}
	case len(seen) == 0:
		f.cannot(l, x, extract.Unusable(extract.StepRead, "fetch it again", "the archive holds no files"))
	default:
		for plural, members := range inside.of {
			l.of[plural] = append(l.of[plural], members...)
		}
		l.unread = append(l.unread, inside.unread...)
	}
}

// takeMember finds the place of one member. What its own name does not say, that
// of the archive may: when it is of.
func (f *Folder) takeMember(l *listing, m *zip.File, x *found) (y *found) {
	y = &found{name: x.name, member: m.Name, size: int64(min(m.UncompressedSize64, 1<<62)), modified: x.modified}
	y.called, y.err = f.readName(m.Name, f.now())
	if !y.called.time.known() {
		y.called.time = x.called.time
	}
	if y.called.facts == nil {
		y.called.facts = x.called.facts
	}
	y.called.copies = y.called.copies || x.called.copies
	r, err := m.Open()
	switch {
	case m.Flags&1 != 0:
		y.closed = true
		y.fail(extract.Unusable(extract.StepRead, "export without a password", "it is encrypted"))
	case err != nil:
		y.closed = true
		y.fail(extract.Unusable(extract.StepRead, "make the archive with deflate, or unpack it", "it is packed in a way that is not read"))
	default:
		y.shape = look(r)
		_ = r.Close() // the checksum is looked at when it is loaded
	}
	if !y.shape.zip {
		f.place(l, y)
		return y
	}
	if book := workbookIn(m); book != nil {
		y.shape = shape{}
		f.takeWorkbook(l, book, book.Size(), y)
		return y
	}
	what := "it is an archive inside an archive: unpack it"
	if y.called.ext == workbookEnding {
		what = noBook
	}
	l.leaveUnopened(y.label(), what)
	y.called.ext = "zip"
	return y
}

// workbookIn is a member that is a workbook; nil where it is none, or is too
// large to be looked into.
func workbookIn(m *zip.File) *bytes.Reader {
	r, err := m.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, lookedBook+1))
	if err != nil || len(data) > lookedBook {
		return nil
	}
	book := bytes.NewReader(data)
	z, err := zip.NewReader(book, book.Size())
	if err != nil || !isOffice(z) {
		return nil
	}
	return book
}

func isOffice(z *zip.Reader) bool {
	return slices.ContainsFunc(z.File, func(m *zip.File) bool { return m.Name == "[Content_Types].xml" })
}
