package load

import (
	"context"
	"fmt"

	"github.com/accessmart/accessmart/schemas"
)

// startStaged starts two statements: one keeps each row's hash, and for a vendor
// table where it stands in the delivered files; the other keeps those rows
// whole that are not current. The latter asks with NOT IN, since that always
// builds its hash table of the current hashes: an anti join would build it of
// the stream, whose length DuckDB does not know and takes for 1.
func (l *loading) startStaged(ctx context.Context, k *sink) error {
	k.staged = true
	t := qualified(k.table)
	thin, columns, values, which := narrow, "_hash uuid", schemas.HashColumn, "where "+picked
	if !k.table.IsCommon() {
		thin, columns, values, which = origins, "_part integer, _record bigint, _hash uuid", "_part, _record, _hash", ""
	}
	ddl := fmt.Sprintf("create table %s as from %s limit 0; create table %s (%s);", k.stage("fresh"), t, k.stage("seen"), columns)
	if _, err := l.w.db.ExecContext(ctx, ddl); err != nil {
		return err
	}
	rows, hashes := newFeed(ctx, k.shape), newFeed(ctx, thin)
	k.feeds = []*feed{rows, hashes}
	name, seen := l.w.feedName(), l.w.feedName()
	l.group.Go(func() error {
		_, err := l.w.pullAlone(ctx, rows, name, fmt.Sprintf(
			`insert into %s (%s) select %s from (from %s %s) where %s not in (select %[6]s from %s where %s)`,
			k.stage("fresh"), idents(layoutOf(k.table).names()), l.values(k.table), ident(name), which,
			schemas.HashColumn, t, l.where()))
		return err
	})
	l.group.Go(func() (err error) {
		k.taken, err = l.w.pullAlone(ctx, hashes, seen, fmt.Sprintf("insert into %s select %s from %s %s",
			k.stage("seen"), values, ident(seen), which))
		return err
	})
	return nil
}

// compareStaged finds what is to do in each staged table. All are compared
// before a transaction begins: it would not see what is staged after that.
func (l *loading) compareStaged(ctx context.Context) (err error) {
	if err := l.findOlder(ctx); err != nil {
		return err
	}
	if err := l.readParts(ctx); err != nil {
		return err
	}
	if err := l.stageSpared(ctx); err != nil {
		return err
	}
	kept, err := l.w.count(ctx, fmt.Sprintf("select count(*) from meta.kept_rows where source = %s and dataset = %s", text(l.e.Source), text(l.e.Dataset)))
	if err != nil {
		return err
	}
	l.hadKept = kept > 0
	if err := l.denyWins(ctx); err != nil {
		return err
	}
	for _, k := range l.sinks {
		if !k.staged {
			continue
		}
		if err := l.compare(ctx, k); err != nil {
			return err
		}
		if k.result.Inserted > 0 || k.result.Closed > 0 {
			l.changed = append(l.changed, k)
		}
	}
	return nil
}

// applyStaged brings each staged table up to date, all in one transaction.
func (l *loading) applyStaged(ctx context.Context) (err error) {
	if len(l.changed) == 0 && len(l.kept) == 0 && !l.hadKept {
		return nil
	}
	if l.apply, err = l.w.begin(ctx); err != nil {
		return err
	}
	for _, k := range l.changed {
		if err := l.change(ctx, k); err != nil {
			return err
		}
	}
	return l.recordKept(ctx, l.apply)
}

// compare finds the rows to close and counts, and changes nothing yet.
func (l *loading) compare(ctx context.Context, k *sink) error {
	t, seen, fresh, gone := qualified(k.table), k.stage("seen"), k.stage("fresh"), k.stage("gone")
	_, err := l.w.db.ExecContext(ctx, fmt.Sprintf(
		`create table %s as select id from (select rowid as id, %s as known from %s where %s) c anti join %s s on c.known = s.%[2]s`,
		gone, schemas.HashColumn, t, l.where(), seen))
	if err != nil {
		return err
	}
	if !k.table.IsCommon() {
		return l.compareRecords(ctx, k)
	}
	var current, absent, staged, inserted int64
	err = l.w.db.QueryRowContext(ctx, fmt.Sprintf(
		`select (select count(*) from %s where %s), (select count(*) from %s),
			(select count(distinct %[4]s) from %[5]s), (select count(distinct %[4]s) from %[6]s)`,
		t, l.where(), gone, schemas.HashColumn, seen, fresh)).Scan(&current, &absent, &staged, &inserted)
	if err != nil {
		return err
	}
	closed, err := l.closing(ctx, k, current, absent)
	if err != nil {
		return err
	}
	unchanged := current - absent
	k.result = TableResult{Rows: current + inserted - closed, Inserted: inserted, Closed: closed, Unchanged: unchanged}
	return expect("rows of "+t+" new and unchanged", inserted+unchanged, staged)
}

