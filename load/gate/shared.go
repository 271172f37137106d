package gate

import (
	"context"
	"database/sql"
	"slices"

	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// A key that many rows with different names have is none: an HR file without numbers in
// which all people have the address of one mailbox would be one person.

// fewestSharing is how many names under one key are too many if they are those of more
// than half of the rows; tooManySharing is how many are in any table.
const (
	fewestSharing  = 3
	tooManySharing = 10
)

// naming are the columns that tell the rows of a table of things apart for a person, the
// first that has a value.
var naming = map[string][]string{
	"identities": {"display_name", "family_name", "given_name", "username", "employee_number", "native_id"},
	"accounts":   {"username", "display_name", "native_id"},
	"groups":     {"name", "native_id"}, "roles": {"name", "native_id"}, "resources": {"name", "native_id"},
	"applications": {"name", "native_id"}, "entitlements": {"name", "native_id"},
}

// Rows are what is asked about rows: [database.DB], or [database.Tx] for those that only a
// transaction sees.
type Rows interface {
	Each(ctx context.Context, query database.SQL, f func(*sql.Rows) error, args ...any) error
}

var countShared = database.Parse(`
	with n as (select {{.key}} as key, lower(trim(coalesce({{.names}}))) as name from {{.rows}})
	select count(distinct name), (select count(*) from n) from n
	where key is not null and hash(key) in (select hash(key) from n where key is not null group by all having count(*) >= {{.fewest}})
	group by key order by 1 desc limit 1`)

// WeighKeys finds a key that too many of the rows that would come share, for
// [Export.Judge]. One person's rows have one name, however many there are. It finds
// nothing in a run that is repeated, which decides as it did then.
func (x *Export) WeighKeys(ctx context.Context, t *schemas.Table, in Rows, rows database.SQL) error {
	names := naming[t.Name]
	if x.Before != nil || names == nil || x.Limits.Share >= 1 || !x.describes(t) {
		return nil
	}
	columns := make([]database.SQL, len(names))
	for i, name := range names {
		columns[i] = database.Ident(name)
	}
	query := countShared.Fill(database.Values{"key": database.Ident(t.Key), "names": database.Join(columns, ", "), "rows": rows, "fewest": fewestSharing})
	return in.Each(ctx, query, func(r *sql.Rows) error {
		var sharing, all int64
		if err := r.Scan(&sharing, &all); err != nil {
			return err
		}
		if sharing >= tooManySharing || sharing >= fewestSharing && 2*sharing > all {
			x.weighed = append(x.weighed, ledger.Fall{Table: t.Schema + "." + t.Name, Before: sharing, After: 1, Reason: ledger.ReasonShared, What: t.Key,
				Limit: ledger.Limit{Share: 0.5, Rows: tooManySharing - 1}})
		}
		return nil
	})
}

// describes reports whether the export lists the things of a table, each once.
func (x *Export) describes(t *schemas.Table) bool {
	return slices.ContainsFunc(x.Contract.Emit, func(e schemas.Emit) bool { return e.Table == t.Name && e.Strength == schemas.Describes })
}
