package files

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessmart/accessmart/schemas"
)

// Names as people, portals, browsers and command-line tools write them.
func TestReadName(t *testing.T) {
	var known []*schemas.Contract
	for _, p := range []string{"requests", "employees", "entities", "entity_relations", "access_inventory_accounts", "risks", "risks_v2"} {
		known = append(known, &schemas.Contract{Dataset: "balkanid." + p})
	}
	f, err := New(Config{Folder: t.TempDir()}, known)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	for name, want := range map[string]string{
		"requests.csv":                          "requests exact",
		"Requests.CSV":                          "requests exact",
		"requests.txt":                          "requests exact",
		"requests":                              "requests exact",
		"requests.csv.gz":                       "requests exact",
		"requests.csv.txt":                      "requests exact",
		"requests (1).csv":                      "requests exact copy",
		"requests(1).csv":                       "requests exact copy",
		"requests.csv (1)":                      "requests exact copy",
		"requests - Copy.csv":                   "requests exact copy",
		"requests - Copy (2).csv":               "requests exact copy",
		"requests copy 2.csv":                   "requests exact copy",
		"Copy of requests.csv":                  "requests exact copy",
		"Copy (2) of requests.csv":              "requests exact copy",
		"requests - Kopie.csv":                  "requests exact copy",
		"Kopie von requests.csv":                "requests exact copy",
		"requests_2026-11-01 (1).csv":           "requests exact copy 2026-11-01",
		"requests-20261101.csv":                 "requests exact 2026-11-01",
		"requests20261101.csv":                  "requests exact 2026-11-01",
		"20261101_requests.csv":                 "requests exact 2026-11-01",
		"2026-11-01 Requests.csv":               "requests exact 2026-11-01",
		"requests 1 Nov 2026.csv":               "requests exact 2026-11-01",
		"Requests (Nov 1, 2026).csv":            "requests exact 2026-11-01",
		"requests.2026.11.01.csv":               "requests exact 2026-11-01",
		"requests_13-11-2026.csv":               "requests exact 2026-11-13",
		"requests_2026-11-01T02-30-00Z.csv":     "requests exact 2026-11-01T02:30:00Z",
		"requests_2026-11-01T02:30:00.123Z.csv": "requests exact 2026-11-01T02:30:00Z",
		"requests_20261101T023000.csv":          "requests exact 2026-11-01T02:30:00Z",
		"requests_20261101_023000.csv":          "requests exact 2026-11-01T02:30:00Z",
		"requests_2026-11-01_02-30-00.csv":      "requests exact 2026-11-01T02:30:00Z",
		"requests 2026-11-01 at 02.30.00.csv":   "requests exact 2026-11-01T02:30:00Z",
		"requests_20261101T023000+0200.csv":     "requests exact 2026-11-01T00:30:00Z",
		"requests_1793500200.csv":               "requests exact 2026-11-01T02:30:00Z",
		"requests_1793500200000.csv":            "requests exact 2026-11-01T02:30:00Z",
		"requests-2026-11-01-0001.csv":          "requests exact 2026-11-01 words:0001",
		"2026-11-01/requests.csv":               "requests exact 2026-11-01",
		"2026-11-01/balkanid/requests.csv":      "requests exact 2026-11-01",
		"exports/requests.csv":                  "requests exact",
		"requests_03-04-2026.csv":               "requests exact odd",
		"requests_2026-01-01_2026-02-01.csv":    "requests exact odd",
		"requests_2099-01-01.csv":               "requests exact odd",
		"requests_2026-02-30.csv":               "requests exact odd",
		"requests.part2.csv":                    "requests exact part:2/0",
		"requests-2of3.csv":                     "requests exact part:2/3",
		"requests part 2 of 3.csv":              "requests exact part:2/3",
		"requests-part-2.csv":                   "requests exact part:2/0",
		"requests_2026-11-01.part1.csv":         "requests exact 2026-11-01 part:1/0",
		"requests.eu.csv":                       "requests exact words:eu",
		"requests_eu.csv":                       "requests words:eu",
		"requests_export.csv":                   "requests exact words:export",
		"export_requests.csv":                   "requests exact",
		"BalkanID Requests.csv":                 "requests exact",
		"balkanid.requests.csv":                 "requests exact",
		"entity-relations.csv":                  "entity_relations exact",
		"Entity Relations (3).csv":              "entity_relations exact copy",
		"EntityRelations.csv":                   "entity_relations exact",
		"accessInventoryAccounts.csv":           "access_inventory_accounts exact",
		"risksV2.csv":                           "risks_v2 exact",
		"risks.csv":                             "risks exact",
		"entities.key=a%2Fb.csv":                "entities exact key=a/b",
		"entities.key=a (1).csv":                "entities exact copy key=a",
		"request.csv":                           "",
		"spconfig-export-be9e116d-08e1-49fc-ab7f-fa585e96c9e4.json": "words:spconfig export",
	} {
		n, err := f.readName(name, now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		add := func(when bool, what string) {
			if when {
				got = append(got, what)
			}
		}
		add(n.plural != "", n.plural)
		add(n.exact, "exact")
		add(n.copies, "copy")
		add(n.time.known(), n.time.text())
		add(n.odd, "odd")
		add(n.part >= 0, fmt.Sprintf("part:%d/%d", n.part, n.parts))
		for k, v := range n.facts {
			add(true, k+"="+v)
		}
		add(n.words != "", "words:"+n.words)
		if line := strings.Join(got, " "); line != want && !(want == "" && n.plural == "") {
			t.Errorf("%s: %q, want %q", name, line, want)
		}
	}
}

func FuzzReadName(f *testing.F) {
	folder, err := New(Config{Folder: f.TempDir()}, []*schemas.Contract{{Dataset: "balkanid.requests"}})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"requests (1).csv", "2026-11-01/x.csv", "a=b", "Copy of Copy of x - Copy - Copy"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, name string) {
		n, _ := folder.readName(name, now)
		if n.plural != "" && n.plural != "requests" || n.time.known() && n.time.at.After(now.Add(day)) {
			t.Errorf("%q: %+v", name, n)
		}
	})
}

// TestReadName_vendorFirst has each built-in dataset under its own name, behind
// the vendor's, and behind words that say nothing.
func TestReadName_vendorFirst(t *testing.T) {
	set, err := schemas.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	vendors := map[string][]*schemas.Contract{}
	for _, c := range set.All() {
		vendors[c.Vendor()] = append(vendors[c.Vendor()], c)
	}
	for vendor, known := range vendors {
		f, err := New(Config{Folder: t.TempDir()}, known)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range known {
			plural := c.Plural()
			for _, name := range []string{plural, vendor + "_" + plural, vendor + "." + plural, vendor + "-export-" + plural, "all " + plural, plural + "_" + vendor, plural + "_2026-11-01"} {
				got, err := f.readName(name+".csv", time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC))
				if err != nil || got.plural != plural || !got.exact {
					t.Errorf("%s of %s: %q, exact %v, %v", name, vendor, got.plural, got.exact, err)
				}
			}
		}
	}
}
