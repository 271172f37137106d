package evidence

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/accessmart/accessmart/load/database"
)

// literal is the moment of the pack in SQL.
func (p *maker) literal() string { return string(database.Instant(p.m.AsOf)) }

// ledgerTable is a table of the ledger in a pack.
type ledgerTable struct {
	name, about string
	query       *database.Template
}

// ledgers are what a pack has of the ledger: of the runs up to its moment, each table sorted
// by what tells its rows apart.
var ledgers = []ledgerTable{
	{"runs", "The runs that made the file, with the hash by which each is bound to the one before it", database.Parse(`select * from meta.runs where as_of <= {{.at}} order by as_of`)},
	{"exports", "What became of each export in each run, with its counts, the hashes of its files and the fingerprint of its contract", database.Parse(`select * from meta.exports where as_of <= {{.at}} order by as_of, source, dataset`)},
	{"checks", "What each check found in each run", database.Parse(`select c.* from meta.checks c join meta.runs r using (run_id) where r.as_of <= {{.at}} order by r.as_of, c.check_name`)},
	{"rejects", "How many records or parts of records were not loaded, by what was wrong", database.Parse(`select x.run_id, x.source, x.dataset, x.rule, x.field, count(*) as reject_count
from meta.rejects x join meta.runs r using (run_id) where r.as_of <= {{.at}} group by all order by any_value(r.as_of), x.source, x.dataset, x.rule nulls last, x.field nulls last`)},
	{"gates", "Why exports were held or let through by a person", database.Parse(`select * from meta.gates where as_of <= {{.at}} order by all`)},
	{"artifacts", "The files as delivered: their SHA-256, size and origin", database.Parse(`select * from meta.artifacts
where (artifact, source, dataset) in (select (unnest(artifact_ids), source, dataset) from meta.exports where as_of <= {{.at}}) order by artifact, source, dataset`)},
}

// newest are what the file keeps of its last run alone, so that it is in the packs of that run.
var newest = []ledgerTable{
	{"contracts", "The contracts by which the last run read each dataset", database.Parse(`select dataset, vendor, documented, mode, is_typed, contract from meta.datasets order by dataset`)},
	{"settings", "The thresholds and names by which reports judge, as the last run set them", database.Parse(`select * from meta.settings order by name`)},
}

// ledgerTables are those that the pack has.
func (p *maker) ledgerTables() []ledgerTable {
	if p.m.IsNewest {
		return append(slices.Clone(ledgers), newest...)
	}
	return ledgers
}

// ledger writes the tables of the ledger.
func (p *maker) ledger(ctx context.Context) error {
	for _, l := range p.ledgerTables() {
		query := string(l.query.Fill(database.Values{"at": p.m.AsOf}))
		rows, err := p.f.Query(ctx, query)
		if err != nil {
			return err
		}
		err = p.zip.add("ledger/"+l.name+".csv", func(out io.Writer) error {
			_, err := p.CSV(out, rows)
			return err
		})
		if closed := rows.Close(); err != nil || closed != nil {
			return errors.Join(err, closed)
		}
		if err := p.parquet(ctx, "ledger/"+l.name+".parquet", query, [][2]string{{"about", l.about}}); err != nil {
			return err
		}
	}
	return nil
}
