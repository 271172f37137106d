package transform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDateOrder_isWhatTheCellsProve(t *testing.T) {
	american := "columns:\n  id: {from: [id], type: text}\n  d: {from: [d], type: date, layouts: ['01/02/2006', '1/2/2006']}\n"
	british := "columns:\n  id: {from: [id], type: text}\n  d: {from: [d], type: timestamp, layouts: ['02.01.2006 15:04', '2.1.2006']}\n"
	iso := "columns:\n  id: {from: [id], type: text}\n  d: {from: [d], type: timestamp}\n"
	both := "columns:\n  id: {from: [id], type: text}\n  d: {from: [d], type: date, layouts: ['01/02/2006', '02/01/2006']}\n"
	for name, tc := range map[string]struct {
		yaml, cells string
		want        []string
		findings    []string
		rules       string
	}{
		"nothing is proved":        {american, "04/03/2021 1/2/2021", []string{"2021-04-03", "2021-01-02"}, nil, ""},
		"as the contract has it":   {american, "04/03/2021 04/13/2021", []string{"2021-04-03", "2021-04-13"}, nil, ""},
		"turned round":             {american, "04/03/2021 13/04/2021 2021-01-02", []string{"2021-03-04", "2021-04-13", "2021-01-02"}, []string{"date_order d 2"}, ""},
		"some are":                 {american, "04/03/2021 13/04/2021 04/13/2021 2021-01-02", []string{"", "", "", "2021-01-02"}, []string{"date_order d 3"}, ""},
		"a date that is none":      {american, "04/03/2021 31/31/2020 04/13/2021", []string{"2021-04-03", "2021-04-13"}, nil, "range d"},
		"day first, turned round":  {british, "03.04.2021 04.13.2021 3.4.2021", []string{"2021-03-04T00:00:00Z", "2021-04-13T00:00:00Z", "2021-03-04T00:00:00Z"}, []string{"date_order d 3"}, ""},
		"day first":                {british, "03.04.2021 13.04.2021", []string{"2021-04-03T00:00:00Z", "2021-04-13T00:00:00Z"}, nil, ""},
		"both layouts, day proved": {both, "04/03/2021 13/04/2021", []string{"2021-03-04", "2021-04-13"}, []string{"date_order d 2"}, ""},
		"both layouts, both":       {both, "04/03/2021 13/04/2021 04/13/2021", []string{"", "", ""}, []string{"date_order d 3"}, ""},
		// What a spreadsheet knew for a date, in its own order, is a real date; the rest are texts.
		"half of them taken":      {american, "13/04/2021 2021-04-03 25/01/2020", []string{"", "", ""}, []string{"date_order d 3"}, ""},
		"half, month first":       {american, "01/14/2020 2020-02-01 03/25/2020 2020-05-03T00:00:00", []string{"", "", "", ""}, []string{"date_order d 4"}, ""},
		"half, as an Excel shows": {american, "13/04/2021 Mar_1,_2021", []string{"", ""}, []string{"date_order d 2"}, ""},
		"a real date of a day 13": {american, "01/14/2020 2020-02-01 2020-02-13", []string{"2020-01-14", "2020-02-01", "2020-02-13"}, nil, ""},
		"a text of either":        {american, "01/14/2020 2020-02-01 02/02/2020", []string{"2020-01-14", "2020-02-01", "2020-02-02"}, nil, ""},
		"real dates alone":        {american, "2020-02-01 2020-02-02", []string{"2020-02-01", "2020-02-02"}, nil, ""},
		"too many for chance":     {american, "2020-02-01 2020-02-13" + strings.Repeat(" 01/14/2020", 10), make([]string, 12), []string{"date_order d 12"}, ""},
		"ends of months":          {american, "2020-02-01 2020-02-13" + strings.Repeat(" 01/31/2020", 3), []string{"2020-02-01", "2020-02-13", "2020-01-31", "2020-01-31", "2020-01-31"}, nil, ""},
		"half, day first":         {british, "13.04.2021 2021-04-03", []string{"", ""}, []string{"date_order d 2"}, ""},
		// Where dates are written with dots the day comes first.
		"dots, proved":              {american, "13.04.2020 1.2.2026 05.06.2020_08:30 05.06.2020_08:30:15", []string{"2020-04-13", "2026-02-01", "2020-06-05", "2020-06-05"}, []string{"date_order d 4"}, ""},
		"dots, not proved":          {american, "03.04.2021", []string{"2021-04-03"}, []string{"date_order d 1"}, ""},
		"dots, month first":         {american, "03.04.2021 04.13.2021", []string{"", ""}, []string{"date_order d 2"}, ""},
		"dots of what was turned":   {american, "03.04.2021 04/13/2021", []string{"", ""}, []string{"date_order d 2"}, ""},
		"dots beside slashes":       {american, "03.04.2021 04/03/2021", []string{"", ""}, []string{"date_order d 2"}, ""},
		"both have the day first":   {american, "13.04.2021 04/03/2021 25/03/2021", []string{"2021-04-13", "2021-03-04", "2021-03-25"}, []string{"date_order d 3"}, ""},
		"dots, two digits":          {american, "13.04.2020 13.04.20 01.02.03", []string{"2020-04-13"}, []string{"date_order d 3"}, "type d, type d"},
		"dots, no such day":         {american, "13.04.2020 31.02.2020", []string{"2020-04-13"}, []string{"date_order d 2"}, "range d"},
		"dashes, proved":            {american, "13-04-2020 01-02-2026_10:00", []string{"2020-04-13", "2026-02-01"}, []string{"date_order d 2"}, ""},
		"dashes, not proved":        {american, "03-04-2020 2020-04-13", []string{"2020-04-13"}, nil, "type d"},
		"slashes, proved":           {british, "13/04/2020 01/02/2026", []string{"2020-04-13T00:00:00Z", "2026-02-01T00:00:00Z"}, nil, ""},
		"dots in a contract of ISO": {iso, "13.04.2020 01.02.2026_15:04", []string{"2020-04-13T00:00:00Z", "2026-02-01T15:04:00Z"}, nil, ""},
		"kept as text":              {american, "='04/03/2021 '13/04/2021", nil, nil, "type d"},
	} {
		for _, format := range []string{"csv", "ndjson"} {
			t.Run(name+", "+format, func(t *testing.T) {
				in := "id,d\n"
				for cell := range strings.FieldsSeq(tc.cells) {
					in += `1,"` + strings.ReplaceAll(cell, "_", " ") + "\"\n"
				}
				if format == "ndjson" {
					in = `{"id":"1","d":"` + strings.Join(strings.Fields(tc.cells), "\"}\n{\"id\":\"1\",\"d\":\"") + "\"}\n"
					in = strings.ReplaceAll(in, "_", " ")
				}
				r, err := transformed(t, "format: "+format+"\n"+tc.yaml, Options{BatchRows: 1}, input(in))
				if err != nil {
					t.Fatal(err)
				}
				if got := column(r.rows["balkanid.test"], "d"); tc.want != nil && !cmp.Equal(tc.want, got) {
					t.Errorf("dates %v, want %v", got, tc.want)
				}
				if got := findingsOf(r); tc.want != nil && !cmp.Equal(tc.findings, got) {
					t.Errorf("findings %v, want %v", got, tc.findings)
				}
				var rules []string
				for i := range r.rejects {
					rules = append(rules, r.rule(i)+" d")
				}
				if strings.Join(rules, ", ") != tc.rules {
					t.Errorf("rejects %v", r.rejects)
				}
			})
		}
	}
}

