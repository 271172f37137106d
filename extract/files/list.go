package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// found is one file of the folder, or one member of an archive in it, that is
// of a dataset.
type found struct {
	name     string // below the folder, with slashes
	member   string // of an archive; "" for a file, or an archive left to the contract
	size     int64
	modified time.Time
	called   fileName
	shape    shape
	how      string // see the constants of recognise
	note     string
	time     stamp  // unknown where neither the document nor the name has one
	tenant   string // as the document has it
	err      error  // why it cannot be read
	closed   bool   // it cannot be looked into
	record   string // what tells it from other records, where it is one by itself; else ""
}

func (f *found) label() string {
	if f.member != "" {
		return f.name + "!" + f.member
	}
	return f.name
}

// listing is what a folder holds.
type listing struct {
	of     map[string][]*found // plural -> files, by name
	unread []schemas.File      // that are of no dataset
}

func (l *listing) leave(name, reason string) {
	l.unread = append(l.unread, schemas.File{Name: name, Reason: reason})
}

// leaveUnopened is leave for what may hold exports and cannot be looked into.
func (l *listing) leaveUnopened(name, reason string) {
	l.unread = append(l.unread, schemas.File{Name: name, Reason: reason, Unopened: true})
}

// Bounds of a folder: what is beyond them is hardly one of exports.
const (
	maxDeep  = 3
	maxFiles = 10_000
)

// list reads the folder and those below it. Hidden files are left out; all
// others have a place.
func (f *Folder) list() (*listing, error) {
	root, err := os.OpenRoot(f.conf.Folder) // keeps symbolic links inside the folder
	if err != nil {
		return nil, extract.Unusable(extract.StepRead, "set files to a folder that can be read", "the folder %s: %v", f.conf.Folder, reason(err))
	}
	defer root.Close()
	l := &listing{of: map[string][]*found{}}
	n := 0
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		deep := strings.Count(name, "/")
		switch {
		case err != nil && name == ".":
			return err
		case err != nil:
			l.leaveUnopened(name, fmt.Sprintf("the folder cannot be read: %v", reason(err)))
			return fs.SkipDir
		case name != "." && hidden(name) || e.IsDir() && (path.Base(name) == "__MACOSX" || own(root, name)):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir() && deep >= maxDeep:
			l.leaveUnopened(name, fmt.Sprintf("it lies more than %d folders deep", maxDeep))
			return fs.SkipDir
		case e.IsDir():
			return nil
		}
		if n++; n > maxFiles {
			return fmt.Errorf("more than %d files: name the folder that holds only exports", maxFiles)
		}
		f.take(l, root, name)
		return nil
	})
	if err != nil {
		return nil, extract.Unusable(extract.StepRead, "set files to a folder that can be read", "the folder %s: %v", f.conf.Folder, reason(err))
	}
	return l, nil
}

// hidden tells of files that archivers and desktops add, and of databases.
func hidden(name string) bool {
	base := strings.ToLower(path.Base(name))
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "~$") || base == "thumbs.db" || base == "desktop.ini" || strings.Contains(base, ".duckdb")
}

// own tells of the program's own data folder, which lies beside the database
// file and may so lie in the folder that is read.
func own(root *os.Root, name string) bool {
	for _, sub := range []string{"artifacts", "runs", "journal"} {
		if info, err := root.Stat(path.Join(name, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// take finds the place of one file.
func (f *Folder) take(l *listing, root *os.Root, name string) {
	x := &found{name: name}
	x.called, x.err = f.readName(name, f.now())
	info, err := root.Stat(name)
	switch {
	case err != nil:
		x.closed = true
		x.fail(extract.Unusable(extract.StepRead, "check the file's rights; a symbolic link must stay inside the folder", "%v", reason(err)))
	case info.IsDir():
		l.leaveUnopened(name, "it is a link to a folder; put the files themselves there")
		return
	case !info.Mode().IsRegular(): // to open a pipe would wait
		x.fail(extract.Unusable(extract.StepRead, "put the file itself there", "it is not a file"))
	case info.Size() == 0:
		x.fail(extract.Unusable(extract.StepRead, "an export without records still has a header line, or is []", "it is empty"))
	default:
		x.size, x.modified = info.Size(), info.ModTime().UTC()
		f.see(l, root, x)
		return
	}
	f.place(l, x)
}

func (f *found) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// see looks into a file.
func (f *Folder) see(l *listing, root *os.Root, x *found) {
	file, err := root.Open(x.name)
	if err != nil {
		x.closed = true
		x.fail(extract.Unusable(extract.StepRead, "check the file's rights", "%v", reason(err)))
		f.place(l, x)
		return
	}
	defer file.Close()
	f.lookInto(l, file, x)
}

func (f *Folder) lookInto(l *listing, file *os.File, x *found) {
	if x.shape = look(file); x.shape.zip {
		f.takeArchive(l, file, x)
		return
	}
	f.place(l, x)
}

// place puts a file to its dataset, or to those that are not read.
func (f *Folder) place(l *listing, x *found) {
	plural, how, note := f.recognise(&x.called, &x.shape)
	if plural == "" {
		var e *extract.Error
		switch {
		case errors.As(x.err, &e):
			note = e.What
		case x.closed:
			note = noBook
		}
		if x.closed || instead[x.called.ext] != "" {
			l.leaveUnopened(x.label(), note)
			return
		}
		l.leave(x.label(), note)
		return
	}
	x.how, x.note = how, note
	f.put(l, plural, x)
}

func (f *Folder) put(l *listing, plural string, x *found) {
	c := f.known[plural].contract
	x.tenant = x.shape.tenant(c)
	if x.isSingle(c) {
		f.callSingle(x, plural)
	}
	if x.time = x.shape.stated(c, f.now()); !x.time.known() {
		x.time = x.called.time
		x.time.from = schemas.FileTimeName
	}
	l.of[plural] = append(l.of[plural], x)
}

// plurals are the datasets of which the folder holds files.
func (l *listing) plurals() []string {
	var out []string
	for p := range l.of {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// reason is the cause of a file error without its path, which is named anyway.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
