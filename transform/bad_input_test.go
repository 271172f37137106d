package transform

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"

	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// zipped is an archive of name, content pairs.
func zipped(t testing.TB, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err == nil {
			_, err = io.WriteString(w, pairs[i+1])
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

// packedAs is an archive whose member says that it is compressed by a method.
func packedAs(t testing.TB, method uint16) string {
	b := []byte(zipped(t, "x.csv", "a\n1\n"))
	binary.LittleEndian.PutUint16(b[bytes.Index(b, []byte("PK\x03\x04"))+8:], method)
	binary.LittleEndian.PutUint16(b[bytes.Index(b, []byte("PK\x01\x02"))+10:], method)
	return string(b)
}

// Without `member` in the contract those members count that bear the name of
// the dataset, if there are such.
func TestArchive_membersOfOtherDatasets(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"others beside it":       {zipped(t, "test.csv", "a\n1\n", "tests.csv", "a\n2\n", "test_more.csv", "a\n3\n", "Test (1).csv", "a\n4\n"), []string{"1||", "4||"}},
		"none bears its name":    {zipped(t, "x.csv", "a\n1\n", "y.csv", "a\n2\n"), []string{"1||", "2||"}},
		"in folders of archives": {zipped(t, "2026/test-1.csv", "a\n1\n", "2026/other.csv", "a\n2\n"), []string{"1||"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, cols, Options{}, input(tc.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := cellsOf(r); strings.Join(got, " ") != strings.Join(tc.want, " ") {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func gzipped(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return b.String()
}

func zstded(t testing.TB, s string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(s), nil))
}

func utf16le(s string, mark bool) string {
	var b []byte
	if mark {
		b = append(b, 0xff, 0xfe)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

const cols = "columns:\n  a: {from: [a], type: text}\n"

func TestBadInput_isATypedError(t *testing.T) {
	good := zipped(t, "x.csv", "a\n1\n")
	encrypted := []byte(good)
	for _, sig := range []string{"PK\x03\x04", "PK\x01\x02"} { // general purpose flags: bit 0 = encrypted
		i := bytes.Index(encrypted, []byte(sig))
		encrypted[i+map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[sig]] |= 1
	}
	damaged := []byte(zipped(t, "x.csv", "a\n"+strings.Repeat("1\n2\n3\n", 1000)))
	damaged[60] ^= 0x55
	many := make([]string, 0, 60)
	for i := range 30 {
		many = append(many, fmt.Sprintf("%d.csv", i), "a\n")
	}
	for name, tc := range map[string]struct {
		yaml, in string
		o        Options
		kind     frame.Kind
		want     string
	}{
		"an empty file":                      {cols, "", Options{}, frame.KindEmpty, "zero bytes"},
		"an empty file, compressed":          {cols, gzipped(t, ""), Options{}, frame.KindEmpty, "zero bytes"},
		"nothing but blanks":                 {cols, " \r\n\n", Options{}, frame.KindEmpty, "blanks"},
		"HTML":                               {cols, "\n<!DOCTYPE html><html><body>Denied</body></html>", Options{}, frame.KindMarkup, "HTML page"},
		"XML":                                {cols, "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", Options{}, frame.KindMarkup, "XML"},
		"UTF-32":                             {cols, "\xff\xfe\x00\x00a\x00\x00\x00", Options{}, frame.KindEncoding, "UTF-32"},
		"UTF-16 that ends in a character":    {cols, utf16le("a,b\n1,2\n", true) + "\x31", Options{}, frame.KindTruncated, "UTF-16"},
		"PGP":                                {cols, "-----BEGIN PGP MESSAGE-----\n", Options{}, frame.KindFormat, "encrypted"},
		"a PDF":                              {cols, "%PDF-1.7", Options{}, frame.KindFormat, "PDF"},
		"a ZIP that is cut off":              {cols, good[:len(good)-10], Options{}, frame.KindArchive, "broken ZIP"},
		"a ZIP of nothing":                   {cols, zipped(t), Options{}, frame.KindArchive, "no files"},
		"a ZIP of folders only":              {cols, zipped(t, "x/", ""), Options{}, frame.KindArchive, "no files"},
		"a member that leads out":            {cols, zipped(t, "../x.csv", "a\n1\n"), Options{}, frame.KindArchive, "leads out"},
		"an absolute member":                 {cols, zipped(t, "/etc/x.csv", "a\n1\n"), Options{}, frame.KindArchive, "leads out"},
		"a member with a drive":              {cols, zipped(t, `C:\x.csv`, "a\n1\n"), Options{}, frame.KindArchive, "leads out"},
		"an encrypted member":                {cols, string(encrypted), Options{}, frame.KindFormat, "encrypted"},
		"a damaged member":                   {cols, string(damaged), Options{}, frame.KindTruncated, "broken compressed data"},
		"too many members":                   {cols, zipped(t, many...), Options{MaxMembers: 20}, frame.KindExpand, "30 members"},
		"two members of one name":            {cols, zipped(t, "x.csv", "a\n1\n", "x.csv", "a\n2\n"), Options{}, frame.KindArchive, "the same name"},
		"two members but for letter case":    {cols, zipped(t, "x.csv", "a\n1\n", "X.CSV", "a\n2\n"), Options{}, frame.KindArchive, "the same name"},
		"a member of bzip2":                  {cols, packedAs(t, 12), Options{}, frame.KindFormat, "compressed with bzip2"},
		"a member of zstd":                   {cols, packedAs(t, 93), Options{}, frame.KindFormat, "unzip the archive and load the files"},
		"a member of xz":                     {cols, packedAs(t, 95), Options{}, frame.KindFormat, "compressed with xz"},
		"a member of LZMA":                   {cols, packedAs(t, 14), Options{}, frame.KindFormat, "compressed with LZMA"},
		"a member of deflate64":              {cols, packedAs(t, 9), Options{}, frame.KindFormat, "compressed with deflate64"},
		"a member of a method of its own":    {cols, packedAs(t, 77), Options{}, frame.KindFormat, "compressed with method 77"},
		"a ZIP in a ZIP":                     {cols, zipped(t, "in.zip", good), Options{}, frame.KindFormat, "archive inside"},
		"an Office document":                 {cols, zipped(t, "[Content_Types].xml", "<x/>"), Options{}, frame.KindFormat, "Office"},
		"an empty member":                    {cols, zipped(t, "x.csv", ""), Options{}, frame.KindEmpty, "member x.csv"},
		"no member of the dataset":           {"format: zip\nmember: {name: [identit], header: [a, b]}\n" + cols, zipped(t, "x.csv", "a\n1\n", "y.csv", "b\n"), Options{}, frame.KindArchive, "holds x.csv, y.csv"},
		"a ZIP bomb":                         {cols, zipped(t, "x.csv", "a\n"+strings.Repeat("0", 1<<20)), Options{MaxExpand: 1 << 19}, frame.KindExpand, "more than 524288 bytes"},
		"a ZIP bomb by its ratio":            {cols, zipped(t, "x.csv", "a\n"+strings.Repeat("0\n", 1<<19)), Options{floor: 1 << 18}, frame.KindExpand, "times larger"},
		"a gzip bomb":                        {cols, gzipped(t, "a\n"+strings.Repeat("0\n", 1<<19)), Options{MaxExpand: 1 << 19}, frame.KindExpand, "after decompression"},
		"a gzip bomb by its ratio":           {cols, gzipped(t, "a\n"+strings.Repeat("0\n", 1<<19)), Options{floor: 1 << 18}, frame.KindExpand, "times larger"},
		"gzip that is cut off":               {cols, gzipped(t, "a\n1\n")[:20], Options{}, frame.KindTruncated, "broken compressed data"},
		"zstd that is cut off":               {cols, zstded(t, "a\n"+strings.Repeat("abc\n", 99))[:18], Options{}, frame.KindTruncated, "broken compressed data"},
		"compressed over and over":           {cols, gzipped(t, gzipped(t, gzipped(t, gzipped(t, "a\n1\n")))), Options{}, frame.KindFormat, "compressed more than"},
		"a message in place of text records": {"", "upstream connect error\n", Options{}, frame.KindHeader, "no export"},
		"more columns than allowed":          {cols, strings.Repeat("a,", 1<<20) + "a\n", Options{}, frame.KindHeader, "more than 4096 columns"},
		"a header that never ends":           {cols, strings.Repeat("a", 1<<17), Options{MaxRecord: 1 << 16, chunk: 1 << 12}, frame.KindHeader, "longer than 65536 bytes"},
		"a member of a document too large":   {"format: json\nrecords: x\n" + cols, `{"y":"` + strings.Repeat("y", 1<<17) + `","x":[]}`, Options{MaxRecord: 1 << 16, chunk: 1 << 12}, frame.KindLimit, "a member of the document"},
		"a record over the limit, cut off":   {"format: json\n" + cols, `[{"a":"` + strings.Repeat("y", 1<<17), Options{MaxRecord: 1 << 16, chunk: 1 << 12}, frame.KindTruncated, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(tc.in)
			for _, size := range []int64{0, in.Size} {
				in.Size = size
				_, err := transformed(t, tc.yaml, tc.o, in)
				var e *frame.Error
				if !errors.As(err, &e) || e.Kind != tc.kind || !strings.Contains(err.Error(), tc.want) {
					t.Fatalf("got %v, want kind %s, ...%s...", err, tc.kind, tc.want)
				}
				if e.Hint == "" && e.Kind != frame.KindLimit || e.Dataset == "" || e.Artifact == "" {
					t.Errorf("%+v does not say what to do, or where", e)
				}
			}
		})
	}
}

func TestReadError_isTyped(t *testing.T) {
	boom := errors.New("disk gone")
	in := Input{Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("a\n1\n"), reading(func([]byte) (int, error) { return 0, boom }))), nil
	}}
	_, err := transformed(t, cols, Options{}, in)
	var e *frame.Error
	if !errors.As(err, &e) || e.Kind != frame.KindRead || !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
}

func TestWrapped(t *testing.T) {
	for name, in := range map[string]string{
		"gzip": gzipped(t, "a\n1\n"), "zstd": zstded(t, "a\n1\n"), "gzip around zstd": gzipped(t, zstded(t, "\ufeffa\n1\n")),
		"ZIP": zipped(t, "__MACOSX/x.csv", "zz", ".hidden", "zz", "d/", "", "d/x.csv", "\ufeffa\n1\n"), "ZIP in gzip": gzipped(t, zipped(t, "x.csv.gz", gzipped(t, "a\n1\n"))),
		"two gzip members": gzipped(t, "a\n") + gzipped(t, "1\n"),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := transformed(t, cols, Options{}, input(in))
			if err != nil || len(cellsOf(r)) != 1 || cellsOf(r)[0] != "1||" {
				t.Fatalf("%v, %+v", err, r)
			}
		})
	}
}

func TestArchive_members(t *testing.T) {
	in := zipped(t, "Role identities.csv", "id,name\n1,Ann\n", "role-entitlements.csv", "id,popularity\n9,50%\n", "more-identities.json", `[{"id":"2"},{"id":3}]`)
	y := "format: zip\nmember: {name: [identit]}\ncolumns:\n  id: {from: [id], type: text}\n"
	r, err := transformed(t, y, Options{}, input(in))
	if err != nil {
		t.Fatal(err)
	}
	rows := r.rows["balkanid.test"]
	if len(rows) != 3 || rows[2]["id"] != "3" || rows[2]["_record"] != int64(2) {
		t.Errorf("rows %v", rows)
	}
	y = "format: zip\nmember: {name: [nope], header: [Popularity]}\ncolumns:\n  id: {from: [id], type: text}\n  p: {from: [popularity], type: int, strip: '%'}\n"
	if r, err = transformed(t, y, Options{}, input(in)); err != nil {
		t.Fatal(err)
	}
	if rows := r.rows["balkanid.test"]; len(rows) != 1 || rows[0]["p"] != int64(50) {
		t.Errorf("rows %v", rows)
	}
}

// Which members belong to a dataset may be known already, whatever the contract
// would pick.
func TestArchive_namedMembers(t *testing.T) {
	y := "format: zip\nmember: {name: [identit]}\ncolumns:\n  id: {from: [id], type: text}\n"
	in := input(zipped(t, "identities.csv", "id\n1\n", "b/people.csv", "id\n2\n", "apps.csv", "id\n3\n"))
	in.Members = []string{"b/people.csv"}
	r, err := transformed(t, y, Options{}, in)
	if err != nil {
		t.Fatal(err)
	}
	if rows := r.rows["balkanid.test"]; len(rows) != 1 || rows[0]["id"] != "2" {
		t.Errorf("rows %v", rows)
	}
	in.Members = append(in.Members, "gone.csv")
	if _, err := transformed(t, y, Options{}, in); err == nil || !strings.Contains(err.Error(), "of 2 members that belong to this dataset the archive has 1") {
		t.Errorf("a member that is gone: %v", err)
	}
}

// TestArchive_spooledLeavesNothing sends an archive over a temporary file.
func TestArchive_spooledLeavesNothing(t *testing.T) {
	noise := make([]byte, 0, 6<<20)
	for x := uint32(1); len(noise) < 6<<20; x = x*1664525 + 1013904223 {
		noise = fmt.Appendf(noise, "%d\n", x)
	}
	dir := t.TempDir()
	in := zipped(t, "x.csv", "a\n"+string(noise)+string(noise))
	if len(in) < 4<<20 {
		t.Fatalf("%d bytes are too few for the test", len(in))
	}
	r, err := transformed(t, cols, Options{TempDir: dir}, input(in))
	if err != nil || r.counts.Rejected != 0 {
		t.Fatal(err, r)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCancel_stopsSoon(t *testing.T) {
	c, common := contract(t, cols)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := Open(ctx, c, common, []Input{endless("a\n", "1\n", 1<<40, "")}, Options{Source: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range s.Batches {
		if n++; n == 3 {
			cancel()
		}
		if n > 5 {
			t.Fatal("goes on after the cancel")
		}
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("the stream ended as if whole")
}

// TestArchive_readInPlace reads an archive from a file without copying it.
func TestArchive_readInPlace(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.zip")
	data := zipped(t, "x.csv", "a\n1\n")
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	in := Input{Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return os.Open(name) }}
	r, err := transformed(t, cols, Options{TempDir: "/nonexistent"}, in)
	if err != nil || r.counts.Loaded != 1 {
		t.Fatal(err, r)
	}
}

func TestBreak_releasesAll(t *testing.T) {
	c, common := contract(t, cols)
	mem := checked(t)
	s, err := Open(context.Background(), c, common, []Input{endless("a\n", "1\n", 1<<40, "")}, Options{Source: "demo", Mem: mem})
	if err != nil {
		t.Fatal(err)
	}
	for range s.Batches {
		break
	}
}

func TestNoParts_isAnEmptyDataset(t *testing.T) {
	for _, y := range []string{cols, ""} {
		r, err := transformed(t, y, Options{})
		if err != nil || r.counts != (schemas.Counts{}) {
			t.Errorf("%v, %+v", err, r)
		}
	}
}

// reading is a reader that is one function.
type reading func([]byte) (int, error)

func (f reading) Read(p []byte) (int, error) { return f(p) }
