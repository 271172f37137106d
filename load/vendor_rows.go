package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// compareRecords is compare for a vendor table, in which each record is a row,
// also one that says the same as another. A row that is delivered again stays
// as it is, with the file and the time in which it was first seen.
func (l *loading) compareRecords(ctx context.Context, k *sink) error {
	n, err := l.countRecords(ctx, k)
	if err != nil {
		return err
	}
	// That each content comes once, now as before, is nearly always so. Then the
	// rows that stay are as many as the records that are not fresh.
	if n.contents != k.taken || n.current-n.gone != k.taken-n.fresh {
		if err := l.evenOut(ctx, k); err != nil {
			return err
		}
		if n, err = l.countRecords(ctx, k); err != nil {
			return err
		}
	}
	k.again = k.taken - n.contents
	k.result = TableResult{Rows: k.taken, Inserted: n.fresh, Closed: n.gone, Unchanged: n.current - n.gone}
	return expect("rows of "+qualified(k.table)+" new and unchanged", n.fresh+n.current-n.gone, k.taken)
}

type recordCounts struct{ current, gone, contents, fresh int64 }

func (l *loading) countRecords(ctx context.Context, k *sink) (n recordCounts, err error) {
	err = l.w.db.QueryRowContext(ctx, fmt.Sprintf(
		`select (select count(*) from %s where %s), (select count(*) from %s),
			(select count(distinct %s) from %s), (select count(*) from %s)`,
		qualified(k.table), l.where(), k.stage("gone"), schemas.HashColumn, k.stage("seen"), k.stage("fresh"))).
		Scan(&n.current, &n.gone, &n.contents, &n.fresh)
	return n, err
}

// evenOut deals with contents that are delivered more or less often than they
// are current: their rows go, and come again as often as they are delivered.
func (l *loading) evenOut(ctx context.Context, k *sink) error {
	fields := make([]string, len(k.table.Fields))
	for i, f := range k.table.Fields {
		fields[i] = ident(f.Name)
	}
	list := ""
	if len(fields) > 0 {
		list = strings.Join(fields, ", ") + ", "
	}
	_, err := l.w.db.ExecContext(ctx, fmt.Sprintf(`
		create table %[1]s as
			select _hash from (select _hash, count(*) as n from %[2]s group by _hash) s
			join (select _hash, count(*) as n from %[3]s where %[4]s group by _hash) c using (_hash)
			where s.n <> c.n;
		insert into %[5]s (%[6]s_source, _dataset, _artifact, _record, _valid_from, _hash)
			select %[6]s%[7]s, %[8]s, %[11]s, s._record, %[9]s, s._hash from %[2]s s
			join (from %[3]s where %[4]s and rowid in (select min(rowid) from %[3]s where %[4]s group by _hash)) c using (_hash)
			where s._hash in (from %[1]s);
		insert into %[10]s select rowid from %[3]s where %[4]s and _hash in (from %[1]s);`,
		k.stage("uneven"), k.stage("seen"), qualified(k.table), l.where(), k.stage("fresh"), list,
		text(l.e.Source), text(l.e.Dataset), instant(l.w.asOf), k.stage("gone"), l.artifact()))
	return err
}
