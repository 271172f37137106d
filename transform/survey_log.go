package transform

import (
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/scan"
)

// A log of activities or jobs has records of the very members that error messages
// have. They are records where the first one and most have what tells one from
// the next, its time or sort; an error comes alone, or behind records of others.

// messageLog is what a survey has met of records of nothing but words of messages.
type messageLog struct {
	telling map[string]bool // members of the first record that tell it from others
	count   int
	alarms  int   // of them that have a member of errors
	err     error // why the first is refused if they are no log
}

// logging are keys that tell records of a log from one another.
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

// refused is why the records that a log could have are none; nil where they are.
func (m *messageLog) refused(records int) error {
	if m.count > 0 && (m.count < 2 || 2*m.count <= records || m.alarms == m.count) {
		return m.err
	}
	return nil
}

// shape keeps the members of the first record of a text.
func (p *program) shape(record []byte) {
	if p.firstMembers == nil {
		p.firstMembers = map[string]bool{}
	}
	for _, name := range membersOf(record) {
		p.firstMembers[schemas.NormalHeader(name)] = true
	}
}

// shaped tells whether an object, in a dataset whose columns are the keys met,
// has three members or more, all of them those of a first record, and none by
// which a list says that it is not whole: then it is a record.
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
