package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"
)

func digits(n int) string { return strconv.Itoa(n) }

// moment is a time as RFC 3339.
func moment(kind string, n int) string {
	var b bytes.Buffer
	w := bufio.NewWriterSize(&b, 32)
	stamp(w, kind, n, 'T')
	w.Flush()
	return b.String() + "Z"
}

var attributes = []string{"memberOf", "groups", "roles", "permissionSets"}

// writeRoleMining writes the entitlements of a potential role.
func writeRoleMining(w *bufio.Writer, n int, v variant) {
	w.WriteString("entitlementId,entitlementName,entitlementDescription,attribute,applicationName,sourceId,identityCount,popularity,popularityInOrg\n")
	for i := range n {
		record := v.order(i, n)
		w.WriteString(hex32("entitlement", record))
		w.WriteString(",CN=app-")
		number(w, record)
		w.WriteString("-" + pick("privilege", record, privileges))
		w.WriteString(",Lets members " + pick("privilege", record, privileges) + " the service of that name,")
		w.WriteString(pick("attribute", record, attributes))
		source := draw("source", record, 300)
		w.WriteString(",Source " + digits(source) + "," + hex32("source", source) + ",")
		count := draw("count", record, 5000)
		if v.differs(record) {
			count += 5000
		}
		number(w, count)
		w.WriteByte(',')
		number(w, draw("popularity", record, 100))
		w.WriteString(".5,")
		number(w, draw("org", record, 100))
		w.WriteString(".25\n")
	}
}

// zipped packs a file as the only member of a ZIP archive.
func zipped(member string) func(io.Writer, *os.File) error {
	return func(dst io.Writer, plain *os.File) error {
		z := zip.NewWriter(dst)
		m, err := z.Create(member)
		if err != nil {
			return err
		}
		if _, err := io.Copy(m, plain); err != nil {
			return err
		}
		return z.Close()
	}
}

// writeConfigObjects writes the document of an sp-config export: roles and
// access profiles for the most part.
func writeConfigObjects(w *bufio.Writer, n int, v variant) {
	w.WriteString(`{"version":1,"timestamp":"2026-03-01T08:00:00.000Z","tenant":"example","description":"nightly","options":{"excludeTypes":[]},"objects":[`)
	for i := range n {
		if i > 0 {
			w.WriteByte(',')
		}
		record := v.order(i, n)
		switch {
		case record%2 == 0:
			writeProfile(w, record, v.differs(record))
		default:
			writeRole(w, record, v.differs(record))
		}
	}
	w.WriteString("]}\n")
}

func writeSelf(w *bufio.Writer, kind, name string, record int) {
	w.WriteString(`{"version":1,"self":{"type":"` + kind + `","id":"` + hex32("object", record) + `","name":"` + name + `"},"object":{"id":"` +
		hex32("object", record) + `","name":"` + name + `","created":"` + moment("created", record) + `","modified":"` + moment("modified", record) +
		`","owner":{"type":"IDENTITY","id":"` + hex32("identity", draw("owner", record, 4000)) + `","name":"` + newPerson(draw("owner", record, 4000)).login + `"},`)
}

func writeProfile(w *bufio.Writer, record int, differs bool) {
	source := draw("source", record, 300)
	writeSelf(w, "ACCESS_PROFILE", "Profile "+digits(record), record)
	w.WriteString(`"description":"Access for members of unit ` + digits(record/20))
	if differs {
		w.WriteString(" (moved)")
	}
	w.WriteString(`","enabled":true,"requestable":` + yesNo(record%3 == 0) + `,"source":{"type":"SOURCE","id":"` + hex32("source", source) + `","name":"Source ` + digits(source) + `"},"entitlements":[`)
	for k := range 1 + draw("held", record, 6) {
		if k > 0 {
			w.WriteByte(',')
		}
		e := source*500 + draw("entitlement", record*8+k, 500)
		w.WriteString(`{"type":"ENTITLEMENT","id":"` + hex32("entitlement", e) + `","name":"CN=app-` + digits(e) + `"}`)
	}
	w.WriteString(`]}}`)
}

func writeRole(w *bufio.Writer, record int, differs bool) {
	writeSelf(w, "ROLE", "Role "+digits(record), record)
	w.WriteString(`"description":"Role of unit ` + digits(record/20))
	if differs {
		w.WriteString(" (moved)")
	}
	w.WriteString(`","enabled":true,"requestable":` + yesNo(record%3 == 0) + `,"accessProfiles":[`)
	for k := range 1 + draw("profiles", record, 4) {
		if k > 0 {
			w.WriteByte(',')
		}
		p := (record + 1 + 2*k) / 2 * 2
		w.WriteString(`{"type":"ACCESS_PROFILE","id":"` + hex32("object", p) + `","name":"Profile ` + digits(p) + `"}`)
	}
	w.WriteString(`],"membership":{"type":"IDENTITY_LIST","identities":[`)
	for k := range 1 + draw("members", record, 10) {
		if k > 0 {
			w.WriteByte(',')
		}
		who := draw("member", record*16+k, 60_000)
		p := newPerson(who)
		w.WriteString(`{"type":"IDENTITY","id":"` + hex32("identity", who) + `","name":"` + p.given + " " + p.family + `","aliasName":"` + p.login + `"}`)
	}
	w.WriteString(`]}}}`)
}
