package export

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"time"
)

// Zip is an archive of members, each a name and its text.
func Zip(members [][2]string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m[0], Method: zip.Deflate, Modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			panic("vendorsim: " + err.Error())
		}
		f.Write([]byte(m[1]))
	}
	w.Close()
	return b.Bytes()
}

// ShortenZip is an archive without the last rows of its first CSV; what is no
// archive stays as it is.
func ShortenZip(archive []byte, rows int) []byte {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return archive
	}
	var members [][2]string
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			panic("vendorsim: " + err.Error())
		}
		data, err := io.ReadAll(r)
		if err != nil {
			panic("vendorsim: " + err.Error())
		}
		if rows > 0 && strings.HasSuffix(f.Name, ".csv") {
			lines := strings.SplitAfter(strings.TrimRight(string(data), "\r\n"), "\n")
			data = []byte(strings.Join(lines[:max(1, len(lines)-rows)], ""))
			rows = 0
		}
		members = append(members, [2]string{f.Name, string(data)})
	}
	return Zip(members)
}
