package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/cmd/accessmart/config"
	"github.com/accessmart/accessmart/extract/vendorsim"
	"github.com/accessmart/accessmart/schemas"
	"github.com/accessmart/accessmart/transform"
)

// The tests of this file and of those named damage_… and alike_… take good
// deliveries of the simulator, deliver the same records in another form, which
// must give the same rows, or damage them, which must give the same rows or be
// said: by an error, a reject or an export that is held.

// delivery is a good delivery of one dataset.
type delivery struct {
	dataset string
	file    string // of the simulator, below the vendor's folder
	keys    []string
	context map[string]string

	contract *schemas.Contract
	set      *schemas.Set
	data     []byte
	rows     []string // of the common model, else of the dataset's own table; sorted
}

// deliveries name the datasets: CSV, JSON and lines of JSON of all vendors.
// keys are the vendor's columns without whose value there is no row.
var deliveries = []delivery{
	{dataset: "balkanid.employees", file: "employees.csv", keys: []string{"Work Email*"}},
	{dataset: "balkanid.entities", file: "entities.csv", keys: []string{"BRN*"}},
	{dataset: "balkanid.entity_relations", file: "entity_relations.csv", keys: []string{"Parent Entity BRN*", "Entity BRN*"}},
	{dataset: "balkanid.entitlements", file: "entitlements.integration_id=okta%2F*.csv", context: map[string]string{"integration_id": "okta/01HE1XKHJ3MDWS20B33MMYCT21"}},
	{dataset: "balkanid.requests", file: "requests.csv", keys: []string{"Request ID*"}},
	{dataset: "balkanid.reviews", file: "reviews.csv", keys: []string{"ID*"}},
	{dataset: "balkanid.purposes", file: "purposes.csv", keys: []string{"BRN*"}},
	{dataset: "balkanid.relations", file: "relations.csv", keys: []string{"Identity ID*"}},
	{dataset: "oleria.access_inventory_application_accounts_v2", file: "access_inventory_application_accounts_v2.csv"},
	{dataset: "oleria.employees", file: "employees.csv"},
	{dataset: "oleria.risks_v2", file: "risks_v2.csv"},
	{dataset: "oleria.access_inventory_identities_v2", file: "access_inventory_identities_v2.json"},
	{dataset: "oleria.access_inventory_application_instances_v2", file: "access_inventory_application_instances_v2.json"},
	{dataset: "oleria.access_inventory_groups_v2", file: "access_inventory_groups_v2.ndjson"},
	{dataset: "oleria.application_accounts", file: "application_accounts.json"},
	{dataset: "oleria.access_inventory_resource_instances_v2", file: "access_inventory_resource_instances_v2.ndjson", keys: []string{"resourceName"}},
	{dataset: "sailpoint.config_objects", file: "config_objects.json"},
	{dataset: "sailpoint.potential_roles", file: "potential_roles.json"},
	{dataset: "balkanid.findings", file: "findings.csv"},
}

// mostRecords bounds a delivery, so that there is time for many.
const mostRecords = 30

var goodDeliveries = sync.OnceValues(func() ([]*delivery, error) {
	dir, err := os.MkdirTemp("", "deliveries")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	sim := vendorsim.New(vendorsim.Config{People: 60, Seed: 1})
	for _, vendor := range config.Vendors() {
		if err := sim.WriteFiles(filepath.Join(dir, vendor), vendor); err != nil {
			return nil, err
		}
	}
	set, err := loadContracts("")
	if err != nil {
		return nil, err
	}
	var out []*delivery
	for _, d := range deliveries {
		d := d
		if d.contract, err = set.Contract(d.dataset); err != nil {
			return nil, err
		}
		d.set = set
		names, err := filepath.Glob(filepath.Join(dir, d.contract.Vendor(), d.file))
		if err != nil || len(names) != 1 {
			return nil, fmt.Errorf("%s: %d files, %v", d.dataset, len(names), err)
		}
		if d.data, err = os.ReadFile(names[0]); err != nil {
			return nil, err
		}
		d.data = d.few(d.data)
		got := d.read(context.Background(), d.data)
		if len(got.rejected) > 0 { // bad records that the company plants
			d.data = d.without(got.rejected)
			got = d.read(context.Background(), d.data)
		}
		if got.said() != "" || len(got.rows) == 0 {
			return nil, fmt.Errorf("%s: the good delivery: %d rows, %s", d.dataset, len(got.rows), got.said())
		}
		d.rows = got.rows
		out = append(out, &d)
	}
	return out, nil
})

