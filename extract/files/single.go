package files

import (
	"path"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
)

// isSingle reports whether a file is one record by itself, without a document around it.
func (f *found) isSingle(c *schemas.Contract) bool { return !f.shape.many && c.IsSingle(f.shape.keys) }

// callSingle says of a file that is one record by itself what it is called. Its name is that
// of the record, such as "Team 2026-01-01 of 3 - 2c91.json", so that neither a time nor a
// part in it is one of the delivery: only the folders, or the archive, say of when it is.
func (f *Folder) callSingle(x *found, plural string) {
	dir := path.Dir(x.name)
	if x.member != "" {
		dir = path.Join(x.name, path.Dir(x.member))
	}
	at, odd := folderStamp(dir, f.now())
	x.called = fileName{plural: plural, ext: x.called.ext, packed: x.called.packed, part: -1, time: at, odd: odd}
	x.err = nil // the name cannot be wrong
	x.record = x.shape.record(f.known[plural].contract)
	if x.record == "" {
		x.err = extract.Unusable(extract.StepRead, "fetch it again", "%s has no %s", x.label(), strings.Join(keyColumns(f.known[plural].contract), " or no "))
		x.record = x.label()
	}
}

// keyColumns are the columns that each record must have.
func keyColumns(c *schemas.Contract) (names []string) {
	for i := range c.Columns {
		if c.Columns[i].Required {
			names = append(names, c.Columns[i].Name)
		}
	}
	return names
}

// record is what the columns say that a record must have, "" where one of them is not
// there.
func (s *shape) record(c *schemas.Contract) string {
	var b strings.Builder
	for i := range c.Columns {
		if !c.Columns[i].Required {
			continue
		}
		text := ""
		for _, from := range c.Columns[i].From {
			if text = s.values[from]; text != "" {
				break
			}
		}
		if text == "" {
			return ""
		}
		b.WriteString(text + "\x00")
	}
	return b.String()
}

// chooseSingles decides which files of one record each are read: those of the newest time,
// of which no two may be one record. They are one delivery that does not say whether it is
// whole.
func (f *Folder) chooseSingles(plural string, all []*found, c *choice) error {
	newest, err := f.newest(plural, all, c)
	if err != nil {
		return err
	}
	seen := map[string]*found{}
	for _, x := range newest {
		if first := seen[x.record]; first != nil {
			return unclear([]*found{first, x}, "they are of one record")
		}
		seen[x.record] = x
	}
	c.read = newest
	return sameTenant(newest)
}
