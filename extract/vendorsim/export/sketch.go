package export

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"github.com/goccy/go-yaml"
)

// Sketch is a dataset that is there to be fetched and means nothing in the
// company: it is described by data. All cells are templates between < and >,
// carried out on an item of the vendor's choice.
//
//	dataset: admins
//	each: people 4                  # an item, and so a row, for each of these
//	key: <.Person.Number>           # of the row; without it, the first cell
//	columns:
//	  Email: <.Person.Email>        # a column's name, and its cells
//	rows: [[nobody@example.net]]    # one more row
//
// A sketch of rows only has a header, its names parted by '|', for columns.
type Sketch struct {
	Dataset string
	Format  string // csv, json or ndjson; none means csv
	Each    string
	Key     string
	Header  string
	Columns yaml.MapSlice
	Rows    [][]string

	names []string
	row   *template.Template // of Columns, the key before them
	fixed []*template.Template
}

// Sketches are the sketches of a vendor. They are read from YAML when they are
// first needed, and are part of the program: what is wrong with them is a
// mistake in the program.
type Sketches func() []*Sketch

// SketchesOf are the sketches that a YAML list describes.
func SketchesOf(data []byte) Sketches {
	return sync.OnceValue(func() []*Sketch { return readSketches(data) })
}

func readSketches(data []byte) []*Sketch {
	var list []*Sketch
	if err := yaml.UnmarshalWithOptions(data, &list, yaml.Strict()); err != nil {
		panic("vendorsim: " + err.Error())
	}
	for _, s := range list {
		s.compile()
	}
	return list
}

func (s *Sketch) compile() {
	if s.Header != "" {
		s.names = strings.Split(s.Header, "|")
	}
	var cells []string
	for _, c := range s.Columns {
		s.names = append(s.names, c.Key.(string))
		cells = append(cells, fmt.Sprint(c.Value))
	}
	if len(cells) > 0 {
		if s.Key == "" {
			s.Key = cells[0]
		}
		s.row = s.template(s.Key, cells)
	}
	for _, r := range s.Rows {
		s.fixed = append(s.fixed, s.template(r[0], r))
	}
}

// between stands between the cells of a row's template.
const between = "\x1f"

func (s *Sketch) template(key string, cells []string) *template.Template {
	return template.Must(template.New(s.Dataset).Delims("<", ">").Parse(key + between + strings.Join(cells, between)))
}

// Names are the names of the columns.
func (s *Sketch) Names() []string { return s.names }

// Source is the name of the items that the sketch wants, and how many of them:
// 0 means all.
func (s *Sketch) Source() (name string, limit int) {
	i := strings.LastIndexByte(s.Each, ' ')
	if n, err := strconv.Atoi(s.Each[i+1:]); err == nil {
		return s.Each[:i], n
	}
	return s.Each, 0
}

// Form is the format of the dataset.
func (s *Sketch) Form() Format {
	switch s.Format {
	case "", "csv":
		return FormatCSV
	case "json":
		return FormatJSON
	case "ndjson":
		return FormatNDJSON
	}
	panic("vendorsim: " + s.Dataset + ": no format " + s.Format)
}

// Fill makes a table of each sketch: the rows of its items, then those that the
// sketch spells out, which are about the whole company.
func Fill[T any](all Sketches, table func(*Sketch) *Table, items func(*Sketch) []T, whole T) {
	for _, s := range all() {
		t := table(s)
		for _, item := range items(s) {
			fillRow(t, s.row, item)
		}
		for _, r := range s.fixed {
			fillRow(t, r, whole)
		}
	}
}

func fillRow(t *Table, row *template.Template, item any) {
	var b strings.Builder
	if err := row.Execute(&b, item); err != nil {
		panic("vendorsim: " + err.Error())
	}
	cells := strings.Split(b.String(), between)
	t.Add(cells[0], cells[1:]...)
}
