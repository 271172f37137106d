package extract

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// journal notes what a job has got so far, so that the next run does not ask
// for it again. A note is a line of its own at the end of the file: with many
// parts, to write all of them at each one would take longer than to fetch them. It lies on disk from the first submitted job until the run
// that completed the job is over, or until [Store.Release] where the caller
// wants it held longer. It never holds a signed URL: where a vendor gives no
// job id, a killed run asks anew.
type journal struct {
	x    *Extractor
	name string // below the data folder
	log  *slog.Logger

	mu    sync.Mutex
	file  journalFile
	begun bool // the file is this run's, and lines can be added to it
}

// journalFile is what the lines of a journal come to.
type journalFile struct {
	Version  int
	Origin   string
	Complete bool // all datasets of the job are
	Parts    map[string]*journalEntry
}

// journalLine is the head of a journal, the newest of one part (no entry:
// forgotten), or its end.
type journalLine struct {
	Version  int           `json:"version,omitempty"`
	Origin   string        `json:"origin,omitempty"`
	Key      string        `json:"key,omitempty"`
	Entry    *journalEntry `json:"entry,omitempty"`
	Complete bool          `json:"complete,omitempty"`
}

// readJournal reads lines up to the first that is not whole: of a run that was
// killed, the last may be cut.
func readJournal(data []byte) journalFile {
	f := journalFile{Parts: map[string]*journalEntry{}}
	for line := range bytes.Lines(data) {
		var l journalLine
		switch {
		case json.Unmarshal(line, &l) != nil || line[len(line)-1] != '\n' || f.Version == 0 && l.Version == 0:
			return f
		case l.Version != 0:
			f.Version, f.Origin = l.Version, l.Origin
		case l.Complete:
			f.Complete = true
		case l.Entry == nil:
			delete(f.Parts, l.Key)
		default:
			f.Parts[l.Key] = l.Entry
		}
	}
	return f
}

type journalEntry struct {
	Asked       string        `json:"asked"` // hash of the request: another question has another answer
	JobID       string        `json:"job_id,omitempty"`
	SubmittedAt time.Time     `json:"submitted_at,omitzero"`
	Arrived     *schemas.Part `json:"arrived,omitempty"`
	Total       *int64        `json:"total,omitempty"` // of a list, as the vendor counted at its first page
}

const journalVersion = 2

// resumeDefault is less than a day, so that a nightly run never takes up what
// the run of the night before has left.
const resumeDefault = 12 * time.Hour

func openJournal(x *Extractor, source, job, origin string, log *slog.Logger) *journal {
	j := &journal{x: x, name: filepath.Join("journal", source+"."+job+".json"), log: log}
	j.file = journalFile{Version: journalVersion, Origin: origin, Parts: map[string]*journalEntry{}}
	data, err := os.ReadFile(filepath.Join(x.Store.dir, j.name))
	if errors.Is(err, fs.ErrNotExist) {
		return j
	}
	f := readJournal(data)
	if err != nil || f.Version != journalVersion || f.Origin != origin {
		log.Info("what an interrupted run left cannot be used", "journal", j.name)
		return j
	}
	for key, e := range f.Parts {
		if e == nil || !j.young(e.SubmittedAt) || e.Arrived != nil && !j.young(e.Arrived.FetchedAt) {
			delete(f.Parts, key)
		}
	}
	f.Complete = false // until this run says so
	j.file = f
	return j
}

// young reports whether a moment is recent enough to go on from. The future
// is not: the clock was set back, and its age is unknown.
func (j *journal) young(at time.Time) bool {
	age := j.x.now().Sub(at)
	return at.IsZero() || age >= -time.Minute && age < cmp.Or(j.x.Resume, resumeDefault)
}

