// Package config reads the configuration: which sources there are and what each vendor
// needs to be asked, where the files are, and the limits. It checks all that it reads, and
// resolves references to secrets only when they are used.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/accessmart/accessmart/load"
	"github.com/accessmart/accessmart/schemas"
)

// Config is the whole configuration, checked: paths are absolute or relative
// to the working folder. What holds a reference is left as it is written until
// [Config.Need] or [Config.Targets] asks for it: who only looks at the file
// needs no secret.
type Config struct {
	file      string
	refs      *resolver
	pending   map[string]ast.Node // keys whose values hold references that are not resolved
	placed    map[string]bool     // keys whose paths are relative to the working folder
	Database  string              `yaml:"database"`
	Data      string              `yaml:"data"`
	Contracts string              `yaml:"contracts"`
	Links     string              `yaml:"links"`
	Sod       string              `yaml:"sod"` // the rules file on separation of duties
	Aliases   domainAliases       `yaml:"domain_aliases"`
	Memory    string              `yaml:"memory"`
	Threads   int                 `yaml:"threads"`
	Keep      int                 `yaml:"keep"`
	FileMode  fileMode            `yaml:"file_mode"`
	FileGroup string              `yaml:"file_group"`
	Rejects   rejectLimit         `yaml:"rejects"`
	Gate      gateLimit           `yaml:"gate"`
	Settings  settings            `yaml:"settings"`
	Sources   sources             `yaml:"sources"`
}

// Error is a mistake in the configuration, or in what was asked for of it.
type Error struct{ Err error }

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

var errNoSources = errors.New("sources: none; add one, see 'accessmart init'")

// New is a configuration that stands in no file: a database file, a data folder, and no
// sources.
func New(database, data string) *Config {
	return &Config{Database: database, Data: data, Rejects: defaultRejects}
}

// File is the file that was read, "" where there is none.
func (c *Config) File() string { return c.file }

// UseDatabase puts another database file in place of the configuration's, whose
// references need not be resolved then.
func (c *Config) UseDatabase(path string) {
	delete(c.pending, "database")
	c.Database = path
	if c.placed != nil {
		c.placed["database"] = true
	}
}

// Into is what the configuration says to package load. Contracts are those of the set.
func (c *Config) Into(set *schemas.Set) load.Options {
	share, most := c.Rejects.options()
	return load.Options{
		Path: c.Database, Set: set, Threads: c.Threads, Memory: c.Memory, Keep: c.Keep,
		Mode: fs.FileMode(c.FileMode), Group: c.FileGroup, RejectShare: share, RejectMin: most, Gate: c.gate, Settings: c.reportSettings(),
	}
}

// Read reads and checks a configuration. References stay as they
// are written until they are needed.
//
// Errors: [*Error], which names the key, and the line where there is one.
func Read(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{fmt.Errorf("no configuration %s: write one with 'accessmart init', or name one with --config", path)}
	}
	if err != nil {
		return nil, &Error{fmt.Errorf("configuration: %w", err)}
	}
	c, err := outline(data, filepath.Dir(path))
	if err != nil {
		return nil, &Error{fmt.Errorf("%s: %w", path, err)}
	}
	c.file = path
	return c, nil
}

// Parse reads a configuration with all that it refers to. Its paths are relative to the
// folder dir. The error names the key, and the line where there is one.
func Parse(data []byte, dir string) (*Config, error) {
	c, err := outline(data, dir)
	if err != nil {
		return nil, err
	}
	if err := c.Need(); err != nil {
		return nil, err
	}
	for i := range c.Sources {
		if err := c.Sources[i].open(c.refs); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// outline reads a configuration without what it refers to. All mistakes that
// show without it are found, in sources that nobody asks for too.
func outline(data []byte, dir string) (*Config, error) {
	body, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	written, err := parseYAML(data) // once more, since what follows changes the first
	if err != nil {
		return nil, err
	}
	blank(body)
	c := New("access.duckdb", "accessmart-data")
	c.refs, c.pending, c.placed = newResolver(dir), map[string]ast.Node{}, map[string]bool{}
	if err := decodeStrict(body, c); err != nil {
		return nil, err
	}
	for _, v := range schemas.Entries(written) {
		switch key := plainText(v.Key); {
		case key == "sources":
			if err := c.readSources(v.Value); err != nil {
				return nil, err
			}
		case refersTo(v.Value):
			c.pending[key] = v
		}
	}
	c.relocate()
	return c, c.check()
}

// Need resolves what the keys refer to, all keys but sources when none is named.
//
// Errors: [*Error], as of [Read]; it names the variable or file that is missing, and never a
// value.
func (c *Config) Need(keys ...string) error {
	for _, key := range slices.Sorted(maps.Keys(c.pending)) {
		v := c.pending[key]
		if len(keys) > 0 && !slices.Contains(keys, key) {
			continue
		}
		if err := c.refs.resolve(v, ""); err != nil {
			return c.mistake(err)
		}
		if err := decodeStrict(v, c); err != nil {
			return c.mistake(err)
		}
		delete(c.pending, key)
	}
	c.relocate()
	return c.mistake(c.check())
}

// mistake is an error in the configuration, with its name where it has one.
func (c *Config) mistake(err error) error {
	if err == nil || c.file == "" {
		return err
	}
	return &Error{fmt.Errorf("%s: %w", c.file, err)}
}

// relocate makes paths relative to the working folder.
func (c *Config) relocate() {
	for key, p := range map[string]*string{"database": &c.Database, "data": &c.Data, "contracts": &c.Contracts, "links": &c.Links, "sod": &c.Sod} {
		if !c.placed[key] && c.pending[key] == nil {
			*p, c.placed[key] = c.refs.path(*p), true
		}
	}
}

func (c *Config) check() error {
	switch {
	case len(c.Sources) == 0 && c.Contracts == "": // contracts alone are for folders
		return errNoSources
	case c.Rejects.Share < 0 || c.Rejects.Share > 1:
		return errors.New("rejects.share: want a share from 0 to 1")
	case c.Memory != "" && !memorySize.MatchString(c.Memory):
		return errors.New("memory: want a size such as 4GB")
	case c.Threads < 0:
		return errors.New("threads: want 1 or more, or leave it out for one per processor")
	case c.Keep < 0:
		return errors.New("keep: want the number of earlier files to keep, 0 or more")
	case c.Rejects.Min < 0:
		return errors.New("rejects.min: want 0 or more")
	}
	return errors.Join(c.Aliases.check(), c.Gate.check(), c.Settings.check())
}

// readSources completes the sources without references, and keeps the others
// as they are written.
func (c *Config) readSources(n ast.Node) (err error) {
	for i, v := range schemas.Entries(n) {
		s := &c.Sources[i]
		if s.pending = v.Value; !refersTo(v.Value) {
			if err := s.open(c.refs); err != nil {
				return err
			}
		}
	}
	return nil
}

var memorySize = regexp.MustCompile(`^[0-9]+(\.[0-9]+)? ?([KMGT]i?B|B|[kmgt]i?b|b)$`)
