package files_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zip"
	"github.com/xuri/excelize/v2"

	"github.com/accessmart/accessmart/schemas"
)

func zipped(t *testing.T, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err == nil {
			_, err = w.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Each member of an archive goes where its own name or header says, whatever
// the archive is called, and the archive is stored once.
func TestRun_archiveOfEverything(t *testing.T) {
	for _, name := range []string{"balkanid.zip", "requests.zip"} {
		b := newBench(t)
		b.put(name, zipped(t, "requests.csv", "r", "out/apps_2026-05-12.csv", "a", "__MACOSX/._requests.csv", "m", "notes.md", "n",
			"more.zip", zipped(t, "entities.csv", "e"), "list.csv", "1,2\n"))
		got := b.run("apps", "requests", "entities")
		for i, member := range []string{"out/apps_2026-05-12.csv", "requests.csv"} {
			if p := got[i].Parts; len(p) != 1 || !slices.Equal(p[0].Members, []string{member}) || p[0].Name != name || p[0].Artifact != got[0].Parts[0].Artifact {
				t.Errorf("%s: parts of %s: %+v %s", name, got[i].Dataset, p, got[i].Error)
			}
		}
		if got[2].Complete {
			t.Errorf("an archive in the archive was read: %+v", got[2])
		}
		var left []string
		for _, e := range got {
			for _, f := range e.Files {
				if !f.Read {
					left = append(left, f.Name)
				}
			}
		}
		if want := []string{name + "!notes.md", name + "!more.zip", name + "!list.csv"}; !slices.Equal(left, want) {
			t.Errorf("left %q, want %q", left, want)
		}
		if f := got[0].Parts[0]; f.FileTimeOf != schemas.FileTimeName || f.FileTime.Day() != 12 {
			t.Errorf("the member's time: %v %s", f.FileTime, f.FileTimeOf)
		}
	}
}

func TestRun_archiveByItsName(t *testing.T) {
	b := newBench(t)
	b.put("requests.zip", zipped(t, "export.csv", "r", "README.txt", "read me"))
	e := b.run("requests")[0]
	if !e.Complete || len(e.Parts) != 1 || !slices.Equal(e.Parts[0].Members, []string{"export.csv"}) {
		t.Errorf("%+v", e)
	}
	b.put("requests.zip", zipped(t, "one.csv", "r", "two.csv", "s"))
	if e := b.run("requests")[0]; e.Complete || !strings.Contains(e.Error, "requests.zip!one.csv, requests.zip!two.csv may be several deliveries") {
		t.Errorf("%+v", e)
	}
	b.put("requests.zip", zipped(t, "part1.csv", "r", "part2.csv", "s"))
	if e := b.run("requests")[0]; !e.Complete || len(e.Parts[0].Members) != 2 {
		t.Errorf("%+v", e)
	}
	for text, why := range map[string]string{
		zipped(t, "a.csv", "1", "a.csv", "2"): "two members of one name",
		zipped(t):                             "holds no files",
		"PK\x03\x04 cut off":                  "cannot be read",
	} {
		b.put("requests.zip", text)
		if e := b.run("requests")[0]; e.Complete || !strings.Contains(e.Error, why) {
			t.Errorf("%s: %+v", why, e)
		}
	}
}

// A workbook feeds the datasets that its sheets are called after; one with no
// such sheet is what its name, or the header of its first sheet, says.
func TestRun_workbook(t *testing.T) {
	book := func(sheets ...[]string) string { return workbook(t, sheets...) }
	b := newBench(t)
	b.put("Export 2026-05-12.xlsx", book([]string{"Apps", "a"}, []string{"Requests", "b"}, []string{"Notes"}))
	for _, e := range b.run("apps", "requests") {
		if !e.Complete || len(e.Parts) != 1 || e.Files[0].How != "header" || e.Parts[0].FileTime.Day() != 12 {
			t.Errorf("%+v", e)
		}
	}
	documents := []string{"Sheet1", "Self ID", "Object", "Version", "Tenant"}
	b = newBench(t)
	b.put("Requests.xlsx", book([]string{"Sheet1", "x"}))
	b.put("book.xlsx", book([]string{"Sheet1", "x"}))
	b.put("export.xlsx", book(documents))
	b.put("broken.xlsx", "PK\x03\x04 [Content_Types].xml")
	got := b.run("requests", "documents")
	if e := got[0]; !e.Complete || len(e.Parts) != 1 || e.Parts[0].Name != "Requests.xlsx" || len(e.Files) != 3 {
		t.Errorf("by its name: %+v", e)
	}
	if e := got[1]; !e.Complete || len(e.Parts) != 1 || e.Parts[0].Name != "export.xlsx" || e.Files[0].How != "header" {
		t.Errorf("by its header: %+v", e)
	}
	b = newBench(t)
	b.put("book.xlsx", book(append([]string{"Requests"}, documents[1:]...)))
	if e := b.run("requests")[0]; e.Complete || !strings.Contains(e.Files[0].Reason, "the sheet is called requests, its header is that of documents") {
		t.Errorf("a sheet with another header: %+v", e)
	}
}

// workbook is one of sheets, each its name and its header.
func workbook(t *testing.T, sheets ...[]string) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, s := range sheets {
		var err error
		if i == 0 {
			err = f.SetSheetName("Sheet1", s[0])
		} else {
			_, err = f.NewSheet(s[0])
		}
		header := s[1:]
		if err == nil {
			err = f.SetSheetRow(s[0], "A1", &header)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A workbook is known by a sheet behind its summary, also under the ending of
// an older one and inside an archive.
func TestRun_workbookWithSummary(t *testing.T) {
	documents := workbook(t, []string{"Summary", "made by", "Ann"}, []string{"Data", "Self ID", "Object", "Version", "Tenant"})
	requests := workbook(t, []string{"Sheet1", "x"})
	for name, archived := range map[string]bool{"loose": false, "in an archive": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if archived {
				b.put("all.zip", zipped(t, "export.xlsx", documents, "Requests.xls", requests, "broken.xlsx", "PK\x03\x04"))
			} else {
				b.put("export.xlsx", documents)
				b.put("Requests.xls", requests)
			}
			for i, e := range b.run("documents", "requests") {
				if !e.Complete || len(e.Parts) != 1 || e.Files[len(e.Files)-1].How != []string{"header", "name"}[i] {
					t.Errorf("%+v", e)
				}
				if archived && e.Parts[0].Members[0] != []string{"export.xlsx", "Requests.xls"}[i] {
					t.Errorf("members %q", e.Parts[0].Members)
				}
			}
		})
	}
}
