package load

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/accessmart/accessmart/schemas"
)

// writeContracts makes meta.datasets and meta.column_map anew from the contracts.
func (w *Work) writeContracts(ctx context.Context, t *tx) error {
	var datasets, columns []string
	for _, c := range w.opt.Set.All() {
		datasets = append(datasets, tuple(c.Dataset, c.Vendor(), c.Grain, string(c.Documented), c.Doc, string(c.Mode), c.Typed(), c.Fingerprint))
		columns = append(columns, columnMap(c, w.opt.Set.Common)...)
	}
	err := replaceRows(ctx, t, "meta.datasets (dataset, vendor, grain, documented, doc_url, mode, is_typed, contract)", datasets)
	if err != nil {
		return err
	}
	return replaceRows(ctx, t, "meta.column_map (dataset, vendor_column, contract_column, path, target_table, target_column, rule, condition, choice)", columns)
}

func replaceRows(ctx context.Context, t *tx, table string, rows []string) error {
	name, _, _ := strings.Cut(table, " ")
	if _, err := t.exec(ctx, "delete from "+name); err != nil || len(rows) == 0 {
		return err
	}
	_, err := t.exec(ctx, "insert into "+table+" values "+strings.Join(rows, ",\n"))
	return err
}

// tuple is a row of literals; an empty text and the number 0 are NULL.
func tuple(values ...any) string {
	out := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case string:
			out[i] = "NULL"
			if v != "" {
				out[i] = text(v)
			}
		case int:
			out[i] = "NULL"
			if v != 0 {
				out[i] = strconv.Itoa(v)
			}
		default:
			out[i] = fmt.Sprint(v)
		}
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// columnMap is the rows of meta.column_map for one contract: each column into
// the vendor table, then each way into the common model.
func columnMap(c *schemas.Contract, common *schemas.Common) []string {
	var rows []string
	for _, col := range c.Columns {
		rows = append(rows, tuple(c.Dataset, delivered(&col), col.Name, "", "", "", "copy", "", 0))
	}
	for _, m := range c.Mappings(common) {
		vendor := ""
		if col := c.Column(m.Column); col != nil {
			vendor = delivered(col)
		}
		rows = append(rows, tuple(c.Dataset, vendor, m.Column, m.Path.String(), m.Table, m.Target, m.Rule, m.When, m.Choice))
	}
	return rows
}

func delivered(c *schemas.Column) string {
	if len(c.From) > 0 {
		return c.From[0]
	}
	return ""
}

// sortedKeys lists the exports of the run in a fixed order.
func (w *Work) sortedKeys() []exportKey {
	keys := make([]exportKey, 0, len(w.exports))
	for k := range w.exports {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].source != keys[j].source {
			return keys[i].source < keys[j].source
		}
		return keys[i].dataset < keys[j].dataset
	})
	return keys
}
