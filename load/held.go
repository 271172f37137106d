package load

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/accessmart/accessmart/schemas"
)

// The vendor still has what a reject is about, it only cannot be read. So the
// rows that its record would have become are not gone: they stay as they were.

// spare notes the keys that a batch of rejects carries.
func (l *loading) spare(rejects arrow.RecordBatch) {
	at := slices.IndexFunc(schemas.RejectsTable.Fields, func(f schemas.Field) bool { return f.Name == "row_keys" })
	lists := rejects.Column(at).(*array.List)
	keys, offsets := lists.ListValues().(*array.String), lists.Offsets()
	for i := range lists.Len() {
		for k := offsets[i]; k < offsets[i+1] && lists.IsValid(i); k++ {
			l.spared = append(l.spared, strings.Clone(keys.Value(int(k)))) // the batch is lent
		}
	}
}

const sparedTable = stageSchema + ".main.spared"

// stageSpared puts the noted keys where statements can join them.
func (l *loading) stageSpared(ctx context.Context) error {
	if len(l.spared) == 0 {
		return nil
	}
	if _, err := l.w.db.ExecContext(ctx, "create or replace table "+sparedTable+" (key varchar)"); err != nil {
		return err
	}
	for keys := range slices.Chunk(l.spared, 1000) {
		values := make([]string, len(keys))
		for i, key := range keys {
			values[i] = "(" + text(key) + ")"
		}
		if _, err := l.w.db.ExecContext(ctx, "insert into "+sparedTable+" values "+strings.Join(values, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// dropSpared is the query that takes the noted keys out of what is to be
// closed in k, but for keys that came again in another record; "" when there
// is none.
func (l *loading) dropSpared(k *sink) string {
	if len(l.spared) == 0 || k.table.Key == "" {
		return ""
	}
	key := ident(k.table.Key)
	return fmt.Sprintf(`delete from %s where id in (
		select rowid from %s where %s and %s in (select key from %s)
			and %[4]s not in (select %[4]s from %[6]s where %[4]s is not null))`,
		k.stage("gone"), qualified(k.table), l.where(), key, sparedTable, k.stage("fresh"))
}
