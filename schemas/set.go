package schemas

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed common.yaml oleria/*.yaml sailpoint/*.yaml balkanid/*.yaml own/*.yaml
var builtin embed.FS

// Set is all contracts and the common model, valid as a whole.
type Set struct {
	Common    *Common
	contracts map[string]*Contract
	shared    map[string]names  // by vendor
	sharedIn  map[string]string // by vendor: the user's file with such names
	model     string            // fingerprint of what the common model means
	laid      []laid            // the user's contracts, over which each is laid
	passed    []Note            // files of the user's folder that are no contracts
}

// laid is a contract of the user's, and the built-in one under it, nil for none.
type laid struct{ user, under *Contract }

// Load reads the built-in contracts and lays the user's folder, if it is not
// nil, over them. A file there has the same form as a built-in one. For a
// dataset that exists, its columns are added, or laid over those of the same
// name with the lists of `from` joined (the user's names first); any other
// word that it sets replaces the built-in one; its emits are used instead of
// the built-in ones for the same table. What it names, in a contract or in
// <vendor>/_keys.yaml, replaces what has that name, wherever the name stands.
// Errors name the file and the line or the word; all files are checked before
// Load returns.
//
// The set is the caller's own: what is done to it changes no other one.
func Load(user fs.FS) (*Set, error) {
	s, mistakes, err := loadAll(user)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, p := range mistakes {
		errs = append(errs, p)
	}
	return s.clone(), errors.Join(errs...)
}

// loadAll is Load, with all mistakes that it found. Where files cannot be read as
// contracts, the others are checked all the same. What the set leads to is that of other
// sets, too, and must not be changed.
func loadAll(user fs.FS) (s *Set, mistakes []*Problem, err error) {
	built, err := builtinSet()
	if err != nil {
		return nil, nil, err
	}
	s, given := built.set.copied(), built.given
	if user != nil { // who replaces emits may leave built-in names without use
		if given, mistakes, err = s.add(user, userFolder); err != nil {
			return nil, nil, err
		}
	}
	s.model = fingerprintOf(s.Common.meaning())
	if slices.ContainsFunc(mistakes, func(p *Problem) bool { return isShared(p.File) }) {
		return s, mistakes, nil // what contracts call by names that are missing is no mistake of theirs
	}
	used := map[string]bool{}
	whole := len(mistakes) == 0
	for _, c := range s.All() {
		wrong := s.complete(c, used)
		mistakes = append(mistakes, wrong...)
		whole = whole && len(wrong) == 0
	}
	for _, n := range given {
		if whole && !used[n.of] {
			mistakes = append(mistakes, problems(n.file, nil, &lined{line: n.line, text: n.name + " is used nowhere; correct the name, or take it out"})...)
		}
	}
	return s, mistakes, nil
}

// decoded is a set of contracts as they are written, with nothing completed, and the names
// that its files give.
type decoded struct {
	set   *Set
	given []given
}

// builtinSet decodes the built-in contracts once in a process, as that is most of what [Load]
// takes.
var builtinSet = sync.OnceValues(func() (d decoded, err error) {
	defer collectSeldom()()
	data, err := builtin.ReadFile("common.yaml")
	if err != nil {
		return d, err
	}
	common, err := decodeCommon(data)
	if err != nil {
		return d, fmt.Errorf("common.yaml: %w", err)
	}
	s := &Set{Common: common, contracts: map[string]*Contract{}, shared: map[string]names{}, sharedIn: map[string]string{}}
	given, mistakes, err := s.add(builtin, "")
	if err == nil && len(mistakes) > 0 {
		err = mistakes[0]
	}
	s.passed = nil
	return decoded{s, given}, err
})

// decodingGC is how much garbage Go lets come together while contracts are decoded, in percent of
// what is live. There is little else in the heap then, so that Go would collect again and again.
const decodingGC = 400

// collectSeldom makes Go collect garbage by decodingGC until back is called, unless GOGC asks for
// fewer collections still. No load is going on then, since each needs the contracts.
func collectSeldom() (back func()) {
	before := debug.SetGCPercent(decodingGC)
	if before < 0 || before > decodingGC {
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}

// userFolder is what files of the user's folder are told by.
const userFolder = "contracts folder: "

// given is a name that a file gives.
type given struct {
	file string
	line int
	name string // with the word under which it stands
	of   string // likewise, behind the dataset or vendor
}

// complete fills in what c leaves out, resolves its names, notes which of
// them are used, and checks it.
func (s *Set) complete(c *Contract, used map[string]bool) []*Problem {
	return problems(c.File, c.placed, s.completed(c, used))
}

func (s *Set) completed(c *Contract, used map[string]bool) error {
	c.defaults()
	for i := range c.Emit {
		c.Emit[i].identified()
	}
	names, err := c.resolve(s.shared[c.Vendor()])
	if err != nil {
		return err
	}
	for name := range names {
		used[name] = true
	}
	c.Fingerprint = fingerprintOf(s.model, c.meaning())
	for i := range c.Emit {
		if t := s.Common.Table(c.Emit[i].Table); t != nil {
			c.Emit[i].key = t.Key
		}
	}
	errs := []error{c.validate(s.Common), s.parent(c)}
	for _, other := range c.With {
		if o := s.contracts[other]; o == nil || o.Vendor() != c.Vendor() {
			errs = append(errs, in(fmt.Errorf("with: %s is no dataset of %s", other, c.Vendor()), "with"))
		}
	}
	return errors.Join(errs...)
}

// parent finds the contract that export.each names.
func (s *Set) parent(c *Contract) error {
	if word, given := c.Export["refresh"]; given && word != refreshNamed && word != refreshHanded {
		return in(fmt.Errorf("export: refresh: want named or handed, or leave it out"), "export", "refresh")
	}
	each, given := c.Export["each"]
	if !given {
		return nil
	}
	p := s.contracts[fmt.Sprintf("%s.%v", c.Vendor(), each)]
	switch {
	case p == nil:
		return in(fmt.Errorf("export: each: %v is no dataset of %s", each, c.Vendor()), "export", "each")
	case p.Export["each"] != nil:
		return in(fmt.Errorf("export: each: %v is itself a list for each of %v", each, p.Export["each"]), "export", "each")
	}
	c.Parent = p
	return nil
}

// defaults fills in what nearly all contracts would repeat.
func (c *Contract) defaults() {
	c.Format = Format(firstText(string(c.Format), string(CSV)))
	c.Mode = Mode(firstText(string(c.Mode), string(Snapshot)))
	c.Columns = slices.Clone(c.Columns)
	for i := range c.Columns {
		c.Columns[i].Type = Type(firstText(string(c.Columns[i].Type), string(Text)))
	}
}

// add reads the files of a folder, and lists the names that they give and the
// mistakes in them.
func (s *Set) add(files fs.FS, prefix string) (names []given, mistakes []*Problem, err error) {
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("%s%w", prefix, err)
		}
		if d.IsDir() {
			return nil
		}
		if !isYAML(name) || name == "common.yaml" {
			s.passed = append(s.passed, Note{File: name, What: "is not read: contracts are files whose names end in .yaml or .yml", Odd: true})
			return nil
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("%s%w", prefix, err)
		}
		if len(bytes.TrimSpace(data)) == 0 && prefix != "" { // such as one that a shell has just made for what decode prints
			s.passed = append(s.passed, Note{File: name, What: "is empty", Odd: true})
			return nil
		}
		read := s.contract
		if isShared(name) {
			read = s.names
		}
		more, err := read(data, prefix+name, prefix == "")
		names = append(names, more...)
		mistakes = append(mistakes, problems(prefix+name, nil, err)...)
		return nil
	})
	return names, mistakes, err
}

func isYAML(file string) bool {
	ext := strings.ToLower(path.Ext(file))
	return ext == ".yaml" || ext == ".yml"
}

// contract adds the contract of a file, or lays it over the one that is there.
func (s *Set) contract(data []byte, file string, builtin bool) (out []given, err error) {
	c, err := decodeContract(data)
	if err != nil {
		return nil, err
	}
	c.File = file
	for _, name := range c.names.all() {
		out = append(out, given{file, c.placed.of(strings.Split(name, ": ")), name, c.Dataset + " " + name})
	}
	wrong := func(format string, args ...any) error {
		return &lined{line: c.placed["dataset"], text: fmt.Sprintf(format, args...)}
	}
	base, ok := s.contracts[c.Dataset]
	switch {
	case ok && builtin:
		return nil, wrong("dataset %s is already in %s", c.Dataset, base.File)
	case ok && strings.HasPrefix(base.File, userFolder):
		return nil, wrong("dataset %s is in %s, too, and one would hide what the other says: put both into one file", c.Dataset, base.File)
	case !ok && !builtin && c.Grain == "" && c.Documented == "" && datasetName.MatchString(c.Dataset):
		// What says nothing of itself is to be laid over another.
		return nil, wrong("dataset %s: there is no built-in one of that name ('accessmart datasets' lists them); a dataset of your own says its grain, and documented: assumed", c.Dataset)
	}
	if !builtin {
		s.laid = append(s.laid, laid{c, base})
	}
	if ok {
		c = base.overlay(c)
	}
	s.contracts[c.Dataset] = c
	return out, nil
}

// names adds the names that the contracts of a vendor share: that of the
// file's folder.
func (s *Set) names(data []byte, file string, builtin bool) (out []given, err error) {
	n, at, err := decodeShared(data)
	if err != nil {
		return nil, err
	}
	vendor := path.Base(path.Dir(strings.TrimPrefix(file, userFolder)))
	if !vendorName.MatchString(vendor) {
		return nil, errors.New("names that contracts share stand in the folder of their vendor, such as oleria/_keys.yaml; move it there")
	}
	if other := s.sharedIn[vendor]; other != "" {
		return nil, fmt.Errorf("names for %s are in %s, too, and one would hide those of the other: put all into one file", vendor, other)
	}
	if !builtin {
		s.sharedIn[vendor] = file
	}
	n.files = map[string]string{}
	for _, k := range n.keys {
		n.files[k.Target] = file
	}
	for name := range n.words {
		n.files["words: "+name] = file
	}
	s.shared[vendor] = n.over(s.shared[vendor])
	for _, name := range n.all() {
		out = append(out, given{file, at.of(strings.Split(name, ": ")), name, vendor + " " + name})
	}
	return out, nil
}

// All lists the contracts by dataset name.
func (s *Set) All() []*Contract {
	out := make([]*Contract, 0, len(s.contracts))
	for _, c := range s.contracts {
		out = append(out, c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Dataset < out[j].Dataset })
	return out
}

// Vendor lists the contracts of one vendor by dataset name.
func (s *Set) Vendor(vendor string) []*Contract {
	var out []*Contract
	for _, c := range s.All() {
		if c.Vendor() == vendor {
			out = append(out, c)
		}
	}
	return out
}

// Together lists the datasets that are loaded with the given one or not at
// all: those that its contract names, or that name it, and theirs in turn.
func (s *Set) Together(dataset string) []string {
	out := []string{dataset}
	for i := 0; i < len(out); i++ {
		for _, c := range s.All() {
			other := ""
			switch {
			case slices.Contains(c.With, out[i]):
				other = c.Dataset
			case c.Dataset == out[i]:
				for _, w := range c.With {
					if !slices.Contains(out, w) {
						out = append(out, w)
					}
				}
			}
			if other != "" && !slices.Contains(out, other) {
				out = append(out, other)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Contract returns the contract of a dataset. Where there is none, the error
// names those of the same vendor.
func (s *Set) Contract(dataset string) (*Contract, error) {
	if c, ok := s.contracts[dataset]; ok {
		return c, nil
	}
	vendor, _, _ := strings.Cut(dataset, ".")
	var known []string
	for _, c := range s.Vendor(vendor) {
		known = append(known, c.Plural())
	}
	if known == nil {
		return nil, fmt.Errorf("dataset %s: unknown; names are <vendor>.<plural>, vendors are oleria, sailpoint, balkanid", dataset)
	}
	return nil, fmt.Errorf("dataset %s: unknown; %s has %s", dataset, vendor, strings.Join(known, ", "))
}
