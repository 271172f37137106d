package load

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	duckdb "github.com/duckdb/duckdb-go/v2"
	"golang.org/x/sys/unix"

	"github.com/accessmart/accessmart/load/database"
)

// plant leaves a log beside the file that renames every grant, as somebody who
// opened a copy of the file would make it.
func plant(t *testing.T, path string, beside ...string) {
	t.Helper()
	mine := filepath.Join(t.TempDir(), "access.duckdb")
	copied(t, mine, path)
	direct(t, mine, "pragma disable_checkpoint_on_shutdown", "update observed.grants set grant_key = 'planted'")
	for _, to := range beside {
		copied(t, to, mine+".wal")
	}
}

// believed is what DuckDB by itself makes of the file.
func believed(t *testing.T, path string) string {
	t.Helper()
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	if _, err := db.Exec("attach " + string(database.Text(path)) + " as access (read_only)"); err != nil {
		t.Fatal(err)
	}
	var key string
	if err := db.QueryRow("select grant_key from access.observed.grants").Scan(&key); err != nil {
		t.Fatal(err)
	}
	return key
}

func TestOpenRead_doesNotBelieveALogBesideTheFile(t *testing.T) {
	s := newSiteWithoutFile(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	link := filepath.Join(filepath.Dir(s.path), "link.duckdb")
	if err := os.Symlink(s.path, link); err != nil {
		t.Fatal(err)
	}
	if found, err := database.ForeignLogs(s.path); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v", found, err)
	}
	plant(t, s.path, s.path+".wal", link+".wal")
	if got := believed(t, s.path); got != "planted" {
		t.Fatalf("DuckDB reads %s: the log that this test plants is none", got)
	}
	for _, path := range []string{s.path, link} {
		if got := query(t, path, "select grant_key from observed.grants"); got[0] != "a" {
			t.Errorf("%s: read %v", path, got)
		}
	}
	if found, err := database.ForeignLogs(link); err != nil || !slices.Equal(found, []string{link + ".wal", s.path + ".wal"}) {
		t.Errorf("found %v, %v", found, err)
	}
	// A log that DuckDB cannot read keeps nobody from reading the file.
	mustWrite(t, s.path+".wal")
	s.want("select grant_key from observed.grants", "a")
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(s.path), ".accessmart-*")); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// The run goes on from the published file alone; the log is moved aside before
// the new file is in its place, told, and never deleted.
func TestPublish_setsALogAside(t *testing.T) {
	s := newSiteWithoutFile(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	plant(t, s.path, s.path+".wal")
	for _, name := range []string{s.path + ".wal.checkpoint", s.path + ".wal.01J00000000000000000000003.foreign"} { // the latter left by an earlier run
		mustWrite(t, name)
	}
	log, err := os.ReadFile(s.path + ".wal")
	if err != nil {
		t.Fatal(err)
	}
	s.runs++
	w := s.begin()
	if _, err := w.Load(t.Context(), export("balkan", dataset, "a1"), contract(dataset), s.grants(nil, "a x", "b x")); err != nil {
		t.Fatal(err)
	}
	p := s.publish(w)
	aside := s.path + ".wal.01J00000000000000000000003.foreign.2"
	if kept, err := os.ReadFile(aside); err != nil || string(kept) != string(log) {
		t.Errorf("the log was not kept as it was: %v", err)
	}
	if len(p.Notes) != 2 || !strings.Contains(p.Notes[0], s.path+".wal was not made by this program") || !strings.Contains(p.Notes[0], aside) {
		t.Errorf("told %q", p.Notes)
	}
	s.want("select grant_key from observed.grants order by 1", "a", "b")
	s.want("select count(*) from observed_history.grants", "0")
	if found, err := database.ForeignLogs(s.path); err != nil || len(found) != 0 {
		t.Errorf("left %v, %v", found, err)
	}
	if err := func() error { _, err := os.Stat(s.path + ".work"); return err }(); !errors.Is(err, os.ErrNotExist) {
		t.Error("the folder of the work is left")
	}
}

// A log may be there before the first file is.
func TestPublish_setsALogAsideBeforeTheFirstFile(t *testing.T) {
	s := newSiteWithoutFile(t)
	mustWrite(t, s.path+".wal")
	w := s.begin()
	if _, err := w.Load(t.Context(), export("balkan", dataset), contract(dataset), s.grants(nil, "a x")); err != nil {
		t.Fatal(err)
	}
	if p := s.publish(w); len(p.Notes) != 1 || believed(t, s.path) != "a" {
		t.Errorf("told %q", p.Notes)
	}
}

func TestPublish_followsALink(t *testing.T) {
	for name, lay := range map[string]func(dir string) (target string, links []string){
		"absolute": func(dir string) (string, []string) {
			return dir + "/data/real.duckdb", []string{dir + "/data/real.duckdb"}
		},
		"relative": func(dir string) (string, []string) { return dir + "/data/real.duckdb", []string{"data/real.duckdb"} },
		"by another": func(dir string) (string, []string) {
			return dir + "/data/real.duckdb", []string{"data/next", "real.duckdb"}
		},
		"without ending": func(dir string) (string, []string) { return dir + "/data/real", []string{"data/real"} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSiteWithoutFile(t)
			s.plain = false // a macro is asked
			dir := filepath.Dir(s.path)
			if err := os.Mkdir(dir+"/data", 0o700); err != nil {
				t.Fatal(err)
			}
			target, links := lay(dir)
			for at := s.path; len(links) > 0; links = links[1:] {
				if err := os.Symlink(links[0], at); err != nil {
					t.Fatal(err)
				}
				at = filepath.Join(filepath.Dir(at), links[0])
			}
			s.refresh(export("balkan", dataset), s.grants(nil, "a x")) // the link dangles
			plant(t, target, s.path+".wal", target+".wal")
			w := s.begin(func(o *Options) { o.Keep = 1 })
			if _, held, err := database.Locked(target); err != nil || !held {
				t.Errorf("the file itself is not locked: %v", err)
			}
			if _, held, err := database.Locked(s.path); err != nil || !held {
				t.Errorf("the lock is not seen by the link: %v", err)
			}
			other := s.options()
			other.Path = target
			if _, err := Begin(t.Context(), other); !errors.Is(err, database.ErrLocked) {
				t.Errorf("a second refresh by the other name: %v", err)
			}
			if _, err := w.Load(t.Context(), export("balkan", dataset, "a1"), contract(dataset), s.grants(nil, "b x")); err != nil {
				t.Fatal(err)
			}
			if p := s.publish(w); p.Path != target || len(p.Notes) != 2 {
				t.Errorf("published %s, told %q", p.Path, p.Notes)
			}
			if info, err := os.Lstat(s.path); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Errorf("the link was replaced: %v", err)
			}
			for _, path := range []string{s.path, target} {
				if got := query(t, path, "select grant_key from observed.grants"); got[0] != "b" {
					t.Errorf("%s: %v", path, got)
				}
				if got := believed(t, path); got != "b" {
					t.Errorf("%s: DuckDB reads %v", path, got)
				}
			}
			if got := query(t, target, "select count(*) from observed_grants_as_of(now())"); got[0] != "1" {
				t.Errorf("the catalog has another name: %v", got)
			}
			for _, f := range files(t, dir) {
				if strings.Contains(f, ".lock") || strings.Contains(f, ".work") {
					t.Errorf("beside the link is %s", f)
				}
			}
		})
	}
}

