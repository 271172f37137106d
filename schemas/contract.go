package schemas

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Contract says everything about one dataset: how it is asked for, what
// arrives and what it means. The YAML form is described in docs/contracts.md.
type Contract struct {
	Dataset string // <vendor>.<plural>
	Grain   string // what one record is
	Doc     string // URL of the vendor's page, "" when there is none
	// Documented tells how far the vendor documents the columns.
	Documented Documented
	// Format is what the vendor is known to send. The bytes decide in the end.
	Format Format
	// Records is the path of the array of records inside a JSON document;
	// empty when the document is the array (or one record).
	Records Path
	// Single names the members of a JSON text that is one record by itself, without a
	// document around it, although Records is the path of a list: exports come also as one
	// file for each record. It is empty where they do not.
	Single []string
	// Partial lists the members of the document around the records by which it says
	// that it is not complete. If the list is not empty, a text without such a document
	// counts as partial, since it does not say that it is complete.
	Partial []PartialSign
	// Member picks the members of an archive that belong to this dataset.
	Member *Member
	// Export is what the vendor's protocol needs to ask for the dataset;
	// extract/<vendor> knows its keys.
	Export map[string]any
	// Parent is the contract of the dataset that `each` of Export names: the export comes
	// in one part, or list, for each of its records. It is nil where Export has no such word.
	Parent *Contract
	Mode   Mode
	// ShortRows says what a CSV record with fewer cells than the header means.
	ShortRows ShortRows
	// With lists the datasets to whose rows those of this one refer. If one of their
	// exports in a run is held, all are; if one fails, the export of this dataset is held.
	With []string
	// Columns is empty for a dataset whose columns are the headers that it comes with.
	Columns []Column
	Emit    []Emit
	// LeftOut names headers that the vendor documents and that the contract has no column
	// for, each with the reason. They are kept in _extra, and are no drift.
	LeftOut map[string]string
	// Plain lists the places under the name of a secret that hold none, see
	// [IsSecretName].
	Plain []Plain

	// Fingerprint is that of the meaning. It changes if other rows could be made of the
	// same delivery, not with names, comments, or an order that means nothing.
	Fingerprint string
	// File is where the contract was read from, for messages.
	File string

	placed lines  // where its words stand in File
	names  names  // its keys and words
	lines  []Emit // Emit as written, before names are resolved
}

// IsSingle reports whether a JSON text with these members is one record by itself, see
// Single.
func (c *Contract) IsSingle(members []string) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(members, func(m string) bool { return NormalHeader(m) == NormalHeader(name) })
	}
	return len(c.Single) > 0 && !has(c.Records[0]) && !slices.ContainsFunc(c.Single, func(name string) bool { return !has(name) })
}

// Own is the vendor of datasets that the user hands over himself, such as filled review packs.
const Own = "own"

// Vendor is what the dataset's name has before the dot.
func (c *Contract) Vendor() string { v, _, _ := strings.Cut(c.Dataset, "."); return v }

// Plural is what the dataset's name has after the dot.
func (c *Contract) Plural() string { _, p, _ := strings.Cut(c.Dataset, "."); return p }

// Typed reports whether the contract names columns.
func (c *Contract) Typed() bool { return len(c.Columns) > 0 }

// Column returns the column of that name, or nil.
func (c *Contract) Column(name string) *Column {
	for i := range c.Columns {
		if c.Columns[i].Name == name {
			return &c.Columns[i]
		}
	}
	return nil
}

// Masked reports whether any column hides values.
func (c *Contract) Masked() bool {
	return slices.ContainsFunc(c.Columns, func(col Column) bool { return len(col.Mask) > 0 })
}

// Option returns a text value of [Contract.Export], or "".
func (c *Contract) Option(key string) string {
	s, _ := c.Export[key].(string)
	return s
}

// ByName reports whether the dataset is asked for only where the configuration or a
// command names it, as one refresh of all datasets would cost too much with it.
func (c *Contract) ByName() bool { return c.Option("refresh") == refreshNamed }

// ByHand reports whether the dataset comes as files that somebody hands over, and in no other
// way: no API is asked for it.
func (c *Contract) ByHand() bool { return c.Option("refresh") == refreshHanded }

// Words of a contract's `export: {refresh: …}`.
const (
	refreshNamed  = "named"
	refreshHanded = "handed"
)

// PartialSign is a member of the document which says that the document is not complete,
// unless the member is absent or empty.
type PartialSign struct {
	Path Path
	// Unless are words. A list that has all of them does not count.
	Unless []string
	// Of is the column that has the words of such a list. Rows with other words were not
	// asked for, so they are not gone. "" if the list leaves out no rows.
	Of string
}

// Documented tells where the knowledge of a dataset's columns comes from.
type Documented string

const (
	DocumentedFully  Documented = "vendor"  // the vendor's page lists the columns
	DocumentedPartly Documented = "partly"  // some columns, or a sibling page
	DocumentedNot    Documented = "assumed" // no page: names are assumptions
)

// Format is a shape of bytes.
type Format string

const (
	CSV    Format = "csv"
	JSONs  Format = "json"   // one document: an array, or an object that holds one
	NDJSON Format = "ndjson" // one object a line
	ZIP    Format = "zip"    // an archive whose members have one of the other formats
)

// Mode says what it means that a record is missing.
type Mode string

const (
	Snapshot Mode = "snapshot" // a complete export: missing means gone
	Append   Mode = "append"   // events: nothing ever goes
)