// A column in doubt is like one that is missing, but that its texts are kept.
func TestDateOrder_inDoubt(t *testing.T) {
	y := "columns:\n  id: {from: [id], type: text}\n  d: {from: [d], type: date, layouts: ['01/02/2006']}\n  e: {from: [e], type: date, layouts: ['02.01.2006']}\n"
	r, err := transformed(t, y, Options{}, input("id,d,e,more\n1,04/03/2021,13.01.2021,x\n2,13/04/2021,,\n3,04/13/2021,05.06.2021,\n4,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"more":"x","_unread":{"d":"04/03/2021"}}`, `{"_unread":{"d":"13/04/2021"}}`, `{"_unread":{"d":"04/13/2021"}}`, ""}, column(r.rows["balkanid.test"], "_extra")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2021-01-13", "", "2021-06-05", ""}, column(r.rows["balkanid.test"], "e")); diff != "" {
		t.Error(diff)
	}
	var missing []string
	for _, d := range r.drift {
		if d.Change == "column_missing" {
			missing = append(missing, d.Column)
		}
	}
	if diff := cmp.Diff([]string{"d"}, missing); diff != "" {
		t.Error(diff)
	}
	r, err = transformed(t, strings.Replace(y, "layouts: ['01/02/2006']", "required: true, layouts: ['01/02/2006']", 1), Options{}, input("id,d,e\n1,04/03/2021,\n2,13/04/2021,\n3,04/13/2021,\n"))
	if err != nil || len(r.rejects) != 3 || r.rule(0) != "required" {
		t.Errorf("a required date in doubt: %v, rejects %v", err, r.rejects)
	}
}

