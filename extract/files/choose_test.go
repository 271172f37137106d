package files_test

import (
	"slices"
	"strings"
	"testing"
)

// Which of several files of a dataset are read. A name with content after a
// colon has those bytes, else bytes of its own.
func TestRun_deliveries(t *testing.T) {
	for name, tc := range map[string]struct {
		files []string
		read  string // names, joined by a blank
		left  string // name and a piece of the reason
		fails string // a piece of the error
		join  bool
	}{
		"the newer of two days":               {files: []string{"requests.2026-05-12.csv", "requests.2026-05-13.csv"}, read: "requests.2026-05-13.csv", left: "requests.2026-05-12.csv: it is older, of 2026-05-12, than requests.2026-05-13.csv, of 2026-05-13"},
		"a day is told from a number":         {files: []string{"requests_20260512.csv", "requests_20260601.csv"}, read: "requests_20260601.csv", left: "20260512"},
		"months by name":                      {files: []string{"Requests 12 May 2026.csv", "Requests Jun 1, 2026.csv"}, read: "Requests Jun 1, 2026.csv", left: "Requests 12 May 2026.csv"},
		"months as numbers":                   {files: []string{"requests.2026-01.csv", "requests.2026-02.csv"}, read: "requests.2026-02.csv", left: "requests.2026-01.csv: it is older, of 2026-01"},
		"the later hour of a day":             {files: []string{"requests-2026-05-12T0200Z.csv", "requests-2026-05-12T1400Z.csv"}, read: "requests-2026-05-12T1400Z.csv", left: "T0200Z"},
		"zones":                               {files: []string{"requests-2026-05-12T020000+0500.csv", "requests-2026-05-12T000000Z.csv"}, read: "requests-2026-05-12T000000Z.csv", left: "+0500"},
		"folders of days":                     {files: []string{"2026-05-12/requests.csv", "2026-05-13/requests.csv"}, read: "2026-05-13/requests.csv", left: "2026-05-12/requests.csv"},
		"the document says of when it is":     {files: []string{`config.json:{"timestamp":"2026-05-12T01:00:00Z","objects":[{"version":1,"self":{},"object":{}}]}`, `other.json:{"objects":[{"version":1,"self":{},"object":{}}],"timestamp":"2026-05-13T01:00:00Z"}`}, read: "other.json", left: "config.json: it is older, of 2026-05-12T01:00:00Z"},
		"a copy":                              {files: []string{"requests (1).csv:a", "requests.csv:a"}, read: "requests.csv", left: "requests (1).csv: it has the same bytes as requests.csv"},
		"a copy of a day is of that day":      {files: []string{"requests.2026-05-12.csv:a", "requests.csv:a"}, read: "requests.2026-05-12.csv", left: "requests.csv: it has the same bytes"},
		"parts":                               {files: []string{"requests.part1.csv", "requests.part2.csv"}, read: "requests.part1.csv requests.part2.csv"},
		"parts of three":                      {files: []string{"requests-1of3.csv", "requests-2of3.csv", "requests-3of3.csv"}, read: "requests-1of3.csv requests-2of3.csv requests-3of3.csv"},
		"parts of a day, in names":            {files: []string{"requests.2026-05-12.eu.csv:id\n1\n", "requests.2026-05-12.us.csv:id\n2\n", "requests.2026-05-11.eu.csv"}, read: "requests.2026-05-12.eu.csv requests.2026-05-12.us.csv", left: "05-11"},
		"parts of a day, numbered":            {files: []string{"requests-2026-05-12-0001.csv", "requests-2026-05-12-0002.csv"}, read: "requests-2026-05-12-0001.csv requests-2026-05-12-0002.csv"},
		"parts of two days":                   {files: []string{"requests.2026-05-12.part1.csv", "requests.2026-05-12.part2.csv", "requests.2026-05-13.part1.csv"}, read: "requests.2026-05-13.part1.csv", left: "requests.2026-05-12.part1.csv"},
		"parts by what they answer":           {files: []string{"apps.integration_id=a.csv", "apps.integration_id=b.csv"}, read: "apps.integration_id=a.csv apps.integration_id=b.csv"},
		"the same bytes are two answers":      {files: []string{"apps.integration_id=a.csv:x", "apps.integration_id=b.csv:x"}, read: "apps.integration_id=a.csv apps.integration_id=b.csv"},
		"the newest of each answer":           {files: []string{"apps.integration_id=a.2026-05-12.csv", "apps.integration_id=a.2026-05-13.csv", "apps.integration_id=b.2026-05-12.csv"}, read: "apps.integration_id=a.2026-05-13.csv apps.integration_id=b.2026-05-12.csv", left: "a.2026-05-12"},
		"joined because somebody said so":     {files: []string{"requests.2026-05-12.csv", "requests.csv"}, read: "requests.2026-05-12.csv requests.csv", join: true},
		"two without times":                   {files: []string{"requests.eu.csv", "requests.us.csv"}, fails: "may be several deliveries: none says of when it is"},
		"a download again":                    {files: []string{"requests.csv", "requests (1).csv"}, fails: "several deliveries"},
		"a download again on the day":         {files: []string{"requests_2026-05-12.csv", "requests_2026-05-12 (1).csv"}, fails: "they are called alike"},
		"numbers may be versions":             {files: []string{"requests-1.csv", "requests-2.csv"}, fails: "several deliveries"},
		"one with a time and one without":     {files: []string{"requests.2026-05-12.csv", "requests.csv"}, fails: "some say of when they are, some do not"},
		"a day and an hour of it":             {files: []string{"requests.2026-05-12.csv", "requests.2026-05-12T1400Z.csv"}, fails: "which is the newest is not certain"},
		"days that may be read in two ways":   {files: []string{"requests.03-04-2026.csv", "requests.04-03-2026.csv"}, fails: "several deliveries"},
		"hours that look like numbers":        {files: []string{"requests_2026-05-12_0930.csv", "requests_2026-05-12_1745.csv"}, fails: "part"},
		"two formats of a day":                {files: []string{"requests.2026-05-12.csv", "requests.2026-05-12.json"}, fails: "they are called alike"},
		"a part that is missing":              {files: []string{"requests.part1.csv", "requests.part3.csv"}, fails: "part 2 is missing"},
		"the first part is missing":           {files: []string{"requests.part2.csv"}, fails: "part 1 is missing"},
		"the last part of three is missing":   {files: []string{"requests-1of3.csv", "requests-2of3.csv"}, fails: "part 3 is missing"},
		"a copy of an answer":                 {files: []string{"apps.integration_id=a.csv:x", "apps.integration_id=a (1).csv:x"}, read: "apps.integration_id=a.csv", left: "a (1).csv: it has the same bytes"},
		"an answer again":                     {files: []string{"apps.integration_id=a.csv", "apps.integration_id=a (1).csv"}, fails: "they are called alike"},
		"a whole one among the answers":       {files: []string{"apps.integration_id=a.csv", "apps.csv"}, fails: "some say in their names what they answer"},
		"documents of two tenants, though":    {files: []string{`a.json:{"timestamp":"2026-05-12T01:00:00Z","tenant":"one","objects":[{"version":1,"self":{},"object":{}}]}`, `b.json:{"timestamp":"2026-05-12T01:00:00Z","tenant":"two","objects":[{"version":1,"self":{},"object":{}}]}`}, fails: "a.json and b.json are of two tenants", join: true},
		"a correction":                        {files: []string{"requests.2026-05-12.csv:id\n1\n", "requests.2026-05-12.corrected.csv:id\n2\n"}, fails: `"corrected" may be a version and no part`},
		"a whole one and a part":              {files: []string{"requests.2026-05-12.csv:id\n1\n", "requests.2026-05-12.eu.csv:id\n2\n"}, fails: "requests.2026-05-12.csv does not say of what part it is"},
		"two versions":                        {files: []string{"requests.2026-05-12.v1.csv:id\n1\n", "requests.2026-05-12.v2.csv:id\n2\n"}, fails: `"v1" may be a version and no part`},
		"two times of a day":                  {files: []string{"requests.2026-05-12.8am.csv:id\n1\n", "requests.2026-05-12.5pm.csv:id\n2\n"}, fails: "may be a version and no part"},
		"two installations":                   {files: []string{"apps.env=prod.csv:id\n1\n", "apps.env=test.csv:id\n2\n"}, fails: `"prod" may be a version and no part`},
		"two answers to what nobody asks":     {files: []string{"apps.region=eu.csv:id\n1\n", "apps.region=us.csv:id\n2\n"}, read: "apps.region=eu.csv apps.region=us.csv"},
		"with records in common":              {files: []string{"apps.region=eu.csv:id\n1\n", "apps.region=us.csv:id\n2\n1\n"}, fails: "they have records in common"},
		"in another format":                   {files: []string{"requests.2026-05-12.eu.csv:id\n1\n", "requests.2026-05-12.us.json:[{}]"}, fails: "whether they have records in common is not known"},
		"with another header":                 {files: []string{"requests.2026-05-12.eu.csv:id\n1\n", "requests.2026-05-12.us.csv:id,b\n2,1\n"}, fails: "their headers differ"},
		"numbers of versions of a day":        {files: []string{"people_20260512_1.csv:Email,Name\na,A\nb,B\n", "people_20260512_2.csv:Email,Name\na,A1\nb,B2\n"}, fails: "they have records of one Email"},
		"numbers of parts of a day":           {files: []string{"people_20260512_1.csv:Email,Name\na,A\nb,B\n", "people_20260512_2.csv:Email,Name\nc,C\nd,D\n"}, read: "people_20260512_1.csv people_20260512_2.csv"},
		"but for the time of the line":        {files: []string{"people_20260512.hr.csv:At,City\n1,A\n2,A\n", "people_20260512.it.csv:City,At\nA,3\nB,4\n"}, fails: "their headers differ"},
		"the same but for the time":           {files: []string{"people_20260512.hr.csv:At,City\n1,A\n2,A\n", "people_20260512.it.csv:At,City\n3,A\n4,B\n"}, fails: "they have records in common"},
		"one value for all":                   {files: []string{"people_20260512.hr.csv:Email;City\na;A\nb;A\n", "people_20260512.it.csv:Email;City\nc;A\nd;A\n"}, read: "people_20260512.hr.csv people_20260512.it.csv"},
		"parts of two names":                  {files: []string{"people_part1.csv:Email\na\n", "people.corrected.part2.csv:Email\nb\n"}, fails: `"corrected" may be a version`},
		"one file for each record":            {files: []string{`ROLE/Team - a.json:{"version":1,"self":{"type":"ROLE","id":"a","name":"N"},"object":{"id":1}}`, `ROLE/Team 2026-01-01 part 2 of 3 - b.json:{"version":1,"self":{"type":"ROLE","id":"b","name":"N"},"object":{"id":1}}`, `x=y.json:{"version":1,"self":{"type":"ROLE","id":"c","name":"N"},"object":{"id":1}}`}, read: "ROLE/Team - a.json ROLE/Team 2026-01-01 part 2 of 3 - b.json x=y.json"},
		"the newest folder of records":        {files: []string{`2026-05-12/a.json:{"version":1,"self":{"type":"ROLE","id":"a","name":"N"},"object":{"id":1}}`, `2026-05-13/ROLE/a.json:{"version":1,"self":{"type":"ROLE","id":"a","name":"N"},"object":{"id":2}}`}, read: "2026-05-13/ROLE/a.json", left: "2026-05-12/a.json: it is older"},
		"two files of one record":             {files: []string{`a.json:{"version":1,"self":{"type":"ROLE","id":"a","name":"N"},"object":{"id":1}}`, `b.json:{"version":1,"self":{"type":"ROLE","id":"a","name":"N"},"object":{"id":2}}`}, fails: "a.json, b.json may be several deliveries: they are of one record"},
		"the same record twice":               {files: []string{`a.json:{"version":1,"self":{"type":"ROLE","id":"a","name":"N"},"object":{"id":1}}`, `b.json:{"version":1,"self":{"type":"ROLE","id":"a","name":"N"},"object":{"id":1}}`}, read: "a.json", left: "b.json: it has the same bytes"},
		"a record without its key":            {files: []string{`a.json:{"version":1,"self":{"type":"ROLE"},"object":{}}`}, fails: "a.json has no self_id"},
		"a list of records":                   {files: []string{`config.json:[{"version":1,"self":{"type":"ROLE","id":"a"},"object":{"id":1}},{"version":1,"self":{"type":"ROLE","id":"b"},"object":{"id":2}}]`}, read: "config.json"},
		"a record and a document":             {files: []string{`a.json:{"version":1,"self":{"type":"ROLE","id":"a","name":"N"},"object":{"id":1}}`, `b.json:{"timestamp":"2026-05-12T01:00:00Z","objects":[{"version":1,"self":{},"object":{}}]}`}, fails: "some say of when they are, some do not"},
		"a time of the future is no evidence": {files: []string{"requests.2026-05-12.csv", "requests.2099-05-13.csv"}, fails: "some say of when they are, some do not"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.conf.Join = tc.join
			for _, f := range tc.files {
				name, text, ok := strings.Cut(f, ":")
				if !ok {
					text = f
				}
				b.put(name, text)
			}
			plural := "requests"
			switch {
			case strings.HasPrefix(tc.files[0], "apps"):
				plural = "apps"
			case strings.HasPrefix(tc.files[0], "people"):
				plural = "people"
			case strings.Contains(tc.files[0], ".json:"):
				plural = "documents"
			}
			e := b.run(plural)[0]
			var read, left []string
			for _, p := range e.Parts {
				read = append(read, p.Name)
			}
			for _, f := range e.Files {
				if !f.Read {
					left = append(left, f.Name+": "+f.Reason)
				}
			}
			if tc.fails != "" {
				if e.Complete || !strings.Contains(e.Error, tc.fails) || len(left) != len(tc.files) {
					t.Errorf("error %q, left %q, read %q", e.Error, left, read)
				}
				return
			}
			slices.Sort(read)
			if got := strings.Join(read, " "); got != tc.read || !e.Complete {
				t.Errorf("read %q, want %q; %s", got, tc.read, e.Error)
			}
			if all := strings.Join(left, "\n"); !strings.Contains(all, tc.left) || len(left) != len(tc.files)-len(read) {
				t.Errorf("left %q, want %q", all, tc.left)
			}
		})
	}
}