func TestLock_linksThatLeadNowhere(t *testing.T) {
	for name, c := range map[string]struct{ to, want string }{
		"circle":    {"access.duckdb", "in a circle"},
		"no folder": {"gone/access.duckdb", "whose folder is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSiteWithoutFile(t)
			if err := os.Symlink(c.to, s.path); err != nil {
				t.Fatal(err)
			}
			var f *database.FileError
			if _, err := Begin(t.Context(), s.options()); !errors.As(err, &f) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "--database") {
				t.Errorf("got %v", err)
			}
			if got := files(t, filepath.Dir(s.path)); len(got) != 1 {
				t.Errorf("left %v", got)
			}
		})
	}
}

// rights are mode and group of a file.
func rights(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%o %d", info.Mode().Perm(), info.Sys().(*syscall.Stat_t).Gid)
}

// anotherGroup is one that the user may give files to: any, to root.
func anotherGroup(t *testing.T) int {
	t.Helper()
	if os.Geteuid() == 0 {
		return 4321
	}
	groups, err := os.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		if g != os.Getegid() {
			return g
		}
	}
	return os.Getegid()
}

func TestPublish_keepsModeAndGroup(t *testing.T) {
	s := newSiteWithoutFile(t)
	refresh := func(change ...func(*Options)) Published {
		t.Helper()
		w := s.begin(change...)
		if _, err := w.Load(t.Context(), export("balkan", dataset, fmt.Sprint("a", s.runs)), contract(dataset), s.grants(nil, "a x")); err != nil {
			t.Fatal(err)
		}
		if got := rights(t, w.copy.Path()); !strings.HasPrefix(got, "600 ") {
			t.Errorf("while at work: %s", got)
		}
		return s.publish(w)
	}
	own, other := os.Getegid(), anotherGroup(t)
	want := func(mode string, gid int) {
		t.Helper()
		if got := rights(t, s.path); got != fmt.Sprint(mode, " ", gid) {
			t.Errorf("%s, want %s %d", got, mode, gid)
		}
	}
	refresh()
	want("600", own)
	// What an administrator gave stays.
	if err := errors.Join(os.Chmod(s.path, 0o640), os.Chown(s.path, -1, other)); err != nil {
		t.Fatal(err)
	}
	refresh()
	want("640", other)
	// The configuration says otherwise.
	refresh(func(o *Options) { o.Mode, o.Group = 0o644, fmt.Sprint(own) })
	want("644", own)
	refresh(func(o *Options) { o.Mode = 0o600 })
	want("600", own)
	refresh(func(o *Options) { o.Group = fmt.Sprint(other) })
	want("600", other)
	if g, err := user.LookupGroupId(fmt.Sprint(own)); err == nil {
		refresh(func(o *Options) { o.Mode, o.Group = 0o640, g.Name })
		want("640", own)
	}
	if _, err := Begin(t.Context(), func() Options { o := s.options(); o.Group = "no such group"; return o }()); err == nil || !strings.Contains(err.Error(), "file_group") {
		t.Errorf("got %v", err)
	}
}

