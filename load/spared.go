package load

import (
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// The vendor still has what a reject is about, it only cannot be read. So the
// rows that its record would have become are not gone: they stay as they were.
// Where these rows cannot be named, no row that is absent is known to be gone,
// and all of the table stay, until the reject is one that stood at the last
// load already: what was delivered then beside it is not what it is about.

// spared is what the rejects of an export protect.
type spared struct {
	keys    []string            // of rows
	unnamed map[string][]string // table of the common model -> prints of the rejects with rows there that cannot be named
	stood   map[string]bool     // prints of such rejects at the last load
}

// spare notes what a batch of rejects protects.
func (l *loading) spare(rejects arrow.RecordBatch) {
	column := func(name string) arrow.Array {
		return rejects.Column(slices.IndexFunc(schemas.RejectsTable.Fields, func(f schemas.Field) bool { return f.Name == name }))
	}
	keys, tables := column("row_keys").(*array.List), column("unnamed_tables").(*array.List)
	field, rule, text := column("field").(*array.String), column("rule").(*array.String), column("record_text").(*array.String)
	for i := range int(rejects.NumRows()) {
		l.spared.keys = append(l.spared.keys, items(keys, i)...)
		names := items(tables, i)
		if len(names) == 0 {
			continue
		}
		print := ""
		if text.IsValid(i) {
			print = rejectPrint(text.Value(i), field.Value(i), rule.Value(i))
		}
		if l.spared.unnamed == nil {
			l.spared.unnamed = map[string][]string{}
		}
		for _, t := range names {
			l.spared.unnamed[t] = append(l.spared.unnamed[t], t+" "+print)
		}
	}
}

// items are the texts of the i-th list; the batch that holds it is lent.
func items(lists *array.List, i int) (out []string) {
	if !lists.IsValid(i) {
		return nil
	}
	texts, offsets := lists.ListValues().(*array.String), lists.Offsets()
	for k := offsets[i]; k < offsets[i+1]; k++ {
		out = append(out, strings.Clone(texts.Value(int(k))))
	}
	return out
}

// rejectPrint tells rejects apart, as stoodSQL does.
func rejectPrint(text, field, rule string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:]) + " " + field + " " + rule
}

const stoodSQL = `select distinct t || ' ' || md5(record_text) || ' ' || coalesce(field, '') || ' ' || rule
	from (select unnest(unnamed_tables) as t, * from meta.rejects where run_id = ? and source = ? and dataset = ? and record_text is not null)`

func (l *loading) sparedTable() string {
	return stageSchema + ".main." + ident("spared "+l.e.Source+" "+l.e.Dataset)
}

// stageSpared puts what rejects protect where statements can join it.
func (l *loading) stageSpared(ctx context.Context) error {
	if len(l.spared.unnamed) > 0 && l.last.run != "" {
		l.spared.stood = map[string]bool{}
		err := l.w.each(ctx, stoodSQL, func(rows *sql.Rows) error {
			var print string
			err := rows.Scan(&print)
			l.spared.stood[print] = true
			return err
		}, l.last.run, l.e.Source, l.e.Dataset)
		if err != nil {
			return err
		}
	}
	if len(l.spared.keys) == 0 {
		return nil
	}
	if _, err := l.w.db.ExecContext(ctx, "create or replace table "+l.sparedTable()+" (key varchar)"); err != nil {
		return err
	}
	for keys := range slices.Chunk(l.spared.keys, 1000) {
		values := make([]string, len(keys))
		for i, key := range keys {
			values[i] = "(" + text(key) + ")"
		}
		if _, err := l.w.db.ExecContext(ctx, "insert into "+l.sparedTable()+" values "+strings.Join(values, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// dropNamed takes out of what is to be closed in k the rows that rejects name,
// and returns how many.
func (l *loading) dropNamed(ctx context.Context, k *sink) (int64, error) {
	if len(l.spared.keys) == 0 || k.table.Key == "" {
		return 0, nil
	}
	return l.drop(ctx, k, fmt.Sprintf("%s in (select key from %s)", ident(k.table.Key), l.sparedTable()))
}

// dropUnnamed takes out of what is to be closed in k the rows that rejects
// protect without naming them, and returns how many.
func (l *loading) dropUnnamed(ctx context.Context, k *sink) (int64, error) {
	prints := l.spared.unnamed[k.table.Name]
	if !k.table.IsCommon() || len(prints) == 0 {
		return 0, nil
	}
	which := "true"
	if l.haveStood(prints) {
		which = fmt.Sprintf("%s in (select row_hash from meta.kept_rows where source = %s and dataset = %s and table_name = %s)",
			schemas.HashColumn, text(l.e.Source), text(l.e.Dataset), text(k.table.Name))
	}
	if _, err := l.w.db.ExecContext(ctx, fmt.Sprintf("create table %s as select %s from %s where rowid in (select id from %s where not %s) and %s",
		k.stage("kept"), schemas.HashColumn, qualified(k.table), k.stage("gone"), l.cameAgain(k), which)); err != nil {
		return 0, err
	}
	l.kept = append(l.kept, k)
	known, err := l.w.count(ctx, fmt.Sprintf("select count(*) from %s where %s not in (select row_hash from meta.kept_rows where source = %s and dataset = %s and table_name = %s)",
		k.stage("kept"), schemas.HashColumn, text(l.e.Source), text(l.e.Dataset), text(k.table.Name)))
	if err != nil {
		return 0, err
	}
	l.result.KeptCount += known
	return l.drop(ctx, k, which)
}

// haveStood reports whether the last load had all these rejects too.
func (l *loading) haveStood(prints []string) bool {
	return !slices.ContainsFunc(prints, func(p string) bool { return strings.HasSuffix(p, " ") || !l.spared.stood[p] })
}

// drop takes rows out of what is to be closed in k, but for those whose key
// came again in another record.
func (l *loading) drop(ctx context.Context, k *sink, which string) (int64, error) {
	res, err := l.w.db.ExecContext(ctx, fmt.Sprintf("delete from %s where not %s and id in (select rowid from %s where %s and %s)",
		k.stage("gone"), l.cameAgain(k), qualified(k.table), l.where(), which))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// cameAgain is the condition on a row of what is to be closed in k that its
// key came with other content.
func (l *loading) cameAgain(k *sink) string {
	if k.table.Key == "" {
		return "false"
	}
	return fmt.Sprintf("id in (select rowid from %s where %s and %s in (select %[3]s from %s where %[3]s is not null))",
		qualified(k.table), l.where(), ident(k.table.Key), k.stage("fresh"))
}

// recordKept replaces what the file knows of rows that stay although the last
// export lacked them.
func (l *loading) recordKept(ctx context.Context, t *tx) error {
	if _, err := t.exec(ctx, "delete from meta.kept_rows where source = ? and dataset = ?", l.e.Source, l.e.Dataset); err != nil {
		return err
	}
	for _, k := range l.kept {
		if _, err := t.exec(ctx, fmt.Sprintf("insert into meta.kept_rows (run_id, source, dataset, table_name, row_hash) select %s, %s, %s, %s, %s from %s",
			text(l.w.opt.Run.ID), text(l.e.Source), text(l.e.Dataset), text(k.table.Name), schemas.HashColumn, k.stage("kept"))); err != nil {
			return err
		}
	}
	return nil
}
