package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/extract/balkanid"
	"github.com/accessmart/accessmart/extract/oleria"
	"github.com/accessmart/accessmart/extract/sailpoint"
	"github.com/accessmart/accessmart/load"
)

// config is the whole configuration, checked: paths are absolute or relative
// to the working folder, references are resolved, each source has its vendor.
type config struct {
	file      string
	Database  string        `yaml:"database"`
	Data      string        `yaml:"data"`
	Contracts string        `yaml:"contracts"`
	Memory    string        `yaml:"memory"`
	Threads   int           `yaml:"threads"`
	Keep      int           `yaml:"keep"`
	FileMode  fileMode      `yaml:"file_mode"`
	FileGroup string        `yaml:"file_group"`
	Rejects   rejectLimit   `yaml:"rejects"`
	Gate      gateLimit     `yaml:"gate"`
	Sources   sourceConfigs `yaml:"sources"`
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

// over is g with what l says in its place.
func (l *gateLimit) over(g load.Gate) load.Gate {
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
func (c *config) gate(source string) load.Gate {
	g := c.Gate.over(load.DefaultGate)
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
	datasets []string       // plurals; empty means the vendor's typed ones
	files    string         // folder, for a files source
	join     bool           // of a files source: read all files of a dataset as one delivery
	partial  bool           // of a files source: what the files lack is not gone
	gate     gateLimit      // in place of the configuration's, key by key
	api      extract.Vendor // nil for a files source
}

// SourceKeys are the keys that sources of all vendors have. The name is
// exported because the YAML library sets no embedded field that is not.
type SourceKeys struct {
	Vendor   string   `yaml:"vendor"`
	Files    string   `yaml:"files"`
	Datasets []string `yaml:"datasets"`

	Gate gateLimit `yaml:"gate"`
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
	c, err := parseConfig(data, filepath.Dir(path))
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	c.file = path
	return c, nil
}

func parseConfig(data []byte, dir string) (*config, error) {
	file, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		return nil, plainYAML(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errors.New("want one YAML document with the key sources")
	}
	body := file.Docs[0].Body
	if err := resolve(body, "", dir); err != nil {
		return nil, err
	}
	c := &config{Database: "access.duckdb", Data: "accessmart-data", Rejects: defaultRejects}
	if err := yaml.NodeToValue(body, c, yaml.Strict()); err != nil {
		return nil, plainYAML(err)
	}
	for _, p := range []*string{&c.Database, &c.Data, &c.Contracts} {
		*p = relativeTo(dir, *p)
	}
	for i := range c.Sources {
		c.Sources[i].files = relativeTo(dir, c.Sources[i].files)
	}
	switch {
	case len(c.Sources) == 0:
		return nil, errors.New("sources: none; add one, see 'accessmart init'")
	case c.Rejects.Share < 0 || c.Rejects.Share > 1:
		return nil, errors.New("rejects.share: want a share from 0 to 1")
	case c.Memory != "" && !memorySize.MatchString(c.Memory):
		return nil, errors.New("memory: want a size such as 4GB")
	case c.Threads < 0:
		return nil, errors.New("threads: want 1 or more, or leave it out for one per processor")
	case c.Keep < 0:
		return nil, errors.New("keep: want the number of earlier files to keep, 0 or more")
	case c.Rejects.Min < 0:
		return nil, errors.New("rejects.min: want 0 or more")
	}
	return c, c.Gate.check()
}

func relativeTo(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

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
	envReference = regexp.MustCompile(`\$\{([^}]*)\}`)
	envName      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	memorySize   = regexp.MustCompile(`^[0-9]+(\.[0-9]+)? ?([KMGT]i?B|B|[kmgt]i?b|b)$`)
	sourceName   = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
)

// resolve replaces ${NAME} and file:PATH in each text value below n.
func resolve(n ast.Node, key, dir string) error {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if err := resolve(v, key, dir); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		return resolve(n.Value, strings.TrimPrefix(key+"."+n.Key.String(), "."), dir)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if err := resolve(v, key, dir); err != nil {
				return err
			}
		}
	case *ast.AnchorNode:
		return resolve(n.Value, key, dir)
	case *ast.TagNode:
		return resolve(n.Value, key, dir)
	case *ast.LiteralNode: // text after | or >
		n.Value.Value = strings.TrimRight(n.Value.Value, "\r\n")
		return resolve(n.Value, key, dir)
	case *ast.StringNode:
		text, err := resolveText(n.Value, dir)
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", n.GetToken().Position.Line, key, err)
		}
		n.Value = text
	}
	return nil
}

