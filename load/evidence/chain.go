package evidence

import (
	"archive/zip"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	_ "github.com/duckdb/duckdb-go/v2" // the driver

	"github.com/accessmart/accessmart/load/database"
	objects "github.com/accessmart/accessmart/sql"
)

// chainOf computes the hashes of the runs in a pack by the same SQL as the file itself.
var chainOf = database.Parse(`create schema meta;
create table meta.runs as from read_parquet({{.runs}});
create table meta.exports as from read_parquet({{.exports}});
create macro meta.chain_hash_of({{.args}}) as ({{.query}});`)

const runsOf = `select run_id, coalesce(previous_run_id, ''), coalesce(chain_hash, ''), coalesce(meta.chain_hash_of(run_id), '') from meta.runs order by as_of, run_id`

// chain says whether each run of the pack is bound to the one before it.
func (p *Pack) chain(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "accessmart-evidence-*") // mode 0700
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	paths := map[string]string{}
	for _, name := range []string{runsName, exportsName} {
		f := p.members[name]
		if f == nil || slices.ContainsFunc(p.Findings, func(found Finding) bool { return found.Member == name }) {
			p.find("the chain of runs", "cannot be followed, as %s is not as it was made", name)
			return nil
		}
		paths[name] = filepath.Join(dir, filepath.Base(name))
		if err := unpack(f, paths[name]); err != nil {
			return err
		}
	}
	runs, err := readChain(ctx, paths[runsName], paths[exportsName])
	if err != nil {
		p.find("the chain of runs", "cannot be followed: %v", err)
		return ctx.Err()
	}
	p.follow(runs)
	return nil
}

// link is a run in the chain.
type link struct{ run, previous, hash, again string }

// follow looks at each run, in the order of time.
func (p *Pack) follow(runs []link) {
	for i, r := range runs {
		before := ""
		if i > 0 {
			before = runs[i-1].run
		}
		fine := true
		if r.hash == "" || r.hash != r.again {
			p.find("run "+r.run, "has a hash that does not fit its ledger")
			fine = false
		}
		if r.previous != before {
			p.find("run "+r.run, "follows %s, not %s: a run was taken out or put in", orNone(r.previous), orNone(before))
			fine = false
		}
		if fine {
			p.Runs++
		}
	}
	if len(runs) == 0 || runs[len(runs)-1].run != p.Manifest.Run || runs[len(runs)-1].hash != p.Manifest.Chain {
		p.find(manifestName, "names another last run, or hash of it, than the ledger has")
	}
}

func orNone(run string) string {
	if run == "" {
		return "no run"
	}
	return "run " + run
}

// unpack writes a member to a new file.
func unpack(f *zip.File, path string) (err error) {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	// A zip.Reader gives no more bytes than the member says it has.
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func readChain(ctx context.Context, runs, exports string) (out []link, err error) {
	all := objects.All(objects.MetaMacro)
	o := all[slices.IndexFunc(all, func(o objects.Object) bool { return o.Name == "chain_hash_of" })]
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	setup := chainOf.Fill(database.Values{"runs": database.Text(runs), "exports": database.Text(exports), "args": database.SQL(o.Args), "query": database.SQL(o.Query)})
	if _, err := db.ExecContext(ctx, string(setup)); err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, runsOf)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l link
		if err := rows.Scan(&l.run, &l.previous, &l.hash, &l.again); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, rows.Err()
}
