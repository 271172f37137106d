package run

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/accessmart/accessmart/extract"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/database/read"
	"github.com/accessmart/accessmart/schemas"
)

// Planned is what a refresh would do about one dataset, as far as the last one tells.
type Planned struct {
	Source   string
	Contract *schemas.Contract
	// Exports and Requests are those of the last complete fetch: exports that the vendor
	// made, and requests at least that its API answered. Where Fetched is zero it was never
	// fetched whole, and they are what its protocol needs at least.
	Exports, Requests int
	Shared            int    // requests of these that are counted with an earlier dataset of the source, as they brought both
	Unknown           bool   // not even that is known: nobody knows yet for how many records it is asked
	Each              string // the plural of the dataset for each of whose records it is asked once more; "" for none
	Parents           *int64 // how many records that had when it was last loaded; nil: not known
	Fetched           time.Time
	Took              time.Duration // of that fetch
	AtRate            time.Duration // that so many requests take at the vendor's rate; 0 for no limit
	Rows              int64         // of the common model that the file has from it now
	Keeps             string        // why no row could close though there are some; "" where all could
}

// exportRequests are those of an export at least: to ask, to see that it is ready, and
// to download it.
const exportRequests = 3

// Plan tells what a refresh of the targets would ask for, from the manifests of the
// data folder and the rows of the database file, of which either may be missing. It
// asks no vendor.
func Plan(ctx context.Context, data, file string, targets []Target) ([]Planned, error) {
	last, err := lastFetched(data)
	if err != nil {
		return nil, err
	}
	rows, records, err := heldOf(ctx, file, targets)
	if err != nil {
		return nil, err
	}
	var out []Planned
	for _, t := range targets {
		var rate float64
		if t.Vendor != nil {
			a := t.Vendor.Access()
			rate = cmp.Or(a.Limits.Rate, a.Rate)
		}
		counted := map[string]bool{}
		for _, c := range t.Contracts {
			id := schemas.ExportID{Source: t.Source.Name, Dataset: c.Dataset}
			p := Planned{Source: id.Source, Contract: c, Rows: rows[id]}
			e := last[id]
			if n, known := t.estimate(&p, records); e != nil {
				p.Exports, p.Requests, p.Shared = asked(e, counted)
				p.Fetched, p.Took = e.FinishedAt, e.FinishedAt.Sub(e.StartedAt)
			} else {
				p.Exports, p.Requests, p.Unknown = n.exports, n.requests, !known
			}
			if rate > 0 {
				p.AtRate = time.Duration(float64(p.Requests) / rate * float64(time.Second))
			}
			switch {
			case c.Mode == schemas.Append:
				p.Keeps = "events are only added"
			case e != nil && e.Filtered:
				p.Keeps = "it is a selection, which closes nothing"
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// asks are exports, and requests in all.
type asks struct{ exports, requests int }

// estimate is what a dataset takes at least by the protocol of its vendor, and fills in of
// which other dataset it hangs; false where the number of that one's records is not known.
func (t *Target) estimate(p *Planned, records map[schemas.ExportID]int64) (asks, bool) {
	v, ok := t.Vendor.(extract.Estimator)
	if !ok { // a folder
		return asks{}, true
	}
	cost, one := v.Cost(p.Contract), asks{requests: 1}
	if cost.Export {
		one = asks{1, exportRequests}
	}
	if p.Each = cost.Each; p.Each == "" {
		return one, true
	}
	n, known := records[schemas.ExportID{Source: p.Source, Dataset: p.Contract.Vendor() + "." + p.Each}]
	if !known {
		return asks{}, false
	}
	if p.Parents = &n; cost.Some {
		return asks{}, false
	}
	return asks{int(n) * one.exports, int(n) * one.requests}, true
}

// lastFetched are the newest complete exports of a data folder, which need not be there.
func lastFetched(data string) (map[schemas.ExportID]*schemas.Export, error) {
	out := map[schemas.ExportID]*schemas.Export{}
	if _, err := os.Stat(data); errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	store, err := extract.OpenStore(data)
	if err != nil {
		return nil, err
	}
	runs, err := store.Runs()
	if err != nil {
		return nil, err
	}
	for _, run := range slices.Backward(runs) {
		exports, err := store.Exports(run)
		if err != nil {
			return nil, err
		}
		for _, e := range exports {
			if e.Complete && out[e.ID()] == nil {
				out[e.ID()] = e
			}
		}
	}
	return out, nil
}

// asked counts the exports and the requests of a fetch, and those of the requests that are
// counted already: one archive may bring several datasets. A part that a POST began is an
// export, but for pages of a search, which are JSON and have no job.
func asked(e *schemas.Export, counted map[string]bool) (exports, requests, shared int) {
	for _, p := range e.Parts {
		var r struct {
			Method string `json:"method"`
		}
		n := 1
		switch {
		case len(p.Request) == 0: // of a folder
			continue
		case json.Unmarshal(p.Request, &r) == nil && r.Method == "POST" && (p.JobID != "" || p.MediaType != "application/json"):
			exports++
			n = exportRequests
		}
		requests += n
		if part := fmt.Sprint(string(p.Request), p.JobID, p.Context, p.Artifact); counted[part] {
			shared += n
		} else {
			counted[part] = true
		}
	}
	return exports, requests, shared
}

// loadedRecords are how many records each dataset had when it was last loaded.
const loadedRecords = "select source, dataset, arg_max(record_count, as_of) from meta.exports where status = 'loaded' group by all"

// heldOf are the rows of the common model that a file has from each dataset of the targets, and
// how many records each dataset had when it was last loaded. There need not be a file.
func heldOf(ctx context.Context, file string, targets []Target) (rows, records map[schemas.ExportID]int64, err error) {
	rows, records = map[schemas.ExportID]int64{}, map[schemas.ExportID]int64{}
	f, err := read.Open(ctx, file)
	if errors.Is(err, database.ErrNoDatabase) {
		return rows, records, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	wanted := map[string]bool{}
	for _, t := range targets {
		for _, c := range t.Contracts {
			for i := range c.Emit {
				wanted[c.Emit[i].Table] = true
			}
		}
	}
	var counts []string
	err = f.Each(ctx, "select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'observed'", func(row []read.Value) {
		if table := row[0].Text; wanted[table] {
			counts = append(counts, "select _source, _dataset, count(*) from observed."+table+" group by all")
		}
	})
	if err == nil && len(counts) > 0 {
		err = f.Each(ctx, strings.Join(counts, " union all "), func(row []read.Value) {
			rows[schemas.ExportID{Source: row[0].Text, Dataset: row[1].Text}] += row[2].Int()
		})
	}
	if err != nil {
		return nil, nil, err
	}
	err = f.Each(ctx, loadedRecords, func(row []read.Value) {
		records[schemas.ExportID{Source: row[0].Text, Dataset: row[1].Text}] = row[2].Int()
	})
	return rows, records, err
}