func resolveText(text, dir string) (string, error) {
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		data, err := os.ReadFile(relativeTo(dir, path))
		if err != nil {
			return "", fmt.Errorf("%w: put the value into that file, or name another one", err)
		}
		return strings.TrimRight(string(data), "\r\n"), nil
	}
	var missing error
	if strings.Count(text, "${") > len(envReference.FindAllString(text, -1)) {
		return "", errors.New("${ without }: write ${NAME}")
	}
	out := envReference.ReplaceAllStringFunc(text, func(ref string) string {
		name := ref[2 : len(ref)-1]
		value, ok := os.LookupEnv(name)
		switch {
		case !envName.MatchString(name):
			missing = fmt.Errorf("${%s} is not the name of an environment variable", name)
		case !ok || value == "":
			missing = fmt.Errorf("the environment variable %s is not set: export %s=…", name, name)
		}
		return strings.TrimRight(value, "\r\n") // as of a file: no header can hold a line break
	})
	return out, missing
}

// sourceConfigs keeps the order of the file.
type sourceConfigs []sourceConfig

// UnmarshalYAML decodes each source by the keys that its vendor knows.
func (ss *sourceConfigs) UnmarshalYAML(n ast.Node) error {
	m, ok := n.(ast.MapNode)
	if !ok {
		return fmt.Errorf("line %d: sources: want a mapping from a name to a source", n.GetToken().Position.Line)
	}
	for it := m.MapRange(); it.Next(); {
		name := strings.Trim(it.Key().String(), `"'`)
		s, err := decodeSource(name, it.Value())
		if err != nil {
			return fmt.Errorf("sources.%s: %w", name, err)
		}
		*ss = append(*ss, s)
	}
	return nil
}

func decodeSource(name string, n ast.Node) (sourceConfig, error) {
	var head SourceKeys
	if err := yaml.NodeToValue(n, &head); err != nil {
		return sourceConfig{}, plainYAML(err)
	}
	s := sourceConfig{name: name, vendor: head.Vendor, datasets: head.Datasets, files: head.Files, gate: head.Gate}
	if !sourceName.MatchString(name) {
		return s, fmt.Errorf("line %d: a source's name is lower-case letters, digits, '-' and '_'", n.GetToken().Position.Line)
	}
	if !slices.Contains(vendors, head.Vendor) {
		return s, fmt.Errorf("vendor: want one of %s", strings.Join(vendors, ", "))
	}
	err := s.gate.check()
	if err != nil {
		return s, err
	}
	switch {
	case head.Files != "":
		var f struct {
			SourceKeys `yaml:",inline"`
			Join       bool `yaml:"join"`
			Partial    bool `yaml:"partial"`
		}
		err = decodeStrict(n, &f)
		s.join, s.partial = f.Join, f.Partial
	case head.Vendor == "oleria":
		var f struct {
			SourceKeys    `yaml:",inline"`
			oleria.Config `yaml:",inline"`
		}
		if err = decodeStrict(n, &f); err == nil {
			s.api, err = oleria.New(f.Config)
		}
	case head.Vendor == "sailpoint":
		var f struct {
			SourceKeys       `yaml:",inline"`
			sailpoint.Config `yaml:",inline"`
		}
		if err = decodeStrict(n, &f); err == nil {
			s.api, err = sailpoint.New(f.Config)
		}
	case head.Vendor == "balkanid":
		var f struct {
			SourceKeys      `yaml:",inline"`
			balkanid.Config `yaml:",inline"`
		}
		if err = decodeStrict(n, &f); err == nil {
			s.api, err = balkanid.New(f.Config)
		}
	}
	return s, err
}

// vendors are those that a source may have.
var vendors = []string{"oleria", "sailpoint", "balkanid"}

func decodeStrict(n ast.Node, v any) error {
	if err := yaml.NodeToValue(n, v, yaml.Strict()); err != nil {
		return plainYAML(err)
	}
	return nil
}
