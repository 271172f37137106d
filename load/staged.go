package load

import (
	"context"
	"slices"

	"github.com/accessmart/accessmart/load/apply"
	"github.com/accessmart/accessmart/load/database"
	"github.com/accessmart/accessmart/load/gate"
	"github.com/accessmart/accessmart/load/ledger"
	"github.com/accessmart/accessmart/schemas"
)

// staged is a table whose rows are staged, with the change that they would make.
type staged struct {
	*sink
	change *apply.Change
}

// compareStaged finds the changes of each staged table. All are compared before the
// transaction begins, which would not see what is staged later.
func (l *loading) compareStaged(ctx context.Context) (err error) {
	if err := l.findOlder(ctx); err != nil {
		return err
	}
	if l.LastParts, err = ledger.Parts(ctx, l.db, l.ID()); err != nil {
		return err
	}
	if err := l.rejected.stage(ctx, l); err != nil {
		return err
	}
	if l.hadKept, err = ledger.HasKept(ctx, l.db, l.ID()); err != nil {
		return err
	}
	if err := l.denyWins(ctx); err != nil {
		return err
	}
	for _, k := range l.sinks {
		if err := k.weighKeys(ctx); err != nil {
			return err
		}
		if !k.staged {
			continue
		}
		s := &staged{sink: k}
		if err := s.compare(ctx); err != nil {
			return err
		}
		l.changed = append(l.changed, s)
	}
	return nil
}

// weighKeys lets the gate look at the keys of the rows that would come.
func (k *sink) weighKeys(ctx context.Context) error {
	switch {
	case !k.table.IsCommon() || k.l.Contract.Mode == schemas.Append:
		return nil
	case k.staged:
		return k.l.WeighKeys(ctx, k.table, k.l.db, "(from "+k.stage("fresh")+")")
	}
	return k.l.WeighKeys(ctx, k.table, k.tx, "(from "+qualified(k.table)+" where "+k.l.rows.where+")")
}

// tables are the staged tables of the common model, for the gate.
func (l *loading) tables() (out []gate.Table) {
	for _, s := range l.changed {
		if s.table.IsCommon() {
			out = append(out, s.weighed())
		}
	}
	return out
}

// applyStaged makes the changes of all staged tables in one transaction, which it does
// not commit.
func (l *loading) applyStaged(ctx context.Context) (err error) {
	changed := slices.DeleteFunc(slices.Clone(l.changed), func(s *staged) bool { return s.counts.Inserted == 0 && s.counts.Closed == 0 })
	if len(changed) == 0 && len(l.kept) == 0 && !l.hadKept {
		return nil
	}
	if l.tx, err = l.db.Begin(ctx); err != nil {
		return err
	}
	for _, s := range changed {
		if err := s.change.Make(ctx, l.tx, l.rows.moment, l.w.run()); err != nil {
			return err
		}
	}
	return l.w.ledger.EnterKept(ctx, l.tx, l.ID(), l.kept)
}

// compare finds the rows that would come and go, and counts them. Nothing is changed
// yet.
func (s *staged) compare(ctx context.Context) (err error) {
	s.change, err = apply.Compare(ctx, s.l.db, s.target(), apply.Staged{Rows: s.stage("fresh"), Seen: s.stage("seen")})
	if err != nil {
		return err
	}
	if s.table.IsCommon() {
		err = s.closing(ctx)
	} else {
		err = s.compareRecords(ctx)
	}
	if err != nil {
		return err
	}
	s.counts, err = s.change.Count(ctx)
	return err
}

// closing decides which of the absent rows are really gone. Of a complete snapshot all
// are, except those that its rejects may be about and those that were not asked for. Of
// a filtered one only those are whose key came with other content. Of events none is.
func (s *staged) closing(ctx context.Context) error {
	switch {
	case s.change.Absent == 0:
		return nil
	case s.l.Contract.Mode == schemas.Append:
		return s.change.CloseNone(ctx)
	case s.l.IsFiltered():
		stay, err := s.change.CloseNamed(ctx)
		if err != nil || stay == s.change.Absent || s.table.Key == "" {
			return err
		}
		return s.l.Weigh(ctx, s.weighed())
	}
	// The gate weighs before the rejects without named rows keep any, since other rows
	// may come in their place.
	if err := s.keepUnasked(ctx); err != nil {
		return err
	}
	if err := s.keepNamed(ctx); err != nil {
		return err
	}
	if err := s.l.Weigh(ctx, s.weighed()); err != nil {
		return err
	}
	return s.keepUnnamed(ctx)
}

// weighed is the table as the gate looks at it.
func (s *staged) weighed() gate.Table {
	return gate.Table{Table: s.table, Change: s.change, Counts: s.counts, Distinct: s.filter == nil || !s.filter.forgot,
		Kept: len(s.l.rejected.unnamed[s.table.Name]) > 0}
}

var evenOut = database.Parse(`
	create table {{.uneven}} as
		select _hash from (select _hash, count(*) as n from {{.seen}} group by _hash) s
		join (select _hash, count(*) as n from {{.table}} where {{.scope}} group by _hash) c using (_hash)
		where s.n <> c.n;
	insert into {{.fresh}} ({{.fields}}_source, _dataset, _artifact, _record, _valid_from, _hash)
		select {{.fields}}{{.source}}, {{.dataset}}, {{.artifact}}, s._record, {{.moment}}, s._hash from {{.seen}} s
		join (from {{.table}} where {{.scope}} and rowid in (select min(rowid) from {{.table}} where {{.scope}} group by _hash)) c using (_hash)
		where s._hash in (from {{.uneven}});
	insert into {{.gone}} select rowid from {{.table}} where {{.scope}} and _hash in (from {{.uneven}});`)

// compareRecords is closing for a vendor table, in which each record is a row, even if
// it has the same content as another. A row whose content is delivered as often as
// before stays, with the file and the time in which it was first seen. If a content is
// delivered more or less often than before, all its rows go, and as many come as are
// delivered.
func (s *staged) compareRecords(ctx context.Context) error {
	contents, fresh, err := s.countRecords(ctx)
	if err != nil {
		return err
	}
	s.repeats = s.taken - contents
	// Nearly always each content comes once, now as before. Then as many rows stay as
	// there are records that are not fresh, and nothing is left to do.
	if contents == s.taken && s.change.Current-s.change.Absent == s.taken-fresh {
		return nil
	}
	var fields database.SQL
	for _, f := range s.table.Fields {
		fields += database.Ident(f.Name) + ", "
	}
	_, err = s.l.db.Exec(ctx, evenOut.Fill(database.Values{"uneven": s.stage("uneven"), "seen": s.stage("seen"), "table": qualified(s.table), "scope": s.l.rows.where,
		"fresh": s.stage("fresh"), "gone": s.change.Gone(), "fields": fields, "source": s.l.Source, "dataset": s.l.Dataset,
		"artifact": s.l.rows.artifact, "moment": s.l.rows.moment}))
	if err != nil {
		return err
	}
	return s.change.Recount(ctx)
}

var countContents = database.Parse(`select (select count(distinct _hash) from {{.seen}}), (select count(*) from {{.fresh}})`)

// countRecords counts the different contents that were delivered, and the records whose
// content is not current.
func (s *staged) countRecords(ctx context.Context) (contents, fresh int64, err error) {
	err = s.l.db.Row(ctx, countContents.Fill(database.Values{"seen": s.stage("seen"), "fresh": s.stage("fresh")})).Scan(&contents, &fresh)
	return contents, fresh, err
}
