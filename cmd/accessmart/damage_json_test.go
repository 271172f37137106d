package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// The excuses of JSON.
const (
	excuseLineEnd  = "lines of JSON cut at the end of a line: nothing says how many were to come, and so few are below the gate's limits"
	excuseAny      = "another value in a column that may hold any JSON"
	excuseSeveral  = "a list of texts for one text, in a dataset whose columns are assumed: the vendor may send several"
	excuseSuperset = "records of another dataset that have all members of this one's"
	excuseMostly   = "records of a dataset without columns, or with assumed ones as this one has, most of whose members are columns of this one"
	excuseSubset   = "records of another dataset that have no other members than this one's, where the contract names no columns"
	excuseUntyped  = "another value in a dataset whose contract names no columns: it stands in the row as it came"
)

// onJSON makes a damage of the records of a document or of lines.
func onJSON(do func(d *delivery, doc document, r *rand.Rand) []damaged) func(*delivery, *rand.Rand) []damaged {
	return func(d *delivery, r *rand.Rand) []damaged {
		if d.isCSV() {
			return nil
		}
		return do(d, d.records(), r)
	}
}

// withRecord is the delivery with another text in place of record i.
func (d *delivery) withRecord(doc document, i int, text string) []byte {
	doc.records = slices.Clone(doc.records)
	doc.records[i] = json.RawMessage(text)
	return d.render(doc)
}

// noRecords are texts that stand where a record should.
var noRecords = []string{"{}", "null", "1", `"text"`, "[]", "true", `{"error":"stream aborted"}`, `{"message":"Internal Server Error","statusCode":500}`,
	`{"detailCode":"500","trackingId":"x","messages":[]}`, `"@{id=1; name=x}"`}

var jsonDamages = []damage{
	{"cut", onJSON(func(d *delivery, doc document, r *rand.Rand) (out []damaged) {
		for n := 10; n < len(bytes.TrimSpace(d.data)); n += 10 {
			x := damaged{fmt.Sprintf("after byte %d", n), d.data[:n], ""}
			if d.isLines() && (d.data[n-1] == '\n' || d.data[n] == '\n') {
				x.excuse = excuseLineEnd
			}
			out = append(out, x)
		}
		return out
	})},
	{"no record where one should be", onJSON(func(d *delivery, doc document, r *rand.Rand) (out []damaged) {
		for _, text := range noRecords {
			for _, i := range []int{0, r.Intn(len(doc.records)), len(doc.records) - 1} {
				out = append(out, damaged{fmt.Sprintf("%s for record %d", text, i), d.withRecord(doc, i, text), ""})
			}
		}
		return out
	})},
	{"an error document after some records", onJSON(func(d *delivery, doc document, r *rand.Rand) (out []damaged) {
		for _, text := range append(slices.Clone(noRecords), "</Error>", "<Error/>", "upstream error") {
			some := doc
			some.records = append(slices.Clone(doc.records[:len(doc.records)/2]), json.RawMessage(text))
			out = append(out, damaged{text, d.render(some), ""})
			out = append(out, damaged{"behind the end: " + text, slices.Concat(d.data, []byte(text)), ""})
		}
		return out
	})},
	{"a member of all records is called otherwise", onJSON(func(d *delivery, doc document, r *rand.Rand) (out []damaged) {
		for _, key := range membersOf(doc) {
			bad := doc
			bad.records = nil
			for _, rec := range doc.records {
				bad.records = append(bad.records, json.RawMessage(strings.Replace(string(rec), quoteJSON(key)+":", `"somethingElse":`, 1)))
			}
			out = append(out, damaged{key, d.render(bad), ""})
		}
		return out
	})},
	{"a member that is another kind of thing", onJSON(func(d *delivery, doc document, r *rand.Rand) (out []damaged) {
		for _, key := range membersOf(doc) {
			for _, text := range []string{`"@{id=1; name=x}"`, `{"unexpected":true}`, `["x","y"]`, `[null]`, `[{"object":null}]`} {
				i := r.Intn(len(doc.records))
				if bad, ok := withMember(doc.records[i], key, text); ok {
					x := damaged{fmt.Sprintf("%s of record %d: %s", key, i, text), d.withRecord(doc, i, bad), ""}
					switch {
					case !d.contract.Typed():
						x.excuse = excuseUntyped
					case d.anyJSON(key):
						x.excuse = excuseAny
					case d.contract.Documented == schemas.DocumentedNot && text == `["x","y"]`:
						x.excuse = excuseSeveral
					}
					out = append(out, x)
				}
			}
		}
		return out
	})},
	{"a byte of the syntax is gone", onJSON(func(d *delivery, doc document, r *rand.Rand) (out []damaged) {
		inside := false
		for i, c := range d.data {
			structural := c == '"' || !inside && strings.IndexByte("{}[]:,", c) >= 0
			if c == '"' && d.data[max(i-1, 0)] != '\\' {
				inside = !inside
			}
			if structural && r.Intn(20) == 0 {
				out = append(out, damaged{fmt.Sprintf("byte %d, %c", i, c), slices.Concat(d.data[:i], d.data[i+1:]), ""})
			}
		}
		return out
	})},
	{"a byte that does not belong", onJSON(func(d *delivery, doc document, r *rand.Rand) (out []damaged) {
		for _, b := range []string{"\x00", "\x81", "\xff", "\xed\xa0\x80"} {
			for range 3 {
				n := bytes.IndexByte(d.data[r.Intn(len(d.data)/2):], '"') + 1
				out = append(out, damaged{fmt.Sprintf("%q at %d", b, n), slices.Concat(d.data[:n], []byte(b), d.data[n:]), ""})
			}
		}
		return out
	})},
	{"another dataset's document", onJSON(func(d *delivery, doc document, r *rand.Rand) (out []damaged) {
		good, _ := goodDeliveries()
		for _, other := range good {
			if other.dataset == d.dataset || other.isCSV() {
				continue
			}
			excuse := ""
			if others, own := membersOf(other.records()), membersOf(doc); d.covers(own, others) {
				excuse = excuseSuperset
			} else if known := d.columnsOf(others); d.mayBe(other) && 2*len(known) >= len(others) {
				excuse = excuseMostly
			} else if !d.contract.Typed() && within(others, own) {
				excuse = excuseSubset
			}
			out = append(out, damaged{other.dataset, other.data, excuse})
			more := doc
			more.records = append(slices.Clone(doc.records), other.records().records...)
			out = append(out, damaged{other.dataset + " after it", d.render(more), excuse})
		}
		return out
	})},
	{"the document inside another", onJSON(func(d *delivery, doc document, r *rand.Rand) (out []damaged) {
		if d.isLines() {
			return nil
		}
		return []damaged{{"as a text", []byte(quoteJSON(string(d.data))), ""}, {"under a key", slices.Concat([]byte(`{"response":`), d.data, []byte("}")), ""},
			{"in a list", slices.Concat([]byte(`[`), d.data, []byte("]")), ""}}
	})},
}

