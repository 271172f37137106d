// Package files serves exports that were handed over by hand: a folder of
// files named <dataset plural>[.anything].csv|json|ndjson|zip[.gz|.zst].
// Several files of one dataset are parts of one export, in the order of their
// names. Each file's bytes are kept as they are, compressed ones too.
//
// A piece of the form key=value between the dots is a fact of the request that
// the file answered, for the contract columns that an API source fills from it:
// entitlements.integration_id=github%2F01HX.csv. Characters that a file name
// cannot hold, dots included, are written as in URLs.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// Config is one folder.
type Config struct {
	Folder string

	extract.Limits
}

// Validate tells what is wrong with the folder.
func (c *Config) Validate() error {
	if c.Folder == "" {
		return fmt.Errorf("files: missing; set the folder that holds the exports")
	}
	return c.Limits.Validate()
}

// Folder is a vendor whose exports are files.
type Folder struct {
	conf   Config
	known  map[string]bool
	vendor string
}

// New makes the vendor of one folder. known is all contracts of the vendor
// whose exports the folder holds: they tell which file names mean a dataset.
func New(conf Config, known []*schemas.Contract) (*Folder, error) {
	if err := conf.Validate(); err != nil {
		return nil, err
	}
	f := &Folder{conf: conf, known: map[string]bool{}}
	for _, c := range known {
		f.known[c.Plural()] = true
		f.vendor = c.Vendor()
	}
	return f, nil
}

// Access needs no network.
func (f *Folder) Access() extract.Access { return extract.Access{Limits: f.conf.Limits} }

// Origin is the absolute folder.
func (f *Folder) Origin() string {
	abs, err := filepath.Abs(f.conf.Folder)
	if err != nil {
		return f.conf.Folder
	}
	return abs
}

// form is the grammar of file names.
var form = regexp.MustCompile(`^([a-z0-9_]+)((?:\.[^.]+)*?)\.(csv|json|ndjson|zip)(\.gz|\.zst)?$`)

const grammar = "<dataset plural>[.anything].csv|json|ndjson|zip[.gz|.zst]"

// listing is what a folder holds.
type listing struct {
	files   map[string][]string // plural -> names, in order
	unknown []string            // names that mean no dataset
}

// list reads the folder. Hidden files are left out; all others have a place.
func (f *Folder) list() (*listing, error) {
	entries, err := os.ReadDir(f.conf.Folder)
	if err != nil {
		return nil, extract.Unusable(extract.StepRead, "set files to a folder that can be read", "the folder %s: %v", f.conf.Folder, reason(err))
	}
	l := &listing{files: map[string][]string{}}
	for _, e := range entries { // sorted by name
		m := form.FindStringSubmatch(e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case m != nil && f.known[m[1]]:
			l.files[m[1]] = append(l.files[m[1]], e.Name())
		default:
			l.unknown = append(l.unknown, e.Name())
		}
	}
	return l, nil
}

// Datasets lists the plurals for which the folder holds files, and the names
// of files that mean no dataset.
func (f *Folder) Datasets() (plurals, unknown []string, err error) {
	l, err := f.list()
	if err != nil {
		return nil, nil, err
	}
	for p := range l.files {
		plurals = append(plurals, p)
	}
	slices.Sort(plurals)
	return plurals, l.unknown, nil
}

// Jobs has one job for each dataset.
func (f *Folder) Jobs(contracts []*schemas.Contract) []extract.Job {
	l, err := f.list()
	var jobs []extract.Job
	for i, c := range contracts {
		jobs = append(jobs, extract.Job{Name: c.Plural(), Contracts: []*schemas.Contract{c},
			Fetch: func(ctx context.Context, t *extract.Task) error {
				if err != nil {
					return err
				}
				if i == 0 && len(l.unknown) > 0 { // once
					t.Warn(fmt.Sprintf("files that mean no dataset of %s are left out: %s; names are %s",
						f.vendor, strings.Join(l.unknown, ", "), grammar), c.Plural())
				}
				return f.read(ctx, t, c.Plural(), l)
			}})
	}
	return jobs
}