// A file that proves nothing goes by the others of the export.
func TestDateOrder_acrossFiles(t *testing.T) {
	y := "format: zip\ncolumns:\n  id: {from: [id], type: text}\n  d: {from: [d], type: date, layouts: ['01/02/2006']}\n"
	unsure, day, month := "id,d\n1,04/03/2021\n", "id,d\n2,13/04/2021\n", "id,d\n3,04/13/2021\n"
	for name, tc := range map[string]struct {
		texts []string
		want  []string
	}{
		"one is turned round":           {[]string{unsure, day}, []string{"2021-03-04", "2021-04-13"}},
		"each proves its own":           {[]string{day, month}, []string{"2021-04-13", "2021-04-13"}},
		"and one nothing beside them":   {[]string{day, unsure, month}, []string{"2021-04-13", "", "2021-04-13"}},
		"one is as the contract has it": {[]string{unsure, month}, []string{"2021-04-03", "2021-04-13"}},
	} {
		var parts []Input
		var members []string
		for i, text := range tc.texts {
			in := input(text)
			in.Part = i
			parts = append(parts, in)
			members = append(members, string(rune('a'+i))+".csv", text)
		}
		for how, inputs := range map[string][]Input{"parts": parts, "members": {input(zipped(t, members...))}} {
			r, err := transformed(t, y, Options{}, inputs...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, column(r.rows["balkanid.test"], "d")); diff != "" {
				t.Errorf("%s, %s: %s", name, how, diff)
			}
		}
	}
}