// few keeps the first records.
func (d *delivery) few(data []byte) []byte {
	switch {
	case d.isCSV():
		var rows [][]string
		for line := range bytes.Lines(data) { // the simulator breaks no line inside a cell
			// Its lines that are not strict, as the vendor's samples show them, are for other tests.
			if row, err := csv.NewReader(bytes.NewReader(line)).Read(); err == nil && len(rows) <= mostRecords {
				rows = append(rows, row)
			}
		}
		return bytes.TrimPrefix(renderCSV(rows, csvForm{}), []byte("\ufeff"))
	case d.isLines():
		lines := bytes.SplitAfter(data, []byte("\n"))
		return bytes.Join(lines[:min(len(lines), mostRecords)], nil)
	}
	doc := parseDocument(data)
	if len(doc.records) > mostRecords { // from all over, as a document may be sorted by kind
		some := make([]json.RawMessage, 0, mostRecords)
		for i := range mostRecords {
			some = append(some, doc.records[i*len(doc.records)/mostRecords])
		}
		doc.records = some
	}
	return doc.render(",\n")
}

// without leaves records out, by their ordinals.
func (d *delivery) without(ordinals map[int64]bool) []byte {
	if d.isCSV() {
		rows := parseCSV(d.data)
		good := rows[:1:1]
		for i, row := range rows[1:] {
			if !ordinals[int64(i)] {
				good = append(good, row)
			}
		}
		return renderCSV(good, csvForm{})
	}
	doc := d.records()
	good := doc
	good.records = nil
	for i, rec := range doc.records {
		if !ordinals[int64(i)] {
			good.records = append(good.records, rec)
		}
	}
	return d.render(good)
}

func (d *delivery) isCSV() bool   { return strings.HasSuffix(d.file, ".csv") }
func (d *delivery) isLines() bool { return strings.HasSuffix(d.file, ".ndjson") }

// reading is what a delivery became, up to the database.
type reading struct {
	rows     []string
	counts   schemas.Counts
	findings []schemas.Finding
	rejected map[int64]bool // ordinals of records
	err      error
}

// said tells by what a reading says that something is wrong; "" for nothing.
func (r *reading) said() string {
	switch {
	case r.err != nil:
		return "error: " + r.err.Error()
	case r.counts.Rejected > 0:
		return fmt.Sprintf("%d rejects", r.counts.Rejected)
	case r.counts.ItemRejects > 0:
		return fmt.Sprintf("%d rejects of items", r.counts.ItemRejects)
	}
	return ""
}

