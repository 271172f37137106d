package transform

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// member passes over one member of the document around the records, or opens
// the array of records.
func (f *jsonFramer) member(fr *frame, b []byte, i int) (status, error) {
	if b[i] == '}' {
		f.w.pos++
		if f.level--; f.level == 0 {
			f.state = atRoot
		}
		f.first = false
		return good, nil
	}
	if !f.first {
		if b[i] != ',' {
			return bad, f.syntax(i, "',' or '}' was expected")
		}
		i = blank(b, i+1)
	}
	start := i + 1
	i, st := f.scan.key(b, i)
	if st == good && i == len(b) {
		_, st = f.scan.cut()
	}
	if st != good {
		return f.unfinished(st, start)
	}
	name := memberName(b[start:])
	if name == schemas.NormalHeader(f.path[f.level-1]) {
		switch last := f.level == len(f.path); {
		case last && b[i] == '[':
			f.w.pos, f.state, f.first, f.onPath = i+1, inArray, true, true
			return good, nil
		case last && b[i] == '{':
			f.onPath = true
			return f.element(fr, b, i)
		case last && b[i] != 'n':
			return bad, fault(KindHeader, "set `records` in a contract of your own", "%s of the document holds no records", f.path)
		case !last && b[i] == '{':
			f.w.pos, f.first = i+1, true
			f.level++
			return good, nil
		}
	}
	end, st := f.scan.value(b, i)
	if st != good {
		return f.unfinished(st, i)
	}
	if err := f.around(name, b[i:end]); err != nil {
		return bad, err
	}
	if f.level == 1 && !f.probe {
		f.signs.read(f.p.contract, name, b[i:end])
	}
	if f.probe && f.level == 1 && b[i] != '{' && b[i] != '[' && b[i] != 'n' {
		if _, ok := f.document[name]; !ok {
			f.document[name] = scalarText(b[i:end])
		}
	}
	f.w.pos, f.first = end, false
	return good, nil
}

// memberName is the normalised key that starts b, behind its quote.
func memberName(b []byte) string {
	var s scanner
	end, _ := s.str(b, 0)
	return schemas.NormalHeader(string(unescape(nil, b[:end-1])))
}

// scalarText is the text of a scalar as a cell has it.
func scalarText(v []byte) string {
	if v[0] == '"' {
		return string(unescape(nil, v[1:len(v)-1]))
	}
	return string(v)
}

func (f *jsonFramer) unfinished(st status, at int) (status, error) {
	switch {
	case st == bad:
		return bad, f.syntax(at, f.scan.why)
	case f.w.eof:
		return bad, f.truncated()
	}
	return more, nil
}

// oversize deals with a record that the window cannot hold: it is passed over
// and becomes a reject. Around records nothing may be so large.
func (f *jsonFramer) oversize(fr *frame) error {
	if f.state == inDocument {
		return fault(KindLimit, "", "a member of the document is longer than %d bytes", f.o.MaxRecord)
	}
	b := f.w.buf[:f.w.n]
	i := blank(b, f.w.pos)
	if f.state == inArray && !f.first && b[i] == ',' {
		i = blank(b, i+1)
	}
	f.rollback(fr)
	if !f.probe {
		f.refuseOversize(fr, i, schemas.RuleLimit, f.limitMessage())
	}
	f.w.pos, f.first = i, false
	if f.lines {
		return f.w.skipLine()
	}
	return f.skipValue()
}

// skipValue passes over a value however long it is. Only its brackets and
// strings are looked at.
func (f *jsonFramer) skipValue() error {
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

// shape is what a look at a JSON text told.
type shape struct {
	lines    bool
	path     schemas.Path // of the records, where the text is a document
	document map[string]string
}

// look finds out how a JSON text holds its records. Where the contract reads
// members of the document, it goes on until all are found or the text ends.
func (p *program) look(r io.Reader) (shape, error) {
	w := newWindow(r, min(p.o.chunk, 256<<10))
	if err := w.renew(func(n int) []byte { return make([]byte, n) }); err != nil {
		return shape{}, err
	}
	head := bytes.TrimLeft(w.rest(), " \t\r\n")
	s := shape{lines: p.contract.Format == schemas.NDJSON || linesOf(head, w.eof)}
	if len(head) == 0 || head[0] != '{' || len(p.contract.Records) == 0 {
		return s, nil
	}
	f := newJSONFramer(cutter{o: p.o, w: w}, p, false, p.contract.Records)
	f.probe, f.document = true, map[string]string{}
	wanted := p.documentNames()
	if err := f.explore(wanted); err != nil {
		return s, f.place(err)
	}
	if f.onPath {
		s.lines, s.path, s.document = false, p.contract.Records, f.document
	} else if blank(w.rest(), 0) == len(w.rest()) && w.eof {
		return s, fault(KindHeader, "set `records` in a contract of your own, or look at the artifact for an error message",
			"the document has no records at %s", p.contract.Records)
	}
	return s, nil
}

// explore steps through the first root value of a probe.
func (f *jsonFramer) explore(wanted []string) error {
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
		case st == good:
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

// documentNames lists the members of the document that columns read.
func (p *program) documentNames() (names []string) {
	for i := range p.cols {
		for _, from := range p.cols[i].From {
			if name, ok := strings.CutPrefix(from, documentPrefix); ok {
				names = append(names, schemas.NormalHeader(name))
			}
		}
	}
	return names
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
		s := scanner{eof: true}
		if len(line) > 0 && line[0] == '{' {
			if end, st := s.value(line, 0); st == good && end == len(line) {
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