// ShortRows says how CSV records with fewer cells than the header are read.
type ShortRows string

const (
	RejectShortRows ShortRows = ""    // each is a reject
	PadShortRows    ShortRows = "pad" // the vendor omits empty optional cells at the end
)

// Member picks the members of an archive, by their names or else by their headers.
type Member struct {
	Name   []string `yaml:"name"`   // lower-case fragments; the name of a member has one of them
	Header []string `yaml:"header"` // columns; if no name fits, the header of a member has all of them
}

// Column is one typed column of a vendor table.
type Column struct {
	Name string
	// From lists the headers or JSON paths that may deliver the column. The first that
	// exists does. They are compared by [NormalHeader].
	From []string
	// Context names a fact of the request (see [Part].Context) that fills the column if
	// no header of From exists.
	Context   string
	Type      Type
	Required  bool     // an empty cell makes the record a reject
	Layouts   []string // Go time layouts, tried in order before the usual ones
	Separator string   // between the items of a list; "" for a JSON array
	Strip     string   // trailing text dropped before the cell is read, such as "%"
	Suffix    string   // for a bool: the cell is true if it ends so
	Part      *Piece   // read this piece instead of the cell; nil for the cell
	// Parts makes a JSON array of a list in one cell: an object for each item, with the item
	// itself under text and these pieces of it, by name. nil: the cell is JSON already.
	Parts   []ItemPart
	Mask    []Mask   // values in a JSON cell that must never be stored
	Known   []string // words that the contract knows, in lower case; another one is a finding. nil: any
	Comment string
}

func (c *Column) describe() string {
	var b strings.Builder
	if len(c.From) > 0 {
		fmt.Fprintf(&b, "vendor column %s", c.From[0])
	} else {
		fmt.Fprintf(&b, "from the request: %s", c.Context)
	}
	if c.Part != nil {
		fmt.Fprintf(&b, ", piece %d between %q", c.Part.Index, c.Part.Separator)
	}
	if c.Parts != nil {
		b.WriteString(", each item as text")
		for _, p := range c.Parts {
			fmt.Fprintf(&b, ", and as %s its piece %d between %q", p.Name, p.Index, p.Separator)
		}
	}
	if c.Comment != "" {
		b.WriteString("; " + c.Comment)
	}
	if len(c.Mask) > 0 {
		b.WriteString("; secret values replaced by ***")
	}
	return b.String()
}

// Piece is one piece of a cell that is split at each Separator: the type in a
// BRN, the application in an integration id. The column is NULL where the cell
// has no Separator or fewer pieces than Index needs.
type Piece struct {
	Separator string `yaml:"separator"`
	Index     int    `yaml:"index"` // from 0
}

// ItemPart is a piece of each item of a list, by name.
type ItemPart struct {
	Name string
	Piece
}

// PartText is the name of the whole item beside its [Column].Parts.
const PartText = "text"

// Mask hides values inside a JSON cell.
type Mask struct {
	Path Path // '*' stands for each key or item
	// Unless lists texts by key. The value is not hidden if its object has each of these
	// texts at its key.
	Unless map[string]string
}

// LeavesOut reports whether the contract names a header among those that it has no
// column for on purpose.
func (c *Contract) LeavesOut(header string) bool {
	for name := range c.LeftOut {
		if NormalHeader(name) == NormalHeader(header) {
			return true
		}
	}
	return false
}

// Plain is a place whose name is that of a secret, and whose values may be
// stored all the same.
type Plain struct {
	Path Path   // from the record: header, then keys; '*' stands for each key or item
	Why  string // for people who review the contract
}

// Path leads into a JSON value: object keys, and array indexes as digits.
type Path []string

func (p Path) String() string { return strings.Join(p, ".") }

// ParsePath splits a dotted path. A key with a dot in it cannot be named.
func ParsePath(s string) Path {
	if s == "" {
		return nil
	}
	return strings.Split(s, ".")
}

var (
	datasetName = regexp.MustCompile(`^[a-z][a-z0-9]*\.[a-z][a-z0-9_]*$`)
	vendorName  = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	columnName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// NormalHeader is the form in which headers are compared: what [BareHeader] leaves out,
// case, blanks of any kind, '_', '-' and '.' do not count.
func NormalHeader(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || IsBlank(r) {
			return -1
		}
		return r
	}, strings.ToLower(BareHeader(s)))
}

// BareHeader is a header without blanks around it and without the stars, colons and question
// marks behind it that labels of forms have.
func BareHeader(s string) string {
	return strings.TrimRightFunc(strings.TrimLeftFunc(s, IsBlank), func(r rune) bool { return r == '*' || r == ':' || r == '?' || IsBlank(r) })
}

// ColumnName turns a vendor's header into a column name for a text table:
// lower case, words joined by '_', camelCase split. It is never empty.
func ColumnName(header string) string {
	s := BareHeader(header)
	var b strings.Builder
	lower := false // the last rune was a lower-case letter or a digit
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
			lower = true
		case r >= 'A' && r <= 'Z':
			if lower {
				b.WriteByte('_')
			}
			b.WriteRune(r + 'a' - 'A')
			lower = false
		default:
			if n := b.Len(); n > 0 && b.String()[n-1] != '_' {
				b.WriteByte('_')
			}
			lower = false
		}
	}
	name := strings.Trim(b.String(), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "c_" + name
	}
	return strings.TrimRight(name, "_")
}
