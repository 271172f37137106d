package files_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/accessmart/accessmart/extract/files"
	"github.com/accessmart/accessmart/schemas"
)

var ofVendors = map[string][]*schemas.Contract{"balkanid": known, "oleria": {{Dataset: "oleria.accounts"}}}

func TestFindVendors(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"BalkanID/requests.csv", "oleria/accounts.csv", "okta/requests.csv", "sub/oleria/accounts.csv",
		"notes.md", "accounts.csv", "all.zip", "requests.csv.gz", ".DS_Store", "access.duckdb", "access.duckdb.data/artifacts/a", "access.duckdb.data/runs/r",
		"access.duckdb.data/journal/j", "__MACOSX/oleria/accounts.csv", "sailpoint"} {
		b.put(name, "text\n")
	}
	b.put("packed.zip", zipped(t, "requests.csv", "r"))
	v, err := files.FindVendors(b.dir, ofVendors)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Folders) != 2 || v.Folders["balkanid"] != filepath.Join(b.dir, "BalkanID") || v.Folders["oleria"] != filepath.Join(b.dir, "oleria") {
		t.Errorf("folders %v", v.Folders)
	}
	if want := []string{"accounts.csv", "packed.zip", "requests.csv.gz"}; !slices.Equal(v.Exports, want) {
		t.Errorf("exports beside them %q, want %q", v.Exports, want)
	}
	var left []string
	for _, f := range v.Unread {
		left = append(left, f.Name)
		if f.Read || f.Reason == "" || f.Dataset != "" {
			t.Errorf("%+v", f)
		}
	}
	if want := []string{"../all.zip", "../notes.md", "../okta/", "../sailpoint", "../sub/"}; !slices.Equal(left, want) {
		t.Errorf("not read %q, want %q", left, want)
	}
	// The folder that is read tells of what lies beside it.
	b.dir, b.conf.Folder, b.conf.Beside = v.Folders["balkanid"], v.Folders["balkanid"], v.Unread
	told := b.run("requests")[0].Files
	if len(told) != len(left)+1 || told[0].Name != left[0] || !told[len(left)].Read {
		t.Errorf("files of the manifest: %+v", told)
	}
}

func TestFindVendors_none(t *testing.T) {
	b := newBench(t)
	b.put("requests.csv", "r\n")
	b.put("sub/oleria/accounts.csv", "a\n")
	if v, err := files.FindVendors(b.dir, ofVendors); err != nil || len(v.Folders) != 0 {
		t.Errorf("%+v %v", v, err)
	}
	if found, err := files.Recognised(b.dir, ofVendors); err != nil || !slices.Equal(found, []string{"balkanid", "oleria"}) {
		t.Errorf("recognised %q %v", found, err)
	}
	if found, err := files.Recognised(filepath.Join(b.dir, "sub"), ofVendors); err != nil || !slices.Equal(found, []string{"oleria"}) {
		t.Errorf("recognised %q %v", found, err)
	}
}

func TestFindVendors_refused(t *testing.T) {
	for name, c := range map[string]struct {
		make func(dir string) error
		want string
	}{
		"none": {os.Remove, "no such file"},
		"two of one name": {func(dir string) error {
			return os.MkdirAll(filepath.Join(dir, "Oleria"), 0o700)
		}, "both named like oleria"},
		"a link": {func(dir string) error {
			return os.Symlink(os.TempDir(), filepath.Join(dir, "balkanid"))
		}, "balkanid is a link to a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if name != "none" {
				if err := os.Mkdir(filepath.Join(dir, "oleria"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.make(dir); err != nil {
				t.Fatal(err)
			}
			if v, err := files.FindVendors(dir, ofVendors); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v; want an error with %q", v, err, c.want)
			}
		})
	}
}
