// Package files serves exports that were handed over by hand: a folder as
// vendors' portals, browsers and command-line tools leave it.
//
// A file is known by its name, <dataset plural>[.anything].csv|json|ndjson|…,
// and by its header or keys, which count where the two disagree. Of a ZIP each
// member goes where its own name or header says. Each file's bytes are kept as
// they are, compressed ones and archives too, and every file has a place in the
// manifests: read or not, and why.
//
// Of several files of one dataset the newest is read, by the time that the
// document states, or that its name or folder has. Files that are numbered as
// parts are one delivery, and so are those of one time whose names tell them apart
// and that have no record in common. What may be several deliveries is refused.
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
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// Config is one folder.
type Config struct {
	Folder  string
	Join    bool // read all files of a dataset as one delivery, whatever their times
	Partial bool // what the files lack is not gone

	// Beside is what lies beside the folder and is not read: it is told of with the folder's own.
	Beside []schemas.File

	Now func() time.Time // nil means time.Now

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
	known  map[string]*dataset
	vendor string
	now    func() time.Time
}

// New makes the vendor of one folder. known is all contracts of the vendor
// whose exports the folder holds: they tell which file names and headers mean a
// dataset.
func New(conf Config, known []*schemas.Contract) (*Folder, error) {
	if err := conf.Validate(); err != nil {
		return nil, err
	}
	f := &Folder{conf: conf, known: map[string]*dataset{}, now: conf.Now}
	if f.now == nil {
		f.now = time.Now
	}
	for _, c := range known {
		f.known[c.Plural()] = newDataset(c)
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

// Datasets lists the plurals for which the folder holds files, and the files
// that are of no dataset.
func (f *Folder) Datasets() (plurals []string, unread []schemas.File, err error) {
	l, err := f.list()
	if err != nil {
		return nil, nil, err
	}
	return l.plurals(), l.unread, nil
}

// Jobs has one job for each dataset.
func (f *Folder) Jobs(contracts []*schemas.Contract) []extract.Job {
	l, err := f.list()
	d := &delivery{f: f, l: l, archives: map[string]*archive{}}
	var jobs []extract.Job
	for i, c := range contracts {
		jobs = append(jobs, extract.Job{Name: c.Plural(), Contracts: []*schemas.Contract{c},
			Fetch: func(ctx context.Context, t *extract.Task) error {
				if err != nil {
					return err
				}
				if i == 0 { // once
					t.Files(c.Plural(), slices.Concat(f.conf.Beside, l.unread)...)
				}
				return d.fetch(ctx, t, c.Plural())
			}})
	}
	return jobs
}

// delivery is a folder being read.
type delivery struct {
	f *Folder
	l *listing

	mu       sync.Mutex
	archives map[string]*archive
}

// archive is a file that several datasets have members of: it is kept once.
type archive struct {
	sync.Mutex
	kept *extract.Artifact
}

func (d *delivery) fetch(ctx context.Context, t *extract.Task, plural string) error {
	all := d.l.of[plural]
	if len(all) == 0 {
		what := fmt.Sprintf("no file for it in %s", d.f.conf.Folder)
		if n := d.l.unread; len(n) > 0 {
			what += " (not understood: " + names(n) + ")"
		}
		return extract.Unusable(extract.StepRead, fmt.Sprintf("name a file %s.csv, or %s.<anything>.csv, .json, .ndjson, .xlsx or .zip, each also with .gz or .zst; where it is no longer delivered, list the others: datasets: in the configuration", plural, plural), "%s", what)
	}
	root, err := os.OpenRoot(d.f.conf.Folder)
	if err != nil {
		return extract.Unusable(extract.StepRead, "check the folder's rights", "the folder %s: %v", d.f.conf.Folder, reason(err))
	}
	defer root.Close()
	if d.f.conf.Partial {
		t.Filtered(plural)
	}
	c, err := d.f.choose(ctx, root, plural, all)
	if c != nil {
		t.Files(plural, c.left...)
	}
	if err == nil {
		for _, n := range c.notes {
			t.Warn(n, plural)
		}
		err = d.keepAll(ctx, t, root, plural, c.read)
	}
	if err != nil {
		d.refused(t, plural, all, c)
	}
	return err
}

// refused tells of the files of a dataset that are not read because of one, or
// because it is not certain which are the delivery.
func (d *delivery) refused(t *extract.Task, plural string, all []*found, c *choice) {
	told := map[string]bool{}
	if c != nil {
		for _, x := range c.left {
			told[x.Name] = true
		}
	}
	for _, x := range all {
		why := "the export was refused"
		if e := (*extract.Error)(nil); errors.As(x.err, &e) {
			why = e.What
		}
		if !told[x.label()] {
			t.Files(plural, schemas.File{Name: x.label(), Dataset: plural, How: x.how, Time: x.time.at, Reason: why})
		}
	}
}

// keepAll stores the files, members of one archive as one part.
func (d *delivery) keepAll(ctx context.Context, t *extract.Task, root *os.Root, plural string, all []*found) error {
	var read []schemas.File
	for i := 0; i < len(all); {
		n := i + 1
		for all[i].member != "" && n < len(all) && all[n].name == all[i].name && factsKey(all[n].called.facts) == factsKey(all[i].called.facts) {
			n++
		}
		group := all[i:n]
		for _, x := range group {
			if x.err != nil {
				return about(x.err, x.label())
			}
			if x.tenant != "" {
				t.Tenant(x.tenant, plural)
			}
		}
		a, err := d.keep(ctx, t, root, plural, group)
		if err != nil {
			return err
		}
		for _, x := range group {
			read = append(read, schemas.File{Name: x.label(), Dataset: plural, How: x.how, Read: true, Reason: x.note, Time: x.time.at, Artifact: a.SHA})
		}
		i = n
	}
	t.Files(plural, read...)
	return nil
}

// about names the file in an error that does not.
func about(err error, name string) error {
	e, ok := err.(*extract.Error)
	if !ok {
		return err
	}
	named := *e
	named.What = fmt.Sprintf("the file %s: %s", name, strings.TrimPrefix(e.What, "it "))
	return &named
}

func names(files []schemas.File) string {
	var out []string
	for i, x := range files {
		if i == 20 {
			out = append(out, fmt.Sprintf("%d more", len(files)-i))
			break
		}
		out = append(out, x.Name)
	}
	return strings.Join(out, ", ")
}

// keep stores one file, or books an archive that another dataset has stored. A
// file that changes while it is read is refused: the copy that brings it may not
// have ended.
func (d *delivery) keep(ctx context.Context, t *extract.Task, root *os.Root, plural string, group []*found) (extract.Artifact, error) {
	x := group[0]
	part := extract.Part{Key: x.label(), Name: x.name, Datasets: []string{plural}, Context: x.called.facts, FileTime: x.time.at, FileTimeOf: x.time.from}
	if !x.time.known() {
		part.FileTime, part.FileTimeOf = x.modified, schemas.FileTimeModified
	}
	for _, m := range group {
		if m.member != "" {
			part.Members = append(part.Members, m.member)
		}
	}
	if x.member == "" {
		return keepFile(ctx, t, root, part, x)
	}
	d.mu.Lock()
	a := d.archives[x.name]
	if a == nil {
		a = &archive{}
		d.archives[x.name] = a
	}
	d.mu.Unlock()
	a.Lock()
	defer a.Unlock()
	if a.kept != nil {
		t.Share(part, *a.kept, mediaType(x.name))
		return *a.kept, nil
	}
	kept, err := keepFile(ctx, t, root, part, x)
	if err == nil {
		a.kept = &kept
	}
	return kept, err
}

func keepFile(ctx context.Context, t *extract.Task, root *os.Root, part extract.Part, x *found) (extract.Artifact, error) {
	changed := func(i os.FileInfo, err error) bool {
		return err != nil || i.Size() != x.size && x.member == "" || !i.ModTime().Equal(x.modified)
	}
	file, err := root.Open(x.name)
	if err != nil {
		return extract.Artifact{}, extract.Unusable(extract.StepRead, "check the file's rights", "the file %s: %v", x.name, reason(err))
	}
	defer file.Close()
	var a extract.Artifact
	if !changed(file.Stat()) {
		if a, err = t.Keep(ctx, part, mediaType(x.name), reader{file}); err != nil {
			return a, err
		}
	}
	if changed(file.Stat()) {
		return a, extract.Unusable(extract.StepRead, "run again when the copy has ended", "the file %s changed while it was read", x.name)
	}
	return a, nil
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

func mediaType(name string) string {
	return map[string]string{".csv": "text/csv", ".tsv": "text/tab-separated-values", ".json": "application/json",
		".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson", ".zip": "application/zip", ".gz": "application/gzip", ".zst": "application/zstd",
		".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}[strings.ToLower(path.Ext(name))]
}