func (d *delivery) inputs(parts ...[]byte) []transform.Input {
	var in []transform.Input
	for i, data := range parts {
		in = append(in, transform.Input{Part: i, Artifact: fmt.Sprintf("%064d", i), Context: d.context, Size: int64(len(data)),
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
	}
	return in
}

// read transforms a delivery.
func (d *delivery) read(ctx context.Context, parts ...[]byte) (r reading) {
	s, err := transform.Open(ctx, d.contract, d.set.Common, d.inputs(parts...), transform.Options{Source: "s", Contracts: d.set.All()})
	if err != nil {
		return reading{err: err}
	}
	rows, rejected := map[string]bool{}, map[int64]bool{}
	for b, err := range s.Batches {
		if err != nil {
			return reading{err: err}
		}
		if b.Table == schemas.RejectsTable {
			for _, n := range columnOf(b.Rows, schemas.RecordColumn).(*array.Int64).Int64Values() {
				rejected[n] = true
			}
		}
		if b.Table.IsCommon() || b.Table == s.Vendor && !d.contract.Typed() {
			for i := range int(b.Rows.NumRows()) {
				rows[rowText(b.Table, b.Rows, i)] = true
			}
		}
	}
	return reading{rows: slices.Sorted(maps.Keys(rows)), counts: s.Counts(), findings: s.Findings, rejected: rejected}
}

// rowText is a row without its provenance.
func rowText(t *schemas.Table, rows arrow.RecordBatch, i int) string {
	var b strings.Builder
	b.WriteString(t.Name)
	fields := t.Fields
	if !t.IsCommon() { // as they came
		fields = slices.SortedFunc(slices.Values(fields), func(a, b schemas.Field) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, f := range fields {
		if col := columnOf(rows, f.Name); !col.IsNull(i) && !f.Volatile {
			v := col.ValueStr(i)
			if f.Type == schemas.JSON || !t.IsCommon() && strings.ContainsAny(v[:min(len(v), 1)], "{[") {
				v = sameJSON(v)
			}
			b.WriteString(" | " + f.Name + "=" + v)
		}
	}
	return b.String()
}

// sameJSON is a JSON text in one form, whatever the order of members.
func sameJSON(s string) string {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return s
	}
	out, err := json.Marshal(v)
	if err != nil {
		return s
	}
	return string(out)
}

// damaged is a delivery that is not as the vendor made it.
type damaged struct {
	what string // what was done, and where
	data []byte
	// excuse is why no reader could tell it from a good delivery; "" for none.
	excuse string
}

// damage is one way to damage a delivery.
type damage struct {
	name string
	do   func(d *delivery, r *rand.Rand) []damaged
}

func TestDamage_isNeverSilent(t *testing.T) {
	t.Parallel()
	good, err := goodDeliveries()
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(t, good)
	kinds := append(append(slices.Clone(csvDamages), jsonDamages...), wholeDamages...)
	most := often(12, 1000) // of each kind and dataset
	if raced {
		most = 3 // each is read and loaded by the same goroutines
	}
	tried, silent, said := 0, 0, map[string]int{}
	excused := map[string]int{}
	for _, d := range good {
		t.Run(d.dataset, func(t *testing.T) {
			for k, kind := range kinds {
				all := kind.do(d, rand.New(rand.NewSource(int64(k))))
				r := rand.New(rand.NewSource(1))
				r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
				for _, x := range all[:min(len(all), most)] {
					tried++
					how := g.told(t, d, x)
					switch {
					case how != "":
						said[how]++
					case x.excuse != "":
						excused[x.excuse]++
					default:
						silent++
						t.Errorf("%s: %s: other rows, and not a word\n%s", kind.name, x.what, difference(d.rows, d.read(t.Context(), x.data).rows))
					}
				}
			}
		})
	}
	figure(t, "damage", "%d damaged deliveries in %d ways: %d the same rows, %d refused, %d rejects, %d held, %d findings, %d silent", tried, len(kinds),
		said["same"], said["error"], said["rejects"], said["held"], said["finding"], silent)
	for _, why := range slices.Sorted(maps.Keys(excused)) {
		figure(t, "damage", "%d silent: %s", excused[why], why)
	}
	if want := 2000 * most / 12; tried < min(want, 2000) {
		t.Errorf("%d damaged deliveries; want %d", tried, want)
	}
}

// told is by what a damaged delivery shows: same (nothing is lost), error,
// rejects, held, or a finding that names the value that is not there; "" for nothing.
func (g *gateTrial) told(t *testing.T, d *delivery, x damaged) string {
	t.Helper()
	got := d.read(t.Context(), x.data)
	switch {
	case got.err != nil:
		return "error"
	case got.said() != "":
		return "rejects"
	case slices.Equal(got.rows, d.rows):
		return "same"
	case slices.ContainsFunc(got.findings, func(f schemas.Finding) bool { return slices.Contains(lostValues, f.Rule) }):
		return "finding"
	case g.holds(d, x.data):
		return "held"
	}
	return ""
}

// lostValues are the rules of the findings that tell of a value which is not
// believed, so that the row lacks it.
var lostValues = []string{"placeholder", "not_an_address", "not_json", "wrong_shape"}

// difference shows a few rows that only one side has.
func difference(want, got []string) string {
	var b strings.Builder
	n := 0
	for _, side := range []struct {
		sign string
		a, b []string
	}{{"-", want, got}, {"+", got, want}} {
		for _, row := range side.a {
			if _, ok := slices.BinarySearch(side.b, row); !ok && n < 3 {
				fmt.Fprintf(&b, "   %s %.250s\n", side.sign, row)
				n++
			}
		}
	}
	return b.String()
}