func asked(p Part) string {
	h := sha256.New()
	if p.Request.Method != "" {
		h.Write(p.Request.asked())
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

func (j *journal) entry(p Part) *journalEntry {
	if e := j.file.Parts[p.Key]; e != nil && e.Asked == asked(p) {
		return e
	}
	return nil
}

// job returns the id of a job that an interrupted run asked for.
func (j *journal) job(p Part) (string, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e := j.entry(p); e != nil && e.Arrived == nil && e.JobID != "" {
		return e.JobID, true
	}
	return "", false
}

func (j *journal) started(p Part, id string) {
	if id == "" {
		return
	}
	j.set(p.Key, &journalEntry{Asked: asked(p), JobID: id, SubmittedAt: j.x.now()})
}

func (j *journal) arrived(p Part, sp schemas.Part) {
	if p.Request.Method == "" { // a file is read again, not resumed
		return
	}
	j.set(p.Key, &journalEntry{Asked: asked(p), Arrived: &sp})
}

// part returns what arrived in an interrupted run and, for a page of a list,
// the vendor's count of all records, -1 when unknown.
func (j *journal) part(p Part) (schemas.Part, int64, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := j.entry(p)
	switch {
	case e == nil || e.Arrived == nil:
		return schemas.Part{}, -1, false
	case e.Total == nil:
		return *e.Arrived, -1, true
	}
	return *e.Arrived, *e.Total, true
}

func (j *journal) arrivedPage(p Part, sp schemas.Part, total int64) {
	e := &journalEntry{Asked: asked(p), Arrived: &sp}
	if total >= 0 {
		e.Total = &total
	}
	j.set(p.Key, e)
}

func (j *journal) forget(p Part) { j.set(p.Key, nil) }

// set writes the journal. A journal that cannot be written costs a repeated
// request after a crash, not an export.
func (j *journal) set(key string, e *journalEntry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e == nil {
		if j.file.Parts[key] == nil {
			return
		}
		delete(j.file.Parts, key)
	} else {
		j.file.Parts[key] = e
	}
	j.write(journalLine{Key: key, Entry: e})
}

// write adds a line to the file, or begins the file with all that is known.
func (j *journal) write(l journalLine) {
	err := j.add(l)
	if j.begun = err == nil; err != nil {
		j.log.Warn("progress cannot be noted; an interrupted run would start over", keyError, err)
	}
}

func (j *journal) add(l journalLine) error {
	if j.begun {
		line, err := json.Marshal(l)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(filepath.Join(j.x.Store.dir, j.name), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(append(line, '\n'))
		return errors.Join(err, f.Close())
	}
	return j.x.Store.write(false, func(f *os.File) (string, error) {
		w := bufio.NewWriter(f)
		lines := json.NewEncoder(w) // ends each with a line feed
		err := lines.Encode(journalLine{Version: j.file.Version, Origin: j.file.Origin})
		for _, key := range slices.Sorted(maps.Keys(j.file.Parts)) {
			err = errors.Join(err, lines.Encode(journalLine{Key: key, Entry: j.file.Parts[key]}))
		}
		if j.file.Complete {
			err = errors.Join(err, lines.Encode(journalLine{Complete: true}))
		}
		if err = errors.Join(err, w.Flush()); err != nil {
			return "", fmt.Errorf("%w: %w", errStore, err)
		}
		return filepath.Join(j.x.Store.dir, j.name), nil
	})
}

// end notes that a job is complete.
func (j *journal) end(complete bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if complete && len(j.file.Parts) > 0 {
		j.file.Complete = true
		j.write(journalLine{Complete: true})
	}
}

// Release forgets what the complete jobs of a source have got, so that the
// next run asks the vendor again. Jobs that are not complete keep it.
func (s *Store) Release(source string) error {
	dir := filepath.Join(s.dir, "journal")
	entries, err := os.ReadDir(dir) // no pattern: the path may hold [ or *
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), source+".") || !strings.HasSuffix(entry.Name(), ".json") {
			continue
		}
		name := filepath.Join(dir, entry.Name())
		data, err := os.ReadFile(name)
		if f := readJournal(data); err == nil && !f.Complete && len(f.Parts) > 0 {
			continue
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %w", errStore, err)
		}
	}
	return nil
}
