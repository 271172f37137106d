package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// onThePage are the texts in docs/questions.md in whose place a reader puts his own, and
// queries of one that fits in the fixture.
var onThePage = map[string]string{
	"ann@example.com": furthest,
	"lee@example.com": "select min(email) as name from report.leavers_with_access where grant_count > 0",
	"max@example.com": "select m.email from people p join people m on m.identity_key = p.manager_identity_key where m.email is not null group by m.email order by count(*) desc, m.email limit 1",
	"eve@example.com": `select i.email from access_requests r join identities i on i.identity_key = r.beneficiary_identity_key
		where r.action = 'grant' and r.status = 'completed' and i.email is not null order by i.email limit 1`,
	"2026-02-01 12:00:00+00": "select strftime(min(as_of) + interval 1 second, '%Y-%m-%d %H:%M:%S+00') as at from meta.runs",
}

// questionsAreAnswered runs each query of docs/questions.md. A question has a trap, a way to
// read the answer, and what no row means; there is a row, unless the page says why there is none.
func (f *fixture) questionsAreAnswered(t *testing.T) {
	page, err := os.ReadFile("../../docs/questions.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for word, query := range onThePage {
		if !strings.Contains(text, word) {
			t.Errorf("the page does not have %s", word)
		}
		rows := f.query(t, query)
		if len(rows) != 1 {
			t.Fatalf("%s: %d rows", query, len(rows))
		}
		for _, value := range rows[0] {
			text = strings.ReplaceAll(text, "'"+word+"'", "'"+cellText(value)+"'")
		}
	}
	block := regexp.MustCompile("(?s)```sql\n(.*?);?\n```")
	questions := strings.Split(text, "\n## ")[1:]
	if len(questions) != 20 {
		t.Errorf("%d questions", len(questions))
	}
	for i, q := range questions {
		title, _, _ := strings.Cut(q, "\n")
		blocks := block.FindAllStringSubmatch(q, -1)
		if !strings.HasPrefix(title, fmt.Sprintf("%d. ", i+1)) || len(blocks) != 1 {
			t.Errorf("%s: want its number, and one query; it has %d", title, len(blocks))
			continue
		}
		for _, part := range []string{"- **Trap**: ", "- **Read**: ", "- **No row**: "} {
			if strings.Count(q, part) != 1 {
				t.Errorf("%s: want one %q", title, part)
			}
		}
		rows := f.query(t, blocks[0][1])
		if empty := strings.Contains(q, "<!-- empty in the company of the test: "); empty != (len(rows) == 0) {
			t.Errorf("%s: %d rows, and the page says that there are none: %v", title, len(rows), empty)
		}
	}
}