// closing leaves in the stage only those absent rows that are really gone and
// returns how many: all of a whole snapshot, but for what its rejects are
// about and what it was not asked for; of a filtered one only what came again with the same key and other
// content; of events none.
func (l *loading) closing(ctx context.Context, k *sink, current, absent int64) (int64, error) {
	if absent == 0 {
		return 0, nil
	}
	var query string
	switch {
	case l.c.Mode == schemas.Append, l.filtered() && k.table.Key == "":
		query = "delete from " + k.stage("gone")
	case l.filtered():
		query = fmt.Sprintf(`delete from %s where id not in (
			select rowid from %s where %s and %s in (
				select %[4]s from %[5]s where %[4]s is not null
				union all
				select %[4]s from %[2]s where %[3]s and %[4]s is not null and %[6]s in (select %[6]s from %[7]s)))`,
			k.stage("gone"), qualified(k.table), l.where(), ident(k.table.Key), k.stage("fresh"), schemas.HashColumn, k.stage("seen"))
	default:
		return l.closingWhole(ctx, k, current, absent)
	}
	res, err := l.w.db.ExecContext(ctx, query)
	if err != nil {
		return 0, err
	}
	kept, err := res.RowsAffected()
	if err != nil || l.c.Mode == schemas.Append || kept == absent {
		return absent - kept, err
	}
	return absent - kept, l.weigh(ctx, k, current)
}

// closingWhole is closing for a whole snapshot. What its rejects keep though
// it is absent is weighed too: other rows may come beside it.
func (l *loading) closingWhole(ctx context.Context, k *sink, current, absent int64) (int64, error) {
	unasked, err := l.dropUnasked(ctx, k)
	if err != nil {
		return 0, err
	}
	named, err := l.dropNamed(ctx, k)
	if err != nil {
		return 0, err
	}
	if err := l.weigh(ctx, k, current); err != nil {
		return 0, err
	}
	unnamed, err := l.dropUnnamed(ctx, k)
	return absent - unasked - named - unnamed, err
}

// change closes and inserts what compare found. Of a vendor table no version is
// kept, and each record is a row.
func (l *loading) change(ctx context.Context, k *sink) error {
	t, names := qualified(k.table), idents(layoutOf(k.table).names())
	if k.result.Closed > 0 {
		if err := l.remove(ctx, k, t, names); err != nil {
			return err
		}
	}
	if k.result.Inserted == 0 {
		return nil
	}
	which := ""
	if k.table.IsCommon() {
		which = fmt.Sprintf("where rowid in (select min(rowid) from %s group by %s)", k.stage("fresh"), schemas.HashColumn)
	}
	inserted, err := l.apply.exec(ctx, fmt.Sprintf("insert into %s (%s) select %[2]s from %s %s", t, names, k.stage("fresh"), which))
	if err != nil {
		return err
	}
	return expect("rows inserted into "+t, inserted, k.result.Inserted)
}

// remove takes the rows that are gone out of t, those of the common model over
// to history.
func (l *loading) remove(ctx context.Context, k *sink, t, names string) error {
	which := "where rowid in (select id from " + k.stage("gone") + ")"
	if k.table.IsCommon() {
		moved, err := l.apply.exec(ctx, fmt.Sprintf("insert into %s.%s (%s, _valid_to, _ended_by) select %[3]s, %[4]s, %[5]s from %[6]s %[7]s",
			historySchema, ident(k.table.Name), names, instant(l.w.asOf), text(l.w.opt.Run.ID), t, which))
		if err != nil {
			return err
		}
		if err := expect("rows moved to history of "+t, moved, k.result.Closed); err != nil {
			return err
		}
	}
	deleted, err := l.apply.exec(ctx, "delete from "+t+" "+which)
	if err != nil {
		return err
	}
	return expect("rows closed in "+t, deleted, k.result.Closed)
}