// wholeDamages take no look at the format.
var wholeDamages = []damage{
	{"something else in its place", func(d *delivery, r *rand.Rand) (out []damaged) {
		for _, text := range []string{"", " ", "\n\n\n", "\ufeff", "<html><body>Sign in</body></html>", `{"error":"unauthorized"}`, `{"message":"Not Found"}`, "null", "Forbidden", "[]x", "{}", `[{}]`, `[{"error":"x"}]`, "0", "%PDF-1.7"} {
			out = append(out, damaged{fmt.Sprintf("%q", text), []byte(text), ""})
		}
		return out
	}},
	{"zeros at the end", func(d *delivery, r *rand.Rand) (out []damaged) {
		for _, n := range []int{1, 100, 512} {
			whole := slices.Clone(d.data)
			clear(whole[max(len(whole)-n, 0):])
			out = append(out, damaged{fmt.Sprintf("the last %d bytes", n), whole, ""})
			out = append(out, damaged{fmt.Sprintf("%d bytes more", n), slices.Concat(d.data, make([]byte, n)), ""})
		}
		return out
	}},
	{"a compressed file that is broken", func(d *delivery, r *rand.Rand) (out []damaged) {
		packed := gzipped(d.data)
		for _, n := range []int{5, 20, len(packed) / 2, len(packed) - 9, len(packed) - 1} {
			out = append(out, damaged{fmt.Sprintf("cut after %d of %d", n, len(packed)), packed[:n], ""})
		}
		for range 5 {
			n := 20 + r.Intn(len(packed)-28)
			bad := slices.Clone(packed)
			bad[n] ^= 0x10
			out = append(out, damaged{fmt.Sprintf("byte %d turned", n), bad, ""})
		}
		return append(out, damaged{"a tail", slices.Concat(packed, []byte("</Error>")), ""})
	}},
}

// columnsOf are the columns of the contract that keys feed.
func (d *delivery) columnsOf(keys []string) (names []string) {
	for _, c := range d.contract.Columns {
		if slices.ContainsFunc(c.From, func(from string) bool {
			return slices.ContainsFunc(keys, func(k string) bool {
				return schemas.NormalHeader(k) == schemas.NormalHeader(schemas.ParsePath(from)[0])
			})
		}) {
			names = append(names, c.Name)
		}
	}
	return names
}

// covers tells whether the keys of another dataset's records feed all that
// those of the delivery do.
func (d *delivery) covers(own, others []string) bool {
	return within(own, others) || d.contract.Typed() && within(d.columnsOf(own), d.columnsOf(others))
}

// within tells whether all of a are in b.
func within(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// membersOf are the keys at the top of the records.
func membersOf(doc document) []string {
	seen := map[string]bool{}
	for _, rec := range doc.records {
		var m map[string]json.RawMessage
		if json.Unmarshal(rec, &m) == nil {
			for k := range m {
				seen[k] = true
			}
		}
	}
	keys := make([]string, 0, len(seen))
	for k := range seen {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// withMember is a record with another value of a member.
func withMember(rec json.RawMessage, key, value string) (string, bool) {
	var m map[string]json.RawMessage
	if json.Unmarshal(rec, &m) != nil || m[key] == nil {
		return "", false
	}
	m[key] = json.RawMessage(value)
	out, err := json.Marshal(m)
	return string(out), err == nil
}

// anyJSON tells whether a member is read as JSON of any form.
func (d *delivery) anyJSON(key string) bool {
	return slices.ContainsFunc(d.contract.Columns, func(c schemas.Column) bool {
		return c.Type == schemas.JSON && slices.ContainsFunc(c.From, func(f string) bool { return schemas.NormalHeader(f) == schemas.NormalHeader(key) })
	})
}

func quoteJSON(s string) string {
	out, _ := json.Marshal(s) // a text always has a JSON form
	return string(out)
}
