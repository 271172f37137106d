package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// Acceptance names exports, as SOURCE.DATASET, that the gate lets through in
// this run although they are not what the last ones were.
type Acceptance []string

// has reports whether an export of the dataset, <vendor>.<plural>, is accepted.
func (a Acceptance) has(source, dataset string) bool {
	return slices.Contains(a, acceptName(schemas.ExportID{Source: source, Dataset: dataset}))
}

func acceptName(id schemas.ExportID) string {
	_, plural, _ := strings.Cut(id.Dataset, ".")
	return id.Source + "." + plural
}

// Resolve brings the names into the form SOURCE.DATASET. A name may be given as
// any listing shows it: balkan-prod.requests, balkan-prod.balkanid.requests,
// 'balkan-prod balkanid.requests', or without the source where only one has
// such an export. One that is none of the exports is refused: misspelt, it would
// look like an acceptance that did not help.
func (a Acceptance) Resolve(exports []schemas.ExportID) error {
	for i, name := range a {
		var found []string
		for _, id := range exports {
			_, plural, _ := strings.Cut(id.Dataset, ".")
			whole := []string{id.Source + "." + plural, id.Source + "." + id.Dataset, id.Source + " " + id.Dataset, id.Source + " " + plural}
			if slices.Contains(whole, name) {
				found = []string{acceptName(id)}
				break
			}
			if name == plural || name == id.Dataset {
				found = append(found, acceptName(id))
			}
		}
		switch len(found) {
		case 1:
			a[i] = found[0]
		case 0:
			return fmt.Errorf("--accept %s: this run has no such export; want SOURCE.DATASET as 'status' and the message of the held export name them", name)
		default:
			return fmt.Errorf("--accept %s: several sources have it; want one of %s", name, strings.Join(found, ", "))
		}
	}
	return nil
}

// Check resolves the names among the exports of the targets.
func (a Acceptance) Check(targets []Target) error {
	var exports []schemas.ExportID
	for _, t := range targets {
		for _, c := range t.Contracts {
			exports = append(exports, schemas.ExportID{Source: t.Source.Name, Dataset: c.Dataset})
		}
	}
	return a.Resolve(exports)
}