// accessACL is where Linux keeps a file's access control list.
const accessACL = "system.posix_acl_access"

func TestPublish_keepsTheAccessList(t *testing.T) {
	s := newSiteWithoutFile(t)
	s.refresh(export("balkan", dataset), s.grants(nil, "a x"))
	// setfacl -m g:4321:r: version, then tag, rights and id of each entry.
	list := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range [][3]uint32{{1, 6, ^uint32(0)}, {4, 0, ^uint32(0)}, {8, 4, 4321}, {16, 4, ^uint32(0)}, {32, 0, ^uint32(0)}} {
		list = binary.LittleEndian.AppendUint16(list, uint16(e[0]))
		list = binary.LittleEndian.AppendUint16(list, uint16(e[1]))
		list = binary.LittleEndian.AppendUint32(list, e[2])
	}
	if err := unix.Setxattr(s.path, accessACL, list, 0); err != nil {
		t.Logf("no access lists here: %v", err)
		return
	}
	s.refresh(export("balkan", dataset, "a1"), s.grants(nil, "b x"))
	got := make([]byte, 1000)
	n, err := unix.Getxattr(s.path, accessACL, got)
	if err != nil || string(got[:n]) != string(list) {
		t.Errorf("%x, %v", got[:max(n, 0)], err)
	}
}
