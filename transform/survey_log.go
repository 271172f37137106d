package transform

import (
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// The records of a log of activities or jobs have the same members as error
// messages. They are taken for a log if the first one and most of the others have
// a time or a type; an error message comes alone, or behind records of another kind.

// messageLog is what a survey has met of records that have only members of messages.
type messageLog struct {
	telling map[string]bool // members of the first record that are in logging
	count   int             // records that may be those of a log
	alarms  int             // of them that have a member of error messages
	err     error           // why the first is refused if they are no log
}

// logging are keys by which the records of a log differ from one another.
var logging = words("timestamp time type title")

// takes tells whether a record, the nth of its text, may be one of a log.
func (m *messageLog) takes(record []byte, nth int, refuse func([]byte) error) bool {
	names, alarm := map[string]bool{}, false
	scan.EachMember(record, func(key, raw []byte) bool {
		name := schemas.NormalHeader(string(key))
		names[name] = names[name] || speaks(raw)
		alarm = alarm || alarming[name] && speaks(raw)
		return true
	})
	if nth == 1 {
		m.telling, m.err = map[string]bool{}, refuse(record)
		for name := range logging {
			if names[name] {
				m.telling[name] = true
			}
		}
	}
	for name := range m.telling {
		if !names[name] {
			return false
		}
	}
	if len(m.telling) == 0 {
		return false
	}
	if m.count++; alarm {
		m.alarms++
	}
	return true
}

// refused is the error if the records that look like those of a log are error
// messages after all; nil if they are a log or there were none.
func (m *messageLog) refused(records int) error {
	if m.count > 0 && (m.count < 2 || 2*m.count <= records || m.alarms == m.count) {
		return m.err
	}
	return nil
}

// shape notes the members of the first record of a text, see program.firstMembers.
func (p *program) shape(record []byte) {
	if p.firstMembers == nil {
		p.firstMembers = map[string]bool{}
	}
	for _, name := range membersOf(record) {
		p.firstMembers[schemas.NormalHeader(name)] = true
	}
}

// shaped tells whether an object is certainly a record of a text dataset: it has
// three members or more, all of them those of a first record, and none by which a
// list says that it is not complete.
func (p *program) shaped(object []byte) bool {
	if !p.text {
		return false
	}
	members := 0
	for _, name := range membersOf(object) {
		name = schemas.NormalHeader(name)
		if !p.firstMembers[name] || partialKeys[name] || completeKeys[name] {
			return false
		}
		members++
	}
	return members >= 3
}