// One file is of one dialect.
func TestDateOrder_acrossColumns(t *testing.T) {
	y := "columns:\n  id: {from: [id], type: text}\n"
	for _, c := range []string{"d", "e", "f"} {
		y += "  " + c + ": {from: [" + c + "], type: date, layouts: ['01/02/2006', '02.01.2006']}\n"
	}
	for name, tc := range map[string]struct {
		texts    []string
		d, e     []string
		findings []string
		says     string
	}{
		"one proves it for both":   {[]string{"13/04/2021,04/03/2026,"}, []string{"2021-04-13"}, []string{"2026-03-04"}, []string{"date_order d 1", "date_order e 1"}, "cells of d prove that the day comes first"},
		"as the contract has it":   {[]string{"04/13/2021,04/03/2026,"}, []string{"2021-04-13"}, []string{"2026-04-03"}, nil, ""},
		"of another form":          {[]string{"13/04/2021,04.03.2026,"}, []string{"2021-04-13"}, []string{"2026-03-04"}, []string{"date_order d 1"}, ""},
		"they contradict":          {[]string{"13/04/2021,04/23/2026,"}, []string{""}, []string{""}, []string{"date_order d 1", "date_order e 1"}, "cells of d, e prove that the day comes first, others that the month does"},
		"two contradict for three": {[]string{"04/03/2021,04/23/2026,23/04/2026"}, []string{""}, []string{""}, []string{"date_order d 1", "date_order e 1", "date_order f 1"}, "cells of e, f prove"},
		"another file":             {[]string{"13/04/2021,,", ",04/03/2026,"}, []string{"2021-04-13", ""}, []string{"", "2026-03-04"}, []string{"date_order d 1", "date_order e 1"}, "cells of other files prove"},
		"own file before others":   {[]string{"04/13/2021,,", "13/04/2021,04/03/2026,"}, []string{"2021-04-13", "2021-04-13"}, []string{"", "2026-03-04"}, []string{"date_order d 1", "date_order e 1"}, ""},
		"real dates beside texts":  {[]string{"13/04/2021,2026-04-03,", "2021-04-03,,"}, []string{"2021-04-13", "2021-04-03"}, []string{"2026-04-03", ""}, []string{"date_order d 1"}, ""},
		"half of a file taken":     {[]string{"13/04/2021,2026-04-03,\n1,2021-04-03,,"}, []string{"", ""}, []string{"", ""}, []string{"date_order d 2", "date_order e 1"}, "in d the real dates"},
		"but not in that column":   {[]string{"13/04/2021,2026-04-13,\n1,2021-04-03,,"}, []string{"", ""}, []string{"2026-04-13", ""}, []string{"date_order d 2"}, "in d the real dates"},
	} {
		var parts []Input
		for i, text := range tc.texts {
			in := input("id,d,e,f\n1," + text + "\n")
			in.Part = i
			parts = append(parts, in)
		}
		r, err := transformed(t, y, Options{}, parts...)
		if err != nil {
			t.Fatal(err)
		}
		got := [][]string{column(r.rows["balkanid.test"], "d"), column(r.rows["balkanid.test"], "e")}
		if diff := cmp.Diff([][]string{tc.d, tc.e}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got := findingsOf(r); !cmp.Equal(tc.findings, got) {
			t.Errorf("%s: findings %v, want %v", name, got, tc.findings)
		}
		details := ""
		for _, f := range r.stream.Findings {
			details += f.Detail
		}
		if !strings.Contains(details, tc.says) {
			t.Errorf("%s: %s", name, details)
		}
	}
}

// A spreadsheet where dates have dots takes what has slashes for the like.
func TestDateOrder_dotsOfAFile(t *testing.T) {
	y := "columns:\n  id: {from: [id], type: text}\n  d: {from: [d], type: date, layouts: ['01/02/2006']}\n  e: {from: [e], type: date, layouts: ['01/02/2006']}\n"
	for cells, want := range map[string][]string{
		"04/13/2021,04.03.2026": {"2021-04-13", ""},
		"13.04.2021,04.03.2026": {"2021-04-13", "2026-03-04"},
		"13/04/2021,04.03.2026": {"2021-04-13", "2026-03-04"},
		"03.04.2021,13.04.2026": {"2021-04-03", "2026-04-13"},
	} {
		r, err := transformed(t, y, Options{}, input("id,d,e\n1,"+cells+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := append(column(r.rows["balkanid.test"], "d"), column(r.rows["balkanid.test"], "e")...); !cmp.Equal(want, got) {
			t.Errorf("%s: %v, want %v", cells, got, want)
		}
	}
}

// One date of another hand is a slip, two columns or a file that differ are not.
func TestDateOrder_slips(t *testing.T) {
	y := "columns:\n  id: {from: [id], type: text}\n  d: {from: [d], type: date, layouts: ['01/02/2006']}\n  e: {from: [e], type: date, layouts: ['01/02/2006']}\n"
	month, day := strings.Repeat("1,04/13/2021,\n", 100), strings.Repeat("1,13/04/2021,\n", 100)
	for name, tc := range map[string]struct {
		in       string
		loaded   int
		d, e     string // of the first row
		findings []string
	}{
		"one in a hundred":               {"1,04/03/2021,02/03/2026\n" + month + "1,31/12/2020,\n", 101, "2021-04-03", "2026-02-03", []string{"date_order d 1"}},
		"against the contract":           {"1,04/03/2021,02/03/2026\n" + day + "1,12/31/2020,\n", 101, "2021-03-04", "2026-03-02", []string{"date_order d 102", "date_order e 1"}},
		"one too many":                   {"1,04/03/2021,02/03/2026\n" + month + "1,31/12/2020,\n1,31/12/2020,\n", 103, "", "", []string{"date_order d 103", "date_order e 1"}},
		"another column is of that hand": {"1,04/03/2021,02/03/2026\n" + month + "1,04/13/2021,31/12/2020\n", 102, "2021-04-03", "", []string{"date_order e 2"}},
		"a slip with dots":               {"1,04/03/2021,02/03/2026\n" + month + "1,03.04.2020,\n", 101, "2021-04-03", "2026-02-03", nil},
		"a slip beside a clean column":   {"1,04/03/2021,02/13/2026\n" + month + "1,31/12/2020,\n", 101, "2021-04-03", "2026-02-13", []string{"date_order d 1"}},
	} {
		r, err := transformed(t, y, Options{}, input("id,d,e\n"+tc.in))
		if err != nil {
			t.Fatal(err)
		}
		rows := r.rows["balkanid.test"]
		if d, e := column(rows, "d"), column(rows, "e"); len(rows) != tc.loaded || d[0] != tc.d || e[0] != tc.e {
			t.Errorf("%s: %d rows, first %s %s", name, len(rows), d[0], e[0])
		}
		if got := findingsOf(r); !cmp.Equal(tc.findings, got) {
			t.Errorf("%s: findings %v, want %v", name, got, tc.findings)
		}
	}
}

func TestCases_datesOfAPortal(t *testing.T) {
	r := builtinCase(t, "balkanid.employees", "portal-07date_uk/employees.csv")
	if got := column(r.rows["observed.identities"], "start_on"); len(got) != 58 || got[0] != "2018-02-08" || len(r.stream.Findings) != 0 {
		t.Errorf("%d dates: %v; %v", len(got), got, r.stream.Findings)
	}
	if len(r.rejects) != 1 || r.rejects[0]["field"] != "start_date" {
		t.Errorf("rejects %v", r.rejects)
	}
}
