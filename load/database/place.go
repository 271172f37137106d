package database

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxLinks bounds a chain of symbolic links.
const maxLinks = 40

// follow finds the file that a path leads to, which need not exist, and the paths on the
// way: the given one, each further symbolic link, and the file. The file itself has to be
// replaced: a rename over the link would replace the link, and leave the file that others
// read as it was.
func follow(path string) (target string, way []string, err error) {
	for target = path; len(way) <= maxLinks; {
		way = append(way, target)
		next, err := os.Readlink(target)
		if err != nil { // no link, or nothing there yet
			break
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(target), next)
		}
		target = filepath.Clean(next)
	}
	switch info, err := os.Stat(filepath.Dir(target)); {
	case len(way) > maxLinks:
		return "", nil, &FileError{path, errors.New("its symbolic links lead in a circle"), "name the file itself with --database"}
	case len(way) > 1 && (err != nil || !info.IsDir()):
		return "", nil, &FileError{path, fmt.Errorf("the symbolic link leads to %s, whose folder is not there", target),
			"make the folder, correct the link, or name the file itself with --database"}
	}
	return target, way, nil
}

// Follow returns the file that the symbolic link at path leads to, or path if it is no
// link. The file need not exist.
//
// Errors: [FileError] for links in a circle and those into a folder that is not there.
func Follow(path string) (string, error) {
	target, _, err := follow(path)
	return target, err
}

// inspect tells whether there is a published file. It is an error if that is no DuckDB file,
// or is open for writing elsewhere.
func inspect(path string) (exists bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	if err := checkMagic(f, path); err != nil {
		return false, err
	}
	held, err := heldForWriting(f)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	if held {
		return false, &FileError{path, ErrInUse, "close it there, or open it there read-only"}
	}
	return true, nil
}

// magic stands at offset 8 of each DuckDB file, after a checksum.
var magic = []byte("DUCK")

func checkMagic(f *os.File, path string) error {
	head := make([]byte, 12)
	if _, err := io.ReadFull(f, head); err != nil || !bytes.Equal(head[8:], magic) {
		return &FileError{path, ErrNotDatabase, "it is not a DuckDB file; name another with --database"}
	}
	return nil
}

// Check reports, without opening it as a database, whether there is a DuckDB
// file at path.
//
// Errors: a [FileError] with [ErrNoDatabase] or [ErrNotDatabase], or what the
// system says.
func Check(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &FileError{path, ErrNoDatabase, "make one with: accessmart refresh, or try: accessmart demo"}
	}
	if err != nil {
		return err
	}
	return errors.Join(checkMagic(f, path), f.Close())
}

// logs are the endings of files beside a database that DuckDB takes for changes to it when
// it opens it.
var logs = []string{".wal", ".wal.checkpoint", ".wal.recovery"}

// ForeignLogs are the files beside the database at path that DuckDB would take for changes
// to it. This program publishes files without any. So a log is from a notebook or shell
// that opened the file for writing and crashed, or was planted by somebody who may write to
// the folder. This program does not read them, but others do.
func ForeignLogs(path string) ([]string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	_, way, err := follow(path)
	if err != nil {
		return nil, err
	}
	return foreignLogs(way)
}

func foreignLogs(way []string) (found []string, err error) {
	for _, path := range way {
		for _, ending := range logs {
			switch _, err := os.Lstat(path + ending); {
			case err == nil:
				found = append(found, path+ending)
			case !errors.Is(err, fs.ErrNotExist):
				return nil, err
			}
		}
	}
	return found, nil
}

// setAside renames the logs beside the database at path, so that DuckDB does not read them,
// and returns the new names. Nothing is deleted.
func setAside(path string, logs []string, run string) (aside []string, err error) {
	for _, name := range logs {
		to, err := free(name + "." + run + ".foreign")
		if err == nil {
			err = os.Rename(name, to)
		}
		if err != nil {
			return aside, &FileError{path, fmt.Errorf("%s lies beside it, which readers would take for changes to it: %w", name, err), "move that file away"}
		}
		aside = append(aside, to)
	}
	return aside, nil
}

// free is a file name that does not exist: the given one, or that with a number.
func free(name string) (string, error) {
	for try, n := name, 2; ; n++ {
		switch _, err := os.Lstat(try); {
		case errors.Is(err, fs.ErrNotExist):
			return try, nil
		case err != nil:
			return "", err
		}
		try = fmt.Sprintf("%s.%d", name, n)
	}
}

// Alone is a path by which DuckDB can open the file at path without the logs beside it,
// which it cannot be told to ignore. It is path itself if there is no log; otherwise a
// second name of the file or, if its folder cannot be written to, a copy. done removes what
// was made; a file that is open stays readable.
func Alone(path string) (private string, done func() error, err error) {
	found, err := ForeignLogs(path)
	if err != nil {
		return "", nil, err
	}
	if len(found) == 0 {
		return path, func() error { return nil }, nil
	}
	target, _, err := follow(path)
	if err != nil {
		return "", nil, err
	}
	private, done, err = privately(target, filepath.Dir(target), os.Link)
	if err != nil {
		private, done, err = privately(target, os.TempDir(), func(src, dst string) error { return copyFile(dst, src) })
	}
	if err != nil {
		err = &FileError{path, fmt.Errorf("%s lies beside it and was not written by this program, and the file cannot be read without it: %w", found[0], err),
			"move that file away"}
	}
	return private, done, err
}

// privately calls give to put the file at src into a new folder below dir.
func privately(src, dir string, give func(src, dst string) error) (path string, done func() error, err error) {
	if dir, err = os.MkdirTemp(dir, ".accessmart-"); err != nil {
		return "", nil, err
	}
	path, done = filepath.Join(dir, filepath.Base(src)), func() error { return os.RemoveAll(dir) }
	if err := give(src, path); err != nil {
		return "", nil, errors.Join(err, done())
	}
	return path, done, nil
}
