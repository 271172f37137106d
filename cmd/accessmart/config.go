package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/accessmart/accessmart/cmd/accessmart/reference"
	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/schemas"
)

// config is the whole configuration, checked: paths are absolute or relative
// to the working folder. What holds a reference is left as it is written until
// [config.need] or [sourceConfig.open] asks for it: who only looks at the file
// needs no secret.
type config struct {
	file      string
	refs      *reference.Resolver
	pending   map[string]ast.Node // keys whose values hold references that are not resolved
	placed    map[string]bool     // keys whose paths are relative to the working folder
	Database  string              `yaml:"database"`
	Data      string              `yaml:"data"`
	Contracts string              `yaml:"contracts"`
	Links     string              `yaml:"links"`
	Aliases   domainAliases       `yaml:"domain_aliases"`
	Memory    string              `yaml:"memory"`
	Threads   int                 `yaml:"threads"`
	Keep      int                 `yaml:"keep"`
	FileMode  fileMode            `yaml:"file_mode"`
	FileGroup string              `yaml:"file_group"`
	Rejects   rejectLimit         `yaml:"rejects"`
	Gate      gateLimit           `yaml:"gate"`
	Sources   sourceConfigs       `yaml:"sources"`
}

// rejectLimit is how many records of an export may be rejected before it is
// not loaded: the larger of a share of its records and a number.
type rejectLimit struct {
	Share float64 `yaml:"share"`
	Min   int64   `yaml:"min"`
}

var defaultRejects = rejectLimit{Share: 0.01, Min: 100}

// options are the limits in the words of package load, to which 0 means its
// own default.
func (l rejectLimit) options() (share float64, most int64) {
	share, most = l.Share, l.Min
	if share == 0 {
		share = -1
	}
	if most == 0 {
		most = -1
	}
	return share, most
}

// gateLimit is how far the rows of an export may fall before it is held: by
// more than both, or to none. A key that is not there is nil.
type gateLimit struct {
	Share      *float64 `yaml:"share"`
	Rows       *int64   `yaml:"rows"`
	AllowEmpty *bool    `yaml:"allow_empty"`
}

func (l *gateLimit) check() error {
	switch {
	case l.Share != nil && (*l.Share < 0 || *l.Share > 1):
		return errors.New("gate.share: want a share from 0 to 1")
	case l.Rows != nil && *l.Rows < 0:
		return errors.New("gate.rows: want 0 or more")
	}
	return nil
}

// over is g with what l says in its place. Who sets a limit means that and no other.
func (l *gateLimit) over(g gate.Gate) gate.Gate {
	g.Small = g.Small && *l == gateLimit{}
	if l.Share != nil {
		g.Share = *l.Share
	}
	if l.Rows != nil {
		g.Rows = *l.Rows
	}
	if l.AllowEmpty != nil {
		g.AllowEmpty = *l.AllowEmpty
	}
	return g
}

// gate is the gate of a source.
func (c *config) gate(source string) gate.Gate {
	g := c.Gate.over(gate.Default)
	for i := range c.Sources {
		if s := &c.Sources[i]; s.name == source {
			g = s.gate.over(g)
		}
	}
	return g
}

// sourceConfig is one source of the configuration.
type sourceConfig struct {
	name     string
	vendor   string
	datasets []string       // plurals; empty means the vendor's usual ones
	also     []string       // plurals beside the usual ones
	without  []string       // usual ones that are not asked for
	files    string         // folder, for a files source
	join     bool           // of a files source: read all files of a dataset as one delivery
	partial  bool           // of a files source: what the files lack is not gone
	beside   []schemas.File // of a files source: what lies beside its folder and is not read
	gate     gateLimit      // in place of the configuration's, key by key
	api      extract.Vendor // nil for a files source
	pending  ast.Node       // as it is written, where it holds references that are not resolved
}

// SourceKeys are the keys that sources of all vendors have. The name is
// exported because the YAML library sets no embedded field that is not.
type SourceKeys struct {
	Vendor   string   `yaml:"vendor"`
	Files    string   `yaml:"files"`
	Datasets []string `yaml:"datasets"`

	Gate gateLimit `yaml:"gate"`
}

// ChoiceKeys are the keys by which a source of an API is asked for more or less than its usual
// datasets. The name is exported for the same reason.
type ChoiceKeys struct {
	Also    []string `yaml:"also"`
	Without []string `yaml:"without"`
}

const defaultConfig = "accessmart.yaml"

// configPath is the configuration file that the flag, the environment or the
// default names.
func configPath(flag string) string {
	if flag != "" {
		return flag
	}
	if env := os.Getenv("ACCESSMART_CONFIG"); env != "" {
		return env
	}
	return defaultConfig
}

// readConfig reads and checks a configuration. Every mistake is a usage error
// that names the key, and the line where there is one.
func readConfig(path string) (*config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{fmt.Errorf("no configuration %s: write one with 'accessmart init', or name one with --config", path)}
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("configuration: %w", err)}
	}
	c, err := outline(data, filepath.Dir(path))
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	c.file = path
	return c, nil
}