func (f *Folder) read(ctx context.Context, t *extract.Task, plural string, l *listing) error {
	names := l.files[plural]
	if len(names) == 0 {
		what := fmt.Sprintf("no file for it in %s", f.conf.Folder)
		if len(l.unknown) > 0 {
			what += " (not understood: " + strings.Join(l.unknown, ", ") + ")"
		}
		return extract.Unusable(extract.StepRead, fmt.Sprintf("name a file %s.csv, or %s.<anything>.csv, .json, .ndjson or .zip, each also with .gz or .zst", plural, plural), "%s", what)
	}
	// A Root keeps symbolic links inside the folder.
	root, err := os.OpenRoot(f.conf.Folder)
	if err != nil {
		return extract.Unusable(extract.StepRead, "check the folder's rights", "the folder %s: %v", f.conf.Folder, reason(err))
	}
	defer root.Close()
	for _, name := range names {
		if err := keep(ctx, t, root, plural, name); err != nil {
			return err
		}
	}
	return nil
}

// keep stores one file. A file that changes while it is read is refused: the
// copy that brings it may not have ended.
func keep(ctx context.Context, t *extract.Task, root *os.Root, plural, name string) error {
	info, err := root.Stat(name) // before opening: opening a pipe would wait
	switch {
	case err != nil:
		return extract.Unusable(extract.StepRead, "check the file's rights; a symbolic link must stay inside the folder", "the file %s: %v", name, reason(err))
	case !info.Mode().IsRegular():
		return extract.Unusable(extract.StepRead, "put the file itself there", "%s is not a file", name)
	case info.Size() == 0:
		return extract.Unusable(extract.StepRead, "an export without records still has a header line, or is []", "the file %s is empty", name)
	}
	file, err := root.Open(name)
	if err != nil {
		return extract.Unusable(extract.StepRead, "check the file's rights", "the file %s: %v", name, reason(err))
	}
	defer file.Close()
	facts, err := facts(name)
	if err != nil {
		return err
	}
	part := extract.Part{Key: name, Name: name, Datasets: []string{plural}, Context: facts}
	if _, err := t.Keep(ctx, part, mediaType(name), reader{file}); err != nil {
		return err
	}
	after, err := file.Stat()
	if err != nil || after.Size() != info.Size() || !after.ModTime().Equal(info.ModTime()) {
		return extract.Unusable(extract.StepRead, "run again when the copy has ended", "the file %s changed while it was read", name)
	}
	return nil
}

// facts reads the pieces key=value of a file name.
func facts(name string) (map[string]string, error) {
	var out map[string]string
	for _, piece := range strings.Split(form.FindStringSubmatch(name)[2], ".") {
		key, value, ok := strings.Cut(piece, "=")
		if !ok {
			continue
		}
		value, err := url.PathUnescape(value)
		if err != nil || key == "" || value == "" {
			return nil, extract.Unusable(extract.StepRead, "write it as key=value, with %2F for a slash", "the file name %s holds a piece that is no key=value", name)
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = value
	}
	return out, nil
}

// reader makes a typed error of a fault while reading.
type reader struct{ f *os.File }

func (r reader) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	if err != nil && err != io.EOF {
		err = extract.Unusable(extract.StepRead, "check the disk and the file", "reading a file: %v", reason(err))
	}
	return n, err
}

func (r reader) Seek(offset int64, whence int) (int64, error) { return r.f.Seek(offset, whence) }

// reason is the cause of a file error without its path, which is named anyway.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func mediaType(name string) string {
	return map[string]string{".csv": "text/csv", ".json": "application/json", ".ndjson": "application/x-ndjson",
		".zip": "application/zip", ".gz": "application/gzip", ".zst": "application/zstd"}[path.Ext(name)]
}
