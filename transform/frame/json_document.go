package frame

import (
	"bytes"
	"io"
	"slices"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// member passes over one member of the document around the records, or opens
// the array of records.
func (f *JSON) member(fr *Frame, b []byte, i int) (scan.Status, error) {
	if b[i] == '}' {
		f.w.pos++
		if f.level--; f.level == 0 {
			f.state = atRoot
		}
		f.first = false
		return scan.Good, nil
	}
	if !f.first {
		if b[i] != ',' {
			return scan.Bad, f.syntax(i, "',' or '}' was expected")
		}
		i = scan.Blank(b, i+1)
	}
	start := i + 1
	i, st := f.scan.Key(b, i)
	if st == scan.Good && i == len(b) {
		_, st = f.scan.Cut()
	}
	if st != scan.Good {
		return f.unfinished(st, start)
	}
	name := memberName(b[start:])
	if name == schemas.NormalHeader(f.Path[f.level-1]) {
		switch last := f.level == len(f.Path); {
		case last && b[i] == '[':
			f.w.pos, f.state, f.first, f.onPath = i+1, inArray, true, true
			return scan.Good, nil
		case last && b[i] == '{':
			f.onPath = true
			return f.element(fr, b, i)
		case last && b[i] != 'n':
			return scan.Bad, Fault(KindHeader, "set `records` in a contract of your own", "%s of the document holds no records", f.Path)
		case !last && b[i] == '{':
			f.w.pos, f.first = i+1, true
			f.level++
			return scan.Good, nil
		}
	}
	end, st := f.scan.Value(b, i)
	if st != scan.Good {
		return f.unfinished(st, i)
	}
	if err := f.judge.Beside(name, b[i:end], f.level == 1); err != nil {
		return scan.Bad, err
	}
	if f.probe && f.level == 1 {
		f.members = append(f.members, name)
	}
	if f.probe && f.level == 1 && b[i] != '{' && b[i] != '[' && b[i] != 'n' {
		if _, ok := f.document[name]; !ok {
			f.document[name] = scalarText(b[i:end])
		}
	}
	f.w.pos, f.first = end, false
	return scan.Good, nil
}

// memberName is the normalised key that starts b, behind its quote.
func memberName(b []byte) string {
	var s scan.Scanner
	end, _ := s.Str(b, 0)
	return schemas.NormalHeader(string(scan.Unescape(nil, b[:end-1])))
}

// scalarText is the text of a scalar as a cell has it.
func scalarText(v []byte) string {
	if v[0] == '"' {
		return string(scan.Unescape(nil, v[1:len(v)-1]))
	}
	return string(v)
}

func (f *JSON) unfinished(st scan.Status, at int) (scan.Status, error) {
	switch {
	case st == scan.Bad:
		return scan.Bad, f.syntax(at, f.scan.Why)
	case f.w.eof:
		return scan.Bad, f.truncated()
	}
	return scan.More, nil
}

// oversize deals with a record that the window cannot hold: it is passed over
// and becomes a reject. Around records nothing may be so large.
func (f *JSON) oversize(fr *Frame) error {
	if f.state == inDocument {
		return Fault(KindLimit, "", "a member of the document is longer than %d bytes", f.o.MaxRecord)
	}
	b := f.w.buf[:f.w.n]
	i := scan.Blank(b, f.w.pos)
	if f.state == inArray && !f.first && b[i] == ',' {
		i = scan.Blank(b, i+1)
	}
	f.rollback(fr)
	if !f.probe {
		f.refuseOversize(fr, i, schemas.RuleLimit, f.limitMessage())
	}
	f.w.pos, f.first = i, false
	if f.Lines {
		return f.w.skipLine()
	}
	return f.skipValue()
}

// skipValue passes over a value however long it is. Only its brackets and
// strings are looked at.
func (f *JSON) skipValue() error {
	var depth int
	var inString, escape, scalar bool
	for {
		for k, c := range f.w.rest() {
			switch {
			case escape:
				escape = false
				continue
			case inString:
				escape = c == '\\'
				if c != '"' {
					continue
				}
				inString = false
			case c == '"':
				inString = true
				continue
			case c == '{' || c == '[':
				depth++
				continue
			case depth == 0 && (c == ',' || c == ']' || c == '}' || c <= ' '):
				if scalar {
					f.w.pos += k
					return nil
				}
				continue
			case c == '}' || c == ']':
				depth--
			default:
				scalar = true
				continue
			}
			if depth == 0 {
				f.w.pos += k + 1
				return nil
			}
		}
		f.w.pos = f.w.n
		if f.w.eof {
			return f.truncated()
		}
		f.w.drop()
		if err := f.w.fill(); err != nil {
			return err
		}
	}
}

// Document says where a JSON text may hold its records.
type Document struct {
	Lines   bool         // one record a line: known beforehand
	Records schemas.Path // of the list of records; nil where it is the text itself
	Members []string     // members of the document that are wanted, by their normalised names
	// Single reports whether a text with these members, by their normalised names, is a
	// record by itself; nil: none is.
	Single func(members []string) bool
}

// Shape is what a look at a JSON text told.
type Shape struct {
	Lines    bool
	path     schemas.Path // of the records, where the text is a document
	Document map[string]string
}

// look finds out how a JSON text holds its records. Where members of the
// document are wanted, it goes on until all are found or the text ends.
func (o *Limits) look(r io.Reader, d Document, judge Judge) (Shape, error) {
	w := newWindow(r, min(o.Chunk, 256<<10))
	if err := w.renew(func(n int) []byte { return make([]byte, n) }); err != nil {
		return Shape{}, err
	}
	head := bytes.TrimLeft(w.rest(), " \t\r\n")
	s := Shape{Lines: d.Lines || linesOf(head, w.eof)}
	if len(head) == 0 || head[0] != '{' || len(d.Records) == 0 {
		return s, nil
	}
	f := newJSONFramer(cutter{o: o, w: w}, nil, judge, false, d.Records)
	f.probe, f.document = true, map[string]string{}
	if err := f.explore(d.Members); err != nil {
		return s, f.place(err)
	}
	if f.onPath {
		s.Lines, s.path, s.Document = false, d.Records, f.document
	} else if scan.Blank(w.rest(), 0) == len(w.rest()) && w.eof && (d.Single == nil || !d.Single(f.members)) {
		return s, Fault(KindHeader, "set `records` in a contract of your own, or look at the artifact for an error message",
			"the document has no records at %s", d.Records)
	}
	return s, nil
}

// explore steps through the first root value of a probe.
func (f *JSON) explore(wanted []string) error {
	have := func(n string) bool { _, ok := f.document[n]; return ok }
	for started := false; ; started = true {
		if started && f.state == atRoot {
			return nil
		}
		if f.onPath && !slices.ContainsFunc(wanted, func(n string) bool { return !have(n) }) {
			return nil
		}
		st, err := f.step(nil)
		switch {
		case err != nil:
			return err
		case st == scan.Good:
		case f.w.eof:
			return nil
		case int64(len(f.w.rest())) > f.o.MaxRecord:
			if err := f.oversize(nil); err != nil {
				return err
			}
		default:
			if err := f.w.grow(int(f.o.MaxRecord) + 2); err != nil {
				return err
			}
		}
	}
}

// linesOf tells whether one of the first lines is an object by itself.
func linesOf(head []byte, eof bool) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	for range 3 {
		line, after, found := bytes.Cut(head, nl)
		if !found && !eof {
			return false
		}
		line = bytes.TrimSpace(line)
		s := scan.Scanner{EOF: true}
		if len(line) > 0 && line[0] == '{' {
			if end, st := s.Value(line, 0); st == scan.Good && end == len(line) {
				return true
			}
		}
		if !found {
			return false
		}
		head = after
	}
	return false
}