// parseConfig reads a configuration with all that it refers to.
func parseConfig(data []byte, dir string) (*config, error) {
	c, err := outline(data, dir)
	if err != nil {
		return nil, err
	}
	if err := c.need(); err != nil {
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
func outline(data []byte, dir string) (*config, error) {
	body, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	written, err := parseYAML(data) // once more, since what follows changes the first
	if err != nil {
		return nil, err
	}
	reference.Blank(body)
	c := &config{refs: reference.New(dir), pending: map[string]ast.Node{}, placed: map[string]bool{}, Database: "access.duckdb", Data: "accessmart-data", Rejects: defaultRejects}
	if err := decodeStrict(body, c); err != nil {
		return nil, err
	}
	for _, v := range schemas.Entries(written) {
		switch key := plainText(v.Key); {
		case key == "sources":
			if err := c.readSources(v.Value); err != nil {
				return nil, err
			}
		case reference.In(v.Value):
			c.pending[key] = v
		}
	}
	c.relocate()
	return c, c.check()
}

func parseYAML(data []byte) (ast.Node, error) {
	file, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		return nil, plainYAML(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("want one YAML document with the key sources")
	}
	return schemas.ExpandAnchors(file.Docs[0].Body)
}

// need resolves what the keys refer to, all keys but sources when none is named.
func (c *config) need(keys ...string) error {
	for _, key := range slices.Sorted(maps.Keys(c.pending)) {
		v := c.pending[key]
		if len(keys) > 0 && !slices.Contains(keys, key) {
			continue
		}
		if err := c.refs.Resolve(v, ""); err != nil {
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
func (c *config) mistake(err error) error {
	if err == nil || c.file == "" {
		return err
	}
	return usageError{fmt.Errorf("%s: %w", c.file, err)}
}

// relocate makes paths relative to the working folder.
func (c *config) relocate() {
	for key, p := range map[string]*string{"database": &c.Database, "data": &c.Data, "contracts": &c.Contracts, "links": &c.Links} {
		if !c.placed[key] && c.pending[key] == nil {
			*p, c.placed[key] = c.refs.Path(*p), true
		}
	}
}

func (c *config) check() error {
	switch {
	case len(c.Sources) == 0 && c.Contracts == "": // contracts alone are for folders
		return errors.New("sources: none; add one, see 'accessmart init'")
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
	return errors.Join(c.Aliases.check(), c.Gate.check())
}

// readSources completes the sources without references, and keeps the others
// as they are written.
func (c *config) readSources(n ast.Node) (err error) {
	for i, v := range schemas.Entries(n) {
		s := &c.Sources[i]
		if s.pending = v.Value; !reference.In(v.Value) {
			if err := s.open(c.refs); err != nil {
				return err
			}
		}
	}
	return nil
}

// open resolves what the source refers to and makes its vendor.
func (s *sourceConfig) open(refs *reference.Resolver) error {
	if s.pending == nil {
		return nil
	}
	key := "sources." + s.name
	if err := refs.Resolve(s.pending, key); err != nil {
		return err
	}
	whole, err := decodeSource(s.name, s.pending, true)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	whole.files = refs.Path(whole.files)
	*s = whole
	return nil
}

// plainText is a key without its quotes.
func plainText(n ast.Node) string { return strings.Trim(n.String(), `"'`) }

// plainYAML is the library's message without its excerpt of the file, which
// may hold a secret.
func plainYAML(err error) error {
	text := strings.TrimSpace(yaml.FormatError(err, false, false))
	text = badDuration.ReplaceAllString(text, "deadline or poll: want a duration such as 30s or 10m")
	text = unknownField.ReplaceAllStringFunc(text, func(s string) string {
		if plainKey.MatchString(unknownField.FindStringSubmatch(s)[1]) {
			return s
		}
		return "a key that is none" // a value that lost its key may be a secret
	})
	return errors.New(goType.ReplaceAllStringFunc(text, func(s string) string {
		m := goType.FindStringSubmatch(s)
		want := wanted[m[1]]
		if want == "" {
			want = "another kind of value"
		}
		return "want " + want
	}))
}

// goType is how the library tells of a value that does not fit its field, and
// wanted what that means to who wrote the file.
var (
	badDuration  = regexp.MustCompile(`time: [a-z ]*(duration|unit) (?s:.*)`)
	unknownField = regexp.MustCompile(`unknown field "((?s:.*))"`)
	plainKey     = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,40}$`)

	goType = regexp.MustCompile(`cannot unmarshal .* into Go (?:struct field \S+|value) of type (\S+)`)
	wanted = map[string]string{
		"int": "a whole number", "int64": "a whole number", "float64": "a number", "bool": "true or false",
		"string": "a text", "[]string": "a list of texts", "time.Duration": "a duration such as 30s or 10m",
	}
)

var (
	memorySize = regexp.MustCompile(`^[0-9]+(\.[0-9]+)? ?([KMGT]i?B|B|[kmgt]i?b|b)$`)
	sourceName = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
)

func decodeStrict(n ast.Node, v any) error {
	if err := yaml.NodeToValue(n, v, yaml.Strict()); err != nil {
		return plainYAML(err)
	}
	return schemas.CheckWhole(n, v)
}
