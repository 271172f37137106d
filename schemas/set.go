package schemas

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
)

//go:embed common.yaml oleria/*.yaml sailpoint/*.yaml balkanid/*.yaml
var builtin embed.FS

// Set is all contracts and the common model, valid as a whole.
type Set struct {
	Common    *Common
	contracts map[string]*Contract
}

// Load reads the built-in contracts and lays the user's folder, if it is not
// nil, over them. A file there has the same form as a built-in one. For a
// dataset that exists, its columns are added, or laid over those of the same
// name with the lists of `from` joined (the user's names first); any other
// word that it sets replaces the built-in one; its emits are used instead of
// the built-in ones for the same table. Errors name the file and the line or
// the word; all files are checked before Load returns.
func Load(user fs.FS) (*Set, error) {
	data, err := builtin.ReadFile("common.yaml")
	if err != nil {
		return nil, err
	}
	common, err := decodeCommon(data)
	if err != nil {
		return nil, fmt.Errorf("common.yaml: %w", err)
	}
	s := &Set{Common: common, contracts: map[string]*Contract{}}
	if err := s.add(builtin, ""); err != nil {
		return nil, err
	}
	if user != nil {
		if err := s.add(user, "contracts folder: "); err != nil {
			return nil, err
		}
	}
	var errs []error
	for _, c := range s.All() {
		for i := range c.Emit {
			if t := common.Table(c.Emit[i].Table); t != nil {
				c.Emit[i].key = t.Key
			}
		}
		if err := c.validate(common); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.File, err))
		}
		for _, other := range c.With {
			if o := s.contracts[other]; o == nil || o.Vendor() != c.Vendor() {
				errs = append(errs, fmt.Errorf("%s: with: %s is no dataset of %s", c.File, other, c.Vendor()))
			}
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return s, nil
}

func (s *Set) add(files fs.FS, prefix string) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("%s%w", prefix, err)
		}
		if d.IsDir() || name == "common.yaml" || path.Ext(name) != ".yaml" && path.Ext(name) != ".yml" {
			return nil
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("%s%w", prefix, err)
		}
		c, err := decodeContract(data)
		if err != nil {
			return fmt.Errorf("%s%s: %w", prefix, name, err)
		}
		c.File = prefix + name
		c.Fingerprint = fingerprint([]byte(s.Common.Fingerprint), data)
		if base, ok := s.contracts[c.Dataset]; ok {
			if prefix == "" {
				return fmt.Errorf("%s: dataset %s is already in %s", name, c.Dataset, base.File)
			}
			c = base.overlay(c)
		}
		s.contracts[c.Dataset] = c
		return nil
	})
}

// overlay lays the user's contract u over c; see [Load].
func (c *Contract) overlay(u *Contract) *Contract {
	out := *c
	out.File = u.File
	out.Fingerprint = fingerprint([]byte(c.Fingerprint), []byte(u.Fingerprint))
	set := func(dst *string, v string) {
		if v != "" {
			*dst = v
		}
	}
	set(&out.Grain, u.Grain)
	set(&out.Doc, u.Doc)
	set((*string)(&out.Documented), string(u.Documented))
	set((*string)(&out.Format), string(u.Format))
	set((*string)(&out.Mode), string(u.Mode))
	set((*string)(&out.ShortRows), string(u.ShortRows))
	if u.Records != nil {
		out.Records = u.Records
	}
	if u.Partial != nil {
		out.Partial = u.Partial
	}
	if u.Member != nil {
		out.Member = u.Member
	}
	if u.Export != nil {
		out.Export = u.Export
	}
	if u.With != nil {
		out.With = u.With
	}
	out.Columns = slices.Clone(c.Columns)
	for _, col := range u.Columns {
		if old := out.Column(col.Name); old != nil {
			*old = old.overlay(col)
			continue
		}
		out.Columns = append(out.Columns, col)
	}
	out.Plain = append(slices.Clone(c.Plain), u.Plain...)
	out.Emit = slices.Clone(u.Emit)
	for _, e := range c.Emit {
		if !slices.ContainsFunc(u.Emit, func(x Emit) bool { return x.Table == e.Table }) {
			out.Emit = append(out.Emit, e)
		}
	}
	return &out
}

// overlay lays the user's column u over c. What u leaves out stays: above all
// a secret stays one, and a minimum such as 30+ stays readable.
func (c *Column) overlay(u Column) Column {
	for _, from := range c.From {
		if !slices.Contains(u.From, from) {
			u.From = append(u.From, from)
		}
	}
	u.Context = firstText(u.Context, c.Context)
	u.Type = Type(firstText(string(u.Type), string(c.Type)))
	u.Comment = firstText(u.Comment, c.Comment)
	u.Required = u.Required || c.Required
	if u.Type == c.Type {
		u.Separator = firstText(u.Separator, c.Separator)
		u.Strip = firstText(u.Strip, c.Strip)
		u.Suffix = firstText(u.Suffix, c.Suffix)
		if u.Layouts == nil {
			u.Layouts = c.Layouts
		}
		if u.Part == nil {
			u.Part = c.Part
		}
	}
	u.Mask = append(slices.Clone(c.Mask), u.Mask...)
	u.Known = append(slices.Clone(c.Known), u.Known...)
	return u
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
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

func fingerprint(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
