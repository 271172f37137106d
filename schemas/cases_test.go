package schemas

import (
	"strings"
	"testing"
)

func TestLoad_caseByCondition(t *testing.T) {
	for name, tc := range map[string]struct{ value, want, fault string }{
		"words":                     {"[{when: {kind: a}, then: id}, {when: {kind: [b, c]}, then: mail}]", "first of [id when kind in [a], mail when kind in [b, c]]", ""},
		"a constant, else":          {"[{when: {kind: present}, then: {const: x}}, {else: id}]", `first of ["x" when kind present, id]`, ""},
		"words, else":               {"[{when: {kind: b}, then: id}, {when: {kind: [a]}, then: {const: x}}, {else: mail}]", `first of [id when kind in [b], "x" when kind in [a], mail when kind not in [a, b]]`, ""},
		"present, else":             {"[{when: {kind: present}, then: id}, {else: mail}]", "first of [id when kind present, mail when kind absent]", ""},
		"absent, else":              {"[{when: {kind: absent}, then: id}, {else: mail}]", "first of [id when kind absent, mail when kind present]", ""},
		"not":                       {"[{when: {kind: {not: [a, b]}}, then: id}, {when: {kind: A}, then: mail}]", "first of [id when kind not in [a, b], mail when kind in [a]]", ""},
		"two conditions":            {"[{when: {kind: a, m.x: \"1\"}, then: id}, {when: {m.x: \"2\"}, then: mail}]", "first of [id when kind in [a] and m.x in [1], mail when m.x in [2]]", ""},
		"a condition within":        {"[{when: {kind: a}, then: {column: id, when: {mail: present}}}, {when: {kind: absent}, then: mail}]", "first of [id when kind in [a] and mail present, mail when kind absent]", ""},
		"nothing":                   {"[]", "", "case: want a list of {when"},
		"no list":                   {"kind", "", "case: want a list of {when"},
		"no condition":              {"[{then: id}]", "", "case: no condition; say by when which records it is for"},
		"no value":                  {"[{when: {kind: a}}]", "", "case: no value; say it by then"},
		"else alone":                {"[{else: id}]", "", "else is the last line"},
		"else first":                {"[{else: id}, {when: {kind: a}, then: mail}]", "", "else is the last line"},
		"else with when":            {"[{when: {kind: a}, then: id}, {when: {kind: b}, else: mail}]", "", "else stands alone"},
		"both may hold":             {"[{when: {kind: present}, then: id}, {when: {mail: present}, then: mail}]", "", "case, lines 15 and 16: both may hold for one record"},
		"a word twice":              {"[{when: {kind: [a, b]}, then: id}, {when: {kind: [b]}, then: mail}]", "", "both may hold for one record"},
		"not excludes not":          {"[{when: {kind: {not: [a]}}, then: id}, {when: {kind: {not: [b]}}, then: mail}]", "", "both may hold for one record"},
		"present beside a word":     {"[{when: {kind: present}, then: id}, {when: {kind: a}, then: mail}]", "", "both may hold for one record"},
		"else of two columns":       {"[{when: {kind: a, id: x}, then: id}, {else: mail}]", "", "else: the lines before it do not all ask one"},
		"else of empty":             {"[{when: {kind: empty}, then: id}, {else: mail}]", "", "else: behind kind empty it is not clear"},
		"an unknown word in a line": {"[{when: {kind: a}, give: id}]", "", `unknown field "give"`},
		"an unknown name in a line": {"[{when: {kind: a}, then: $who}]", "", "case, line 15: $who: no such name"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := strings.ReplaceAll(strings.ReplaceAll(tc.value, "[{", "\n          - {"), "}, {", "}\n          - {")
			if strings.HasPrefix(lines, "\n") {
				lines = strings.TrimSuffix(lines, "]")
			}
			c, err := loadMine(t, "emit:\n  - table: accounts\n    set:\n      account_key: {key: account, of: [id]}\n      username:\n        case: "+lines+"\n", nil)
			if tc.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fault) {
					t.Fatalf("got %v, want ...%s...", err, tc.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Emit[0].value("username").String(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
