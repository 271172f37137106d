package balkanid

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform/frame"
)

// byIntegration fetches the list of integrations and then one download of
// each dataset in per for each of them, active or not: the rows name no
// integration, so that several in one file could not be told apart. A tenant
// without integrations has no entitlements, and the export of them is
// complete and empty.
func (v *vendor) byIntegration(ctx context.Context, t *extract.Task, list *schemas.Contract, per map[string]*schemas.Contract) error {
	art, err := v.fetch(ctx, t, part{contract: list, key: integrations})
	if err != nil {
		return err
	}
	t.Done(integrations)
	if len(per) == 0 {
		return nil
	}
	ids, err := v.ids(ctx, t, art)
	if err != nil {
		return err
	}
	var parts []part
	for _, c := range per {
		if len(v.conf.Integrations) > 0 {
			t.Filtered(c.Plural())
		} else {
			t.Listed(list.Dataset, c.Plural())
		}
		for _, id := range ids {
			parts = append(parts, part{c, c.Plural() + "/" + id, id})
		}
	}
	return t.Each(ctx, len(parts), func(ctx context.Context, i int) error {
		_, err := v.fetch(ctx, t, parts[i])
		return err
	})
}

// integrationsContract is what the list of integrations needs where the
// dataset itself was not asked for.
var integrationsContract = &schemas.Contract{Dataset: "balkanid." + integrations, Export: map[string]any{"path": "integrations/download-url"}}

// ids reads the integrations to fetch from the list that just arrived.
func (v *vendor) ids(ctx context.Context, t *extract.Task, art extract.Artifact) ([]string, error) {
	r, err := t.Open(art)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	all, err := readIDs(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(v.conf.Integrations) == 0 {
		return all, nil
	}
	for _, id := range v.conf.Integrations {
		if !slices.Contains(all, id) {
			return nil, extract.Unusable(extract.StepPlan, "correct the id, or take it out of the configuration",
				"integrations: %q is not an integration of the tenant", id)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(v.conf.Integrations))), nil
}

// Bounds of reading the list: its size, that of one record, and how many records
// may break the rules.
const (
	maxIntegrations = 16 << 20
	maxRecord       = 256 << 10
	maxBroken       = 10_000
)

// plainID is an integration id as it may stand unquoted at the start of a line.
var plainID = regexp.MustCompile(`^"?([A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9._-]+)?)"?$`)

// readIDs reads the column ID of an integrations CSV: each id once, in the
// order of the file. No integration may be missed, since its entitlements
// would be missed silently: a record that cannot be framed gives its id by its
// first cell, and where that cannot be the id the list is refused.
func readIDs(ctx context.Context, r io.Reader) ([]string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxIntegrations+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the list of integrations: %w", err)
	case len(data) > maxIntegrations:
		return nil, unreadable("it is over 16 MiB")
	}
	l := idList{at: -1, met: map[string]bool{}}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	var refused *frame.Error
	switch _, err := frame.Records(ctx, open, maxIntegrations, maxRecord, l.header, l.record); {
	case errors.As(err, &refused):
		return nil, unreadable(refused.Err.Error())
	case err != nil:
		return nil, err
	case l.at < 0:
		return nil, unreadable("it has no column ID")
	}
	return l.ids, nil
}

// idList gathers the ids of a list.
type idList struct {
	at     int // the column ID; -1: none
	ids    []string
	met    map[string]bool
	broken int
}

// header tells whether a line is the header of the list.
func (l *idList) header(cells []string) bool {
	at := slices.IndexFunc(cells, func(h string) bool { return schemas.NormalHeader(h) == "id" })
	if at >= 0 {
		l.at = at
	}
	return at >= 0
}

// record takes the id of a record.
func (l *idList) record(r *frame.Record) error {
	var id string
	switch {
	case l.at < 0:
		return unreadable("it has no column ID")
	case r.None:
		return nil
	case r.Why != "":
		id = firstCell(r)
		if l.broken++; l.at != 0 || id == "" || l.broken > maxBroken {
			return unreadable(fmt.Sprintf("record %d is not valid CSV", r.Number+1))
		}
	default:
		if id = strings.TrimSpace(string(r.Cells[l.at])); id == "" {
			return unreadable(fmt.Sprintf("record %d has no ID", r.Number+1))
		}
	}
	if !l.met[id] {
		l.met[id] = true
		l.ids = append(l.ids, id)
	}
	return nil
}

func unreadable(why string) error {
	return extract.Unusable(extract.StepPlan, "look at it with the command decode; the entitlements are fetched by this list",
		"the list of integrations cannot be used: %s", why)
}

// firstCell gives up on quoting: the first cell of the physical line, "" where
// it can be no id.
func firstCell(r *frame.Record) string {
	line, _, _ := bytes.Cut(r.Text, []byte("\n"))
	cell, _, _ := bytes.Cut(line, []byte{r.Separator})
	if m := plainID.FindSubmatch(bytes.TrimSpace(cell)); m != nil {
		return string(m[1])
	}
	return ""
}
