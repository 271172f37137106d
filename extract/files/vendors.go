package files

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// Vendors is what lies in a folder that has a folder of exports for each of several vendors.
type Vendors struct {
	Folders map[string]string // vendor -> its folder; empty where none is named like a vendor
	Exports []string          // files beside these folders that would be exports of some vendor
	Unread  []schemas.File    // what else lies beside them, and why it is not read
}

// FindVendors looks for folders below a folder that are named like vendors, in any case of
// letters. known is the contracts of each vendor. What lies deeper is not looked at.
//
// Errors: the folder cannot be read; two folders are named like one vendor; one is a link.
func FindVendors(folder string, known map[string][]*schemas.Contract) (*Vendors, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("the folder %s: %w", folder, reason(err))
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("the folder %s: %w", folder, reason(err))
	}
	v := &Vendors{Folders: map[string]string{}}
	var others []fs.DirEntry
	for _, e := range entries {
		if hidden(e.Name()) || e.IsDir() && (e.Name() == "__MACOSX" || own(root, e.Name())) {
			continue
		}
		vendor := strings.ToLower(e.Name())
		if known[vendor] == nil || !isFolder(folder, e) {
			others = append(others, e)
			continue
		}
		if !e.IsDir() { // of which nobody knows where it leads
			return nil, fmt.Errorf("%s is a link to a folder; put the folder itself there", filepath.Join(folder, e.Name()))
		}
		path := filepath.Join(folder, e.Name())
		if other := v.Folders[vendor]; other != "" {
			return nil, fmt.Errorf("%s and %s are both named like %s; leave one of them there", other, path, vendor)
		}
		v.Folders[vendor] = path
	}
	if len(v.Folders) == 0 {
		return v, nil
	}
	for _, e := range others {
		if err := v.takeBeside(folder, root, e, known); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// isFolder reports whether an entry is a folder or a link to one, inside the folder or not.
func isFolder(folder string, e fs.DirEntry) bool {
	info, err := os.Stat(filepath.Join(folder, e.Name()))
	return err == nil && info.IsDir()
}

// takeBeside finds out what something is that lies beside the folders of vendors.
func (v *Vendors) takeBeside(folder string, root *os.Root, e fs.DirEntry, known map[string][]*schemas.Contract) error {
	names := slices.Sorted(maps.Keys(known))
	if isFolder(folder, e) {
		v.Unread = append(v.Unread, schemas.File{Name: "../" + e.Name() + "/",
			Reason: "a folder beside those of vendors that is named like none of " + strings.Join(names, ", ")})
		return nil
	}
	for _, vendor := range names {
		f, err := New(Config{Folder: folder}, known[vendor])
		if err != nil {
			return err
		}
		l := &listing{of: map[string][]*found{}}
		if f.take(l, root, e.Name()); len(l.of) > 0 {
			v.Exports = append(v.Exports, e.Name())
			return nil
		}
	}
	v.Unread = append(v.Unread, schemas.File{Name: "../" + e.Name(), Reason: "it lies beside the folders of vendors, and neither its name nor its header is that of a dataset"})
	return nil
}

// Recognised lists the vendors of which a folder holds files that are known as exports.
func Recognised(folder string, known map[string][]*schemas.Contract) (vendors []string, err error) {
	for _, vendor := range slices.Sorted(maps.Keys(known)) {
		f, err := New(Config{Folder: folder}, known[vendor])
		if err != nil {
			return nil, err
		}
		plurals, _, err := f.Datasets()
		if err != nil {
			return nil, err
		}
		if len(plurals) > 0 {
			vendors = append(vendors, vendor)
		}
	}
	return vendors, nil
}
