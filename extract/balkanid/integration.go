package balkanid

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/schemas"
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
	ids, err := v.ids(t, art)
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
func (v *vendor) ids(t *extract.Task, art extract.Artifact) ([]string, error) {
	r, err := t.Open(art)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	all, err := readIDs(r)
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

// Bounds of reading the list: its size, that of one record by strict CSV
// (else an open quote would be searched for to the end of the file, again and
// again), and how many records may break the rules.
const (
	maxIntegrations = 16 << 20
	maxRecord       = 256 << 10
	maxBroken       = 10_000
)

// plainID is an integration id as it may stand unquoted at the start of a line.
var plainID = regexp.MustCompile(`^"?([A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9._-]+)?)"?$`)

// readIDs reads the column ID of an integrations CSV: each id once, in the
// order of the file. No integration may be missed, since its entitlements
// would be missed silently: a record whose JSON cells break CSV quoting, as
// the vendor's samples do, gives its id by its first cell, and where that
// cannot be the id the list is refused.
func readIDs(r io.Reader) ([]string, error) {
	data, err := plainText(r)
	if err != nil {
		return nil, err
	}
	rest := data
	header, rest, err := nextRecord(rest)
	if err != nil || header == nil {
		return nil, unreadable("its header line cannot be read")
	}
	at := slices.IndexFunc(header, func(h string) bool { return schemas.NormalHeader(h) == "id" })
	if at < 0 {
		return nil, unreadable("it has no column ID")
	}
	var ids []string
	met, broken := map[string]bool{}, 0
	for n := 2; len(rest) > 0; n++ {
		var rec []string
		line := rest
		if rec, rest, err = nextRecord(rest); err != nil || len(rec) != len(header) && rec != nil {
			var id string
			id, rest = firstCell(line)
			if broken++; at != 0 || id == "" || broken > maxBroken {
				return nil, unreadable(fmt.Sprintf("record %d is not valid CSV", n))
			}
			rec = []string{id}
		}
		if rec == nil {
			break
		}
		if rec[at] = strings.TrimSpace(rec[at]); rec[at] == "" {
			return nil, unreadable(fmt.Sprintf("record %d has no ID", n))
		}
		if !met[rec[at]] {
			met[rec[at]] = true
			ids = append(ids, rec[at])
		}
	}
	return ids, nil
}

func unreadable(why string) error {
	return extract.Unusable(extract.StepPlan, "look at it with the command decode; the entitlements are fetched by this list",
		"the list of integrations cannot be used: %s", why)
}

// plainText reads the list, gzip or not.
func plainText(r io.Reader) ([]byte, error) {
	b := bufio.NewReader(r)
	r = b
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, unreadable("its compression is broken")
		}
		r = z
	}
	data, err := io.ReadAll(io.LimitReader(r, maxIntegrations+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the list of integrations: %w", err)
	case len(data) > maxIntegrations:
		return nil, unreadable("it is over 16 MiB")
	}
	return data, nil
}

// nextRecord reads one record by strict CSV; nil at the end.
func nextRecord(data []byte) (rec []string, rest []byte, err error) {
	data = bytes.TrimLeft(data, "\r\n") // blank lines could fill the window
	window := data[:min(len(data), maxRecord)]
	c := csv.NewReader(bytes.NewReader(window))
	c.FieldsPerRecord = -1
	rec, err = c.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, nil
	}
	end := c.InputOffset()
	if err == nil && end == int64(len(window)) && len(window) < len(data) {
		err = csv.ErrQuote // cut by the window, not ended by the record
	}
	return rec, data[end:], err
}

// firstCell gives up on quoting: the first cell of the physical line, and
// what follows the line.
func firstCell(data []byte) (id string, rest []byte) {
	data = bytes.TrimLeft(data, "\r\n")
	line, rest, _ := bytes.Cut(data, []byte("\n"))
	cell, _, _ := bytes.Cut(line, []byte(","))
	if m := plainID.FindSubmatch(bytes.TrimSpace(cell)); m != nil {
		return string(m[1]), rest
	}
	return "", rest
}
