package vendorsim

import (
	"archive/zip"
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"
)

// archive is the ZIP of a potential role. Its layout is undocumented, so it
// varies: names with or without a folder and a prefix, and other entries.
func (s *snapshot) archive(roleID string, minPopularity int, common bool) []byte {
	key := "zip\x00" + roleID + "\x00" + strconv.Itoa(minPopularity) + strconv.FormatBool(common)
	return s.keep(key, func() []byte {
		i := 0
		for k, r := range s.sail.roles {
			if r.id == roleID {
				i = k
			}
		}
		entitled := *s.tables["sailpoint.potential_role_entitlements"]
		entitled.rows = nil
		for _, r := range s.tables["sailpoint.potential_role_entitlements"].rows {
			pop, _ := strconv.ParseFloat(r.cells[7], 64)
			org, _ := strconv.ParseFloat(r.cells[8], 64)
			if r.part == roleID && pop >= float64(minPopularity) && (common || org <= 50) {
				entitled.rows = append(entitled.rows, r)
			}
		}
		entitled.crlf, entitled.bom = i%4 == 3, i%4 == 1
		members := [][2]string{
			{"identities.csv", string(s.tables["sailpoint.potential_role_identities"].payload(roleID))},
			{"entitlements.csv", string(entitled.payload(roleID))},
		}
		if i%3 == 2 {
			members[0][0], members[1][0] = "export/"+roleID+"-identities.csv", "export/"+roleID+"-entitlements.csv"
			members = append([][2]string{{"export/", ""}, {"readme.txt", "Potential role export\n"}}, members...)
		}
		return zipped(members)
	})
}

func zipped(members [][2]string) []byte {
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

// shortened is an archive without the last rows of its first CSV; what is no
// archive stays as it is.
func shortened(archive []byte, rows int) []byte {
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
	return zipped(members)
}

// entityRBACArchive is BalkanID's only ZIP.
func (s *snapshot) entityRBACArchive() []byte {
	return s.keep("zip\x00rbac", func() []byte {
		return zipped([][2]string{
			{"rbac_entities.csv", string(s.tables["balkanid.entity_rbac"].payload(everything))},
			{"rbac_entity_relations.csv", string(s.tables["balkanid.entity_rbac#relations"].payload(everything))},
		})
	})
}
